"""What is to be done: compares who is where with who may be where, over the whole state. Pure and level-triggered.

``step`` is the way in: it folds one event, decides until nothing new is wanted, and folds the decisions; ``steps`` does
so for a crowd that comes at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from guardian.core import acting, confirming, telling
from guardian.core.actions import (
    ActKind,
    Again,
    Ask,
    Close,
    Considered,
    Decision,
    EnterPhase,
    Grant,
    Reread,
    Tighten,
    WakeAt,
)
from guardian.core.events import (
    Accepted,
    Began,
    CameInAs,
    Event,
    Gone,
    LinkChanged,
    NativeAct,
    NativeKind,
    Opened,
    Restarted,
    RosterFailed,
    RosterLoaded,
    Seen,
)
from guardian.core.incidents import IncidentKind
from guardian.core.meeting import evolve
from guardian.core.memory import Phase, Word, WordKind
from guardian.core.policy import Policy
from guardian.core.roster import Role
from guardian.core.standing import STRANGERS, TRUSTED, UNPROVEN, Look, Standing
from guardian.core.state import Connection, Occurrence

TOGETHER = (Opened, Restarted, RosterLoaded, RosterFailed, LinkChanged, Began, Seen, Gone, CameInAs, Accepted)
"""Events that may be judged together when they come at once: none of them needs an answer of its own."""
_MOST_ROUNDS = 12  # a bound, not a limit that is met: three rounds are the most that the tests see
_JUST_THEN = 5.0  # seconds around "admit all" within which an entry from the lobby is its effect
_EXPECTED = frozenset({Role.HOST, Role.PUPIL})
_TURNS_THE_TABLE = (EnterPhase, Close, Again, Grant, Considered, Tighten, Reread)


def step(state: Occurrence, event: Event, policy: Policy, now: float) -> tuple[Occurrence, tuple[Decision, ...]]:
    """The state after ``event`` and after everything that is decided because of it; and those decisions, in order.

    At most one ``WakeAt``, the last: when to look again if nothing happens.
    """
    return steps(state, (event,), policy, now)


def steps(
    state: Occurrence, events: Iterable[Event], policy: Policy, now: float
) -> tuple[Occurrence, tuple[Decision, ...]]:
    """As ``step``, for several events that came at once: all are folded, then one decision is made over all of it.

    For TOGETHER only: the decision compares who is where with who may be where, so how they got there does not matter.
    """
    for event in events:
        state = evolve(state, event)
    decided: list[Decision] = []
    for _ in range(_MOST_ROUNDS):
        wanted = decide(state, policy, now)
        for decision in wanted:
            state = evolve(state, decision)
        decided += [d for d in wanted if not isinstance(d, WakeAt)]
        admits = any(isinstance(d, Ask) and d.act.kind is ActKind.ADMIT for d in wanted)
        if not admits and not any(isinstance(d, _TURNS_THE_TABLE) for d in wanted):
            decided += [d for d in wanted if isinstance(d, WakeAt)]
            break
    return state, tuple(decided)


def decide(state: Occurrence, policy: Policy, now: float) -> tuple[Decision, ...]:
    """What is wanted now and was not yet asked. Empty (but for ``WakeAt``) when all is as it may be."""
    if state.ended:
        last = (*confirming.at_the_end(state, now), *telling.last_answers(state, now))
        return (*last, *telling.followed(Look(state, policy, now), last)) if last else ()
    if not state.occurrence:
        return ()
    look = Look(state, policy, now)
    turned: list[Decision] = [*confirming.closings(look), *_native(look), *_phase(look), *_wave(look)]
    if turned:
        return (*turned, *telling.followed(look, turned))
    plan = acting.plan(look)
    decided = [*plan.decisions, *telling.incidents(look, plan), *telling.answers(look)]
    decided += telling.followed(look, decided)
    if look.wake is not None:
        decided.append(WakeAt(now, look.wake))
    return tuple(decided)


# --- phases ----------------------------------------------------------------------------------------------------------


def _phase(look: Look) -> list[Decision]:
    state, memory, now = look.state, look.state.memory, look.now
    if state.platform_ended:
        return [EnterPhase(now, Phase.ENDED, "the platform ended the meeting")]
    if _empty_for_good(look) and (state.revoked or not acting.can_revoke(state)):
        return [EnterPhase(now, Phase.ENDED, "nobody is left")]
    slot = state.slot
    if slot is None:
        return []
    host = look.protected_inside(Role.HOST)
    if memory.phase is Phase.BEFORE and host and look.due(slot.start - slot.margin):
        return [EnterPhase(now, Phase.OPEN, "a host is inside")]
    if memory.phase is Phase.LOCKED and memory.opened_at is None and host:
        return [EnterPhase(now, Phase.LOCKED, "a host is inside; the lock stays")]
    if memory.phase is Phase.OPEN and memory.auto_lock:
        why = _lock_now(look)
        return [EnterPhase(now, Phase.LOCKED, why)] if why else []
    return []


def _lock_now(look: Look) -> str:
    policy, opened_at = look.policy, look.state.memory.opened_at
    if policy.lock_after is not None and opened_at is not None and look.due(opened_at + policy.lock_after):
        return "the time to lock has come"
    if policy.lock_when_all_in and not look.doubt and _all_in(look):
        return "everybody expected is inside"
    return ""


def _all_in(look: Look) -> bool:
    roster = look.state.roster
    inside = {
        j.match.person.id
        for j in look.judgements.values()
        if j.connection.inside and j.match.person and (j.standing in TRUSTED or _admitted(j.word))
    }
    people = roster.people if roster else ()
    missing = (p.id not in inside for p in people if p.role in _EXPECTED and p.valid(look.now))
    # The first that is missing ends the search; a list of nobody has not come.
    return not next(missing, True) and not any(missing)


def _admitted(word: Word | None) -> bool:
    return word is not None and word.kind is WordKind.ADMIT


def _empty_for_good(look: Look) -> bool:
    state = look.state
    if state.empty_since is None:
        return False
    since = state.empty_since if state.slot is None else max(state.empty_since, state.slot.end)
    return look.due(since + look.policy.end_after_empty)


def _wave(look: Look) -> list[Decision]:
    """A wave of unknowns at the door tightens the gate instead of shutting the class out."""
    policy, state = look.policy, look.state
    recent = [t for t in state.knocks if t > look.now - policy.wave_window]
    if len(recent) < policy.wave_knocks or look.tight():
        return []
    return [Tighten(look.now, look.now + policy.wave_calm)]


# --- the teacher's own hand ------------------------------------------------------------------------------------------

_WORD_OF = {
    NativeKind.ADMITTED: WordKind.ADMIT,
    NativeKind.PUT_OUT: WordKind.HOLD,
    NativeKind.REFUSED: WordKind.HOLD,
    NativeKind.ADMITTED_ALL: WordKind.ADMIT,
    NativeKind.LOBBY_OFF: WordKind.OPEN_DOOR,
}
_OUT = frozenset({NativeKind.PUT_OUT, NativeKind.REFUSED})
_TOLD_AS = {
    NativeKind.ADMITTED: IncidentKind.NATIVE_ADMIT,
    NativeKind.PUT_OUT: IncidentKind.NATIVE_PUT_OUT,
    NativeKind.REFUSED: IncidentKind.NATIVE_PUT_OUT,
    NativeKind.ADMITTED_ALL: IncidentKind.NATIVE_ADMIT_ALL,
    NativeKind.LOBBY_OFF: IncidentKind.LOBBY_SWITCHED_OFF,
}


def _native(look: Look) -> list[Decision]:
    """An act on the platform that we did not command becomes a word, if a human of ours may have done it."""
    act, now = look.state.native, look.now
    if act is None:
        return []
    done: list[Decision] = [Considered(now)]
    if act.kind not in _TOLD_AS or _ours(look, act):
        return done
    trusted = _by_a_proven_hand(look, act)
    handles = _unproven(look, act.at) if act.kind is NativeKind.ADMITTED_ALL else [act.handle]
    if trusted:
        keys = _meant(look, act)
        order = f"native:{act.kind}:{act.at:.6f}:{act.handle or ''}"
        by = "a moderator on the platform"
        done.append(Grant(now, Word(order, _WORD_OF[act.kind], by, act.at, keys, native=True)))
    detail = "by a proven moderator" if trusted else "by nobody whom we know"
    done += telling.raised(look, _TOLD_AS[act.kind], handles, detail)
    return done


def _ours(look: Look, act: NativeAct) -> bool:
    """Whether the act is the late effect of our own."""
    connection = look.state.connections.get(act.handle or "") or look.state.ghosts.get(act.handle or "")
    by = look.judgements.get(act.by or "")
    if by is not None and by.standing is Standing.SELF:
        return True
    if act.by is not None or connection is None:
        return False
    return connection.admit_asked if act.kind is NativeKind.ADMITTED else connection.out_asked and act.kind in _OUT


def _by_a_proven_hand(look: Look, act: NativeAct) -> bool:
    if act.by is not None:
        by = look.judgements.get(act.by)
        return by is not None and by.standing is Standing.PROTECTED
    return act.kind is not NativeKind.LOBBY_OFF and look.protected_inside(Role.HOST, Role.STAFF)


def _meant(look: Look, act: NativeAct) -> frozenset[str]:
    """The keys of everybody whom the act was about; "admit all" is about all who waited at that moment."""
    if act.kind is NativeKind.ADMITTED_ALL:
        waited = [c for c in look.state.connections.values() if _waited(c, act.at)]
        return frozenset(key for c in waited for key in c.keys)
    target = look.state.connections.get(act.handle or "") or look.state.ghosts.get(act.handle or "")
    return target.keys if target else frozenset({f"handle:{act.handle}"} if act.handle else ())


def _waited(connection: Connection, at: float) -> bool:
    """Whether somebody waited at that moment: waits now, or came in from the lobby just then."""
    moved = connection.since > connection.first_seen
    return not connection.inside or (moved and abs(connection.since - at) <= _JUST_THEN)


def _unproven(look: Look, at: float) -> list[str]:
    return [
        handle
        for handle, j in look.judgements.items()
        if j.standing in STRANGERS | UNPROVEN | {Standing.BARRED} and _waited(j.connection, at)
    ]
