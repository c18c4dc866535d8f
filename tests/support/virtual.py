"""Virtual time for tests: nothing sleeps. With ``pytest.mark.looptime`` the loop's clock jumps from timer to timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EPOCH = 1_800_000_000.0
"""When the virtual clock starts: seconds since the epoch, UTC."""


def clock() -> float:
    """The wall clock that goes with the loop's."""
    return EPOCH + asyncio.get_running_loop().time()


async def later(seconds: float) -> None:
    """Return when the loop's clock has gone on by so much."""
    reached = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, reached.set)
    await reached.wait()


async def until(condition: Callable[[], object], within: float = 60.0) -> None:
    """Return when the condition holds; fails after ``within`` (virtual) seconds. Looks less often as time goes by."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    while not condition():
        passed = loop.time() - start
        if passed >= within:
            message = f"not within {within} virtual seconds"
            raise AssertionError(message)
        await later(max(0.01, passed / 100))
