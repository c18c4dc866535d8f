"""Every cell of the table "what is done" (design 4.2): who it is, where they are, what is asked, what is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from guardian.core.actions import ActKind
from guardian.core.identity import PlatformRole, Proof
from guardian.core.incidents import IncidentKind as I
from guardian.core.memory import Phase
from guardian.core.policy import Unknown
from tests.core.script import Script, given
from tests.core.vocabulary import (
    BEFORE,
    ENFORCE,
    EVERYTHING,
    LOCKED,
    OPEN,
    Admit,
    Demote,
    Happening,
    PutBack,
    Quiet,
    Refuse,
    Remove,
    StopShare,
    Wanted,
    gone,
    human,
    inside,
    listed,
    waiting,
)

Appears = Callable[..., Happening]
WHO: dict[str, Callable[[Appears], Happening]] = {
    "the guardian itself": lambda appears: appears("Guardian", is_self=True, handle="x"),
    "staff, proven": lambda appears: appears("Sam Staff", account="sam@school", handle="x"),
    "a proven child": lambda appears: appears("Ann Adams", account="ann@school", handle="x"),
    "a child by name only": lambda appears: appears("Ann Adams", handle="x"),
    "part of a name": lambda appears: appears("Ann", handle="x"),
    "a device": lambda appears: appears("iPad", handle="x"),
    "an unseen one": lambda appears: appears("", seen=False, handle="x"),
    "a stranger": lambda appears: appears("Zoltan Nobody", handle="x"),
    "a look-alike": lambda appears: appears("Аnn Adams", handle="x"),
    "a barred one": lambda appears: appears("Harmless Name", account="zed@evil", handle="x"),
}
HELD = ("a child by name only", "part of a name", "a device", "an unseen one")
ADMITTED, HOLD, REFUSED, QUIETED, OUT = (Admit("x"),), (), (Refuse("x"),), (Quiet("x"),), (PutBack("x"),)


def _row(who: str, *cells: tuple[Wanted, ...]) -> list[tuple[str, str, tuple[Wanted, ...]]]:
    return [(who, where, cell) for where, cell in zip(("before", "open", "locked", "inside"), cells, strict=True)]


TABLE = [
    # The guardian's own handle in the lobby is how it watches there: nothing is asked of the platform for it.
    *_row("the guardian itself", (), (), (), ()),
    *_row("staff, proven", ADMITTED, ADMITTED, ADMITTED, ()),
    *_row("a proven child", HOLD, ADMITTED, ADMITTED, ()),
    *(cell for who in HELD for cell in _row(who, HOLD, HOLD, HOLD, QUIETED)),
    *_row("a stranger", HOLD, HOLD, REFUSED, OUT),
    *_row("a look-alike", HOLD, HOLD, REFUSED, OUT),
    *_row("a barred one", REFUSED, REFUSED, REFUSED, OUT),
]
PHASES = {"before": BEFORE, "open": OPEN, "locked": LOCKED, "inside": OPEN}


def _at(phase: Phase, *, barred: bool) -> Script:
    script = given().at(phase)
    if barred:
        script.when(waiting("Zed Evil", account="zed@evil", handle="old"), human.remove("old"))
        script.then_some(Refuse("old"))
    return script.clean().silent()


@pytest.mark.parametrize(
    ("who", "where", "wanted"), [pytest.param(*cell, id=f"{cell[0]}, {cell[1]}") for cell in TABLE]
)
def test_what_is_done_is_what_the_table_says(who: str, where: str, wanted: tuple[Wanted, ...]) -> None:
    script = _at(PHASES[where], barred=who == "a barred one")
    script.when(WHO[who](inside if where == "inside" else waiting)).after(2.5)
    asked = {w.kind for w in script.fresh if not w.again and w.who == "x"}
    # A barred or strange one inside may be silenced on the way out; only the way out is asked about here.
    if wanted == OUT:
        asked -= {ActKind.QUIET, ActKind.STOP_SHARE}
    if who == "a barred one" and where == "inside":
        assert asked in ({ActKind.PUT_BACK}, {ActKind.REMOVE})
    else:
        assert asked == {w.kind for w in wanted}, script.story(f"expected {wanted}")


@pytest.mark.parametrize("who", HELD)
@pytest.mark.parametrize("phase", [OPEN, LOCKED])
def test_who_is_held_for_doubt_is_asked_about_and_never_times_out(who: str, phase: Phase) -> None:
    script = given().at(phase).when(WHO[who](waiting)).after(2.5)
    script.incident(I.NEEDS_DECISION, about="x").after(ENFORCE.patience * 3).then_nothing()


@pytest.mark.parametrize("who", [*HELD, "a stranger", "a proven child"])
def test_nobody_is_asked_about_before_the_class_opens(who: str) -> None:
    given().at(BEFORE).when(WHO[who](waiting)).after(60).then_nothing().no_incident(I.NEEDS_DECISION)


@pytest.mark.parametrize("who", HELD)
def test_an_unproven_one_inside_stays_silenced_and_a_human_is_told(who: str) -> None:
    script = given().at(OPEN).when(WHO[who](inside)).after(300)
    script.then(Quiet("x")).incident(I.UNPROVEN_INSIDE, about="x")


def test_where_nobody_can_be_silenced_an_unproven_one_inside_stays_and_a_human_is_told() -> None:
    mute = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.QUIET, ActKind.STOP_SHARE})
    script = given(capabilities=mute).at(OPEN).when(inside("Ann Adams")).after(300)
    script.then_nothing().incident(I.UNPROVEN_INSIDE, about="Ann Adams")


def test_a_stranger_is_held_with_patience_and_then_refused() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody")).after(ENFORCE.patience - 1).then_nothing()
    script.after(2).then(Refuse("Zoltan Nobody"))


def test_a_look_alike_is_held_with_patience_and_told_as_an_impersonation_at_once() -> None:
    script = given().at(OPEN).when(waiting("Аnn Adams")).incident(I.IMPERSONATION, about="Аnn Adams")
    script.then_nothing().after(ENFORCE.patience + 1).then(Refuse("Аnn Adams"))


def test_a_class_may_refuse_strangers_at_once_after_the_second_message_had_its_time() -> None:
    at_once = replace(ENFORCE, unknown=Unknown.REFUSE)
    script = given(policy=at_once).at(OPEN).when(waiting("Zoltan Nobody")).after(1.5).then_nothing()
    script.after(1).then(Refuse("Zoltan Nobody"))
    given(policy=at_once).at(OPEN).when(waiting("Аnn Adams")).then(Refuse("Аnn Adams"))


def test_the_address_that_comes_in_a_second_message_still_counts() -> None:
    script = given(policy=replace(ENFORCE, unknown=Unknown.REFUSE)).at(OPEN)
    script.when(waiting("Somebody Else", handle="x")).after(1).then_nothing()
    script.when(waiting("Somebody Else", handle="x", account="ann@school")).then(Admit("x"))


def test_a_stranger_inside_is_put_back_once_settled_and_refused_when_back_in_the_lobby() -> None:
    script = given().at(OPEN).when(inside("Zoltan Nobody")).after(1.5).then_nothing()
    script.after(1).then(PutBack("Zoltan Nobody"), Refuse("Zoltan Nobody")).incident(I.STRANGER_INSIDE)


def test_a_look_alike_inside_is_not_given_time_to_settle() -> None:
    script = given().at(OPEN).when(inside("Аnn Adams"))
    script.then_some(PutBack("Аnn Adams")).incident(I.IMPERSONATION, about="Аnn Adams")


def test_where_nobody_can_be_put_back_a_stranger_inside_is_removed() -> None:
    direct = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.PUT_BACK})
    given(capabilities=direct).at(OPEN).when(inside("Zoltan Nobody")).after(3).then(Remove("Zoltan Nobody"))


def test_a_barred_one_inside_is_out_at_once_and_told() -> None:
    script = given().at(OPEN).when(inside("Zed", account="zed@evil", handle="old"), human.remove("old")).clean()
    script.when(inside("Other Name", account="zed@evil", handle="new"))
    assert any(w.who == "new" and w.kind in {ActKind.PUT_BACK, ActKind.REMOVE} for w in script.fresh)
    script.incident(I.BARRED_BACK, about="new").place("new", None)


def test_a_bar_never_falls_on_the_name_nor_on_the_real_child() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", handle="liar", account="zed@evil"))
    script.when(human.remove("liar")).then_some(Refuse("liar"))
    script.when(waiting("Ann Adams", account="ann@school", handle="real")).then(Admit("real"))
    script.when(waiting("Ann Adams", handle="namesake")).then_never(ActKind.REFUSE)


def test_locking_refuses_the_stranger_who_already_waits() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody")).after(5).then_nothing()
    script.when(human.lock()).then_some(Refuse("Zoltan Nobody"))


def test_opening_admits_the_children_who_already_wait() -> None:
    script = given().at(BEFORE).when(waiting("Ann Adams", account="ann@school")).then_nothing()
    script.when(waiting("Tess Teacher", account="tess@school")).then(Admit("Tess Teacher"), Admit("Ann Adams"))


def test_a_class_that_accepts_names_admits_by_name_until_it_is_locked() -> None:
    by_name = replace(ENFORCE, gate=ENFORCE.gate | {Proof.NAME_EXACT})
    given(policy=by_name).at(OPEN).when(waiting("Ann Adams")).then(Admit("Ann Adams"))
    locked = given(policy=by_name).at(LOCKED).when(waiting("Ann Adams")).after(300).then_nothing()
    locked.incident(I.NEEDS_DECISION, about="Ann Adams")
    given(policy=by_name).at(LOCKED).when(waiting("Ben Brown", account="ben@school")).then(Admit("Ben Brown"))


def test_a_typed_address_alone_proves_nobody() -> None:
    claimed = replace(ENFORCE, gate=ENFORCE.gate | {Proof.CLAIMED})
    script = given(policy=claimed).at(OPEN).when(waiting("Who Knows", claimed_email="adams@home"))
    script.after(300).then_nothing().incident(I.NEEDS_DECISION, about="Who Knows")


def test_locking_sets_the_lobby_again_and_reads_it_back() -> None:
    script = given().at(OPEN)
    script.lobby_on = False
    script.when(human.lock()).reread().when(listed()).then_some(Wanted(ActKind.LOBBY_ON))
    assert script.lobby_on


def test_an_unproven_one_who_shares_inside_is_silenced_and_the_share_stopped() -> None:
    script = given().at(OPEN).when(inside("Ann Adams", sharing=True)).after(10)
    asked = {w.kind for w in script.fresh}
    assert ActKind.QUIET in asked
    assert asked <= {ActKind.QUIET, ActKind.STOP_SHARE}
    assert not script.world["Ann Adams"].sharing


def test_an_unproven_moderator_is_demoted_and_a_human_is_called() -> None:
    script = given().at(OPEN).when(inside("Tess Teacher", handle="x", role=PlatformRole.MODERATOR)).after(10)
    script.incident(I.UNPROVEN_MODERATOR, about="x", offers="remove").then_some(Demote("x"))
    script.when(inside("Zoltan Nobody", handle="y", role=PlatformRole.MODERATOR)).incident(
        I.UNPROVEN_MODERATOR, about="y"
    )


def test_who_left_before_being_judged_is_not_acted_on() -> None:
    script = given().at(OPEN).when(inside("Zoltan Nobody")).after(1).when(gone("Zoltan Nobody"))
    script.after(300).then_nothing()
    assert StopShare("Zoltan Nobody") not in script.fresh
