"""The REST calls about registrants, with their own daily limits.

May live here: what is read and written about registrants. May not: routes, scopes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from guardian.world.zoom.gate import Gate, Refusal
from guardian.world.zoom.ledger import By
from guardian.world.zoom.meeting import Meeting
from guardian.world.zoom.people import Registrant
from guardian.world.zoom.registrations import register, set_status

_ADDITIONS, _CHANGES = 3, 10  # a registrant and day
_BATCH = 30
_TOO_MANY = "You have exceeded the daily rate limit ({0}) of {1} API requests permitted for the registrant."


class RegistrantCalls:
    """Single, batch, list, status."""

    def __init__(self, gate: Gate, meeting: Callable[[web.Request], Meeting]) -> None:
        self._gate = gate
        self._meeting = meeting

    async def add(self, request: web.Request) -> web.Response:
        """`POST /meetings/{id}/registrants`."""
        meeting, asked = self._meeting(request), await fields_of(request)
        made = self._register(meeting, asked, approved=bool(asked.get("auto_approve")))
        shown = _created(made) | {
            "id": int(meeting.number),
            "topic": meeting.topic,
            "start_time": meeting.start_time,
        }
        return web.json_response(shown, status=201)

    async def add_batch(self, request: web.Request) -> web.Response:
        """`POST /meetings/{id}/batch_registrants`: at most thirty."""
        meeting, asked = self._meeting(request), await fields_of(request)
        people = asked.get("registrants")
        if not isinstance(people, list) or not 0 < len(people) <= _BATCH:
            raise Refusal(400, 300, "Validation Failed. registrants")
        approved = bool(asked.get("auto_approve"))
        made = [self._register(meeting, one, approved=approved) for one in people]
        return web.json_response({"registrants": [{**_created(one), "email": one.email} for one in made]}, status=201)

    async def listed(self, request: web.Request) -> web.Response:
        """`GET /meetings/{id}/registrants?status=`, in pages."""
        meeting = self._meeting(request)
        status = request.query.get("status", "approved")
        size = min(max(int(request.query.get("page_size", "30")), 1), 300)
        start = int(request.query.get("next_page_token") or "0")
        fitting = [one for one in meeting.registrants.values() if one.status == status]
        more = str(start + size) if start + size < len(fitting) else ""
        shown = [_listed(one) for one in fitting[start : start + size]]
        head = {"page_size": size, "total_records": len(fitting), "next_page_token": more}
        return web.json_response(head | {"registrants": shown})

    async def set_status(self, request: web.Request) -> web.Response:
        """`PUT /meetings/{id}/registrants/status`: approve, deny, cancel."""
        meeting, asked = self._meeting(request), await fields_of(request)
        action, named = asked.get("action"), asked.get("registrants")
        if action not in {"approve", "deny", "cancel"} or not isinstance(named, list):
            raise Refusal(400, 300, "Validation Failed. action")
        for one in named:
            found = _find(meeting, one)
            self._gate.daily(f"status {found.id}", _CHANGES, _TOO_MANY.format(_CHANGES, "Update registrant's status"))
            set_status(meeting, found, action)
        return web.Response(status=204)

    def _register(self, meeting: Meeting, asked: dict[str, Any], *, approved: bool) -> Registrant:
        if meeting.settings["approval_type"] == 2:
            raise Refusal(404, 3001, "Registration has not been enabled for this meeting.")
        email, first = str(asked.get("email", "")), str(asked.get("first_name", ""))
        if "@" not in email or not first:
            raise Refusal(400, 300, "Validation Failed. email")
        key = f"add {meeting.number} {email.lower()}"
        self._gate.daily(key, _ADDITIONS, _TOO_MANY.format(_ADDITIONS, "Add meeting registrant"))
        return register(meeting, (first, str(asked.get("last_name", ""))), email, By.REST, approved=approved)


async def fields_of(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object."""
    try:
        asked = json.loads(await request.text())
    except ValueError as error:
        raise Refusal(400, 300, "Request Body should be a valid JSON object.") from error
    if not isinstance(asked, dict):
        raise Refusal(400, 300, "Request Body should be a valid JSON object.")
    return asked


def _find(meeting: Meeting, named: dict[str, Any]) -> Registrant:
    for one in meeting.registrants.values():
        if named.get("id", one.id) == one.id and str(named.get("email", one.email)).lower() == one.email.lower():
            return one
    raise Refusal(404, 3027, "Registrant does not exist.")


def _created(one: Registrant) -> dict[str, Any]:
    return {"registrant_id": one.id, "join_url": one.join_url, "participant_pin_code": 0}


def _listed(one: Registrant) -> dict[str, Any]:
    return {
        "id": one.id,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "email": one.email,
        "status": one.status,
        "create_time": one.created,
        "join_url": one.join_url,
    }
