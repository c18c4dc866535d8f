"""The verbs of a human (design 4.12), each with its inverse, and what is answered."""

from __future__ import annotations

import pytest

from guardian.core.actions import ActKind
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from tests.core.script import given
from tests.core.vocabulary import (
    BEFORE,
    ENFORCE,
    LOCKED,
    OPEN,
    Admit,
    Quiet,
    Refuse,
    changed,
    gone,
    human,
    inside,
    listed,
    waiting,
)

OUT = (ActKind.PUT_BACK, ActKind.REMOVE)


def test_admit_lets_a_name_only_child_in_and_she_is_not_asked_about_again() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", handle="a")).then_nothing()
    script.when(human.admit("a")).then(Admit("a")).answered().clean().after(300).then_nobody_out()
    script.place("a", Place.INSIDE)


def test_admit_lets_a_stranger_in_and_the_machine_never_contradicts_it() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z"), human.admit("z")).answered()
    script.after(ENFORCE.patience * 2).when(listed()).then_nobody_out().place("z", Place.INSIDE)


def test_admit_works_through_a_locked_door_and_before_the_class() -> None:
    for phase in (BEFORE, LOCKED):
        script = given().at(phase).when(waiting("Ann Adams", handle="a"), human.admit("a")).answered()
        script.then(Admit("a")).phase(phase)


def test_admit_lasts_for_the_slot_by_account_but_not_by_name() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z", account="z@away"), human.admit("z"))
    script.then(Admit("z")).when(gone("z"), waiting("Zoltan Nobody", handle="zz", account="z@away")).then(Admit("zz"))
    script.when(waiting("Zoltan Nobody", handle="other")).after(5).then_never(ActKind.ADMIT)


def test_admit_of_a_person_lets_in_who_bears_the_name() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", handle="a"), human.admit(person="ann")).then(Admit("a"))
    script.answered().after(60).then_nobody_out()


def test_admit_expires_and_then_only_the_right_to_enter_is_gone() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z", account="z@away"))
    script.when(human.admit("z", lasts=60.0)).then(Admit("z")).after(600).then_nobody_out().place("z", Place.INSIDE)
    script.when(gone("z"), waiting("Zoltan Nobody", handle="zz", account="z@away")).after(30)
    script.then_never(ActKind.ADMIT)


def test_hold_takes_admit_back() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z", account="z@away"), human.admit("z"))
    script.when(gone("z"), waiting("Zoltan Nobody", handle="y", account="z@away"), human.hold("y")).clean()
    script.when(gone("y"), waiting("Zoltan Nobody", handle="x", account="z@away")).after(600)
    script.place("x", Place.WAITING)


def test_hold_keeps_even_a_proven_child_waiting_until_a_human_admits() -> None:
    script = given().at(BEFORE).when(waiting("Ann Adams", account="ann@school", handle="a"), human.hold("a")).answered()
    script.when(inside("Tess Teacher", account="tess@school")).after(600).place("a", Place.WAITING)
    script.clean().when(human.admit("a")).answered().place("a", Place.INSIDE)


def test_hold_of_a_person_holds_every_connection_of_hers() -> None:
    script = given().at(OPEN).when(human.hold(person="ann")).answered()
    script.when(waiting("Ann Adams", account="ann@school", handle="a")).after(600).then_nothing()
    script.when(human.admit(person="ann")).then(Admit("a")).answered()


def test_hold_inside_leaves_the_person_inside_silenced() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(human.hold("a")).then(Quiet("a")).answered().after(300).then_nothing().place("a", Place.INSIDE)


def test_hold_takes_an_admission_in_flight_back() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(human.hold("a")).after(60).then_never(ActKind.ADMIT)
    assert not [x for x in script.state.asks.values() if x.ask.act.kind is ActKind.ADMIT]


def test_remove_puts_out_and_bars_for_the_slot() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(human.remove("a")).place("a", None).answered().clean()
    script.when(waiting("Ann Adams", account="ann@school", handle="b")).then(Refuse("b"))


