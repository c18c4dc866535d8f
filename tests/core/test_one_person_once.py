"""One person, once (design 4.3): the dropped child, the forwarded link, the stronger proof beside the weaker."""

from __future__ import annotations

from dataclasses import replace

from guardian.core.actions import ActKind
from guardian.core.identity import Proof
from guardian.core.incidents import IncidentKind as I
from guardian.core.policy import Policy
from tests.core.script import given
from tests.core.vocabulary import ENFORCE, OPEN, Admit, Quiet, gone, human, inside, listed, lost, waiting

NAMES: Policy = replace(ENFORCE, gate=ENFORCE.gate | {Proof.NAME_EXACT})
LINKS: Policy = replace(ENFORCE, gate=ENFORCE.gate | {Proof.REGISTRANT})


def test_a_dropped_child_comes_back_past_her_own_ghost() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="ghost")).then(Admit("ghost"))
    script.when(waiting("Ann Adams", account="ann@school", handle="back")).then(Admit("back"))
    script.after(60).when(gone("ghost")).after(60).then_nothing().no_incident(I.SECOND_CLAIM)


def test_a_child_back_under_another_name_but_with_her_account_is_admitted() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="ghost")).then(Admit("ghost"))
    script.when(waiting("iPad", account="ann@school", handle="back")).then(Admit("back"))


def test_a_name_that_is_already_inside_is_held_even_where_names_open_the_door() -> None:
    script = given(policy=NAMES).at(OPEN).when(waiting("Ann Adams", handle="one")).then(Admit("one"))
    script.when(waiting("Ann Adams", handle="two")).after(300).then_nothing()
    script.incident(I.SECOND_CLAIM, about="two").then_nobody_out()


def test_two_who_knock_at_once_under_one_name_do_not_both_get_in() -> None:
    script = given(policy=NAMES).at(OPEN).silent()
    script.when(waiting("Ann Adams", handle="one"), waiting("Ann Adams", handle="two")).after(0.5)
    assert sum(w.kind is ActKind.ADMIT for w in script.fresh) <= 1


def test_a_name_only_claim_to_a_proven_child_inside_is_held() -> None:
    script = given(policy=NAMES).at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="real"))
    script.then(Admit("real")).when(waiting("Ann Adams", handle="other")).after(300).then_nothing()
    script.incident(I.SECOND_CLAIM, about="other")


def test_a_registrant_whose_old_connection_is_gone_is_admitted_after_a_fresh_list() -> None:
    script = given(policy=LINKS).at(OPEN).when(waiting("Cyd Clark", registrant="cyd-1", handle="one"))
    script.then(Admit("one")).clean().when(lost("one"))
    script.when(waiting("Cyd Clark", registrant="cyd-1", handle="two")).then_nothing().reread()
    script.when(listed()).then(Admit("two")).no_incident(I.SECOND_CLAIM)


def test_a_registrant_whose_old_connection_stays_is_held_and_told_as_a_forwarded_link() -> None:
    script = given(policy=LINKS).at(OPEN).when(waiting("Cyd Clark", registrant="cyd-1", handle="one"))
    script.then(Admit("one")).clean()
    script.when(waiting("Cyd Clark", registrant="cyd-1", handle="two")).reread().when(listed()).then_nothing()
    script.after(9).no_incident(I.SECOND_CLAIM).when(listed()).then_nothing()
    script.after(2).when(listed()).incident(I.SECOND_CLAIM, about="two").after(300).then_nothing()
    script.when(gone("one")).after(1).then(Admit("two"))


def test_a_forwarded_link_with_nobody_inside_is_admitted_where_the_class_accepts_links() -> None:
    given(policy=LINKS).at(OPEN).when(waiting("Cyd Clark", registrant="cyd-1")).then(Admit("Cyd Clark"))
    given().at(OPEN).when(waiting("Cyd Clark", registrant="cyd-1")).after(300).then_nothing()


def test_a_stronger_proof_is_admitted_beside_a_weaker_one_which_stays_silenced() -> None:
    script = given(policy=NAMES).at(OPEN).when(waiting("Ann Adams", handle="weak")).then(Admit("weak"))
    script.when(waiting("Ann Adams", account="ann@school", handle="strong")).after(60)
    script.then(Admit("strong"), Quiet("weak")).incident(I.SECOND_CLAIM, about="weak")


def test_two_inside_for_one_person_are_both_left_inside() -> None:
    script = given(policy=NAMES).at(OPEN).when(inside("Ann Adams", handle="one")).after(5).clean()
    script.when(inside("Ann Adams", handle="two")).after(300).then_nobody_out().incident(I.SECOND_CLAIM)


def test_a_human_settles_a_second_claim_by_admitting_it() -> None:
    script = given(policy=NAMES).at(OPEN).when(waiting("Ann Adams", handle="one"), waiting("Ann Adams", handle="two"))
    script.then(Admit("one")).when(human.admit("two")).then(Admit("two")).answered().after(300)
    script.then_nobody_out().place("two", script.world["one"].place)
