"""The whole guardian as web, command line and demo see it."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from guardian.app.actor import ACTOR_STEPS
from guardian.core.actions import ActKind
from guardian.core.events import Seen, TaskCrashed, Verb
from guardian.core.memory import Phase
from guardian.errors import DataDirectoryInUseError, JournalError, UnknownMeetingError
from tests.support.stage import Stage, later, until

pytestmark = pytest.mark.looptime

SetStage = Callable[..., Stage]


async def test_before_it_runs_it_is_not_ready_and_has_no_journal(stage: Stage) -> None:
    assert not stage.service.readiness().ok
    with pytest.raises(JournalError):
        _ = stage.service.journal
    assert stage.service.meetings() == ("yoga",)


async def test_once_open_it_is_ready_and_shows_the_meeting(stage: Stage) -> None:
    await stage.open()
    view = stage.service.view("yoga")
    assert view is not None
    assert view.phase is Phase.OPEN
    assert stage.service.readiness().problems == ()
    assert await stage.service.journal.occurrences() == await stage.journal.occurrences()


async def test_the_people_on_the_list_are_known_with_todays_guests(stage: Stage) -> None:
    assert stage.service.people("yoga") == ()
    await stage.open()
    await stage.service.order("yoga", stage.order(Verb.ALLOW, name="Grace Guest"))
    names = {person.name for person in stage.service.people("yoga")}
    assert {"Ada Host", "Pupil1 Somebody", "Grace Guest"} <= names


async def test_an_unknown_meeting_is_refused_by_name(stage: Stage) -> None:
    await stage.open()
    with pytest.raises(UnknownMeetingError, match="judo"):
        stage.service.view("judo")
    with pytest.raises(UnknownMeetingError):
        await stage.service.order("judo", stage.order(Verb.LOCK))


async def test_an_order_is_answered_with_what_really_happened(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("x", "Somebody Else")
    await until(lambda: stage.service.view("yoga") and len(stage.service.view("yoga").connections) == 3)  # type: ignore[union-attr]
    result = await stage.service.order("yoga", stage.order(Verb.ADMIT, handle="x"))
    assert result.done
    assert "x" in stage.room.inside()


async def test_an_order_whose_effect_does_not_show_in_time_is_not_called_done(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("x", "Somebody Else")
    await later(1)
    stage.room.gate.clear()
    result = await stage.service.order("yoga", stage.order(Verb.ADMIT, handle="x"), wait=1.0)
    assert result.done is None
    stage.room.gate.set()
    assert (await stage.service.order("yoga", stage.order(Verb.ADMIT, handle="x"))).done


async def test_an_order_without_a_running_meeting_is_refused(set_stage: SetStage) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    result = await stage.service.order("yoga", stage.order(Verb.LOCK))
    assert result.done is False
    assert stage.service.view("yoga") is None
    await stage.service.acknowledge("yoga", "opened", "teacher")


async def test_an_order_acts_within_a_second_with_a_full_inbox_dead_channels_and_no_journal(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("x", "Somebody Else")
    await later(1)
    stage.mail.gate.clear()
    stage.journal.broken = OSError("disk full")
    for number in range(300):
        stage.room.knock(f"s{number}", f"Nobody {number}")
    given = asyncio.get_running_loop().time()
    ordered = asyncio.create_task(stage.service.order("yoga", stage.order(Verb.ADMIT, handle="x")))
    await until(lambda: "x" in stage.room.asked(ActKind.ADMIT), within=1.0)
    assert asyncio.get_running_loop().time() - given < 1.0
    assert (await ordered).done
    problems = " ".join(stage.service.readiness().problems)
    assert "journal" in problems


async def test_an_incident_can_be_acknowledged(stage: Stage) -> None:
    await stage.open()
    await until(lambda: stage.watch.actor.state.incidents)
    key = next(iter(stage.watch.actor.state.incidents))
    await stage.service.acknowledge("yoga", key, "teacher")
    assert stage.watch.actor.state.incidents[key].acknowledged_by == "teacher"


async def test_a_watcher_hears_of_every_change_and_is_let_go_at_the_end(stage: Stage) -> None:
    await stage.open()
    heard: list[str] = []

    async def listen() -> None:
        heard.extend([meeting async for meeting in stage.service.subscribe()])

    listening = asyncio.create_task(listen())
    await later(0.1)
    stage.room.knock("x", "Mallory")
    await later(1)
    await stage.service.drain()
    await asyncio.wait_for(listening, 1.0)
    assert set(heard) == {"yoga"}


async def test_a_second_service_on_one_data_directory_is_refused(stage: Stage, tmp_path: Path) -> None:
    await stage.open()
    other = Stage(tmp_path)
    with pytest.raises(DataDirectoryInUseError):
        await other.service.start()
    assert other.room.runs == 0


async def test_draining_under_load_loses_nothing_that_was_taken(stage: Stage) -> None:
    await stage.open()
    for number in range(20):
        stage.room.knock(f"h{number}", f"Pupil{number} Somebody", account=f"pupil{number}")
    acknowledged = asyncio.gather(
        *(stage.watch.actor.submit(Seen(0.0, stage.room.people[f"h{n}"]), f"d{n}") for n in range(20))
    )
    await later(0.0)
    await stage.service.drain()
    await acknowledged
    keys = {row.key for rows in stage.journal.rows.values() for row in rows}
    assert {f"d{n}" for n in range(20)} <= keys
    assert sorted(h or "" for h in stage.room.asked(ActKind.ADMIT)) == sorted(f"h{n}" for n in range(20))
    assert stage.journal.closed
    assert not stage.service.readiness().ok


async def test_after_draining_the_next_start_takes_up_where_it_was(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    await until(lambda: "h1" in stage.room.inside())
    told = len(stage.mail.messages)
    await stage.service.drain()
    told = len(stage.mail.messages)
    stage.journal.closed = False
    asked = list(stage.room.calls)
    await stage.restart()
    await later(5)
    assert stage.room.calls == asked
    assert stage.phase() is Phase.OPEN
    assert len(stage.journal.rows) == 1
    assert len(stage.mail.messages) == told


async def test_a_drain_that_hangs_ends_in_time(stage: Stage) -> None:
    await stage.open()
    stage.journal.gate.clear()
    stage.room.gate.clear()
    stage.mail.gate.clear()
    stage.room.knock("x", "Mallory")
    started = asyncio.get_running_loop().time()
    await stage.service.drain(within=5.0)
    assert asyncio.get_running_loop().time() - started <= 5.1
    assert stage.service._supervisor.running == frozenset()


async def test_sigterm_drains_and_a_second_signal_stops_at_once(stage: Stage) -> None:
    running = asyncio.create_task(stage.service.run())
    await until(lambda: stage.phase() is not None)
    stage.room.enter("ada", "Ada Host", account="ada")
    await until(lambda: stage.phase() is Phase.OPEN)
    stage.mail.gate.clear()
    stage.room.gate.clear()
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    os.kill(os.getpid(), signal.SIGTERM)
    await until(lambda: not stage.service.readiness().ok)
    assert not running.done()
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(running, 1.0)
    assert stage.journal.closed


async def test_stopping_by_hand_is_the_same(stage: Stage) -> None:
    running = asyncio.create_task(stage.service.run())
    await until(lambda: stage.phase() is not None)
    stage.service.stop()
    await running
    assert stage.journal.closed


async def test_a_task_made_to_raise_is_restarted_and_the_message_arrives(stage: Stage) -> None:
    await stage.open()
    stage.room.die(ZeroDivisionError())
    await until(lambda: stage.room.runs == 2)
    await until(lambda: "task_crashed" in stage.mail.kinds())
    crashed = stage.journal.of(TaskCrashed)
    assert [(c.task, c.error) for c in crashed if isinstance(c, TaskCrashed)] == [
        ("yoga:platform", "ZeroDivisionError")
    ]


async def test_undelivered_incidents_show_in_readiness_until_they_arrive(stage: Stage) -> None:
    stage.mail.refuses = 10_000
    await stage.open()
    stage.room.die(ZeroDivisionError())
    await later(400)
    problems = " ".join(stage.service.readiness().problems)
    assert "reached nobody" in problems
    assert stage.service.undelivered("yoga")
    assert b"guardian_undelivered" in stage.service.metrics.render()
    stage.mail.refuses = 0
    await until(lambda: stage.service.readiness().ok, within=200)


async def test_the_dead_man_address_is_pinged_while_the_service_is_well(set_stage: SetStage) -> None:
    pings: list[float] = []

    async def ping() -> None:
        pings.append(asyncio.get_running_loop().time())

    stage = set_stage(deadman=ping)
    await stage.open()
    await later(130)
    well = len(pings)
    stage.journal.broken = OSError("gone")
    stage.room.knock("x", "Mallory")
    await later(200)
    assert well >= 2
    assert len(pings) == well


async def test_every_named_step_of_a_whole_life_is_passed(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    await until(lambda: "h1" in stage.room.inside())
    await stage.service.acknowledge("yoga", "opened", "teacher")
    stage.room.end()
    await until(lambda: "ended" in stage.steps)
    wanted = {*ACTOR_STEPS, "ask_sent", "ask_performed", "outcome_posted", "folded", "opened", "ending", "ended"}
    assert wanted <= set(stage.steps)
