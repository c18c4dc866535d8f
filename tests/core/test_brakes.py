"""Brakes (design 4.8): never a mass removal, never because of a list that broke, never for an expiry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardian.core.actions import ActKind
from guardian.core.events import MeetingEnded, Restarted, RosterFailed
from guardian.core.identity import Place, Proof
from guardian.core.incidents import IncidentKind as I
from guardian.core.policy import BRAKE_WINDOW
from guardian.core.roster import Person, Role, Roster
from tests.core.script import Script, given
from tests.core.vocabulary import (
    ANN,
    BEFORE,
    CLASS,
    ENFORCE,
    EVERYTHING,
    LOCKED,
    OPEN,
    START,
    TESS,
    Admit,
    Happening,
    event,
    human,
    inside,
    listed,
    roster,
    waiting,
)

PUPILS = tuple(
    Person(f"p{n:02}", f"Pupil{chr(97 + n)} Number{chr(97 + n)}", accounts=(f"p{n:02}@school",)) for n in range(26)
)
BIG = Roster("big", (TESS, *PUPILS))
OUT = {ActKind.PUT_BACK, ActKind.REMOVE}


def _outs(script: Script) -> int:
    return sum(w.kind in OUT and not w.again for w in script.fresh)


def _raid(strangers: int) -> list[Happening]:
    names = ("Zoltan", "Xaver", "Quirin", "Wolf", "Yorick", "Umbra", "Vlad", "Tarquin")
    return [inside(f"{names[n % 8]} Nemo", handle=f"z{n}") for n in range(strangers)]


def _full_class() -> Script:
    script = given(BIG, replace(ENFORCE, lock_when_all_in=False)).at(OPEN)
    return script.when(*(inside(p.name, account=p.accounts[0], handle=p.id) for p in PUPILS)).after(5).clean()


def test_one_stranger_among_few_is_always_within_the_brake() -> None:
    script = given().at(OPEN).when(*_raid(1)).after(3)
    assert _outs(script) == 1
    script.no_incident(I.BRAKE)


def test_a_raid_meets_the_brake_per_share_of_those_inside() -> None:
    script = _full_class().when(*_raid(8)).after(30)
    assert 1 <= _outs(script) <= 4
    script.incident(I.BRAKE, offers="panic")


def test_a_raid_meets_the_brake_per_minute() -> None:
    script = given(BIG, replace(ENFORCE, lock_when_all_in=False, brake_share=1.0, brake_per_minute=2)).at(OPEN)
    script.when(*_raid(5)).after(30)
    assert _outs(script) == 2
    script.incident(I.BRAKE, offers="panic").after(BRAKE_WINDOW)
    assert _outs(script) <= 4


def test_past_the_brake_the_unproven_are_silenced_and_the_lobby_is_on() -> None:
    script = given(BIG, replace(ENFORCE, lobby_from_start=False))
    script.lobby_on = False
    script.begun().when(inside("Tess Teacher", account="tess@school"))
    script.when(*(inside(p.name, account=p.accounts[0], handle=p.id) for p in PUPILS[:10])).after(5).clean()
    script.when(inside("Pupilm Numberm", handle="weak"), *_raid(6)).after(30)
    kinds = {w.kind for w in script.fresh}
    assert ActKind.LOBBY_ON in kinds
    assert script.lobby_on
    silenced = {w.who for w in script.fresh if w.kind is ActKind.QUIET}
    left = {h for h, f in script.world.items() if h.startswith("z") and f.place is Place.INSIDE}
    assert ActKind.QUIET_ALL in kinds or silenced >= left | {"weak"}, script.story(f"{silenced} of {left}")
    script.place("weak", Place.INSIDE)


def test_the_brake_remembers_across_a_restart() -> None:
    strict = replace(ENFORCE, brake_share=1.0, brake_per_minute=1, lock_when_all_in=False)
    script = given(BIG, strict).at(OPEN).when(*_raid(1)).after(3)
    assert _outs(script) == 1
    script.when(event(lambda at: Restarted(at, EVERYTHING)), listed(), *_raid(3)[1:]).after(20)
    assert _outs(script) == 1


def test_the_brake_remembers_across_an_occurrence_of_the_slot() -> None:
    strict = replace(ENFORCE, brake_share=1.0, brake_per_minute=1, lock_when_all_in=False)
    first = given(BIG, strict).at(OPEN).when(*_raid(1)).after(3).when(event(MeetingEnded))
    second = given(BIG, strict, memory=first.state.memory)
    second.now = first.now + 5
    second.begun().when(*_raid(3)[1:]).after(20)
    assert _outs(second) == 0


def test_lobby_refusals_do_not_count_for_the_brake() -> None:
    script = given(policy=replace(ENFORCE, brake_per_minute=1, wave_knocks=1000)).at(LOCKED)
    script.when(*(waiting(f"Stranger{chr(97 + n)}", handle=f"w{n}") for n in range(10))).after(3)
    assert sum(w.kind is ActKind.REFUSE for w in script.fresh) == 10
    script.when(*_raid(1)).after(3)
    assert _outs(script) == 1


def test_nobody_is_moved_while_no_roster_was_loaded() -> None:
    script = given(None).begun().when(inside("Zoltan Nobody", handle="z"), waiting("Xaver Nemo", handle="x"))
    script.after(600).then_never(ActKind.ADMIT, ActKind.REFUSE, *OUT)
    script.place("z", Place.INSIDE).place("x", Place.WAITING)


@pytest.mark.parametrize("left", [(), (TESS,), (TESS, ANN)], ids=["empty", "one left", "more than a third gone"])
def test_a_roster_that_is_empty_or_suddenly_smaller_removes_nobody(left: tuple[Person, ...]) -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(inside("Ben Brown", account="ben@school")).after(5).clean()
    script.when(roster(*left)).incident(I.ROSTER_DOUBTED).when(*_raid(1), waiting("Xaver Nemo", handle="x"))
    script.after(600).then_never(ActKind.REFUSE, *OUT).place("z0", Place.INSIDE).place("Ben Brown", Place.INSIDE)


def test_a_roster_a_little_smaller_is_believed() -> None:
    script = given().at(OPEN).when(roster(*CLASS.people[:-1])).no_incident(I.ROSTER_DOUBTED)
    script.when(*_raid(1)).after(3)
    assert _outs(script) == 1


def test_a_broken_new_roster_keeps_the_old_one_and_is_told() -> None:
    script = given().at(OPEN).when(event(lambda at: RosterFailed(at, "line 3: no name"))).incident(I.ROSTER_BROKEN)
    script.when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))


def test_when_the_roster_is_whole_again_the_door_works_again() -> None:
    script = given().at(OPEN).when(roster()).after(30).when(roster(*CLASS.people, version="v1"))
    script.when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(*_raid(1)).after(3)
    assert _outs(script) == 1


def test_who_is_taken_off_the_list_stays_inside_and_may_not_enter_again() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(roster(*(p for p in CLASS.people if p is not ANN))).after(120)
    script.then_nobody_out().incident(I.NO_LONGER_VALID, about="a").place("a", Place.INSIDE)
    script.clean().when(waiting("Ann Adams", account="ann@school", handle="b")).after(60).then_never(ActKind.ADMIT)


def test_who_expires_in_class_stays_inside_and_it_is_told() -> None:
    brief = replace(ANN, valid_until=START + 300.0)
    script = given(Roster("v1", (*(p for p in CLASS.people if p is not ANN), brief))).at(OPEN)
    script.when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a")).after(600)
    script.then_nobody_out().incident(I.NO_LONGER_VALID, about="a").place("a", Place.INSIDE)
    script.when(waiting("Ann Adams", account="ann@school", handle="b")).after(60).then_never(ActKind.ADMIT)


def test_who_is_not_yet_valid_waits_and_enters_in_time() -> None:
    later = replace(ANN, valid_from=START + 300.0)
    script = given(Roster("v1", (TESS, later, *PUPILS))).at(OPEN)
    script.when(waiting("Ann Adams", account="ann@school", handle="a")).after(290).then_nothing()
    script.after(60).then(Admit("a"))


def test_a_wave_of_strangers_tightens_the_gate_instead_of_shutting_the_class_out() -> None:
    names = replace(ENFORCE, gate=ENFORCE.gate | {Proof.NAME_EXACT}, wave_knocks=10)
    script = given(policy=names).at(OPEN).when(waiting("Ann Adams", handle="a")).then(Admit("a"))
    script.when(*(waiting(f"Stranger{chr(97 + n)}", handle=f"w{n}") for n in range(12))).after(3)
    script.incident(I.WAVE).clean().when(waiting("Ben Brown", handle="b")).after(60).then_never(ActKind.ADMIT)
    script.incident(I.NEEDS_DECISION, about="b")
    script.when(waiting("Dot Clark", account="dot@school", handle="d")).then_some(Admit("d"))
    script.after(names.wave_calm + 120).place("b", Place.INSIDE)


def test_a_whole_class_that_knocks_at_once_is_no_wave() -> None:
    script = given(BIG, replace(ENFORCE, lock_when_all_in=False)).at(BEFORE)
    script.when(*(waiting(p.name, account=p.accounts[0], handle=p.id) for p in PUPILS)).after(5).no_incident(I.WAVE)
    script.when(waiting("Tess Teacher", account="tess@school")).no_incident(I.WAVE)
    assert sum(w.kind is ActKind.ADMIT for w in script.fresh) == 27


def test_a_roster_edit_never_makes_a_child_inside_a_stranger_even_by_another_name() -> None:
    script = given().at(OPEN).when(inside("Ben Brown", handle="b")).after(5)
    renamed = tuple(replace(p, name="Benjamin Green", aliases=()) if p.id == "ben" else p for p in CLASS.people)
    script.when(roster(*renamed)).after(120).then_nobody_out()


def test_a_human_may_still_put_out_whom_the_brake_protects() -> None:
    script = given().at(OPEN).when(roster()).when(inside("Zoltan Nobody", handle="z")).after(5)
    script.when(human.remove("z")).place("z", None).answered()


def test_a_new_pupil_may_enter_as_soon_as_the_list_has_them() -> None:
    new = Person("flo", "Flo Finch", Role.PUPIL, accounts=("flo@school",))
    script = given().at(OPEN).when(waiting("Flo Finch", account="flo@school")).after(5).then_nothing()
    script.when(roster(*CLASS.people, new)).then(Admit("Flo Finch"))
