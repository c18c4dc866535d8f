"""The words of the scenario scripts: the class and its list, what may happen, what may be asked. No test lives here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from guardian.core.actions import ActKind, Capabilities
from guardian.core.events import (
    CameInAs,
    Event,
    Gone,
    LinkChanged,
    NativeAct,
    NativeKind,
    Ordered,
    RosterLoaded,
    Seen,
    Snapshot,
    Verb,
    Warned,
    Woke,
)
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Phase, Slot
from guardian.core.policy import Mode, Policy
from guardian.core.roster import Person, Role, Roster

if TYPE_CHECKING:
    from tests.core.stage import Stage

BEFORE, OPEN, LOCKED = Phase.BEFORE, Phase.OPEN, Phase.LOCKED
START = 1_700_000_000.0
SLOT = Slot(START, START + 3600.0)
EVERYTHING = Capabilities("world", frozenset(ActKind), confirm_within=1.0, can_inform=True)
BY_SERVER = frozenset({ActKind.EXPEL, ActKind.END, ActKind.ROTATE})
BY_HAND = frozenset({ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.LOBBY_ON})
HANDS = Capabilities(
    "hands",
    BY_SERVER | BY_HAND,
    confirm_within=3.0,
    confirm_kind=((ActKind.EXPEL, 10.0),),
    bans_by_address=True,
    undo_note="they cannot come back with the same address",
)
"""A platform with a hand in the meeting and a server that can put people out for good."""
NO_HANDS = replace(HANDS, can=BY_SERVER, no_hands="no panel is open")
TESS = Person("tess", "Tess Teacher", Role.HOST, accounts=("tess@school",))
SAM = Person("sam", "Sam Staff", Role.STAFF, accounts=("sam@school",))
ANN = Person("ann", "Ann Adams", accounts=("ann@school",), emails=("adams@home",))
BEN = Person("ben", "Ben Brown", accounts=("ben@school",), aliases=("Benny Brown",))
CYD = Person("cyd", "Cyd Clark", accounts=("registrant:cyd-1", "cyd@school"))
DOT = Person("dot", "Dot Clark", accounts=("dot@school",))
EVE = Person("eve", "Eve Evans", accounts=("eve@school",))
CLASS = Roster("v1", (TESS, SAM, ANN, BEN, CYD, DOT, EVE))
ENFORCE = Policy(mode=Mode.ENFORCE)

Happening = Callable[["Stage"], Event]


@dataclass(frozen=True, order=True)
class Wanted:
    """One act that the script expects: what and at whom; ``again`` when it is the same ask sent once more."""

    kind: ActKind
    who: str | None = None
    again: bool = False

    def __str__(self) -> str:
        return f"{'again ' if self.again else ''}{self.kind.value}({self.who or ''})"


Admit = partial(Wanted, ActKind.ADMIT)
Refuse = partial(Wanted, ActKind.REFUSE)
PutBack = partial(Wanted, ActKind.PUT_BACK)
Remove = partial(Wanted, ActKind.REMOVE)
Quiet = partial(Wanted, ActKind.QUIET)
StopShare = partial(Wanted, ActKind.STOP_SHARE)
Demote = partial(Wanted, ActKind.DEMOTE)
LobbyOn = partial(Wanted, ActKind.LOBBY_ON)
QuietAll = partial(Wanted, ActKind.QUIET_ALL)
UnquietAll = partial(Wanted, ActKind.UNQUIET_ALL)
End = partial(Wanted, ActKind.END)
Revoke = partial(Wanted, ActKind.REVOKE)
Expel = partial(Wanted, ActKind.EXPEL)
Rotate = partial(Wanted, ActKind.ROTATE)


# --- what happens -----------------------------------------------------------------------------------------------


def person(name: str, place: Place = Place.INSIDE, *, handle: str | None = None, **facts: Any) -> Facts:
    """One connection's facts; the handle is its name unless told otherwise. Unknown words are evidence."""
    of_facts = {k: facts.pop(k) for k in ("role", "sharing", "is_self", "room") if k in facts}
    return Facts(handle or name, place, Evidence(name=name, **facts), **of_facts)


def waiting(name: str, **facts: Any) -> Happening:
    """Somebody knocks."""
    return _seen(person(name, Place.WAITING, **facts))


def inside(name: str, **facts: Any) -> Happening:
    """Somebody is inside (however they came in)."""
    return _seen(person(name, Place.INSIDE, **facts))


