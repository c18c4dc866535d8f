"""Who is let in and who is put out (design section 5, lines 1 and 2), in any order, with loss and crash."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from guardian.core.actions import ActKind
from guardian.core.events import (
    CameInAs,
    Ordered,
    RosterLoaded,
    Verb,
)
from guardian.core.identity import STRONG_PROOFS, Place, Proof, strong_keys
from guardian.core.meeting import Connection, Occurrence
from guardian.core.memory import Phase, WordKind
from guardian.core.policy import Mode
from guardian.core.roster import Match, Role, Roster
from tests.properties.cast import BY_NAME, CHILDREN, IMPOSTORS, LISTS, STRANGERS, UNSURE, Guise, anybody, policies
from tests.properties.ledger import Command, Step
from tests.properties.platform_model import Manner
from tests.properties.play import Play, played


class OnlyTheEntitledAreAdmitted(Play):
    """1. ADMIT only for accepted proofs, held at command time, in the gate; or under a live override that names it."""

    POLICIES = policies().map(lambda policy: replace(policy, wave_knocks=4))
    PEOPLE = st.one_of(st.sampled_from(UNSURE), st.sampled_from(IMPOSTORS), anybody)
    VERBS = st.sampled_from((Verb.ADMIT, Verb.ADMIT, Verb.ALLOW, Verb.LOCK, *Verb))

    @precondition(lambda self: self.link)
    @rule(data=st.data(), strangers=st.lists(st.sampled_from(STRANGERS), min_size=4, max_size=5))
    def a_wave_of_strangers_knocks_and_somebody_among_them(self, data: st.DataObject, strangers: list[Guise]) -> None:
        for guise in strangers:
            self.feed(self.appear(guise, Place.WAITING))
            if f"h{self.number}" in self.world.people:
                self.feed(self.world.leave(f"h{self.number}"))
        self.feed(self.appear(data.draw(st.sampled_from(BY_NAME), label="guise"), Place.WAITING))

    @rule(data=st.data(), waits=st.sampled_from((1.0, 31.0)))
    def somebody_is_admitted_in_advance(self, data: st.DataObject, waits: float) -> None:
        who = data.draw(st.sampled_from(UNSURE), label="who")
        self.orders += 1
        order = Ordered(self.stamp(), f"o{self.orders}", Verb.ADMIT, "olga", person=who.owner, until=self.now + 30.0)
        self.feed(order)
        self.pass_time(waits)
        self.tell(self.appear(who, Place.WAITING), "now")

    def watch(self, done: Step) -> None:
        for command in done.commands:
            if command.kind is ActKind.ADMIT:
                connection = done.after.connections.get(command.handle)
                assert connection is not None, "admits somebody who is not there"
                self.entitled(done, command, connection)

    def entitled(self, done: Step, command: Command, connection: Connection) -> None:
        match, word = self.book.match(connection), self.book.word(connection, done.now)
        if word is not None:
            named = self.book.names_it(word, connection) or match.person is not None
            assert word.kind is WordKind.ADMIT, f"admits in spite of a human's {word.kind}"
            assert named, "admits under a word that does not name it"
            return
        assert command.by_machine, "an order without a live word"
        assert done.after.journal_up, "the machine admits without a journal"
        if connection.facts.is_self:
            return
        assert match.person is not None, f"admits whom no list knows: {match.reason}"
        assert connection.facts.evidence.seen, "admits whom it has not seen"
        assert match.person.valid(done.now), "admits who is not valid now"
        assert self.proofs_open(match), f"{sorted(match.proofs)} is not in the gate"
        if match.person.role not in {Role.HOST, Role.STAFF}:
            assert done.after.phase in {Phase.OPEN, Phase.LOCKED}, "admits before a host is inside"
            assert done.after.memory.opened_at is not None, "admits though no host was ever inside"
            assert done.after.slot is not None, "admits a pupil outside the schedule"
        assert not self.claimed_inside(done.after, connection, match), "a second claim of a person inside"

    def proofs_open(self, match: Match) -> bool:
        person, locked_at = match.person, self.book.locked_at
        if person and person.role is Role.GUEST and (locked_at is None or (person.since or 0.0) >= locked_at):
            strong = bool(match.proofs & (STRONG_PROOFS | {Proof.CLAIMED}))
            return strong if person.emails else bool(match.proofs - {Proof.CLAIMED})
        return bool(match.proofs & self.book.gate(self.now))

    def claimed_inside(self, state: Occurrence, connection: Connection, match: Match) -> bool:
        strength = _strength(match)
        if match.person and match.person.role in {Role.HOST, Role.STAFF} and strength == _STRONG:
            return False
        for other in state.connections.values():
            theirs = self.book.match(other)
            if other.handle == connection.handle or not other.inside or theirs.person != match.person:
                continue
            if not _bound(other) & _bound(connection) and strength <= _strength(theirs):
                return True
        return False


_STRONG = 3


def _strength(match: Match) -> int:
    if match.proofs & STRONG_PROOFS:
        return _STRONG
    return 2 if Proof.REGISTRANT in match.proofs else 1


def _bound(connection: Connection) -> frozenset[str]:
    return frozenset(k for k in strong_keys(connection.facts.evidence) if not k.startswith("registrant:"))


def test_1_only_who_proves_it_or_whom_a_human_names_is_admitted() -> None:
    played(OnlyTheEntitledAreAdmitted)


class NobodyWhoMayBeAChildIsPutOut(Play):
    """2. Nobody who was ever admitted, or ever fitted any list of the slot, is put out by the machine.

    With one exception (design section 6): who came in on our admission of another, and is not proven, is put back to
    the lobby. Never more than that, never in assist, outside the schedule or against a human's word.
    """

    POLICIES = policies((Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE, Mode.ASSIST)).map(
        lambda policy: replace(policy, brake_per_minute=5, brake_share=1.0)
    )
    PEOPLE = st.one_of(st.sampled_from(UNSURE), st.sampled_from(CHILDREN), anybody)
    VERBS = st.sampled_from((Verb.REMOVE, Verb.REMOVE, Verb.ENFORCE, Verb.ADMIT, *Verb))

    @precondition(lambda self: self.link and not self.crowded())
    @rule(data=st.data(), roster=st.sampled_from(LISTS), waits=st.sampled_from((3.0, 450.0)))
    def somebody_is_inside_and_the_list_changes(self, data: st.DataObject, roster: Roster, waits: float) -> None:
        self.feed(self.appear(data.draw(self.PEOPLE, label="guise"), Place.INSIDE))
        self.feed(RosterLoaded(self.stamp(), roster))
        self.pass_time(waits)

    @precondition(lambda self: self.link and not self.crowded() and self.state.journal_up and not self.book.paused)
    @rule(data=st.data())
    def a_child_comes_in_on_anothers_admission(self, data: st.DataObject) -> None:
        here = {self.world.owners.get(handle) for handle in self.world.people}
        children = [guise for guise in CHILDREN + UNSURE if guise.owner not in here]
        if not children:
            return
        guise = data.draw(st.sampled_from(children), label="guise")
        usual, self.world.manner = self.world.manner, Manner.OBEYS
        self.feed(self.appear(guise, Place.INSIDE))
        self.feed(CameInAs(self.stamp(), f"h{self.number}", "who was meant"))
        self.pass_time(3.0)
        self.world.manner = usual

    def watch(self, done: Step) -> None:
        for command in done.commands:
            if command.kind is ActKind.END:
                assert not command.by_machine, "the machine ends the meeting"
            if command.removes and command.by_machine:
                connection = done.after.connections[command.handle]
                if command.kind is ActKind.PUT_BACK and command.handle in self.book.came_in_as:
                    self.may_go_back(done, connection)
                else:
                    self.removable(done, connection)
            if command.kind is ActKind.LOBBY_ON and not command.again:
                for connection in done.after.connections.values():
                    if connection.inside and connection.handle not in command.ask.act.keep:
                        self.removable(done, connection)

    def may_go_back(self, done: Step, connection: Connection) -> None:
        word = self.book.word(connection, done.now)
        if word is not None:
            assert word.kind is WordKind.REMOVE, f"puts back in spite of a human's {word.kind}"
            return
        assert done.after.slot is not None, "puts somebody back outside the schedule"
        assert self.policy.mode is not Mode.ASSIST, "puts somebody back without asking first"
        match = self.book.match(connection)
        beside = [c for c in done.after.connections.values() if c is not connection]
        alone = not any(self.book.match(c).person == match.person for c in beside)
        proven = bool(match.proofs & self.policy.gate & STRONG_PROOFS)
        assert match.person is None or not (alone and proven), "puts back who is proven"

    def removable(self, done: Step, connection: Connection) -> None:
        word = self.book.word(connection, done.now)
        if word is not None and word.kind is WordKind.REMOVE:
            return
        keys = self.book.keys(connection)
        assert connection.facts.evidence.seen, "puts out whom it has not seen"
        assert not self.book.fits_a_list(connection), "puts out somebody who fits a list of this slot"
        assert not keys & self.book.fitted, "puts out somebody who once fitted a list of this slot"
        assert not keys & self.book.admitted, "puts out somebody who was let in"
        assert not self.book.list_in_doubt(), "puts somebody out on the word of a list in doubt"
        assert done.after.slot is not None, "puts somebody out outside the schedule"
        assert self.policy.mode is not Mode.ASSIST, "puts somebody out without asking first"


def test_2_nobody_who_may_be_a_child_is_put_out_by_the_machine() -> None:
    played(NobodyWhoMayBeAChildIsPutOut)
