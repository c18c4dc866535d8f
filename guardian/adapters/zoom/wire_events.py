"""Zoom's meeting events as values: which happening it is, when it was, and what its person shows. Pure.

Source: developers.zoom.us/docs/api/meetings/events. Ids come as strings or numbers, a key that has nothing to say is ""
or missing, times are cut to whole seconds; all of that is made one here, so that nobody behind has to know.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from guardian.adapters.zoom.wire import UNREADABLE, Envelope, WireError, decoded, parse
from guardian.adapters.zoom.wire_bodies import Id, Object, Participant, Payload, Registrant, Risk, Sharing
from guardian.core.identity import Evidence
from guardian.core.wholetext import REPLACEMENT

_LONGEST_ID = 200
_LONGEST_EVENT = 100
_LONGEST_NAME = 1000
_LONGEST_ADDRESS = 320
_LONGEST_PHONE = 64
_LONGEST_DETAIL = 120
_BELOW_ONE = 0.999999  # of a second: what is refined within a second stays in it


class Kind(StrEnum):
    """What happened, as far as it is of use."""

    STARTED = "started"
    ENDED = "ended"
    WAITING = "waiting"
    LEFT_WAITING = "left_waiting"
    ADMITTED = "admitted"
    PUT_BACK = "put_back"
    JOINED = "joined"
    LEFT = "left"
    ROLE = "role"
    SHARE_ON = "share_on"
    SHARE_OFF = "share_off"
    BEFORE_HOST = "before_host"
    RISK = "risk"
    REGISTERED = "registered"
    IGNORED = "ignored"


KINDS = {
    "meeting.started": Kind.STARTED,
    "meeting.ended": Kind.ENDED,
    "meeting.participant_joined_waiting_room": Kind.WAITING,
    "meeting.participant_left_waiting_room": Kind.LEFT_WAITING,
    "meeting.participant_admitted": Kind.ADMITTED,
    "meeting.participant_put_in_waiting_room": Kind.PUT_BACK,
    "meeting.participant_joined": Kind.JOINED,
    "meeting.participant_left": Kind.LEFT,
    "meeting.participant_role_changed": Kind.ROLE,
    "meeting.sharing_started": Kind.SHARE_ON,
    "meeting.sharing_ended": Kind.SHARE_OFF,
    "meeting.participant_jbh_joined": Kind.BEFORE_HOST,
    "meeting.risk_alert": Kind.RISK,
    "meeting.registration_created": Kind.REGISTERED,
}
"""Every other event is counted and ignored: chat, quality alerts, waiting for the host, whatever comes new."""

_WITHOUT_PERSON = frozenset({Kind.STARTED, Kind.ENDED, Kind.RISK})


@dataclass(frozen=True, slots=True)
class Who:
    """One connection. ``uuid``: "" where the event has none (sharing, before the host), ``user_id`` likewise."""

    uuid: str
    user_id: str
    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Delivery:
    """One happening. ``number`` is the meeting's, ``instance`` the uuid of this run of it, ``at`` seconds UTC.

    ``key`` is the same for every delivery of one happening. ``moderator``: what a new role makes of its bearer.
    ``detail``: RISK: where the link was posted, as a sentence; LEFT: Zoom's reason, if it gave one; no names in either.
    """

    event: str
    number: str
    instance: str
    key: str
    at: float
    kind: Kind
    who: Who | None = None
    host_id: str = ""
    moderator: bool | None = None
    detail: str = ""


_payloads = msgspec.json.Decoder(Payload)


def decode(body: bytes) -> Delivery:
    """One event from its JSON. Raises WireError, nothing else."""
    return delivery(parse(body))


def delivery(envelope: Envelope) -> Delivery:
    """What an event says. Raises WireError where one that we know lacks what it cannot be without."""
    kind = KINDS.get(envelope.event, Kind.IGNORED)
    stamp = _stamp(envelope.event_ts)
    if kind is Kind.IGNORED:
        event = envelope.event[:_LONGEST_EVENT]
        return Delivery(event, "", "", "", 0.0 if stamp is None else stamp, kind)
    try:
        payload: Payload = decoded(_payloads, envelope.payload)
    except UNREADABLE as error:
        raise WireError(f"{envelope.event}: not in its shape") from error
    of = payload.object
    number, instance = _id(of.id), _id(of.uuid)
    if not number or not instance:
        raise WireError(f"{envelope.event}: of no meeting")
    who = None if kind in _WITHOUT_PERSON else _who(kind, of)
    inner = _inner(kind, of)
    return Delivery(
        event=envelope.event,
        number=number,
        instance=instance,
        key="|".join((envelope.event, instance, _owner(kind, of, who), inner or _without_inner(kind, stamp))),
        at=_when(_seconds(inner), stamp),
        kind=kind,
        who=who,
        host_id=_id(of.host_id),
        moderator=_moderates(of.participant) if kind is Kind.ROLE else None,
        detail=_detail(kind, of),
    )


# -- who -----------------------------------------------------------------------------------------------------------


def _who(kind: Kind, of: Object) -> Who:
    if kind is Kind.REGISTERED:
        return _registered(of.registrant)
    shown = of.participant
    if shown is None:
        raise WireError("an event about a person names none")
    name = _text(shown.user_name, _LONGEST_NAME)
    account = _id(shown.participant_user_id) or _id(shown.id) or None
    email = _text(shown.email, _LONGEST_ADDRESS) or None
    evidence = Evidence(
        name=name,
        account=account,
        # Only who is signed in has an address that Zoom vouches for; a guest's was typed into a form.
        email=email if account else None,
        claimed_email=None if account else email,
        registrant=_id(shown.registrant_id) or None,
        phone=_text(shown.phone_number, _LONGEST_PHONE) or None,
    )
    return Who(_id(shown.participant_uuid), _id(shown.user_id), name, evidence)


def _registered(registrant: Registrant | None) -> Who:
    if registrant is None or not _id(registrant.id):
        raise WireError("a registration without its registrant")
    name = f"{registrant.first_name or ''} {registrant.last_name or ''}".strip()[:_LONGEST_NAME]
    email = _text(registrant.email, _LONGEST_ADDRESS) or None
    return Who("", "", name, Evidence(name=name, registrant=_id(registrant.id), claimed_email=email))


def _moderates(shown: Participant | None) -> bool | None:
    """Zoom writes "host", "co-host", "cohost", "co_host"; a host of any kind has a host's power."""
    role = (shown.new_role if shown else None) or ""
    return "host" in role.casefold() if role.strip() else None


