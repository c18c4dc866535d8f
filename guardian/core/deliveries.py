"""What the platform delivers changes where people are known to be: knocks, joins, departures, lists. A pure fold.

A fact that changes nothing, or is older than what is known, leaves the state as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from guardian.core.actions import Capabilities
from guardian.core.events import (
    CameInAs,
    Gone,
    LinkChanged,
    LobbyChanged,
    MeetingEnded,
    NativeAct,
    NativeKind,
    Seen,
    Snapshot,
)
from guardian.core.identity import Facts, Place, bound_keys, keys
from guardian.core.state import FITS, NO_LIST, REMEMBERED, Connection, Occurrence, changed


def seen(state: Occurrence, event: Seen) -> Occurrence:
    """Somebody knocked, joined, moved, renamed themselves, began to share."""
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
        fresh = changed(old, facts=facts, at=at, since=at if moved else old.since)
        if moved:
            fresh = changed(
                fresh,
                tried=(),
                failures=0,
                not_before=0.0,
                simulated=frozenset(),
                quiet=False,
                admit_asked=old.admit_asked and facts.place is Place.INSIDE,
                out_asked=old.out_asked and facts.place is Place.WAITING,
                came_in_as=None,
            )
    fresh = changed(fresh, inside=facts.place is Place.INSIDE)
    if old is None or old.facts.evidence != facts.evidence:
        evidence = facts.evidence
        fresh = changed(fresh, keys=keys(facts.handle, evidence), bound=bound_keys(evidence))
        fresh = recognised(state, fresh)
    state = _knocked(state, fresh) if old is None else state
    return put(state, fresh)


def recognised(state: Occurrence, connection: Connection) -> Connection:
    """The connection with what its evidence says under every roster version of the slot."""
    if connection.facts.is_self:
        return connection
    evidence = connection.facts.evidence
    known = connection.known or bool(connection.keys & state.memory.known)
    claimed = set(connection.claimed)
    now = state.roster.match(evidence) if state.roster else NO_LIST
    for match in (now, *(roster.match(evidence) for roster in state.rosters if roster is not state.roster)):
        known = known or (evidence.seen and match.kind in FITS)
        if match.person:
            claimed.add(match.person.id)
    return changed(connection, match=now, known=known, claimed=frozenset(claimed))


def _knocked(state: Occurrence, connection: Connection) -> Occurrence:
    if connection.inside or connection.facts.is_self or state.roster is None:
        return state
    if connection.match.kind in FITS:
        return state
    return changed(state, knocks=(*state.knocks, connection.at)[-REMEMBERED:])


def put(state: Occurrence, connection: Connection) -> Occurrence:
    """The state with this connection in it."""
    return changed(state, connections={**state.connections, connection.handle: connection})


def gone(state: Occurrence, event: Gone) -> Occurrence:
    """Somebody left a place."""
    return _counted(_leave(state, event.handle, event.place, event.at), event.at)


def _leave(state: Occurrence, handle: str, place: Place, at: float) -> Occurrence:
    key = f"{place}:{handle}"
    if at <= state.departed.get(key, -1.0):
        return state
    departed = _bounded({**state.departed, key: at})
    old = state.connections.get(handle)
    if old is None or old.facts.place is not place or at <= old.at:
        return changed(state, departed=departed)
    # Whoever was here until now was not elsewhere: a late echo from there must not bring them back.
    elsewhere = Place.INSIDE if place is Place.WAITING else Place.WAITING
    departed[f"{elsewhere}:{handle}"] = max(old.at, departed.get(f"{elsewhere}:{handle}", -1.0))
    rest = {other: c for other, c in state.connections.items() if other != handle}
    return changed(state, departed=departed, connections=rest, ghosts=_bounded({**state.ghosts, handle: old}))


def _bounded(table: dict[str, Any]) -> dict[str, Any]:
    if len(table) > REMEMBERED:
        del table[next(iter(table))]
    return table


def snapshot(state: Occurrence, event: Snapshot) -> Occurrence:
    """A list: who is on it, and who is not any more."""
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
    state = changed(state, snapshot_at=newest, awaiting=None if met else state.awaiting)
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
    return changed(state, empty_since=at if empty else None)


def lobby_changed(state: Occurrence, event: LobbyChanged) -> Occurrence:
    """The lobby was seen on or off."""
    return _lobby(state, event.at, on=event.on)


def _lobby(state: Occurrence, at: float, *, on: bool) -> Occurrence:
    if at <= state.lobby_at:
        return state
    since = state.lobby_since if on is state.lobby_on else at
    return changed(state, lobby_on=on, lobby_at=at, lobby_since=since)


def native(state: Occurrence, event: NativeAct) -> Occurrence:
    """A human acted on the platform itself."""
    if event.kind in {NativeKind.LOBBY_OFF, NativeKind.LOBBY_ON}:
        state = _lobby(state, event.at, on=event.kind is NativeKind.LOBBY_ON)
    return changed(state, native=event)


def came_in_as(state: Occurrence, event: CameInAs) -> Occurrence:
    """Somebody came in on our admission of another."""
    connection = state.connections.get(event.handle)
    return put(state, changed(connection, came_in_as=event.instead_of)) if connection else state


def able(state: Occurrence, capabilities: Capabilities, at: float) -> Occurrence:
    """What we can do there by now; since when our hands are away. Once they are back, no pause for failures counts."""
    if state.no_hands_since is not None and not capabilities.no_hands:
        rested = {h: changed(c, not_before=0.0) for h, c in state.connections.items()}
        state = changed(state, connections=rested, general_not_before=0.0)
    since = state.no_hands_since if state.no_hands_since is not None else at
    return changed(state, capabilities=capabilities, no_hands_since=since if capabilities.no_hands else None)


def meeting_ended(state: Occurrence, _: MeetingEnded) -> Occurrence:
    """The platform ended it."""
    return changed(state, platform_ended=True)


def link(state: Occurrence, event: LinkChanged) -> Occurrence:
    """Our connection was lost, or is back."""
    awaiting = event.at if event.up and not state.link_up else state.awaiting
    state = changed(state, link_up=event.up, awaiting=awaiting, trouble=event.reason)
    return able(state, event.capabilities or state.capabilities, event.at)
