"""One meeting, slot after slot: opening, handing over, coming back after a restart."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from guardian.app.texts import Briefing
from guardian.core.actions import ActKind, Ask
from guardian.core.events import (
    LinkChanged,
    MeetingEnded,
    Opened,
    Restarted,
    RosterFailed,
    RosterLoaded,
    Verb,
)
from guardian.core.memory import Phase, Slot
from guardian.core.policy import Mode, Policy
from guardian.errors import JournalError, LoginRefusedError, RosterError, TemporaryError
from tests.support.fake_people import class_list
from tests.support.stage import EPOCH, NOW, Stage, clock, later, until

pytestmark = pytest.mark.looptime

SetStage = Callable[..., Stage]


def _kinds(stage: Stage, occurrence: str) -> list[str]:
    return [type(record).__name__ for record in stage.journal.records(occurrence)]


def _occurrences(stage: Stage) -> list[str]:
    return list(stage.journal.rows)


async def test_a_slot_opens_with_the_list_and_then_what_the_platform_shows(stage: Stage) -> None:
    stage.room.enter("somebody")
    await stage.service.start()
    await until(lambda: len(stage.journal.rows) == 1 and "Snapshot" in _kinds(stage, _occurrences(stage)[0]))
    events = [k for k in _kinds(stage, _occurrences(stage)[0]) if k in {"Opened", "RosterLoaded", "Snapshot"}]
    assert events[:3] == ["Opened", "RosterLoaded", "Snapshot"]
    opened = stage.journal.records()[0]
    assert isinstance(opened, Opened)
    assert opened.slot == NOW
    assert opened.occurrence.startswith("yoga-20270115T080000Z-")


async def test_children_on_the_list_get_in_by_themselves_and_strangers_do_not(stage: Stage) -> None:
    await stage.open()
    for number in range(20):
        stage.room.knock(f"h{number}", f"Pupil{number} Somebody", account=f"pupil{number}")
    stage.room.knock("x", "Mallory")
    await until(lambda: len(stage.room.inside()) == 21)
    assert "x" not in stage.room.inside()
    assert "x" not in stage.room.asked(ActKind.ADMIT)
    assert len(stage.room.asked(ActKind.ADMIT)) == 20


async def test_a_slot_waits_for_the_first_login_and_opens_without_it_after_a_while(stage: Stage) -> None:
    stage.room.hold_connection()
    await stage.service.start()
    await later(10)
    assert stage.journal.rows == {}
    await until(lambda: len(stage.journal.rows) == 1, within=20)
    assert [link.up for link in stage.journal.of(LinkChanged) if isinstance(link, LinkChanged)] == [False]
    await until(lambda: "link_lost" in stage.mail.kinds())
    stage.room.let_connect()
    await until(lambda: stage.service.readiness().ok)


async def test_outside_any_slot_nothing_is_opened_until_somebody_is_seen(set_stage: SetStage) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    await until(lambda: stage.room.snapshots > 0)
    await later(120)
    assert stage.journal.rows == {}
    stage.room.knock("ann", "Ann")
    await until(lambda: len(stage.journal.rows) == 1)
    opened = stage.journal.records()[0]
    assert isinstance(opened, Opened)
    assert opened.slot is None


async def test_somebody_who_waits_for_hours_outside_any_slot_is_one_occurrence_only(set_stage: SetStage) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    await until(lambda: stage.room.up)
    stage.room.knock("ann", "Ann")
    await until(lambda: stage.mail.letters, within=1000)
    await later(3600)
    assert len(stage.journal.rows) == 1
    stage.room.leave("ann")
    stage.room.knock("ann", "Ann")
    await until(lambda: len(stage.journal.rows) == 2)


async def test_when_the_slot_begins_what_ran_before_it_ends_and_its_own_occurrence_begins(
    set_stage: SetStage,
) -> None:
    stage = set_stage(slots=(replace(NOW, start=EPOCH + 2000.0, end=EPOCH + 5600.0),))
    await stage.service.start()
    await until(lambda: stage.room.up)
    stage.room.enter("ann", "Ann")
    await until(lambda: len(stage.journal.rows) == 1)
    await until(lambda: len(stage.journal.rows) == 2, within=2000)
    assert clock() - EPOCH == pytest.approx(1100.0, abs=12.0)
    first, second = _occurrences(stage)
    await until(lambda: stage.service.view("yoga") and len(stage.service.view("yoga").connections) == 2)  # type: ignore[union-attr]
    rows = {row.occurrence: row for row in await stage.journal.occurrences()}
    assert rows[first].ended_at is not None
    assert rows[second].ended_at is None
    assert rows[second].slot_start == EPOCH + 2000.0
    assert any("closed" in letter.subject for letter in stage.mail.letters)


async def test_a_meeting_ended_by_mistake_and_restarted_within_its_slot_is_still_locked(stage: Stage) -> None:
    await stage.open()
    assert (await stage.service.order("yoga", stage.order(Verb.LOCK))).done
    stage.room.end()
    await until(lambda: stage.guard.watch is None)
    await later(1)
    stage.room.enter("ada", "Ada Host", account="ada")
    await until(lambda: stage.phase() is Phase.LOCKED)
    assert len(stage.journal.rows) == 2
    reopened = stage.journal.records(_occurrences(stage)[1])[0]
    assert isinstance(reopened, Opened)
    assert reopened.memory.locked_at is not None


async def test_the_end_of_a_class_is_closed_with_a_letter_of_numbers_and_the_journals_head(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    await until(lambda: "h1" in stage.room.inside())
    stage.room.leave("h1")
    stage.room.leave("ada")
    await until(lambda: stage.mail.letters, within=8000)
    (row,) = await stage.journal.occurrences()
    assert row.ended_at is not None
    (letter,) = stage.mail.letters
    text = "\n".join(letter.lines)
    assert "Let in by the guardian: 1" in text
    head = stage.journal.rows[row.occurrence]
    assert row.head in text
    assert row.head in [stored.digest for stored in head]
    assert "Pupil1" not in text
    await later(600)
    assert len(stage.journal.rows) == 1


async def test_a_class_that_ends_while_there_is_no_journal_is_written_when_it_is_back(stage: Stage) -> None:
    await stage.open()
    stage.journal.broken = OSError("disk full")
    stage.room.end()
    await later(300)
    assert stage.mail.letters == []
    stage.journal.broken = None
    await until(lambda: stage.mail.letters)
    first = (await stage.journal.occurrences())[0]
    assert first.ended_at is not None
    assert first.head in "\n".join(stage.mail.letters[0].lines)
    assert any(isinstance(record, MeetingEnded) for record in stage.journal.records(first.occurrence))


async def test_a_class_that_ended_without_a_journal_is_ended_by_the_next_start(stage: Stage) -> None:
    await stage.open()
    stage.journal.broken = OSError("disk full")
    stage.room.end()
    await later(30)
    await stage.service.drain()
    stage.journal.broken, stage.journal.closed = None, False
    await later(8 * 3600)
    await stage.restart()
    await until(lambda: all(stage.journal.ended()))


async def test_after_a_kill_the_journal_is_folded_and_nothing_confirmed_is_asked_again(stage: Stage) -> None:
    await stage.open()
    for number in range(5):
        stage.room.knock(f"h{number}", f"Pupil{number} Somebody", account=f"pupil{number}")
    await until(lambda: len(stage.room.inside()) == 6)
    await until(lambda: not stage.watch.actor.state.asks)
    await stage.service.order("yoga", stage.order(Verb.LOCK))
    asked = list(stage.room.calls)
    await stage.restart()
    await later(5)
    assert stage.phase() is Phase.LOCKED
    assert stage.room.calls == asked
    assert len(stage.journal.rows) == 1
    assert any(isinstance(record, Restarted) for record in stage.journal.records())
    stage.room.knock("h9", "Pupil9 Somebody", account="pupil9")
    await until(lambda: "h9" in stage.room.inside())


async def test_who_knocked_while_the_guardian_was_away_is_let_in_afterwards(stage: Stage) -> None:
    await stage.open()
    await stage.kill()
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    await stage.restart()
    await until(lambda: "h1" in stage.room.inside())


async def test_an_act_of_unknown_outcome_whose_effect_is_there_is_not_sent_again(stage: Stage) -> None:
    await stage.open()
    stage.room.gate.clear()
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    await until(lambda: stage.room.asked(ActKind.ADMIT) == ["h1"])
    await stage.kill()
    stage.room.gate.set()
    stage.room.enter("h1", "Pupil1 Somebody", account="pupil1")
    await stage.restart()
    await until(lambda: not stage.watch.actor.state.asks)
    assert stage.room.asked(ActKind.ADMIT) == ["h1"]


async def test_what_the_guardian_missed_the_end_of_is_ended_when_it_comes_back(stage: Stage) -> None:
    await stage.open()
    await stage.kill()
    stage.room.people.clear()
    await later(8 * 3600)
    await stage.restart()
    await until(lambda: stage.mail.letters)
    (row,) = await stage.journal.occurrences()
    assert row.ended_at is not None
    assert stage.guard.watch is None
    assert any(isinstance(record, MeetingEnded) for record in stage.journal.records())


async def test_a_restart_in_the_next_slot_ends_the_old_occurrence_and_opens_the_new(set_stage: SetStage) -> None:
    second = Slot(EPOCH + 86_400.0, EPOCH + 90_000.0)
    stage = set_stage(slots=(NOW, second))
    await stage.open()
    await stage.service.order("yoga", stage.order(Verb.LOCK))
    await stage.kill()
    await later(86_400.0)
    await stage.restart()
    await until(lambda: stage.mail.letters and len(stage.journal.rows) == 2)
    rows = await stage.journal.occurrences()
    assert [row.slot_start for row in rows] == [NOW.start, second.start]
    assert stage.phase() is not Phase.LOCKED


async def test_a_restart_between_an_end_and_a_new_beginning_keeps_what_the_slot_knows(stage: Stage) -> None:
    await stage.open()
    await stage.service.order("yoga", stage.order(Verb.LOCK))
    stage.room.end()
    await until(lambda: len(stage.mail.letters) == 1)
    await stage.restart()
    stage.room.enter("ada", "Ada Host", account="ada")
    await until(lambda: len(stage.journal.rows) == 2)
    assert stage.phase() is Phase.LOCKED


async def test_a_record_that_cannot_be_read_is_told_and_the_meeting_is_guarded_anew(stage: Stage) -> None:
    await stage.open()
    await stage.kill()
    (name,) = stage.journal.rows
    stage.journal.rows[name][1] = replace(stage.journal.rows[name][1], body=b'{"t":"Nonsense","d":{}}')
    await stage.restart()
    await until(lambda: len(stage.journal.rows) == 2)
    await until(lambda: any("cannot be read" in letter.subject for letter in stage.mail.letters))
    assert stage.phase() is not None


async def test_a_start_without_a_journal_is_refused(stage: Stage) -> None:
    stage.journal.broken = JournalError("no such database")
    with pytest.raises(JournalError):
        await stage.service.start()
    stage.journal.broken = None


async def test_a_changed_list_is_in_force_and_a_broken_one_keeps_the_old(stage: Stage) -> None:
    await stage.open()
    stage.list.change(class_list("New Child", version="2"))
    await until(lambda: stage.watch.actor.state.rosters[-1].version == "2")
    stage.list.change(broken=RosterError("list.csv", ("line 3: no name",)))
    await until(lambda: stage.journal.of(RosterFailed))
    assert stage.watch.actor.state.rosters[-1].version == "2"
    assert "line 3" in " ".join(stage.service.readiness().problems)
    loaded = len(stage.journal.of(RosterLoaded))
    stage.list.change(class_list("New Child", version="2"))
    await until(lambda: len(stage.journal.of(RosterLoaded)) == loaded + 1)
    stage.list.change()
    await until(lambda: stage.list.loads >= 5)
    assert len(stage.journal.of(RosterLoaded)) == loaded + 1
    assert stage.service.readiness().ok


async def test_a_list_that_was_never_readable_holds_everybody_and_says_so(stage: Stage) -> None:
    stage.list.broken = FileNotFoundError("list.csv")
    await stage.service.start()
    await until(lambda: stage.room.up)
    stage.room.knock("h1", "Pupil1 Somebody", account="pupil1")
    await until(lambda: "roster_broken" in stage.mail.kinds())
    await later(200)
    assert stage.room.asked(ActKind.ADMIT) == []
    assert stage.room.asked(ActKind.REFUSE) == []


async def test_a_refused_login_is_told_and_tried_again(stage: Stage) -> None:
    await stage.open()
    stage.room.die(LoginRefusedError("the server refuses this password"))
    await until(lambda: not stage.guard.link.up)
    await until(lambda: {"task_crashed", "link_lost"} <= set(stage.mail.kinds()))
    await until(lambda: stage.room.up)
    await until(lambda: stage.service.readiness().ok)
    assert stage.room.runs == 2


async def test_a_platform_that_keeps_failing_without_a_live_meeting_is_told_by_letter(set_stage: SetStage) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    await until(lambda: stage.room.up)
    stage.room.die(TemporaryError("gone"))
    await until(lambda: stage.mail.letters)
    assert "yoga:platform" in "\n".join(stage.mail.letters[0].lines)


async def test_the_go_or_no_go_letter_is_sent_half_an_hour_before_class(set_stage: SetStage) -> None:
    async def check() -> Briefing:
        return Briefing(go=False, lines=("The list is empty: no-go.",))

    stage = set_stage(slots=(replace(NOW, start=EPOCH + 7200.0, end=EPOCH + 10_800.0),), check=check)
    await stage.service.start()
    await until(lambda: stage.mail.letters, within=7200)
    assert clock() - EPOCH == pytest.approx(5400.0, abs=60.0)
    assert stage.mail.letters[0].urgent
    assert stage.mail.letters[0].lines == ("The list is empty: no-go.",)
    await later(1700)
    assert len(stage.mail.letters) == 1


async def test_a_check_that_breaks_is_a_no_go(set_stage: SetStage) -> None:
    async def check() -> Briefing:
        raise OSError("no network")

    stage = set_stage(slots=(replace(NOW, start=EPOCH + 1000.0, end=EPOCH + 4600.0),), check=check)
    await stage.service.start()
    await until(lambda: stage.mail.letters)
    assert stage.mail.letters[0].urgent


async def test_a_person_who_must_wait_is_told_why_and_whom_to_call(stage: Stage) -> None:
    await stage.open()
    stage.room.knock("x", "Mallory")
    await until(lambda: stage.room.told)
    handle, text = stage.room.told[0]
    assert handle == "x"
    assert "0123" in text
    assert "Mallory" not in text


async def test_all_asks_end_and_are_counted(set_stage: SetStage) -> None:
    stage = set_stage(policy=Policy(mode=Mode.ENFORCE))
    await stage.open()
    for number in range(10):
        stage.room.knock(f"h{number}", f"Pupil{number} Somebody", account=f"pupil{number}")
    stage.room.knock("x", "Mallory")
    stage.room.refusals = [TemporaryError("busy")] * 7
    await until(lambda: len(stage.room.inside()) == 11)
    await later(200)
    counts = stage.watch.actor.state.counts
    assert counts.asked == counts.confirmed + counts.superseded + counts.escalated
    assert counts.asked == len(stage.journal.of(Ask))
    metrics = stage.service.metrics.render().decode()
    assert 'guardian_asks_ended_total{end="confirmed",meeting="yoga"}' in metrics
    assert "guardian_knock_to_ask_seconds_count 10.0" in metrics
    assert "Mallory" not in metrics
