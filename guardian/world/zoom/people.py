"""Who people are to Zoom: members of the account, registrants, and the face somebody shows at the door.

May live here: plain values. May not: what they do.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

# A user's settings that matter for a class, named as `GET /users/{id}/settings` names them.
_USER_SETTINGS: dict[str, Any] = {
    "schedule_meeting": {
        "join_before_host": False,
        "embed_password_in_join_link": False,
        "require_password_for_scheduling_new_meetings": True,
    },
    "in_meeting": {
        "waiting_room": True,
        "screen_sharing": True,
        "who_can_share_screen": "host",
        "who_can_share_screen_when_someone_is_sharing": "host",
        "allow_participants_to_rename": False,
        "allow_removed_participants_to_rejoin": False,
        "annotation": False,
        "private_chat": False,
        "file_transfer": False,
        "co_host": True,
    },
    "recording": {"local_recording": False, "cloud_recording": False},
}


@dataclass(slots=True)
class User:
    """A member of the account. `settings` may be changed: the police points of a check."""

    id: str
    email: str
    name: str
    settings: dict[str, Any] = field(default_factory=lambda: deepcopy(_USER_SETTINGS))


@dataclass(slots=True)
class Registrant:
    """One registration. status: "approved", "pending" or "denied"; by: "himself" (public form) or "REST"."""

    id: str
    meeting: str
    first_name: str
    last_name: str
    email: str
    status: str
    join_url: str
    created: str
    by: str


@dataclass(frozen=True, slots=True)
class Face:
    """What one joiner shows.

    account: Zoom user id if signed in. email: the address that Zoom itself knows for an outsider (calendar
    invitation, external authentication). registrant: the id of the link used, whoever uses it. phone: dialled in.
    passcode: None knows the present one. tag: what the story calls this person, never sent anywhere.
    """

    name: str
    account: str | None = None
    email: str | None = None
    registrant: str | None = None
    phone: str | None = None
    customer_key: str | None = None
    passcode: str | None = None
    tag: str = ""
