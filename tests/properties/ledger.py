"""The properties' own book: who was promised what, told from the events alone and never from how the core decides.

It reads human orders by the table of verbs (design 4.12), keeps every list of the slot, who ever fitted one and who
was ever let in. Of the core it calls ``Roster.match`` and ``with_guests``, and reads the facts that ``evolve`` keeps;
no rule, no look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from guardian.core.actions import REMOVALS, ActKind, Again, Ask, AskEnd, Close, Decision, Grant, Tighten
from guardian.core.events import CameInAs, Event, LinkChanged, Ordered, Restarted, RosterLoaded, Verb
from guardian.core.identity import NAME_PROOFS, STRONG_PROOFS, Proof, strong_keys
from guardian.core.meeting import Connection, Occurrence
from guardian.core.memory import Phase, WordKind
from guardian.core.policy import Policy
from guardian.core.roster import Match, MatchKind, Person, Role, Roster

FITS = frozenset({MatchKind.PERSON, MatchKind.DOUBT})


@dataclass(frozen=True)
class Command:
    """One sending of an act to the platform. ``again`` when it repeats an ask."""

    at: float
    ask: Ask
    again: bool

    @property
    def kind(self) -> ActKind:
        return self.ask.act.kind

    @property
    def handle(self) -> str:
        return self.ask.act.handle or ""

    @property
    def by_machine(self) -> bool:
        return self.ask.order is None

    @property
    def removes(self) -> bool:
        return self.kind in REMOVALS


@dataclass(frozen=True)
class Step:
    """One event and all that came of it."""

    now: float
    event: Event
    before: Occurrence
    after: Occurrence
    decisions: tuple[Decision, ...]
    commands: tuple[Command, ...]


@dataclass
class Said:
    """A human's word, as the book has it."""

    order: str
    kind: WordKind
    at: float
    keys: frozenset[str]
    person: str | None = None
    until: float | None = None
    live: bool = True


