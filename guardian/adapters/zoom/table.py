"""Which of a meeting's open panels acts, and that another does as soon as it cannot.

May live here: the choice, the heartbeat, the hand-over. May not: one panel's messages (``seats``), proofs (``desk``).
One leads; two never act. A panel that leads no more finishes what it has, and nothing of that is sent to the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from guardian.adapters.zoom import wire_panel as wire
from guardian.adapters.zoom.hands import Hands
from guardian.adapters.zoom.seats import SILENCE, PanelSeat
from guardian.errors import DeniedError

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)

# With SILENCE, a second panel takes over within 3 s of the first one's last sign of life. A lone one is asked less.
_BEAT_WITH_RIVAL = 1.0
_BEAT_ALONE = 5.0


class Room(Protocol):
    """A guarded meeting, as far as its panels need it."""

    @property
    def meeting(self) -> str:
        """Its id in the configuration."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    @property
    def number(self) -> str:
        """Zoom's meeting number, digits only."""
        ...

    @property
    def instance(self) -> str:
        """The UUID of its present run; "": not known."""
        ...

    def host(self, uid: str) -> str | None:
        """The host or staff member with this Zoom account who may act now; None: nobody."""
        ...

    def hands_changed(self, hands: Hands | None) -> None:
        """Other hands than before, the same with other abilities, or none any more."""
        ...

    def listed(self, found: wire.PanelList) -> None:
        """The leading panel sent lists of the main room that ``Hands.read`` had not asked for."""
        ...


def is_of(room: Room, mid: str, number: str) -> bool:
    """Whether a panel with this context, reporting this number, is in this room; nothing weaker counts."""
    return bool(mid and mid == room.instance) or bool(number and number == room.number)


class Table:
    """The panels of one meeting. ``find``: the meeting as it is configured now, or None."""

    def __init__(self, meeting: str, find: Callable[[], Room | None]) -> None:
        self.meeting = meeting
        self._find = find
        self._seats: list[PanelSeat] = []
        self._leader: PanelSeat | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._asked = False  # the timer waits for the leader's answer, not for the time to ask
        self._search: asyncio.TimerHandle | None = None

    def join(self, seat: PanelSeat) -> None:
        """Take a place. An older panel of the same human in the same run gives way."""
        for other in [other for other in self._seats if (other.uid, other.mid) == (seat.uid, seat.mid)]:
            other.end(wire.CLOSE_REPLACED)
        self._seats.append(seat)
        seat.sit(self)

    def close(self) -> None:
        """We go away: the pages come back by themselves."""
        for seat in list(self._seats):
            seat.end(wire.CLOSE_GOING_AWAY)
        if self._search is not None:
            self._search.cancel()
            self._search = None

    # What a seat asks and tells.

    def check(self, seat: PanelSeat) -> None:
        """Raise DeniedError when the seat's human may not sit here (any more)."""
        room = self._find()
        if room is None or room.host(seat.uid) is None:
            raise DeniedError("this Zoom account is none of the hosts of this class just now")
        undecided = not room.instance and not seat.number
        if not undecided and not is_of(room, seat.mid, seat.number):
            raise DeniedError("this panel is in another meeting")

    def leads(self, seat: PanelSeat) -> bool:
        """Whether this seat's hands may act now. Its proof may have run out since it last spoke."""
        self._expel_unproven(seat)
        return seat is self._leader

    def heard(self, seat: PanelSeat, *, changed: bool = False) -> None:
        """Choose anew; go on with the heartbeat."""
        before = self._leader
        self._elect()
        room = self._find()
        if seat is before and seat is self._leader:
            if changed and room is not None:
                room.hands_changed(seat.hands)
            self._beat_later()
        elif seat is not self._leader:
            if changed:
                seat.say(wire.leading(leads=False))
            self._beat_no_later()
        self._watch_lost()

    def listed(self, seat: PanelSeat, found: wire.PanelList) -> None:
        """Only the leading panel's lists count, and only those of the main room."""
        room = self._find()
        if seat is self._leader and found.main_room and room is not None:
            room.listed(found)

    def gone(self, seat: PanelSeat) -> None:
        """The next one leads at once."""
        if seat in self._seats:
            self._seats.remove(seat)
        self._elect()

    # The choice.

    def _elect(self) -> None:
        """The first that can lead; another only if it can do more, or if its context names just this run."""
        room = self._find()
        fit: list[PanelSeat] = []
        if room is not None:
            fit = [seat for seat in self._seats if seat.able and self._entitled(seat)]

        def rank(seat: PanelSeat) -> tuple[bool, int]:
            return (room is not None and seat.mid == room.instance, len(seat.hands.can))

        best = max(fit, key=rank, default=None)
        old = self._leader
        if old is not None and best is not None and old in fit and rank(old) >= rank(best):
            best = old
        if best is not old:
            self._hand_over(old, best, room)

    def _entitled(self, seat: PanelSeat) -> bool:
        room = self._find()
        return room is not None and room.host(seat.uid) is not None and is_of(room, seat.mid, seat.number)

    def _hand_over(self, old: PanelSeat | None, new: PanelSeat | None, room: Room | None) -> None:
        self._leader = new
        self._stop_timer()
        if old is not None:
            old.say(wire.leading(leads=False))
            old.hands.rest()
        if new is not None:
            new.say(wire.leading(leads=True))
        log.info("zoom.panel.leader", meeting=self.meeting, leads=new is not None, seats=len(self._seats))
        if room is not None:
            room.hands_changed(None if new is None else new.hands)
        if new is not None and new is self._leader:
            self._beat()  # the lists of a new leader are wanted at once

    # The heartbeat.

    def _beat(self) -> None:
        leader = self._leader
        if leader is None:
            return
        self._expel_unproven(leader)
        if leader is not self._leader:
            return
        leader.beat(SILENCE)
        self._start_timer(SILENCE, self._unanswered)
        self._asked = True

    def _rivalled(self) -> bool:
        return any(seat.able and self._entitled(seat) for seat in self._seats if seat is not self._leader)

    def _beat_later(self) -> None:
        self._start_timer(_BEAT_WITH_RIVAL if self._rivalled() else _BEAT_ALONE, self._beat)

    def _beat_no_later(self) -> None:
        """A rival came: the leader is asked sooner than a lone one would be."""
        soon = asyncio.get_running_loop().time() + _BEAT_WITH_RIVAL
        if self._timer is not None and not self._asked and self._timer.when() > soon and self._rivalled():
            self._start_timer(_BEAT_WITH_RIVAL, self._beat)

    def _unanswered(self) -> None:
        if self._leader is not None:
            self._leader.silent = True
            self._elect()
        self._watch_lost()

    def _watch_lost(self) -> None:
        """Those that fell silent or went to a breakout room are asked now and then whether they are back."""
        if self._search is None and any(seat.strayed for seat in self._seats):
            self._search = asyncio.get_running_loop().call_later(_BEAT_ALONE, self._ask_lost)

    def _ask_lost(self) -> None:
        self._search = None
        for seat in self._seats:
            if seat.strayed:
                seat.beat(SILENCE)
        self._watch_lost()

    def _expel_unproven(self, seat: PanelSeat) -> None:
        try:
            self.check(seat)
        except DeniedError:
            seat.end(wire.CLOSE_UNPROVEN)

    def _start_timer(self, seconds: float, call: Callable[[], None]) -> None:
        self._stop_timer()
        self._asked = False
        self._timer = asyncio.get_running_loop().call_later(seconds, call)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
