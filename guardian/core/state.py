"""The state of one occurrence: what is known of it, of each connection and of each ask. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from guardian.core.actions import ActKind, Ask, Capabilities
from guardian.core.events import NativeAct, Ordered
from guardian.core.identity import Facts
from guardian.core.incidents import Incident, IncidentKind
from guardian.core.memory import Phase, Slot, SlotMemory
from guardian.core.roster import Match, MatchKind, Roster

REMEMBERED = 512  # departures and knocks kept, so that late deliveries are recognised
NO_LIST = Match(MatchKind.NOBODY, "no list is loaded")
FITS = frozenset({MatchKind.PERSON, MatchKind.DOUBT})


@dataclass(frozen=True)
class Connection:
    """One connection with its history. Times in seconds UTC.

    ``inside``: in the meeting (else in the lobby). ``keys``: what a word or a bar on it is kept under; ``bound``: those
    of them that only one owner can show. ``match``: whom its evidence fits under the roster in force.
    ``known``: fitted a roster version of this slot once, or was admitted once. ``claimed``: ids of all persons whom it
    fitted so far. ``tried``: acts that were escalated for it; ``simulated``: that a dry run pretended. ``found``:
    inside in the first snapshot. ``out_asked``: we asked to move it outside since it came in. ``came_in_as``: the
    handle on whose admission it came in without showing what that one showed.
    """

    facts: Facts
    at: float
    first_seen: float
    since: float
    inside: bool = False
    keys: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    match: Match = NO_LIST
    known: bool = False
    claimed: frozenset[str] = frozenset()
    found: bool = False
    admit_asked: bool = False
    out_asked: bool = False
    came_in_as: str | None = None
    informed: bool = False
    quiet: bool = False
    tried: tuple[ActKind, ...] = ()
    failures: int = 0
    not_before: float = 0.0
    simulated: frozenset[ActKind] = frozenset()

    @property
    def handle(self) -> str:
        """What actions are aimed at."""
        return self.facts.handle


@dataclass(frozen=True)
class PendingAsk:
    """An ask without an end. ``unknown``: sent before a restart, outcome not known. Times in seconds UTC."""

    ask: Ask
    sent_at: float
    keys: frozenset[str] = frozenset()
    attempts: int = 1
    accepted_at: float | None = None
    failed: str | None = None
    simulated: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """asked = confirmed + superseded + escalated + those pending now."""

    asked: int = 0
    confirmed: int = 0
    superseded: int = 0
    escalated: int = 0


NO_CAPABILITIES = Capabilities("", frozenset())


@dataclass(frozen=True)
class Occurrence:
    """Everything that is known of one run. Times in seconds UTC.

    ``roster``: the newest list with today's guests. ``departed``:
    when a handle left a place; ``ghosts``: the last of a connection that left. ``awaiting``: acts wait for a
    snapshot later than this. ``standing_down``: another guardian acts here. ``instance``: the platform's own id of
    this run, ``began`` its first sign. ``no_hands_since``: since when our acts cannot be done. ``warned``: the latest
    of each warning. ``rotated``: the order that gave the meeting its new passcode.
    """

    occurrence: str = ""
    meeting: str = ""
    instance: str = ""
    began: float = 0.0
    slot: Slot | None = None
    capabilities: Capabilities = NO_CAPABILITIES
    roster: Roster | None = None
    roster_trouble: str = ""
    memory: SlotMemory = field(default_factory=SlotMemory)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    departed: Mapping[str, float] = field(default_factory=dict)
    ghosts: Mapping[str, Connection] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    asks: Mapping[str, PendingAsk] = field(default_factory=dict)
    open_orders: Mapping[str, Ordered] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    knocks: tuple[float, ...] = ()
    native: NativeAct | None = None
    lobby_on: bool | None = None
    lobby_at: float = 0.0
    lobby_since: float = 0.0
    quiet_all: bool = False
    link_up: bool = True
    journal_up: bool = True
    trouble: str = ""
    standing_down: str = ""
    crashed: str = ""
    snapshot_at: float | None = None
    awaiting: float | None = None
    reread_at: float = 0.0
    empty_since: float | None = None
    platform_ended: bool = False
    end_order: str | None = None
    revoked: bool = False
    general_not_before: float = 0.0
    general_failures: int = 0
    lobby_refused: bool = False
    no_hands_since: float | None = None
    rotate_order: str | None = None
    rotated: str | None = None
    warned: Mapping[IncidentKind, str] = field(default_factory=dict)

    @property
    def rosters(self) -> tuple[Roster, ...]:
        """Every version of the list that this slot has had, the newest last."""
        return self.memory.rosters

    @property
    def phase(self) -> Phase:
        """Where the meeting is."""
        return self.memory.phase

    @property
    def ended(self) -> bool:
        """Whether nothing more is decided here."""
        return self.memory.phase is Phase.ENDED


def blank() -> Occurrence:
    """The state before the first record."""
    return Occurrence()


def roster_doubt(state: Occurrence) -> str:
    """Why nobody may be removed or refused on the word of the list now, or "" if it can be trusted."""
    if not state.rosters:
        return "no list is loaded"
    newest = state.rosters[-1]
    if not newest.people:
        return "the list is empty"
    if state.memory.accepted_roster == newest.version:
        return ""
    largest = max(len(roster.people) for roster in state.rosters)
    if len(newest.people) * 3 < largest * 2:
        return f"the list shrank from {largest} to {len(newest.people)} people"
    return ""


_Value = TypeVar("_Value", Connection, Occurrence, PendingAsk)


def changed(value: _Value, **news: Any) -> _Value:
    """As ``dataclasses.replace``, several times as fast: every event of every occurrence goes through here."""
    fresh = object.__new__(type(value))
    fresh.__dict__.update(value.__dict__)
    fresh.__dict__.update(news)
    return fresh
