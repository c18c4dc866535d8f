"""The police points: what a class's policy, platform, list and room are worth, as ok, risk or no-go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardian.checkup import lines
from guardian.core import prices
from guardian.core.actions import ActKind, Capabilities
from guardian.core.identity import Proof
from guardian.core.points import (
    FAIL_MODES,
    PRICE,
    Finding,
    Level,
    measured,
    of_failures,
    of_platform,
    of_policy,
    of_room,
    of_roster,
    share,
)
from guardian.core.policy import Mode, Policy, Unknown
from guardian.core.roster import Person, Role, Roster
from tests.core.vocabulary import ANN, BEN, CLASS, ENFORCE, EVERYTHING, HANDS, NO_HANDS, START, TESS


def _levels(found: list[Finding]) -> dict[str, Level]:
    levels = {finding.id: finding.level for finding in found}
    assert len(levels) == len(found), "each point is told once"
    return levels


def test_the_default_policy_is_fine_on_every_point() -> None:
    assert set(_levels(of_policy(Policy())).values()) == {Level.OK}


@pytest.mark.parametrize(
    ("policy", "point"),
    [
        (replace(ENFORCE, lobby_from_start=False), "lobby"),
        (replace(ENFORCE, lock_after=None), "lock"),
        (replace(ENFORCE, lock_after=None, lock_when_all_in=False), "lock"),
        (replace(ENFORCE, mode=Mode.OBSERVE), "mode"),
        (replace(ENFORCE, gate=ENFORCE.gate | {Proof.NAME_EXACT}), "gate-name_exact"),
        (replace(ENFORCE, gate=ENFORCE.gate | {Proof.NAME_CLOSE}), "gate-name_close"),
        (replace(ENFORCE, gate=ENFORCE.gate | {Proof.REGISTRANT}), "gate-registrant"),
        (replace(ENFORCE, gate=ENFORCE.gate | {Proof.CLAIMED}), "gate-claimed"),
    ],
)
def test_a_weaker_setting_is_a_risk_with_something_to_do(policy: Policy, point: str) -> None:
    found = next(finding for finding in of_policy(policy) if finding.id == point)
    assert found.level is Level.RISK
    assert found.what
    assert found.todo


def test_a_gate_of_names_alone_is_a_risk_of_its_own() -> None:
    found = _levels(of_policy(replace(ENFORCE, gate=frozenset({Proof.NAME_EXACT}))))
    assert found["gate"] is Level.RISK
    assert "gate" not in _levels(of_policy(ENFORCE))


def test_every_proof_has_a_price_in_words() -> None:
    assert set(PRICE) == set(Proof)
    assert [level for level, _ in PRICE.values()].count(Level.OK) == 2, "only the strong proofs are without risk"


def test_a_price_is_told_in_figures_only_where_it_was_measured() -> None:
    told = {proof: words for proof, (_, words) in PRICE.items()}
    for proof, gate in ((Proof.VERIFIED, "strong"), (Proof.NAME_EXACT, "name_exact"), (Proof.NAME_CLOSE, "name_close")):
        assert measured(gate) in told[proof]
        assert prices.MEASURED_ON in told[proof]
    for proof in (Proof.TOKEN, Proof.REGISTRANT):
        assert "not measured" in told[proof]
        assert not any(letter.isdigit() for letter in told[proof])
    whole = lines(of_policy(replace(ENFORCE, gate=frozenset(Proof))))
    assert all(len(line) <= 500 for line in whole), "a mail shows so much of a line, and check of a point"


def test_the_figures_in_words_are_the_measured_ones_and_some_is_never_told_as_none() -> None:
    count, of = prices.ADMITTED["name_exact"]["listed"]
    words = measured("name_exact")
    assert f" {1000 * count / of:,.0f} by just a listed one" in words
    assert count > 0.9 * of, "a name gate cannot tell who shows a listed name from the child"
    assert share((0, 9), 1000) == "0"
    assert share((9, 9), 1000) == "1,000"
    assert share((1, 20_000), 1000) == "fewer than 0.1"
    assert share((19_999, 20_000), 1000) == "more than 999"
    assert (share((1, 8), 1000), share((1, 80), 100)) == ("125", "1.2")


def test_a_name_alone_never_opens_the_default_gate_and_each_kind_of_name_costs_and_helps() -> None:
    assert [admitted for admitted, _ in prices.ADMITTED["strong"].values()] == [0] * 5
    held = [prices.HELD[gate]["named"][0] for gate in ("strong", "name_exact", "name_close")]
    assert held[0] > held[1] > held[2]
    forms = [prices.ADMITTED[gate]["form"][0] for gate in ("strong", "name_exact", "name_close")]
    assert forms[0] < forms[1] < forms[2]


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_is_explained(mode: Mode) -> None:
    assert str(mode) in next(f.what for f in of_policy(replace(ENFORCE, mode=mode)) if f.id == "mode")


def test_the_policy_on_unknown_people_is_told_in_its_own_words() -> None:
    words = {
        unknown: next(f.what for f in of_policy(replace(ENFORCE, unknown=unknown)) if f.id == "unknown")
        for unknown in Unknown
    }
    assert "120 seconds" in words[Unknown.PATIENCE]
    assert "at once" in words[Unknown.REFUSE]


def test_a_platform_that_can_everything_is_fine() -> None:
    assert set(_levels(of_platform(ENFORCE, EVERYTHING)).values()) == {Level.OK}


@pytest.mark.parametrize(
    ("missing", "point", "level"),
    [
        (ActKind.ADMIT, "can-admit", Level.NO_GO),
        (ActKind.REFUSE, "can-refuse", Level.RISK),
        (ActKind.PUT_BACK, "can-put_back", Level.RISK),
        (ActKind.END, "can-end", Level.RISK),
        (ActKind.STOP_SHARE, "share", Level.RISK),
        (ActKind.LOBBY_ON, "lobby-switch", Level.RISK),
    ],
)
def test_what_a_platform_cannot_do_is_told_by_its_weight(missing: ActKind, point: str, level: Level) -> None:
    found = of_platform(ENFORCE, replace(EVERYTHING, can=EVERYTHING.can - {missing}))
    assert _levels(found)[point] is level


def test_somebody_must_be_able_to_remove_people_by_one_hand_or_the_other() -> None:
    none = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.REMOVE, ActKind.EXPEL})
    assert _levels(of_platform(ENFORCE, none))["can-remove"] is Level.NO_GO
    by_server = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.REMOVE})
    assert _levels(of_platform(ENFORCE, by_server))["can-remove"] is Level.OK


def test_where_the_hands_are_away_that_is_the_point_and_not_what_they_could_do() -> None:
    levels = _levels(of_platform(ENFORCE, NO_HANDS))
    assert levels["hands"] is Level.RISK
    assert not {"can-admit", "can-put_back", "lobby-switch"} & set(levels)
    assert "hands" not in _levels(of_platform(ENFORCE, HANDS))


def test_an_observer_needs_no_lobby_switch_and_notes_of_the_platform_are_risks() -> None:
    bare = replace(EVERYTHING, can=EVERYTHING.can - {ActKind.LOBBY_ON}, notes=("guests are not stripped",))
    found = of_platform(replace(ENFORCE, mode=Mode.OBSERVE), bare)
    assert "lobby-switch" not in {finding.id for finding in found}
    assert ("platform", "guests are not stripped") in {(finding.id, finding.what) for finding in found}


def test_absent_hands_are_told_in_their_own_words_with_what_to_open_and_are_no_missing_right() -> None:
    found = {finding.id: finding for finding in of_platform(ENFORCE, NO_HANDS)}
    assert found["hands"].what == "no panel is open"
    assert "open" in found["hands"].todo
    assert found["can-remove"].level is Level.OK, "the platform's own server removes"
    assert not any("owner" in finding.todo for finding in found.values())


def test_hands_that_are_there_leave_only_what_the_platform_cannot_do_at_all() -> None:
    found = of_platform(ENFORCE, HANDS)
    assert {name for name, level in _levels(found).items() if level is not Level.OK} == {"share", "can-refuse"}
    assert "go on waiting" in next(f.what for f in found if f.id == "can-refuse")


def test_without_hands_and_without_a_server_that_removes_nobody_can_be_removed() -> None:
    found = _levels(of_platform(ENFORCE, Capabilities("elsewhere", frozenset(), no_hands="no panel is open")))
    assert found["can-remove"] is Level.NO_GO


def test_a_list_with_a_host_and_accounts_is_fine() -> None:
    assert _levels(of_roster(ENFORCE, CLASS, START)) == {"roster": Level.OK}


@pytest.mark.parametrize(
    ("roster", "why"),
    [
        (Roster("1", (ANN, BEN)), "no host is on the list"),
        (Roster("1", (Person("t", "Tess Teacher", Role.HOST), ANN)), "no host has an account"),
        (Roster("1", (replace(TESS, valid_until=START), ANN)), "no host is on the list"),
        (Roster("1"), "no host is on the list"),
    ],
)
def test_a_class_that_could_never_open_is_no_go(roster: Roster, why: str) -> None:
    found = next(finding for finding in of_roster(ENFORCE, roster, START) if finding.id == "hosts")
    assert found.level is Level.NO_GO
    assert why in found.what


def test_pupils_without_an_account_are_counted_unless_names_open_the_door() -> None:
    roster = Roster("1", (TESS, ANN, Person("z", "Zoe Zander")))
    found = next(finding for finding in of_roster(ENFORCE, roster, START) if finding.id == "pupils")
    assert found.level is Level.RISK
    assert found.what.startswith("1 of 2 pupils")
    assert "Zoe" not in found.what
    by_name = replace(ENFORCE, gate=ENFORCE.gate | {Proof.NAME_EXACT})
    assert "pupils" not in _levels(of_roster(by_name, roster, START))


@pytest.mark.parametrize(
    ("room", "level"),
    [
        ("fitness", Level.RISK),
        ("fitnessclassforchildren", Level.RISK),
        ("k7-x2", Level.RISK),
        ("fit-8dk2mq7x", Level.OK),
    ],
)
def test_a_room_name_that_can_be_guessed_is_a_risk(room: str, level: Level) -> None:
    assert of_room(room).level is level


def test_every_phase_says_what_happens_when_things_fail() -> None:
    found = of_failures()
    assert len(found) == len(FAIL_MODES) == 4
    assert all(finding.level is Level.OK and finding.what.startswith("if the guardian fails, ") for finding in found)
