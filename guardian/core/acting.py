"""Which acts are wanted of the platform now: per connection by its rule, for the meeting by its phase; braked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from guardian.core.actions import REMOVALS, Act, ActKind, Ask, Decision, Inform, Reread
from guardian.core.events import Verb
from guardian.core.identity import PlatformRole
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Phase, WordKind
from guardian.core.policy import BRAKE_WINDOW, Mode, Unknown
from guardian.core.standing import FRESH_LIST, SAFE, TRUSTED, Do, Judgement, Look, Standing, same_owner, strength
from guardian.core.state import Connection, Occurrence, roster_doubt

LADDER = {
    Do.PUT_BACK: (ActKind.PUT_BACK, ActKind.REMOVE, ActKind.EXPEL),
    Do.OUT: (ActKind.REMOVE, ActKind.EXPEL, ActKind.PUT_BACK),
}


@dataclass(frozen=True, slots=True)
class Want:
    """One act that is wanted for one connection. ``order``: the human's order that it carries out."""

    judgement: Judgement
    kind: ActKind
    rule: str
    order: str | None = None


@dataclass(slots=True)
class Plan:
    """What is asked now, and what the brake holds back."""

    decisions: list[Decision] = field(default_factory=list)
    braked: list[Judgement] = field(default_factory=list)


def plan(look: Look) -> Plan:
    """Everything to ask for now. Never two machine acts in flight on one connection."""
    made = Plan()
    number = look.state.counts.asked
    wants = _one_each([w for j in _in_order(look) if (w := _want(look, j)) and _free(look, w)])
    removals = [w for w in wants if w.kind in REMOVALS and w.order is None]
    allowed = _under_the_brake(look, removals, made)
    for want in wants:
        held_back = want.kind in REMOVALS and want.order is None and want not in allowed
        asked = _silenced(look, want) if held_back else want
        if asked is not None:
            number += 1
            made.decisions.append(_asked(look, asked, number))
    for act, rule, order in _for_the_meeting(look, allowed, braked=bool(made.braked)):
        number += 1
        made.decisions.append(Ask(look.now, f"a{number}", act, rule, rule, order))
    made.decisions += _informed(look)
    why = _fresh_list_wanted(look)
    if why:
        made.decisions.append(Reread(look.now, why))
    if number > look.state.counts.asked:
        look.due(look.now + 30.0)
    return made


def _fresh_list_wanted(look: Look) -> str:
    """Why everybody must be read afresh now, if that was not asked for since; else ""."""
    state = look.state
    if not state.link_up:
        return ""
    if state.awaiting is not None and state.reread_at < state.awaiting:
        return "acts wait for a fresh list"
    if any(j.reason == FRESH_LIST and state.reread_at < j.connection.since for j in look.judgements.values()):
        return "a second connection for one person"
    if state.phase is Phase.LOCKED and state.memory.locked_at is not None and state.reread_at < state.memory.locked_at:
        return "the lock is read back"
    return ""


def still_wanted(look: Look, ask: Ask) -> bool:
    """Whether the rules still want this act."""
    if ask.act.handle is None:
        return ask.act.kind is not ActKind.LOBBY_ON or _lobby_wanted(look)
    judgement = look.judgements.get(ask.act.handle)
    if judgement is None:
        return False
    want = _want(look, judgement)
    if want is None:
        return False
    if want.kind in REMOVALS and ask.act.kind is ActKind.QUIET and want.order is None:
        return True  # the brake keeps them inside, silenced
    return want.kind is ask.act.kind or (want.kind in REMOVALS and ask.act.kind in REMOVALS)


def machine_may(state: Occurrence) -> bool:
    """Whether the machine may act at all now; a human's order always may."""
    return state.journal_up and not state.memory.paused and not state.standing_down


def can_revoke(state: Occurrence) -> bool:
    """Whether temporary memberships can be, and still are to be, revoked at the end."""
    return ActKind.REVOKE in state.capabilities.can and state.link_up and machine_may(state)


def blind(state: Occurrence) -> bool:
    """A start in mid-class with unproven people inside: ask before any removal, until a human says enforce."""
    return IncidentKind.BLIND_START in state.incidents and not state.memory.enforced


