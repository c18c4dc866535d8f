"""What a human must know now: incidents raised, changed and settled, and what really became of a human's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from guardian.core import acting
from guardian.core.actions import REMOVALS, ActKind, Answer, Ask, Decision, Raise, Settle
from guardian.core.events import Ordered, Verb
from guardian.core.identity import Place, PlatformRole
from guardian.core.incidents import SEVERITY, Deed, Incident, IncidentKind, Subject
from guardian.core.memory import Phase, WordKind
from guardian.core.roster import Role
from guardian.core.standing import STRANGERS, UNPROVEN, Do, Judgement, Look, Standing
from guardian.core.state import Occurrence

MOST_SUBJECTS = 100  # told one by one; a raid is one incident with a count
ACKNOWLEDGE = "acknowledge"  # the deed of whoever has seen an incident; no order
HOST_BACK_WITHIN = 5.0  # seconds; the platform says that the host left before it says that the meeting has ended
HANDS_WITHIN = 3.0  # seconds that another pair of hands may take to come
_ANSWER_AFTER = 20.0  # seconds until an order whose effect does not show is answered as not done

_LASTING = frozenset(
    {
        IncidentKind.STRANGER_WAITING,
        IncidentKind.BARRED_BACK,
        IncidentKind.IMPERSONATION,
        IncidentKind.SECOND_CLAIM,
        IncidentKind.RENAMED,
        IncidentKind.NO_LONGER_VALID,
        IncidentKind.TASK_CRASHED,
        IncidentKind.NOT_CONFIRMED,
        IncidentKind.ACT_FAILED,
        IncidentKind.NATIVE_ADMIT,
        IncidentKind.NATIVE_ADMIT_ALL,
        IncidentKind.NATIVE_PUT_OUT,
        IncidentKind.LOBBY_SWITCHED_OFF,
        IncidentKind.OPENED,
        IncidentKind.CAME_IN_AS,
        IncidentKind.BEFORE_HOST,
        IncidentKind.PUBLIC_LINK,
        IncidentKind.STALE_DELIVERIES,
        IncidentKind.FORWARDED_LINK,
        IncidentKind.OVERRULED,
    }
)
"""Incidents about something that happened: not settled when it is over."""

_OFFERS: dict[IncidentKind, tuple[str, ...]] = {
    IncidentKind.STRANGER_WAITING: ("admit", "hold", "remove"),
    IncidentKind.NEEDS_DECISION: ("admit", "hold", "remove"),
    IncidentKind.STRANGER_INSIDE: ("remove", "admit", "panic"),
    IncidentKind.UNPROVEN_INSIDE: ("admit", "remove"),
    IncidentKind.UNPROVEN_MODERATOR: ("remove", "panic"),
    IncidentKind.SECOND_CLAIM: ("admit", "hold", "remove"),
    IncidentKind.SHARING: ("hold", "remove", "panic"),
    IncidentKind.BLIND_START: ("enforce",),
    IncidentKind.ROSTER_DOUBTED: ("enforce",),
    IncidentKind.BRAKE: ("panic", "pause"),
    IncidentKind.NATIVE_ADMIT: ("remove",),
    IncidentKind.NATIVE_ADMIT_ALL: ("remove", "panic"),
    IncidentKind.NATIVE_PUT_OUT: ("admit",),
    IncidentKind.LOBBY_SWITCHED_OFF: ("lock",),
    IncidentKind.PANIC: ("resume",),
    IncidentKind.LOCKED: ("unlock",),
    IncidentKind.FOREIGN_SELF: ("resume",),
    IncidentKind.CAME_IN_AS: ("remove", "admit", "panic"),
    IncidentKind.BEFORE_HOST: ("panic",),
    IncidentKind.PUBLIC_LINK: ("rotate", "lock"),
}


@dataclass(slots=True)
class _Active:
    subjects: list[Subject]
    detail: str = ""


def raised(look: Look, kind: IncidentKind, handles: Sequence[str | None], detail: str) -> list[Decision]:
    """An incident about something that happened just now."""
    subjects = [s for h in handles if h and (s := _subject_of(look, h))]
    return _compared(look, kind, _Active(subjects, detail))


def incidents(look: Look, plan: acting.Plan) -> list[Decision]:
    """Incidents that begin, grow or end, by comparing what is with what was told."""
    active: dict[IncidentKind, _Active] = {}
    for judgement in look.judgements.values():
        for kind in _about(look, judgement):
            active.setdefault(kind, _Active([])).subjects.append(_subject(judgement))
    for kind, detail in _in_general(look).items():
        active.setdefault(kind, _Active([])).detail = detail
    brake = look.state.incidents.get(IncidentKind.BRAKE)
    removing = sum(isinstance(d, Ask) and d.act.kind in REMOVALS and d.order is None for d in plan.decisions)
    if plan.braked or (brake is not None and not brake.settled and acting.brake_left(look) <= removing):
        detail = "more strangers inside than the brake allows the machine to put out in a minute"
        active[IncidentKind.BRAKE] = _Active([_subject(j) for j in plan.braked], detail)
    decided: list[Decision] = []
    for kind, what in active.items():
        decided += _compared(look, kind, what)
    for key, incident in look.state.incidents.items():
        if not incident.settled and incident.kind not in active and incident.kind not in _LASTING:
            decided.append(Settle(look.now, key, "over"))
    return decided + _overruled(look)


def combined(decided: list[Decision]) -> list[Decision]:
    """Where one look raises an incident twice, it is raised once, about everybody."""
    kept: dict[object, Decision] = {}
    for place, decision in enumerate(decided):
        key: object = decision.incident.key if isinstance(decision, Raise) else place
        first = kept.get(key)
        if isinstance(first, Raise) and isinstance(decision, Raise):
            told = {subject.handle for subject in first.incident.subjects}
            more = tuple(s for s in decision.incident.subjects if s.handle not in told)
            subjects = (*first.incident.subjects, *more)[-MOST_SUBJECTS:]
            kept[key] = replace(decision, incident=replace(decision.incident, subjects=subjects))
        else:
            kept[key] = decision
    return list(kept.values())


def followed(look: Look, decided: Sequence[Decision]) -> list[Decision]:
    """What became of the orders that an incident was answered with, and that a human has seen it."""
    first = dict(look.state.incidents)
    for decision in decided:
        if isinstance(decision, Raise):
            first[decision.incident.key] = decision.incident
        elif isinstance(decision, Settle) and decision.incident in first:
            over = first[decision.incident]
            first[over.key] = replace(over, settled=True, revision=over.revision + 1)
    now = dict(first)
    for decision in decided:
        if isinstance(decision, Answer):
            _answered(look, decision, now)
    for key, incident in now.items():
        by, deeds = incident.acknowledged_by, incident.deeds
        if by and not any(d.verb == ACKNOWLEDGE and d.at >= incident.asks_since for d in deeds):
            now[key] = _with(incident, Deed(incident.changed_at, f"ack:{key}", by, ACKNOWLEDGE, done=True, text="seen"))
    told = ((key, incident) for key, incident in now.items() if incident is not first[key])
    return [Raise(look.now, replace(i, changed_at=look.now, revision=first[key].revision + 1)) for key, i in told]


def _with(incident: Incident, deed: Deed) -> Incident:
    return replace(incident, deeds=(*incident.deeds, deed))


def _answered(look: Look, answer: Answer, now: dict[str, Incident]) -> None:
    order = look.state.open_orders.get(answer.order)
    if order is None:
        return
    deed = Deed(answer.at, order.order, order.by, order.verb, answer.done, answer.text, order.reason)
    for key, incident in now.items():
        named = any(
            (order.handle is not None and s.handle == order.handle)
            or (order.person is not None and s.person == order.person)
            for s in incident.subjects
        )
        before = look.state.incidents.get(key)
        if key == order.incident or (named and not (before and before.settled)):
            now[key] = _with(incident, deed)


def _overruled(look: Look) -> list[Decision]:
    """Two humans who disagree: the later stands, and both are told."""
    now, old = look.now, look.state.incidents.get(IncidentKind.OVERRULED)
    known = {deed.order for deed in old.deeds} if old else set()
    fresh = [o for o in look.state.memory.orders if o.over and o.order not in known]
    if not fresh:
        return []
    deeds = tuple(Deed(o.at, o.order, o.by, o.verb, done=True, text=f"stands over: {o.over}") for o in fresh)
    detail = f"{fresh[-1].verb} by {fresh[-1].by} stands over: {fresh[-1].over}"
    handles = [o.handle for o in fresh if o.handle]
    subjects = tuple(s for h in handles if (s := _subject_of(look, h)))
    kind = IncidentKind.OVERRULED
    if old is None:
        new = Incident(kind, kind, SEVERITY[kind], now, now, 1, subjects, detail, ("undo",), asks_since=now)
        return [Raise(now, replace(new, deeds=deeds))]
    again = replace(old, changed_at=now, revision=old.revision + 1, detail=detail, acknowledged_by=None)
    told = {s.handle for s in subjects}
    subjects = (*(s for s in old.subjects if s.handle not in told), *subjects)[-MOST_SUBJECTS:]
    # None is ever left out: what is not among them counts as not yet told.
    deeds = (*old.deeds, *deeds)
    return [Raise(now, replace(again, subjects=subjects, deeds=deeds, asks_since=now))]


def _compared(look: Look, kind: IncidentKind, what: _Active) -> list[Decision]:
    now, old = look.now, look.state.incidents.get(kind)
    fresh = tuple(what.subjects[:MOST_SUBJECTS])
    if old is None:
        verbs = _OFFERS.get(kind, ())
        return [
            Raise(now, Incident(kind, kind, SEVERITY[kind], now, now, 1, fresh, what.detail, verbs, asks_since=now))
        ]
    if old.settled:
        again = replace(old, opened_at=now, subjects=fresh, settled=False, acknowledged_by=None, asks_since=now)
        return [Raise(now, replace(again, changed_at=now, revision=old.revision + 1, detail=what.detail))]
    told = {subject.handle for subject in old.subjects}
    more = tuple(subject for subject in fresh if subject.handle not in told)
    if not more and (not what.detail or what.detail == old.detail):
        return []
    subjects = (*old.subjects, *more)[-MOST_SUBJECTS:]
    changed = replace(old, changed_at=now, revision=old.revision + 1, subjects=subjects, acknowledged_by=None)
    since = old.asks_since if old.acknowledged_by is None else now
    return [Raise(now, replace(changed, detail=what.detail or old.detail, asks_since=since))]


def _subject(judgement: Judgement) -> Subject:
    connection, person = judgement.connection, judgement.match.person
    return Subject(
        connection.handle,
        connection.facts.evidence.name,
        person.id if person else None,
        connection.facts.place,
        judgement.reason,
        person.name if person else None,
    )


def _subject_of(look: Look, handle: str) -> Subject | None:
    judgement = look.judgements.get(handle)
    if judgement:
        return _subject(judgement)
    ghost = look.state.ghosts.get(handle)
    return Subject(handle, ghost.facts.evidence.name if ghost else "", None, "gone", "has left")


def _about(look: Look, judgement: Judgement) -> list[IncidentKind]:
    """What there is to tell about one connection."""
    if judgement.standing is Standing.SELF:
        return []
    kinds = _about_inside(look, judgement) if judgement.connection.inside else _about_waiting(look, judgement)
    if judgement.standing is Standing.CONTRADICTED:
        kinds.append(IncidentKind.IMPERSONATION)
    if judgement.standing is Standing.BARRED:
        kinds.append(IncidentKind.BARRED_BACK)
    if judgement.match.shows:
        kinds.append(IncidentKind.RENAMED)
    if "inside as this person" in judgement.reason or "already inside" in judgement.reason:
        kinds.append(IncidentKind.SECOND_CLAIM)
    if look.state.slot is None:
        kinds.append(IncidentKind.OUTSIDE_SLOT)
    return kinds


def _about_waiting(look: Look, judgement: Judgement) -> list[IncidentKind]:
    state = look.state
    open_door = state.slot is not None and state.phase in {Phase.OPEN, Phase.LOCKED}
    if judgement.do is Do.HOLD_ASK:
        return [IncidentKind.NEEDS_DECISION]
    if open_door and judgement.standing in STRANGERS and judgement.settled and judgement.word is None:
        return [IncidentKind.STRANGER_WAITING]
    return []


def _about_inside(look: Look, judgement: Judgement) -> list[IncidentKind]:
    kinds: list[IncidentKind] = []
    connection, person, word = judgement.connection, judgement.match.person, judgement.word
    admitted = word is not None and word.kind is WordKind.ADMIT
    if judgement.do is Do.PUT_BACK and judgement.standing in STRANGERS:
        kinds.append(IncidentKind.STRANGER_INSIDE)
    elif judgement.do is Do.STAY_TELL and not look.doubt:
        kinds.append(IncidentKind.NO_LONGER_VALID)
    elif judgement.do in {Do.STAY_QUIET, Do.STAY_TELL} and word is None:
        kinds.append(IncidentKind.UNPROVEN_INSIDE)
    if not judgement.settled and judgement.standing is Standing.UNSEEN:
        return kinds
    if connection.found and judgement.standing in UNPROVEN and word is None and not look.state.memory.enforced:
        kinds.append(IncidentKind.BLIND_START)
    if person and not person.valid(look.now) and judgement.standing in {Standing.PROVEN, Standing.PROTECTED}:
        kinds.append(IncidentKind.NO_LONGER_VALID)
    unproven = judgement.standing is not Standing.PROTECTED and not admitted
    if connection.came_in_as is not None and not admitted:
        kinds.append(IncidentKind.CAME_IN_AS)
    if connection.facts.role is PlatformRole.MODERATOR and unproven:
        kinds.append(IncidentKind.UNPROVEN_MODERATOR)
    if acting.shares_unasked(look, judgement):
        kinds.append(IncidentKind.SHARING)
    return kinds


def _lobby_off_behind_us(state: Occurrence) -> bool:
    locked_at = state.memory.locked_at
    if state.phase is not Phase.LOCKED or locked_at is None or state.memory.door_open:
        return False
    return state.lobby_on is False and state.lobby_since > locked_at


def _handless(look: Look) -> bool:
    """Whether our hands have been away for longer than another pair needs to take over."""
    since, opened_at = look.state.no_hands_since, look.state.memory.opened_at
    return since is not None and opened_at is not None and look.due(max(since, opened_at) + HANDS_WITHIN)


def _host_stays_away(look: Look) -> bool:
    """Whether the host has been gone for longer than the end of a class, or a short break of the line, takes."""
    state = look.state
    if state.memory.opened_at is None:
        return False
    ghosts = state.ghosts.items()
    left = [
        state.departed.get(f"{Place.INSIDE}:{h}")
        for h, g in ghosts
        if g.match.person and g.match.person.role is Role.HOST
    ]
    known = [at for at in left if at is not None]
    return look.due(max(known) + HOST_BACK_WITHIN) if known else True


def _somebody(state: Occurrence) -> bool:
    return any(not c.facts.is_self for c in state.connections.values())


def _in_general(look: Look) -> dict[IncidentKind, str]:
    """What there is to tell about the meeting as a whole, with a sentence."""
    state, memory = look.state, look.state.memory
    host = look.protected_inside(Role.HOST)
    running = state.phase in {Phase.OPEN, Phase.LOCKED}
    conditions = {
        IncidentKind.ROSTER_DOUBTED: (bool(look.doubt) and (bool(state.rosters) or _somebody(state)), look.doubt),
        IncidentKind.ROSTER_BROKEN: (bool(state.roster_trouble), state.roster_trouble),
        IncidentKind.WAVE: (look.tight(), "a wave of unknowns: only strong proofs open the door now"),
        IncidentKind.HOST_LOST: (running and not host and _host_stays_away(look), "no host is inside"),
        IncidentKind.LINK_LOST: (not state.link_up, state.trouble or "the connection to the platform is lost"),
        IncidentKind.JOURNAL_LOST: (not state.journal_up, "the journal cannot be written: nobody is admitted"),
        IncidentKind.FOREIGN_SELF: (bool(state.standing_down), state.standing_down),
        IncidentKind.TASK_CRASHED: (bool(state.crashed), state.crashed),
        IncidentKind.PANIC: (memory.panic_at is not None, "panic"),
        IncidentKind.OPENED: (memory.opened_at is not None, "a host is inside: the class is open"),
        IncidentKind.LOBBY_SWITCHED_OFF: (_lobby_off_behind_us(state), "the lobby of the locked meeting was found off"),
        IncidentKind.LOCKED: (state.phase is Phase.LOCKED, "the door is locked"),
        IncidentKind.NO_HANDS: (running and _handless(look), state.capabilities.no_hands),
        **{kind: (True, detail) for kind, detail in state.warned.items()},
    }
    blind = acting.blind(state) and not state.incidents[IncidentKind.BLIND_START].settled
    if blind:
        conditions[IncidentKind.BLIND_START] = (True, state.incidents[IncidentKind.BLIND_START].detail)
    return {kind: detail for kind, (holds, detail) in conditions.items() if holds}


# --- answers ---------------------------------------------------------------------------------------------------------


def answers(look: Look) -> list[Decision]:
    """The answer to each open order whose effect shows by now, or cannot come."""
    decided: list[Decision] = []
    for order in look.state.open_orders.values():
        answer = _ANSWERS.get(order.verb, _at_once)(look, order)
        if answer is None and look.due(order.at + _ANSWER_AFTER):
            answer = (False, "no effect to be seen yet; it stands and will be tried again")
        if answer is not None:
            done, text = answer
            over = next((o.over for o in look.state.memory.orders if o.order == order.order), "")
            decided.append(Answer(look.now, order.order, done, f"{text}; stands over: {over}" if over else text))
    return decided


def last_answers(state: Occurrence, now: float) -> list[Decision]:
    """The meeting is over: every open order gets its answer."""
    return [
        Answer(now, order.order, order.verb is Verb.END, "the meeting has ended")
        for order in state.open_orders.values()
    ]


def _at_once(_: Look, order: Ordered) -> tuple[bool, str] | None:
    return True, _SAID.get(order.verb, "done")


def _admit_answer(look: Look, order: Ordered) -> tuple[bool, str] | None:
    found = [j for j in look.judgements.values() if _named(j, order)]
    if any(j.connection.inside for j in found):
        return True, "inside"
    if not found:
        return (False, _NOT_HERE) if order.handle else (True, "will be let in when they come")
    if any(j.word is None or j.word.order != order.order for j in found):
        return False, f"still waiting: {found[0].reason}"
    if not look.state.link_up:
        return False, "the connection to the platform is lost; it will be done when it is back"
    if look.state.capabilities.no_hands and "admit" not in look.state.capabilities.can:
        return False, f"not yet: {look.state.capabilities.no_hands}; it will be done when one is"
    return None


def _hold_answer(look: Look, order: Ordered) -> tuple[bool, str] | None:
    found = [j for j in look.judgements.values() if _named(j, order)]
    inside = [j for j in found if j.connection.inside]
    if order.handle and not _ever_here(look, order.handle):
        return False, _NOT_HERE
    if not inside:
        return True, "held: not admitted until a human says so"
    if "quiet" not in look.state.capabilities.can:
        return True, "stays inside; this platform cannot switch off one person's microphone, camera or share"
    return (True, "stays inside, microphone, camera and share off") if inside[0].connection.quiet else None


def _remove_answer(look: Look, order: Ordered) -> tuple[bool, str] | None:
    connection = look.state.connections.get(order.handle or "")
    if connection is None:
        gone = _ever_here(look, order.handle)
        return (True, "out, and barred for this class") if gone else (False, _NOT_HERE)
    if connection.facts.is_self:
        return False, "that is the guardian itself"
    if not look.state.link_up:
        return False, "the connection to the platform is lost; it will be done when it is back"
    if not connection.inside and "refuse" not in look.state.capabilities.can:
        return True, "kept outside, and barred for this class; this platform lets nobody be sent away from the lobby"
    return None


def _lock_answer(look: Look, _: Ordered) -> tuple[bool, str] | None:
    if look.state.lobby_on is False and "lobby_on" in look.state.capabilities.can:
        return None
    return True, "locked"


def _panic_answer(look: Look, order: Ordered) -> tuple[bool, str] | None:
    if any(p.ask.order == order.order for p in look.state.asks.values()):
        return None
    left = [j for j in look.judgements.values() if j.connection.inside and j.rule.name.startswith("panic")]
    if left and not look.state.capabilities.no_hands:
        return None
    if left:
        return False, f"locked, but {len(left)} unproven are still inside: {look.state.capabilities.no_hands}"
    muted = "" if look.state.quiet_all else "; this platform cannot switch off everybody's microphone and camera"
    return True, f"locked, everybody unproven is out{muted}"


def _end_answer(look: Look, _: Ordered) -> tuple[bool, str] | None:
    if "end" not in look.state.capabilities.can:
        return False, "this platform does not let us end the meeting"
    return (False, "the platform refused to end it") if look.state.end_order is None else None


def _undo_answer(look: Look, order: Ordered) -> tuple[bool, str] | None:
    orders = look.state.memory.orders
    undone = next((o for o in orders if o.undone_by == order.order), None)
    if undone is None:
        return False, "there is nothing to take back"
    note = look.state.capabilities.undo_note if undone.verb == Verb.REMOVE else ""
    return True, f"{undone.verb} taken back" + (f"; {note}" if note else "")


def _rotate_answer(look: Look, order: Ordered) -> tuple[bool, str] | None:
    if ActKind.ROTATE not in look.state.capabilities.can:
        return False, "this platform has no passcode that we can change"
    if look.state.rotated == order.order:
        return True, "the meeting has a new passcode; links that carry the old one are worthless"
    return (False, "the platform refused the new passcode") if look.state.rotate_order is None else None


def _ever_here(look: Look, handle: str | None) -> bool:
    return bool(handle) and (handle in look.state.connections or handle in look.state.ghosts)


def _named(judgement: Judgement, order: Ordered) -> bool:
    if order.handle:
        return judgement.connection.handle == order.handle
    return judgement.match.person is not None and judgement.match.person.id == order.person


_NOT_HERE = "nobody here has this id"
_SAID = {
    Verb.ALLOW: "will be let in as a guest",
    Verb.COVER: "counts as a host, for this class",
    Verb.UNLOCK: "unlocked; the automatic lock is off for this class",
    Verb.PAUSE: "paused: the door stays as it is",
    Verb.RESUME: "the guardian acts again",
    Verb.ENFORCE: "enforcing from now on",
}
_ANSWERS = {
    Verb.ADMIT: _admit_answer,
    Verb.HOLD: _hold_answer,
    Verb.REMOVE: _remove_answer,
    Verb.LOCK: _lock_answer,
    Verb.PANIC: _panic_answer,
    Verb.ROTATE: _rotate_answer,
    Verb.END: _end_answer,
    Verb.UNDO: _undo_answer,
}
