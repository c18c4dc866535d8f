"""Where a connection stands, and the table of what is done about it: every cell a named rule.

``Look`` is one look at the whole state: it matches everybody once, so that "somebody who is already inside" can be
answered, and notes every moment at which the answer would change by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from guardian.core.actions import ActKind
from guardian.core.identity import NAME_PROOFS, STRONG_PROOFS, Proof
from guardian.core.memory import Phase, Word, WordKind
from guardian.core.policy import Bots, Policy
from guardian.core.roster import Match, MatchKind, Person, Role
from guardian.core.state import FITS, Connection, Occurrence, PendingAsk, roster_doubt


class Standing(StrEnum):
    """What a connection is to us now (design: standing)."""

    SELF = "self"
    PROTECTED = "protected"
    PROVEN = "proven"
    WEAK = "weak"
    AMBIGUOUS = "ambiguous"
    UNSEEN = "unseen"
    NONE = "none"
    CONTRADICTED = "contradicted"
    BARRED = "barred"


class Position(StrEnum):
    """The columns of the table."""

    BEFORE = "waiting, before"
    OPEN = "waiting, open"
    LOCKED = "waiting, locked"
    INSIDE = "inside"


class Do(StrEnum):
    """What a rule does. STAY_QUIET: stays, microphone, camera and share off where the platform can."""

    ADMIT = "admit"
    HOLD = "hold"
    HOLD_ASK = "hold, ask a human"
    PATIENCE = "hold with patience, then refuse"
    REFUSE = "refuse"
    NEVER = "never touched"
    STAY = "stay"
    STAY_TELL = "stay, incident"
    STAY_QUIET = "stay, media off, incident"
    PUT_BACK = "back to the lobby"
    OUT = "out at once"


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell of the table, or one rule that goes before it."""

    name: str
    do: Do


def _row(standing: Standing, before: Do, opened: Do, locked: Do, inside: Do) -> dict[tuple[Standing, Position], Rule]:
    cells = zip(Position, (before, opened, locked, inside), strict=True)
    return {(standing, position): Rule(f"{standing}: {position}", do) for position, do in cells}


