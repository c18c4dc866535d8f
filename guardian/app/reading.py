"""Reading the journal back for people: an occurrence's rows with what they say, and which occurrences a meeting had.

May live here: reading. May not: writing, judging, or who may see it (the web's).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from guardian.codec import Record, decode
from guardian.ports import Journal, OccurrenceRow, Row


@dataclass(frozen=True, slots=True)
class Read:
    """One row of the journal. ``record`` None: it was blanked when its time to be kept was over."""

    row: Row
    record: Record | None


async def records(journal: Journal, occurrence: str) -> AsyncIterator[Read]:
    """Every row of an occurrence, in order; nothing for one that is not known. Raises JournalError."""
    async for row in journal.read(occurrence):
        yield Read(row, None if row.body is None else decode(row.body))


async def occurrences(journal: Journal, meeting: str) -> list[OccurrenceRow]:
    """A meeting's occurrences, oldest first. Raises JournalError."""
    return await journal.occurrences(meeting=meeting)


async def occurrence_of(journal: Journal, meeting: str, occurrence: str) -> OccurrenceRow | None:
    """The occurrence, if it is one of this meeting. Raises JournalError."""
    return next((row for row in await occurrences(journal, meeting) if row.occurrence == occurrence), None)
