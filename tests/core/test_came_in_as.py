"""Who came in on our admission of another: back to the lobby, and a human hears of it (design section 6)."""

from __future__ import annotations

import pytest

from guardian.core.actions import ActKind
from guardian.core.events import LinkChanged
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from guardian.core.incidents import Severity
from guardian.core.policy import Mode, Policy
from tests.core.script import Script, given
from tests.core.vocabulary import (
    BEN,
    DOT,
    EVE,
    HANDS,
    LOCKED,
    NO_HANDS,
    OPEN,
    SAM,
    TESS,
    Expel,
    LobbyOn,
    PutBack,
    Remove,
    came_in_as,
    changed,
    event,
    hands,
    human,
    inside,
    listed,
    roster,
    teacher,
    waiting,
)

ANN_BY_NAME = inside("Ann Adams", handle="x")
STRANGER = inside("Zoltan Nobody", handle="x")
IT_TURNS_OUT = came_in_as("x", "a")


def admitted(script: Script | None = None) -> Script:
    """Ann was let in by her account, and somebody else came."""
    script = script or given(capabilities=HANDS).at(OPEN)
    return script.silent().when(waiting("Ann Adams", account="ann@school", handle="a")).obeying().clean()


def test_who_came_in_on_anothers_admission_goes_back_to_the_lobby_and_waits_for_a_human() -> None:
    script = admitted().when(ANN_BY_NAME, IT_TURNS_OUT).then(PutBack("x"))
    script.incident(I.CAME_IN_AS, about="x", severity=Severity.CRITICAL, offers="admit").place("x", Place.WAITING)
    script.after(600).then_never(ActKind.ADMIT, ActKind.REFUSE, who="x").then_nobody_out()
    script.incident(I.NEEDS_DECISION, about="x")


def test_the_one_who_was_meant_is_still_admitted() -> None:
    script = admitted().when(ANN_BY_NAME, IT_TURNS_OUT).place("x", Place.WAITING)
    script.after(70).when(listed()).place("a", Place.INSIDE).place("x", Place.WAITING)


def test_a_stranger_who_did_so_goes_all_the_way_of_the_ladder() -> None:
    admitted().failing().when(STRANGER, IT_TURNS_OUT).then(PutBack("x"), Remove("x"), Expel("x"))
    admitted().when(hands(NO_HANDS), STRANGER, IT_TURNS_OUT).then(Expel("x")).place("x", None)


@pytest.mark.parametrize(
    "somebody",
    [
        ANN_BY_NAME,
        inside("Ann", handle="x"),
        inside("iPad", handle="x"),
        inside("Cyd Clark", handle="x", registrant="cyd-1"),
        inside("", handle="x", seen=False),
    ],
)
def test_who_may_be_a_child_is_put_back_and_never_removed_for_it(somebody: object) -> None:
    script = admitted().failing().when(somebody, IT_TURNS_OUT).after(600)  # type: ignore[arg-type]
    script.then_never(ActKind.REMOVE, ActKind.EXPEL, who="x").then_some(PutBack("x")).place("x", Place.INSIDE)
    script = admitted().when(hands(NO_HANDS), somebody, IT_TURNS_OUT).after(600)  # type: ignore[arg-type]
    script.then_nobody_out().incident(I.CAME_IN_AS, about="x").place("x", Place.INSIDE)


def test_where_the_machine_only_assists_a_human_is_asked() -> None:
    script = admitted(given(policy=Policy(mode=Mode.ASSIST), capabilities=HANDS).at(OPEN))
    script.when(ANN_BY_NAME, IT_TURNS_OUT).after(600).then_nobody_out().place("x", Place.INSIDE)
    script.incident(I.CAME_IN_AS, about="x", offers="remove")


def test_outside_the_schedule_nobody_is_put_back_for_it() -> None:
    script = given(capabilities=HANDS, slot=None).begun().when(ANN_BY_NAME, IT_TURNS_OUT).after(60)
    script.then_nobody_out().incident(I.CAME_IN_AS, about="x")


