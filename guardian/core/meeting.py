"""The state of one occurrence and how each record changes it. ``evolve`` is a pure fold: events, decisions, outcomes.

Nothing is decided here. A fact that changes nothing, or is older than what is known, leaves the state as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guardian.core import orders
from guardian.core.actions import (
    REMOVALS,
    ActKind,
    Again,
    Answer,
    Ask,
    AskEnd,
    Capabilities,
    Close,
    Considered,
    Decision,
    EnterPhase,
    Grant,
    Inform,
    Raise,
    Reread,
    Settle,
    Tighten,
)
from guardian.core.events import (
    Accepted,
    Acknowledged,
    Event,
    Failed,
    ForeignSelf,
    Gone,
    JournalChanged,
    LinkChanged,
    LobbyChanged,
    MeetingEnded,
    NativeAct,
    NativeKind,
    Opened,
    Ordered,
    Restarted,
    RosterFailed,
    RosterLoaded,
    Seen,
    Simulated,
    Snapshot,
    TaskCrashed,
    Verb,
)
from guardian.core.identity import Facts, Place, bound_keys, keys
from guardian.core.incidents import Incident
from guardian.core.memory import Phase, Removal, Slot, SlotMemory, WordKind
from guardian.core.policy import BRAKE_WINDOW
from guardian.core.roster import Match, MatchKind, Roster

REMEMBERED = 512  # departures and knocks kept, so that late deliveries are recognised
NO_LIST = Match(MatchKind.NOBODY, "no list is loaded")
FITS = frozenset({MatchKind.PERSON, MatchKind.DOUBT})


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection with its history. Times in seconds UTC.

    ``inside``: in the meeting (else in the lobby). ``keys``: what a word or a bar on it is kept under; ``bound``: those
    of them that only one owner can show. ``match``: whom its evidence fits under the roster in force.
    ``known``: fitted a roster version of this slot once, or was admitted once. ``claimed``: ids of all persons whom it
    fitted so far. ``tried``: acts that were escalated for it; ``simulated``: that a dry run pretended. ``found``:
    inside in the first snapshot.
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Everything that is known of one run. Times in seconds UTC.

    ``rosters``: every version of the slot, the newest last; ``roster`` is that with today's guests. ``departed``:
    when a handle left a place; ``ghosts``: the last of a connection that left. ``awaiting``: acts wait for a
    snapshot later than this. ``standing_down``: another guardian acts here.
    """

    occurrence: str = ""
    meeting: str = ""
    slot: Slot | None = None
    capabilities: Capabilities = NO_CAPABILITIES
    rosters: tuple[Roster, ...] = ()
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


def evolve(state: Occurrence, record: Event | Decision) -> Occurrence:
    """The state after ``record``. Never raises; a record of no consequence returns the same object."""
    handler = _HANDLERS.get(type(record))
    return handler(state, record) if handler else state


# --- the platform's deliveries ---------------------------------------------------------------------------------------


def _seen(state: Occurrence, event: Seen) -> Occurrence:
    return _counted(_appear(state, event.facts, event.at), event.at)


def _appear(state: Occurrence, facts: Facts, at: float, *, found: bool = False) -> Occurrence:
    old = state.connections.get(facts.handle)
    if at <= state.departed.get(f"{facts.place}:{facts.handle}", -1.0) or (old and at <= old.at):
        return state
    if old is None:
        ghost = state.ghosts.get(facts.handle)
        fresh = Connection(facts, at, at, at, found=found, known=bool(ghost and ghost.known))
    else:
        moved = old.facts.place is not facts.place
        fresh = replace(old, facts=facts, at=at, since=at if moved else old.since)
        if moved:
            fresh = replace(
                fresh,
                tried=(),
                failures=0,
                not_before=0.0,
                simulated=frozenset(),
                quiet=False,
                admit_asked=old.admit_asked and facts.place is Place.INSIDE,
            )
    fresh = replace(fresh, inside=facts.place is Place.INSIDE)
    if old is None or old.facts.evidence != facts.evidence:
        evidence = facts.evidence
        fresh = replace(fresh, keys=keys(facts.handle, evidence), bound=bound_keys(evidence))
        fresh = _recognised(state, fresh)
    state = _knocked(state, fresh) if old is None else state
    return _put(state, fresh)


