"""The JSON of Zoom's meeting events, as far as we read it; what it means stands in ``wire_events``. Pure.

Source: developers.zoom.us/docs/api/meetings/events. Keys that we do not name are ignored, those that we name may miss.
"""

from __future__ import annotations

import msgspec

Id = str | int | None
"""Most events write an id as a string, some as a number; one that is not there may be "" or missing."""


class Sharing(msgspec.Struct):
    """What is shared; only when is of use."""

    date_time: str | None = None


class Participant(msgspec.Struct):
    """Every key that any event has about its person."""

    id: Id = None
    user_id: Id = None
    user_name: str | None = None
    participant_uuid: Id = None
    participant_user_id: Id = None
    email: str | None = None
    registrant_id: Id = None
    phone_number: Id = None
    join_time: str | None = None
    leave_time: str | None = None
    leave_reason: str | None = None
    date_time: str | None = None
    new_role: str | None = None
    sharing_details: Sharing | None = None


class Registrant(msgspec.Struct):
    """Of ``meeting.registration_created``."""

    id: Id = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class Risk(msgspec.Struct):
    """Of ``meeting.risk_alert``: the post that Zoom found."""

    post_platform: str | None = None
    social_link: str | None = None


class Object(msgspec.Struct):
    """What an event is about."""

    id: Id = None
    uuid: Id = None
    host_id: Id = None
    end_time: str | None = None
    participant: Participant | None = None
    registrant: Registrant | None = None
    armn_details: Risk | None = None


class Payload(msgspec.Struct):
    """What stands in the envelope."""

    object: Object