TABLE: Mapping[tuple[Standing, Position], Rule] = {
    **_row(Standing.SELF, Do.ADMIT, Do.ADMIT, Do.ADMIT, Do.NEVER),
    **_row(Standing.PROTECTED, Do.ADMIT, Do.ADMIT, Do.ADMIT, Do.NEVER),
    **_row(Standing.PROVEN, Do.HOLD, Do.ADMIT, Do.ADMIT, Do.STAY),
    **_row(Standing.WEAK, Do.HOLD, Do.HOLD_ASK, Do.HOLD_ASK, Do.STAY_QUIET),
    **_row(Standing.AMBIGUOUS, Do.HOLD, Do.HOLD_ASK, Do.HOLD_ASK, Do.STAY_QUIET),
    **_row(Standing.UNSEEN, Do.HOLD, Do.HOLD_ASK, Do.HOLD_ASK, Do.STAY_QUIET),
    **_row(Standing.NONE, Do.HOLD, Do.PATIENCE, Do.REFUSE, Do.PUT_BACK),
    **_row(Standing.CONTRADICTED, Do.HOLD, Do.PATIENCE, Do.REFUSE, Do.PUT_BACK),
    **_row(Standing.BARRED, Do.REFUSE, Do.REFUSE, Do.REFUSE, Do.OUT),
}
STRANGERS = frozenset({Standing.NONE, Standing.CONTRADICTED})
UNPROVEN = frozenset({Standing.WEAK, Standing.AMBIGUOUS, Standing.UNSEEN})
SAFE = frozenset({Standing.SELF, Standing.PROTECTED})
TRUSTED = SAFE | {Standing.PROVEN}
FRESH_LIST = "claims somebody inside: a fresh list was asked for"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One connection at one look. ``word`` is the human's live word that goes first, if any.

    ``accepted`` are the proofs that the gate takes now; ``settled`` False: too early to call it a stranger.
    """

    connection: Connection
    standing: Standing
    rule: Rule
    reason: str
    match: Match
    accepted: frozenset[Proof] = frozenset()
    word: Word | None = None
    settled: bool = True

    @property
    def do(self) -> Do:
        """What the rule does."""
        return self.rule.do


class Look:
    """One look at ``state``: judgements of everybody, and the earliest moment at which they change by themselves."""

    def __init__(self, state: Occurrence, policy: Policy, now: float) -> None:
        """Match everybody; judge on demand."""
        self.state = state
        self.policy = policy
        self.now = now
        self.wake: float | None = None
        self.doubt = roster_doubt(state)
        self.pending: dict[str | None, list[PendingAsk]] = defaultdict(list)
        for pending in state.asks.values():
            self.pending[pending.ask.act.handle].append(pending)
        self._gate_inside = policy.gate - {Proof.CLAIMED}
        self._gate_waiting = self._gate_at_the_door()
        self._holders: dict[str, list[Connection]] = defaultdict(list)
        for handle, connection in state.connections.items():
            person = connection.match.person
            if person and (connection.inside or self.being_admitted(handle)):
                self._holders[person.id].append(connection)
        self.judgements = {h: self._judge(c) for h, c in state.connections.items()}

    # --- time ---

    def due(self, moment: float) -> bool:
        """Whether ``moment`` has come; if not, the look remembers to wake up then."""
        if self.now >= moment:
            return True
        self.wake = moment if self.wake is None else min(self.wake, moment)
        return False

    # --- the people ---

    def protected_inside(self, *roles: Role) -> bool:
        """Whether a protected person of one of these roles is inside."""
        return any(
            j.standing is Standing.PROTECTED and j.connection.inside and j.match.person and j.match.person.role in roles
            for j in self.judgements.values()
        )

    def being_admitted(self, handle: str) -> bool:
        """Whether an admission of this connection is under way."""
        return handle in self.pending and any(p.ask.act.kind is ActKind.ADMIT for p in self.pending[handle])

    def _judge(self, connection: Connection) -> Judgement:
        match = connection.match
        if connection.facts.is_self:
            return self._ruled(connection, Standing.SELF, "the guardian itself", match)
        word = live_word(self.state, connection, match, self)
        if word and word.kind is WordKind.REMOVE:
            return self._ruled(connection, Standing.BARRED, f"refused by {word.by}", match, word=word)
        standing, reason, accepted, settled = self._standing(connection, match)
        if word:
            return self._worded(Judgement(connection, standing, _NO_RULE, reason, match, accepted, word))
        rule = self._rule(connection, standing, settled=settled, reason=reason)
        return Judgement(connection, standing, rule, reason, match, accepted, None, settled)

    def _ruled(
        self, connection: Connection, standing: Standing, reason: str, match: Match, word: Word | None = None
    ) -> Judgement:
        return Judgement(connection, standing, TABLE[standing, self._position(connection)], reason, match, word=word)

    def _worded(self, judgement: Judgement) -> Judgement:
        """A human's live word comes before the table."""
        connection, word = judgement.connection, judgement.word
        if word is None:
            return judgement
        if word.kind is WordKind.ADMIT:
            rule = Rule("a human admits", Do.STAY if connection.inside else Do.ADMIT)
        else:
            rule = Rule("a human holds", Do.STAY_QUIET if connection.inside else Do.HOLD)
        reason = f"{'admitted' if word.kind is WordKind.ADMIT else 'held'} by {word.by}"
        return Judgement(
            connection, judgement.standing, rule, reason, judgement.match, judgement.accepted, word, judgement.settled
        )

    def _position(self, connection: Connection) -> Position:
        if connection.inside:
            return Position.INSIDE
        if self.state.slot is None:
            return Position.BEFORE
        return {Phase.LOCKED: Position.LOCKED, Phase.OPEN: Position.OPEN}.get(self.state.phase, Position.BEFORE)

    def _standing(self, connection: Connection, match: Match) -> tuple[Standing, str, frozenset[Proof], bool]:
        evidence = connection.facts.evidence
        if not evidence.seen:
            settled = self.due(connection.since + self.policy.settle)
            return Standing.UNSEEN, "we missed what they showed", frozenset(), settled
        if match.person is not None:
            return (*self._person(connection, match, match.person), True)
        if match.kind is MatchKind.DOUBT:
            return Standing.AMBIGUOUS, match.reason, frozenset(), True
        if connection.keys & self.state.memory.put_out:
            return Standing.BARRED, "was put out before", frozenset(), True
        if not connection.inside and self._fitted(connection):
            return Standing.AMBIGUOUS, "was on an earlier list, or was let in before", frozenset(), True
        if match.kind is MatchKind.CONTRADICTED:
            return Standing.CONTRADICTED, match.reason, frozenset(), True
        settled = self.due(connection.since + self.policy.settle)
        return Standing.NONE, match.reason, frozenset(), settled

    def _fitted(self, connection: Connection) -> bool:
        """Whether it was admitted in this slot, or fits an earlier version of the list."""
        if connection.keys & self.state.memory.known:
            return True
        return any(r.match(connection.facts.evidence).kind in FITS for r in self.state.rosters[:-1])

    def _person(self, connection: Connection, match: Match, person: Person) -> tuple[Standing, str, frozenset[Proof]]:
        accepted = match.proofs & (self._gate_inside if connection.inside else self._gate_waiting)
        if person.role is Role.GUEST and self._guest_may(connection, person):
            accepted |= match.proofs - {Proof.CLAIMED}
        staff = person.role in {Role.HOST, Role.STAFF} and accepted and self._on_time(connection, person)
        if staff and (accepted & STRONG_PROOFS or not self._others(connection, person)):
            return Standing.PROTECTED, match.reason, accepted
        if len(connection.claimed) > 1 and not match.proofs - NAME_PROOFS - {Proof.CLAIMED}:
            return Standing.AMBIGUOUS, "showed the names of several people", frozenset()
        claim = self._second_claim(connection, match, person)
        if claim:
            return Standing.AMBIGUOUS, claim, frozenset()
        if not accepted:
            return Standing.WEAK, f"{match.reason}: not enough for this class", frozenset()
        if not self._on_time(connection, person):
            return Standing.WEAK, "on the list, but not for today", frozenset()
        return Standing.PROVEN, match.reason, accepted

    def _on_time(self, connection: Connection, person: Person) -> bool:
        if person.valid_from is not None:
            self.due(person.valid_from)
        if person.valid_until is not None:
            self.due(person.valid_until)
        return connection.inside or person.valid(self.now)

    def _guest_may(self, connection: Connection, person: Person) -> bool:
        """An allowed guest comes in by the name or address that a human named; after the lock only if allowed since."""
        locked_at = self.state.memory.locked_at
        if person.emails and not connection.match.proofs & {Proof.VERIFIED, Proof.TOKEN, Proof.CLAIMED}:
            return False
        return connection.inside or locked_at is None or (person.since is not None and person.since >= locked_at)

    def _gate_at_the_door(self) -> frozenset[Proof]:
        """The proofs that open the door now; for those inside, the class's own gate counts."""
        gate = self._gate_inside
        if self.state.phase is Phase.LOCKED:
            gate -= NAME_PROOFS
        if self.tight():
            gate &= STRONG_PROOFS
        return gate

    def tight(self) -> bool:
        """Whether a wave of unknowns has tightened the gate."""
        until = self.state.memory.tight_until
        return until is not None and not self.due(until)

    def _others(self, connection: Connection, person: Person) -> list[Connection]:
        return [
            other
            for other in self._holders.get(person.id, ())
            if other is not connection and not (connection.bound & other.bound)
        ]

    def _second_claim(self, connection: Connection, match: Match, person: Person) -> str | None:
        """Why a second connection for one person must wait for a human, or None. Same account: her own ghost."""
        others = self._others(connection, person)
        if not others:
            return self._hidden_claim(connection, match)
        mine = strength(match)
        theirs = [strength(other.match) for other in others]
        if connection.inside:
            earlier = any(
                s == mine and o.inside and _before(o, connection) for s, o in zip(theirs, others, strict=True)
            )
            stronger = any(s > mine and o.inside for s, o in zip(theirs, others, strict=True))
            if stronger:
                return "somebody with a stronger proof is inside as this person"
            return "this person is already inside" if earlier else None
        if mine == _STRONG and max(theirs) < _STRONG:
            return None
        bare = mine == _REGISTRANT and max(theirs) <= _REGISTRANT
        if bare and not self.due(connection.since + self.policy.second_claim_patience):
            return FRESH_LIST
        return "claims somebody who is already inside"

    def _hidden_claim(self, connection: Connection, match: Match) -> str | None:
        """Whether whoever came in with this very registration may still be inside, under a handle of which we have
        missed what it shows: the same display name tells.
        """
        shown = {key for key in connection.keys if key.startswith("registrant:")}
        if connection.inside or strength(match) != _REGISTRANT or not shown:
            return None
        names = {g.facts.evidence.name for g in self.state.ghosts.values() if g.inside and shown & g.keys}
        hidden = (c for c in self.state.connections.values() if c.inside and not c.facts.evidence.seen)
        if names and any(c.facts.evidence.name in names for c in hidden):
            return "may be already inside, under a connection whose identity we have missed"
        return None

    def _rule(self, connection: Connection, standing: Standing, *, settled: bool, reason: str) -> Rule:
        position = self._position(connection)
        if reason == FRESH_LIST:
            return Rule("second claim: a fresh list first", Do.HOLD)
        if standing is Standing.UNSEEN and not settled and self.state.memory.panic_at is None:
            # What they showed may be on its way by another road.
            return Rule("settling: too early to say", Do.STAY if connection.inside else Do.HOLD)
        if connection.inside and connection.came_in_as is not None and standing not in TRUSTED:
            return Rule("came in on another's admission: back to the lobby", Do.PUT_BACK)
        if connection.inside:
            return self._rule_inside(connection, standing, settled=settled)
        if standing in STRANGERS:
            if not settled:
                return Rule("settling: too early to say", Do.HOLD)
            if self.doubt:
                return Rule("no trusted list: hold", Do.HOLD if position is Position.BEFORE else Do.HOLD_ASK)
            if connection.match.kind is MatchKind.BOT and position is not Position.BEFORE:
                refuse = self.policy.bots is Bots.REFUSE
                return Rule("a bot or note-taker", Do.REFUSE if refuse else Do.HOLD_ASK)
        if standing is Standing.PROVEN and position is Position.LOCKED and self.state.memory.opened_at is None:
            return Rule("locked before the host came: wait", Do.HOLD)
        return TABLE[standing, position]

    def _rule_inside(self, connection: Connection, standing: Standing, *, settled: bool) -> Rule:
        if self.state.memory.panic_at is not None and standing not in TRUSTED:
            return Rule("panic: back to the lobby", Do.PUT_BACK)
        if standing in STRANGERS | {Standing.BARRED} and self._by_another_hand(connection):
            return Rule("came in by another hand: too early to say whose", Do.STAY)
        if standing in STRANGERS:
            if not settled and not connection.facts.sharing:
                return Rule("settling: too early to say", Do.STAY)
            if self.doubt:
                return Rule("no trusted list: nobody is removed", Do.STAY_TELL)
            if connection.known or self._fitted(connection):
                return Rule("was on the list or let in: stays", Do.STAY_TELL)
        if standing is Standing.BARRED and self.state.slot is None:
            return Rule("outside the schedule: nobody is removed", Do.STAY_TELL)
        if standing is Standing.BARRED and self.doubt:
            return Rule("no trusted list: nobody is removed", Do.STAY_TELL)
        if standing is Standing.BARRED and (connection.known or self._fitted(connection)):
            return Rule("was on the list or let in: stays", Do.STAY_TELL)
        return TABLE[standing, Position.INSIDE]

    def _by_another_hand(self, connection: Connection) -> bool:
        """Just let in from the lobby, not by us: the platform's word on who did it may come a moment later."""
        moved = connection.since > connection.first_seen
        if not moved or connection.admit_asked or connection.facts.sharing:
            return False
        return not self.due(connection.since + self.policy.settle)