@pytest.mark.parametrize(
    "somebody",
    [inside("Ben Brown", handle="x", account="ben@school"), inside("Sam Staff", handle="x", account="sam@school")],
)
def test_who_is_proven_stays_and_it_is_told(somebody: object) -> None:
    script = admitted().when(somebody, IT_TURNS_OUT).after(60)  # type: ignore[arg-type]
    script.then_nobody_out().incident(I.CAME_IN_AS, about="x").place("x", Place.INSIDE)


def test_a_humans_admit_goes_first() -> None:
    script = admitted().when(ANN_BY_NAME, human.admit("x"), IT_TURNS_OUT).after(60).then_nobody_out()
    script.no_incident(I.CAME_IN_AS).place("x", Place.INSIDE)
    script = admitted().when(ANN_BY_NAME, IT_TURNS_OUT).place("x", Place.WAITING)
    script.when(human.admit("x")).after(60).place("x", Place.INSIDE)


def test_a_humans_hold_inside_goes_first_too() -> None:
    script = admitted().when(ANN_BY_NAME, human.hold("x"), IT_TURNS_OUT).after(60).then_nobody_out()
    script.place("x", Place.INSIDE)


def test_what_was_said_of_one_coming_in_is_not_said_of_the_next() -> None:
    script = admitted().when(ANN_BY_NAME, IT_TURNS_OUT).place("x", Place.WAITING).clean()
    script.when(teacher.admits("x"), changed("x", place=Place.INSIDE)).after(60).then_nobody_out()
    script.no_incident(I.CAME_IN_AS)


def test_it_is_said_of_somebody_who_is_there_or_of_nobody() -> None:
    script = admitted().when(IT_TURNS_OUT).after(60).no_incident(I.CAME_IN_AS)
    assert "x" not in script.state.connections


def test_the_brake_counts_it() -> None:
    script = admitted()
    people = [inside(p.name, handle=p.id) for p in (BEN, DOT, EVE)]
    script.when(*people, *(came_in_as(p.id, "a") for p in (BEN, DOT, EVE)))
    assert sum(w.kind is ActKind.PUT_BACK for w in script.fresh) == 1
    script.incident(I.BRAKE)


def test_the_lobby_switched_on_at_the_same_moment_keeps_who_may_be_a_child_inside_until_put_back() -> None:
    script = admitted(given(policy=Policy(mode=Mode.ENFORCE, brake_share=1.0)).at(OPEN))
    script.when(ANN_BY_NAME, inside("Zoltan Nobody", handle="z"))
    script.when(event(lambda at: LinkChanged(at, up=False)), event(lambda at: LinkChanged(at, up=True)))
    script.lobby_on = False
    script.when(IT_TURNS_OUT).after(3).then_nobody_out().when(listed()).then_some(PutBack("x"), PutBack("z"), LobbyOn())
    (lobby,) = [ask.act for ask in script.asks.values() if ask.act.kind is ActKind.LOBBY_ON]
    assert "x" in lobby.keep
    assert "z" not in lobby.keep


def test_who_was_on_an_earlier_list_is_held_after_it_and_not_refused() -> None:
    script = admitted(given().at(LOCKED)).when(roster(TESS, SAM, BEN, DOT, EVE)).clean()
    script.when(ANN_BY_NAME).after(3).then_nobody_out().when(IT_TURNS_OUT).place("x", Place.WAITING)
    script.after(600).then_never(ActKind.REFUSE, who="x").incident(I.NEEDS_DECISION, about="x")


def test_a_stranger_who_did_so_is_barred_at_the_door() -> None:
    script = admitted(given().at(OPEN)).when(STRANGER, IT_TURNS_OUT).after(1).place("x", None)
    script.incident(I.BARRED_BACK, about="x")
