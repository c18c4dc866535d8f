"""Hands that come and go: a platform where what we do in the meeting is done by a panel that a human may close."""

from __future__ import annotations

from guardian.core.actions import ActKind
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from guardian.core.incidents import Severity
from guardian.core.policy import Mode, Policy
from tests.core.script import Script, given
from tests.core.vocabulary import (
    HANDS,
    NO_HANDS,
    OPEN,
    Admit,
    Expel,
    PutBack,
    Remove,
    changed,
    hands,
    human,
    inside,
    listed,
    waiting,
)

ANN = waiting("Ann Adams", account="ann@school")
STRANGER = inside("Zoltan Nobody", handle="z")
FORWARDED = inside("Otter.ai", handle="f", claimed_email="adams@home")


def without_hands(policy: Policy | None = None) -> Script:
    script = given(policy=policy or Policy(mode=Mode.ENFORCE), capabilities=HANDS).at(OPEN)
    return script.when(hands(NO_HANDS)).clean()


# --- the door -------------------------------------------------------------------------------------------------------


def test_without_hands_admissions_queue_and_are_made_up_for_at_once() -> None:
    script = without_hands().when(ANN, waiting("Ben Brown", account="ben@school")).after(60).then_nothing()
    script.when(hands(HANDS)).then(Admit("Ann Adams"), Admit("Ben Brown")).place("Ann Adams", Place.INSIDE)


def test_without_hands_nothing_is_loosened() -> None:
    script = without_hands().when(waiting("Zoltan Nobody", handle="z"), waiting("Ann Adams", handle="name"))
    script.after(600).then_nothing()
    script.when(hands(HANDS)).after(600).then_nothing()


def test_a_human_is_told_after_three_seconds_and_told_that_it_is_over() -> None:
    script = without_hands().after(2.9).no_incident(I.NO_HANDS)
    script.after(0.2).incident(I.NO_HANDS, severity=Severity.CRITICAL).told_times(I.NO_HANDS, 1)
    script.after(600).told_again(I.NO_HANDS, 1).clean()
    script.when(hands(HANDS)).settled(I.NO_HANDS)


def test_one_panel_that_hands_over_to_another_wakes_nobody() -> None:
    script = without_hands().after(2).when(hands(HANDS)).after(600).no_incident(I.NO_HANDS)
    script.when(hands(NO_HANDS)).after(2.5).no_incident(I.NO_HANDS).after(1).incident(I.NO_HANDS)


def test_before_a_host_is_inside_no_hands_are_missed() -> None:
    script = given(capabilities=NO_HANDS).begun().after(200).no_incident(I.NO_HANDS)
    script.when(human.lock()).after(100).no_incident(I.NO_HANDS)
    script.when(inside("Tess Teacher", account="tess@school")).after(2.9).no_incident(I.NO_HANDS)
    script.after(0.2).incident(I.NO_HANDS)


def test_an_order_to_admit_says_why_it_must_wait_and_is_carried_out_when_it_can_be() -> None:
    script = without_hands().when(waiting("Zoltan Nobody", handle="z"), human.admit("z")).then_nothing()
    script.answered(done=False, saying="no panel is open")
    script.when(hands(HANDS)).then(Admit("z")).place("z", Place.INSIDE)


def test_an_admission_that_failed_for_want_of_hands_does_not_wait_out_its_pause() -> None:
    script = given(capabilities=HANDS).at(OPEN).failing().when(ANN).then(Admit("Ann Adams"))
    script.obeying().when(hands(NO_HANDS)).then_nothing().when(hands(HANDS)).then(Admit("Ann Adams"))


def test_the_lobby_is_switched_on_as_soon_as_there_are_hands_for_it() -> None:
    script = without_hands()
    script.lobby_on = False
    script.when(listed()).after(5).then_nothing()
    script.when(hands(HANDS)).then_some()
    assert script.lobby_on


# --- who is inside ---------------------------------------------------------------------------------------------------


def test_without_hands_a_stranger_inside_is_put_out_by_the_server() -> None:
    without_hands().when(STRANGER).after(3).then(Expel("z")).incident(I.STRANGER_INSIDE, about="z").place("z", None)


def test_without_hands_a_human_removes_by_the_server() -> None:
    script = without_hands(Policy(mode=Mode.ASSIST)).when(STRANGER).after(60).then_nothing()
    script.when(human.remove("z")).then(Expel("z")).answered(saying="barred")


