"""The REST subset: what it answers, what it changes, and how it says no."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, ClientTimeout
from yarl import URL

from guardian.world.zoom import ALL_SCOPES, By, Face, Faults, Meeting, Settings, ZoomWorld
from tests.world.zoom.stand_ins import NUMBER, school

Answer = tuple[int, Any, Mapping[str, str]]


class Caller:
    """One app of the account, with its token."""

    def __init__(self, world: ZoomWorld, session: ClientSession) -> None:
        self.world = world
        self.session = session
        self.bearer = ""

    async def login(self, secret: str | None = None, **form: str) -> Answer:
        world = self.world
        pair = f"{world.client_id}:{secret or world.client_secret}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        fields = {"grant_type": "account_credentials", "account_id": world.account_id} | form
        async with self.session.post(f"{world.oauth_url}/token", data=fields, headers=headers) as answer:
            said = await answer.json()
            self.bearer = said.get("access_token", self.bearer)
            return answer.status, said, answer.headers

    async def call(self, method: str, path: str, body: Any = None, timeout: float = 5.0) -> Answer:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        url = URL(self.world.api_url + path, encoded=True)
        async with self.session.request(
            method, url, json=body, headers=headers, timeout=ClientTimeout(total=timeout)
        ) as answer:
            said = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, said, answer.headers


@asynccontextmanager
async def calling(
    meeting_settings: Mapping[str, Any] | None = None, **settings: Any
) -> AsyncIterator[tuple[Caller, Meeting]]:
    world, meeting = school(Settings(**settings), **(meeting_settings or {}))
    async with world, ClientSession() as session:
        caller = Caller(world, session)
        await caller.login()
        yield caller, meeting


async def test_a_token_says_how_long_it_lives_and_what_it_may() -> None:
    async with calling() as (caller, _):
        status, said, _ = await caller.login()
    assert status == 200
    assert (said["token_type"], said["expires_in"]) == ("bearer", 3600)
    assert set(said["scope"].split()) == ALL_SCOPES


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"secret": "wrong"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"account_id": "another"}, "invalid_request"),
    ],
)
async def test_wrong_credentials_give_no_token(change: dict[str, str], error: str) -> None:
    async with calling() as (caller, _):
        status, said, _ = await caller.login(**change)
    assert (status, said["error"]) == (400, error)


async def test_expired_revoked_and_unknown_tokens_are_refused() -> None:
    now = [1_000.0]
    async with calling(clock=lambda: now[0], limits=False) as (caller, _):
        now[0] += 3600
        expired = await caller.call("GET", f"/meetings/{NUMBER}")
        await caller.login()
        assert (await caller.call("GET", f"/meetings/{NUMBER}"))[0] == 200
        caller.world.revoke_tokens()
        revoked = await caller.call("GET", f"/meetings/{NUMBER}")
        caller.bearer = "nonsense"
        unknown = await caller.call("GET", f"/meetings/{NUMBER}")
    assert [(one[0], one[1]["code"]) for one in (expired, revoked, unknown)] == [(401, 124)] * 3


async def test_a_missing_scope_is_named() -> None:
    missing = "meeting:update:in_meeting_controls:admin"
    async with calling(scopes=ALL_SCOPES - {missing}) as (caller, _):
        status, said, _ = await caller.call("PATCH", f"/live_meetings/{NUMBER}/events", {})
    assert (status, said["code"]) == (400, 4711)
    assert missing in said["message"]


async def test_settings_are_read_changed_and_read_back() -> None:
    async with calling() as (caller, meeting):
        change = {"settings": {"waiting_room": False, "join_before_host": True}, "password": "123456"}
        assert (await caller.call("PATCH", f"/meetings/{NUMBER}", change))[0] == 204
        _, said, _ = await caller.call("GET", f"/meetings/{NUMBER}")
    assert (said["id"], said["password"], said["host_email"]) == (int(NUMBER), "123456", "teacher@example.org")
    assert (said["settings"]["waiting_room"], said["settings"]["join_before_host"]) == (False, True)
    assert not meeting.waiting_room
    assert caller.world.ledger.of("settings")[0].detail == "join_before_host waiting_room"
    assert [entry.by for entry in caller.world.ledger.of("passcode")] == [By.REST]


async def test_the_public_link_holds_the_passcode_only_where_the_host_wants_it() -> None:
    async with calling() as (caller, meeting):
        _, before, _ = await caller.call("GET", f"/meetings/{NUMBER}")
        caller.world.users[meeting.host_id].settings["schedule_meeting"]["embed_password_in_join_link"] = True
        _, after, _ = await caller.call("GET", f"/meetings/{NUMBER}")
    assert "pwd=" not in before["join_url"]
    assert after["join_url"].endswith(f"?pwd={meeting.passcode}")


async def test_what_does_not_exist_is_not_found() -> None:
    async with calling() as (caller, _):
        meeting = await caller.call("GET", "/meetings/1")
        user = await caller.call("GET", "/users/nobody/settings")
    assert [(one[0], one[1]["code"]) for one in (meeting, user)] == [(404, 3001), (404, 1001)]


async def test_an_instance_whose_uuid_has_slashes_is_named_double_encoded() -> None:
    async with calling(plan="business") as (caller, meeting):
        meeting.instance = "/ab//c=="
        await meeting.start()
        path = quote(quote(meeting.instance, safe=""), safe="")
        status, said, _ = await caller.call("GET", f"/metrics/meetings/{path}/participants?type=live")
    assert (status, [one["role"] for one in said["participants"]]) == (200, ["host"])


async def test_the_dashboard_is_only_in_the_business_plan() -> None:
    async with calling() as (caller, _):
        status, said, _ = await caller.call("GET", f"/metrics/meetings/{NUMBER}/participants?type=live")
    assert (status, said["code"]) == (400, 200)


async def test_registrants_are_added_listed_and_denied() -> None:
    async with calling({"approval_type": 1}) as (caller, meeting):
        one = {"first_name": "Ada", "email": "ada@example.org", "auto_approve": True}
        status, made, _ = await caller.call("POST", f"/meetings/{NUMBER}/registrants", one)
        assert status == 201
        assert "tk=" in made["join_url"]
        many = {"registrants": [{"first_name": "Ben", "email": "ben@example.org"}]}
        assert (await caller.call("POST", f"/meetings/{NUMBER}/batch_registrants", many))[0] == 201
        _, approved, _ = await caller.call("GET", f"/meetings/{NUMBER}/registrants?status=approved")
        _, pending, _ = await caller.call("GET", f"/meetings/{NUMBER}/registrants?status=pending")
        assert [row["first_name"] for row in approved["registrants"]] == ["Ada"]
        assert [row["first_name"] for row in pending["registrants"]] == ["Ben"]
        inside = await meeting.knock(Face("Ada", registrant=made["registrant_id"]))
        deny = {"action": "deny", "registrants": [{"id": made["registrant_id"]}]}
        assert (await caller.call("PUT", f"/meetings/{NUMBER}/registrants/status", deny))[0] == 204
        again = await meeting.knock(Face("Ada", registrant=made["registrant_id"]))
    assert (inside.state, again.state) == ("waiting", "out")


async def test_registrants_come_in_pages() -> None:
    async with calling({"approval_type": 0}) as (caller, meeting):
        for number in range(3):
            caller.world.register(meeting, f"Child {number}", "", f"{number}@example.org")
        path, names, page = f"/meetings/{NUMBER}/registrants?page_size=2&next_page_token=", [], ""
        for _ in range(2):
            _, said, _ = await caller.call("GET", path + page)
            names += [row["first_name"] for row in said["registrants"]]
            page = said["next_page_token"]
    assert (names, page) == (["Child 0", "Child 1", "Child 2"], "")


async def test_a_registrant_is_added_three_times_a_day_and_changed_ten_times() -> None:
    now = [1_000.0]
    async with calling({"approval_type": 0}, clock=lambda: now[0]) as (caller, _):
        one = {"first_name": "Ada", "email": "ada@example.org"}
        added = []
        for _ in range(4):
            now[0] += 1
            added.append(await caller.call("POST", f"/meetings/{NUMBER}/registrants", one))
        change = {"action": "approve", "registrants": [{"id": added[0][1]["registrant_id"]}]}
        changed = []
        for _ in range(11):
            now[0] += 1
            changed.append((await caller.call("PUT", f"/meetings/{NUMBER}/registrants/status", change))[0])
    assert [one[0] for one in added] == [201, 201, 201, 429]
    assert "Retry-After" not in added[3][2]
    assert changed == [204] * 10 + [429]


@pytest.mark.parametrize("hint", [True, False])
async def test_calls_beyond_the_plans_rate_are_refused_with_or_without_a_hint(hint: bool) -> None:
    now = [1_000.0]
    async with calling(plan="free", clock=lambda: now[0], retry_after=hint) as (caller, _):
        answers = [await caller.call("GET", f"/meetings/{NUMBER}") for _ in range(5)]
        now[0] += 1
        answers.append(await caller.call("GET", f"/meetings/{NUMBER}"))
    assert [one[0] for one in answers] == [200] * 4 + [429, 200]
    assert answers[4][2].get("Retry-After") == ("1" if hint else None)


async def test_a_participant_is_removed_and_the_meeting_ended() -> None:
    async with calling() as (caller, meeting):
        await meeting.start()
        guest = await meeting.knock(Face("stranger"))
        meeting.host_admits(guest)
        body = {"method": "participant.remove", "params": {"participant_uuid": guest.uuid}}
        assert (await caller.call("PATCH", f"/live_meetings/{NUMBER}/events", body))[0] == 202
        again = await caller.call("PATCH", f"/live_meetings/{NUMBER}/events", body)
        assert (guest.state, again[0]) == ("out", 404)
        assert (await caller.call("PUT", f"/meetings/{NUMBER}/status", {"action": "end"}))[0] == 204
    assert [entry.by for entry in caller.world.ledger.of("removed")] == [By.REST]
    assert [entry.by for entry in caller.world.ledger.of("ended")] == [By.REST]


async def test_whether_removal_works_on_the_waiting_can_be_chosen() -> None:
    async with calling(rest_removes_waiting=False) as (caller, meeting):
        guest = await meeting.knock(Face("stranger"))
        body = {"method": "participant.remove", "params": {"participant_uuid": guest.uuid}}
        status, _, _ = await caller.call("PATCH", f"/live_meetings/{NUMBER}/events", body)
    assert (status, guest.state) == (404, "waiting")


async def test_an_ok_can_be_without_effect() -> None:
    faults = Faults(no_effect={"rest:remove": 1, "rest:end": 1, "rest:patch": 1})
    async with calling(faults=faults) as (caller, meeting):
        await meeting.start()
        guest = await meeting.knock(Face("stranger"))
        body = {"method": "participant.remove", "params": {"participant_uuid": guest.uuid}}
        assert (await caller.call("PATCH", f"/live_meetings/{NUMBER}/events", body))[0] == 202
        assert (await caller.call("PUT", f"/meetings/{NUMBER}/status", {"action": "end"}))[0] == 204
        assert (await caller.call("PATCH", f"/meetings/{NUMBER}", {"settings": {"waiting_room": False}}))[0] == 204
        assert (guest.state, meeting.status, meeting.waiting_room) == ("waiting", "started", True)
        assert len(caller.world.ledger.of("no_effect")) == 3
        assert (await caller.call("PATCH", f"/live_meetings/{NUMBER}/events", body))[0] == 202
    assert guest.state == "out"


async def test_a_storm_strikes_as_often_as_it_was_asked_to() -> None:
    async with calling() as (caller, _):
        caller.world.faults.trip(429, 2, path="/meetings/", retry_after=7)
        caller.world.faults.trip(500, 1, method="GET")
        answers = [await caller.call("GET", f"/meetings/{NUMBER}") for _ in range(4)]
        calls = [call.status for call in caller.world.calls]
    assert [one[0] for one in answers] == calls == [429, 429, 500, 200]
    assert answers[0][2]["Retry-After"] == "7"


async def test_a_call_can_be_left_without_an_answer() -> None:
    async with calling() as (caller, _):
        caller.world.faults.trip(0, 1)
        with pytest.raises(asyncio.TimeoutError):
            await caller.call("GET", f"/meetings/{NUMBER}", timeout=0.05)
        assert (await caller.call("GET", f"/meetings/{NUMBER}"))[0] == 200


async def test_the_hosts_settings_are_read() -> None:
    async with calling() as (caller, meeting):
        status, said, _ = await caller.call("GET", f"/users/{meeting.host_id}/settings")
    assert status == 200
    assert said["in_meeting"]["who_can_share_screen"] == "host"


async def test_adding_the_panels_app_sends_the_host_back_with_a_code_for_one_use() -> None:
    world, _ = school()
    async with world, ClientSession() as session:
        query = {"client_id": world.panel_client_id, "redirect_uri": "http://127.0.0.1/zoom/oauth", "state": "s"}
        async with session.get(f"{world.oauth_url}/authorize", params=query, allow_redirects=False) as sent:
            code = sent.headers["Location"].partition("code=")[2].partition("&")[0]
        pair = f"{world.panel_client_id}:{world.panel_client_secret}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": query["redirect_uri"]}
        statuses = []
        for _ in range(2):
            async with session.post(f"{world.oauth_url}/token", data=form, headers=headers) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 400]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", f"/meetings/{NUMBER}", ["no object"], 400),
        ("PATCH", f"/meetings/{NUMBER}", {"settings": {"waiting_rom": True}}, 400),
        ("PUT", f"/meetings/{NUMBER}/status", {"action": "lock"}, 400),
        ("PUT", f"/meetings/{NUMBER}/status", {"action": "end"}, 400),
        ("PATCH", f"/live_meetings/{NUMBER}/events", {"method": "participant.admit", "params": {}}, 400),
        ("POST", f"/meetings/{NUMBER}/registrants", {"first_name": "Ada", "email": "none"}, 400),
        ("POST", f"/meetings/{NUMBER}/batch_registrants", {"registrants": []}, 400),
        ("PUT", f"/meetings/{NUMBER}/registrants/status", {"action": "approve", "registrants": [{"id": "x"}]}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused(method: str, path: str, body: Any, status: int) -> None:
    async with calling({"approval_type": 0}) as (caller, _):
        answered, said, _ = await caller.call(method, path, body)
    assert answered == status
    assert set(said) == {"code", "message"}


async def test_there_are_no_registrants_where_registration_is_off() -> None:
    async with calling() as (caller, _):
        one = {"first_name": "Ada", "email": "ada@example.org"}
        status, _, _ = await caller.call("POST", f"/meetings/{NUMBER}/registrants", one)
    assert status == 404