def _recognised(state: Occurrence, connection: Connection) -> Connection:
    """The connection with what its evidence says under every roster version of the slot."""
    if connection.facts.is_self:
        return connection
    evidence = connection.facts.evidence
    known = connection.known or bool(connection.keys & state.memory.known)
    claimed = set(connection.claimed)
    now = state.roster.match(evidence) if state.roster else NO_LIST
    for match in (*(roster.match(evidence) for roster in state.rosters), now):
        known = known or (evidence.seen and match.kind in FITS)
        if match.person:
            claimed.add(match.person.id)
    return replace(connection, match=now, known=known, claimed=frozenset(claimed))


def _knocked(state: Occurrence, connection: Connection) -> Occurrence:
    if connection.inside or connection.facts.is_self or state.roster is None:
        return state
    if connection.match.kind in FITS:
        return state
    return replace(state, knocks=(*state.knocks, connection.at)[-REMEMBERED:])


def _put(state: Occurrence, connection: Connection) -> Occurrence:
    return replace(state, connections={**state.connections, connection.handle: connection})


def _gone(state: Occurrence, event: Gone) -> Occurrence:
    return _counted(_leave(state, event.handle, event.place, event.at), event.at)


def _leave(state: Occurrence, handle: str, place: Place, at: float) -> Occurrence:
    key = f"{place}:{handle}"
    if at <= state.departed.get(key, -1.0):
        return state
    departed = _bounded({**state.departed, key: at})
    old = state.connections.get(handle)
    if old is None or old.facts.place is not place or at <= old.at:
        return replace(state, departed=departed)
    rest = {other: c for other, c in state.connections.items() if other != handle}
    return replace(state, departed=departed, connections=rest, ghosts=_bounded({**state.ghosts, handle: old}))


def _bounded(table: dict[str, Any]) -> dict[str, Any]:
    if len(table) > REMEMBERED:
        del table[next(iter(table))]
    return table


def _snapshot(state: Occurrence, event: Snapshot) -> Occurrence:
    first = state.snapshot_at is None
    listed = set()
    for facts in event.connections:
        listed.add(facts.handle)
        shown = facts if event.carries_identity else _without_identity(state, facts)
        found = first and facts.place is Place.INSIDE
        state = _appear(state, shown, event.as_of, found=found)
    if event.complete:
        absent = [
            c
            for c in state.connections.values()
            if c.handle not in listed
            and c.facts.room == event.room
            and c.facts.place in event.covers
            and c.at < event.as_of
        ]
        for c in absent:
            state = _leave(state, c.handle, c.facts.place, event.as_of)
    if event.lobby_on is not None:
        state = _lobby(state, event.as_of, on=event.lobby_on)
    newest = event.as_of if state.snapshot_at is None else max(event.as_of, state.snapshot_at)
    met = state.awaiting is not None and event.complete and event.as_of > state.awaiting
    state = replace(state, snapshot_at=newest, awaiting=None if met else state.awaiting)
    return _counted(state, event.at)


def _without_identity(state: Occurrence, facts: Facts) -> Facts:
    old = state.connections.get(facts.handle)
    base = old.facts.evidence if old else replace(facts.evidence, seen=False)
    return replace(facts, evidence=replace(base, name=facts.evidence.name))


def _counted(state: Occurrence, at: float) -> Occurrence:
    """Keeps since when nobody but the guardian is inside."""
    empty = not any(c.inside and not c.facts.is_self for c in state.connections.values())
    if empty == (state.empty_since is not None):
        return state
    return replace(state, empty_since=at if empty else None)


def _lobby_changed(state: Occurrence, event: LobbyChanged) -> Occurrence:
    return _lobby(state, event.at, on=event.on)


def _lobby(state: Occurrence, at: float, *, on: bool) -> Occurrence:
    if at <= state.lobby_at:
        return state
    since = state.lobby_since if on is state.lobby_on else at
    return replace(state, lobby_on=on, lobby_at=at, lobby_since=since)


def _native(state: Occurrence, event: NativeAct) -> Occurrence:
    if event.kind in {NativeKind.LOBBY_OFF, NativeKind.LOBBY_ON}:
        state = _lobby(state, event.at, on=event.kind is NativeKind.LOBBY_ON)
    return replace(state, native=event)


