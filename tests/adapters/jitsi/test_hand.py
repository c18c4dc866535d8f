"""A moderator's own acts are recognised, ours are not mistaken for theirs, and nobody can forge one."""

import json

import pytest

from guardian.adapters.jitsi.room import SignalKind
from guardian.core.events import NativeKind
from tests.adapters.jitsi.scene import Scene
from tests.adapters.jitsi.stanzas import (
    ALAN,
    BOT,
    LOBBY,
    MALLORY,
    ROOM,
    TEACHER,
    affiliated,
    notice,
    recorded,
    shown,
)

ANN = "ann@auth.meet.example.test/tablet"
ANN_ACCOUNT = "ann@auth.meet.example.test"


def _with_teacher(*, jitsi: bool = True) -> Scene:
    scene = Scene(jitsi=jitsi)
    scene.take(shown("teacher", TEACHER, affiliation="owner", role="moderator"))
    return scene


def _lobby_notice(event: str, value: object) -> str:
    return json.dumps({"type": "lobby-notify", "event": event, "value": value, "name": "whoever"})


# --- put out, refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["301", "307", "321"])
def test_a_moderators_removal_is_told_after_the_departure(code: str) -> None:
    scene = _with_teacher()
    scene.take(shown("ann", ANN))
    assert scene.events(shown("ann", ANN, kind="unavailable", role="none", codes=(code,), actor=TEACHER)) == [
        f"{ANN} is no longer inside",
        f"{TEACHER} put_out {ANN}",
    ]


def test_one_put_out_who_still_sits_in_the_lobby_waits_only_after_that_was_told() -> None:
    scene = _with_teacher()
    scene.take(shown("ann", ANN, room=LOBBY), shown("ann", ANN))
    assert scene.events(shown("ann", ANN, kind="unavailable", role="none", codes=("307",), actor=TEACHER)) == [
        f"{ANN} is no longer inside",
        f"{TEACHER} put_out {ANN}",
        f"{ANN} is waiting",
    ]


def test_a_refusal_by_a_moderator_is_told() -> None:
    scene = _with_teacher()
    scene.take(shown("eve", MALLORY, room=LOBBY))
    gone = shown("eve", MALLORY, room=LOBBY, kind="unavailable", role="none", codes=("307",), actor=TEACHER)
    assert scene.events(gone) == [f"{MALLORY} is no longer waiting", f"{TEACHER} refused {MALLORY}"]


def test_our_own_removals_and_refusals_are_nobodys_hand() -> None:
    scene = _with_teacher()
    scene.take(recorded("token-holder-inside"), recorded("liar-waiting"))
    assert scene.events(recorded("kicked")) == [f"{ALAN} is no longer inside"]
    assert scene.events(recorded("refused")) == [f"{MALLORY} is no longer waiting"]


def test_the_focus_the_server_and_hidden_people_are_no_humans_hand() -> None:
    scene = _with_teacher()
    scene.take(shown("ann", ANN), shown("eve", MALLORY), shown("x", None))
    focus = "focus@auth.meet.example.test/1"
    kicked = [
        shown("ann", ANN, kind="unavailable", role="none", codes=("307",), actor=focus),
        shown("eve", MALLORY, kind="unavailable", role="none", codes=("307",)),
        shown("x", None, kind="unavailable", role="none", codes=("307",), actor=TEACHER),
    ]
    assert all("is no longer inside" in words for words in scene.events(*kicked))


def test_thrown_out_by_the_lobbys_switch_is_no_act_on_a_person() -> None:
    scene = _with_teacher()
    scene.take(shown("ann", ANN))
    gone = shown("ann", ANN, kind="unavailable", role="none", codes=("322",), actor=TEACHER)
    assert scene.events(gone) == [f"{ANN} is no longer inside"]


def test_an_actor_known_by_nick_alone_is_found() -> None:
    scene = _with_teacher()
    scene.take(shown("ann", ANN))
    gone = shown("ann", ANN, kind="unavailable", role="none", codes=("307",), actor=TEACHER)
    actor = next(gone.iter("actor"))
    del actor.attrib["jid"]
    actor.set("nick", "teacher")
    assert scene.events(gone)[-1] == f"{TEACHER} put_out {ANN}"
    actor.set("nick", "nobody-here")
    scene.take(shown("ann", ANN))
    assert scene.events(gone) == [f"{ANN} is no longer inside"]


# --- Jitsi's lobby tells ----------------------------------------------------------------------------------------------


def test_an_admission_by_a_moderator_is_told_before_the_person_comes_in() -> None:
    scene = _with_teacher()
    scene.take(recorded("token-holder-waiting"))
    granted = notice(_lobby_notice("LOBBY-ACCESS-GRANTED", f"{LOBBY}/alan"))
    assert scene.events(granted, recorded("token-holder-inside")) == [
        f"{TEACHER} admitted {ALAN}",
        f"{ALAN} is inside",
    ]


def test_our_own_admission_is_nobodys_hand() -> None:
    scene = _with_teacher()
    scene.take(recorded("token-holder-waiting"))
    scene.rooms.hand.letting_in(ALAN)
    assert scene.events(recorded("lobby-access-granted"), recorded("token-holder-inside")) == [f"{ALAN} is inside"]
    assert scene.events(recorded("lobby-enabled")) == []