def next_step(state: Occurrence, connection: Connection, after: ActKind, *, by_human: bool) -> ActKind | None:
    """The next step of the ladder for a connection whose step ``after`` has just failed."""
    if after not in REMOVALS:
        return None
    tried = {*connection.tried, after}
    return next((k for k in ladder(state, connection, Do.PUT_BACK, by_human=by_human) if k not in tried), None)


def ladder(state: Occurrence, connection: Connection, do: Do, *, by_human: bool) -> list[ActKind]:
    """The steps that put this connection out, in order, as far as the platform can.

    Where a removal bars the address, whoever shows what belongs to somebody on a list is put back, never removed: the
    bar would hit its owner. Who came in on another's admission and may be a child is put back, and no more than that.
    A human may go further where nobody can be put back; not by a panic, which names nobody.
    """
    by_human = by_human and (do is not Do.PUT_BACK or state.memory.panic_at is None)
    steps = [kind for kind in LADDER[do] if kind in state.capabilities.can]
    back: list[ActKind] = [kind for kind in steps if kind is ActKind.PUT_BACK]
    if state.capabilities.bans_by_address and _shows_an_owners(state, connection):
        return back or (steps if by_human else [])
    return back if do is Do.PUT_BACK and _gently(state, connection) and not by_human else steps


def _gently(state: Occurrence, connection: Connection) -> bool:
    """Whether it is put back only for whose admission it came in on, and may be a child."""
    may_be_a_child = connection.known or not connection.facts.evidence.seen or bool(roster_doubt(state))
    return connection.came_in_as is not None and may_be_a_child


def _shows_an_owners(state: Occurrence, connection: Connection) -> bool:
    evidence = connection.facts.evidence
    return any(
        roster.owners_of_address(evidence) for roster in (*state.rosters, *([state.roster] if state.roster else []))
    )


def brake_left(look: Look) -> int:
    """How many machine removals the brake leaves now."""
    inside = sum(c.inside and not c.facts.is_self for c in look.state.connections.values())
    cap = min(look.policy.brake_per_minute, max(1, int(look.policy.brake_share * inside)))
    recent = _removed_of_late(look)
    if len(recent) >= cap:
        look.due(min(recent.values()) + BRAKE_WINDOW)
    return max(0, cap - len(recent))


def _removed_of_late(look: Look) -> dict[str, float]:
    """Connections that the machine put out within the window, with the time of the latest step."""
    recent = [r for r in look.state.memory.removals if r.at > look.now - BRAKE_WINDOW]
    return {r.handle: r.at for r in recent}


# --- one connection --------------------------------------------------------------------------------------------------


def _in_order(look: Look) -> list[Judgement]:
    return sorted(look.judgements.values(), key=lambda j: (j.connection.first_seen, j.connection.handle))


def _want(look: Look, judgement: Judgement) -> Want | None:
    """The one act that this connection's rule wants now, or None."""
    state, connection = look.state, judgement.connection
    if judgement.standing is Standing.SELF:
        return None
    kind = _wanted_inside(look, judgement) if connection.inside else _wanted_waiting(look, judgement)
    if kind is None or kind not in state.capabilities.can:
        return None
    order = _order_of(look, judgement, kind)
    if order is None and kind in REMOVALS and not _may_remove(look, judgement):
        return None
    return Want(judgement, kind, judgement.rule.name, order)


def _wanted_waiting(look: Look, judgement: Judgement) -> ActKind | None:
    if judgement.do is Do.ADMIT:
        return ActKind.ADMIT
    if judgement.do is Do.REFUSE:
        return ActKind.REFUSE
    if judgement.do is Do.PATIENCE:
        at_once = look.policy.unknown is Unknown.REFUSE
        if at_once or look.due(judgement.connection.since + look.policy.patience):
            return ActKind.REFUSE
    return None


def _wanted_inside(look: Look, judgement: Judgement) -> ActKind | None:
    state, connection, do = look.state, judgement.connection, judgement.do
    can, tried = state.capabilities.can, connection.tried
    order = _order_of(look, judgement, ActKind.REMOVE) if do in LADDER else None
    if do in LADDER and (order or _may_remove(look, judgement)):
        steps = ladder(state, connection, do, by_human=order is not None)
        if steps:
            return next((k for k in steps if k not in tried), steps[-1])
    if judgement.standing in SAFE and judgement.word is None:
        return None
    admitted = judgement.word is not None and judgement.word.kind is WordKind.ADMIT
    moderator = connection.facts.role is PlatformRole.MODERATOR and not admitted
    wishes = [
        (ActKind.DEMOTE, moderator and ActKind.DEMOTE not in tried),
        (ActKind.STOP_SHARE, shares_unasked(look, judgement) and ActKind.STOP_SHARE not in tried),
        (ActKind.QUIET, do in {Do.STAY_QUIET, *LADDER} and not connection.quiet and ActKind.QUIET not in tried),
        (ActKind.UNQUIET, do is Do.STAY and connection.quiet and ActKind.UNQUIET not in tried),
    ]
    return next((kind for kind, wished in wishes if wished and kind in can), None)


