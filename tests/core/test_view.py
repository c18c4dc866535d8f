"""What pages, the command line and metrics show is what the core holds: one value, read off the state."""

from __future__ import annotations

from dataclasses import replace

from guardian.core.events import ForeignSelf, JournalChanged, LinkChanged
from guardian.core.identity import PlatformRole, Proof
from guardian.core.meeting import blank
from guardian.core.memory import Phase
from guardian.core.policy import Mode
from guardian.core.standing import Standing
from guardian.core.view import MeetingView, view
from tests.core.script import Script, given
from tests.core.vocabulary import ENFORCE, EVERYTHING, OPEN, SLOT, event, human, inside, person, roster, waiting


def _shown(script: Script) -> MeetingView:
    return view(script.state, script.policy, script.now)


def test_a_class_that_is_open_is_shown_with_its_lock_to_come() -> None:
    shown = _shown(given().at(OPEN))
    assert (shown.meeting, shown.occurrence, shown.platform) == ("class-1", "occ-1", "world")
    assert (shown.phase, shown.mode, shown.slot) == (Phase.OPEN, Mode.ENFORCE, SLOT)
    assert shown.opened_at is not None
    assert shown.lock_at == shown.opened_at + 600.0
    assert (shown.lobby_on, shown.link_up, shown.journal_up) == (True, True, True)
    assert [shown.paused, shown.panic, shown.blind, shown.tight] == [False] * 4
    assert [shown.standing_down, shown.roster_doubt] == ["", ""]
    assert (shown.roster_version, shown.roster_people) == ("v1", 7)
    assert (shown.counts.asked, shown.counts.confirmed, shown.pending) == (1, 1, 0)


def test_no_lock_is_announced_after_an_unlock_or_without_a_time() -> None:
    assert _shown(given().at(OPEN).when(human.unlock())).lock_at is None
    assert _shown(given(policy=replace(ENFORCE, lock_after=None)).at(OPEN)).lock_at is None


def test_each_connection_is_shown_with_standing_rule_proofs_and_reason() -> None:
    script = given().at(OPEN).when(inside("Ann Adams", account="ann@school"), waiting("Ben Brown"))
    shown = {c.handle: c for c in _shown(script).connections}
    ann, ben = shown["Ann Adams"], shown["Ben Brown"]
    assert (ann.standing, ann.place, ann.person, ann.person_name) == (Standing.PROVEN, "inside", "ann", "Ann Adams")
    assert ann.proofs == {Proof.VERIFIED, Proof.NAME_EXACT}
    assert (ben.standing, ben.place, ben.word) == (Standing.WEAK, "waiting", None)
    assert ben.rule == "weak: waiting, open"
    assert "not enough" in ben.reason
    assert ben.since == script.state.connections["Ben Brown"].since


def test_a_stranger_has_no_person_and_a_sharing_moderator_is_shown_as_such() -> None:
    script = given(policy=replace(ENFORCE, mode=Mode.ASSIST)).at(OPEN)
    script.when(inside("Zoltan Nemo", role=PlatformRole.MODERATOR, sharing=True))
    zoltan = next(c for c in _shown(script.silent()).connections if c.handle == "Zoltan Nemo")
    assert (zoltan.person, zoltan.person_name, zoltan.proofs) == (None, None, frozenset())
    assert script.world["Zoltan Nemo"].role is PlatformRole.ATTENDEE, "was demoted"
    assert not zoltan.moderator


def test_a_human_word_is_shown_with_who_said_it() -> None:
    script = given().at(OPEN).when(waiting("Zoltan Nemo"), human.hold("Zoltan Nemo"))
    zoltan = next(c for c in _shown(script).connections if c.handle == "Zoltan Nemo")
    assert zoltan.word == "hold by olga"
    assert zoltan.rule == "a human holds"


def test_what_is_wrong_is_shown() -> None:
    script = (
        given()
        .at(OPEN)
        .when(
            event(lambda at: LinkChanged(at, up=False)),
            event(lambda at: JournalChanged(at, up=False)),
            event(lambda at: ForeignSelf(at, "another one")),
            roster(version="v2"),
            human.pause(),
            human.panic(),
        )
    )
    shown = _shown(script)
    assert (shown.link_up, shown.journal_up, shown.paused, shown.panic) == (False, False, True, True)
    assert shown.standing_down == "another one"
    assert shown.roster_doubt == "the list is empty"
    assert {"link_lost", "journal_lost", "foreign_self"} <= {i.kind for i in shown.incidents}


def test_a_blind_start_shows_as_assist_until_a_human_says_enforce() -> None:
    script = given().begun(person("Ann Adams"))
    assert (_shown(script).blind, _shown(script).mode) == (True, Mode.ASSIST)
    script.when(human.enforce())
    assert (_shown(script).blind, _shown(script).mode) == (False, Mode.ENFORCE)


def test_nothing_known_yet_can_be_shown_too() -> None:
    shown = view(blank(), ENFORCE, 0.0)
    assert (shown.meeting, shown.roster_version, shown.roster_people) == ("", "", 0)
    assert shown.connections == ()
    assert shown.lock_at is None


def test_what_the_platform_cannot_do_is_shown() -> None:
    limited = replace(EVERYTHING, notes=("no lobby here",))
    assert _shown(given(capabilities=limited).at(OPEN)).cannot == ("no lobby here",)
