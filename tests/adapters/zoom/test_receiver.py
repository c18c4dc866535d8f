"""One webhook request after the other: what is believed, taken, refused, and what Zoom is told."""

import json
from collections.abc import Mapping

import pytest

from guardian.adapters.zoom.receiver import ZoomHook
from guardian.adapters.zoom.wire_events import Delivery, Kind, decode
from guardian.errors import ConfigError, JournalError
from tests.adapters.zoom.bodies import NOW, SECRET, body, changed, headers, load

KNOCK = body("meeting.participant_joined_waiting_room.registrant")


class Desk:
    """Behind the hook: what was taken, how often an old one came, what was of no use."""

    def __init__(self, *secrets: str) -> None:
        self.taken: list[Delivery] = []
        self.stale = 0
        self.ignored: list[str] = []
        self.journal = True
        self.hook = ZoomHook(secrets or (SECRET,), self._take, self._stale, lambda: NOW, on_ignored=self.ignored.append)

    async def _take(self, delivery: Delivery) -> None:
        if not self.journal:
            raise JournalError("disk full")
        self.taken.append(delivery)

    def _stale(self) -> None:
        self.stale += 1

    async def status(self, given: Mapping[str, str], content: bytes) -> int:
        return (await self.hook.receive(given, content)).status

    @property
    def untouched(self) -> bool:
        """Nothing was read, nothing happened."""
        return not (self.taken or self.stale or self.ignored)


async def test_a_signed_event_is_taken_and_then_answered() -> None:
    desk = Desk()
    assert await desk.status(headers(KNOCK), KNOCK) == 204
    assert desk.taken == [decode(KNOCK)]


async def test_the_vector_is_taken() -> None:
    vector, desk = load("signature-vector"), Desk()
    given = {key: vector[key] for key in ("x-zm-request-timestamp", "x-zm-signature")}
    content = vector["raw_body"].encode()
    assert await desk.status(given | {"content-type": "application/json"}, content) == 204
    assert [delivery.kind for delivery in desk.taken] == [Kind.STARTED]


async def test_a_replayed_request_brings_the_same_happening_and_no_other() -> None:
    desk = Desk()
    assert [await desk.status(headers(KNOCK), KNOCK) for _ in range(3)] == [204, 204, 204]
    assert len({delivery.key for delivery in desk.taken}) == 1


async def test_a_retry_after_85_minutes_is_known_by_what_happened() -> None:
    desk = Desk()
    await desk.hook.receive(headers(KNOCK), KNOCK)
    again = changed("meeting.participant_joined_waiting_room.registrant", event_ts=int(NOW * 1000))
    assert await desk.status(headers(again), again) == 204
    assert desk.taken[0].key == desk.taken[1].key


@pytest.mark.parametrize(
    "others", [{"x-zm-signature": "v0=00"}, {"x-zm-signature": ""}, {"x-zm-request-timestamp": "1"}]
)
async def test_a_forged_request_is_refused_unread(others: dict[str, str]) -> None:
    desk = Desk()
    assert await desk.status(headers(KNOCK, others), KNOCK) == 401
    assert desk.untouched


async def test_a_request_without_headers_is_refused_unread() -> None:
    desk = Desk()
    assert await desk.status({}, KNOCK) == 401
    assert desk.untouched


async def test_a_body_that_was_changed_on_the_way_is_refused() -> None:
    desk = Desk()
    assert await desk.status(headers(KNOCK), KNOCK.replace(b"Ada", b"Eve")) == 401
    assert desk.untouched


@pytest.mark.parametrize("age", [600, -600])
@pytest.mark.parametrize("content", [KNOCK, b"no json"])
async def test_a_signed_but_old_request_is_refused_unread_and_wakes_somebody(age: int, content: bytes) -> None:
    desk = Desk()
    assert await desk.status(headers(content, at=NOW - age), content) == 401
    assert (desk.stale, desk.taken, desk.ignored) == (1, [], [])


async def test_a_forged_and_old_request_wakes_nobody() -> None:
    desk = Desk()
    assert await desk.status(headers(KNOCK, at=NOW - 600, secret="another"), KNOCK) == 401
    assert desk.untouched


@pytest.mark.parametrize("content", [KNOCK[:-20], b"", b"[]", b"\xff\xfe", changed("meeting.started", of={"uuid": ""})])
async def test_what_is_signed_but_unreadable_is_a_bad_request(content: bytes) -> None:
    desk = Desk()
    assert await desk.status(headers(content), content) == 400
    assert desk.untouched


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
async def test_another_content_type_is_a_bad_request(kind: str) -> None:
    desk = Desk()
    assert await desk.status(headers(KNOCK, {"content-type": kind}), KNOCK) == 400
    assert desk.untouched


async def test_an_address_is_proven_as_the_example_shows() -> None:
    desk, content = Desk(), body("endpoint.url_validation.request")
    reply = await desk.hook.receive(headers(content), content)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert json.loads(reply.body) == load("endpoint.url_validation.response")
    assert desk.untouched


async def test_while_the_secret_is_being_changed_an_address_is_proven_with_the_one_that_asked() -> None:
    content = body("endpoint.url_validation.request")
    for desk in (Desk("new-secret", SECRET), Desk(SECRET, "new-secret")):
        reply = await desk.hook.receive(headers(content), content)
        assert json.loads(reply.body) == load("endpoint.url_validation.response")
        assert await desk.status(headers(KNOCK, secret="new-secret"), KNOCK) == 204


@pytest.mark.parametrize("forged", [True, False])
async def test_an_address_is_proven_to_nobody_else(forged: bool) -> None:
    desk, content = Desk(), b'{"event":"endpoint.url_validation","payload":{}}'
    if forged:
        content = body("endpoint.url_validation.request")
    reply = await desk.hook.receive(headers(content, secret="another" if forged else SECRET), content)
    assert (reply.status, reply.body) == (401 if forged else 400, b"")


async def test_while_the_journal_is_away_zoom_is_asked_to_come_again() -> None:
    desk = Desk()
    desk.journal = False
    assert await desk.status(headers(KNOCK), KNOCK) == 503
    desk.journal = True
    assert await desk.status(headers(KNOCK), KNOCK) == 204
    assert len(desk.taken) == 1


@pytest.mark.parametrize("name", ["meeting.chat_message_sent", "meeting.alert", "meeting.participant_jbh_waiting"])
async def test_an_event_of_no_use_is_counted_and_answered(name: str) -> None:
    desk, content = Desk(), body(name)
    assert await desk.status(headers(content), content) == 204
    assert (desk.ignored, desk.taken) == ([name], [])


async def test_an_event_that_nobody_knows_is_counted_and_answered() -> None:
    desk, content = Desk(), b'{"event":"meeting.brand_new","payload":[1]}'
    assert await desk.status(headers(content), content) == 204
    assert desk.ignored == ["meeting.brand_new"]


@pytest.mark.parametrize("secrets", [(), ("",), (SECRET, "")])
def test_there_is_no_hook_without_its_secret(secrets: tuple[str, ...]) -> None:
    async def take(_: Delivery) -> None:
        raise AssertionError

    with pytest.raises(ConfigError):
        ZoomHook(secrets, take, lambda: None, lambda: NOW)


def test_no_secret_is_shown() -> None:
    assert SECRET not in repr(Desk().hook)