@dataclass
class Ledger:
    """What was said and seen in one slot, over every occurrence and restart of it."""

    policy: Policy
    lists: list[Roster] = field(default_factory=list)
    guests: dict[str, Person] = field(default_factory=dict)
    words: list[Said] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    taken_back: set[str] = field(default_factory=set)
    fitted: set[str] = field(default_factory=set)
    admitted: set[str] = field(default_factory=set)
    asks: dict[str, Ask] = field(default_factory=dict)
    paused: bool = False
    panic_at: float | None = None
    locked_at: float | None = None
    unlocked: bool = False
    enforced: bool = False
    accepted_list: str | None = None
    tight_until: float = 0.0
    awaiting: float | None = None
    came_in_as: set[str] = field(default_factory=set)
    _merged: Roster | None = None

    # --- learning -------------------------------------------------------------------------------------------------

    def hear(self, event: Event, before: Occurrence, now: float) -> None:
        """Note what an event says, before what was decided is judged."""
        if isinstance(event, RosterLoaded):
            if not self.lists or self.lists[-1].version != event.roster.version:
                self.lists = [r for r in self.lists if r.version != event.roster.version] + [event.roster]
            self._merged = None
        elif isinstance(event, Ordered) and event.order not in {o.order for o in self.orders}:
            named = before.connections.get(event.handle or "") or before.ghosts.get(event.handle or "")
            keys = frozenset({f"handle:{event.handle}"} if event.handle else ())
            self._obey(event.verb, event, keys | (strong_keys(named.facts.evidence) if named else frozenset()))
            self.orders.append(event)
        elif isinstance(event, CameInAs):
            connection = before.connections.get(event.handle)
            self.came_in_as |= {event.handle} if connection and connection.inside else set()
        elif isinstance(event, Restarted) or (isinstance(event, LinkChanged) and event.up and not before.link_up):
            self.awaiting = event.at

    def note(self, step: Step) -> None:
        """Note what was decided that is part of the record: grants, tightening, asks."""
        for decision in step.decisions:
            if isinstance(decision, Grant):
                word = decision.word
                self._say(word.order, word.kind, word.at, word.keys, word.person, word.until)
            elif isinstance(decision, Tighten):
                self.tight_until = decision.until
            elif isinstance(decision, Ask):
                self.asks[decision.ask] = decision
        if step.after.memory.phase is Phase.LOCKED and self.locked_at is None:
            self.locked_at = step.now
        if step.after.memory.phase in {Phase.BEFORE, Phase.OPEN}:
            self.locked_at = None

    def remember(self, step: Step) -> None:
        """Note, after judging, who was let in by now and who fits a list."""
        for decision in step.decisions:
            if isinstance(decision, Close) and decision.end is AskEnd.CONFIRMED:
                pending = step.before.asks.get(decision.ask)
                if pending and pending.ask.act.kind is ActKind.ADMIT:
                    self.admitted |= pending.keys
        self.observe(step.after.connections.values())
        inside = {handle for handle, c in step.after.connections.items() if c.inside}
        self.came_in_as &= inside  # it is said of one coming in, not of the next

    def observe(self, connections: Iterable[Connection]) -> None:
        """Whoever fits any list of the slot now has fitted it."""
        for connection in connections:
            if self.fits_a_list(connection) and not connection.facts.is_self:
                self.fitted |= {f"handle:{connection.handle}", *strong_keys(connection.facts.evidence)}

    def _obey(self, verb: Verb, order: Ordered, keys: frozenset[str]) -> None:
        speech = {Verb.ADMIT: WordKind.ADMIT, Verb.HOLD: WordKind.HOLD, Verb.REMOVE: WordKind.REMOVE}
        if verb in speech:
            if verb is Verb.ADMIT:
                self._unbar(keys)
            person = None if verb is Verb.REMOVE else order.person
            self._say(order.order, speech[verb], order.at, keys, person, order.until)
        elif verb in {Verb.ALLOW, Verb.COVER}:
            self._listed(order, _cover(order) if verb is Verb.COVER else _guest(order))
        elif verb in {Verb.LOCK, Verb.PANIC}:
            self.locked_at = order.at
            self.panic_at = order.at if verb is Verb.PANIC else self.panic_at
        elif verb is Verb.UNLOCK:
            self.locked_at, self.unlocked = None, True
        elif verb is Verb.PAUSE:
            self.paused = True
        elif verb is Verb.RESUME:
            self.paused, self.panic_at = False, None
        elif verb is Verb.ENFORCE:
            self.enforced = True
            self.accepted_list = self.lists[-1].version if self.lists else None
        elif verb is Verb.UNDO:
            self._undo(order)

    def _say(
        self, order: str, kind: WordKind, at: float, keys: frozenset[str], person: str | None, until: float | None
    ) -> None:
        if order not in {w.order for w in self.words}:
            self.words.append(Said(order, kind, at, keys, person, until))
        if kind is WordKind.ADMIT:
            self.admitted |= keys

    def _unbar(self, keys: frozenset[str]) -> None:
        for word in self.words:
            if word.kind is WordKind.REMOVE and word.keys & keys:
                word.live = False

    def _listed(self, order: Ordered, guest: Person) -> None:
        """Allowed or named as a substitute once more: the same person, with a new date."""
        same = [key for key, g in self.guests.items() if _whom(g) == _whom(guest)]
        for key in same:
            del self.guests[key]
        self.guests[order.order] = guest
        self._merged = None

    def _undo(self, order: Ordered) -> None:
        last = next(
            (
                o
                for o in reversed(self.orders)
                if o.order not in self.taken_back and o.verb not in {Verb.UNDO, Verb.END, Verb.ROTATE}
            ),
            None,
        )
        if last is None:
            return
        self.taken_back.add(last.order)
        word = next((w for w in self.words if w.order == last.order), None)
        if last.verb is Verb.REMOVE and word:
            self._unbar(word.keys)
        elif last.verb in {Verb.ALLOW, Verb.COVER}:
            self.guests.pop(last.order, None)
            self._merged = None
        elif last.verb in TAKEN_BACK_BY:
            back = replace(order, handle=last.handle, person=last.person)
            self._obey(TAKEN_BACK_BY[last.verb], back, word.keys if word else frozenset())

    # --- answering ------------------------------------------------------------------------------------------------

    @property
    def roster(self) -> Roster:
        """The list in force with today's guests."""
        if self._merged is None:
            newest = self.lists[-1] if self.lists else Roster("none")
            self._merged = newest.with_guests(tuple(self.guests.values()))
        return self._merged

    def match(self, connection: Connection) -> Match:
        """Whom this connection fits, by the list in force."""
        return self.roster.match(connection.facts.evidence)

    def fits_a_list(self, connection: Connection) -> bool:
        """Whether it matches, is ambiguous with or is unseen against any version of the list."""
        evidence = connection.facts.evidence
        if not evidence.seen:
            return True
        return any(r.match(evidence).kind in FITS for r in (*self.lists, self.roster))

    def list_in_doubt(self) -> bool:
        """Whether the list is unloaded, empty or smaller by more than a third than before, and no human accepted it."""
        if not self.lists or not self.lists[-1].people:
            return True
        if self.accepted_list == self.lists[-1].version:
            return False
        return 3 * len(self.lists[-1].people) < 2 * max(len(r.people) for r in self.lists)

    def keys(self, connection: Connection) -> frozenset[str]:
        """What a word on a connection is kept under."""
        return strong_keys(connection.facts.evidence) | {f"handle:{connection.handle}"}

    def word(self, connection: Connection, now: float) -> Said | None:
        """The latest live word that names this connection or its person; panic comes before an earlier admission."""
        person = self.match(connection).person
        for word in reversed(self.words):
            if not word.live or word.kind is WordKind.OPEN_DOOR or (word.until is not None and now >= word.until):
                continue
            older = self.panic_at is not None and word.at < self.panic_at
            if older and (word.kind is WordKind.ADMIT or (word.kind is WordKind.HOLD and connection.inside)):
                continue
            if word.keys & self.keys(connection) or (word.person and person and person.id == word.person):
                return word
        return None

    def names_it(self, word: Said, connection: Connection) -> bool:
        """Whether the word is on this connection itself, not only on the person whom it seems to be."""
        return bool(word.keys & self.keys(connection))

    def gate(self, now: float) -> frozenset[Proof]:
        """The proofs that open the door to somebody who waits now."""
        gate = self.policy.gate - {Proof.CLAIMED}
        if self.locked_at is not None:
            gate -= NAME_PROOFS
        return gate & STRONG_PROOFS if now < self.tight_until else gate

    def protected(self, connection: Connection, now: float) -> bool:
        """Whether this is a configured host or staff member by a strong proof that the class accepts."""
        match = self.match(connection)
        if connection.facts.is_self:
            return True
        if match.person is None or match.person.role not in {Role.HOST, Role.STAFF}:
            return False
        return bool(match.proofs & self.policy.gate & STRONG_PROOFS) and match.person.valid(now)


