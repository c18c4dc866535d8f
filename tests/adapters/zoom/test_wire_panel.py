"""The panel's messages: bounded, whole, and without a word of the attacker's in an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.zoom import wire_panel as wire
from guardian.adapters.zoom.clients import abilities, in_a_meeting
from guardian.core.actions import ActKind
from guardian.errors import PermanentError, TemporaryError

LIST: dict[str, Any] = {"type": "list", "waiting": [], "inside": []}
READY: dict[str, Any] = {
    "type": "ready",
    "version": "6.4.5.1",
    "product": "desktop",
    "context": "inMeeting",
    "role": "coHost",
    "number": "812 3456-7890",
    "unsupported": [],
}
EVERY = {ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.LOBBY_ON}


def _ready(**changed: object) -> wire.Ready:
    said = wire.read(READY | changed)
    assert isinstance(said, wire.Ready)
    return said


def _found(**changed: object) -> wire.PanelList:
    said = wire.read(LIST | changed)
    assert isinstance(said, wire.Listed)
    return said.found


def test_lists_are_read_whole() -> None:
    said = wire.read(
        {
            "type": "list",
            "answers": "c7",
            "waiting": [{"uuid": "P-1", "name": "Ada"}],
            "inside": [{"uuid": "P-2", "name": "Grace", "role": "cohost", "later": 1}],
            "waiting_room": True,
            "main_room": True,
            "later": "field",
        }
    )
    found = wire.PanelList((wire.Entry("P-1", "Ada"),), (wire.Entry("P-2", "Grace", "co-host"),), True, True)
    assert said == wire.Listed("c7", found)


def test_a_long_name_is_cut_and_costs_nobody_the_panel() -> None:
    assert _found(waiting=[{"uuid": "P-1", "name": "x" * 50_000}]).waiting == (wire.Entry("P-1", "x" * 1000),)


def test_people_without_an_id_are_counted_and_an_id_is_listed_once() -> None:
    waiting = [{"uuid": "P-1", "name": "Ada"}, {"uuid": "P-1", "name": "Eve"}, {"name": "Bob"}, {"uuid": ""}]
    found = _found(waiting=waiting, inside=[{"uuid": None, "name": None}])
    assert (found.waiting, found.inside, found.without_uuid) == ((wire.Entry("P-1", "Ada"),), (), 3)


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"type": "hello", "token": "t"},
        {"type": "shell", "code": "rm"},
        {"type": ["list"]},
        {"type": "list"},
        {"type": "list", "waiting": []},
        LIST | {"waiting": None},
        LIST | {"waiting": "Ada"},
        LIST | {"waiting": ["Ada"]},
        LIST | {"waiting": [{"uuid": 7, "name": "Ada"}]},
        LIST | {"waiting": [{"uuid": "u" * 201, "name": "Ada"}]},
        LIST | {"waiting": [{"uuid": "u", "name": ["Ada"]}]},
        LIST | {"waiting": [{"uuid": "u", "name": "Ada", "role": "r" * 65}]},
        LIST | {"waiting": [{"uuid": str(count), "name": "Ada"} for count in range(2001)]},
        LIST | {"waiting_room": "yes"},
        LIST | {"main_room": None},
        LIST | {"answers": "c" * 65},
        READY | {"version": "6" * 65},
        READY | {"unsupported": ["x"] * 201},
        READY | {"unsupported": ["x" * 101]},
        READY | {"unsupported": "removeParticipant"},
        READY | {"number": 10**15},
        READY | {"number": "1" * 33},
        {"type": "result", "id": "c1"},
        {"type": "result", "id": 1, "ok": True},
        {"type": "result", "id": "c1", "ok": "yes"},
        {"type": "result", "id": "c1", "ok": False, "code": {"a": 1}},
        {"type": "context"},
        {"type": "context", "context": ""},
        {"type": "context", "context": "A" * 8193},
    ],
)
def test_what_is_not_as_agreed_is_refused_without_quoting_it(frame: dict[str, object]) -> None:
    with pytest.raises(ValueError) as caught:
        wire.read(frame)
    assert str(caught.value) == "not a message that was agreed on"
    assert caught.value.__cause__ is None


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = ("type", "waiting", "inside", "id", "ok", "code", "version", "unsupported", "token", "context", "number")
_VALUES = _JSON | st.sampled_from(["hello", "ready", "list", "result", "context"])


@given(st.dictionaries(st.sampled_from(_FIELDS), _VALUES))
def test_random_messages_are_read_or_refused_and_nothing_else_happens(frame: dict[str, object]) -> None:
    for reader in (wire.read, wire.read_hello):
        try:
            said: object = reader(frame)
        except ValueError:
            continue
        assert isinstance(said, wire.Ready | wire.Listed | wire.Result | wire.Renewed | wire.Hello)


def test_a_first_message_has_a_token_or_a_context() -> None:
    assert wire.read_hello({"type": "hello", "token": "t"}) == wire.Hello("t", "", "")
    hello = {"type": "hello", "context": "c", "number": 81234567890}
    assert wire.read_hello(hello) == wire.Hello("", "c", "81234567890")
    both = {"type": "hello", "token": "t", "context": "c"}
    for frame in ({"type": "hello"}, both, {"type": "hello", "token": ""}, {"token": "t"}, READY):
        with pytest.raises(ValueError):
            wire.read_hello(frame)


@pytest.mark.parametrize("number", [None, "", "812a", "٣٤٥", "-"])
def test_a_number_that_is_none_counts_as_not_said(number: str | None) -> None:
    assert _ready(number=number).number == ""


def test_an_order_bears_its_deadline_and_names_one_only_where_one_is_meant() -> None:
    frame = {"type": "command", "id": "c7", "name": "admit", "uuid": "P-1", "within_ms": 3000}
    assert wire.command("c7", wire.ADMIT, "P-1", 3.0) == frame
    assert "uuid" not in wire.command("c8", wire.WAITING_ROOM_ON, None, 3.0)


@pytest.mark.parametrize("code", [10234, "10234", "10237", "10238"])
def test_what_was_so_already_is_done(code: str | int) -> None:
    said = wire.read({"type": "result", "id": "c1", "ok": False, "code": code, "message": "no"})
    assert isinstance(said, wire.Result)
    wire.judge(said)
    assert said.code == str(code)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("10239", "a host or co-host cannot be put back"),
        ("10240", "no waiting room"),
        ("10235", "no waiting room setting"),
        ("10233", "policy locks"),
        ("10118", "not for you?"),
        ("x\ny", "code x?y"),
    ],
)
def test_a_refusal_is_final_and_says_why_in_one_plain_line(code: str, words: str) -> None:
    said = wire.read(
        {"type": "result", "id": "c1", "ok": False, "code": code, "message": "not for you\x1b\n" + "m" * 900}
    )
    assert isinstance(said, wire.Result)
    with pytest.raises(PermanentError) as caught:
        wire.judge(said)
    text = str(caught.value)
    assert words in text
    assert text.isprintable()
    assert len(text) < 250


@pytest.mark.parametrize("code", [None, "10236"])
def test_no_answer_and_a_breakout_room_may_be_tried_again(code: str | None) -> None:
    with pytest.raises(TemporaryError):
        wire.judge(wire.Result("c1", ok=False, code=code))


# What a client can do.


def test_a_present_desktop_client_can_do_all() -> None:
    assert abilities(_ready()) == (frozenset(EVERY), ())
    assert abilities(_ready(product=None))[0] == EVERY


@pytest.mark.parametrize(
    ("changed", "can", "words"),
    [
        ({"version": "5.15.12"}, set(), "5.15.12, too old to work the waiting room"),
        ({"version": "5.9.99 (1234)"}, set(), "too old"),
        ({"version": None}, set(), "unknown version"),
        ({"version": "newest"}, set(), "unknown version"),
        ({"version": "5.16.0"}, EVERY - {ActKind.REMOVE}, "too old to remove"),
        ({"version": "6.4.4.9"}, EVERY - {ActKind.REMOVE}, "too old to remove"),
        ({"version": "10.0"}, EVERY, ""),
        ({"product": "mobile"}, {ActKind.REMOVE}, "mobile client"),
        ({"product": "iOS"}, {ActKind.REMOVE}, "mobile client"),
        ({"product": "web"}, set(), "web or other client"),
        ({"product": "PWA"}, set(), "open the panel in Zoom for Windows"),
        ({"unsupported": ["removeParticipant"]}, EVERY - {ActKind.REMOVE}, "does not allow removeParticipant"),
        ({"unsupported": ["getWaitingRoomParticipants"]}, EVERY - {ActKind.ADMIT}, "getWaitingRoomParticipants"),
        ({"unsupported": ["setWaitingRoomState"]}, EVERY - {ActKind.LOBBY_ON}, "setWaitingRoomState"),
        ({"unsupported": ["putParticipantToWaitingRoom"]}, EVERY - {ActKind.PUT_BACK}, "putParticipant"),
        ({"unsupported": ["onParticipantChange"]}, EVERY, "onParticipantChange"),
        ({"unsupported": ["Ada Lovelace"]}, EVERY, ""),
    ],
)
def test_a_lesser_client_can_do_less_and_it_is_said_in_words(
    changed: dict[str, object], can: set[ActKind], words: str
) -> None:
    found, notes = abilities(_ready(**changed))
    assert found == can
    assert words in " ".join(notes)
    assert bool(notes) is bool(words)
    assert "Ada" not in " ".join(notes)


def test_only_a_page_in_a_meeting_may_act() -> None:
    assert [name for name in ("inMeeting", "inImmersive", "inMainClient", "inWebinar", "") if in_a_meeting(name)] == [
        "inMeeting",
        "inImmersive",
    ]
