"""Names leave the journal in time, day by day, and only those that need not be kept."""

import asyncio

import pytest

from guardian.app.retention import DAY, Retention
from guardian.errors import JournalError
from guardian.ports import Entry
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import EPOCH, clock, later

pytestmark = pytest.mark.looptime


async def journal_of(*ended: tuple[str, str, float]) -> MemoryJournal:
    journal = MemoryJournal()
    for occurrence, meeting, at in ended:
        await journal.open_occurrence(occurrence, meeting, None, at - 1.0)
        await journal.append([Entry(occurrence, at, "event", b"a name")])
        await journal.end_occurrence(occurrence, at)
    return journal


def bodies(journal: MemoryJournal) -> dict[str, bytes | None]:
    return {occurrence: rows[0].body for occurrence, rows in journal.rows.items()}


async def test_each_meeting_keeps_its_own_time_and_is_looked_at_again_the_next_day() -> None:
    journal = await journal_of(
        ("old", "yoga", EPOCH - 3 * DAY), ("new", "yoga", EPOCH - 1.5 * DAY), ("b", "choir", EPOCH - DAY)
    )
    task = asyncio.create_task(Retention(journal, {"yoga": 2 * DAY, "choir": 30 * DAY}, clock).run())
    await later(1)
    assert bodies(journal) == {"old": None, "new": b"a name", "b": b"a name"}
    await later(DAY)
    assert bodies(journal) == {"old": None, "new": None, "b": b"a name"}
    task.cancel()


async def test_a_legal_hold_goes_before_it() -> None:
    journal = await journal_of(("old", "yoga", EPOCH - 3 * DAY))
    await journal.hold("old", on=True)
    task = asyncio.create_task(Retention(journal, {"yoga": DAY}, clock).run())
    await later(1)
    assert bodies(journal) == {"old": b"a name"}
    task.cancel()


async def test_a_journal_that_cannot_be_written_is_tried_again_the_next_day() -> None:
    journal = await journal_of(("old", "yoga", EPOCH - 3 * DAY))
    journal.broken = JournalError("disk full")
    task = asyncio.create_task(Retention(journal, {"yoga": DAY}, clock).run())
    await later(1)
    journal.broken = None
    assert bodies(journal) == {"old": b"a name"}
    await later(DAY)
    assert bodies(journal) == {"old": None}
    task.cancel()
