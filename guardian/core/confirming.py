"""Asked is never done: how every ask ends. Confirmed by what the platform shows, superseded, or escalated."""

from __future__ import annotations

from guardian.core import acting, telling
from guardian.core.actions import ON_CONNECTION, REMOVALS, ActKind, Again, AskEnd, Close, Decision, Reread
from guardian.core.identity import PlatformRole
from guardian.core.incidents import IncidentKind
from guardian.core.standing import Look
from guardian.core.state import Occurrence, PendingAsk

ANSWER_WITHIN = 30.0  # seconds; the enforcer gives up sooner, so this is met only when an outcome was lost
LIST_WITHIN = 5.0  # seconds that a fresh list may take; asking again sooner only adds to a busy server's load
_UNCONFIRMED_TRIES = 2
_ADMIT_TRIES = 3
_LONGEST_PAUSE = 60.0
_DONE_WHEN_ACCEPTED = frozenset(
    {ActKind.QUIET, ActKind.UNQUIET, ActKind.QUIET_ALL, ActKind.UNQUIET_ALL, ActKind.REVOKE, ActKind.ROTATE}
)


def at_the_end(state: Occurrence, now: float) -> list[Decision]:
    """The meeting is over: what was asked and not yet seen is of no consequence any more."""
    return [
        Close(now, key, AskEnd.CONFIRMED if _shows(state, p) else AskEnd.SUPERSEDED, "the meeting ended")
        for key, p in state.asks.items()
    ]


def closings(look: Look) -> list[Decision]:
    """What became of each ask by now: its end, a second sending, or a wish for a fresh list."""
    decided: list[Decision] = []
    removal_again = False
    for pending in look.state.asks.values():
        found = _one(look, pending)
        counts = any(isinstance(d, Again) for d in found) and acting.counts_anew(look, pending.ask)
        if counts and removal_again:
            continue  # one by one: the next round of the same look sees what the brake leaves then
        removal_again = removal_again or counts
        decided += found
    return _one_reread(decided)


def _one_reread(decided: list[Decision]) -> list[Decision]:
    rereads = [d for d in decided if isinstance(d, Reread)]
    return telling.combined([d for d in decided if not isinstance(d, Reread)]) + rereads[:1]


def _one(look: Look, pending: PendingAsk) -> list[Decision]:
    state, now, ask, act = look.state, look.now, pending.ask, pending.ask.act
    if pending.simulated:
        return [Close(now, ask.ask, AskEnd.SUPERSEDED, "dry run: nothing was sent")]
    if _shows(state, pending):
        return [Close(now, ask.ask, AskEnd.CONFIRMED, "seen")]
    if act.kind in ON_CONNECTION and act.handle not in state.connections:
        return [Close(now, ask.ask, AskEnd.SUPERSEDED, "left by themselves")]
    if not state.journal_up and ask.order is None and act.kind is ActKind.ADMIT:
        return [Close(now, ask.ask, AskEnd.SUPERSEDED, "no journal: the machine admits nobody")]
    if pending.failed is not None:
        return _escalate(look, pending, pending.failed)
    if not state.link_up:
        return []
    return _waiting(look, pending)


def _waiting(look: Look, pending: PendingAsk) -> list[Decision]:
    state, now, ask = look.state, look.now, pending.ask
    wanted = acting.still_wanted(look, ask)
    if pending.unknown:
        if state.awaiting is not None:
            return []
        if not wanted:
            return [Close(now, ask.ask, AskEnd.SUPERSEDED, "no longer wanted")]
        if acting.braked_again(look, ask):
            return [Close(now, ask.ask, AskEnd.SUPERSEDED, "the brake is full")]
        if ask.order is None and not acting.machine_may(state):
            return [Close(now, ask.ask, AskEnd.SUPERSEDED, "the machine does not act now")]
        return [Again(now, ask.ask)]
    if pending.accepted_at is None:
        judgement = look.judgements.get(ask.act.handle or "")
        if judgement and judgement.word and not wanted:
            return [Close(now, ask.ask, AskEnd.SUPERSEDED, "a human said otherwise")]
        return _unanswered(look, pending)
    if not wanted:
        return [Close(now, ask.ask, AskEnd.SUPERSEDED, "no longer wanted")]
    return _overdue(look, pending, pending.accepted_at)


