"""Half a character in a name (JSON's "\\ud800" alone) must cost neither its message nor the others in it."""

import json

import pytest

from guardian.adapters.zoom import wire_events, wire_socket
from guardian.adapters.zoom.wire import WireError
from guardian.core.wholetext import whole_json

NAME = "Zed \ud800 Quux"
SHOWN = "Zed \N{REPLACEMENT CHARACTER} Quux"


def knock(name: str = NAME, uuid: str = "run==") -> bytes:
    who = {"participant_uuid": "u-1", "user_id": "1", "date_time": "2026-11-29T10:00:00Z", "user_name": name}
    of = {"id": "81234567890", "uuid": uuid, "participant": who}
    event = {"event": "meeting.participant_joined_waiting_room", "event_ts": 1, "payload": {"object": of}}
    return json.dumps(event).encode()


def test_a_webhook_with_half_a_character_is_read() -> None:
    who = wire_events.decode(knock()).who
    assert who is not None
    assert (who.name, who.uuid) == (SHOWN, "u-1")


def test_so_is_one_that_comes_by_the_event_socket() -> None:
    frame = json.dumps({"module": "message", "content": knock().decode()})
    who = wire_events.decode(wire_socket.decode(frame).body).who
    assert who is not None
    assert who.name == SHOWN


def test_an_id_with_half_a_character_is_no_id() -> None:
    with pytest.raises(WireError):
        wire_events.decode(knock(uuid="run\ud800=="))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\udc00\ud800"', "\ufffd\ufffd"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
    ],
)
def test_only_halves_are_replaced(written: str, read: str) -> None:
    assert json.loads(whole_json(written.encode())) == read
