"""Zoom's REST over a real loopback socket: the token, the pace, the errors, and every call that we make."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from guardian.adapters.zoom.rest import ZoomRest, limits_of, new_passcode
from guardian.adapters.zoom.wire_calls import PER_SECOND, NewRegistrant, Weight
from guardian.errors import LoginRefusedError, NotSupportedError, PermanentError, PlatformError, TemporaryError
from tests.support.zoom_rest import (
    NUMBER,
    SECRET,
    Asked,
    Hands,
    Refuses,
    ZoomStandIn,
    client_of,
    trouble,
    zoom_rest,
)

ADA = NewRegistrant("Ada", "Example", "ada.parent@example.org")


@pytest.fixture
async def zoom() -> AsyncIterator[ZoomStandIn]:
    async with zoom_rest() as running:
        yield running


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def rest(zoom: ZoomStandIn, hands: Hands) -> AsyncIterator[ZoomRest]:
    async with client_of(zoom, hands) as client:
        yield client


def last(zoom: ZoomStandIn) -> Asked:
    return zoom.asked[-1]


class Turnstile:
    """A limit that counts who passes, and can be closed."""

    def __init__(self) -> None:
        self.passed = 0
        self.waiting = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def __aenter__(self) -> None:
        self.waiting.set()
        await self.open.wait()
        self.passed += 1

    async def __aexit__(self, *_: object) -> None:
        return None


# --- the token -------------------------------------------------------------------------------------------------------


async def test_one_token_serves_many_calls_and_is_renewed_before_it_ends(
    zoom: ZoomStandIn, rest: ZoomRest, hands: Hands
) -> None:
    await rest.meeting(NUMBER)
    await rest.meeting(NUMBER)
    assert len(zoom.logins) == 1
    hands.now += 3600.0 - 299.0
    await rest.meeting(NUMBER)
    assert len(zoom.logins) == 2
    assert last(zoom).headers["Authorization"] == "Bearer token-2"


async def test_many_calls_at_once_renew_the_token_once(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.login_gate = asyncio.Event()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        tasks = [group.create_task(rest.token()) for _ in range(5)]
        await asyncio.sleep(0)
        zoom.login_gate.set()
    assert {task.result() for task in tasks} == {"token-1"}
    assert len(zoom.logins) == 1


async def test_a_revoked_token_is_renewed_once_and_the_call_made_again(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    await rest.meeting(NUMBER)
    zoom.valid.clear()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(rest.remove(NUMBER, f"P-{number}"))
    assert len(zoom.logins) == 2


async def test_a_token_that_is_never_accepted_is_a_refused_login_after_one_renewal(
    zoom: ZoomStandIn, rest: ZoomRest
) -> None:
    zoom.instead = [trouble(401, 124), trouble(401, 124)]
    with pytest.raises(LoginRefusedError, match="remove a person"):
        await rest.remove(NUMBER, "P-1")
    assert len(zoom.logins) == 2


async def test_a_fresh_token_is_another_one_each_time(rest: ZoomRest) -> None:
    assert [await rest.token(), await rest.token(fresh=True), await rest.token()] == ["token-1", "token-2", "token-2"]


async def test_a_login_tells_the_scopes_and_wrong_credentials_are_refused_without_showing_them(
    zoom: ZoomStandIn, rest: ZoomRest
) -> None:
    assert await rest.login() == frozenset(zoom.scopes)
    async with client_of(zoom, secret="wrong-and-secret") as other:
        with pytest.raises(LoginRefusedError) as refused:
            await other.login()
    assert "wrong-and-secret" not in str(refused.value) + repr(other)
    assert "client_secret" in str(refused.value)


async def test_a_login_that_fails_for_now_is_temporary(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.login_instead = [trouble(429, Retry_After="3"), trouble(503), Refuses(200, b"<html>")]
    with pytest.raises(TemporaryError) as limited:
        await rest.login()
    assert limited.value.delay == 3.0
    for _ in range(2):
        with pytest.raises(TemporaryError):
            await rest.login()


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error", "delay"),
    [
        (trouble(429, Retry_After="7"), TemporaryError, 7.0),
        (trouble(429), TemporaryError, None),
        (trouble(500), TemporaryError, None),
        (trouble(503, Retry_After="2"), TemporaryError, 2.0),
        (trouble(400, 300, "Ann Example <ann@example.org> is wrong"), PermanentError, None),
        (trouble(404, 3001, "Meeting of Ann Example does not exist"), PermanentError, None),
        (trouble(403, 0, "forbidden to ann@example.org"), NotSupportedError, None),
        (Refuses(302, b"", {"Location": "https://elsewhere.example/"}), PermanentError, None),
    ],
)
async def test_an_answer_becomes_the_error_that_says_what_to_do_and_names_nobody(
    zoom: ZoomStandIn, rest: ZoomRest, answer: Refuses, error: type[PlatformError], delay: float | None
) -> None:
    zoom.instead = [answer]
    with pytest.raises(error) as raised:
        await rest.end(NUMBER)
    assert "Ann" not in str(raised.value)
    assert "@" not in str(raised.value)
    assert len(str(raised.value)) < 300
    assert getattr(raised.value, "delay", None) == delay
    assert len(zoom.asked) == 1, "what changes something is not asked twice here"


@pytest.mark.parametrize("status", [400, 401])
async def test_a_missing_scope_is_named(zoom: ZoomStandIn, rest: ZoomRest, status: int) -> None:
    scopes = "meeting:update:in_meeting_controls:admin, meeting:update:in_meeting_controls"
    zoom.instead = [trouble(status, 4711, f"Invalid access token, does not contain scopes:[{scopes}].")]
    with pytest.raises(NotSupportedError, match="lacks the scope meeting:update:in_meeting_controls:admin"):
        await rest.remove(NUMBER, "P-1")
    assert len(zoom.logins) == 1


async def test_no_answer_and_no_server_are_temporary_and_show_no_address(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    await rest.token()
    rest.timeout = 0.05
    await rest.close()
    zoom.instead = [Refuses(0)]
    with pytest.raises(TemporaryError, match="did not answer within"):
        await rest.end(NUMBER)
    zoom.port = 9
    async with client_of(zoom) as nowhere:
        with pytest.raises(TemporaryError) as unreachable:
            await nowhere.login()
    assert "127.0.0.1" not in str(unreachable.value)


async def test_an_endless_answer_and_one_that_is_no_json_are_temporary(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    for body in (b"x" * 5_000_000, b"<html>", b'{"settings": 7}'):
        zoom.instead = [Refuses(200, body)] * 2
        with pytest.raises(TemporaryError):
            await rest.meeting(NUMBER)
        zoom.instead = []


async def test_a_read_is_tried_once_more_after_a_short_pause_only(
    zoom: ZoomStandIn, rest: ZoomRest, hands: Hands
) -> None:
    zoom.instead = [trouble(429, Retry_After="2")]
    assert (await rest.meeting(NUMBER)).waiting_room is True
    assert hands.slept == [2.0]
    zoom.instead = [trouble(500), trouble(500)]
    with pytest.raises(TemporaryError):
        await rest.meeting(NUMBER)
    zoom.instead = [trouble(429, Retry_After="60")]
    with pytest.raises(TemporaryError) as later:
        await rest.meeting(NUMBER)
    assert later.value.delay == 60.0
    assert hands.slept == [2.0, 0.5]


# --- the pace --------------------------------------------------------------------------------------------------------


async def test_each_class_of_calls_has_one_limit_for_all_meetings(rest: ZoomRest) -> None:
    light, medium, heavy = Turnstile(), Turnstile(), Turnstile()
    rest.limits = {Weight.LIGHT: light, Weight.MEDIUM: medium, Weight.HEAVY: heavy}
    await rest.meeting(NUMBER)
    with pytest.raises(PermanentError):
        await rest.remove("99999999999", "P-1")
    await rest.registrants(NUMBER)
    await rest.participants("Instance==")
    assert (light.passed, medium.passed, heavy.passed) == (2, 1, 1)


async def test_a_call_waits_for_its_limit(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    light = Turnstile()
    light.open.clear()
    rest.limits = {**rest.limits, Weight.LIGHT: light}
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(rest.end(NUMBER))
        await light.waiting.wait()
        assert zoom.asked == []
        light.open.set()
    assert len(zoom.asked) == 1


def test_every_plan_has_a_limit_for_every_class() -> None:
    for plan, rates in PER_SECOND.items():
        assert set(limits_of(plan)) == set(Weight) == set(rates)
        assert all(0 < rate <= 80 for rate in rates.values())


# --- calls -----------------------------------------------------------------------------------------------------------


async def test_removing_and_ending_speak_zooms_words(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    await rest.remove(NUMBER, "A1A1A1A1-0000-4000-8000-0000000000EE")
    assert zoom.paths()[-1] == ("PATCH", f"/v2/live_meetings/{NUMBER}/events")
    params = {"participant_uuid": "A1A1A1A1-0000-4000-8000-0000000000EE"}
    assert last(zoom).body == {"method": "participant.remove", "params": params}
    await rest.end(NUMBER)
    assert (*zoom.paths()[-1], last(zoom).body) == ("PUT", f"/v2/meetings/{NUMBER}/status", {"action": "end"})


async def test_settings_are_changed_and_read_back(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    await rest.patch(NUMBER, {"waiting_room": False})
    assert last(zoom).body == {"settings": {"waiting_room": False}}
    assert (await rest.meeting(NUMBER)).waiting_room is False


async def test_a_rotation_sets_a_new_passcode_each_time(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    await rest.rotate(NUMBER)
    first = zoom.meeting["password"]
    await rest.rotate(NUMBER)
    assert len({first, zoom.meeting["password"], "Ab3-xxxxxx"}) == 3
    assert first not in repr(await rest.meeting(NUMBER))


def test_a_passcode_has_a_letter_of_either_case_a_digit_and_a_sign_that_zoom_takes() -> None:
    for code in {new_passcode() for _ in range(50)}:
        assert len(code) == 10
        assert any(c.isupper() for c in code)
        assert any(c.islower() for c in code)
        assert any(c.isdigit() for c in code)
        assert set(code) & set("@-_*")
        assert all(c.isalnum() or c in "@-_*" for c in code)


@pytest.mark.parametrize(
    ("instance", "segment"),
    [
        ("ExMeetingUuidAAAAAAAA==", "ExMeetingUuidAAAAAAAA%3D%3D"),
        ("/abc==", "%252Fabc%253D%253D"),
        ("a//b==", "a%252F%252Fb%253D%253D"),
        ("a/b==", "a%2Fb%3D%3D"),
    ],
)
async def test_a_meeting_uuid_reaches_the_server_encoded_as_zoom_wants_it(
    zoom: ZoomStandIn, rest: ZoomRest, instance: str, segment: str
) -> None:
    assert await rest.participants(instance) == []
    assert last(zoom).path == f"/v2/metrics/meetings/{segment}/participants"
    assert last(zoom).query["type"] == "live"


async def test_the_dashboard_is_read_to_its_last_page_and_only_who_is_inside(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.live = [
        {"participant_uuid": "P-1", "user_id": 16778240, "user_name": "Tess", "id": "ExHost", "role": "Co-Host"},
        {"participant_uuid": "P-2", "user_name": "Ada", "registrant_id": "R-1", "email": "a@example.org", "role": ""},
        {"participant_uuid": "P-3", "user_name": "Gone", "leave_time": "2026-11-21T09:00:00Z"},
        {"participant_uuid": "P-4", "user_name": "Waits", "status": "in_waiting_room"},
        {"participant_uuid": "P-5", "user_name": "Ben", "role": "Attendee", "id": ""},
    ]
    found = await rest.participants("Instance==")
    assert [(p.uuid, p.user_id, p.account, p.registrant, p.moderator) for p in found] == [
        ("P-1", "16778240", "ExHost", "", True),
        ("P-2", "", "", "R-1", None),
        ("P-5", "", "", "", False),
    ]
    assert "Ada" not in repr(found)


@pytest.mark.parametrize("plan", ["free", "pro"])
async def test_a_plan_without_a_dashboard_is_told_without_asking(zoom: ZoomStandIn, plan: str) -> None:
    async with client_of(zoom, plan=plan) as rest:
        with pytest.raises(NotSupportedError, match=plan):
            await rest.participants("Instance==")
    assert zoom.asked == []


async def test_a_dashboard_that_zoom_does_not_sell_here_is_not_supported(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.instead = [trouble(400, 200, "Only available for Paid or ZMP account: ExAcct.")]
    with pytest.raises(NotSupportedError, match="plan"):
        await rest.participants("Instance==")


async def test_zooms_clock_is_read(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.clock_off = 3600.0
    ahead = await rest.server_time()
    zoom.clock_off = 0.0
    present = await rest.server_time()
    assert ahead is not None
    assert present is not None
    assert ahead - present > 3000.0


# --- registrants -----------------------------------------------------------------------------------------------------


async def test_registrants_are_listed_to_the_last_page_by_status(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.registrants = [{"id": f"R-{n}", "status": "approved", "first_name": "A", "email": "x"} for n in range(5)]
    zoom.registrants.append({"id": "R-9", "status": "pending"})
    assert [each.id for each in await rest.registrants(NUMBER)] == [f"R-{n}" for n in range(5)]
    assert [each.id for each in await rest.registrants(NUMBER, "pending")] == ["R-9"]
    assert [asked.query.get("next_page_token") for asked in zoom.asked] == [None, "2", "4", None]


async def test_registering_one_gives_their_personal_link_which_no_repr_shows(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    made = await rest.add_registrant(NUMBER, ADA)
    assert (made.id, made.join_url) == ("R-ada.parent@example.org", f"https://zoom.example/w/{NUMBER}?tk=secret")
    assert "tk=" not in repr(made)
    assert "Ada" not in repr(ADA)
    assert last(zoom).body["auto_approve"] is True


async def test_many_are_registered_in_batches(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    people = [NewRegistrant("C", str(n), f"c{n}@example.org") for n in range(65)]
    made = await rest.add_registrants(NUMBER, people)
    assert [each.email for each in made] == [each.email for each in people]
    assert [len(asked.body["registrants"]) for asked in zoom.asked] == [30, 30, 5]


async def test_registrations_are_approved_denied_and_cancelled(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    for action in ("approve", "deny", "cancel"):
        await rest.set_registrants(NUMBER, action, ["R-1", "R-2"])
        assert last(zoom).body == {"action": action, "registrants": [{"id": "R-1"}, {"id": "R-2"}]}
    await rest.set_registrants(NUMBER, "approve", [])
    assert len(zoom.asked) == 3


async def test_the_fourth_registration_of_one_address_a_day_is_refused_before_zoom_does(
    zoom: ZoomStandIn, rest: ZoomRest, hands: Hands
) -> None:
    for _ in range(3):
        await rest.add_registrant(NUMBER, ADA)
    again = NewRegistrant("Other", "Name", "ADA.parent@example.org")
    with pytest.raises(PermanentError, match="3 times a day") as refused:
        await rest.add_registrants(NUMBER, [NewRegistrant("Ben", "B", "ben@example.org"), again])
    assert "@" not in str(refused.value)
    assert len(zoom.asked) == 3
    hands.now += 86_400.0
    await rest.add_registrant(NUMBER, ADA)
    assert len(zoom.asked) == 4


async def test_the_eleventh_change_of_one_registration_a_day_is_refused_and_failures_do_not_count(
    zoom: ZoomStandIn, rest: ZoomRest
) -> None:
    zoom.instead = [trouble(500)] * 4
    for _ in range(4):
        with pytest.raises(TemporaryError):
            await rest.set_registrants(NUMBER, "approve", ["R-1"])
    for _ in range(10):
        await rest.set_registrants(NUMBER, "approve", ["R-1"])
    with pytest.raises(PermanentError, match="10 times a day"):
        await rest.set_registrants(NUMBER, "deny", ["R-2", "R-1"])
    await rest.set_registrants(NUMBER, "deny", ["R-2"])


async def test_a_closed_client_opens_again_on_the_next_call(rest: ZoomRest) -> None:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(rest.close)
        await rest.meeting(NUMBER)
        await rest.close()
        await rest.close()
        assert (await rest.meeting(NUMBER)).number == NUMBER
    assert SECRET not in repr(rest)
