"""Two verbs: ``cover`` makes a substitute a host for this class, ``rotate`` gives the meeting a new passcode."""

from __future__ import annotations

from dataclasses import replace

from guardian.core.actions import ActKind
from guardian.core.events import Verb
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from guardian.core.memory import Phase
from guardian.core.orders import INVERSE
from guardian.core.roster import Person, Role, Roster
from tests.core.script import given
from tests.core.vocabulary import (
    BEFORE,
    CLASS,
    EVERYTHING,
    OPEN,
    Admit,
    Rotate,
    changed,
    gone,
    human,
    inside,
    waiting,
)

SUBSTITUTE = waiting("Sue Sub", account="sue@agency")
COVERED = human.cover(name="Sue Sub", account="Sue@Agency")


# --- cover ----------------------------------------------------------------------------------------------------------


def test_a_substitute_is_a_host_by_account_and_opens_the_class() -> None:
    script = given().at(BEFORE).when(waiting("Ann Adams", account="ann@school"), SUBSTITUTE).after(10).then_nothing()
    script.when(COVERED).answered(saying="host").then_some(Admit("Sue Sub")).after(300)
    script.phase(Phase.OPEN).incident(I.OPENED).place("Ann Adams", Place.INSIDE)


def test_a_substitute_is_never_touched() -> None:
    script = given().at(OPEN).when(COVERED, SUBSTITUTE).place("Sue Sub", Place.INSIDE).clean()
    script.when(changed("Sue Sub", sharing=True)).after(5).then_nothing().no_incident(I.SHARING)
    script.when(human.panic()).then_never(ActKind.PUT_BACK, who="Sue Sub").place("Sue Sub", Place.INSIDE)


def test_the_name_of_a_substitute_proves_nothing() -> None:
    script = given().at(OPEN).when(COVERED).clean().when(waiting("Sue Sub", handle="liar")).after(600)
    script.then_never(ActKind.ADMIT)
    script.when(waiting("Sue Sub", handle="other", account="else@where")).after(3).then_never(ActKind.ADMIT)


def test_a_substitute_who_expires_is_not_let_in_any_more_and_stays_if_inside() -> None:
    script = given().at(OPEN).when(human.cover(name="Sue Sub", account="sue@agency", lasts=60), SUBSTITUTE)
    script.place("Sue Sub", Place.INSIDE).after(61).then_nobody_out().place("Sue Sub", Place.INSIDE)
    script.incident(I.NO_LONGER_VALID, about="Sue Sub").when(gone("Sue Sub")).clean()
    script.when(SUBSTITUTE).after(60).then_never(ActKind.ADMIT)


def test_undo_takes_the_cover_back() -> None:
    script = given().at(OPEN).when(COVERED, human.undo()).answered(saying="cover taken back").clean()
    script.when(SUBSTITUTE).after(60).then_never(ActKind.ADMIT)


def test_undo_while_the_substitute_is_inside_puts_nobody_out() -> None:
    script = given().at(OPEN).when(COVERED, SUBSTITUTE, human.undo()).after(600)
    script.then_nobody_out().place("Sue Sub", Place.INSIDE)


def test_a_cover_said_twice_is_one_substitute_with_the_later_date() -> None:
    script = given().at(OPEN).when(human.cover(name="Sue Sub", account="sue@agency", lasts=5), COVERED).after(60)
    script.when(SUBSTITUTE).place("Sue Sub", Place.INSIDE)
    assert len(script.state.memory.guests) == 1


def test_staff_who_cover_are_hosts_under_their_own_name_and_staff_again_after_an_undo() -> None:
    sam = waiting("Sam Staff", account="sam@school")
    script = given().at(BEFORE).when(sam).after(300).phase(Phase.BEFORE)
    script.when(human.cover(name="Samuel", account="sam@school")).phase(Phase.OPEN).no_incident(I.RENAMED)
    assert script.state.connections["Sam Staff"].match.person.id == "sam"  # type: ignore[union-attr]
    script.when(gone("Sam Staff"), human.undo(), sam).place("Sam Staff", Place.INSIDE)
    script.after(6).incident(I.HOST_LOST)


def test_staff_whose_cover_is_over_are_not_locked_out_for_it() -> None:
    script = given().at(OPEN).when(human.cover(name="Sam Staff", account="sam@school", lasts=5)).after(60)
    script.when(waiting("Sam Staff", account="sam@school")).then(Admit("Sam Staff"))


def test_a_substitute_may_be_named_by_the_address_they_sign_in_with() -> None:
    script = given().at(OPEN).when(human.cover(name="Sue Sub", account="sue@agency"))
    script.when(waiting("Sue", handle="s", account="xYz9", email="SUE@agency")).then(Admit("s"))
    script.when(waiting("Sue", handle="typed", claimed_email="sue@agency")).after(60).then_never(ActKind.ADMIT)


def test_a_parent_who_covers_by_the_familys_address_makes_no_child_a_host() -> None:
    script = given().at(BEFORE).when(human.cover(name="Abe Adams", account="adams@home")).clean()
    script.when(waiting("Ann Adams", handle="child", email="adams@home")).after(60).then_nothing()
    assert script.state.connections["child"].match.person.role is Role.PUPIL  # type: ignore[union-attr]
    script.when(waiting("Abe Adams", handle="parent", email="adams@home")).then_some(Admit("parent"))
    script.phase(Phase.OPEN)


def test_staff_may_cover_by_their_address() -> None:
    staff = Person("sid", "Sid Staff", Role.STAFF, emails=("sid@school",))
    script = given(Roster("v1", (*CLASS.people, staff))).at(BEFORE)
    script.when(human.cover(name="Sid", account="sid@school"), waiting("Sid Staff", handle="s", email="sid@school"))
    script.then_some(Admit("s")).phase(Phase.OPEN)


# --- rotate ---------------------------------------------------------------------------------------------------------


def test_rotate_asks_for_a_new_passcode_and_says_what_became_of_it() -> None:
    script = given().at(OPEN).when(human.rotate()).then(Rotate()).answered(saying="new passcode")
    script.after(600).then_nothing().when(human.rotate()).then(Rotate()).answered()


def test_a_refused_new_passcode_is_answered_so_and_not_tried_again_unasked() -> None:
    script = given().at(OPEN).failing().when(human.rotate()).then(Rotate()).answered(done=False, saying="refused")
    script.incident(I.ACT_FAILED).after(600).then_nothing()
    script.obeying().when(human.rotate()).then(Rotate()).answered()


def test_a_platform_without_passcodes_says_so() -> None:
    bare = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.ROTATE})
    script = given(capabilities=bare).at(OPEN).when(human.rotate()).then_nothing()
    script.answered(done=False, saying="no passcode that we can change").after(600).then_nothing()


def test_a_new_passcode_cannot_be_taken_back_and_undo_goes_past_it() -> None:
    assert INVERSE[Verb.ROTATE] is None
    script = given().at(OPEN).when(human.lock(), human.rotate(), human.undo()).phase(Phase.OPEN)
    script.answered(saying="lock taken back")


def test_rotate_works_while_no_class_runs_and_while_the_machine_is_paused() -> None:
    given(slot=None).begun().when(human.rotate()).then(Rotate()).answered()
    given().at(OPEN).when(human.pause(), human.rotate()).then(Rotate()).answered()


def test_rotate_puts_nobody_out() -> None:
    script = given().at(OPEN).when(inside("Ann Adams"), human.rotate()).after(600).then_nobody_out()
    script.place("Ann Adams", Place.INSIDE)
