"""Acts reach the platform in time, at its pace, with bounded retries; and what became of them comes back."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from aiolimiter import AsyncLimiter

from guardian.app.dryrun import DryRun
from guardian.app.enforcer import Enforcer, Pace
from guardian.core.actions import Act, ActKind, Ask
from guardian.core.events import Accepted, Event, Failed, Simulated
from guardian.errors import PermanentError, TemporaryError
from tests.support.fake_platform import FakePlatform
from tests.support.virtual import clock, later, until

pytestmark = pytest.mark.looptime


class Bench:
    """An enforcer at work on a room."""

    def __init__(self, limiter: AsyncLimiter | None = None, pace: Pace | None = None, *, dry: bool = False) -> None:
        self.room = FakePlatform(clock)
        self.outcomes: list[Event] = []
        self.unwanted: set[str] = set()
        self.enforcer = Enforcer(
            DryRun(self.room) if dry else self.room,
            self.outcomes.append,
            lambda ask: ask not in self.unwanted,
            clock,
            limiter=limiter,
            pace=pace,
        )
        self.task = asyncio.create_task(self.enforcer.run())

    def handles(self) -> list[str | None]:
        return [act.handle for _, act in self.room.calls]


def _ask(handle: str, order: str | None = None) -> Ask:
    return Ask(0.0, f"ask-{handle}", Act(ActKind.ADMIT, handle), "rule", "reason", order)


async def test_an_act_is_sent_and_its_acceptance_comes_back() -> None:
    bench = Bench()
    bench.enforcer.take(_ask("ann"))
    await bench.enforcer.idle()
    assert bench.handles() == ["ann"]
    assert bench.outcomes == [Accepted(at=clock(), ask="ask-ann")]


async def test_a_temporary_failure_is_tried_again_and_then_succeeds() -> None:
    bench = Bench()
    bench.room.refusals = [TemporaryError("busy"), TemporaryError("busy")]
    bench.enforcer.take(_ask("ann"))
    await bench.enforcer.idle()
    times = [at for at, _ in bench.room.calls]
    assert [round(b - a, 2) for a, b in pairwise(times)] == [0.25, 0.5]
    assert isinstance(bench.outcomes[0], Accepted)


async def test_the_platforms_own_wish_for_a_pause_is_kept() -> None:
    bench = Bench()
    bench.room.refusals = [TemporaryError("slow down", delay=4.0)]
    bench.enforcer.take(_ask("ann"))
    await bench.enforcer.idle()
    (first, _), (second, _) = bench.room.calls
    assert round(second - first, 1) == 4.0


async def test_an_act_is_given_up_after_three_tries() -> None:
    bench = Bench()
    bench.room.refusals = [TemporaryError("busy")] * 5
    bench.enforcer.take(_ask("ann"))
    await bench.enforcer.idle()
    assert len(bench.room.calls) == 3
    assert bench.outcomes == [Failed(at=clock(), ask="ask-ann", kind=ActKind.ADMIT, reason="busy")]


async def test_what_no_retry_can_heal_is_not_tried_again() -> None:
    bench = Bench()
    bench.room.refusals = [PermanentError("no right")]
    bench.enforcer.take(_ask("ann"))
    await bench.enforcer.idle()
    assert len(bench.room.calls) == 1
    assert isinstance(bench.outcomes[0], Failed)


async def test_a_foreign_error_is_a_failure_whose_text_is_not_passed_on() -> None:
    bench = Bench()
    bench.room.refusals = [KeyError("Ann Bell")]
    bench.enforcer.take(_ask("ann"))
    await bench.enforcer.idle()
    failed = bench.outcomes[0]
    assert isinstance(failed, Failed)
    assert failed.reason == "KeyError"


async def test_a_platform_that_never_answers_is_given_up_in_time() -> None:
    bench = Bench(pace=Pace(timeout=2.0, tries=2, pause=1.0))
    bench.room.gate.clear()
    bench.enforcer.take(_ask("ann"))
    started = clock()
    await bench.enforcer.idle()
    assert round(clock() - started, 1) == 5.0
    assert isinstance(bench.outcomes[0], Failed)


async def test_an_ask_that_was_superseded_in_the_queue_is_not_sent() -> None:
    bench = Bench(limiter=AsyncLimiter(1, 1.0))
    for name in ("ann", "bob"):
        bench.enforcer.take(_ask(name))
    bench.unwanted.add("ask-bob")
    await bench.enforcer.idle()
    assert bench.handles() == ["ann"]
    assert len(bench.outcomes) == 1


async def test_an_ask_that_is_superseded_between_two_tries_is_not_sent_again() -> None:
    bench = Bench()
    bench.room.refusals = [TemporaryError("busy", delay=3.0)]
    bench.enforcer.take(_ask("ann"))
    await until(lambda: bench.room.calls)
    bench.unwanted.add("ask-ann")
    await bench.enforcer.idle()
    assert len(bench.room.calls) == 1
    assert bench.outcomes == []


async def test_the_rate_of_the_account_is_kept() -> None:
    bench = Bench(limiter=AsyncLimiter(10, 1.0))
    for number in range(40):
        bench.enforcer.take(_ask(f"p{number}"))
    started = clock()
    await bench.enforcer.idle()
    assert len(bench.room.calls) == 40
    assert 2.9 <= clock() - started <= 3.1
    assert all(
        sum(start <= at < start + 0.99 for at, _ in bench.room.calls) <= 20
        for start in (started, started + 1, started + 2)
    )


async def test_a_humans_order_passes_the_queue() -> None:
    bench = Bench(limiter=AsyncLimiter(1, 1.0))
    for number in range(20):
        bench.enforcer.take(_ask(f"p{number}"))
    await later(0.5)
    bench.enforcer.take(_ask("ann", order="o1"))
    asked = clock()
    await until(lambda: "ann" in bench.handles())
    assert clock() - asked <= 1.0
    assert bench.handles() == ["p0", "ann"]
    bench.task.cancel()


async def test_a_humans_order_passes_acts_that_hang() -> None:
    bench = Bench(pace=Pace(width=2))
    bench.room.gate.clear()
    for number in range(5):
        bench.enforcer.take(_ask(f"p{number}"))
    await later(0.1)
    assert bench.handles() == ["p0", "p1"]
    bench.enforcer.take(_ask("ann", order="o1"))
    await until(lambda: "ann" in bench.handles(), within=0.1)
    assert bench.handles() == ["p0", "p1", "ann"]
    bench.task.cancel()


async def test_a_dry_run_sends_nothing_and_says_so() -> None:
    bench = Bench(dry=True)
    bench.enforcer.take(_ask("ann"))
    bench.enforcer.inform("ann", "wait")
    await bench.enforcer.idle()
    assert bench.room.calls == []
    assert bench.room.told == []
    assert bench.outcomes == [Simulated(at=clock(), ask="ask-ann")]


async def test_a_waiting_person_is_told_once_and_a_failure_of_it_is_nobodys_business() -> None:
    bench = Bench()
    bench.enforcer.inform("ann", "please wait")
    await bench.enforcer.idle()
    assert bench.room.told == [("ann", "please wait")]
    assert bench.outcomes == []


async def test_a_dry_run_shows_what_the_real_room_shows() -> None:
    room = FakePlatform(clock)
    dry = DryRun(room)
    assert dry.capabilities == room.capabilities
    running = asyncio.create_task(dry.run(lambda _: None, lambda: None))
    await until(lambda: room.up)
    room.knock("ann")
    dry.recall([room.people["ann"]])
    assert room.recalled == [[room.people["ann"]]]
    shown = await dry.snapshot()
    assert {facts.handle for facts in shown.connections} == {"guardian", "ann"}
    assert replace(shown, connections=()) == replace(await room.snapshot(), connections=())
    running.cancel()
