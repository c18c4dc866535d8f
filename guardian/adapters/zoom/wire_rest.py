"""Zoom's REST answers as values. Pure; questions stand in ``wire_calls``, what a refusal means in ``wire_refusals``.

Read from published types and samples, never tried on a live account: every field may be missing, be "" or change its
type, and each of these is read as "not known".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from guardian.adapters.zoom.wire import UNREADABLE, decoded
from guardian.errors import TemporaryError

EVERYONE = "everyone"
_LONGEST_NAME = 1000

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. ``lasts`` in seconds; ``scopes`` empty where Zoom does not say."""

    text: str = field(repr=False)
    lasts: float
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class MeetingSettings:
    """What a meeting's door is set to. None (or ""): Zoom did not say. No passcode and no link is kept here.

    ``waits``: who goes to the waiting room, when ``waiting_room`` is on; "" also where the host's settings decide.
    ``approval``: 0 everybody who registers gets in, 1 a human approves, 2 no registration.
    """

    number: str
    instance: str = ""
    host: str = ""
    status: str = ""
    waiting_room: bool | None = None
    waits: str = ""
    join_before_host: bool | None = None
    approval: int | None = None
    passcode: bool = False
    link_has_passcode: bool = False
    multiple_devices: bool | None = None
    alternative_hosts: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What the host's own account adds to each of their meetings. None: Zoom did not say.

    ``pupils_share``: whether anybody but the host can share; ``rename``: whether people can rename themselves;
    ``rejoin``: whether who was removed may come back.
    """

    pupils_share: bool | None = None
    rename: bool | None = None
    rejoin: bool | None = None


@dataclass(frozen=True, slots=True)
class Registrant:
    """A registration. ``join_url`` is personal: whoever holds it comes in under this name."""

    id: str
    status: str = ""
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    join_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LivePerson:
    """Somebody inside a running meeting, as the Dashboard lists them. ``email`` may have been typed by anybody where
    there is no ``account``. ``moderator`` None: not said.
    """

    uuid: str
    user_id: str
    name: str = field(default="", repr=False)
    account: str = ""
    email: str = field(default="", repr=False)
    registrant: str = ""
    moderator: bool | None = None


def token(body: bytes) -> Token:
    """The answer of the token address. Raises TemporaryError where it cannot be read."""
    read = _read(body, _Token)
    if not read.access_token:
        raise TemporaryError("Zoom answered the login without a token")
    return Token(read.access_token, max(read.expires_in, 0.0), frozenset(read.scope.replace(",", " ").split()))


def meeting(number: str, body: bytes) -> MeetingSettings:
    """The meeting's settings. Raises TemporaryError where they cannot be read."""
    read = _read(body, _Meeting)
    found = read.settings
    options = found.waiting_room_options
    hosts = re.split(r"[;,\s]+", found.alternative_hosts or "")
    return MeetingSettings(
        number=number,
        instance=read.uuid,
        host=read.host_id,
        status=read.status,
        waiting_room=found.waiting_room,
        waits=(options.who_goes_to_waiting_room or "") if options and options.mode != "follow_setting" else "",
        join_before_host=found.join_before_host,
        approval=found.approval_type,
        passcode=bool(read.password or read.encrypted_password),
        link_has_passcode=bool(re.search(r"[?&]pwd=[^&]", read.join_url)),
        multiple_devices=found.allow_multiple_devices,
        alternative_hosts=tuple(host.casefold() for host in hosts if host),
    )


def host_settings(body: bytes) -> HostSettings:
    """The host's settings. Raises TemporaryError where they cannot be read.

    ``who_can_share_screen`` (host, all) is in the published types of a user's settings; the names of the other two are
    in those of the account's settings, or only seen in use: where a user has none, nothing is known (not verified).
    """
    found = _read(body, _Host).in_meeting
    shares = None if found.who_can_share_screen is None else found.who_can_share_screen != "host"
    return HostSettings(
        pupils_share=False if found.screen_sharing is False else shares,
        rename=found.allow_participants_to_rename,
        rejoin=found.allow_removed_participants_to_rejoin,
    )


def registrants(body: bytes) -> tuple[list[Registrant], str]:
    """One page of registrants, and the token of the next ("": the last)."""
    read = _read(body, _Registrants)
    return [_registrant(each) for each in read.registrants if each.id or each.registrant_id], read.next_page_token


def added(body: bytes) -> Registrant:
    """The answer to one registration."""
    return _registrant(_read(body, _Registrant))


def live(body: bytes) -> tuple[list[LivePerson], str]:
    """One page of who is inside now (not who has left, or waits), and the token of the next page ("": the last)."""
    read = _read(body, _Live)
    inside = [each for each in read.participants if not each.leave_time and each.status != "in_waiting_room"]
    return [_person(each) for each in inside], read.next_page_token


def _registrant(read: _Registrant) -> Registrant:
    name = f"{read.first_name or ''} {read.last_name or ''}".strip()[:_LONGEST_NAME]
    number = str(read.registrant_id or read.id or "")
    return Registrant(number, read.status or "", read.email or "", name, read.join_url or "")


def _person(read: _Person) -> LivePerson:
    role = re.sub(r"[^a-z]", "", (read.role or "").casefold())
    return LivePerson(
        uuid=read.participant_uuid or "",
        user_id=str(read.user_id or ""),
        name=(read.user_name or "")[:_LONGEST_NAME],
        account=str(read.participant_user_id or read.id or ""),
        email=read.email or "",
        registrant=read.registrant_id or "",
        moderator=role in {"host", "cohost"} if role else None,
    )


def _read(body: bytes, kind: type[Parsed]) -> Parsed:
    decoder = msgspec.json.Decoder(kind, strict=False)
    try:
        read: Parsed = decoded(decoder, body)
    except UNREADABLE as error:
        raise TemporaryError("Zoom's answer cannot be read") from error
    return read


class _Token(msgspec.Struct):
    access_token: str = ""
    expires_in: float = 3600.0
    scope: str = ""


class _Waiting(msgspec.Struct):
    mode: str | None = None
    who_goes_to_waiting_room: str | None = None


class _Settings(msgspec.Struct):
    waiting_room: bool | None = None
    waiting_room_options: _Waiting | None = None
    join_before_host: bool | None = None
    approval_type: int | None = None
    allow_multiple_devices: bool | None = None
    alternative_hosts: str | None = None


class _Meeting(msgspec.Struct):
    uuid: str = ""
    host_id: str = ""
    status: str = ""
    password: str = ""
    encrypted_password: str = ""
    join_url: str = ""
    settings: _Settings = msgspec.field(default_factory=_Settings)


class _InMeeting(msgspec.Struct):
    screen_sharing: bool | None = None
    who_can_share_screen: str | None = None
    allow_participants_to_rename: bool | None = None
    allow_removed_participants_to_rejoin: bool | None = None


class _Host(msgspec.Struct):
    in_meeting: _InMeeting = msgspec.field(default_factory=_InMeeting)


class _Registrant(msgspec.Struct):
    id: str | int | None = None
    registrant_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    status: str | None = None
    join_url: str | None = None


class _Registrants(msgspec.Struct):
    next_page_token: str = ""
    registrants: list[_Registrant] = []


class _Person(msgspec.Struct):
    id: str | int | None = None
    participant_user_id: str | int | None = None
    user_id: str | int | None = None
    participant_uuid: str | None = None
    user_name: str | None = None
    email: str | None = None
    registrant_id: str | None = None
    role: str | None = None
    status: str | None = None
    leave_time: str | None = None


class _Live(msgspec.Struct):
    next_page_token: str = ""
    participants: list[_Person] = []