def shares_unasked(look: Look, judgement: Judgement) -> bool:
    """Whether somebody shares who may not."""
    if not (judgement.connection.inside and judgement.connection.facts.sharing):
        return False
    person = judgement.match.person
    proven = judgement.standing in TRUSTED and person is not None
    may = proven and person is not None and person.role in look.policy.may_share
    return not may and judgement.standing not in SAFE


def _order_of(look: Look, judgement: Judgement, kind: ActKind) -> str | None:
    """The human's order that this act carries out: their word names this very connection, or it is the panic."""
    memory, word = look.state.memory, judgement.word
    if kind in REMOVALS and judgement.do is Do.PUT_BACK and memory.panic_at is not None:
        return memory.panic_order
    if word is None or word.native:
        return None
    named = f"handle:{judgement.connection.handle}" in word.keys
    held = word.kind is WordKind.HOLD and kind not in REMOVALS
    return word.order if named or held or word.kind is WordKind.ADMIT else None


def _may_remove(look: Look, judgement: Judgement) -> bool:
    """Whether the machine may put this connection out by itself (the brake comes later)."""
    state = look.state
    if judgement.standing in SAFE or state.slot is None:
        return False
    if state.awaiting is not None and judgement.connection.at <= state.awaiting:
        return False  # not heard of since we were away: a fresh list must show them first
    if judgement.word is not None and judgement.word.kind is WordKind.REMOVE:
        return True
    if look.policy.mode is Mode.ASSIST:
        return False
    return not blind(state) or (judgement.connection.found and judgement.standing is not Standing.UNSEEN)


def _free(look: Look, want: Want) -> bool:
    """Whether the act may be asked now: nothing else in flight, no pause after a failure, leave to act."""
    state, connection = look.state, want.judgement.connection
    if not state.link_up:
        return False
    if want.kind in connection.simulated or (want.kind in REMOVALS and connection.simulated & REMOVALS):
        return False
    if not look.due(connection.not_before):
        return False
    pending = look.pending.get(connection.handle, ())
    if want.order is not None:
        return not any(p.ask.order == want.order or p.ask.act.kind is want.kind for p in pending)
    return machine_may(state) and not pending


def _under_the_brake(look: Look, removals: list[Want], made: Plan) -> list[Want]:
    if not removals:
        return []
    left, counted = brake_left(look), _removed_of_late(look)
    again = [w for w in removals if w.judgement.connection.handle in counted]
    fresh = [w for w in removals if w.judgement.connection.handle not in counted]
    fresh.sort(key=lambda w: (w.judgement.standing is not Standing.BARRED, w.judgement.connection.since))
    made.braked += [w.judgement for w in fresh[left:]]
    return again + fresh[:left]


def _silenced(look: Look, want: Want) -> Want | None:
    """Whom the brake keeps inside is at least muted, where the platform can."""
    connection = want.judgement.connection
    silent = connection.quiet or ActKind.QUIET in connection.tried or ActKind.QUIET not in look.state.capabilities.can
    instead = Want(want.judgement, ActKind.QUIET, "the brake: media off")
    return instead if not silent and _free(look, instead) else None


def _one_each(wants: list[Want]) -> list[Want]:
    """Of several who wait as one person, the best proven (else the first) is admitted; then the others are judged."""
    first: dict[str, Judgement] = {}
    for judgement in (w.judgement for w in wants if w.kind is ActKind.ADMIT and w.order is None):
        person = judgement.match.person
        if person is not None and strength(judgement.match) > strength(first.get(person.id, judgement).match):
            first[person.id] = judgement
        elif person is not None:
            first.setdefault(person.id, judgement)
    return [want for want in wants if _first_in_line(want, first)]


