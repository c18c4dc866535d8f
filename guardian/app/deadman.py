"""The dead-man address: pinged while all is well, so that somebody else notices when the pings stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class DeadMan:
    """Calls ``ping`` every ``every`` seconds while ``well`` says so; a ping may take ``timeout`` seconds.

    A ping that fails is logged and not repeated before its time: its absence is the message.
    """

    def __init__(
        self,
        ping: Callable[[], Awaitable[None]],
        well: Callable[[], bool],
        *,
        every: float = 60.0,
        timeout: float = 10.0,
    ) -> None:
        self._ping, self._well = ping, well
        self._every, self._timeout = every, timeout

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if self._well():
                try:
                    async with asyncio.timeout(self._timeout):
                        await self._ping()
                except Exception as error:  # noqa: BLE001 - a foreign address may fail in any way
                    log.warning("dead_man_ping_failed", error=type(error).__name__)
            await asyncio.sleep(self._every)
