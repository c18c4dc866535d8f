"""One open companion panel, as the desk sees it: what it said, what it shall be told, whether it may stay.

May live here: the life of one connection. May not: which panel leads (``table``), who may sit (``desk``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from guardian.adapters.zoom import wire_panel as wire
from guardian.adapters.zoom.clients import in_a_meeting
from guardian.adapters.zoom.hands import Hands
from guardian.errors import DeniedError

_MODERATORS = frozenset({"host", "co-host"})
_MOST_UNSENT = 2000  # messages; a page that does not read that many is gone
_FINE = 1000
SILENCE = 2.0  # seconds without a word, after which nobody is there


def moderates(role: str) -> bool:
    """Whether Zoom lets somebody of this role work the waiting room."""
    return role in _MODERATORS


class Court(Protocol):
    """Who decides on a seat."""

    def check(self, seat: PanelSeat) -> None:
        """Raise DeniedError when the seat's human may not sit here (any more)."""
        ...

    def leads(self, seat: PanelSeat) -> bool:
        """Whether this seat's hands may act now."""
        ...

    def heard(self, seat: PanelSeat, *, changed: bool = False) -> None:
        """The seat has spoken; ``changed``: what its client can do is another than before."""
        ...

    def listed(self, seat: PanelSeat, found: wire.PanelList) -> None:
        """It sent lists that nobody had asked for."""
        ...

    def gone(self, seat: PanelSeat) -> None:
        """It is over."""
        ...


class PanelSeat:
    """Fits ``ports.Seat``. ``uid``, ``mid``, ``role``: as proven; ``number``: the meeting's, as the page says.

    ``renew``: reads a fresh app context of the same human in the same meeting and returns the role that it proves;
    raises DeniedError. ``on_client``: told, whenever the page says what client it is in, what that cannot do.
    """

    def __init__(
        self,
        *,
        meeting: str,
        who: str,
        uid: str,
        mid: str,
        role: str,
        number: str,
        renew: Callable[[str], str],
        on_client: Callable[[tuple[str, ...]], None] = lambda _: None,
    ) -> None:
        self.meeting, self.who = meeting, who
        self.uid, self.mid, self.role, self.number = uid, mid, role, number
        self.ready: wire.Ready | None = None
        self.main_room = True
        """False as soon as the page says that it is in a breakout room."""
        self.silent = False
        """It did not answer; until it speaks again it cannot lead."""
        self.over = False
        self.heard_at = 0.0
        """The loop's time of its last message."""
        self._close_code = _FINE
        self._renew, self._on_client = renew, on_client
        self._court: Court | None = None
        self._beat = ""
        self._beat_at = self._done_at = 0.0
        self._outbox: deque[wire.Frame] = deque()
        self._wake = asyncio.Event()
        self.hands = Hands(who, self, self._leads, self._unanswered)

    def sit(self, court: Court) -> None:
        """Be judged by ``court`` from now on."""
        self._court = court

    @property
    def close_code(self) -> int:
        """Why the seat is over (WebSocket close code); 1000 while it is not."""
        return self._close_code

    @property
    def able(self) -> bool:
        """Whether it could lead, as far as it is known here: a host's or co-host's, at work in the main room."""
        return (
            not self.over
            and not self.silent
            and self.main_room
            and self.ready is not None
            and in_a_meeting(self.ready.context)
            and moderates(self.role)
            and (not self.ready.role or moderates(self.ready.role))
        )

    @property
    def strayed(self) -> bool:
        """Whether it sits here, but was lost sight of: worth asking whether it is back."""
        return not self.over and self.ready is not None and (self.silent or not self.main_room)

    def say(self, frame: wire.Frame) -> None:
        """Put a message on its way to the page."""
        if self.over:
            return
        self._outbox.append(frame)
        if len(self._outbox) > _MOST_UNSENT:
            self.end(wire.CLOSE_GOING_AWAY)
        self._wake.set()

    def unsay(self, frame: wire.Frame) -> None:
        """Take a message back, if it has not left yet."""
        for index, waiting in enumerate(self._outbox):
            if waiting is frame:
                del self._outbox[index]
                return

    async def next(self) -> Mapping[str, object] | None:
        """The next message for the page, when there is one; None when the seat is over."""
        while not self.over:
            if self._outbox:
                return self._outbox.popleft()
            self._wake.clear()
            await self._wake.wait()
        return None

    def receive(self, frame: Mapping[str, object]) -> None:
        """One message of the page. Raises DeniedError, and then the seat is over."""
        if self.over:
            raise DeniedError("this panel is closed")
        try:
            said = wire.read(frame)
        except ValueError as error:
            self.end(wire.CLOSE_MALFORMED)
            raise DeniedError(f"the panel's message: {error}") from error
        self.heard_at = asyncio.get_running_loop().time()
        self.silent = False
        try:
            changed = self._take(said)
            if self._court is not None:
                self._court.check(self)
        except DeniedError:
            self.end(wire.CLOSE_UNPROVEN)
            raise
        if self._court is not None:
            self._court.heard(self, changed=changed)
            if isinstance(said, wire.Listed) and not self.hands.listed(said.answers, said.found):
                self._court.listed(self, said.found)

    def _take(self, said: wire.Said) -> bool:
        """Note what was said; whether what the client can do is another now."""
        if isinstance(said, wire.Ready):
            self.ready = said
            self.number = said.number or self.number
            if said.role and said.role != self.role:
                # What the page says of a role counts against it at once, and for it only with a proof.
                self.say(wire.refresh_context())
            changed = self.hands.knows(said)
            self._on_client(self.hands.notes)
            return changed
        if isinstance(said, wire.Renewed):
            self.role = self._renew(said.context)
        elif isinstance(said, wire.Listed):
            self.main_room = said.found.main_room
            self._done_at = self.heard_at
        else:
            if said.code == wire.BREAKOUT:
                self.main_room = False
            if said.id == self._beat and not said.ok and said.code is None and self._done_at < self._beat_at:
                self.silent = True  # the page lives, but the client behind it has done nothing since
            if said.ok:
                self._done_at = self.heard_at
            self.hands.answered(said)
        return False

    def beat(self, within: float) -> None:
        """Have both lists read: it shows that the page lives, and heals what an event has missed."""
        self._beat = self.hands.new_id()
        self._beat_at = asyncio.get_running_loop().time()
        self.say(wire.command(self._beat, wire.READ, None, within))

    def end(self, code: int) -> None:
        """It is over, and why."""
        if self.over:
            return
        self.over, self._close_code = True, code
        self.hands.lost()
        self._outbox.clear()
        self._wake.set()
        if self._court is not None:
            self._court.gone(self)

    def leave(self) -> None:
        """The page is gone."""
        self.end(_FINE)

    def _leads(self) -> bool:
        return self._court is not None and self._court.leads(self)

    def _unanswered(self, sent: float) -> None:
        """An order had no answer; if nothing else came either since it was sent, nobody is there."""
        waited = asyncio.get_running_loop().time() - sent
        if self.heard_at < sent and waited >= SILENCE and not self.silent:
            self.silent = True
            if self._court is not None:
                self._court.heard(self)
