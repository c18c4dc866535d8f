"""Keeps the newest readable roster of one meeting, and says when it changed or cannot be read."""

from __future__ import annotations

import asyncio

import structlog

from guardian.core.events import Event, RosterFailed, RosterLoaded
from guardian.core.meeting import Occurrence
from guardian.core.roster import Roster
from guardian.errors import RosterError
from guardian.ports import Clock, Emit, RosterSource

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class RosterWatch:
    """``roster`` is the newest that could be read; ``trouble`` why the last reading failed ("" = it did not)."""

    def __init__(self, source: RosterSource, emit: Emit, clock: Clock, *, timeout: float = 30.0) -> None:
        self.roster: Roster | None = None
        self.trouble = ""
        self._source, self._emit, self._clock, self._timeout = source, emit, clock, timeout

    async def load(self) -> Event:
        """Read it once; what became of it. Never raises."""
        try:
            async with asyncio.timeout(self._timeout):
                self.roster = await self._source.load()
        except RosterError as error:
            self.trouble = "; ".join(error.problems[:5]) or "cannot be read"
        except Exception as error:  # noqa: BLE001 - whatever a source raises: the list in force stays
            self.trouble = type(error).__name__
        else:
            self.trouble = ""
            log.info("roster_loaded", version=self.roster.version, people=len(self.roster.people))
            return RosterLoaded(self._clock(), self.roster)
        log.warning("roster_failed")
        return RosterFailed(self._clock(), self.trouble)

    def news(self, state: Occurrence | None) -> tuple[Event, ...]:
        """What an occurrence must hear first: the roster, unless its folded ``state`` has it; and any trouble."""
        has = state.rosters[-1].version if state is not None and state.rosters else None
        events: tuple[Event, ...] = ()
        if self.roster is not None and self.roster.version != has:
            events += (RosterLoaded(self._clock(), self.roster),)
        if self.trouble:
            events += (RosterFailed(self._clock(), self.trouble),)
        return events

    async def run(self) -> None:
        """Until cancelled: read again whenever the source may have changed. A version that is in force is not news."""
        async for _ in self._source.changes():
            before, troubled = self.roster, bool(self.trouble)
            event = await self.load()
            same = before is not None and self.roster is not None and before.version == self.roster.version
            if isinstance(event, RosterFailed) or troubled or not same:
                self._emit(event)