_NO_RULE = Rule("", Do.HOLD)
_STRONG, _REGISTRANT, _NAME = 3, 2, 1


def strength(match: Match) -> int:
    """How much a match weighs beside another claim to be the same person: a strong proof, a registration, a name."""
    if match.proofs & STRONG_PROOFS:
        return _STRONG
    return _REGISTRANT if Proof.REGISTRANT in match.proofs else _NAME


def same_owner(one: Connection, other: Connection) -> bool:
    """Whether two connections show one account, address, token or link: one owner, twice."""
    return bool(one.bound & other.bound)


def _before(one: Connection, other: Connection) -> bool:
    return (one.since, one.handle) < (other.since, other.handle)


def live_word(state: Occurrence, connection: Connection, match: Match, look: Look) -> Word | None:
    """The latest live human word that names this connection or the person whom it matches."""
    panic_at = state.memory.panic_at
    for word in reversed(state.memory.words):
        if not word.live or word.kind is WordKind.OPEN_DOOR:
            continue
        if word.until is not None and look.due(word.until):
            continue
        if panic_at is not None and word.at < panic_at and _gives_way_to_panic(word, connection):
            continue
        if word.keys & connection.keys and _is_theirs(word, connection, look):
            return word
        if word.person and match.person and match.person.id == word.person and _may_answer_to(word, connection, look):
            return word
    return None