def _unanswered(look: Look, pending: PendingAsk) -> list[Decision]:
    """No outcome came back: only a newer list may say that it is to be asked again."""
    state, lost = look.state, pending.sent_at + ANSWER_WITHIN
    if not look.due(lost):
        return []
    newer = state.snapshot_at is not None and state.snapshot_at >= lost
    if newer or look.due(lost + ANSWER_WITHIN):
        return _escalate(look, pending, "no answer")
    return [Reread(look.now, "an act has no outcome")] if state.reread_at < lost else []


def _overdue(look: Look, pending: PendingAsk, accepted_at: float) -> list[Decision]:
    """Taken by the platform, but the effect does not show."""
    state, now, ask = look.state, look.now, pending.ask
    within = state.capabilities.within(ask.act.kind)
    deadline = accepted_at + within
    if not look.due(deadline):
        return []
    if state.snapshot_at is not None and state.snapshot_at >= deadline:
        if ask.act.kind is ActKind.ADMIT and pending.attempts < _ADMIT_TRIES:
            return _once_more(look, pending)
        return _escalate(look, pending, "the platform said yes, but a later list shows no effect")
    if state.reread_at < deadline:
        return [Reread(now, "an act is not confirmed")]
    if not look.due(max(deadline, state.reread_at) + max(within, LIST_WITHIN)):
        return []
    if pending.attempts < _UNCONFIRMED_TRIES:
        return _once_more(look, pending)
    return _escalate(look, pending, "never confirmed")


def _once_more(look: Look, pending: PendingAsk) -> list[Decision]:
    act = pending.ask.act
    if pending.ask.order is None and not acting.machine_may(look.state):
        return [Close(look.now, pending.ask.ask, AskEnd.SUPERSEDED, "the machine does not act now")]
    if acting.braked_again(look, pending.ask):
        return _escalate(look, pending, "never confirmed, and the brake is full")
    told = telling.raised(look, IncidentKind.NOT_CONFIRMED, [act.handle], f"{act.kind}: no sign of it yet")
    return [Again(look.now, pending.ask.ask), *told]


def _escalate(look: Look, pending: PendingAsk, why: str) -> list[Decision]:
    """The next step for that person; at the ladder's end a pause, while a human is paged."""
    ask, now = pending.ask, look.now
    connection = look.state.connections.get(ask.act.handle or "")
    failures = connection.failures if connection else look.state.general_failures
    not_before: float | None = now + min(look.policy.retry_after * 2.0**failures, _LONGEST_PAUSE)
    by_human = ask.order is not None
    if connection and acting.next_step(look.state, connection, after=ask.act.kind, by_human=by_human):
        not_before = None
    closed = Close(now, ask.ask, AskEnd.ESCALATED, why, not_before)
    return [closed, *telling.raised(look, IncidentKind.ACT_FAILED, [ask.act.handle], f"{ask.act.kind}: {why}")]


def _shows(state: Occurrence, pending: PendingAsk) -> bool:
    """Whether what the platform shows now is what was asked for."""
    act = pending.ask.act
    connection = state.connections.get(act.handle or "")
    anew = connection is not None and connection.first_seen > pending.sent_at
    if act.kind is ActKind.ADMIT:
        return connection is not None and connection.inside
    if act.kind is ActKind.REFUSE:
        return connection is None or anew
    if act.kind in REMOVALS:
        return connection is None or anew or not connection.inside
    if act.kind is ActKind.STOP_SHARE:
        return connection is None or not connection.facts.sharing
    if act.kind is ActKind.DEMOTE:
        return connection is None or connection.facts.role is not PlatformRole.MODERATOR
    if act.kind is ActKind.LOBBY_ON:
        return state.lobby_on is True
    if act.kind is ActKind.END:
        return state.platform_ended
    return act.kind in _DONE_WHEN_ACCEPTED and pending.accepted_at is not None
