"""Writes one occurrence's records to the journal, in order, and keeps what could not be written yet.

May live here: waiting for the journal, remembering, trying again. May not: what a record means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from guardian.ports import Entry, Journal

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chain:
    """Which chain of the journal: as ``Journal.open_occurrence`` takes it."""

    occurrence: str
    meeting: str
    slot_start: float | None
    opened_at: float


@dataclass(frozen=True, slots=True)
class Line:
    """One entry on its way. ``spare``: a platform's delivery, which the next snapshot can replace."""

    entry: Entry
    spare: bool = False


class Chronicle:
    """``write`` is True when everything handed in so far is durable.

    ``patience``: how long one append may take before the journal counts as gone; ``hurried``: how long from the moment
    that a human's order waits behind it. ``probe_every``: while it is gone, how often it is tried. Seconds. ``keep``:
    records kept in memory meanwhile; beyond it the spare ones go first.
    """

    def __init__(
        self,
        journal: Journal,
        chain: Chain,
        *,
        opened: bool = False,
        patience: float = 5.0,
        hurried: float = 0.5,
        probe_every: float = 3.0,
        keep: int = 20_000,
        on_append: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.chain = chain
        self.up = True
        self.reason = ""
        self._journal, self._opened = journal, opened
        self._patience, self._hurried, self._probe_every, self._keep = patience, hurried, probe_every, keep
        self._on_append = on_append
        self._waiting: list[Line] = []
        self._sending = 0
        self._append: asyncio.Task[None] | None = None
        self._deadline: asyncio.Timeout | None = None
        self._next_try = 0.0

    @property
    def unwritten(self) -> int:
        """How many records are not durable yet."""
        return len(self._waiting)

    def until_probe(self) -> float | None:
        """Seconds until a ``write`` would try again; None while the journal takes everything."""
        if self.up:
            return None
        # A little more than the difference, so that who wakes by it is never too early by a rounding.
        return max(self._next_try - asyncio.get_running_loop().time(), 0.0) + 0.001

    def hurry(self) -> None:
        """A human's order waits behind the append that is under way."""
        if self._deadline is not None and not self._deadline.expired():
            soon = asyncio.get_running_loop().time() + self._hurried
            self._deadline.reschedule(min(self._deadline.when() or soon, soon))

    async def flush(self) -> bool:
        """Try now, whenever the next probe would be. True: everything is durable."""
        self._next_try = 0.0
        return await self.write(())

    async def write(self, lines: Sequence[Line], *, hurry: bool = False) -> bool:
        """Store these after all that came before. False: they are kept, and tried again by a later call.

        ``hurry``: a human's order is among them.
        """
        self._waiting.extend(lines)
        self._trim()
        loop = asyncio.get_running_loop()
        if not self.up and loop.time() < self._next_try:
            return False
        while self._waiting:
            # A store that failed once is only probed; nobody waits long for it again.
            if not await self._push(self._hurried if hurry or not self.up else self._patience):
                self.up = False
                self._next_try = loop.time() + self._probe_every
                return False
        self.up = True
        return True

    async def _push(self, patience: float) -> bool:
        if self._append is None:
            self._sending = len(self._waiting)
            entries = [line.entry for line in self._waiting]
            self._append = asyncio.create_task(self._store(entries))
        append = self._append
        try:
            # Shielded: an append that hangs goes on, and only when it has ended is it known what to write again.
            async with asyncio.timeout(patience) as self._deadline:
                await asyncio.shield(append)
        except Exception as error:  # noqa: BLE001 - whatever a store raises means: not durable
            self.reason = type(error).__name__
            log.critical("journal_append_failed", occurrence=self.chain.occurrence, error=self.reason)
            if append.done():
                self._append = None
            return False
        finally:
            self._deadline = None
        self._append = None
        del self._waiting[: self._sending]
        return True

    async def _store(self, entries: Sequence[Entry]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not self._opened:
            chain = self.chain
            await self._journal.open_occurrence(chain.occurrence, chain.meeting, chain.slot_start, chain.opened_at)
            self._opened = True
        await self._journal.append(entries)
        self._on_append(loop.time() - began)

    def _trim(self) -> None:
        if len(self._waiting) <= self._keep:
            return
        before = len(self._waiting)
        sending = self._sending if self._append is not None else 0
        fixed, loose = self._waiting[:sending], self._waiting[sending:]
        loose = [line for line in loose if not line.spare]
        room = max(self._keep - len(fixed), 0)
        # What a human ordered last weighs more than what happened first.
        self._waiting = fixed + (loose[-room:] if room else [])
        log.error("records_dropped", occurrence=self.chain.occurrence, count=before - len(self._waiting))