def _meeting_ended(state: Occurrence, _: MeetingEnded) -> Occurrence:
    return replace(state, platform_ended=True)


def _link(state: Occurrence, event: LinkChanged) -> Occurrence:
    capabilities = event.capabilities or state.capabilities
    awaiting = event.at if event.up and not state.link_up else state.awaiting
    return replace(state, link_up=event.up, awaiting=awaiting, capabilities=capabilities, trouble=event.reason)


# --- the guardian's own life -----------------------------------------------------------------------------------------


def _opened(state: Occurrence, event: Opened) -> Occurrence:
    if state.occurrence:
        return state
    memory = event.memory
    if memory.phase is Phase.ENDED:
        memory = replace(memory, phase=_as_it_was(memory))
    return replace(
        state,
        occurrence=event.occurrence,
        meeting=event.meeting,
        slot=event.slot,
        capabilities=event.capabilities,
        memory=memory,
        empty_since=event.at,
    )


def _as_it_was(memory: SlotMemory) -> Phase:
    """The phase before the end: a meeting that is restarted within its slot stays guarded as it was."""
    if memory.locked_at is not None:
        return Phase.LOCKED
    return Phase.OPEN if memory.opened_at is not None else Phase.BEFORE


def _restarted(state: Occurrence, event: Restarted) -> Occurrence:
    asks = {key: p if p.accepted_at else replace(p, unknown=True) for key, p in state.asks.items()}
    return replace(
        state,
        asks=asks,
        awaiting=event.at,
        capabilities=event.capabilities,
        journal_up=True,
        native=None,
    )


def _roster_loaded(state: Occurrence, event: RosterLoaded) -> Occurrence:
    if state.rosters and state.rosters[-1].version == event.roster.version:
        return replace(state, roster_trouble="")
    rosters = (*(r for r in state.rosters if r.version != event.roster.version), event.roster)
    return _regarded(replace(state, rosters=rosters, roster_trouble=""))


def _regarded(state: Occurrence) -> Occurrence:
    """The state with guests put on the list and every connection looked at again."""
    base = state.rosters[-1] if state.rosters else None
    guests = state.memory.guests
    alone = Roster("guests", guests) if guests else None  # guests alone: still no list to doubt anybody by
    roster = base.with_guests(guests) if base else alone
    state = replace(state, roster=roster)
    return replace(state, connections={h: _recognised(state, c) for h, c in state.connections.items()})


def _roster_failed(state: Occurrence, event: RosterFailed) -> Occurrence:
    return replace(state, roster_trouble=event.reason or "the list cannot be read")


def _journal(state: Occurrence, event: JournalChanged) -> Occurrence:
    return replace(state, journal_up=event.up)


def _foreign(state: Occurrence, event: ForeignSelf) -> Occurrence:
    return replace(state, standing_down=event.reason or "another guardian is here")


def _crashed(state: Occurrence, event: TaskCrashed) -> Occurrence:
    return replace(state, crashed=f"{event.task}: {event.error} at {event.at:.0f}")


# --- humans ----------------------------------------------------------------------------------------------------------


def _ordered(state: Occurrence, event: Ordered) -> Occurrence:
    if any(done.order == event.order for done in state.memory.orders):
        return state
    named = state.connections.get(event.handle or "") or state.ghosts.get(event.handle or "")
    memory = orders.obey(state.memory, event, named.keys if named else None)
    open_orders = {**state.open_orders, event.order: event}
    state = replace(state, open_orders=open_orders)
    if event.verb is Verb.ENFORCE and state.rosters:
        memory = replace(memory, accepted_roster=state.rosters[-1].version)
    if event.verb is Verb.END:
        state = replace(state, end_order=event.order)
    if event.verb is Verb.RESUME and not memory.paused:
        state = replace(state, standing_down="")
    if event.verb in {Verb.LOCK, Verb.PANIC}:
        state = replace(state, general_not_before=0.0, lobby_refused=False)
    refreshed = memory.guests != state.memory.guests
    state = replace(state, memory=memory)
    if named and named.handle in state.connections:
        state = _put(state, replace(named, tried=(), failures=0, not_before=0.0))
    return _regarded(state) if refreshed else state