def test_remove_of_one_who_waits_refuses_her() -> None:
    given().at(OPEN).when(waiting("Ann Adams", handle="a"), human.remove("a")).then(Refuse("a")).answered()


def test_undo_of_remove_lifts_the_bar() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(human.remove("a"), human.undo()).answered().clean()
    script.when(waiting("Ann Adams", account="ann@school", handle="b")).then(Admit("b"))


def test_allow_by_name_makes_a_guest_for_today_and_undo_takes_it_back() -> None:
    script = given().at(OPEN).when(waiting("Gus Guest", handle="g")).after(5).then_nothing()
    script.when(human.allow(name="Gus Guest")).then(Admit("g")).answered()
    script.when(gone("g"), human.undo()).answered().clean()
    script.when(waiting("Gus Guest", handle="h")).after(5).then_never(ActKind.ADMIT)


def test_allow_by_address_admits_the_verified_address_only() -> None:
    script = given().at(OPEN).when(human.allow(email="gus@away")).answered()
    script.when(waiting("Whoever", handle="g", email="gus@away")).then(Admit("g"))
    script.when(waiting("Whoever Else", handle="h", claimed_email="gus@away")).after(60).then_never(ActKind.ADMIT)


def test_allow_expires_for_the_door_and_a_guest_inside_stays() -> None:
    script = given().at(OPEN).when(human.allow(name="Gus Guest", lasts=60.0), waiting("Gus Guest", handle="g"))
    script.then(Admit("g")).after(600).then_nobody_out().place("g", Place.INSIDE)
    script.when(gone("g"), waiting("Gus Guest", handle="h")).after(60).then_never(ActKind.ADMIT)


def test_a_guest_needs_a_fresh_allow_once_the_door_is_locked() -> None:
    script = given().at(OPEN).when(human.allow(name="Gus Guest")).after(5).when(human.lock()).clean()
    script.when(waiting("Gus Guest", handle="g")).after(60).then_never(ActKind.ADMIT)
    script.place("g", Place.WAITING)
    script.when(human.allow(name="Gus Guest")).answered().after(3).place("g", Place.INSIDE)


def test_undo_of_allow_leaves_a_guest_inside_inside() -> None:
    script = given().at(OPEN).when(human.allow(name="Gus Guest"), waiting("Gus Guest", handle="g")).then(Admit("g"))
    script.when(human.undo()).after(300).then_nobody_out().place("g", Place.INSIDE)


def test_lock_and_unlock_take_each_other_back() -> None:
    script = given().at(OPEN).when(human.lock()).answered().phase(LOCKED).when(human.unlock()).answered().phase(OPEN)
    script.when(human.undo()).answered().phase(LOCKED)


def test_pause_stops_the_machine_and_resume_starts_it_again() -> None:
    script = given().at(OPEN).when(human.pause()).answered()
    script.when(waiting("Ann Adams", account="ann@school", handle="a"), inside("Zoltan Nobody", handle="z"))
    script.after(300).then_nothing().when(human.resume()).after(5).answered()
    script.place("a", Place.INSIDE).place("z", None)


def test_a_human_is_obeyed_while_the_machine_is_paused() -> None:
    script = given().at(OPEN).when(human.pause(), waiting("Ann Adams", handle="a"), human.admit("a")).then(Admit("a"))
    script.answered().when(inside("Zoltan Nobody", handle="z"), human.remove("z")).place("z", None).answered()


def test_panic_silences_all_but_hosts_locks_and_puts_the_unproven_back() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a"), inside("Ben Brown"))
    script.when(inside("Zoltan Nobody", handle="z")).after(0.5).clean()
    known = len(script.asks)
    script.when(human.panic()).answered().phase(LOCKED).incident(I.PANIC)
    acts = [ask.act for ask in list(script.asks.values())[known:]]
    frozen = [act for act in acts if act.kind is ActKind.QUIET_ALL]
    assert frozen, script.story("not everybody was silenced")
    assert "Tess Teacher" in frozen[0].keep
    assert "a" not in frozen[0].keep
    script.place("Ben Brown", Place.WAITING).place("a", Place.INSIDE).place("Tess Teacher", Place.INSIDE)
    assert "z" not in script.world or script.world["z"].place is Place.WAITING


