"""Waiting for something in the world to be so.

May live here: the one way in which players and tests wait. May not: any fact about Zoom.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Changes:
    """Wakes everybody who waits for a condition, whenever something has changed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Something changed: every waiting condition is looked at again."""
        happened, self._next = self._next, asyncio.Event()
        happened.set()

    async def changed(self) -> None:
        """Return after the next change."""
        await self._next.wait()

    async def until(self, condition: Callable[[], bool], timeout: float) -> None:
        """Return as soon as the condition holds; TimeoutError after `timeout` real seconds."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self.changed()
