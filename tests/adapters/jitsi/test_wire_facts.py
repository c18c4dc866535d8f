"""Recorded stanzas into facts, and stanzas that somebody made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.jitsi import wire
from guardian.adapters.jitsi.wire_facts import (
    LONGEST_NAME,
    Affiliated,
    ConfigChanged,
    Identity,
    Item,
    JoinRefused,
    LobbyNotice,
    MediaNotice,
    Presence,
    error_of,
)
from guardian.adapters.jitsi.wire_frame import parse
from tests.adapters.jitsi.stanzas import (
    ALAN,
    BOT,
    LOBBY,
    MALLORY,
    ROOM,
    affiliated,
    child,
    fact,
    named,
    notice,
    presence,
    recorded,
    seat,
    shown,
    told,
)


def test_our_own_presence_shows_our_rights() -> None:
    seen = presence("own-presence")
    assert (seen.room, seen.nick, seen.name, seen.gone) == (ROOM, "guardian", "Guardian", False)
    assert seen.codes == {"100", "110"}
    assert seen.items == (Item(jid=BOT, affiliation="owner", role="moderator"),)


def test_a_token_holder_shows_claims_and_an_identity_apart() -> None:
    seen = presence("token-holder-waiting")
    assert seen.room == LOBBY
    assert (seen.name, seen.email) == ("Alan T", "alan@home.example")
    assert seen.identity == Identity(id="alan", name="Alan Turing")
    assert seen.items[0].jid == ALAN


def test_a_liar_has_no_identity() -> None:
    seen = presence("liar-waiting")
    assert (seen.name, seen.email, seen.identity) == ("Ada Lovelace", "ada@school.example", None)
    assert seen.items[0].jid == MALLORY


def test_a_departure_names_who_did_it() -> None:
    for name, codes in (("refused", {"307"}), ("kicked", {"307"}), ("banned", {"301"})):
        seen = presence(name)
        assert seen.gone
        assert seen.codes == codes
        assert (seen.items[0].actor_nick, seen.items[0].actor_jid) == ("guardian", BOT)
    assert presence("banned").items[0].affiliation == "outcast"


def test_an_end_is_told_apart_from_a_departure() -> None:
    for name, reason in (("meeting-ended", "The meeting has been terminated"), ("lobby-closed", "Lobby room closed.")):
        seen = presence(name)
        assert seen.gone
        assert seen.destroyed
        assert seen.reason == reason


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("registration-required", "registration-required"),
        ("locked-out", "registration-required"),
        ("password-wanted", "not-authorized"),
        ("displayname-required", "not-acceptable"),
    ],
)
def test_a_refused_join_says_why(name: str, condition: str) -> None:
    assert fact(name) == JoinRefused(ROOM, condition)


def test_moderators_acts_are_told_by_jitsis_lobby() -> None:
    assert fact("lobby-enabled") == LobbyNotice(ROOM, "guardian", "LOBBY-ENABLED", "true")
    assert fact("lobby-access-granted") == LobbyNotice(ROOM, "guardian", "LOBBY-ACCESS-GRANTED", f"{LOBBY}/alan")
    assert fact("lobby-access-denied") == LobbyNotice(ROOM, "guardian", "LOBBY-ACCESS-DENIED", f"{LOBBY}/mallory")


def test_a_change_of_the_configuration_is_told_by_the_room_itself() -> None:
    assert fact("config-changed") == ConfigChanged(ROOM)
    by_a_participant = recorded("config-changed")
    by_a_participant.set("from", f"{ROOM}/eve")
    assert told(by_a_participant) is None


def test_moderation_of_a_medium_is_told_by_its_component_alone() -> None:
    assert fact("audio-moderated") == MediaNotice("avmoderation.meet.example.test", ROOM, "audio", on=True)
    assert told(recorded("audio-allowed")) is None
    forged = recorded("audio-moderated")
    forged.set("from", f"{ROOM}/eve")
    assert told(forged) is None


def test_a_membership_of_somebody_absent_is_read() -> None:
    seen = told(affiliated("ann@m/x", "member", "Invited by teacher@m/desk"))
    assert seen == Affiliated(ROOM, "ann@m", "member", "Invited by teacher@m/desk")
    assert told(affiliated("ann@m", "member", sender=f"{ROOM}/eve")) is None
    assert told(affiliated("", "member")) is None


def test_messages_that_concern_no_room_mean_nothing() -> None:
    assert told(recorded("invited")) is None
    assert told(recorded("sent-conference")) is None
    error = notice("{}", kind="error")
    assert told(error) is None
    bare = wire.element("message", wire.CLIENT, {"from": ROOM}, wire.element("body", None, None, "hi"))
    assert told(bare) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '"lobby-notify"',
        "{",
        "[" * 60_000,
        '{"type":"lobby-notify"' + " " * 70_000 + "}",
        '{"type":"something"}',
        '{"type":"av_moderation","enabled":"yes"}',
    ],
)
def test_json_that_is_no_notice_means_nothing(text: str) -> None:
    assert told(notice(text)) is None


def test_a_notice_counts_only_as_a_message_to_the_room() -> None:
    text = json.dumps({"type": "lobby-notify", "event": "LOBBY-ENABLED", "value": False})
    assert told(notice(text)) == LobbyNotice(ROOM, "teacher", "LOBBY-ENABLED", "false")
    assert told(notice(text, kind="chat")) is None
    assert told(notice(text, sender=ROOM)) is None


@pytest.mark.parametrize("kind", ["subscribe", "probe"])
def test_presence_that_is_none_of_ours_means_nothing(kind: str) -> None:
    assert told(shown("eve", MALLORY, kind=kind)) is None
    bare = wire.element("presence", wire.CLIENT, {"from": "somebody@m"})
    assert told(bare) is None


def test_a_presence_without_the_rooms_own_part_has_no_items() -> None:
    bare = wire.element("presence", wire.CLIENT, {"from": f"{ROOM}/eve"})
    assert told(bare) == Presence(ROOM, "eve")


@pytest.mark.parametrize(
    ("inner", "sharing"),
    [
        ([child("SourceInfo", '{"a-v1":{"videoType":"desktop","muted":false}}')], True),
        ([child("SourceInfo", '{"a-v1":{"videoType":"desktop"}}')], True),
        ([child("SourceInfo", '{"a-v1":{"videoType":"desktop","muted":true}}')], False),
        ([child("SourceInfo", '{"a-v0":{"videoType":"camera","muted":false}}')], False),
        ([child("SourceInfo", '{"a-v0":7,"b":null}')], False),
        ([child("SourceInfo", "nonsense")], False),
        ([child("videoType", "desktop")], True),
        ([child("videoType", "desktop"), child("videomuted", "true")], False),
        ([child("videoType", "camera")], False),
        ([], False),
    ],
)
def test_a_shared_screen_is_seen_in_both_of_its_forms(inner: list[object], sharing: bool) -> None:
    assert seat("ann", ALAN, *inner).sharing is sharing  # type: ignore[arg-type]


def test_a_name_of_a_million_characters_is_cut() -> None:
    assert seat("eve", MALLORY, named("x" * 100_000)).name == "x" * LONGEST_NAME


def test_several_sessions_of_one_nick_are_several_items() -> None:
    seen = seat("ann", "ann@m/1", others=("ann@m/2",))
    assert [item.jid for item in seen.items] == ["ann@m/1", "ann@m/2"]


def test_an_error_without_a_proper_cause_has_the_undefined_one() -> None:
    assert error_of(parse("<iq xmlns='jabber:client' type='error'/>")) == ("undefined-condition", "cancel")
    odd = parse("<iq xmlns='jabber:client' type='error'><error type='wait'><x xmlns='y'/></error></iq>")
    assert error_of(odd) == ("undefined-condition", "wait")
    text_first = parse(
        f"<iq xmlns='jabber:client'><error type='auth'><text xmlns='{wire.STANZAS}'>no</text>"
        f"<forbidden xmlns='{wire.STANZAS}'/></error></iq>"
    )
    assert error_of(text_first) == ("forbidden", "auth")


@given(st.text(max_size=300))
def test_any_display_name_arrives_as_it_was_typed(name: str) -> None:
    kept = wire.clean(name).replace("\r\n", "\n").replace("\r", "\n")
    assert seat("eve", MALLORY, named(name)).name == kept