def _seen(facts: Facts) -> Happening:
    def happen(script: Stage) -> Event:
        script.world[facts.handle] = facts
        return Seen(script.stamp(), facts)

    return happen


def changed(who: str, **facts: Any) -> Happening:
    """A connection's facts change: ``place``, ``role``, ``sharing``, or a piece of evidence."""

    def happen(script: Stage) -> Event:
        old = script.world[who]
        outer = {k: facts[k] for k in facts if k in {"place", "role", "sharing"}}
        inner = {k: facts[k] for k in facts if k not in outer}
        return _seen(replace(old, evidence=replace(old.evidence, **inner), **outer))(script)

    return happen


def gone(who: str) -> Happening:
    """A connection leaves."""

    def happen(script: Stage) -> Event:
        old = script.world.pop(who)
        return Gone(script.stamp(), who, old.place)

    return happen


def lost(who: str) -> Happening:
    """A connection leaves, and nobody tells: only a timer goes off."""

    def happen(script: Stage) -> Event:
        script.world.pop(who)
        return Woke(script.stamp())

    return happen


def listed(*, only: tuple[str, ...] | None = None, **snapshot: Any) -> Happening:
    """A snapshot of the script's world arrives (of ``only`` these); ``as_of`` may be given as seconds ago."""

    def happen(script: Stage) -> Event:
        at = script.stamp()
        people = tuple(f for h, f in script.world.items() if only is None or h in only)
        if not snapshot.get("carries_identity", True):
            people = tuple(replace(f, evidence=Evidence(name=f.evidence.name)) for f in people)
        as_of = at - snapshot.pop("ago", 0.0)
        return Snapshot(at, as_of, people, **{"lobby_on": script.lobby_on, **snapshot})

    return happen


def roster(*people: Person, version: str = "v2") -> Happening:
    """A new version of the roster comes into force."""
    return lambda script: RosterLoaded(script.stamp(), Roster(version, people))


def event(make: Callable[[float], Event]) -> Happening:
    """Any other event, made from the time: ``event(lambda at: LinkChanged(at, up=False))``."""
    return lambda script: make(script.stamp())


def hands(are: Capabilities) -> Happening:
    """Our hands in the meeting go (``NO_HANDS``) or are back (``HANDS``)."""
    return event(lambda at: LinkChanged(at, up=True, capabilities=are))


def came_in_as(who: str, instead_of: str) -> Happening:
    """It turns out that our admission of ``instead_of`` let ``who`` in."""
    return event(lambda at: CameInAs(at, who, instead_of))


def warned(kind: IncidentKind, detail: str = "the platform says so") -> Happening:
    """The platform warns."""
    return event(lambda at: Warned(at, kind, detail))


class _Teacher:
    """What a human moderator does with the platform's own buttons; the effect shows with the act. ``by`` None: the
    platform does not tell whose hand it was.
    """

    def admits(self, who: str) -> Happening:
        return self._does(NativeKind.ADMITTED, who)

    def puts_out(self, who: str, by: str | None = "Tess Teacher") -> Happening:
        return self._does(NativeKind.PUT_OUT, who, by)

    def refuses(self, who: str) -> Happening:
        return self._does(NativeKind.REFUSED, who)

    def admits_all(self) -> Happening:
        return self._does(NativeKind.ADMITTED_ALL, None)

    def opens_the_lobby(self) -> Happening:
        return self._does(NativeKind.LOBBY_OFF, None)

    def _does(self, kind: NativeKind, who: str | None, by: str | None = "Tess Teacher") -> Happening:
        def happen(script: Stage) -> Event:
            if kind is NativeKind.LOBBY_OFF:
                script.lobby_on = False
            return NativeAct(script.stamp(), kind, who, by)

        return happen


class _Human:
    """Orders of a human, by any road. The first argument names a connection; ``person=`` a roster person."""

    def __getattr__(self, verb: str) -> Callable[..., Happening]:
        return partial(_ordered, Verb(verb))


def _ordered(verb: Verb, who: str | None = None, **more: Any) -> Happening:
    def happen(script: Stage) -> Event:
        script.orders += 1
        if "lasts" in more:
            more["until"] = script.now + more.pop("lasts")
        return Ordered(script.stamp(), f"order-{script.orders}", verb, "olga", handle=who, **more)

    return happen


teacher = _Teacher()
human = _Human()
