"""Frames of the event WebSocket."""

import json
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.zoom import wire_events, wire_socket
from guardian.adapters.zoom.wire import WireError
from guardian.adapters.zoom.wire_socket import Frame, FrameKind
from tests.adapters.zoom.bodies import body, load


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("build_connection", FrameKind.BUILT),
        ("heartbeat-reply", FrameKind.BEAT),
        ("invalid-token", FrameKind.BAD_TOKEN),
    ],
)
def test_each_documented_frame_is_known(name: str, kind: FrameKind) -> None:
    assert wire_socket.decode(body(f"websocket.{name}")) == Frame(kind)


def test_a_message_brings_the_event_that_a_webhook_would_bring() -> None:
    frame = wire_socket.decode(body("websocket.message"))
    assert frame.kind is FrameKind.EVENT
    same = wire_events.decode(body("meeting.participant_joined_waiting_room.registrant"))
    assert wire_events.decode(frame.body) == same


def test_our_heartbeat_is_the_documented_one() -> None:
    assert json.loads(wire_socket.HEARTBEAT) == load("websocket.heartbeat-sent")


@pytest.mark.parametrize("said", ["Token is invalid", "invalid token."])
def test_a_refused_token_is_known_by_either_text(said: str) -> None:
    frame = json.dumps({"module": "build_connection", "success": False, "content": said})
    assert wire_socket.decode(frame) == Frame(FrameKind.BAD_TOKEN)


@pytest.mark.parametrize("content", ["Too many", "", None, {"a": 1}])
def test_any_other_refusal_is_a_refusal(content: object) -> None:
    frame = json.dumps({"module": "build_connection", "success": False, "content": content})
    assert wire_socket.decode(frame) == Frame(FrameKind.REFUSED)


@pytest.mark.parametrize("content", ["", None, {"a": 1}, 7])
def test_what_a_good_reply_says_beside_does_not_matter(content: object) -> None:
    frame = json.dumps({"module": "heartbeat", "success": True, "content": content, "new": 1})
    assert wire_socket.decode(frame) == Frame(FrameKind.BEAT)


def test_a_module_that_nobody_knows_is_passed_over() -> None:
    assert wire_socket.decode('{"module":"news","success":true,"content":"x"}') == Frame(FrameKind.OTHER)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"module":1}', '{"module":"message","content":{}}', "[" * 300_000, b"\xff", "\ud800"]
)
def test_what_is_no_frame_is_the_one_error(text: str | bytes) -> None:
    with pytest.raises(WireError):
        wire_socket.decode(text)


@given(st.text() | st.binary(max_size=100))
def test_anything_is_a_frame_or_the_one_error(text: str | bytes) -> None:
    with suppress(WireError):
        assert isinstance(wire_socket.decode(text), Frame)


@pytest.mark.parametrize("url", ["wss://ws.zoom.us/ws", "ws://127.0.0.1:9/ws?x=1"])
def test_the_address_names_subscription_and_token(url: str) -> None:
    query = parse_qs(urlsplit(wire_socket.address(url, "sub+1", "a/b=&c")).query)
    assert (query["subscriptionId"], query["access_token"]) == (["sub+1"], ["a/b=&c"])
