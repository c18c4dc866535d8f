"""Starting blind (design 4.9): people who were there before the guardian looked."""

from __future__ import annotations

from guardian.core.actions import ActKind
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from tests.core.script import given
from tests.core.vocabulary import (
    CLASS,
    OPEN,
    TESS,
    Admit,
    PutBack,
    Quiet,
    changed,
    human,
    inside,
    listed,
    person,
    waiting,
)

TEACHER = person("Tess Teacher", account="tess@school")
KNOCKING = person("Ann Adams", Place.WAITING, account="ann@school")


def test_a_stranger_found_inside_is_put_out_where_the_list_carries_identity() -> None:
    script = given().begun(TEACHER, person("Zoltan Nobody", handle="z")).after(3)
    script.then_some().incident(I.STRANGER_INSIDE, about="z")
    assert "z" not in script.world


def test_nobody_found_inside_is_put_out_where_the_list_carries_no_identity() -> None:
    script = given().begun(TEACHER, person("Zoltan Nobody", handle="z"), carries_identity=False).after(600)
    script.then_nobody_out().place("z", Place.INSIDE).incident(I.BLIND_START)


def test_after_a_blind_start_the_machine_only_assists_until_a_human_says_enforce() -> None:
    script = given().begun(TEACHER, person("Ann Adams"), person("Zoltan Nobody", handle="z"), carries_identity=False)
    script.after(5).when(inside("Xaver Nemo", handle="x")).after(60).then_nobody_out().place("x", Place.INSIDE)
    script.when(human.enforce()).after(5).answered().place("x", None).place("Ann Adams", Place.INSIDE)


def test_children_found_inside_by_name_only_are_one_incident_and_stay() -> None:
    found = [person(p.name) for p in CLASS.people if p is not TESS]
    script = given().begun(TEACHER, *found).after(60).then_nobody_out().told_times(I.UNPROVEN_INSIDE, 1)
    assert all(f.handle in script.world for f in found)


def test_a_blind_start_still_admits_the_proven() -> None:
    script = given().begun(TEACHER, person("Somebody Here"), carries_identity=False).clean()
    script.when(inside("Tess Teacher", account="tess@school"), waiting("Ann Adams", account="ann@school"))
    script.then_some(Admit("Ann Adams"))


def test_an_empty_room_is_no_blind_start() -> None:
    script = given().begun().after(5).no_incident(I.BLIND_START)
    script.when(inside("Tess Teacher", account="tess@school"), inside("Zoltan Nobody", handle="z")).after(3)
    script.place("z", None)


def test_only_the_first_list_is_looked_at_blindly() -> None:
    script = given().begun(TEACHER, carries_identity=True).clean()
    script.world["z"] = person("Zoltan Nobody", handle="z")
    script.when(listed()).after(3).no_incident(I.BLIND_START).place("z", None)


def test_somebody_whose_words_were_missed_is_never_put_out() -> None:
    script = given().begun(TEACHER, person("", handle="u", seen=False)).after(600)
    script.then_nobody_out().place("u", Place.INSIDE)
    script.when(human.enforce()).after(600).then_nobody_out()


def test_what_somebody_showed_may_be_on_its_way_by_another_road() -> None:
    """Two sources tell of one person: the list that they are there, a delivery a moment later who they are."""
    script = given().at(OPEN).when(inside("Ann", handle="i", seen=False), waiting("Ben", handle="w", seen=False))
    script.after(1.9).then_nothing().no_incident(I.UNPROVEN_INSIDE).no_incident(I.NEEDS_DECISION)
    script.when(changed("i", seen=True, account="ann@school"), changed("w", seen=True, account="ben@school"))
    script.then(Admit("w")).after(60).no_incident(I.UNPROVEN_INSIDE).no_incident(I.NEEDS_DECISION)


def test_who_stays_unseen_is_told_after_a_moment_and_never_put_out() -> None:
    script = given().at(OPEN).when(inside("Ann", handle="i", seen=False), waiting("Ben", handle="w", seen=False))
    script.after(2.1).then(Quiet("i")).incident(I.UNPROVEN_INSIDE, about="i").incident(I.NEEDS_DECISION, about="w")
    script.after(600).then_nothing()


def test_panic_does_not_wait_for_what_somebody_may_still_show() -> None:
    script = given().at(OPEN).when(inside("Ann", handle="i", seen=False), human.panic())
    script.then_some(PutBack("i")).place("i", Place.WAITING)


def test_a_first_list_that_arrives_before_the_roster_moves_nobody() -> None:
    script = given(None).begun(TEACHER, person("Zoltan Nobody", handle="z"), KNOCKING).after(60)
    script.then_never(ActKind.ADMIT, ActKind.REFUSE, ActKind.PUT_BACK, ActKind.REMOVE)
    script.place("z", Place.INSIDE).place("Ann Adams", Place.WAITING)
