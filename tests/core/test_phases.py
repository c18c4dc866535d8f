"""Phases (design 4.5): when the door opens, locks and ends, outside any slot, and when the host is lost."""

from __future__ import annotations

from dataclasses import replace

from guardian.core.actions import ActKind
from guardian.core.events import LobbyChanged, MeetingEnded
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from guardian.core.memory import Phase, SlotMemory
from guardian.core.roster import Roster
from tests.core.script import given
from tests.core.vocabulary import (
    ANN,
    BEFORE,
    BEN,
    CLASS,
    ENFORCE,
    LOCKED,
    OPEN,
    SLOT,
    START,
    TESS,
    Admit,
    LobbyOn,
    Revoke,
    changed,
    event,
    gone,
    human,
    inside,
    listed,
    person,
    waiting,
)

BY_TIME = replace(ENFORCE, lock_after=600.0)


def test_the_class_opens_with_the_first_proven_host_inside() -> None:
    script = given().at(BEFORE).when(inside("Sam Staff", account="sam@school")).phase(BEFORE)
    script.when(inside("Tess Teacher", handle="liar")).after(5).phase(BEFORE)
    script.when(inside("Tess Teacher", account="tess@school", handle="t")).phase(OPEN).incident(I.OPENED)


def test_a_host_who_comes_long_before_the_slot_opens_nothing_until_its_margin_begins() -> None:
    script = given()
    script.now = START - SLOT.margin - 600
    script.begun().when(waiting("Tess Teacher", account="tess@school")).then(Admit("Tess Teacher")).phase(BEFORE)
    script.when(waiting("Ann Adams", account="ann@school")).after(590).then_nothing()
    script.after(20).phase(OPEN).then(Admit("Ann Adams"))


def test_the_door_locks_so_long_after_it_opened() -> None:
    script = given(policy=BY_TIME).at(OPEN).after(595).phase(OPEN).after(10).phase(LOCKED).incident(I.LOCKED)
    script.when(waiting("Zoltan Nobody")).after(3).then_some()
    assert "Zoltan Nobody" not in script.world


def test_a_class_without_a_time_never_locks_by_time() -> None:
    given(policy=replace(ENFORCE, lock_after=None)).at(OPEN).after(3000).phase(OPEN)


def test_the_door_locks_when_all_who_are_expected_are_inside() -> None:
    small = Roster("small", (TESS, ANN, BEN))
    script = given(small).at(OPEN).when(waiting("Ann Adams", account="ann@school")).after(5).phase(OPEN)
    script.when(waiting("Ben Brown", account="ben@school")).after(5).phase(LOCKED)


def test_who_is_not_valid_today_is_not_waited_for_and_a_bare_name_does_not_count() -> None:
    small = Roster("small", (TESS, ANN, replace(BEN, valid_until=START - 86_400)))
    script = given(small).at(OPEN).when(inside("Ann Adams", handle="liar")).after(5).phase(OPEN)
    script.when(waiting("Ann Adams", account="ann@school")).after(5).phase(LOCKED)


def test_a_class_may_choose_not_to_lock_when_all_are_inside() -> None:
    alone = given(Roster("small", (TESS, ANN)), replace(ENFORCE, lock_when_all_in=False, lock_after=None)).at(OPEN)
    alone.when(waiting("Ann Adams", account="ann@school")).after(60).phase(OPEN)


def test_a_humans_unlock_switches_the_automatic_lock_off_for_the_slot() -> None:
    script = given(policy=BY_TIME).at(OPEN).after(610).phase(LOCKED).when(human.unlock()).phase(OPEN)
    script.after(2000).phase(OPEN).when(human.lock()).phase(LOCKED)


def test_an_unlock_before_the_time_also_switches_the_automatic_lock_off() -> None:
    given(policy=BY_TIME).at(OPEN).when(human.lock(), human.unlock()).after(1000).phase(OPEN)


def test_a_locked_meeting_that_is_restarted_within_its_slot_is_still_locked() -> None:
    first = given().at(LOCKED).when(event(MeetingEnded))
    second = given(memory=first.state.memory)
    second.now = first.now + 60
    second.begun().phase(LOCKED).when(waiting("Zoltan Nobody")).after(3)
    assert "Zoltan Nobody" not in second.world
    second.when(inside("Tess Teacher", account="tess@school")).after(600).phase(LOCKED)


def test_an_unlock_outlives_the_end_of_an_occurrence() -> None:
    first = given(policy=BY_TIME).at(OPEN).after(610).when(human.unlock(), event(MeetingEnded))
    second = given(policy=BY_TIME, memory=first.state.memory)
    second.now = first.now + 60
    second.begun().when(inside("Tess Teacher", account="tess@school")).after(1500).phase(OPEN)


