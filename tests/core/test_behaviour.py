"""Behaviour (design 4.6): sharing, renaming, an unexpected role. Nobody rostered is put out for it by the machine."""

from __future__ import annotations

from dataclasses import replace

from guardian.core.actions import ActKind
from guardian.core.identity import Place, PlatformRole
from guardian.core.incidents import IncidentKind as I
from guardian.core.incidents import Severity
from guardian.core.roster import Role
from tests.core.script import given
from tests.core.vocabulary import ENFORCE, EVERYTHING, OPEN, Admit, Demote, StopShare, changed, inside, waiting


def test_a_child_who_presses_share_is_stopped_and_stays() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(changed("Ann Adams", sharing=True)).after(60).then(StopShare("Ann Adams"))
    script.incident(I.SHARING, about="Ann Adams")
    assert not script.world["Ann Adams"].sharing


def test_a_child_who_shares_again_is_stopped_again() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school")).then(Admit("Ann Adams"))
    script.when(changed("Ann Adams", sharing=True)).then(StopShare("Ann Adams")).after(30)
    script.when(changed("Ann Adams", sharing=True)).then(StopShare("Ann Adams"))


def test_where_a_share_cannot_be_stopped_a_human_is_asked() -> None:
    weak = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.STOP_SHARE})
    script = given(capabilities=weak).at(OPEN).when(inside("Ann Adams", account="ann@school", sharing=True))
    script.after(60).then_never(ActKind.STOP_SHARE).then_nobody_out().incident(I.SHARING, about="Ann Adams")


def test_host_and_staff_may_share() -> None:
    script = given().at(OPEN).when(changed("Tess Teacher", sharing=True))
    script.when(inside("Sam Staff", account="sam@school", sharing=True)).after(60)
    script.then_nothing().no_incident(I.SHARING)


def test_a_class_may_let_its_pupils_share() -> None:
    pupils = replace(ENFORCE, may_share=frozenset(Role))
    script = given(policy=pupils).at(OPEN).when(inside("Ann Adams", account="ann@school", sharing=True))
    script.after(60).then_nothing().no_incident(I.SHARING)


def test_a_stranger_who_shares_is_out() -> None:
    script = given().at(OPEN).when(inside("Zoltan Nobody", handle="z", sharing=True)).after(3)
    script.incident(I.STRANGER_INSIDE, about="z")
    assert "z" not in script.world


def test_a_rename_to_another_persons_name_is_told_and_nobody_is_put_out() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(changed("a", name="Ben Brown")).after(60).then_nobody_out().incident(I.RENAMED, about="a")


def test_a_child_by_name_who_renames_herself_to_a_strangers_name_is_not_put_out() -> None:
    script = given().at(OPEN).when(inside("Ann Adams", handle="a")).after(5)
    script.when(changed("a", name="Zoltan Nobody")).after(300).then_nobody_out()


def test_a_rename_of_ones_own_name_is_nobodys_business() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a")).clean()
    script.when(changed("a", name="annie")).after(60).then_nothing().no_incident(I.RENAMED)


def test_a_stranger_who_renames_himself_to_a_childs_name_gains_nothing_at_the_door() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nobody", handle="z")).after(5)
    script.when(changed("z", name="Ben Brown")).after(300).then_never(ActKind.ADMIT)


def test_a_child_who_holds_the_moderator_role_is_told_at_top_severity() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a"))
    script.when(changed("a", role=PlatformRole.MODERATOR)).after(60).then_nobody_out().place("a", Place.INSIDE)
    script.incident(I.UNPROVEN_MODERATOR, about="a", severity=Severity.CRITICAL)


def test_a_platform_that_does_not_demote_is_not_asked_without_end() -> None:
    script = given().at(OPEN).when(waiting("Ann Adams", account="ann@school", handle="a")).then(Admit("a")).deaf()
    script.when(changed("a", role=PlatformRole.MODERATOR)).after(60).then_nobody_out()
    assert 1 <= len(script.fresh) <= 4


def test_an_unproven_moderator_who_cannot_be_demoted_is_told_and_stays() -> None:
    weak = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.DEMOTE})
    script = given(capabilities=weak).at(OPEN)
    script.when(inside("Tess Teacher", handle="x", role=PlatformRole.MODERATOR)).after(60)
    script.then_never(ActKind.DEMOTE).then_nobody_out().incident(I.UNPROVEN_MODERATOR, about="x", offers="remove")


def test_a_proven_host_with_the_moderator_role_is_nothing_to_tell() -> None:
    script = given().at(OPEN).when(changed("Tess Teacher", role=PlatformRole.MODERATOR)).after(60)
    script.then_nothing().no_incident(I.UNPROVEN_MODERATOR)
    assert Demote("Tess Teacher") not in script.fresh
