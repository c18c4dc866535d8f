"""Confirm and escalate (design 4.7): "asked" is never "done"; every ask ends, and asked = the sum of the ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardian.core.actions import ActKind, AskEnd, Capabilities, Close
from guardian.core.events import Accepted, ForeignSelf, Restarted
from guardian.core.identity import Place, PlatformRole
from guardian.core.incidents import IncidentKind as I
from guardian.core.roster import Roster
from tests.core.script import Script, given
from tests.core.vocabulary import CLASS, EVERYTHING, OPEN, Admit, changed, event, gone, human, inside, listed, waiting

SLOW = replace(EVERYTHING, confirm_within=3.0)


def _balanced(script: Script) -> None:
    counts = script.state.counts
    ended = counts.confirmed + counts.superseded + counts.escalated
    assert counts.asked == ended + len(script.state.asks), script.story("the counts do not balance")


def test_an_admission_is_confirmed_when_it_shows() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    ask = next(iter(script.state.asks))
    script.when(event(lambda at: Accepted(at, ask))).ended(AskEnd.CONFIRMED, 0)
    script.when(changed("a", place=Place.INSIDE)).ended(AskEnd.CONFIRMED)
    _balanced(script)


def test_an_effect_that_shows_before_the_platform_answers_also_confirms() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    ask = next(iter(script.state.asks))
    script.when(changed("a", place=Place.INSIDE), event(lambda at: Accepted(at, ask))).after(60)
    script.ended(AskEnd.CONFIRMED).then_nothing()
    _balanced(script)


@pytest.mark.parametrize("within", [1.0, 3.0])
def test_an_unconfirmed_act_is_read_again_asked_again_and_told(within: float) -> None:
    slow = replace(EVERYTHING, confirm_within=within)
    script = given(capabilities=slow).at(OPEN).deaf()
    script.when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a")).clean()
    script.after(within * 0.8).then_nothing().after(within * 0.4).reread().when(listed()).after(0.1)
    script.then(Admit("a", again=True)).incident(I.NOT_CONFIRMED, about="a")


def test_an_act_that_is_confirmed_after_the_second_asking_is_done() -> None:
    script = given().at(OPEN).deaf().when(waiting("Ann Adams", account="ann@school", handle="a")).after(0.5)
    script.obeying().after(2).when(listed()).after(5).place("a", Place.INSIDE).ended(AskEnd.CONFIRMED)
    _balanced(script)


def test_an_admission_that_never_works_ends_with_a_human_and_not_in_a_hot_loop() -> None:
    script = given().at(OPEN).deaf().when(waiting("Ann Adams", account="ann@school", handle="a"))
    for _ in range(20):
        script.when(listed()).after(1)
    assert 2 <= len(script.fresh) <= 8, script.story(f"{len(script.fresh)} acts in 20 s")
    script.incident(I.ACT_FAILED, about="a")
    _balanced(script)


def test_a_stranger_whom_the_platform_does_not_move_meets_the_next_step_each_time() -> None:
    script = given().at(OPEN).deaf().when(inside("Zoltan Nobody", handle="z"))
    for _ in range(30):
        script.after(1).when(listed())
    steps = [w.kind for w in script.fresh if not w.again]
    wanted = [k for k in dict.fromkeys(steps) if k in {ActKind.PUT_BACK, ActKind.REMOVE}]
    assert wanted == [ActKind.PUT_BACK, ActKind.REMOVE], script.story(str(steps))
    script.incident(I.ACT_FAILED, about="z")
    _balanced(script)


def test_an_unproven_one_is_never_put_out_because_silencing_failed() -> None:
    script = given().at(OPEN).failing().when(inside("Ann Adams"))
    for _ in range(30):
        script.after(2).when(listed())
    script.then_nobody_out()
    _balanced(script)


def test_an_act_given_up_is_told_counted_and_not_repeated_at_once() -> None:
    script = given().at(OPEN).failing().when(waiting("Ann Adams", account="ann@school", handle="a"))
    script.then(Admit("a")).incident(I.ACT_FAILED, about="a").ended(AskEnd.ESCALATED).after(1).then_nothing()
    script.obeying().after(60).then(Admit("a")).place("a", Place.INSIDE)
    _balanced(script)


def test_acts_that_always_fail_are_tried_ever_more_rarely() -> None:
    script = given().at(OPEN).failing().when(waiting("Ann Adams", account="ann@school", handle="a")).after(600)
    assert 2 <= len(script.fresh) <= 15, script.story(f"{len(script.fresh)} acts in ten minutes")
    _balanced(script)


def test_who_leaves_while_being_acted_on_supersedes_the_act() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(gone("a")).after(60).ended(AskEnd.SUPERSEDED).then_nothing()
    _balanced(script)


def test_a_stranger_who_leaves_by_himself_ends_the_removal() -> None:
    script = given().at(OPEN).silent().when(inside("Zoltan Nobody", handle="z")).after(3).when(gone("z")).after(60)
    assert not script.state.asks
    _balanced(script)


def test_a_confirmed_act_is_not_repeated_by_late_or_doubled_news() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    ask = next(iter(script.asks.values() if len(script.asks) == 1 else [list(script.asks.values())[-1]]))
    script.when(event(lambda at: Accepted(at, ask.ask)), listed(), listed(ago=30.0), changed("a"))
    script.after(60).then_nothing()
    _balanced(script)


def test_a_stale_list_does_not_undo_what_is_known_to_be_done() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).after(20).then(Admit("a"))
    script.when(listed(only=("Tess Teacher",), ago=30.0)).after(5).then_nothing()
    script.when(changed("a", sharing=False)).after(60).then_nothing()


def test_a_partial_list_removes_nobody_from_what_is_known() -> None:
    script = given(SMALL).at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).after(5).clean()
    script.when(listed(only=(), complete=False)).after(5)
    assert {"a", "Tess Teacher"} <= set(script.state.connections)
    script.when(listed(only=(), covers=frozenset({Place.WAITING}))).after(5)
    assert {"a", "Tess Teacher"} <= set(script.state.connections)
    script.when(listed(only=(), room="breakout-1")).after(5)
    assert {"a", "Tess Teacher"} <= set(script.state.connections)


def test_a_complete_list_tells_who_left_unnoticed() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).after(5)
    script.when(listed(only=("Tess Teacher",)))
    assert "a" not in script.state.connections


def test_after_a_restart_an_act_in_flight_waits_for_a_fresh_list() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.clean().when(event(lambda at: Restarted(at, EVERYTHING))).then_nothing().reread()
    script.obeying().when(listed()).after(5).place("a", Place.INSIDE)
    _balanced(script)


def test_after_a_restart_an_act_that_took_effect_meanwhile_is_not_sent_again() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.world["a"] = replace(script.world["a"], place=Place.INSIDE)
    script.when(event(lambda at: Restarted(at, EVERYTHING)), listed()).after(60).then_nothing()
    _balanced(script)


def test_after_a_restart_an_act_in_flight_ends_though_the_guardian_stands_down() -> None:
    script = given().at(OPEN).silent().when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(event(lambda at: ForeignSelf(at, "another one is here")))
    script.clean().when(event(lambda at: Restarted(at, EVERYTHING)), listed()).then_nothing()
    assert not script.state.asks
    assert script.state.counts.superseded == 1


def test_never_two_machine_acts_are_in_flight_on_one_connection() -> None:
    script = (
        given().at(OPEN).silent().when(inside("Zoltan Nobody", handle="z", sharing=True, role=PlatformRole.MODERATOR))
    )
    for _ in range(30):
        script.after(0.5)
        assert sum(ask.ask.act.handle == "z" for ask in script.state.asks.values()) <= 1


def test_steps_that_touch_others_are_never_taken_by_the_machine_alone() -> None:
    script = given().at(OPEN).deaf()
    for n in range(6):
        script.when(inside(f"Zoltan Nobody{n}", handle=f"z{n}"))
    for _ in range(60):
        script.after(2).when(listed())
    script.then_never(ActKind.END, ActKind.UNQUIET_ALL)
    _balanced(script)


def test_a_platform_that_can_do_nothing_is_never_asked_and_humans_are_told() -> None:
    script = given(capabilities=Capabilities("world", frozenset())).begun()
    script.when(inside("Tess Teacher", account="tess@school"), inside("Zoltan Nobody", handle="z"))
    script.when(waiting("Ann Adams", account="ann@school")).after(300).then_nothing().incident(I.STRANGER_INSIDE)


def test_a_dry_run_closes_every_ask_and_repeats_nothing() -> None:
    script = given().at(OPEN).simulating().when(waiting("Ann Adams", account="ann@school", handle="a"))
    script.when(inside("Zoltan Nobody", handle="z"), inside("Ben Brown", handle="b")).after(300).when(listed())
    assert not script.state.asks
    repeated = [w for w in set(script.fresh) if script.fresh.count(w) > 2]
    assert not repeated, script.story(f"a dry run repeats {repeated}")
    assert any(isinstance(d, Close) for d in script.decisions)
    _balanced(script)


def test_an_act_of_a_human_that_never_works_is_told_to_the_human() -> None:
    script = given().at(OPEN).deaf().when(waiting("Ann Adams", handle="a")).clean().when(human.admit("a"))
    for _ in range(30):
        script.after(2).when(listed())
    script.answered(done=False)
    _balanced(script)


SMALL = Roster("small", CLASS.people)