def test_the_platform_ends_the_occurrence_and_nothing_is_decided_any_more() -> None:
    script = given().at(OPEN).when(event(MeetingEnded))
    assert script.state.ended
    script.when(waiting("Ann Adams", account="ann@school")).after(300).then_nothing()


def test_nobody_but_the_guardian_for_long_after_the_slot_ends_the_occurrence() -> None:
    script = given().at(OPEN).when(inside("Guardian", is_self=True)).when(gone("Tess Teacher"))
    script.after(SLOT.end - script.now - 10)
    assert not script.state.ended
    script.clean().after(ENFORCE.end_after_empty + 20).then(Revoke())
    assert script.state.ended


def test_an_empty_room_during_the_slot_ends_nothing() -> None:
    script = given().at(OPEN).when(gone("Tess Teacher")).after(2000)
    assert not script.state.ended


def test_somebody_left_inside_after_the_slot_keeps_the_occurrence() -> None:
    script = given().at(OPEN).after(SLOT.end - START + 2000)
    assert not script.state.ended


def test_outside_any_slot_only_staff_get_in_and_nobody_is_removed() -> None:
    script = given(slot=None).begun(person("Zoltan Nobody")).after(30).then_nobody_out().incident(I.OUTSIDE_SLOT)
    script.clean().when(waiting("Ann Adams", account="ann@school"), waiting("Sam Staff", account="sam@school"))
    script.then_some(Admit("Sam Staff")).then_nothing()
    script.when(waiting("Tess Teacher", account="tess@school")).then_some(Admit("Tess Teacher"))
    script.after(600).place("Ann Adams", Place.WAITING).place("Zoltan Nobody", Place.INSIDE)


def test_outside_any_slot_the_lobby_is_switched_on() -> None:
    script = given(slot=None)
    script.lobby_on = False
    script.begun().then(LobbyOn())
    assert script.lobby_on


def test_the_lobby_is_switched_on_from_the_start_and_only_where_it_is_wanted() -> None:
    script = given()
    script.lobby_on = False
    script.begun().then(LobbyOn())
    without = given(policy=replace(ENFORCE, lobby_from_start=False))
    without.lobby_on = False
    without.begun().then_nothing()


def test_switching_the_lobby_on_keeps_everybody_inside_who_might_be_expected() -> None:
    script = given(policy=replace(ENFORCE, lobby_from_start=False))
    script.lobby_on = False
    script.begun().when(inside("Tess Teacher", account="tess@school"), inside("Ann Adams"), inside("Ben"))
    script.when(inside("", seen=False, handle="u"), inside("Cyd Clark", account="cyd@school")).after(5)
    asked = len(script.asks)
    script.when(human.lock())
    acts = [ask.act for ask in list(script.asks.values())[asked:] if ask.act.kind is ActKind.LOBBY_ON]
    assert len(acts) == 1
    assert {"Tess Teacher", "Ann Adams", "Ben", "u", "Cyd Clark"} <= set(acts[0].keep)


def test_a_lobby_found_off_in_a_locked_meeting_is_set_again_and_told() -> None:
    script = given().at(LOCKED)
    script.lobby_on = False
    script.when(event(lambda at: LobbyChanged(at, on=False))).then(LobbyOn()).incident(I.LOBBY_SWITCHED_OFF)


def test_a_host_who_ends_the_class_or_is_back_at_once_is_not_missed() -> None:
    tess = inside("Tess Teacher", account="tess@school")
    script = given().at(OPEN).when(gone("Tess Teacher")).after(4.9).no_incident(I.HOST_LOST)
    script.when(tess).after(60).no_incident(I.HOST_LOST)
    script.when(gone("Tess Teacher")).after(5.1).incident(I.HOST_LOST)


def test_a_lost_host_is_told_and_changes_nothing_else() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(gone("Tess Teacher")).after(120).incident(I.HOST_LOST).then_nothing().phase(OPEN)
    script.when(waiting("Ben Brown", account="ben@school")).then(Admit("Ben Brown"))


def test_the_same_moment_told_twice_opens_the_class_once() -> None:
    script = given().at(BEFORE).when(inside("Tess Teacher", account="tess@school", handle="t"))
    script.when(listed(), changed("t"), listed()).told_times(I.OPENED, 1)


def test_what_the_slot_knows_is_plain_memory() -> None:
    script = given(CLASS).at(LOCKED)
    assert script.state.memory.phase is Phase.LOCKED
    assert script.state.memory != SlotMemory()
