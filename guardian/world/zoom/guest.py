"""One connection to one meeting, from the first knock to the end: who knocked, and where he is now.

May live here: a participant's state and what he does himself. May not: what hosts, panels or REST do to him.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardian.world.zoom import bodies
from guardian.world.zoom.ledger import By
from guardian.world.zoom.people import Face

if TYPE_CHECKING:
    from guardian.world.zoom.meeting import Meeting

STATES = ("waiting", "inside", "out")
_FIRST_USER_ID = 16_777_216
_USER_ID_STEP = 1_024


class Guest:
    """A connection. Everything that Zoom believes of it is here; `gone` is what Zoom does not know yet.

    state: "waiting", "inside" or "out". why: why he is out. how: by whose hand he came in last. role: "host",
    "co-host" or "attendee". uuid: as webhooks and REST name him; panel_uuid: as the panel's client names him.
    """

    def __init__(self, meeting: Meeting, face: Face, serial: int) -> None:
        stage = meeting.stage
        self.meeting = meeting
        self.face = face
        self.name = face.name
        self.user_id = str(_FIRST_USER_ID + _USER_ID_STEP * serial)
        self.state = "out"
        self.why = ""
        self.how = ""
        self.role = "attendee"
        self.came_in = 0
        self.sharing = False
        self.gone = False
        self.before_start = False
        self.joined_at = 0.0
        self.uuid = ""
        self.panel_uuid = ""
        self.new_uuids()
        user = stage.users.get(face.account or "")
        registrant = meeting.registrants.get(face.registrant or "")
        self.email = face.email or (user.email if user else "") or (registrant.email if registrant else "")

    @property
    def tag(self) -> str:
        """What the story calls him."""
        return self.face.tag

    @property
    def address(self) -> str:
        """What Zoom's ban of removed participants goes by; "" for a guest without one."""
        return (self.email or self.face.account or "").lower()

    def new_uuids(self) -> None:
        """A new uuid; the panel's is the same unless that fault is on."""
        stage = self.meeting.stage
        self.uuid = stage.new_uuid()
        self.panel_uuid = stage.new_uuid() if "panel" in stage.faults.uuids else self.uuid

    def who(self) -> bodies.Who:
        """As events name him: which optional keys there are depends on how he came."""
        face = self.face
        with_key = face.customer_key is not None
        return bodies.Who(
            user_id=self.user_id,
            user_name=self.name,
            account=face.account or "",
            uuid=self.uuid,
            email=self.email,
            registrant_id=face.registrant or ("" if with_key else None),
            customer_key=face.customer_key,
            phone_number=face.phone,
        )

    async def until(self, *states: str, timeout: float = 5.0) -> None:
        """Return once he is in one of these states; TimeoutError after `timeout` seconds."""
        if not set(states) <= set(STATES):
            raise ValueError(f"no such state: {states}")
        await self.meeting.changes.until(lambda: self.state in states, timeout)

    def leave(self) -> None:
        """He leaves, properly."""
        self.gone = True
        self.meeting.takes_out(self, "left", By.SELF, "left the meeting")

    def drop(self, after: float = 75.0) -> None:
        """His client is killed. Zoom notices after so many of its seconds, and only then says that he left."""
        self.gone = True
        self.meeting.note("dropped", self, By.SELF)
        self.meeting.changes.notify()
        self.meeting.stage.later(after, lambda: self.meeting.takes_out(self, "left", By.SERVER, "lost the connection"))

    def rename(self, name: str) -> None:
        """He takes another name. No event tells; panels see it."""
        self.meeting.note("renamed", self, By.SELF, detail=name)
        self.name = name
        self.meeting.changes.notify()

    def share_on(self) -> bool:
        """He starts to share his screen, if the host's settings let him."""
        return self.meeting.shares(self, on=True)

    def share_off(self) -> bool:
        """He stops sharing."""
        return self.meeting.shares(self, on=False)

    def says(self, text: str) -> None:
        """A message to everybody."""
        self.meeting.hears(self, text)
