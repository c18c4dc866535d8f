"""When things fail (design 4.10) and the modes (4.11): the door stays as it is, humans are told and still obeyed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardian.core.actions import ActKind
from guardian.core.events import (
    Acknowledged,
    ForeignSelf,
    JournalChanged,
    LinkChanged,
    NoticeSent,
    TaskCrashed,
)
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from guardian.core.incidents import Severity
from guardian.core.policy import Mode
from tests.core.script import Script, given
from tests.core.vocabulary import ENFORCE, LOCKED, OPEN, Admit, Quiet, Refuse, event, human, inside, listed, waiting

OUT = (ActKind.PUT_BACK, ActKind.REMOVE)
ASSIST = replace(ENFORCE, mode=Mode.ASSIST)


def _no_journal(script: Script) -> Script:
    return script.when(event(lambda at: JournalChanged(at, up=False, reason="disk full")))


def test_a_lost_link_is_told_and_nothing_is_asked_until_it_is_back() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z"), inside("Xaver Nemo", handle="x")).after(1)
    script.when(event(lambda at: LinkChanged(at, up=False, reason="reset"))).after(300)
    script.then_nothing().incident(I.LINK_LOST).phase(OPEN)
    script.when(event(lambda at: LinkChanged(at, up=True))).clean().when(listed()).after(3).place("x", None)


def test_after_a_lost_link_the_list_repairs_what_was_missed() -> None:
    script = given().at(OPEN).when(event(lambda at: LinkChanged(at, up=False)))
    script.world["a"] = replace(script.world["Tess Teacher"], handle="a", place=Place.WAITING)
    script.world["a"] = replace(script.world["a"], evidence=replace(script.world["a"].evidence, account="ann@school"))
    script.when(event(lambda at: LinkChanged(at, up=True)), listed()).then(Admit("a"))


def test_without_a_journal_the_machine_admits_nobody_and_tells_it() -> None:
    script = _no_journal(given().at(OPEN)).incident(I.JOURNAL_LOST, severity=Severity.CRITICAL)
    script.when(waiting("Ann Adams", account="ann@school")).after(60).then_nothing()
    script.when(event(lambda at: JournalChanged(at, up=True))).then(Admit("Ann Adams"))


def test_without_a_journal_an_admission_that_was_just_asked_is_taken_back() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    _no_journal(script)
    assert not [a for a in script.state.asks.values() if a.ask.act.kind is ActKind.ADMIT and a.ask.order is None]


def test_without_a_journal_humans_still_hold_lock_panic_and_remove() -> None:
    script = _no_journal(given().at(OPEN).when(inside("Zoltan Nobody", handle="z")).when(inside("Ann Adams")))
    script.clean().when(human.remove("z")).place("z", None).answered()
    script.when(human.hold("Ann Adams")).answered()
    script.when(human.lock()).answered().phase(LOCKED)
    script.when(human.panic()).answered().place("Ann Adams", Place.WAITING)


def test_without_a_journal_a_person_who_is_held_is_still_muted_at_once() -> None:
    script = _no_journal(given().at(OPEN).when(inside("Ann Adams", account="ann@school", handle="a")))
    script.clean().when(human.hold(person="ann")).then(Quiet("a")).answered()


def test_a_foreign_guardian_makes_this_one_stand_down() -> None:
    script = given().at(OPEN).when(event(lambda at: ForeignSelf(at, "socket taken three times")))
    script.incident(I.FOREIGN_SELF, severity=Severity.CRITICAL)
    script.when(waiting("Ann Adams", account="ann@school"), inside("Zoltan Nobody")).after(300).then_nothing()


def test_a_crashed_task_is_told() -> None:
    given().at(OPEN).when(event(lambda at: TaskCrashed(at, "reconciler", "ValueError"))).incident(I.TASK_CRASHED)


def test_an_acknowledgement_is_kept_with_its_human() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams")).incident(I.NEEDS_DECISION)
    key = next(k for k, i in script.state.incidents.items() if i.kind is I.NEEDS_DECISION)
    script.when(event(lambda at: Acknowledged(at, key, "olga")))
    assert script.state.incidents[key].acknowledged_by == "olga"
    script.when(event(lambda at: NoticeSent(at, key, 1, "email", delivered=True))).then_nothing()


def test_assist_admits_and_asks_before_any_removal() -> None:
    script = given(policy=ASSIST).at(OPEN).when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(inside("Zoltan Nobody", handle="z")).after(300).then_never(*OUT)
    script.incident(I.STRANGER_INSIDE, about="z", offers="remove").place("z", Place.INSIDE)
    script.when(human.remove("z")).place("z", None).answered()


def test_assist_still_silences_the_unproven_and_refuses_at_the_locked_door() -> None:
    script = given(policy=ASSIST).at(OPEN).when(inside("Ann Adams")).after(60).then(Quiet("Ann Adams"))
    given(policy=ASSIST).at(LOCKED).when(waiting("Zoltan Nobody")).after(3).then(Refuse("Zoltan Nobody"))
    assert not script.state.ended


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.ENFORCE])
def test_observe_decides_as_enforce_does(mode: Mode) -> None:
    script = given(policy=replace(ENFORCE, mode=mode)).at(OPEN).silent().when(inside("Zoltan Nobody", handle="z"))
    script.after(3)
    assert any(w.kind in OUT for w in script.fresh)


def test_assist_puts_out_whom_a_human_barred() -> None:
    script = given(policy=ASSIST).at(OPEN).when(inside("Zed", account="zed@evil", handle="old"), human.remove("old"))
    script.clean().when(inside("Other Name", account="zed@evil", handle="new")).after(1).place("new", None)
