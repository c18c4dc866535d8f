"""Which run of a meeting a delivery belongs to: late ones, the next run, a restart; and what belongs to no run."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from guardian.core.actions import ActKind
from guardian.core.events import Began, Event, Gone, MeetingEnded, Seen, Verb, Warned
from guardian.core.identity import Evidence, Place
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Phase
from guardian.errors import JournalError
from tests.app.test_deliveries import knock
from tests.support.stage import EPOCH, NOW, Stage, clock, later, until

pytestmark = pytest.mark.looptime

SetStage = Callable[..., Stage]


async def deliver(stage: Stage, *events: Event, instance: str = "run-1", key: str = "") -> None:
    first = events[0]
    name = f"{type(first).__name__} {getattr(getattr(first, 'facts', None), 'handle', '')} {instance} {first.at}"
    await stage.guard.deliver(events, key or name, instance)


def seen(stage: Stage, occurrence: int = -1) -> list[str]:
    records = stage.journal.records(list(stage.journal.rows)[occurrence])
    return [r.facts.handle for r in records if isinstance(r, Seen) and r.facts.handle.startswith("pupil")]


async def running(stage: Stage) -> None:
    await stage.open()
    await later(100.0)
    await deliver(stage, knock("pupil1"))


async def test_the_first_delivery_names_the_run_once(stage: Stage) -> None:
    await running(stage)
    await deliver(stage, knock("pupil2"))
    assert stage.watch.actor.state.instance == "run-1"
    assert [b.instance for b in stage.journal.of(Began) if isinstance(b, Began)] == ["run-1"]
    await until(lambda: stage.room.asked(ActKind.ADMIT)[-2:] == ["pupil1", "pupil2"])


async def test_a_delivery_of_several_events_is_in_order_and_comes_once(stage: Stage) -> None:
    await running(stage)
    inside = replace(knock("pupil2").facts, place=Place.INSIDE)
    both = (knock("pupil2"), Seen(clock() + 0.5, inside))
    await deliver(stage, *both, key="d")
    await deliver(stage, *both, key="d")
    assert seen(stage) == ["pupil1", "pupil2", "pupil2"]
    assert stage.watch.actor.state.connections["pupil2"].inside


async def test_a_late_delivery_of_an_earlier_run_is_dropped(stage: Stage) -> None:
    await running(stage)
    await deliver(stage, knock("pupil9", at=clock() - 50.0), instance="run-0")
    await deliver(stage, MeetingEnded(clock() - 40.0), instance="run-0")
    assert seen(stage) == ["pupil1"]
    assert stage.phase() is Phase.OPEN


async def test_a_late_delivery_of_this_run_is_taken(stage: Stage) -> None:
    await running(stage)
    await deliver(stage, knock("pupil2", at=clock() - 50.0))
    assert seen(stage) == ["pupil1", "pupil2"]


async def test_a_later_run_ends_the_one_before_and_the_slot_remembers(stage: Stage) -> None:
    await running(stage)
    assert (await stage.service.order("yoga", stage.order(Verb.LOCK))).done
    await later(10.0)
    await deliver(stage, knock("pupil2"), instance="run-2")
    assert stage.watch.actor.state.instance == "run-2"
    await until(lambda: stage.journal.ended() == [True, False])
    assert seen(stage) == ["pupil2"]
    assert stage.phase() is Phase.LOCKED


async def test_what_has_no_run_belongs_to_the_one_that_runs(stage: Stage) -> None:
    await running(stage)
    await later(10.0)
    await deliver(stage, Warned(clock(), IncidentKind.BEFORE_HOST, "somebody came in before the host"), instance="")
    assert len(stage.journal.rows) == 1
    await until(lambda: "before_host" in stage.mail.kinds())


async def test_after_the_end_what_is_late_is_dropped_and_what_is_new_opens_the_next_run(stage: Stage) -> None:
    await running(stage)
    ended_at = clock() + 1.0
    await later(20.0)  # the news of the end are late
    await deliver(stage, MeetingEnded(ended_at))
    await until(lambda: stage.guard.watch is None)
    await deliver(stage, knock("pupil2", at=ended_at - 5.0))
    assert stage.guard.watch is None
    await deliver(stage, knock("pupil3", at=ended_at + 10.0), instance="run-2")  # known only now, and no part of run 1
    assert seen(stage) == ["pupil3"]
    assert stage.watch.actor.state.instance == "run-2"


async def test_after_a_restart_the_run_is_known(stage: Stage) -> None:
    await running(stage)
    await stage.restart()
    await deliver(stage, knock("pupil2", at=clock() - 90.0))
    await deliver(stage, knock("pupil8", at=clock() - 95.0), instance="run-0")
    assert seen(stage) == ["pupil1", "pupil2"]
    assert len(stage.journal.rows) == 1
    assert len(stage.journal.of(Began)) == 1


async def test_after_a_restart_a_delivery_from_between_the_opening_and_the_runs_first_sign_is_late(
    stage: Stage,
) -> None:
    await running(stage)
    await stage.restart()
    await deliver(stage, knock("pupil8", at=EPOCH + 50.0), instance="run-0")
    assert stage.journal.ended() == [False]
    assert seen(stage) == ["pupil1"]


async def test_after_a_restart_a_doubled_delivery_changes_nothing(stage: Stage) -> None:
    await running(stage)
    event = knock("pupil2")
    await deliver(stage, event)
    await stage.restart()
    await deliver(stage, event)
    assert seen(stage) == ["pupil1", "pupil2"]


async def test_after_a_restart_the_platform_is_told_whom_the_journal_knows(stage: Stage) -> None:
    await running(stage)
    assert stage.room.recalled == []
    await stage.restart()
    (known,) = stage.room.recalled
    assert {facts.handle for facts in known} >= {"ada", "pupil1"}
    assert next(f for f in known if f.handle == "pupil1").evidence == Evidence("pupil1 somebody", account="pupil1")


async def test_a_run_that_is_under_way_when_its_slot_begins_goes_on_and_nothing_on_its_way_is_lost(
    set_stage: SetStage,
) -> None:
    stage = set_stage(slots=(replace(NOW, start=EPOCH + 2000.0, end=EPOCH + 5600.0),))
    await stage.service.start()
    await until(lambda: stage.room.up)
    await deliver(stage, knock("pupil1"))
    assert len(stage.journal.rows) == 1
    await until(lambda: len(stage.journal.rows) == 2 and seen(stage, 0) and stage.guard.watch, within=2000)
    await deliver(stage, knock("pupil2", at=clock() - 3.0))
    assert seen(stage) == ["pupil2"]
    assert stage.watch.actor.state.instance == "run-1"
    assert stage.journal.ended() == [True, False]


@pytest.mark.parametrize(("kind", "opens"), [(IncidentKind.PUBLIC_LINK, True), (IncidentKind.STALE_DELIVERIES, False)])
async def test_outside_class_a_published_link_opens_an_occurrence_and_is_told(
    set_stage: SetStage, kind: IncidentKind, opens: bool
) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    await until(lambda: stage.room.up)
    await deliver(stage, Warned(clock(), kind, "posted in public"), instance="")
    assert bool(stage.journal.rows) is opens
    if opens:
        await until(lambda: "public_link" in stage.mail.kinds())
        assert (await stage.service.order("yoga", stage.order(Verb.ROTATE))).done


async def test_outside_class_who_leaves_opens_nothing_and_may_come_again(set_stage: SetStage) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    await until(lambda: stage.room.up)
    stage.room.people["pupil1"] = knock("pupil1").facts
    await deliver(stage, knock("pupil1"))
    await until(lambda: stage.guard.watch is None, within=1000)
    await deliver(stage, knock("pupil1"), key="still there")
    assert len(stage.journal.rows) == 1
    del stage.room.people["pupil1"]
    await deliver(stage, Gone(clock(), "pupil1", Place.WAITING))
    assert len(stage.journal.rows) == 1
    await later(1.0)
    await deliver(stage, knock("pupil1"), key="again")
    assert len(stage.journal.rows) == 2


async def test_while_it_drains_nothing_is_taken_and_the_platform_must_deliver_again(stage: Stage) -> None:
    await running(stage)
    await stage.guard.drain()
    with pytest.raises(JournalError):
        await deliver(stage, knock("pupil2"))
    assert seen(stage) == ["pupil1"]


async def test_without_a_journal_nothing_is_taken_and_the_same_delivery_is_taken_later(stage: Stage) -> None:
    await running(stage)
    stage.journal.broken = JournalError("no room")
    event = knock("pupil2")
    with pytest.raises(JournalError):
        await deliver(stage, event)
    stage.journal.broken = None
    await until(lambda: stage.watch.chronicle.up)
    await deliver(stage, event)
    assert seen(stage) == ["pupil1", "pupil2"]


# --- the service: what belongs to no single run ---------------------------------------------------------------------


async def test_between_classes_a_new_passcode_can_be_ordered_and_nothing_else(set_stage: SetStage) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    await until(lambda: stage.room.up)
    assert not (await stage.service.order("yoga", stage.order(Verb.LOCK, "o1"))).done
    assert stage.journal.rows == {}
    result = await stage.service.order("yoga", stage.order(Verb.ROTATE, "o2"))
    assert (result.done, "new passcode" in result.text) == (True, True)
    assert len(stage.room.asked(ActKind.ROTATE)) == 1
    await until(lambda: stage.journal.ended() == [True], within=1000)


async def test_shared_tasks_run_beside_the_guards_and_are_started_again(set_stage: SetStage) -> None:
    runs: list[asyncio.Event] = []

    async def stream() -> None:
        runs.append(asyncio.Event())
        await runs[-1].wait()
        raise OSError("the socket is gone")

    hook, desk, closed = object(), object(), asyncio.Event()

    async def close() -> None:
        closed.set()

    shared = {"tasks": {"zoom:stream": stream}, "hooks": {"zoom": hook}, "desks": {"zoom": desk}, "closers": (close,)}
    stage = set_stage(**shared)
    await stage.open()
    assert stage.service.hooks == {"zoom": hook}
    assert stage.service.desks == {"zoom": desk}
    runs[0].set()
    await until(lambda: len(runs) == 2)
    await until(lambda: "task_crashed" in stage.mail.kinds())
    await stage.service.drain()
    assert closed.is_set()
