"""Bots and AI note-takers: a class of their own at the door, told by the name that they show."""

from __future__ import annotations

import pytest

from guardian.core.actions import ActKind
from guardian.core.bots import note_taker
from guardian.core.identity import Evidence, Place, Proof
from guardian.core.incidents import IncidentKind as I
from guardian.core.policy import Bots, Mode, Policy
from guardian.core.roster import MatchKind, Person, Roster
from tests.core.script import given
from tests.core.vocabulary import (
    ANN,
    BEFORE,
    CLASS,
    LOCKED,
    OPEN,
    TESS,
    Admit,
    PutBack,
    Refuse,
    human,
    inside,
    roster,
    waiting,
)

BOTS = (
    "Otter.ai",
    "OtterPilot",
    "Fireflies.ai Notetaker",
    "Ann's AI Notetaker",
    "read.ai meeting notes",
    "Zoom AI Companion",
    "Tess (tl;dv)",
    "Recording bot",
)
CHILDREN = (
    "Otter",
    "Otter Finch",
    "Mia (Fireflies)",
    "Fireflies Class 3",
    "Jamie",
    "Granola Jones",
    "Grace Fathom",
    "Rev Park",
    "Grain",
    "Krisp",
    "Ai Assefa",
    "Notker Aiden",
    "Botticelli",
    "iPad",
)
HOLDING = Policy(mode=Mode.ENFORCE, bots=Bots.HOLD)
BY_NAME = Policy(mode=Mode.ENFORCE, gate=frozenset({Proof.NAME_EXACT, Proof.VERIFIED}))


@pytest.mark.parametrize("name", BOTS)
def test_a_bot_is_refused_once_it_is_settled_who_it_is(name: str) -> None:
    script = given().at(OPEN).when(waiting(name, handle="bot")).after(1.5).then_nothing()
    script.after(1).then(Refuse("bot"))


@pytest.mark.parametrize("name", BOTS)
def test_where_the_class_says_hold_a_bot_waits_and_a_human_is_asked(name: str) -> None:
    script = given(policy=HOLDING).at(OPEN).when(waiting(name, handle="bot")).after(600).then_nothing()
    script.incident(I.NEEDS_DECISION, about="bot", offers="admit")
    script.when(human.admit("bot")).then(Admit("bot")).answered()


@pytest.mark.parametrize("name", CHILDREN)
def test_a_name_that_a_child_may_bear_is_no_bot(name: str) -> None:
    assert not note_taker(name)
    given().at(OPEN).when(waiting(name, handle="child")).after(60).then_nothing()


def test_a_listed_child_called_otter_comes_in_and_with_half_a_name_waits_for_a_human() -> None:
    otter = Person("otter", "Otter Olsen", accounts=("otter@school",))
    script = given(policy=BY_NAME).at(OPEN).when(roster(*CLASS.people, otter)).clean()
    script.when(waiting("Otter Olsen")).then(Admit("Otter Olsen"))
    script.when(waiting("Otter")).after(600).then_nothing().incident(I.NEEDS_DECISION, about="Otter")


@pytest.mark.parametrize(
    "name", ["Ann's Notetaker", "Ann Adams (Otter.ai)", "Ann Adams - Notetaker", "Adams OtterPilot"]
)
def test_a_bot_is_never_matched_by_part_of_a_name(name: str) -> None:
    match = CLASS.match(Evidence(name, claimed_email="adams@home"))
    assert (match.kind, match.person, match.candidates) == (MatchKind.BOT, None, ())
    given(policy=BY_NAME).at(OPEN).when(waiting(name)).after(5).then_never(ActKind.ADMIT).then(Refuse(name))


def test_a_proven_person_is_never_a_bot_whatever_they_call_themselves() -> None:
    script = given().at(OPEN).when(waiting("Otter.ai", account="ann@school", handle="a")).then(Admit("a"))
    script.after(60).then_nobody_out().place("a", Place.INSIDE)


def test_a_bot_that_a_human_lists_by_its_very_name_is_a_guest() -> None:
    script = given().at(OPEN).when(human.allow(name="Otter.ai Notetaker"))
    script.when(waiting("Otter.ai Notetaker", handle="bot")).then(Admit("bot"))
    script.when(waiting("Tess' Otter.ai Notetaker", handle="other")).after(3).then(Refuse("other"))


def test_before_the_class_a_bot_only_waits() -> None:
    given().at(BEFORE).when(waiting("Otter.ai")).after(60).then_nothing()


def test_behind_a_locked_door_a_bot_is_refused_or_held_as_the_class_says() -> None:
    given().at(LOCKED).when(waiting("Otter.ai")).after(3).then(Refuse("Otter.ai"))
    given(policy=HOLDING).at(LOCKED).when(waiting("Otter.ai")).after(600).then_nothing()


def test_a_bot_inside_is_put_back_like_any_stranger() -> None:
    script = given(policy=HOLDING).at(OPEN).when(inside("Otter.ai", handle="bot")).after(3)
    script.then_some(PutBack("bot")).incident(I.STRANGER_INSIDE, about="bot")


def test_on_a_list_in_doubt_a_bot_is_held() -> None:
    script = given().at(OPEN).when(roster(TESS, ANN, version="shrunk")).when(waiting("Otter.ai")).after(600)
    script.then_never(ActKind.REFUSE, ActKind.ADMIT)


def test_a_name_that_goes_on_for_ever_is_looked_at_only_so_far() -> None:
    assert not note_taker("x" * 300 + " otter.ai")
    assert Roster("v").match(Evidence("otter.ai " + "x" * 300)).kind is MatchKind.NOBODY