@pytest.mark.parametrize(
    ("event", "value", "kind"),
    [("LOBBY-ENABLED", True, NativeKind.LOBBY_ON), ("LOBBY-ENABLED", False, NativeKind.LOBBY_OFF)],
)
def test_the_lobbys_switch_is_told_with_the_hand_on_it(event: str, value: object, kind: NativeKind) -> None:
    scene = _with_teacher()
    taken = scene.take(notice(_lobby_notice(event, value)))
    assert [(e.kind, e.by) for e in taken.events] == [(kind, TEACHER)]  # type: ignore[union-attr]
    assert [s.kind for s in taken.signals] == [SignalKind.CONFIG]
    assert scene.rooms.lobby_on is value


def test_a_participant_cannot_forge_a_moderators_act() -> None:
    scene = _with_teacher()
    scene.take(shown("eve", MALLORY), recorded("token-holder-waiting"))
    for text in (
        _lobby_notice("LOBBY-ENABLED", value=False),
        _lobby_notice("LOBBY-ACCESS-GRANTED", f"{LOBBY}/alan"),
    ):
        taken = scene.take(notice(text, sender=f"{ROOM}/eve"), notice(text, sender=f"{ROOM}/not-here"))
        assert (taken.events, taken.signals) == ([], [])


@pytest.mark.parametrize(
    ("event", "value"),
    [
        ("LOBBY-ACCESS-GRANTED", f"{LOBBY}/nobody"),
        ("LOBBY-ACCESS-GRANTED", "other@lobby.meet.example.test/alan"),
        ("LOBBY-ACCESS-DENIED", f"{LOBBY}/alan"),
        ("SOMETHING-NEW", f"{LOBBY}/alan"),
    ],
)
def test_notices_about_nobody_or_told_better_elsewhere_mean_nothing(event: str, value: str) -> None:
    scene = _with_teacher()
    scene.take(recorded("token-holder-waiting"))
    assert scene.events(notice(_lobby_notice(event, value))) == []


def test_where_jitsi_tells_memberships_say_nothing() -> None:
    scene = _with_teacher()
    scene.take(shown("ann", ANN, room=LOBBY))
    assert scene.events(affiliated(ANN_ACCOUNT, "member", f"Invited by {TEACHER}")) == []
    assert scene.events(shown("ann", ANN, affiliation="member")) == [f"{ANN} is inside"]


# --- a plain Prosody --------------------------------------------------------------------------------------------------


def test_an_invitation_by_a_moderator_shows_as_a_membership() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    steps = (affiliated(ANN_ACCOUNT, "member", f"Invited by {TEACHER}"), shown("ann", ANN, affiliation="member"))
    assert scene.events(*steps) == [f"{TEACHER} admitted {ANN}", f"{ANN} is inside"]


def test_a_membership_given_otherwise_is_an_admission_by_somebody() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    assert scene.events(affiliated(ANN_ACCOUNT, "member", "a friend")) == [f"None admitted {ANN}"]


def test_one_who_waited_and_comes_in_as_a_member_was_let_in_by_somebody() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    inside = shown("ann", ANN, affiliation="member")
    assert scene.events(inside, inside) == [f"None admitted {ANN}", f"{ANN} is inside"]


def test_one_whom_we_let_in_was_let_in_by_nobody_else() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    scene.rooms.hand.letting_in(ANN)
    steps = (affiliated(ANN_ACCOUNT, "member", f"Invited by {BOT}"), shown("ann", ANN, affiliation="member"))
    assert scene.events(*steps) == [f"{ANN} is inside"]
    assert scene.rooms.hand.granted == {ANN_ACCOUNT}


def test_an_invitation_by_another_session_of_ours_is_no_humans_hand() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    assert scene.events(affiliated(ANN_ACCOUNT, "member", f"Invited by {BOT}")) == []


@pytest.mark.parametrize("affiliation", ["none", "owner"])
def test_who_comes_in_without_being_a_member_was_not_let_in_by_hand(affiliation: str) -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    assert scene.events(shown("ann", ANN, affiliation=affiliation)) == [f"{ANN} is inside"]


def test_a_member_of_before_walks_in_and_nobody_did_anything() -> None:
    scene = _with_teacher(jitsi=False)
    scene.rooms.hand.members_are([ANN_ACCOUNT])
    scene.take(shown("ann", ANN, room=LOBBY))
    assert scene.events(shown("ann", ANN, affiliation="member")) == [f"{ANN} is inside"]


def test_a_second_knock_after_a_removal_needs_a_new_hand() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY))
    scene.rooms.hand.letting_in(ANN)
    scene.take(shown("ann", ANN, affiliation="member"), shown("ann", ANN, room=LOBBY, kind="unavailable"))
    scene.take(shown("ann", ANN, kind="unavailable", role="none", codes=("321",), actor=TEACHER))
    assert scene.rooms.hand.granted == frozenset()
    scene.take(shown("ann", ANN, room=LOBBY))
    assert scene.events(affiliated(ANN_ACCOUNT, "member", f"Invited by {TEACHER}")) == [f"{TEACHER} admitted {ANN}"]


def test_a_membership_taken_back_while_absent_is_forgotten() -> None:
    scene = _with_teacher(jitsi=False)
    scene.rooms.hand.granting(ANN)
    assert scene.events(affiliated(ANN_ACCOUNT, "none")) == []
    assert scene.rooms.hand.granted == frozenset()


def test_who_is_inside_already_is_not_admitted_again_by_a_membership() -> None:
    scene = _with_teacher(jitsi=False)
    scene.take(shown("ann", ANN, room=LOBBY), shown("ann", ANN))
    assert scene.events(affiliated(ANN_ACCOUNT, "member")) == []


def test_the_end_of_the_meeting_ends_every_membership() -> None:
    scene = _with_teacher(jitsi=False)
    scene.rooms.hand.letting_in(ANN)
    scene.take(recorded("meeting-ended"))
    assert scene.rooms.hand.granted == frozenset()
