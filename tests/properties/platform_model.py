"""A meeting on a platform, as it truly is: who is where, and how acts are taken. Knows nothing of the guardian's state.

``perform`` changes the world and says what a platform would report about it; whether those reports arrive is the
play's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from guardian.core.actions import Act, ActKind, Ask
from guardian.core.events import Accepted, Event, Failed, Gone, LobbyChanged, MeetingEnded, Seen, Snapshot
from guardian.core.identity import Evidence, Facts, Place, PlatformRole


class Manner(Enum):
    """How the platform takes acts for now."""

    OBEYS = "takes every act and shows its effect"
    UNHEARD = "takes every act, and the report of the effect is lost"
    MUTE = "does every act, and neither answers nor reports"
    DEAF = "takes every act and does nothing"
    SILENT = "neither answers nor does anything"
    FAILS = "gives every act up"


@dataclass
class World:
    """Everybody who is there. ``clock`` gives a fresh stamp, later than every stamp before it."""

    clock: Callable[[], float]
    people: dict[str, Facts] = field(default_factory=dict)
    owners: dict[str, str | None] = field(default_factory=dict)
    lobby_on: bool = True
    manner: Manner = Manner.OBEYS
    past: list[tuple[float, tuple[Facts, ...]]] = field(default_factory=list)

    def change(self, facts: Facts) -> Seen:
        """Somebody came, or is now as ``facts`` say."""
        self.people[facts.handle] = facts
        return Seen(self._moment(), facts)

    def leave(self, handle: str) -> Gone:
        """Somebody is no longer there."""
        facts = self.people.pop(handle)
        return Gone(self._moment(), handle, facts.place)

    def _moment(self) -> float:
        at = self.clock()
        self.past = [*self.past[-20:], (at, tuple(self.people.values()))]
        return at

    def listed(self, *, identity: bool = True, covers: frozenset[Place] = frozenset(Place)) -> Snapshot:
        """A complete list of ``covers``, as of now."""
        people = [f for f in self.people.values() if f.place in covers]
        at = self.clock()
        return _snapshot(at, at, people, identity=identity, covers=covers, lobby_on=self.lobby_on)

    def listed_late(self, index: int) -> Snapshot:
        """A list that was true a while ago."""
        if not self.past:
            return self.listed()
        as_of, people = self.past[index % len(self.past)]
        return _snapshot(self.clock(), as_of, list(people))

    def listed_in_part(self, index: int) -> Snapshot:
        """A list with holes, that says so."""
        people = list(self.people.values())[: index % (len(self.people) + 1)]
        at = self.clock()
        return replace(_snapshot(at, at, people), complete=False)

    # --- acts -----------------------------------------------------------------------------------------------------

    def perform(self, ask: Ask) -> Iterator[Event]:
        """Take an act in the manner of the moment; yields what the guardian gets to hear."""
        manner = self.manner
        if manner is Manner.FAILS:
            yield Failed(self.clock(), ask.ask, ask.act.kind, "the platform says no")
            return
        if manner in {Manner.OBEYS, Manner.UNHEARD, Manner.DEAF}:
            yield Accepted(self.clock(), ask.ask)
        if manner in {Manner.OBEYS, Manner.UNHEARD, Manner.MUTE}:
            effects = list(self._effects(ask.act))
            if manner is Manner.OBEYS:
                yield from effects

    def _effects(self, act: Act) -> Iterator[Event]:
        facts = self.people.get(act.handle or "")
        if act.kind is ActKind.LOBBY_ON:
            self.lobby_on = True
            for handle in [h for h, f in self.people.items() if f.place is Place.INSIDE and h not in act.keep]:
                if not self.people[handle].is_self:
                    yield self.leave(handle)
            yield LobbyChanged(self.clock(), on=True)
        elif act.kind is ActKind.END:
            self.people.clear()
            yield MeetingEnded(self.clock())
        elif facts is not None:
            yield from self._moves(act.kind, facts)

    def _moves(self, kind: ActKind, facts: Facts) -> Iterator[Event]:
        inside = facts.place is Place.INSIDE
        if kind is ActKind.ADMIT and not inside:
            yield self.change(replace(facts, place=Place.INSIDE))
        elif kind is ActKind.PUT_BACK and inside:
            yield self.change(replace(facts, place=Place.WAITING, sharing=False))
        elif (kind in {ActKind.REMOVE, ActKind.EXPEL} and inside) or (kind is ActKind.REFUSE and not inside):
            yield self.leave(facts.handle)
        elif kind is ActKind.DEMOTE and facts.role is PlatformRole.MODERATOR:
            yield self.change(replace(facts, role=PlatformRole.ATTENDEE))
        elif kind in {ActKind.STOP_SHARE, ActKind.QUIET} and facts.sharing:
            yield self.change(replace(facts, sharing=False))


def _snapshot(
    at: float,
    as_of: float,
    people: list[Facts],
    *,
    identity: bool = True,
    covers: frozenset[Place] = frozenset(Place),
    lobby_on: bool | None = None,
) -> Snapshot:
    shown = people if identity else [replace(f, evidence=Evidence(f.evidence.name)) for f in people]
    return Snapshot(at, as_of, tuple(shown), carries_identity=identity, covers=covers, lobby_on=lobby_on)
