"""What a host can have done to somebody in a meeting, by whichever way she asks.

May live here: admit, put back, remove, the waiting room's switch, and when Zoom refuses each. May not: who may ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardian.world.zoom.guest import Guest
    from guardian.world.zoom.meeting import Meeting

_CANNOT = "10240"


class ActError(Exception):
    """An act that the client refuses, with the code that Zoom's Apps SDK gives it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def admit(meeting: Meeting, guest: Guest, by: str, detail: str = "") -> None:
    """From the waiting room into the meeting; ActError 10238 if he does not wait there."""
    if guest.state != "waiting" or guest.before_start:
        raise ActError("10238", "The participant is not in the waiting room")
    if meeting.stage.settings.left_waiting_on_admission:
        meeting.tell_of("meeting.participant_left_waiting_room", guest, "date_time")
    meeting.tell_of("meeting.participant_admitted", guest, "date_time")
    if "admission" in meeting.stage.faults.uuids:
        guest.new_uuids()
    meeting.comes_in(guest, by, detail)


def put_back(meeting: Meeting, guest: Guest, by: str, detail: str = "") -> None:
    """From the meeting into the waiting room; ActError 10237 if he is there, 10239 for hosts."""
    if guest.state == "waiting":
        raise ActError("10237", "The participant is already in the waiting room")
    if guest.state == "out":
        raise ActError(_CANNOT, "The participant is not in the meeting")
    if guest.role != "attendee":
        raise ActError("10239", "Hosts and co-hosts cannot be put into the waiting room")
    guest.state, guest.sharing = "waiting", False
    meeting.note("put_back", guest, by, detail=detail)
    meeting.tell_of("meeting.participant_put_in_waiting_room", guest, "date_time")
    meeting.changes.notify()


def remove(meeting: Meeting, guest: Guest, by: str, detail: str = "") -> None:
    """Out of the meeting or the waiting room, and banned by his address unless the host's settings forgive."""
    if guest.state == "out":
        raise ActError(_CANNOT, "The participant is not in the meeting")
    if guest.role == "host":
        raise ActError(_CANNOT, "The host cannot be removed")
    forgives = meeting.stage.users[meeting.host_id].settings["in_meeting"]["allow_removed_participants_to_rejoin"]
    if guest.address and not forgives:
        meeting.banned.add(guest.address)
    meeting.takes_out(guest, "removed", by, "Removed by host", detail)


def set_waiting_room(meeting: Meeting, by: str, *, on: bool) -> None:
    """Switch the waiting room for this instance; ActError 10233 if locked, 10234 if it is so already."""
    if meeting.waiting_room_locked:
        raise ActError("10233", "Waiting room is locked")
    if meeting.waiting_room == on:
        raise ActError("10234", "The waiting room is already in this state")
    meeting.waiting_room = on
    meeting.note("waiting_room", None, by, detail="on" if on else "off")
    meeting.changes.notify()
