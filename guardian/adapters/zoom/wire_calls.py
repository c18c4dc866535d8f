"""Zoom's REST: what each call is, which class of limit it falls under, and which scope it needs. Pure.

Field names and paths: "Zoom Meeting API", "User API", "Dashboard API", as read from published types and samples;
nothing here was tried on a live account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

import msgspec


class Weight(StrEnum):
    """Zoom's classes of calls; each has its own limit ("API rate limits"). Which call is what: not verified."""

    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"


PER_SECOND: Mapping[str, Mapping[Weight, int]] = {
    "free": {Weight.LIGHT: 4, Weight.MEDIUM: 2, Weight.HEAVY: 1},
    "pro": {Weight.LIGHT: 30, Weight.MEDIUM: 20, Weight.HEAVY: 10},
    "business": {Weight.LIGHT: 80, Weight.MEDIUM: 60, Weight.HEAVY: 40},
}
"""Calls a second of a whole account, shared by all its apps."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``scope`` is what the app needs for it (granular, for the whole account); ``what`` says it in words."""

    method: str
    path: str
    weight: Weight
    scope: str
    what: str
    body: bytes | None = field(default=None, repr=False)


class Needs(StrEnum):
    """The scopes that we ask for. Names as seen in use; check them in the app's console (not verified)."""

    READ = "meeting:read:meeting:admin"
    UPDATE = "meeting:update:meeting:admin"
    STATUS = "meeting:update:status:admin"
    CONTROLS = "meeting:update:in_meeting_controls:admin"
    LIST_REGISTRANTS = "meeting:read:list_registrants:admin"
    ADD_REGISTRANT = "meeting:write:registrant:admin"
    ADD_BATCH = "meeting:write:batch_registrants:admin"
    SET_REGISTRANTS = "meeting:update:registrant_status:admin"
    SETTINGS = "user:read:settings:admin"
    LIVE = "dashboard:read:list_meeting_participants:admin"


@dataclass(frozen=True, slots=True)
class NewRegistrant:
    """Somebody whom we register."""

    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    email: str = field(repr=False)


def in_path(text: str) -> str:
    """An id as one segment of a path. A meeting UUID that begins with "/" or contains "//" is encoded twice."""
    once = quote(text, safe="")
    return quote(once, safe="") if text.startswith("/") or "//" in text else once


def read_meeting(number: str) -> Call:
    """The meeting's settings."""
    return Call("GET", f"/meetings/{in_path(number)}", Weight.LIGHT, Needs.READ, "read the meeting's settings")


def read_host(user: str) -> Call:
    """The settings of the host's account."""
    return Call("GET", f"/users/{in_path(user)}/settings", Weight.MEDIUM, Needs.SETTINGS, "read the host's settings")


def change_meeting(number: str, fields: Mapping[str, object]) -> Call:
    """Change the meeting. ``fields`` as Zoom names them, at the top level (``settings``, ``password``)."""
    path = f"/meetings/{in_path(number)}"
    return Call("PATCH", path, Weight.LIGHT, Needs.UPDATE, "change the meeting's settings", _json(fields))


def remove_participant(number: str, uuid: str) -> Call:
    """Remove one from the running meeting ("in-meeting controls", 2026)."""
    body = {"method": "participant.remove", "params": {"participant_uuid": uuid}}
    path = f"/live_meetings/{in_path(number)}/events"
    return Call("PATCH", path, Weight.LIGHT, Needs.CONTROLS, "remove a person", _json(body))


def end_meeting(number: str) -> Call:
    """End it for everybody."""
    path = f"/meetings/{in_path(number)}/status"
    return Call("PUT", path, Weight.LIGHT, Needs.STATUS, "end the meeting", _json({"action": "end"}))


def list_registrants(number: str, status: str, page: str) -> Call:
    """One page of the registrants of a status (pending, approved, denied)."""
    more = f"&next_page_token={quote(page, safe='')}" if page else ""
    path = f"/meetings/{in_path(number)}/registrants?status={quote(status, safe='')}&page_size=300{more}"
    return Call("GET", path, Weight.MEDIUM, Needs.LIST_REGISTRANTS, "list the registrants")


def add_one(number: str, new: NewRegistrant) -> Call:
    """Register one, approved at once."""
    body = _json({**_written(new), "auto_approve": True})
    path = f"/meetings/{in_path(number)}/registrants"
    return Call("POST", path, Weight.LIGHT, Needs.ADD_REGISTRANT, "register a person", body)


def add_many(number: str, people: Sequence[NewRegistrant]) -> Call:
    """Register several, approved at once."""
    body = _json({"auto_approve": True, "registrants": [_written(new) for new in people]})
    path = f"/meetings/{in_path(number)}/batch_registrants"
    return Call("POST", path, Weight.HEAVY, Needs.ADD_BATCH, "register people", body)


def change_registrants(number: str, action: str, ids: Sequence[str]) -> Call:
    """Approve, deny or cancel registrations. It does not put out who is inside already."""
    body = _json({"action": action, "registrants": [{"id": each} for each in ids]})
    path = f"/meetings/{in_path(number)}/registrants/status"
    return Call("PUT", path, Weight.MEDIUM, Needs.SET_REGISTRANTS, f"{action} registrations", body)


def list_live(instance: str, page: str) -> Call:
    """One page of the people in a running meeting (Dashboard)."""
    more = f"&next_page_token={quote(page, safe='')}" if page else ""
    path = f"/metrics/meetings/{in_path(instance)}/participants?type=live&page_size=300{more}"
    return Call("GET", path, Weight.HEAVY, Needs.LIVE, "list who is in the meeting")


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)


def _written(new: NewRegistrant) -> dict[str, str]:
    return {"first_name": new.first_name, "last_name": new.last_name, "email": new.email}
