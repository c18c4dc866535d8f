"""Runs named tasks and restarts the one that crashed, after a pause that grows. Knows nothing of what they do.

A cancelled task is normal; so is one that returns, unless it was started as ``forever``.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from guardian.errors import GuardianError

Work = Callable[[], Coroutine[Any, Any, None]]
log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class TaskEndedError(GuardianError):
    """A task that should run for ever came to its end by itself."""


@dataclass(frozen=True, slots=True)
class Crash:
    """One crash: the task's name, what it raised, and how many in a row (without ``calm`` seconds between)."""

    task: str
    error: Exception
    in_a_row: int


class Supervisor:
    """Keeps tasks alive. ``on_crash`` hears of each crash, before the pause; it must not raise.

    Pauses in seconds: ``first_pause``, doubled at each crash in a row up to ``longest_pause``. ``calm`` seconds without
    a crash begin a new row.
    """

    def __init__(
        self,
        on_crash: Callable[[Crash], None],
        *,
        first_pause: float = 0.5,
        longest_pause: float = 60.0,
        calm: float = 60.0,
    ) -> None:
        self._on_crash = on_crash
        self._first, self._longest, self._calm = first_pause, longest_pause, calm
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failing: dict[str, Crash] = {}

    @property
    def running(self) -> frozenset[str]:
        """The names of all tasks that are kept alive now."""
        return frozenset(self._tasks)

    @property
    def failing(self) -> tuple[Crash, ...]:
        """The last crash of each task that crashed and has not yet run calmly since."""
        return tuple(self._failing.values())

    def start(self, name: str, work: Work, *, forever: bool = True) -> None:
        """Begin a task. Raises ValueError when the name is taken."""
        if name in self._tasks:
            message = f"a task named {name} already runs"
            raise ValueError(message)
        task = asyncio.create_task(self._keep(name, work, forever=forever), name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._forget(name, task))

    async def finished(self, name: str) -> None:
        """Return when the task is gone, however it ended. Returns at once for an unknown name."""
        task = self._tasks.get(name)
        if task is not None:
            await asyncio.wait({task})

    async def stop(self, *names: str) -> None:
        """Cancel these tasks, and wait until they are gone. Unknown names are passed by."""
        tasks = [self._tasks[name] for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Cancel everything."""
        await self.stop(*self._tasks)

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
            self._failing.pop(name, None)

    async def _keep(self, name: str, work: Work, *, forever: bool) -> None:
        loop = asyncio.get_running_loop()
        row = 0
        while True:
            began = loop.time()
            calm = loop.call_later(self._calm, self._failing.pop, name, None)
            try:
                await work()
                if not forever:
                    return
                error: Exception = TaskEndedError(f"{name} ended by itself")
            except Exception as raised:  # noqa: BLE001 - whatever it was, the task must live on and a human must hear
                error = raised
            finally:
                calm.cancel()
            row = 1 if loop.time() - began >= self._calm else row + 1
            self._failing[name] = crash = Crash(name, error, row)
            # The text stays out of the log unless it is ours: a foreign error may quote what somebody typed.
            ours = str(error) if isinstance(error, GuardianError) else None
            log.critical(
                "task_crashed", task=name, error=type(error).__name__, text=ours, where=_where(error), in_a_row=row
            )
            self._on_crash(crash)
            await asyncio.sleep(min(self._first * 2 ** (row - 1), self._longest))


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