def _is_theirs(word: Word, connection: Connection, look: Look) -> bool:
    """A registration can be passed on: ``admit`` by it alone is not for a second one beside who is inside with it."""
    if word.kind is not WordKind.ADMIT or connection.inside:
        return True
    if word.keys & (connection.bound | {f"handle:{connection.handle}"}):
        return True
    shared = word.keys & connection.keys
    return not any(
        other is not connection and shared & other.keys and (other.inside or look.being_admitted(handle))
        for handle, other in look.state.connections.items()
    )


def _gives_way_to_panic(word: Word, connection: Connection) -> bool:
    """Panic is the later word: it overrules an earlier admission, and an earlier "stays inside, held"."""
    return word.kind is WordKind.ADMIT or (word.kind is WordKind.HOLD and connection.inside)


def _may_answer_to(word: Word, connection: Connection, look: Look) -> bool:
    """A word on a person reaches who fits only them; ``admit`` not beside somebody else inside as them."""
    if word.kind is not WordKind.ADMIT or connection.inside:
        return True
    match = connection.match
    names_only = not match.proofs - NAME_PROOFS - {Proof.CLAIMED}
    if names_only and len(connection.claimed) > 1:
        return False
    return match.person is not None and not look._second_claim(connection, match, match.person)  # noqa: SLF001
