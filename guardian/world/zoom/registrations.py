"""Registrations: the public form, the API's way, and what becomes of them.

May live here: rules of registering. May not: HTTP.
"""

from __future__ import annotations

from urllib.parse import urlencode

from guardian.world.zoom import bodies
from guardian.world.zoom.ledger import By
from guardian.world.zoom.meeting import Meeting
from guardian.world.zoom.people import Registrant

_STATUS_OF = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}


def register(meeting: Meeting, name: tuple[str, str], email: str, by: str, *, approved: bool = False) -> Registrant:
    """A new registration. Approved at once if `approved` or if the meeting approves everybody (approval_type 0)."""
    stage = meeting.stage
    if stage.settings.one_registrant_per_email:
        for known in meeting.registrants.values():
            if known.email.lower() == email.lower():
                return known
    made = stage.new_id()
    at_once = approved or meeting.settings["approval_type"] == 0
    query = urlencode({"tk": f"tk{made}", "pwd": meeting.passcode})
    registrant = Registrant(
        id=made,
        meeting=meeting.number,
        first_name=name[0],
        last_name=name[1],
        email=email,
        status="approved" if at_once else "pending",
        join_url=f"https://zoom.example/w/{meeting.number}?{query}",
        created=bodies.rfc3339(stage.now()),
        by=str(by),
    )
    meeting.registrants[made] = registrant
    whole = " ".join(filter(None, name))
    stage.ledger.add("registered", meeting=meeting.number, name=whole, by=by, detail=f"{made} {registrant.status}")
    _announce(meeting, registrant)
    return registrant


def set_status(meeting: Meeting, registrant: Registrant, action: str, by: str = By.REST) -> None:
    """Approve, deny or cancel. Who is inside already stays inside (forum 6698)."""
    registrant.status = _STATUS_OF[action]
    meeting.stage.ledger.add(
        "registrant_status", meeting=meeting.number, by=by, detail=f"{registrant.id} {registrant.status}"
    )


def _announce(meeting: Meeting, registrant: Registrant) -> None:
    shown = {
        "id": registrant.id,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        "email": registrant.email,
        "status": registrant.status,
        "join_url": registrant.join_url,
    }
    body = bodies.about("meeting.registration_created", meeting.place(), meeting.stage.now(), registrant=shown)
    meeting.stage.emit(body, lane=meeting.number, name=f"{registrant.first_name} {registrant.last_name}".strip())
