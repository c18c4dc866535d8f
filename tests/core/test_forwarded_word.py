"""A human's admission and a link that was passed on: the word reaches the one who was admitted, not a second one."""

from __future__ import annotations

from dataclasses import replace

from guardian.core.actions import ActKind
from guardian.core.identity import Place, Proof
from guardian.core.incidents import IncidentKind as I
from guardian.core.policy import Policy
from tests.core.script import given
from tests.core.vocabulary import ENFORCE, OPEN, Admit, changed, gone, human, inside, teacher, waiting

LINKS: Policy = replace(ENFORCE, gate=ENFORCE.gate | {Proof.REGISTRANT})


def test_the_teachers_admission_of_a_child_is_no_ticket_for_whoever_has_her_link() -> None:
    script = given(policy=LINKS).at(OPEN).when(waiting("Cyd Clark", registrant="cyd-1", handle="one"))
    script.when(teacher.admits("one"), changed("one", place=Place.INSIDE)).clean()
    script.when(waiting("Cyd Clark", registrant="cyd-1", handle="two")).after(300).then_nothing()
    script.incident(I.SECOND_CLAIM, about="two")


def test_an_ordered_admission_by_a_link_that_nobody_pinned_does_not_let_a_second_one_in() -> None:
    script = given(policy=LINKS).at(OPEN).when(waiting("Gil Guest", registrant="typed-9", handle="one"))
    script.when(human.admit("one")).then_some(Admit("one")).place("one", Place.INSIDE).clean()
    script.when(waiting("Zed Zorro", registrant="typed-9", handle="two")).after(60)
    script.then_never(ActKind.ADMIT, who="two")


def test_who_was_admitted_comes_back_on_her_link_when_nobody_is_inside_with_it() -> None:
    script = given(policy=LINKS).at(OPEN).when(waiting("Gil Guest", registrant="typed-9", handle="one"))
    script.when(human.admit("one")).then_some(Admit("one")).clean()
    script.when(gone("one"), waiting("Gil Guest", registrant="typed-9", handle="back")).then_some(Admit("back"))


def test_an_account_is_its_owners_however_often_it_comes() -> None:
    script = given(policy=LINKS).at(OPEN).when(inside("Gil Guest", account="gil@away", handle="one"))
    script.when(human.admit("one")).clean()
    script.when(waiting("Gil Guest", account="gil@away", handle="two")).then_some(Admit("two"))


def test_a_link_opens_for_nobody_while_its_owner_may_be_inside_under_a_handle_that_we_cannot_tell() -> None:
    script = given(policy=LINKS).at(OPEN).when(inside("iPad", registrant="cyd-1", handle="one"))
    script.when(
        gone("one"), inside("iPad", handle="new", seen=False), waiting("Cyd Clark", registrant="cyd-1", handle="two")
    )
    script.after(300).then_never(ActKind.ADMIT, who="two").incident(I.SECOND_CLAIM, about="two")


def test_somebody_else_whom_we_have_missed_does_not_keep_her_out() -> None:
    script = given(policy=LINKS).at(OPEN).when(inside("iPad", registrant="cyd-1", handle="one"))
    script.when(gone("one"), inside("Dot", handle="new", seen=False), waiting("iPad", registrant="cyd-1", handle="two"))
    script.then_some(Admit("two"))