def _acknowledged(state: Occurrence, event: Acknowledged) -> Occurrence:
    incident = state.incidents.get(event.incident)
    if incident is None or incident.acknowledged_by:
        return state
    return _incident(state, replace(incident, acknowledged_by=event.by))


# --- decisions and their outcomes ------------------------------------------------------------------------------------


def _ask(state: Occurrence, ask: Ask) -> Occurrence:
    connection = state.connections.get(ask.act.handle or "")
    pending = PendingAsk(ask, ask.at, connection.keys if connection else frozenset())
    counts = replace(state.counts, asked=state.counts.asked + 1)
    state = replace(state, asks={**state.asks, ask.ask: pending}, counts=counts)
    if ask.order is None:
        state = _braked(state, ask)
    if connection and ask.act.kind is ActKind.ADMIT:
        state = _put(state, replace(connection, admit_asked=True))
    return state


def _braked(state: Occurrence, ask: Ask) -> Occurrence:
    removed = [ask.act.handle or ""] if ask.act.kind in REMOVALS else []
    if ask.act.kind is ActKind.LOBBY_ON:
        inside = [c for c in state.connections.values() if c.inside and not c.facts.is_self]
        removed = [c.handle for c in inside if c.handle not in ask.act.keep]
    if not removed:
        return state
    recent = [r for r in state.memory.removals if r.at > ask.at - BRAKE_WINDOW]
    removals = (*recent, *(Removal(ask.at, handle) for handle in removed))
    return replace(state, memory=replace(state.memory, removals=removals))


def _again(state: Occurrence, again: Again) -> Occurrence:
    pending = state.asks.get(again.ask)
    if pending is None:
        return state
    sent = replace(
        pending, sent_at=again.at, attempts=pending.attempts + 1, accepted_at=None, failed=None, unknown=False
    )
    return replace(state, asks={**state.asks, again.ask: sent})


def _accepted(state: Occurrence, event: Accepted) -> Occurrence:
    return _outcome(state, event.ask, accepted_at=event.at)


def _failed(state: Occurrence, event: Failed) -> Occurrence:
    return _outcome(state, event.ask, failed=event.reason or "gave up")


def _simulated(state: Occurrence, event: Simulated) -> Occurrence:
    return _outcome(state, event.ask, simulated=True)


def _outcome(state: Occurrence, ask: str, **news: Any) -> Occurrence:
    pending = state.asks.get(ask)
    if pending is None or pending.accepted_at is not None or pending.failed is not None:
        return state
    return replace(state, asks={**state.asks, ask: replace(pending, **news, unknown=False)})


def _close(state: Occurrence, close: Close) -> Occurrence:
    pending = state.asks.get(close.ask)
    if pending is None:
        return state
    counts = replace(state.counts, **{close.end.value: getattr(state.counts, close.end.value) + 1})
    rest = {key: p for key, p in state.asks.items() if key != close.ask}
    state = replace(state, asks=rest, counts=counts)
    act = pending.ask.act
    state = _general_effect(state, pending, close)
    connection = state.connections.get(act.handle or "")
    if close.end is AskEnd.CONFIRMED:
        return _took_effect(state, pending, connection)
    if connection is None:
        return state
    if close.end is AskEnd.ESCALATED:
        connection = replace(connection, tried=(*connection.tried, act.kind), failures=connection.failures + 1)
    if pending.simulated:
        connection = replace(connection, simulated=connection.simulated | {act.kind})
    if close.not_before is not None:
        connection = replace(connection, not_before=close.not_before)
    return _put(state, connection)


def _took_effect(state: Occurrence, pending: PendingAsk, connection: Connection | None) -> Occurrence:
    kind, memory = pending.ask.act.kind, state.memory
    if kind is ActKind.ADMIT:
        state = replace(state, memory=replace(memory, known=memory.known | pending.keys))
    elif kind in REMOVALS and pending.ask.order is None:
        state = replace(state, memory=replace(memory, put_out=memory.put_out | pending.keys))
    if connection is None:
        return state
    quiet = {ActKind.QUIET: True, ActKind.UNQUIET: False}.get(kind, connection.quiet)
    known = connection.known or kind is ActKind.ADMIT
    return _put(state, replace(connection, quiet=quiet, known=known, failures=0))


