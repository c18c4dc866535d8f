"""Killed at every named step: nothing acknowledged is missing, no confirmed act is repeated, everybody gets in."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from guardian.app.actor import ACTOR_STEPS
from guardian.app.enforcer import ENFORCER_STEPS
from guardian.core.actions import ActKind, Ask, AskEnd, Close
from guardian.core.events import Seen
from guardian.core.identity import Evidence, Facts, Place
from guardian.errors import JournalError
from tests.support.stage import Stage, clock, later, until

pytestmark = pytest.mark.looptime


class Killed(BaseException):
    """What a killed process would have said."""


class Trap(list[str]):
    """Hears every step; at the ``count``-th of one name the process is gone."""

    def __init__(self, step: str, count: int) -> None:
        super().__init__()
        self.armed, self.sprung = False, False
        self._step, self._left = step, count

    def append(self, step: str) -> None:
        super().append(step)
        if self.sprung:
            raise Killed
        if self.armed and step == self._step:
            self._left -= 1
            if self._left <= 0:
                self.sprung = True
                raise Killed


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("step", [*ACTOR_STEPS, *ENFORCER_STEPS])
async def test_a_kill_at_this_step_loses_nothing_and_repeats_nothing(tmp_path: Path, step: str, count: int) -> None:
    stage = Stage(tmp_path)
    trap = stage.steps = Trap(step, count)
    stage.service = stage._service()
    await stage.open()
    trap.armed = True
    acknowledged: list[str] = []

    async def deliver(number: int) -> None:
        handle = f"h{number}"
        facts = Facts(handle, Place.WAITING, Evidence(f"Pupil{number} Somebody", account=f"pupil{number}"))
        stage.room.people[handle] = facts
        try:
            await stage.watch.actor.submit(Seen(clock(), facts), f"delivery-{number}")
        except JournalError:
            return
        acknowledged.append(f"delivery-{number}")

    deliveries = []
    for number in range(8):
        deliveries.append(asyncio.create_task(deliver(number)))
        await later(0.05)
    await until(lambda: trap.sprung, within=10.0)
    for delivery in deliveries:
        delivery.cancel()
    confirmed = _confirmed(stage)
    calls = Counter(stage.room.asked(ActKind.ADMIT))
    trap.armed = trap.sprung = False
    await stage.restart()
    await until(lambda: len(stage.room.inside()) == 9)
    await until(lambda: not stage.watch.actor.state.asks)

    keys = {row.key for rows in stage.journal.rows.values() for row in rows}
    assert set(acknowledged) <= keys
    again = Counter(stage.room.asked(ActKind.ADMIT))
    assert all(again[handle] == calls[handle] for handle in confirmed)
    counts = stage.watch.actor.state.counts
    assert counts.asked == counts.confirmed + counts.superseded + counts.escalated
    await stage.kill()


def _confirmed(stage: Stage) -> set[str]:
    asked = {a.ask: a.act.handle for a in stage.journal.of(Ask) if isinstance(a, Ask) and a.act.kind is ActKind.ADMIT}
    ended = [c for c in stage.journal.of(Close) if isinstance(c, Close) and c.end is AskEnd.CONFIRMED]
    return {handle for close in ended if (handle := asked.get(close.ask)) is not None}