def _guest(order: Ordered) -> Person:
    emails = (order.email,) if order.email else ()
    name, until, since = order.name or "", order.until, order.at
    return Person(f"guest-{order.order}", name, Role.GUEST, emails=emails, valid_until=until, since=since)


def _cover(order: Ordered) -> Person:
    name, account, until = order.name or "", order.account or "", order.until
    emails = (account,) if "@" in account else ()
    key = f"cover-{order.order}"
    return Person(key, name, Role.HOST, emails=emails, accounts=(account,), valid_until=until, since=order.at)


def _whom(guest: Person) -> tuple[object, ...]:
    return (guest.role, guest.accounts) if guest.role is Role.HOST else (guest.role, guest.name, guest.emails)


TAKEN_BACK_BY = {
    Verb.ADMIT: Verb.HOLD,
    Verb.HOLD: Verb.ADMIT,
    Verb.LOCK: Verb.UNLOCK,
    Verb.UNLOCK: Verb.LOCK,
    Verb.PAUSE: Verb.RESUME,
    Verb.RESUME: Verb.PAUSE,
    Verb.PANIC: Verb.RESUME,
    Verb.ENFORCE: Verb.PAUSE,
}


def commands(decisions: tuple[Decision, ...], asks: dict[str, Ask]) -> tuple[Command, ...]:
    """Every sending among these decisions. ``asks`` are those made before."""
    known = {**asks, **{d.ask: d for d in decisions if isinstance(d, Ask)}}
    return tuple(Command(d.at, known[d.ask], isinstance(d, Again)) for d in decisions if isinstance(d, (Ask, Again)))
