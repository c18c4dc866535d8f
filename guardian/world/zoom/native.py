"""The host's Zoom client below the panel's page: what its Apps SDK can see and do, with Zoom's error codes.

May live here: lists and acts as the client gives them to the page. May not: the page's protocol (host_client.py).
Codes: type file of @zoom/appssdk 0.16.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guardian.world.zoom import acts
from guardian.world.zoom.faults import spend
from guardian.world.zoom.guest import Guest
from guardian.world.zoom.ledger import By
from guardian.world.zoom.meeting import Meeting

_APIS = {
    "admit": "admitParticipantFromWaitingRoom",
    "put_back": "putParticipantToWaitingRoom",
    "remove": "removeParticipant",
    "waiting_room_on": "setWaitingRoomState",
}
_LIST_WAITING = "getWaitingRoomParticipants"
# "Zoom Apps for Mobile": the waiting room's functions are for desktop clients only.
_DESKTOP_ONLY = frozenset({_APIS["admit"], _APIS["put_back"], _APIS["waiting_room_on"], _LIST_WAITING})
_BREAKOUT = "10236"
_UNSUPPORTED = "10240"


class NativeClient:
    """One member's client in one meeting. `role` None: whatever the meeting says of him."""

    def __init__(
        self, meeting: Meeting, uid: str, product: str, version: str, unsupported: Iterable[str], role: str | None
    ) -> None:
        self.meeting = meeting
        self.uid = uid
        self.product = product
        self.version = version
        self.main_room = True
        mobile = _DESKTOP_ONLY if product != "desktop" else frozenset()
        self.unsupported = frozenset(unsupported) | mobile
        self._role = role

    @property
    def person(self) -> Guest | None:
        """Whose client it is, as long as he is in the meeting and his client lives."""
        mine = [one for one in self.meeting.inside() if one.face.account == self.uid and not one.gone]
        return mine[-1] if mine else None

    @property
    def role(self) -> str:
        """What he is in the meeting: "host", "co-host", or "attendee"."""
        person = self.person
        return self._role or (person.role if person else "attendee")

    def lists(self) -> dict[str, Any]:
        """Who waits and who is inside, as the page reports it."""
        blind = _LIST_WAITING in self.unsupported
        waiting = [] if blind else [{"uuid": one.panel_uuid, "name": one.name} for one in self.meeting.waiting()]
        inside = [{"uuid": one.panel_uuid, "name": one.name, "role": one.role} for one in self.meeting.inside()]
        switched = None if blind else self.meeting.waiting_room
        return {"waiting": waiting, "inside": inside, "waiting_room": switched, "main_room": self.main_room}

    def run(self, name: str, uuid: str | None) -> None:
        """Do one act; ActError with Zoom's code if the client refuses. A fault may make it a lie."""
        if name not in _APIS or _APIS[name] in self.unsupported or self.role == "attendee":
            raise acts.ActError(_UNSUPPORTED, "Not supported in this meeting")
        if name != "remove" and not self.main_room:
            raise acts.ActError(_BREAKOUT, "Not allowed inside a breakout room")
        guest = None if name == "waiting_room_on" else self._find(uuid)
        if spend(self.meeting.stage.faults.no_effect, f"panel:{name}"):
            self.meeting.note("no_effect", guest, By.PANEL, detail=name)
            return
        if guest is None:
            acts.set_waiting_room(self.meeting, By.PANEL, on=True)
        elif name == "admit":
            acts.admit(self.meeting, guest, By.PANEL, self.uid)
        elif name == "put_back":
            acts.put_back(self.meeting, guest, By.PANEL, self.uid)
        else:
            acts.remove(self.meeting, guest, By.PANEL, self.uid)

    def _find(self, uuid: str | None) -> Guest:
        for guest in self.meeting.guests:
            if guest.panel_uuid == uuid and guest.state != "out":
                return guest
        raise acts.ActError("10238", "No such participant")
