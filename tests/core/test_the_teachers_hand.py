"""The teacher's own hand (design 4.4): acts on the platform that we did not command. No tug of war."""

from __future__ import annotations

from guardian.core.actions import ActKind
from guardian.core.identity import Place
from guardian.core.incidents import IncidentKind as I
from guardian.core.memory import WordKind
from tests.core.script import given
from tests.core.vocabulary import LOCKED, OPEN, Admit, PutBack, changed, gone, human, inside, listed, teacher, waiting


def test_who_the_teacher_admits_stays_for_the_slot_and_it_is_told_once_with_a_way_out() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z", account="z@away")).after(5)
    script.when(teacher.admits("z"), changed("z", place=Place.INSIDE)).after(600).then_nobody_out()
    script.incident(I.NATIVE_ADMIT, about="z", offers="remove").told_times(I.NATIVE_ADMIT, 1).place("z", Place.INSIDE)
    script.when(gone("z"), waiting("Zoltan Nobody", handle="again", account="z@away")).then_some(Admit("again"))


def test_the_effect_may_show_before_the_teachers_act_is_known() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z")).after(5)
    script.when(changed("z", place=Place.INSIDE), teacher.admits("z")).after(600).place("z", Place.INSIDE)


def test_who_the_teacher_admits_through_a_locked_door_stays() -> None:
    script = given().at(LOCKED).silent().when(waiting("Zoltan Nobody", handle="z")).when(teacher.admits("z"))
    script.obeying().when(changed("z", place=Place.INSIDE)).after(600).then_nobody_out().place("z", Place.INSIDE)


def test_whom_the_teacher_puts_out_waits_until_a_human_says_otherwise() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(teacher.puts_out("a"), gone("a")).incident(I.NATIVE_PUT_OUT, about="a")
    script.when(waiting("Ann Adams", account="ann@school", handle="b")).after(600)
    script.then_never(ActKind.ADMIT, ActKind.REFUSE).then_nobody_out().clean()
    script.when(human.admit("b")).then(Admit("b")).answered()


def test_the_teacher_herself_may_take_her_word_back_with_the_platforms_button() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(teacher.puts_out("a"), changed("a", place=Place.WAITING)).after(60)
    script.then_never(ActKind.ADMIT, ActKind.REFUSE).then_nobody_out().clean()
    script.when(teacher.admits("a"), changed("a", place=Place.INSIDE)).after(60)
    script.then_nobody_out().place("a", Place.INSIDE)


def test_admit_all_is_one_incident_that_lists_the_unproven_and_nobody_is_put_out_for_it() -> None:
    script = given().at(OPEN)
    script.when(waiting("Zoltan Nobody", handle="z"), waiting("Ben Brown", handle="b")).after(5).clean()
    script.when(teacher.admits_all(), changed("z", place=Place.INSIDE), changed("b", place=Place.INSIDE))
    script.after(600).then_nobody_out().incident(I.NATIVE_ADMIT_ALL, about="z").incident(I.NATIVE_ADMIT_ALL, about="b")
    script.told_times(I.NATIVE_ADMIT_ALL, 1)


def test_our_own_admission_is_not_taken_for_the_teachers() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.no_incident(I.NATIVE_ADMIT).when(listed()).no_incident(I.NATIVE_ADMIT)


def test_the_late_echo_of_our_own_put_back_is_not_taken_for_the_teachers() -> None:
    script = given().at(OPEN).when(inside("Zoltan Nobody", handle="z")).after(2.5).then_some(PutBack("z"))
    script.when(teacher.puts_out("z", by=None)).no_incident(I.NATIVE_PUT_OUT)
    assert not script.state.memory.words


def test_the_echo_of_our_own_removal_is_not_taken_for_the_teachers() -> None:
    script = given().at(OPEN).when(inside("Zoltan Nobody", handle="z"), human.remove("z")).place("z", None)
    script.when(teacher.puts_out("z", by=None)).no_incident(I.NATIVE_PUT_OUT)
    assert not [word for word in script.state.memory.words if word.native]


def test_whom_we_put_back_and_the_teacher_puts_out_by_name_is_under_the_teachers_word() -> None:
    script = given().at(OPEN).when(inside("Zoltan Nobody", handle="z")).after(2.5).then_some(PutBack("z"))
    script.when(teacher.puts_out("z")).incident(I.NATIVE_PUT_OUT, about="z")
    assert [word.kind for word in script.state.memory.words] == [WordKind.HOLD]


def test_whom_we_put_back_once_and_who_came_in_again_is_put_out_by_the_teacher() -> None:
    script = given().at(OPEN).silent().when(inside("Zoltan Nobody", handle="z")).after(2.5).then_some(PutBack("z"))
    script.when(changed("z", place=Place.WAITING), changed("z", place=Place.INSIDE))
    script.when(teacher.puts_out("z", by=None)).incident(I.NATIVE_PUT_OUT, about="z")


def test_where_nobody_says_whose_hand_it_was_a_host_inside_is_believed() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(teacher.puts_out("a", by=None), changed("a", place=Place.WAITING)).after(60)
    script.then_never(ActKind.ADMIT).incident(I.NATIVE_PUT_OUT, about="a")


def test_the_lobby_switched_off_by_the_teacher_is_told_and_not_fought_over() -> None:
    script = given().at(OPEN).when(teacher.opens_the_lobby()).when(listed()).after(300)
    script.then_never(ActKind.LOBBY_ON).incident(I.LOBBY_SWITCHED_OFF)


def test_a_human_may_remove_whom_the_teacher_admitted() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z"), teacher.admits("z"))
    script.when(changed("z", place=Place.INSIDE), human.remove("z")).after(5).place("z", None).answered()
    script.when(inside("Zoltan Nobody", handle="z")).after(1).place("z", None)
