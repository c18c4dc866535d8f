"""How each record changes the state of an occurrence. ``evolve`` is a pure fold: events, decisions, outcomes.

Nothing is decided here. A fact that changes nothing, or is older than what is known, leaves the state as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from guardian.core import deliveries, orders
from guardian.core.actions import (
    REMOVALS,
    ActKind,
    Again,
    Answer,
    Ask,
    AskEnd,
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
from guardian.core.deliveries import put, recognised
from guardian.core.events import (
    Accepted,
    Acknowledged,
    Began,
    CameInAs,
    Event,
    Failed,
    ForeignSelf,
    Gone,
    JournalChanged,
    LinkChanged,
    LobbyChanged,
    MeetingEnded,
    NativeAct,
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
    Warned,
)
from guardian.core.incidents import Incident
from guardian.core.memory import Phase, Removal, SlotMemory, WordKind
from guardian.core.policy import BRAKE_WINDOW
from guardian.core.roster import Roster
from guardian.core.state import Connection, Counts, Occurrence, PendingAsk, blank, changed

__all__ = ["Connection", "Counts", "Occurrence", "PendingAsk", "blank", "evolve"]


def evolve(state: Occurrence, record: Event | Decision) -> Occurrence:
    """The state after ``record``. Never raises; a record of no consequence returns the same object."""
    handler = _HANDLERS.get(type(record))
    return handler(state, record) if handler else state


# --- the guardian's own life -----------------------------------------------------------------------------------------


def _opened(state: Occurrence, event: Opened) -> Occurrence:
    if state.occurrence:
        return state
    # Who stood over whom was told in the run before.
    memory = replace(event.memory, orders=tuple(replace(o, over="") for o in event.memory.orders))
    if memory.phase is Phase.ENDED:
        memory = replace(memory, phase=_as_it_was(memory))
    state = changed(
        state,
        occurrence=event.occurrence,
        meeting=event.meeting,
        slot=event.slot,
        memory=memory,
        empty_since=event.at,
    )
    state = deliveries.able(state, event.capabilities, event.at)
    return _regarded(state) if memory.rosters or memory.guests else state


def _as_it_was(memory: SlotMemory) -> Phase:
    """The phase before the end: a meeting that is restarted within its slot stays guarded as it was."""
    if memory.locked_at is not None:
        return Phase.LOCKED
    return Phase.OPEN if memory.opened_at is not None else Phase.BEFORE


def _restarted(state: Occurrence, event: Restarted) -> Occurrence:
    asks = {key: p if p.accepted_at else changed(p, unknown=True) for key, p in state.asks.items()}
    state = changed(
        state,
        asks=asks,
        awaiting=event.at,
        journal_up=True,
        native=None,
    )
    return deliveries.able(state, event.capabilities, event.at)


def _roster_loaded(state: Occurrence, event: RosterLoaded) -> Occurrence:
    if state.rosters and state.rosters[-1].version == event.roster.version:
        return changed(state, roster_trouble="")
    rosters = (*(r for r in state.rosters if r.version != event.roster.version), event.roster)
    return _regarded(changed(state, roster_trouble="", memory=replace(state.memory, rosters=rosters)))


def _regarded(state: Occurrence) -> Occurrence:
    """The state with guests put on the list and every connection looked at again."""
    base = state.rosters[-1] if state.rosters else None
    guests = state.memory.guests
    alone = Roster("guests", guests) if guests else None  # guests alone: still no list to doubt anybody by
    roster = base.with_guests(guests) if base else alone
    state = changed(state, roster=roster)
    return changed(state, connections={h: recognised(state, c) for h, c in state.connections.items()})


def _roster_failed(state: Occurrence, event: RosterFailed) -> Occurrence:
    return changed(state, roster_trouble=event.reason or "the list cannot be read")


def _journal(state: Occurrence, event: JournalChanged) -> Occurrence:
    return changed(state, journal_up=event.up)


def _foreign(state: Occurrence, event: ForeignSelf) -> Occurrence:
    return changed(state, standing_down=event.reason or "another guardian is here")


def _began(state: Occurrence, event: Began) -> Occurrence:
    return state if state.instance else changed(state, instance=event.instance, began=event.at)


def _warned(state: Occurrence, event: Warned) -> Occurrence:
    return changed(state, warned={**state.warned, event.kind: event.detail})


def _crashed(state: Occurrence, event: TaskCrashed) -> Occurrence:
    return changed(state, crashed=f"{event.task}: {event.error} at {event.at:.0f}")


# --- humans ----------------------------------------------------------------------------------------------------------


def _ordered(state: Occurrence, event: Ordered) -> Occurrence:
    if any(done.order == event.order for done in state.memory.orders):
        return state
    named = state.connections.get(event.handle or "") or state.ghosts.get(event.handle or "")
    target = named.keys if named else None
    if named and event.verb is Verb.REMOVE:
        target = named.keys - _lent(state, named)
    memory = orders.obey(state.memory, event, target)
    open_orders = {**state.open_orders, event.order: event}
    state = changed(state, open_orders=open_orders)
    if event.verb is Verb.ENFORCE and state.rosters:
        memory = replace(memory, accepted_roster=state.rosters[-1].version)
    if event.verb is Verb.END:
        state = changed(state, end_order=event.order)
    if event.verb is Verb.ROTATE:
        state = changed(state, rotate_order=event.order)
    if event.verb is Verb.RESUME and not memory.paused:
        state = changed(state, standing_down="")
    if event.verb in {Verb.LOCK, Verb.PANIC}:
        state = changed(state, general_not_before=0.0, lobby_refused=False)
    refreshed = memory.guests != state.memory.guests
    state = changed(state, memory=memory)
    if named and named.handle in state.connections:
        state = put(state, changed(named, tried=(), failures=0, not_before=0.0))
    return _regarded(state) if refreshed else state


def _lent(state: Occurrence, named: Connection) -> frozenset[str]:
    """What a connection shows and somebody else here shows as well, a forwarded link: its owner is not barred by it."""
    others = [c for c in state.connections.values() if c.handle != named.handle]
    return frozenset(key for other in others for key in other.keys & named.keys if key not in other.bound)


def _acknowledged(state: Occurrence, event: Acknowledged) -> Occurrence:
    incident = state.incidents.get(event.incident)
    if incident is None or incident.acknowledged_by:
        return state
    return _incident(state, replace(incident, acknowledged_by=event.by, changed_at=event.at))


# --- decisions and their outcomes ------------------------------------------------------------------------------------


def _ask(state: Occurrence, ask: Ask) -> Occurrence:
    connection = state.connections.get(ask.act.handle or "")
    pending = PendingAsk(ask, ask.at, connection.keys if connection else frozenset())
    counts = replace(state.counts, asked=state.counts.asked + 1)
    state = changed(state, asks={**state.asks, ask.ask: pending}, counts=counts)
    if ask.order is None:
        state = _braked(state, ask)
    if connection and ask.act.kind is ActKind.ADMIT:
        state = put(state, changed(connection, admit_asked=True))
    elif connection and ask.act.kind in REMOVALS:
        state = put(state, changed(connection, out_asked=True))
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
    return changed(state, memory=replace(state.memory, removals=removals))


def _again(state: Occurrence, again: Again) -> Occurrence:
    pending = state.asks.get(again.ask)
    if pending is None:
        return state
    sent = changed(
        pending, sent_at=again.at, attempts=pending.attempts + 1, accepted_at=None, failed=None, unknown=False
    )
    state = changed(state, asks={**state.asks, again.ask: sent})
    return _braked(state, replace(pending.ask, at=again.at)) if pending.ask.order is None else state


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
    return changed(state, asks={**state.asks, ask: changed(pending, **news, unknown=False)})


def _close(state: Occurrence, close: Close) -> Occurrence:
    pending = state.asks.get(close.ask)
    if pending is None:
        return state
    counts = replace(state.counts, **{close.end.value: getattr(state.counts, close.end.value) + 1})
    rest = {key: p for key, p in state.asks.items() if key != close.ask}
    state = changed(state, asks=rest, counts=counts)
    act = pending.ask.act
    state = _general_effect(state, pending, close)
    connection = state.connections.get(act.handle or "")
    if close.end is AskEnd.CONFIRMED:
        return _took_effect(state, pending, connection)
    if connection is None:
        return state
    if close.end is AskEnd.ESCALATED:
        connection = changed(connection, tried=(*connection.tried, act.kind), failures=connection.failures + 1)
    if pending.simulated:
        connection = changed(connection, simulated=connection.simulated | {act.kind})
    if close.not_before is not None:
        connection = changed(connection, not_before=close.not_before)
    return put(state, connection)


def _took_effect(state: Occurrence, pending: PendingAsk, connection: Connection | None) -> Occurrence:
    kind, memory = pending.ask.act.kind, state.memory
    if kind is ActKind.ADMIT:
        state = changed(state, memory=replace(memory, known=memory.known | pending.keys))
    elif kind in REMOVALS and pending.ask.order is None and not _was_known(state, pending):
        state = changed(state, memory=replace(memory, put_out=memory.put_out | pending.keys))
    if connection is None:
        return state
    quiet = {ActKind.QUIET: True, ActKind.UNQUIET: False}.get(kind, connection.quiet)
    known = connection.known or kind is ActKind.ADMIT
    return put(state, changed(connection, quiet=quiet, known=known, failures=0))


def _was_known(state: Occurrence, pending: PendingAsk) -> bool:
    """Whether who was put out once fitted a list or was let in: such a one is held at the door, not refused."""
    handle = pending.ask.act.handle or ""
    connection = state.connections.get(handle) or state.ghosts.get(handle)
    return bool(connection and connection.known) or bool(pending.keys & state.memory.known)


def _general_effect(state: Occurrence, pending: PendingAsk, close: Close) -> Occurrence:
    """What the end of an act on the whole meeting changes."""
    kind, done = pending.ask.act.kind, close.end is AskEnd.CONFIRMED or pending.simulated
    if kind is ActKind.REVOKE:
        return changed(state, revoked=True)
    if kind is ActKind.QUIET_ALL and done:
        return changed(state, quiet_all=True)
    if kind is ActKind.UNQUIET_ALL and done:
        return changed(state, quiet_all=False)
    if kind is ActKind.LOBBY_ON and pending.simulated:
        return changed(state, lobby_refused=True)
    if kind is ActKind.END and pending.simulated:
        return changed(state, end_order=None)
    if kind is ActKind.ROTATE:
        return changed(state, rotate_order=None, rotated=None if not done else pending.ask.order)
    if pending.ask.act.handle is None and close.end is AskEnd.ESCALATED:
        return changed(
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
    return changed(state, memory=memory)


def _grant(state: Occurrence, decision: Grant) -> Occurrence:
    memory, word = state.memory, decision.word
    if any(other.order == word.order for other in memory.words):
        return state
    if word.kind is WordKind.OPEN_DOOR:
        phase = Phase.OPEN if memory.phase is Phase.LOCKED else memory.phase
        memory = replace(memory, door_open=True, auto_lock=False, locked_at=None, phase=phase)
    if word.kind is WordKind.ADMIT:
        memory = replace(memory, known=memory.known | word.keys, put_out=memory.put_out - word.keys)
    return changed(state, memory=replace(memory, words=(*memory.words, word)))


def _considered(state: Occurrence, _: Considered) -> Occurrence:
    return changed(state, native=None)


def _tighten(state: Occurrence, decision: Tighten) -> Occurrence:
    return changed(state, memory=replace(state.memory, tight_until=decision.until))


def _inform(state: Occurrence, decision: Inform) -> Occurrence:
    connection = state.connections.get(decision.handle)
    return put(state, changed(connection, informed=True)) if connection else state


def _raise(state: Occurrence, decision: Raise) -> Occurrence:
    return _incident(state, decision.incident)


def _settle(state: Occurrence, decision: Settle) -> Occurrence:
    incident = state.incidents.get(decision.incident)
    return _incident(state, replace(incident, settled=True, revision=incident.revision + 1)) if incident else state


def _incident(state: Occurrence, incident: Incident) -> Occurrence:
    return changed(state, incidents={**state.incidents, incident.key: incident})


def _answer(state: Occurrence, decision: Answer) -> Occurrence:
    rest = {order: o for order, o in state.open_orders.items() if order != decision.order}
    return changed(state, open_orders=rest)


def _reread(state: Occurrence, decision: Reread) -> Occurrence:
    return changed(state, reread_at=decision.at)


_HANDLERS: dict[type, Callable[[Occurrence, Any], Occurrence]] = {
    Seen: deliveries.seen,
    Gone: deliveries.gone,
    CameInAs: deliveries.came_in_as,
    Began: _began,
    Warned: _warned,
    Snapshot: deliveries.snapshot,
    LobbyChanged: deliveries.lobby_changed,
    NativeAct: deliveries.native,
    MeetingEnded: deliveries.meeting_ended,
    LinkChanged: deliveries.link,
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