def test_the_ladder_goes_from_the_lobby_to_the_server_and_then_a_human_is_paged() -> None:
    script = given(capabilities=HANDS).at(OPEN).failing().when(STRANGER).after(2.5)
    assert [w.kind for w in script.fresh] == [ActKind.PUT_BACK, ActKind.REMOVE, ActKind.EXPEL]
    script.then(PutBack("z"), Remove("z"), Expel("z")).incident(I.ACT_FAILED, about="z", severity=Severity.CRITICAL)
    script.after(2).then_nothing()


def test_a_list_that_contradicts_each_step_leads_to_the_next() -> None:
    script = given(capabilities=HANDS).at(OPEN).deaf().when(STRANGER).after(2.5).then(PutBack("z"))
    script.after(3.5).when(listed()).then(Remove("z")).after(3.5).when(listed()).then(Expel("z"))
    script.after(9).when(listed()).then_nothing().clean()
    script.after(1.5).when(listed()).incident(I.ACT_FAILED, about="z")


def test_hands_that_go_in_the_middle_of_a_removal_hand_it_over_to_the_server() -> None:
    script = given(capabilities=HANDS).at(OPEN).silent().when(STRANGER).after(2.5).then(PutBack("z"))
    script.when(hands(NO_HANDS)).then_nothing()  # its outcome is still open: never two acts on one connection
    script.obeying().after(31).when(listed()).then(Expel("z")).place("z", None)


def test_who_is_removed_by_a_human_goes_by_the_hand_first() -> None:
    script = given(capabilities=HANDS).at(OPEN).failing().when(STRANGER, human.remove("z"))
    assert [w.kind for w in script.fresh] == [ActKind.REMOVE, ActKind.EXPEL, ActKind.PUT_BACK]


def test_an_effect_has_the_time_that_its_kind_needs() -> None:
    script = given(capabilities=HANDS).at(OPEN).deaf().when(ANN).after(2.9).clean().after(0.2).reread()
    script = without_hands().deaf().when(STRANGER, human.remove("z")).clean().after(9.8).not_reread()
    script.after(0.3).reread()


# --- a ban by address ------------------------------------------------------------------------------------------------


def test_who_shows_a_listed_address_is_put_back_and_never_removed_by_the_machine() -> None:
    script = given(capabilities=HANDS).at(OPEN).failing().when(FORWARDED).after(600)
    script.then_never(ActKind.REMOVE, ActKind.EXPEL).then_some(PutBack("f")).incident(I.ACT_FAILED, about="f")


def test_without_hands_who_shows_a_listed_address_stays_and_a_human_is_asked() -> None:
    script = without_hands().when(FORWARDED).after(600).then_nothing()
    script.incident(I.STRANGER_INSIDE, about="f", offers="remove")


def test_a_human_who_removes_a_listed_registrant_puts_them_back_for_good_and_is_told_so() -> None:
    script = given(capabilities=HANDS).at(OPEN).when(inside("Cyd Clark", handle="c", registrant="cyd-1"))
    script.when(human.remove("c")).then(PutBack("c")).answered(saying="barred").place("c", Place.WAITING)
    script.after(600).then_nothing()


def test_without_hands_a_human_may_remove_even_a_listed_registrant() -> None:
    script = without_hands().when(inside("Cyd Clark", handle="c", registrant="cyd-1"), human.remove("c"))
    script.then(Expel("c")).answered()


def test_who_shows_no_listed_address_is_removed_where_removal_bars_the_address() -> None:
    script = given(capabilities=HANDS).at(OPEN).when(inside("Zoltan Nobody", handle="z", email="z@away"))
    script.when(human.remove("z")).then(Remove("z")).place("z", None)


def test_undo_says_what_the_platforms_own_ban_does_not_let_it_undo() -> None:
    script = given(capabilities=HANDS).at(OPEN).when(STRANGER, human.remove("z"), human.undo())
    script.answered(saying="cannot come back with the same address")
    script.when(human.lock(), human.undo()).answered(saying="lock taken back")
    assert "address" not in script.lines[-1]
    given().at(OPEN).when(STRANGER, human.remove("z"), human.undo()).answered(saying="remove taken back")


def test_a_waiting_one_whom_nobody_can_send_away_is_answered_as_kept_outside() -> None:
    script = given(capabilities=HANDS).at(OPEN).when(waiting("Zoltan Nobody", handle="z"), human.remove("z"))
    script.then_nothing().answered(saying="kept outside")
    script.when(changed("z", place=Place.INSIDE)).then(Remove("z"))


def test_a_panic_without_hands_bars_no_childs_address_and_says_who_is_still_inside() -> None:
    script = without_hands().when(FORWARDED, human.panic()).then_never(ActKind.EXPEL)
    script.answered(done=False, saying="still inside")
