"""The bodies of Zoom's events, from plain values. Pure.

May live here: which key stands in which event ("Meeting events", "Using webhooks"). May not: when one is sent.
Which optional keys a participant has follows the published samples; Zoom's own may differ from day to day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_SCHEDULED = 2

_ID_AS_NUMBER = frozenset(
    {
        "meeting.chat_message_sent",
        "meeting.participant_jbh_waiting_left",
        "meeting.registration_created",
        "meeting.risk_alert",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """The meeting as events name it."""

    account_id: str
    number: str
    uuid: str
    host_id: str
    topic: str
    start_time: str
    timezone: str
    duration: int


@dataclass(frozen=True, slots=True)
class Who:
    """A participant as events name him; None: the key is left out."""

    user_id: str
    user_name: str
    account: str
    uuid: str
    email: str
    registrant_id: str | None = None
    customer_key: str | None = None
    phone_number: str | None = None


def rfc3339(at: float) -> str:
    """Whole seconds, cut off, in UTC."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def envelope(event: str, at: float, account_id: str, thing: Mapping[str, Any]) -> dict[str, Any]:
    """Every event's outermost keys."""
    return {"event": event, "event_ts": int(at * 1000), "payload": {"account_id": account_id, "object": dict(thing)}}


def about(event: str, place: Place, at: float, **more: Any) -> dict[str, Any]:
    """An event about a meeting, with what it has beyond the common keys."""
    number: str | int = int(place.number) if event in _ID_AS_NUMBER else place.number
    thing: dict[str, Any] = {"id": number, "uuid": place.uuid}
    if event != "meeting.chat_message_sent":
        thing |= {
            "host_id": place.host_id,
            "topic": place.topic,
            "type": _SCHEDULED,
            "start_time": place.start_time,
            "timezone": place.timezone,
        }
        if event != "meeting.risk_alert":
            thing["duration"] = place.duration
    return envelope(event, at, place.account_id, thing | more)


def identity(who: Who) -> dict[str, Any]:
    """The identity group: who he is to Zoom."""
    group: dict[str, Any] = {
        "user_id": who.user_id,
        "user_name": who.user_name,
        "id": who.account,
        "participant_uuid": who.uuid,
        "email": who.email,
        "participant_user_id": who.account,
    }
    optional = {
        "registrant_id": who.registrant_id,
        "customer_key": who.customer_key,
        "phone_number": who.phone_number,
    }
    return group | {key: value for key, value in optional.items() if value is not None}


def waiting_for_host(who: Who, *, with_registrant: bool) -> dict[str, Any]:
    """The short group of the events about waiting for, or coming before, the host."""
    group = {"id": who.account, "user_name": who.user_name, "customer_key": who.customer_key or ""}
    return group | ({"registrant_id": who.registrant_id or ""} if with_registrant else {})


def sharing(who: Who, at: float) -> dict[str, Any]:
    """The participant of the sharing events: no participant_uuid there."""
    details = {"content": "desktop", "link_source": "", "file_link": "", "date_time": rfc3339(at), "source": ""}
    return {"user_id": who.user_id, "user_name": who.user_name, "id": who.account, "sharing_details": details}


def chat(who: Who, at: float, message_id: str, text: str) -> dict[str, Any]:
    """A message to everybody."""
    return {
        "date_time": rfc3339(at),
        "sender_session_id": who.user_id,
        "sender_name": who.user_name,
        "sender_email": who.email,
        "sender_type": "member" if who.account else "guest",
        "recipient_type": "everyone",
        "message_id": message_id,
        "message_content": text,
    }


def risk(place: Place, at: float, platform: str, link: str) -> dict[str, Any]:
    """What the At-Risk Meeting Notifier found: the meeting's link in a public post."""
    return {
        "post_platform": platform,
        "social_link": link,
        "post_time": rfc3339(at),
        "post_user": "example_user",
        "meeting_url": f"https://zoom.example/j/{place.number}",
        "recommended_enable_settings": ["enablePassword", "enableWaitingRoom", "enableRegistration"],
        "recommended_disable_settings": ["enableAnnotation", "enableScreenShare"],
    }