def _general_effect(state: Occurrence, pending: PendingAsk, close: Close) -> Occurrence:
    """What the end of an act on the whole meeting changes."""
    kind, done = pending.ask.act.kind, close.end is AskEnd.CONFIRMED or pending.simulated
    if kind is ActKind.REVOKE:
        return replace(state, revoked=True)
    if kind is ActKind.QUIET_ALL and done:
        return replace(state, quiet_all=True)
    if kind is ActKind.UNQUIET_ALL and done:
        return replace(state, quiet_all=False)
    if kind is ActKind.LOBBY_ON and pending.simulated:
        return replace(state, lobby_refused=True)
    if kind is ActKind.END and pending.simulated:
        return replace(state, end_order=None)
    if pending.ask.act.handle is None and close.end is AskEnd.ESCALATED:
        return replace(
            state,
            general_not_before=close.not_before or 0.0,
            general_failures=state.general_failures + 1,
            end_order=None if kind is ActKind.END else state.end_order,
        )
    return state


def _enter(state: Occurrence, decision: EnterPhase) -> Occurrence:
    memory = replace(state.memory, phase=decision.phase)
    if decision.phase in {Phase.OPEN, Phase.LOCKED} and memory.opened_at is None:
        memory = replace(memory, opened_at=decision.at)
    if decision.phase is Phase.LOCKED and memory.locked_at is None:
        memory = replace(memory, locked_at=decision.at)
    return replace(state, memory=memory)


def _grant(state: Occurrence, decision: Grant) -> Occurrence:
    memory, word = state.memory, decision.word
    if any(other.order == word.order for other in memory.words):
        return state
    if word.kind is WordKind.OPEN_DOOR:
        phase = Phase.OPEN if memory.phase is Phase.LOCKED else memory.phase
        memory = replace(memory, door_open=True, auto_lock=False, locked_at=None, phase=phase)
    if word.kind is WordKind.ADMIT:
        memory = replace(memory, known=memory.known | word.keys, put_out=memory.put_out - word.keys)
    return replace(state, memory=replace(memory, words=(*memory.words, word)))


def _considered(state: Occurrence, _: Considered) -> Occurrence:
    return replace(state, native=None)


def _tighten(state: Occurrence, decision: Tighten) -> Occurrence:
    return replace(state, memory=replace(state.memory, tight_until=decision.until))


def _inform(state: Occurrence, decision: Inform) -> Occurrence:
    connection = state.connections.get(decision.handle)
    return _put(state, replace(connection, informed=True)) if connection else state


def _raise(state: Occurrence, decision: Raise) -> Occurrence:
    return _incident(state, decision.incident)


def _settle(state: Occurrence, decision: Settle) -> Occurrence:
    incident = state.incidents.get(decision.incident)
    return _incident(state, replace(incident, settled=True, revision=incident.revision + 1)) if incident else state


def _incident(state: Occurrence, incident: Incident) -> Occurrence:
    return replace(state, incidents={**state.incidents, incident.key: incident})


def _answer(state: Occurrence, decision: Answer) -> Occurrence:
    rest = {order: o for order, o in state.open_orders.items() if order != decision.order}
    return replace(state, open_orders=rest)


def _reread(state: Occurrence, decision: Reread) -> Occurrence:
    return replace(state, reread_at=decision.at)


_HANDLERS: dict[type, Callable[[Occurrence, Any], Occurrence]] = {
    Seen: _seen,
    Gone: _gone,
    Snapshot: _snapshot,
    LobbyChanged: _lobby_changed,
    NativeAct: _native,
    MeetingEnded: _meeting_ended,
    LinkChanged: _link,
    Opened: _opened,
    Restarted: _restarted,
    RosterLoaded: _roster_loaded,
    RosterFailed: _roster_failed,
    JournalChanged: _journal,
    ForeignSelf: _foreign,
    TaskCrashed: _crashed,
    Ordered: _ordered,
    Acknowledged: _acknowledged,
    Accepted: _accepted,
    Failed: _failed,
    Simulated: _simulated,
    Ask: _ask,
    Again: _again,
    Close: _close,
    EnterPhase: _enter,
    Grant: _grant,
    Considered: _considered,
    Tighten: _tighten,
    Inform: _inform,
    Raise: _raise,
    Settle: _settle,
    Answer: _answer,
    Reread: _reread,
}