def _first_in_line(want: Want, first: dict[str, Judgement]) -> bool:
    person = want.judgement.match.person
    if want.kind is not ActKind.ADMIT or want.order is not None or person is None:
        return True
    chosen = first[person.id]
    return chosen is want.judgement or same_owner(chosen.connection, want.judgement.connection)


def _asked(look: Look, want: Want, number: int) -> Ask:
    judgement = want.judgement
    person = judgement.match.person.id if judgement.match.person else None
    act = Act(want.kind, judgement.connection.handle)
    return Ask(look.now, f"a{number}", act, want.rule, judgement.reason, want.order, person, judgement.accepted)


def _informed(look: Look) -> list[Decision]:
    state = look.state
    if not (look.policy.inform_waiting and state.capabilities.can_inform and state.link_up) or state.memory.paused:
        return []
    return [
        Inform(look.now, handle)
        for handle, j in look.judgements.items()
        if not j.connection.inside
        and not j.connection.informed
        and j.settled
        and j.do in {Do.HOLD, Do.HOLD_ASK, Do.PATIENCE}
        and _want(look, j) is None
    ]


# --- the meeting as a whole ------------------------------------------------------------------------------------------


def _for_the_meeting(look: Look, removing: list[Want], *, braked: bool) -> Iterable[tuple[Act, str, str | None]]:
    state, memory = look.state, look.state.memory
    busy = {p.ask.act.kind for p in state.asks.values() if p.ask.act.handle is None}
    wishes = [
        (ActKind.LOBBY_ON, _lobby_wanted(look, braked=braked), "the lobby must be on", _lock_order(state)),
        (ActKind.QUIET_ALL, memory.panic_at is not None and not state.quiet_all, "panic", memory.panic_order),
        (ActKind.UNQUIET_ALL, memory.panic_at is None and state.quiet_all, "the panic is over", None),
        (ActKind.ROTATE, state.rotate_order is not None, "a human changes the passcode", state.rotate_order),
        (ActKind.END, state.end_order is not None, "a human ends the meeting", state.end_order),
        (ActKind.REVOKE, _over(look) and can_revoke(state) and not state.revoked, "the meeting is over", None),
    ]
    for kind, wished, rule, order in wishes:
        if not wished or kind in busy or kind not in state.capabilities.can or not state.link_up:
            continue
        if order is None and not machine_may(state):
            continue
        if not look.due(state.general_not_before):
            continue
        yield Act(kind, keep=_keep(look, kind, removing)), rule, order


def _over(look: Look) -> bool:
    state = look.state
    if state.empty_since is None:
        return False
    since = state.empty_since if state.slot is None else max(state.empty_since, state.slot.end)
    return look.due(since + look.policy.end_after_empty)


def _lobby_wanted(look: Look, *, braked: bool = False) -> bool:
    state, memory = look.state, look.state.memory
    brake = state.incidents.get(IncidentKind.BRAKE)
    raid = braked or (brake is not None and not brake.settled)
    if state.lobby_on is not False or memory.door_open or state.lobby_refused:
        return False
    locked = memory.phase is Phase.LOCKED
    return look.policy.lobby_from_start or locked or state.slot is None or look.tight() or raid


def _lock_order(state: Occurrence) -> str | None:
    verbs = {Verb.LOCK, Verb.PANIC}
    return next((o.order for o in state.open_orders.values() if o.verb in verbs), None)


def _keep(look: Look, kind: ActKind, removing: list[Want]) -> tuple[str, ...]:
    """Who stays inside when the lobby is switched on, or may go on speaking in a panic."""
    inside = [j for j in _in_order(look) if j.connection.inside]
    if kind is ActKind.QUIET_ALL:
        return tuple(j.connection.handle for j in inside if j.standing in SAFE)
    if kind is not ActKind.LOBBY_ON:
        return ()
    leaving = (w.judgement.connection for w in removing)
    going = {connection.handle for connection in leaving if not _gently(look.state, connection)}
    return tuple(j.connection.handle for j in inside if j.connection.handle not in going)


def braked_again(look: Look, ask: Ask) -> bool:
    """Whether sending this removal once more would go past the brake."""
    return counts_anew(look, ask) and brake_left(look) == 0


def counts_anew(look: Look, ask: Ask) -> bool:
    """Whether sending this act now is one more removal of the machine within the window."""
    return ask.order is None and ask.act.kind in REMOVALS and ask.act.handle not in _removed_of_late(look)
