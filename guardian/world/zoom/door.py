"""What a meeting's settings alone do with somebody who comes to its door.

May live here: Zoom's rules of the door, read off a meeting. May not: any change of it, any hand of a host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardian.world.zoom.guest import Guest
    from guardian.world.zoom.meeting import Meeting


@dataclass(frozen=True, slots=True)
class Verdict:
    """why: he is turned away, for this reason. staff: he comes in as (co-)host and starts the meeting. No flag set:
    he goes straight in, or waits for the host if the meeting has not begun.
    """

    why: str = ""
    waits: bool = False
    staff: bool = False
    before_host: bool = False


def door(meeting: Meeting, guest: Guest) -> Verdict:
    """Where this guest ends up. Registration is not enforced: whoever has the number gets as far as the door."""
    why = _refused(meeting, guest)
    if why:
        return Verdict(why=why)
    if _is_staff(meeting, guest):
        return Verdict(staff=True)
    if meeting.waiting_room and not _bypasses(meeting, guest):
        return Verdict(waits=True)
    return Verdict(before_host=meeting.status != "started" and bool(meeting.settings["join_before_host"]))


def _refused(meeting: Meeting, guest: Guest) -> str:
    registrant = meeting.registrants.get(guest.face.registrant or "")
    if guest.face.registrant and (registrant is None or registrant.status != "approved"):
        return "registration not approved"
    if guest.face.passcode not in (None, meeting.passcode):
        return "wrong passcode"
    if guest.address and guest.address in meeting.banned:
        return "removed before"
    if meeting.locked:
        return "locked"
    if meeting.settings["meeting_authentication"] and not (guest.face.account or registrant):
        return "not signed in"
    return ""


def _is_staff(meeting: Meeting, guest: Guest) -> bool:
    """The host, and alternative hosts: they skip the waiting room."""
    if guest.face.account is None:
        return False
    listed = str(meeting.settings["alternative_hosts"]).replace(",", ";").lower().split(";")
    member = meeting.stage.users.get(guest.face.account)
    return guest.face.account == meeting.host_id or (
        member is not None and member.email.lower() in map(str.strip, listed)
    )


def _bypasses(meeting: Meeting, guest: Guest) -> bool:
    """Whom `who_goes_to_waiting_room` spares. "Not on the invitation" is taken to spare no registrant (unverified)."""
    options = meeting.settings["waiting_room_options"]
    spares_members = options["mode"] == "custom" and options["who_goes_to_waiting_room"] != "everyone"
    return spares_members and guest.face.account in meeting.stage.users
