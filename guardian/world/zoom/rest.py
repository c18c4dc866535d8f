"""The REST subset: its routes, and the calls about meetings.

May live here: paths, scopes, what is read and written. May not: rules of meetings; registrants (rest_registrants.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from guardian.world.zoom import acts, bodies
from guardian.world.zoom.faults import spend
from guardian.world.zoom.gate import Gate, Refusal
from guardian.world.zoom.guest import Guest
from guardian.world.zoom.ledger import By
from guardian.world.zoom.meeting import Meeting
from guardian.world.zoom.rest_registrants import RegistrantCalls, fields_of
from guardian.world.zoom.stage import Stage

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_TOP = {"topic", "password", "duration", "timezone", "start_time"}


class Rest:
    """`/v2`: what the account's app may call."""

    def __init__(self, stage: Stage, gate: Gate, meetings: Mapping[str, Meeting]) -> None:
        self._stage = stage
        self._gate = gate
        self._meetings = meetings

    def routes(self) -> list[web.RouteDef]:
        """Every call with its scope and its class of limit."""
        people = RegistrantCalls(self._gate, self.meeting)
        one = "/v2/meetings/{id}"
        table: list[tuple[str, str, str, str, Handler]] = [
            ("GET", one, "meeting:read:meeting", "light", self._read),
            ("PATCH", one, "meeting:update:meeting", "light", self._patch),
            ("PUT", one + "/status", "meeting:update:status", "light", self._status),
            ("GET", one + "/registrants", "meeting:read:list_registrants", "medium", people.listed),
            ("POST", one + "/registrants", "meeting:write:registrant", "light", people.add),
            ("POST", one + "/batch_registrants", "meeting:write:batch_registrants", "heavy", people.add_batch),
            ("PUT", one + "/registrants/status", "meeting:update:registrant_status", "medium", people.set_status),
            ("PATCH", "/v2/live_meetings/{id}/events", "meeting:update:in_meeting_controls", "light", self._live),
            ("GET", "/v2/users/{id}/settings", "user:read:settings", "medium", self._user),
            (
                "GET",
                "/v2/metrics/meetings/{id}/participants",
                "dashboard:read:list_meeting_participants",
                "heavy",
                self._people,
            ),
        ]
        return [
            web.route(method, path, self._guarded(f"{scope}:admin", weight, run))
            for method, path, scope, weight, run in table
        ]

    def meeting(self, request: web.Request) -> Meeting:
        """The meeting that the path names, by number or by the uuid of its instance."""
        named = unquote(request.match_info["id"])
        for meeting in self._meetings.values():
            if named in (meeting.number, meeting.instance):
                return meeting
        raise Refusal(404, 3001, f"Meeting does not exist: {named}.")

    def _guarded(self, scope: str, weight: str, run: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                await self._gate.tripped(request)
                self._gate.check(request, scope, weight)
                answer = await run(request)
            except Refusal as refusal:
                answer = refusal.answer()
            self._gate.record(request, answer.status)
            return answer

        return handle

    async def _read(self, request: web.Request) -> web.Response:
        meeting = self.meeting(request)
        host = self._stage.users[meeting.host_id]
        shown = {
            "uuid": meeting.instance,
            "id": int(meeting.number),
            "host_id": meeting.host_id,
            "host_email": host.email,
            "topic": meeting.topic,
            "type": 2,
            "status": meeting.status,
            "start_time": meeting.start_time,
            "duration": meeting.duration,
            "timezone": meeting.timezone,
            "join_url": meeting.join_url,
            "password": meeting.passcode,
            "settings": meeting.settings,
        }
        return web.json_response(shown)

    async def _patch(self, request: web.Request) -> web.Response:
        meeting, asked = self.meeting(request), await fields_of(request)
        self._gate.daily(
            f"change {meeting.host_id}", 100, "You have exceeded the daily rate limit (100) of Meeting Update API."
        )
        settings = asked.get("settings", {})
        unknown = set(asked) - _TOP - {"settings"} or set(settings) - set(meeting.settings)
        if unknown:
            raise Refusal(400, 300, f"Validation Failed. Unknown field: {min(unknown)}")
        if not spend(self._stage.faults.no_effect, "rest:patch"):
            self._apply(meeting, asked, settings)
        else:
            meeting.note("no_effect", None, By.REST, detail="patch")
        return web.Response(status=204)

    def _apply(self, meeting: Meeting, asked: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        meeting.settings |= settings
        if settings:
            meeting.note("settings", None, By.REST, detail=" ".join(sorted(settings)))
        if "password" in asked:
            meeting.passcode = str(asked["password"])
            meeting.note("passcode", None, By.REST)
        meeting.topic = str(asked.get("topic", meeting.topic))
        live = (meeting.status != "started" or self._stage.settings.patch_is_live) and not meeting.waiting_room_locked
        if live and "waiting_room" in settings and meeting.waiting_room != settings["waiting_room"]:
            acts.set_waiting_room(meeting, By.REST, on=bool(settings["waiting_room"]))

    async def _status(self, request: web.Request) -> web.Response:
        meeting, asked = self.meeting(request), await fields_of(request)
        if asked.get("action") != "end":
            raise Refusal(400, 300, "Validation Failed. action")
        if not meeting.under_way:
            raise Refusal(400, 3063, "Meeting is not in progress.")
        if spend(self._stage.faults.no_effect, "rest:end"):
            meeting.note("no_effect", None, By.REST, detail="end")
        else:
            await meeting.ends(By.REST)
        return web.Response(status=204)

    async def _live(self, request: web.Request) -> web.Response:
        meeting, asked = self.meeting(request), await fields_of(request)
        params = asked.get("params")
        if asked.get("method") != "participant.remove" or not isinstance(params, dict):
            raise Refusal(400, 300, "Validation Failed. method")
        if not meeting.under_way:
            raise Refusal(400, 3000, "This meeting is not live.")
        guest = next((one for one in meeting.guests if one.uuid == params.get("participant_uuid")), None)
        waits = guest is not None and guest.state == "waiting" and not self._stage.settings.rest_removes_waiting
        if guest is None or guest.state == "out" or waits:
            raise Refusal(404, 3001, "The participant does not exist in this meeting.")
        if spend(self._stage.faults.no_effect, "rest:remove"):
            meeting.note("no_effect", guest, By.REST, detail="remove")
            return web.Response(status=202)
        try:
            acts.remove(meeting, guest, By.REST)
        except acts.ActError as error:
            raise Refusal(400, 3000, error.message) from error
        return web.Response(status=202)

    async def _user(self, request: web.Request) -> web.Response:
        named = unquote(request.match_info["id"])
        user = next((one for one in self._stage.users.values() if named in (one.id, one.email)), None)
        if user is None:
            raise Refusal(404, 1001, f"User does not exist: {named}.")
        return web.json_response(user.settings)

    async def _people(self, request: web.Request) -> web.Response:
        if self._stage.settings.plan != "business":
            raise Refusal(400, 200, "Only available for Paid or ZMP account that has enabled the dashboard feature.")
        meeting = self.meeting(request)
        shown = [_live_person(guest) for guest in (*meeting.inside(), *meeting.waiting())]
        page = {"page_count": 1, "page_size": 300, "total_records": len(shown), "next_page_token": ""}
        return web.json_response(page | {"participants": shown})


def _live_person(guest: Guest) -> dict[str, Any]:
    who = guest.who()
    return {
        "id": who.account,
        "user_id": who.user_id,
        "user_name": who.user_name,
        "participant_uuid": who.uuid,
        "email": who.email,
        "registrant_id": who.registrant_id or "",
        "role": guest.role,
        "status": "in_meeting" if guest.state == "inside" else "in_waiting_room",
        "device": "Phone" if who.phone_number else "Windows",
        "ip_address": "192.0.2.10",
        "join_time": bodies.rfc3339(guest.joined_at),
    }
