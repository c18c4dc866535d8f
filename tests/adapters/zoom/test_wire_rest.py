"""Zoom's REST as values: odd answers, waiting times, and what a refusal may say."""

from typing import Any

import msgspec
import pytest

from guardian.adapters.zoom import wire_calls, wire_refusals, wire_rest
from guardian.adapters.zoom.wire_calls import NewRegistrant
from guardian.errors import NotSupportedError, PermanentError, PlatformError, TemporaryError

NOW = 1_795_251_600.0  # 2026-11-21 09:00:00 UTC
CALL = wire_calls.remove_participant("81234567890", "P-1")


def settings(**fields: Any) -> wire_rest.MeetingSettings:
    body = {"uuid": "I==", "host_id": "ExHost", **fields.pop("meeting", {}), "settings": fields}
    return wire_rest.meeting("81234567890", msgspec.json.encode(body))


def test_what_zoom_does_not_say_is_not_known() -> None:
    read = wire_rest.meeting("81234567890", b"{}")
    assert (read.waiting_room, read.join_before_host, read.approval, read.multiple_devices) == (None, None, None, None)
    assert (read.waits, read.host, read.passcode, read.alternative_hosts) == ("", "", False, ())


def test_settings_of_another_type_are_read_all_the_same_and_new_ones_passed_over() -> None:
    read = settings(waiting_room="true", approval_type="0", join_before_host=0, surprise={"a": [1]})
    assert (read.waiting_room, read.approval, read.join_before_host) == (True, 0, False)


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        ({"mode": "custom", "who_goes_to_waiting_room": "everyone"}, "everyone"),
        ({"mode": "custom", "who_goes_to_waiting_room": "users_not_in_account"}, "users_not_in_account"),
        ({"mode": "follow_setting", "who_goes_to_waiting_room": "everyone"}, ""),
        ({"mode": "custom"}, ""),
        (None, ""),
    ],
)
def test_who_waits_is_known_only_where_the_meeting_itself_says_so(options: Any, waits: str) -> None:
    assert settings(waiting_room=True, waiting_room_options=options).waits == waits


@pytest.mark.parametrize(
    ("link", "embedded"),
    [
        ("https://zoom.example/j/8?pwd=abc.1", True),
        ("https://zoom.example/j/8?tk=a&pwd=b", True),
        ("https://zoom.example/j/8", False),
        ("https://zoom.example/j/8?pwd=", False),
    ],
)
def test_a_passcode_in_the_link_is_noticed_and_neither_is_kept(link: str, embedded: bool) -> None:
    read = settings(meeting={"join_url": link, "password": "Ab3-topsecret"})
    assert (read.passcode, read.link_has_passcode) == (True, embedded)
    assert "topsecret" not in repr(read)
    assert "zoom.example" not in repr(read)


def test_alternative_hosts_are_told_apart_however_they_are_separated() -> None:
    read = settings(alternative_hosts="Ann@School.example; ben@school.example,cy@school.example;")
    assert read.alternative_hosts == ("ann@school.example", "ben@school.example", "cy@school.example")


@pytest.mark.parametrize(
    ("said", "shares"),
    [
        ({"who_can_share_screen": "host"}, False),
        ({"who_can_share_screen": "all"}, True),
        ({"screen_sharing": False, "who_can_share_screen": "all"}, False),
        ({"screen_sharing": True}, None),
        ({}, None),
    ],
)
def test_who_can_share_is_read_from_the_hosts_settings(said: dict[str, Any], shares: bool | None) -> None:
    assert wire_rest.host_settings(msgspec.json.encode({"in_meeting": said})).pupils_share is shares


def test_a_token_tells_its_scopes_and_hides_itself() -> None:
    read = wire_rest.token(b'{"access_token":"very-secret","expires_in":3599,"scope":"a:b c:d:e"}')
    assert (read.lasts, read.scopes) == (3599.0, frozenset({"a:b", "c:d:e"}))
    assert "very-secret" not in repr(read)
    with pytest.raises(TemporaryError):
        wire_rest.token(b"{}")


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("Sat, 21 Nov 2026 09:00:30 GMT", 30.0),
        ("2026-11-21T09:01:00Z", 60.0),
        ("2026-11-21T09:01:00", 60.0),
        ("Sat, 21 Nov 2026 08:00:00 GMT", 0.0),
        ("999999999", 86_400.0),
        ("soon", None),
        ("", None),
        (None, None),
        ("-5", None),
        ("9" * 400, None),
    ],
)
def test_a_wish_for_a_pause_is_read_in_each_form_and_bounded(text: str | None, delay: float | None) -> None:
    assert wire_refusals.seconds(text, NOW) == delay


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"code":300,"message":"a@example.org"}', PermanentError),
        (400, b"not json", PermanentError),
        (400, b'{"code":"4711","message":"x"}', NotSupportedError),
        (403, b"", NotSupportedError),
        (404, b"", PermanentError),
        (408, b"", TemporaryError),
        (429, b"", TemporaryError),
        (599, b"", TemporaryError),
    ],
)
def test_a_refusal_is_of_the_kind_that_says_whether_to_try_again(
    status: int, body: bytes, error: type[PlatformError]
) -> None:
    refused = wire_refusals.refusal(CALL, status, body, None, NOW)
    assert type(refused) is error
    assert "@" not in str(refused)
    assert CALL.what in str(refused)


def test_only_names_of_scopes_are_taken_from_zooms_text_and_few_of_them() -> None:
    names = ",".join(f"a:b{chr(97 + n)}:admin" for n in range(20))
    text = f"Invalid access token, does not contain scopes:[{names}] Ann Example <ann@example.org>"
    refused = wire_refusals.refusal(CALL, 400, msgspec.json.encode({"code": 4711, "message": text}), None, NOW)
    assert str(refused).count("a:b") == 5
    assert "Ann" not in str(refused)


def test_a_call_shows_neither_people_nor_passcodes() -> None:
    call = wire_calls.add_one("8", NewRegistrant("Ada", "Example", "ada@example.org"))
    assert b"ada@example.org" in (call.body or b"")
    assert "ada" not in repr(call)
    assert "topsecret" not in repr(wire_calls.change_meeting("8", {"password": "topsecret"}))


def test_a_page_token_of_zooms_cannot_add_to_the_query() -> None:
    assert wire_calls.list_registrants("8", "approved", "a&status=denied").path.count("status=") == 1
    assert "%2F" in wire_calls.read_meeting("8/../users").path