# -- which happening -----------------------------------------------------------------------------------------------


def _owner(kind: Kind, of: Object, who: Who | None) -> str:
    """Whose happening it is, for its key. What somebody typed goes in as a digest only: keys are written to logs."""
    if kind is Kind.RISK:
        return _digest((of.armn_details or Risk()).social_link or "")
    if who is None:
        return ""
    if kind is Kind.ROLE:  # two changes of one second are two happenings
        return f"{who.uuid or who.user_id}>{_text((of.participant or Participant()).new_role, _LONGEST_ID)}"
    shown = who.evidence
    return who.uuid or who.user_id or shown.registrant or shown.account or _digest(who.name)


def _inner(kind: Kind, of: Object) -> str:
    """The time of the happening itself, as Zoom wrote it; the same in every delivery. "" where there is none."""
    shown = of.participant or Participant()
    if kind in {Kind.SHARE_ON, Kind.SHARE_OFF}:
        return _text((shown.sharing_details or Sharing()).date_time, _LONGEST_ID)
    found = {Kind.ENDED: of.end_time, Kind.JOINED: shown.join_time, Kind.LEFT: shown.leave_time}
    return _text(found.get(kind, shown.date_time), _LONGEST_ID)


def _without_inner(kind: Kind, stamp: float | None) -> str:
    """A run starts once and a registration is made once; of all else ``event_ts`` tells two happenings apart."""
    return "" if kind in {Kind.STARTED, Kind.REGISTERED} or stamp is None else repr(stamp)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# -- when ----------------------------------------------------------------------------------------------------------


def _when(inner: float | None, stamp: float | None) -> float:
    """Order goes by the inner time, which is cut to seconds; within one second by when Zoom made the event.

    What was made late keeps its second: it comes at the end of it, in order.
    """
    if inner is None:
        if stamp is None:
            raise WireError("an event without a time")
        return stamp
    late = 0.0 if stamp is None else stamp - inner
    late = max(late, 0.0)
    if late >= 0.9:
        late = min(0.9 + 0.1 * (1 - 1 / (1 + (late - 0.9))), _BELOW_ONE)
    return inner + late


def _stamp(milliseconds: float | str | None) -> float | None:
    """``event_ts`` as seconds since the epoch; None where it is none."""
    if milliseconds is None:
        return None
    try:
        seconds = float(milliseconds) / 1000
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None


def _seconds(text: str) -> float | None:
    """An ISO 8601 time as seconds since the epoch; without a zone it is UTC. None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


# -- words ---------------------------------------------------------------------------------------------------------


def _detail(kind: Kind, of: Object) -> str:
    if kind is Kind.LEFT:
        return _reason((of.participant or Participant()).leave_reason or "")
    return _posted(of.armn_details or Risk()) if kind is Kind.RISK else ""


def _reason(text: str) -> str:
    """Why somebody left: what stands behind the last line break. Before it stands their name: anything."""
    _, broken, reason = text.rpartition("<br>")
    return _line(reason) if broken else ""


def _posted(risk: Risk) -> str:
    """Where the link was found. Not the post's own address: that has its author's name in it."""
    try:
        host = urlsplit(risk.social_link or "").hostname or ""
    except ValueError:
        host = ""
    places = [_line(place)[:50] for place in (risk.post_platform or "", host) if place.strip()]
    where = f" on {' / '.join(places)}" if places else ""
    return f"Zoom found the link of this meeting posted in public{where}"


def _line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:_LONGEST_DETAIL]).strip()


def _id(value: Id) -> str:
    """An id, however it is written; "" for none. One of impossible length, or of characters that were mended, is no
    id: cutting it, or going by what is left of it, would forge one.
    """
    text = _text(value, _LONGEST_ID + 1)
    if len(text) > _LONGEST_ID:
        raise WireError("an id of impossible length")
    if REPLACEMENT in text:
        raise WireError("an id of impossible characters")
    return text


def _text(value: Id, most: int) -> str:
    return "" if value is None else str(value)[:most]
