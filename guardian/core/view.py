"""What pages, the command line and metrics show of an occurrence: one value, read off the state."""

from __future__ import annotations

from dataclasses import dataclass

from guardian.core import acting
from guardian.core.identity import PlatformRole, Proof
from guardian.core.incidents import Incident
from guardian.core.memory import Phase, Slot
from guardian.core.policy import Mode, Policy
from guardian.core.standing import Judgement, Look, Standing
from guardian.core.state import Counts, Occurrence


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection: ``name`` is the attacker's text; ``word`` says which human's word stands on it, if any."""

    handle: str
    name: str
    place: str
    standing: Standing
    person: str | None
    person_name: str | None
    proofs: frozenset[Proof]
    rule: str
    do: str
    reason: str
    since: float
    sharing: bool
    moderator: bool
    word: str | None


@dataclass(frozen=True, slots=True)
class MeetingView:
    """One occurrence as it stands. ``mode`` is the one in force (a blind start lowers it). Times in seconds UTC."""

    meeting: str
    occurrence: str
    platform: str
    phase: Phase
    mode: Mode
    slot: Slot | None
    opened_at: float | None
    lock_at: float | None
    lobby_on: bool | None
    link_up: bool
    journal_up: bool
    paused: bool
    panic: bool
    standing_down: str
    blind: bool
    tight: bool
    roster_version: str
    roster_people: int
    roster_doubt: str
    connections: tuple[ConnectionView, ...]
    incidents: tuple[Incident, ...]
    counts: Counts
    pending: int
    cannot: tuple[str, ...]


def view(state: Occurrence, policy: Policy, now: float) -> MeetingView:
    """The occurrence as it stands at ``now``."""
    look = Look(state, policy, now)
    memory = state.memory
    timed = memory.phase is Phase.OPEN and memory.auto_lock and policy.lock_after is not None
    lock_at = memory.opened_at + (policy.lock_after or 0.0) if timed and memory.opened_at is not None else None
    blind = acting.blind(state)
    return MeetingView(
        meeting=state.meeting,
        occurrence=state.occurrence,
        platform=state.capabilities.platform,
        phase=memory.phase,
        mode=Mode.ASSIST if blind and policy.mode is Mode.ENFORCE else policy.mode,
        slot=state.slot,
        opened_at=memory.opened_at,
        lock_at=lock_at,
        lobby_on=state.lobby_on,
        link_up=state.link_up,
        journal_up=state.journal_up,
        paused=memory.paused,
        panic=memory.panic_at is not None,
        standing_down=state.standing_down,
        blind=blind,
        tight=look.tight(),
        roster_version=state.rosters[-1].version if state.rosters else "",
        roster_people=len(state.rosters[-1].people) if state.rosters else 0,
        roster_doubt=look.doubt,
        connections=tuple(_connection(j) for j in look.judgements.values()),
        incidents=tuple(state.incidents.values()),
        counts=state.counts,
        pending=len(state.asks),
        cannot=state.capabilities.notes,
    )


def _connection(judgement: Judgement) -> ConnectionView:
    connection, person = judgement.connection, judgement.match.person
    return ConnectionView(
        handle=connection.handle,
        name=connection.facts.evidence.name,
        place=connection.facts.place,
        standing=judgement.standing,
        person=person.id if person else None,
        person_name=person.name if person else None,
        proofs=judgement.match.proofs,
        rule=judgement.rule.name,
        do=judgement.do,
        reason=judgement.reason,
        since=connection.since,
        sharing=connection.facts.sharing,
        moderator=connection.facts.role is PlatformRole.MODERATOR,
        word=f"{judgement.word.kind} by {judgement.word.by}" if judgement.word else None,
    )
