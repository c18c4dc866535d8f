"""A crashed task lives on and somebody hears of it."""

import asyncio
from itertools import pairwise

import pytest

from guardian.app.supervisor import Crash, Supervisor, TaskEndedError
from tests.support.virtual import later, until

pytestmark = pytest.mark.looptime


def _listening() -> tuple[Supervisor, list[Crash]]:
    crashes: list[Crash] = []
    return Supervisor(crashes.append), crashes


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_crashed_task_is_started_again_and_told() -> None:
    supervisor, crashes = _listening()
    runs: list[float] = []

    async def work() -> None:
        runs.append(asyncio.get_running_loop().time())
        if len(runs) == 1:
            raise ValueError("Ada Lovelace")
        await _for_ever()

    supervisor.start("work", work)
    await until(lambda: len(runs) == 2)
    assert [(crash.task, type(crash.error), crash.in_a_row) for crash in crashes] == [("work", ValueError, 1)]
    await supervisor.close()


async def test_the_pause_doubles_while_it_keeps_crashing_and_starts_anew_after_a_calm_time() -> None:
    supervisor, crashes = _listening()
    runs: list[float] = []

    async def work() -> None:
        runs.append(asyncio.get_running_loop().time())
        if len(runs) == 4:
            await later(120)
        raise RuntimeError

    supervisor.start("work", work)
    await until(lambda: len(runs) == 5, within=300)
    pauses = [round(b - a, 1) for a, b in pairwise(runs)]
    assert pauses == [0.5, 1.0, 2.0, 120.5]
    assert [crash.in_a_row for crash in crashes[:4]] == [1, 2, 3, 1]
    await supervisor.close()


async def test_a_calm_task_no_longer_counts_as_failing() -> None:
    supervisor, _ = _listening()
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError
        await _for_ever()

    supervisor.start("work", work)
    await until(lambda: len(runs) == 2)
    assert [crash.task for crash in supervisor.failing] == ["work"]
    await later(61)
    assert supervisor.failing == ()
    await supervisor.close()


async def test_a_task_that_should_run_for_ever_and_returns_has_crashed() -> None:
    supervisor, crashes = _listening()

    async def work() -> None:
        return

    supervisor.start("work", work)
    await until(lambda: crashes)
    assert isinstance(crashes[0].error, TaskEndedError)
    await supervisor.close()


async def test_a_task_that_may_end_ends_quietly() -> None:
    supervisor, crashes = _listening()
    ended = asyncio.Event()

    async def work() -> None:
        ended.set()

    supervisor.start("work", work, forever=False)
    await supervisor.finished("work")
    assert ended.is_set()
    assert not crashes
    assert supervisor.running == frozenset()


async def test_a_cancelled_task_is_no_crash() -> None:
    supervisor, crashes = _listening()
    supervisor.start("work", _for_ever)
    await supervisor.stop("work", "unknown")
    assert not crashes
    assert supervisor.running == frozenset()


async def test_two_tasks_of_one_name_are_refused() -> None:
    supervisor, _ = _listening()
    supervisor.start("work", _for_ever)
    with pytest.raises(ValueError, match="already runs"):
        supervisor.start("work", _for_ever)
    await supervisor.close()