def test_panic_is_not_held_up_by_the_brake() -> None:
    names = ("Zoltan", "Xaver", "Quirin", "Wolf", "Yorick", "Umbra", "Vlad", "Tarquin")
    script = given().at(OPEN).silent().when(*(inside(f"{n} Nemo", handle=n) for n in names)).clean()
    script.obeying().when(human.panic()).after(3)
    assert not [n for n in names if n in script.world and script.world[n].place is Place.INSIDE]


def test_resume_ends_panic_and_admits_again_those_it_put_back_who_still_qualify() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a"))
    script.when(waiting("Ben Brown", handle="b"), human.admit("b"), inside("Cyd Clark", handle="c")).clean()
    script.when(human.panic()).place("c", Place.WAITING).after(5)
    where = script.world["b"].place
    script.when(human.resume()).answered().after(5).then_some(*([Admit("b")] if where is Place.WAITING else []))
    script.place("a", Place.INSIDE).place("b", Place.INSIDE).place("c", Place.WAITING)
    assert any(ask.act.kind is ActKind.UNQUIET_ALL for ask in script.asks.values())


def test_panic_does_not_bar_the_children_it_puts_back() -> None:
    script = given().at(OPEN).when(inside("Ben Brown", handle="b")).when(human.panic()).after(600)
    script.then_never(ActKind.REFUSE, who="b").place("b", Place.WAITING)


def test_end_ends_the_meeting_for_all() -> None:
    script = given().at(OPEN).when(human.end()).answered()
    assert script.state.ended
    assert any(ask.act.kind is ActKind.END and ask.order for ask in script.asks.values())


def test_enforce_is_taken_back_by_pause() -> None:
    script = given().at(OPEN).when(human.enforce()).answered().when(human.pause()).answered()
    script.when(inside("Zoltan Nobody")).after(60).then_nothing()


@pytest.mark.parametrize(
    ("verb", "undone"),
    [("admit", Place.WAITING), ("hold", Place.INSIDE)],
)
def test_undo_does_the_inverse_of_the_last_order(verb: str, undone: Place) -> None:
    script = given().at(BEFORE if verb == "hold" else OPEN)
    script.when(waiting("Ben Brown", handle="b", account="ben@school" if verb == "hold" else None))
    script.when(getattr(human, verb)("b")).answered().when(human.undo()).answered()
    if verb == "admit":
        script.place("b", Place.INSIDE).when(changed("b", place=Place.WAITING)).after(60).place("b", undone)
    else:
        script.after(5).place("b", undone)


def test_undo_of_undo_is_answered_with_what_really_happened() -> None:
    script = given().at(OPEN).when(human.lock()).when(human.undo()).phase(OPEN).clean().when(human.undo())
    script.answered(done=script.state.memory.phase is LOCKED)


def test_undo_with_nothing_to_undo_says_so() -> None:
    given().at(OPEN).when(human.undo()).answered(done=False).then_nothing()


def test_an_order_about_somebody_who_is_not_there_says_so() -> None:
    for verb in ("admit", "hold", "remove"):
        given().at(OPEN).when(getattr(human, verb)("nobody here")).answered(done=False).then_nothing()


def test_the_same_order_sent_twice_is_done_once() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", handle="a"), human.admit("a")).then(Admit("a"))
    script.orders -= 1
    script.when(human.admit("a")).after(60).then_nothing()


def test_the_newest_word_on_a_connection_counts() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(human.remove("a"), waiting("Ann Adams", account="ann@school", handle="b")).then_some(Refuse("b"))
    script.when(waiting("Ann Adams", account="ann@school", handle="c")).clean()
    script.when(human.admit(person="ann"), waiting("Ann Adams", account="ann@school", handle="d")).after(3)
    script.place("d", Place.INSIDE).then_never(*OUT)
