"""Blanks, once a day, what each meeting no longer has to keep: names leave the journal, the chain still verifies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from guardian.errors import JournalError
from guardian.ports import Clock, Journal

DAY = 86_400.0  # seconds
log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Retention:
    """``keep``: seconds for which each meeting's ended occurrences are kept whole. A legal hold goes before it."""

    def __init__(self, journal: Journal, keep: Mapping[str, float], clock: Clock, *, every: float = DAY) -> None:
        self._journal, self._keep, self._clock, self._every = journal, keep, clock, every

    async def run(self) -> None:
        """Until cancelled. A journal that cannot be written now is tried again the next day."""
        while True:
            for meeting, seconds in self._keep.items():
                try:
                    blanked = await self._journal.purge(self._clock() - seconds, meeting=meeting)
                except JournalError as error:
                    log.warning("purge_failed", meeting=meeting, error=type(error).__name__)
                    continue
                if blanked:
                    log.info("purged", meeting=meeting, rows=blanked)
            await asyncio.sleep(self._every)
