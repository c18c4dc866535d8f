"""Reads the platform afresh: when somebody asks (requests coalesce), and every ``interval`` seconds anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from guardian.core.events import Snapshot
from guardian.ports import Emit

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Reconciler:
    """Turns ``snapshot`` into Snapshot events.

    ``timeout`` bounds one reading, ``gap`` is the least time between two, ``retry`` the first pause after a reading
    that failed (doubled up to ``interval``). Seconds.
    """

    def __init__(
        self,
        snapshot: Callable[[], Awaitable[Snapshot]],
        emit: Emit,
        *,
        interval: float = 30.0,
        timeout: float = 10.0,
        gap: float = 0.1,
        retry: float = 1.0,
    ) -> None:
        self._snapshot, self._emit = snapshot, emit
        self._interval, self._timeout, self._gap, self._retry = interval, timeout, gap, retry
        self._wanted = asyncio.Event()

    def request(self) -> None:
        """A reading that begins after this moment is wanted. Any number of requests before it are one."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled. The first reading waits for the first request or interval."""
        pause = self._interval
        failures = 0
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            try:
                async with asyncio.timeout(self._timeout):
                    self._emit(await self._snapshot())
            except Exception as error:  # noqa: BLE001 - a reading may fail in any way; the next one repairs it
                failures += 1
                pause = min(self._retry * 2 ** (failures - 1), self._interval)
                log.info("snapshot_failed", error=type(error).__name__, in_a_row=failures)
            else:
                failures, pause = 0, self._interval
            # A burst of requests costs one reading a gap, not one each.
            await asyncio.sleep(self._gap)
