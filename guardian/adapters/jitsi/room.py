"""Who is where: the meeting and its lobby as one picture, and what changed in it. Pure: no I/O, no clock.

Facts of the wire go in; events of the core, and signals for the session, come out. A person is one real full address
(``item/@jid``), whatever the nick; somebody in both rooms is INSIDE.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from guardian.adapters.jitsi.hand import Done, Hand, kind_of_removal
from guardian.adapters.jitsi.seats import OWNERS, Seats, Trust
from guardian.adapters.jitsi.wire import bare, resource
from guardian.adapters.jitsi.wire_facts import (
    Affiliated,
    ConfigChanged,
    JoinRefused,
    LobbyNotice,
    Presence,
    RoomFact,
)
from guardian.core.events import Event, Gone, LobbyChanged, MeetingEnded, NativeAct, NativeKind, Seen, Snapshot
from guardian.core.identity import Facts, Place

_PUT_OUT = frozenset({"301", "307", "321"})  # banned, kicked, affiliation lost (XEP-0045 section 15.6)
_NO_MEMBER = frozenset({"none", "outcast"})
_TICK = 1e-6  # seconds between two events of the same moment


class SignalKind(StrEnum):
    """What the session has to look after."""

    JOINED = "joined"
    REFUSED = "refused"
    CONFIG = "config"
    PUT_OUT = "put_out"
    ENDED = "ended"
    LOBBY_GONE = "lobby_gone"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Signal:
    """``room`` is the address that it concerns; ``detail`` a condition, codes or an address."""

    kind: SignalKind
    room: str
    detail: str = ""


@dataclass(slots=True)
class Taken:
    """What one fact led to, in order."""

    events: list[Event] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


class Rooms:
    """The picture of one meeting, over all our connections to it. ``now``: seconds since the epoch, UTC."""

    def __init__(self, meeting: str, trust: Trust) -> None:
        self.trust = trust
        self.lobby_on: bool | None = None
        self.created = False
        self.main = Seats(meeting, Place.INSIDE, trust)
        self.lobby = Seats("", Place.WAITING, trust)
        self.hand = Hand(trust, self.main)
        self._told: dict[str, Facts] = {}
        self._foreign: set[str] = set()
        self._last = 0.0

    def begin(self, own_jid: str) -> None:
        """A new connection: nobody is known to be anywhere."""
        self.trust.own_jids.append(own_jid)
        self.main.clear()
        self._foreign.clear()
        self.created = False
        self.lobby_is_at("")

    def meeting_is_at(self, address: str) -> None:
        """The meeting's address, once the server's component of meetings is known."""
        self.main.address = address

    def lobby_is_at(self, address: str) -> None:
        """The lobby's address, "" when there is none. Another one than before is empty to us."""
        if address != self.lobby.address:
            self.lobby = Seats(address, Place.WAITING, self.trust)

    @property
    def in_lobby(self) -> bool:
        """Whether we see the lobby."""
        return self.lobby.nick(self.trust.own_jid) is not None

    @property
    def may_act(self) -> bool:
        """Whether we own the meeting."""
        return self.main.item(self.trust.own_jid).affiliation in OWNERS

    def stamp(self, now: float) -> float:
        """The time of the next event: ``now``, but never twice the same and never backwards."""
        self._last = max(now, self._last + _TICK)
        return self._last

    def inside_of(self, account: str) -> frozenset[str]:
        """Everybody inside with this bare address."""
        return frozenset(handle for handle in self.main.handles() if bare(handle) == bare(account))

    def others_inside(self) -> frozenset[str]:
        """Everybody inside but ourselves and the conference focus."""
        return frozenset(handle for handle in self.main.handles() if not self.trust.is_self(handle))

    # -- taking facts

    def take(self, fact: RoomFact, now: float) -> Taken:
        """What a fact changes. Facts of other rooms change nothing."""
        taken = Taken()
        match fact:
            case Presence():
                self._presence(fact, now, taken)
            case JoinRefused(room, condition) if self._at(room) is not None:
                taken.signals.append(Signal(SignalKind.REFUSED, room, condition))
            case ConfigChanged(room) if room == self.main.address:
                taken.signals.append(Signal(SignalKind.CONFIG, room))
            case Affiliated(room) if room == self.main.address:
                self._by_hand(self.hand.affiliated(fact, self.lobby), now, taken)
            case LobbyNotice(room) if room == self.main.address:
                self._noticed(fact, now, taken)
        return taken

    def unseen(self, address: str, now: float) -> Taken:
        """Somebody is at this address, but what they show could not be read (a frame was refused)."""
        taken = Taken()
        room, nick = self._at(bare(address)), resource(address)
        if room is not None and nick and nick not in room:
            self._tell(room.put(Presence(room.address, nick)), now, taken)
        elif room is not None and room.unread is not None:
            room.unread.discard(nick)
        return taken

    def lobby_state(self, *, on: bool, now: float) -> list[Event]:
        """The configuration was read."""
        changed = on is not self.lobby_on
        self.lobby_on = on
        return [LobbyChanged(self.stamp(now), on)] if changed else []

    def _at(self, address: str) -> Seats | None:
        rooms = (room for room in (self.main, self.lobby) if room.address and room.address == address)
        return next(rooms, None)

    def _presence(self, fact: Presence, now: float, taken: Taken) -> None:
        room = self._at(fact.room)
        if room is None:
            return
        if fact.destroyed and room is self.main:
            self._ended(fact, now, taken)
        elif fact.gone and (fact.destroyed or "110" in fact.codes) and "303" not in fact.codes:
            self._we_left(room, fact, now, taken)
        elif fact.gone:
            self._left(room, fact, now, taken)
        else:
            self._arrived(room, fact, now, taken)

    def _arrived(self, room: Seats, fact: Presence, now: float, taken: Taken) -> None:
        touched = room.put(fact)
        if room is self.main:
            for item in fact.items:
                told = self._told.get(item.jid)
                waited = told is not None and told.place is Place.WAITING
                self._by_hand(self.hand.came_in(item, waited=waited), now, taken)
        self._tell(touched, now, taken)
        self._foreign_selves(room, fact, taken)
        if "110" in fact.codes:
            self.created = self.created or ("201" in fact.codes and room is self.main)
            taken.signals.append(Signal(SignalKind.JOINED, room.address))

    def _foreign_selves(self, room: Seats, fact: Presence, taken: Taken) -> None:
        """Our account, on a connection that was never ours."""
        for item in fact.items:
            ours = item.jid in self.trust.own_jids
            if self.trust.is_self(item.jid) and not ours and item.jid not in self._foreign:
                self._foreign.add(item.jid)
                taken.signals.append(Signal(SignalKind.FOREIGN, room.address, item.jid))

    def _left(self, room: Seats, fact: Presence, now: float, taken: Taken) -> None:
        if "303" in fact.codes and fact.items and fact.items[0].nick:  # a new nick: nobody left
            room.move(fact.nick, fact.items[0].nick)
            return
        touched = room.drop(fact.nick)
        for item in fact.items:
            if room is self.main and item.affiliation in _NO_MEMBER:
                self.hand.revoked(item.jid)
        done: list[Done] = []
        if fact.codes & _PUT_OUT:
            place = Place.INSIDE if room is self.main else Place.WAITING
            done = self.hand.put_out(room, kind_of_removal(place), fact.items)
        if done:
            # First out, then by whom, and only then where they are now: else they would be let in again at once.
            self._forget(touched, now, taken)
            self._by_hand(done, now, taken)
        self._tell(touched, now, taken)

    def _we_left(self, room: Seats, fact: Presence, now: float, taken: Taken) -> None:
        """We were put out of a room, or the lobby was closed."""
        if room is self.main:
            taken.signals.append(Signal(SignalKind.PUT_OUT, room.address, " ".join(sorted(fact.codes - {"110"}))))
            return
        self._tell(room.clear(), now, taken)
        taken.signals.append(Signal(SignalKind.LOBBY_GONE, room.address))

    def _ended(self, fact: Presence, now: float, taken: Taken) -> None:
        self.main.clear()
        self.lobby.clear()
        self.hand.forget()
        self._told.clear()
        self.lobby_on = None
        taken.events.append(MeetingEnded(self.stamp(now), fact.reason[:200]))
        taken.signals.append(Signal(SignalKind.ENDED, self.main.address))

    def _noticed(self, fact: LobbyNotice, now: float, taken: Taken) -> None:
        done = self.hand.noticed(fact, self.lobby)
        self._by_hand(done, now, taken)
        for kind, _, _ in done:
            if kind in {NativeKind.LOBBY_ON, NativeKind.LOBBY_OFF}:
                self.lobby_on = kind is NativeKind.LOBBY_ON
                taken.signals.append(Signal(SignalKind.CONFIG, self.main.address))

    def _by_hand(self, done: Iterable[Done], now: float, taken: Taken) -> None:
        taken.events += [NativeAct(self.stamp(now), kind, handle, by) for kind, handle, by in done]

    def _facts(self, handle: str) -> Facts | None:
        """The main room wins."""
        return self.main.facts(handle) or self.lobby.facts(handle)

    def _tell(self, handles: Iterable[str], now: float, taken: Taken) -> None:
        """Events for those of whom something changed; a doubled presence changes nothing."""
        for handle in handles:
            old, new = self._told.get(handle), self._facts(handle)
            if new == old:
                continue
            if new is not None:
                self._told[handle] = new
                taken.events.append(Seen(self.stamp(now), new))
            else:
                self._forget([handle], now, taken)

    def _forget(self, handles: Iterable[str], now: float, taken: Taken) -> None:
        for handle in handles:
            old = self._told.pop(handle, None)
            if old is not None:
                self.hand.gone(handle)
                taken.events.append(Gone(self.stamp(now), handle, old.place))

    # -- reading everything afresh

    def reading(self, address: str) -> None:
        """This room is about to show everybody: who is not shown by its end has gone."""
        room = self._at(address)
        if room is not None:
            room.reading()

    def read(self, address: str, now: float) -> list[Event]:
        """The room has shown everybody."""
        taken = Taken()
        room = self._at(address)
        if room is not None:
            self._tell(room.read(), now, taken)
        return taken.events

    def snapshot(self, now: float, *, complete: bool) -> Snapshot:
        """Everybody, as we see them now. ``complete`` False: something that came meanwhile could not be read."""
        handles = dict.fromkeys([*self.main.handles(), *self.lobby.handles()])
        shown = {handle: facts for handle in handles if (facts := self._facts(handle)) is not None}
        self._told = dict(shown) if complete else self._told | shown
        at = self.stamp(now)
        return Snapshot(
            at=at,
            as_of=at,
            connections=tuple(shown.values()),
            complete=complete,
            covers=frozenset(Place) if self.in_lobby or not self.lobby_on else frozenset({Place.INSIDE}),
            lobby_on=self.lobby_on,
        )
