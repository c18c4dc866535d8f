"""One meeting: its settings, its instances, its waiting room, and what can be done to the people in it.

May live here: Zoom's rules of who gets where, and the events of it. May not: HTTP, who may ask for what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardian.world.zoom import acts, bodies
from guardian.world.zoom.changes import Changes
from guardian.world.zoom.door import door
from guardian.world.zoom.guest import Guest
from guardian.world.zoom.ledger import By
from guardian.world.zoom.people import Face, Registrant
from guardian.world.zoom.stage import Stage

_DEFAULTS: dict[str, Any] = {
    "host_video": False,
    "participant_video": False,
    "join_before_host": False,
    "jbh_time": 0,
    "mute_upon_entry": True,
    "waiting_room": True,
    "waiting_room_options": {"mode": "custom", "who_goes_to_waiting_room": "everyone"},
    "meeting_authentication": False,
    "approval_type": 2,
    "registration_type": 1,
    "close_registration": False,
    "allow_multiple_devices": False,
    "alternative_hosts": "",
    "focus_mode": False,
    "private_meeting": False,
    "disable_participant_video": False,
}


class Meeting:
    """A scheduled meeting. Acts are done "by" somebody's hand, which the ledger keeps; see By."""

    def __init__(self, stage: Stage, number: str, host_id: str, topic: str, settings: Mapping[str, Any]) -> None:
        self.stage = stage
        self.number = number
        self.host_id = host_id
        self.topic = topic
        self.settings: dict[str, Any] = {**_DEFAULTS, **settings}
        self.passcode = stage.new_passcode()
        self.start_time = bodies.rfc3339(stage.now())
        self.timezone = "Europe/London"
        self.duration = 60
        self.status = "waiting"
        self.instance = self.panel_instance = ""
        self._renew()
        self.waiting_room = bool(self.settings["waiting_room"])
        self.waiting_room_locked = False
        self.locked = False
        self.banned: set[str] = set()
        self.guests: list[Guest] = []
        self.registrants: dict[str, Registrant] = {}
        self.changes = Changes()

    # --- what is so ---

    @property
    def join_url(self) -> str:
        """The public link; with the passcode in it only where the host's settings put it there."""
        embedded = self.stage.users[self.host_id].settings["schedule_meeting"]["embed_password_in_join_link"]
        return f"https://zoom.example/j/{self.number}" + (f"?pwd={self.passcode}" if embedded else "")

    @property
    def under_way(self) -> bool:
        """Whether this instance has begun, or somebody waits for it."""
        return self.status == "started" or any(guest.state != "out" for guest in self.guests)

    def waiting(self) -> tuple[Guest, ...]:
        """Who is in the waiting room, as Zoom believes."""
        return tuple(guest for guest in self.guests if guest.state == "waiting" and not guest.before_start)

    def inside(self) -> tuple[Guest, ...]:
        """Who is in the meeting, as Zoom believes."""
        return tuple(guest for guest in self.guests if guest.state == "inside")

    def place(self) -> bodies.Place:
        """As events name it."""
        return bodies.Place(
            self.stage.account_id,
            self.number,
            self.instance,
            self.host_id,
            self.topic,
            self.start_time,
            self.timezone,
            self.duration,
        )

    # --- from outside ---

    async def start(self, uid: str | None = None) -> Guest:
        """The host, or another member of the account, comes in; that starts the meeting if it has not begun."""
        user = self.stage.users[uid or self.host_id]
        guest = self._arrival(Face(user.name, account=user.id, tag=f"staff:{user.name}"))
        self._staff(guest)
        return guest

    async def ends(self, by: str = By.HOST) -> None:
        """Everybody goes out, and the instance is over."""
        if not self.under_way:
            return
        for guest in [one for one in self.guests if one.state != "out"]:
            self.takes_out(guest, "left", By.SERVER, "the host ended the meeting")
        self.note("ended", None, by)
        if self.status == "started":
            self._tell("meeting.ended", None, end_time=bodies.rfc3339(self.stage.now()))
        self.status, self.locked = "waiting", False
        self.banned.clear()
        self._renew()
        self.waiting_room = bool(self.settings["waiting_room"])
        self.changes.notify()

    async def knock(self, face: Face) -> Guest:
        """Somebody comes to the door: he waits, is let in by the settings alone, or is turned away."""
        guest = self._arrival(face)
        verdict = door(self, guest)
        if verdict.why:
            guest.why = verdict.why
            self.note("turned_away", guest, By.SERVER, detail=verdict.why)
        elif verdict.staff:
            self._staff(guest)
        elif verdict.waits:
            self._waits(guest)
        elif self.status == "started" or verdict.before_host:
            self._through(guest, before_host=verdict.before_host)
        else:
            guest.state, guest.before_start = "waiting", True
            self._tell(
                "meeting.participant_jbh_waiting",
                guest,
                participant=bodies.waiting_for_host(guest.who(), with_registrant=False),
            )
        self.changes.notify()
        return guest

    def risk_alert(self, platform: str = "twitter", link: str = "https://social.example/post/1") -> None:
        """Zoom finds the meeting's link in a public post."""
        place, now = self.place(), self.stage.now()
        host = self.stage.users[self.host_id]
        self._tell(
            "meeting.risk_alert", None, host_email=host.email, armn_details=bodies.risk(place, now, platform, link)
        )

    def quality_alert(self) -> None:
        """Zoom complains about the sound: the event that must not be taken for an alarm."""
        self._tell("meeting.alert", None, issues=["Unstable audio quality"])

    # --- by the host's own hand ---

    def host_admits(self, guest: Guest) -> None:
        """In her own client she admits one."""
        acts.admit(self, guest, By.HOST)

    def host_admits_all(self) -> None:
        """In her own client she admits everybody who waits."""
        for guest in self.waiting():
            acts.admit(self, guest, By.HOST)

    def host_puts_back(self, guest: Guest) -> None:
        """In her own client she puts one back into the waiting room."""
        acts.put_back(self, guest, By.HOST)

    def host_removes(self, guest: Guest) -> None:
        """In her own client she removes one."""
        acts.remove(self, guest, By.HOST)

    def host_promotes(self, guest: Guest) -> None:
        """In her own client she makes one a co-host."""
        old, guest.role = guest.role, "co-host"
        self.note("promoted", guest, By.HOST)
        self.tell_of("meeting.participant_role_changed", guest, "date_time", old_role=old, new_role=guest.role)
        self.changes.notify()

    def host_waiting_room(self, *, on: bool) -> None:
        """In her own client she switches the waiting room."""
        acts.set_waiting_room(self, By.HOST, on=on)

    def host_locks(self, *, on: bool = True) -> None:
        """In her own client she locks the meeting: nobody new gets even to the waiting room."""
        self.locked = on
        self.note("locked", None, By.HOST, detail="on" if on else "off")

    # --- what follows ---

    def takes_out(self, guest: Guest, what: str, by: str, reason: str, detail: str = "") -> None:
        """He is no longer in; a second time it does nothing (a late notice of somebody who was removed meanwhile)."""
        was, guest.state, guest.sharing = guest.state, "out", False
        if was == "out":
            return
        guest.why = reason
        self.note(what, guest, by, detail=detail or reason)
        if guest.before_start:
            self._tell(
                "meeting.participant_jbh_waiting_left",
                guest,
                participant=bodies.waiting_for_host(guest.who(), with_registrant=True),
            )
        elif was == "waiting":
            self.tell_of("meeting.participant_left_waiting_room", guest, "date_time")
        else:
            words = f"{guest.name} left the meeting.<br>Reason: {reason}."
            self.tell_of("meeting.participant_left", guest, "leave_time", leave_reason=words)
        self.changes.notify()

    def shares(self, guest: Guest, *, on: bool) -> bool:
        """He starts or stops sharing; whether that was possible."""
        who_may = self.stage.users[self.host_id].settings["in_meeting"]["who_can_share_screen"]
        allowed = guest.role != "attendee" or who_may == "all" or not on
        if guest.state != "inside" or guest.sharing == on or not allowed:
            return False
        guest.sharing = on
        self.note("share_on" if on else "share_off", guest, By.SELF)
        event = "meeting.sharing_started" if on else "meeting.sharing_ended"
        self._tell(event, guest, participant=bodies.sharing(guest.who(), self.stage.now()))
        self.changes.notify()
        return True

    def hears(self, guest: Guest, text: str) -> None:
        """He writes to everybody."""
        self.note("said", guest, By.SELF, detail=text)
        message = bodies.chat(guest.who(), self.stage.now(), self.stage.new_instance(), text)
        self._tell("meeting.chat_message_sent", guest, chat_message=message)

    def note(self, what: str, guest: Guest | None, by: str, *, detail: str = "") -> None:
        """Write into the ledger."""
        tag, name, uuid = (guest.tag, guest.name, guest.uuid) if guest else ("", "", "")
        self.stage.ledger.add(what, meeting=self.number, tag=tag, name=name, uuid=uuid, by=by, detail=detail)

    def _renew(self) -> None:
        """The next instance: a new uuid, which the panel's client sees differently if that fault is on."""
        self.instance = self.stage.new_instance()
        differs = "instance" in self.stage.faults.uuids
        self.panel_instance = self.stage.new_instance() if differs else self.instance

    def _arrival(self, face: Face) -> Guest:
        guest = Guest(self, face, len(self.guests))
        self.guests.append(guest)
        self.note("knocked", guest, By.SELF)
        return guest

    def _staff(self, guest: Guest) -> None:
        """The host, or one who may stand in for her: the meeting starts, and whoever waited for that moves on."""
        self._starts(guest)
        hosts = [other for other in self.inside() if other.role == "host"]
        guest.role = "co-host" if hosts and guest.face.account != self.host_id else "host"
        self.comes_in(guest, By.SELF)
        for early in [one for one in self.guests if one.before_start and one.state == "waiting"]:
            self._let_through(early)

    def _starts(self, guest: Guest) -> None:
        if self.status == "started":
            return
        self.status = "started"
        self.note("started", guest, By.SELF)
        self._tell("meeting.started", None)

    def _waits(self, guest: Guest) -> None:
        guest.state = "waiting"
        self.tell_of("meeting.participant_joined_waiting_room", guest, "date_time")

    def _let_through(self, guest: Guest) -> None:
        guest.before_start = False
        if self.waiting_room:
            self._waits(guest)
        else:
            self._through(guest, before_host=False)
        self.changes.notify()

    def _through(self, guest: Guest, *, before_host: bool) -> None:
        if before_host:
            self._starts(guest)
            short = bodies.waiting_for_host(guest.who(), with_registrant=True)
            self._tell("meeting.participant_jbh_joined", guest, participant=short)
        self.comes_in(guest, By.BEFORE if before_host else By.OPEN)

    def comes_in(self, guest: Guest, by: str, detail: str = "") -> None:
        """He is in the meeting now."""
        guest.state, guest.how, guest.joined_at = "inside", str(by), self.stage.now()
        guest.came_in += 1
        self.note("came_in", guest, by, detail=detail)
        self.tell_of("meeting.participant_joined", guest, "join_time")
        self.changes.notify()

    def tell_of(self, event: str, guest: Guest, time_key: str, **more: str) -> None:
        """An event about one participant, with the time of the happening under the key that this event has for it."""
        participant = bodies.identity(guest.who()) | {time_key: bodies.rfc3339(self.stage.now())} | more
        if event == "meeting.participant_role_changed":
            participant.pop("registrant_id", None)  # documented, but reported missing (forum 125559)
        self._tell(event, guest, participant=participant)

    def _tell(self, event: str, guest: Guest | None, **more: Any) -> None:
        body = bodies.about(event, self.place(), self.stage.now(), **more)
        tag, name = (guest.tag, guest.face.name) if guest else ("", "")
        self.stage.emit(body, lane=self.number, tag=tag, name=name)
