"""A journal in memory: a small real implementation of the port, with faults on demand."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from guardian.codec import Record, decode
from guardian.errors import JournalDamagedError, JournalError
from guardian.ports import Entry, OccurrenceRow, Row


class MemoryJournal:
    """``broken``: the next calls raise it. ``gate``: while cleared, ``append`` hangs."""

    def __init__(self) -> None:
        self.broken: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.appends = 0
        self.closed = False
        self.rows: dict[str, list[Row]] = {}
        self._heads: dict[str, OccurrenceRow] = {}

    async def open_occurrence(self, occurrence: str, meeting: str, slot_start: float | None, at: float) -> None:
        self._check()
        if occurrence not in self._heads:
            self._heads[occurrence] = OccurrenceRow(occurrence, meeting, slot_start, at, None, "", 0, False)
            self.rows[occurrence] = []

    async def append(self, entries: Sequence[Entry]) -> tuple[bool, ...]:
        await self.gate.wait()
        self._check()
        self.appends += 1
        return tuple(self._store(entry) for entry in entries)

    def _store(self, entry: Entry) -> bool:
        rows, head = self.rows[entry.occurrence], self._heads[entry.occurrence]
        if entry.key is not None and any(row.key == entry.key for row in rows):
            return False
        digest = hashlib.sha256(head.head.encode() + entry.body).hexdigest()
        rows.append(Row(entry.occurrence, len(rows) + 1, entry.at, entry.kind, entry.key, entry.body, digest))
        self._heads[entry.occurrence] = replace(head, head=digest, rows=len(rows))
        return True

    async def read(self, occurrence: str) -> AsyncIterator[Row]:
        self._check()
        for row in tuple(self.rows.get(occurrence, ())):
            yield row

    async def end_occurrence(self, occurrence: str, at: float) -> str:
        self._check()
        head = self._heads[occurrence]
        self._heads[occurrence] = replace(head, ended_at=head.ended_at or at)
        return head.head

    async def occurrences(self, *, live: bool | None = None, meeting: str | None = None) -> list[OccurrenceRow]:
        self._check()
        return [
            row
            for row in self._heads.values()
            if (live is None or live == (row.ended_at is None)) and meeting in {None, row.meeting}
        ]

    async def hold(self, occurrence: str, *, on: bool) -> None:
        if occurrence not in self._heads:
            raise JournalError(f"no occurrence {occurrence}")
        self._heads[occurrence] = replace(self._heads[occurrence], legal_hold=on)

    async def purge(self, before: float, meeting: str | None = None) -> int:
        self._check()
        blanked = 0
        for occurrence, head in self._heads.items():
            if meeting not in {None, head.meeting}:
                continue
            if head.legal_hold or head.ended_at is None or head.ended_at >= before:
                continue
            blanked += sum(row.body is not None for row in self.rows[occurrence])
            self.rows[occurrence] = [replace(row, body=None) for row in self.rows[occurrence]]
        return blanked

    async def verify(self, occurrence: str, head: str | None = None) -> int:
        rows = self.rows[occurrence]
        if head is not None and all(row.digest != head for row in rows):
            raise JournalDamagedError(f"{occurrence}: the head is not in the chain")
        return len(rows)

    async def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self.closed:
            raise JournalError("closed")
        if self.broken is not None:
            raise self.broken

    # -- what tests ask ------------------------------------------------------------------------------------------

    def records(self, occurrence: str | None = None) -> list[Record]:
        """Everything stored (of one occurrence), decoded, in order."""
        chosen = [occurrence] if occurrence is not None else list(self.rows)
        return [decode(row.body) for name in chosen for row in self.rows[name] if row.body is not None]

    def of(self, kind: type) -> list[Record]:
        """The stored records of one class."""
        return [record for record in self.records() if isinstance(record, kind)]

    def ended(self) -> list[bool]:
        """Of each occurrence, oldest first, whether it has ended."""
        return [row.ended_at is not None for row in self._heads.values()]
