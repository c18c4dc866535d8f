"""What is on record holds, and so does the lock (design section 5, lines 5 and 6)."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from guardian.core.actions import ActKind, AskEnd, Close, Grant
from guardian.core.events import (
    Opened,
    Ordered,
    Restarted,
    Verb,
)
from guardian.core.identity import Place
from guardian.core.meeting import Connection, Occurrence
from guardian.core.memory import Phase, WordKind
from guardian.core.roster import Role
from tests.properties.cast import CHILDREN, SLOT, STRANGERS
from tests.properties.ledger import Command, Step
from tests.properties.platform_model import Manner
from tests.properties.play import Play, played


class NothingAcknowledgedIsLost(Play):
    """5. The fold of the journal is the state; what is confirmed is not sent again, nor the unknown unasked."""

    @precondition(lambda self: not self.crowded())
    @rule(data=st.data(), manner=st.sampled_from((Manner.SILENT, Manner.MUTE, Manner.DEAF)))
    def the_guardian_dies_with_an_act_in_flight(self, data: st.DataObject, manner: Manner) -> None:
        usual, self.world.manner = self.world.manner, manner
        guise = data.draw(st.one_of(st.sampled_from(CHILDREN), st.sampled_from(STRANGERS)), label="guise")
        self.tell(self.appear(guise, data.draw(st.sampled_from(Place), label="place")), "now")
        self.pass_time(3.0)
        self.the_guardian_is_killed_and_comes_back(seconds=0.1, listed=False)
        self.pass_time(5.0)
        self.world.manner = usual

    def ready(self) -> None:
        self.confirmed: dict[tuple[ActKind, str], float] = {}
        self.news: dict[str, float] = {}

    def came_back(self, folded: Occurrence) -> None:
        assert folded == self.state, "the journal, folded again, is another state"

    def watch(self, done: Step) -> None:
        self.told(done)
        if not isinstance(done.event, Opened):
            assert done.before.instance in {"", done.after.instance}, "a run that was taken for another"
        for command in done.commands:
            if command.again:
                pending = done.before.asks.get(command.ask.ask)
                assert pending is not None, "sends an act again that was closed"
                if pending.unknown or isinstance(done.event, Restarted):
                    self.demanded(done, command)
            elif (command.kind, command.handle) in self.confirmed and command.handle:
                since = self.confirmed[command.kind, command.handle]
                assert self.news.get(command.handle, -1.0) > since, f"{command} was confirmed already"
        for decision in done.decisions:
            if isinstance(decision, Close) and decision.end is AskEnd.CONFIRMED:
                ask = self.book.asks[decision.ask]
                self.confirmed[ask.act.kind, ask.act.handle or ""] = done.now
                for undone in UNDOES.get(ask.act.kind, ()):
                    self.confirmed.pop((undone, ask.act.handle or ""), None)

    def told(self, done: Step) -> None:
        """When something was last heard of a connection that could call for the same act anew."""
        event = done.event
        if isinstance(event, Opened):
            self.confirmed.clear()
        if isinstance(event, Ordered):
            self.confirmed.clear()
        if isinstance(event, Restarted):
            self.restarted = event.at
        for handle, connection in done.after.connections.items():
            before = done.before.connections.get(handle)
            if before is None or before.facts != connection.facts:
                self.news[handle] = done.now + 0.0005

    def demanded(self, done: Step, command: Command) -> None:
        listed = done.after.snapshot_at
        assert listed is not None, "sends an act of unknown outcome before any list"
        assert listed > self.restarted, "sends an act of unknown outcome before a newer list"
        if command.handle:
            assert command.handle in done.after.connections, "sends an act of unknown outcome at nobody"


UNDOES = {ActKind.UNQUIET: (ActKind.QUIET,), ActKind.QUIET: (ActKind.UNQUIET,)}


def test_5_nothing_acknowledged_is_lost_and_nothing_confirmed_is_sent_again() -> None:
    played(NothingAcknowledgedIsLost)


class TheLockHolds(Play):
    """6. LOCKED opens only by a human or the end; an unlock holds; a meeting restarted in its slot is still LOCKED."""

    VERBS = st.sampled_from(
        (Verb.LOCK, Verb.UNLOCK, Verb.LOCK, Verb.UNLOCK, Verb.PANIC, Verb.RESUME, Verb.UNDO, Verb.ADMIT, Verb.ALLOW)
    )
    SLOTS = st.just(SLOT)

    @rule(verb=st.sampled_from((Verb.LOCK, Verb.UNLOCK)), waits=st.sampled_from((1.0, 130.0, 700.0)))
    def a_human_turns_the_key_and_time_passes(self, verb: Verb, waits: float) -> None:
        self.orders += 1
        self.feed(Ordered(self.stamp(), f"o{self.orders}", verb, "olga"))
        self.pass_time(waits)

    def ready(self) -> None:
        self.was: Phase | None = None

    def watch(self, done: Step) -> None:
        event, before, after = done.event, done.before.phase, done.after.phase
        if isinstance(event, Opened):
            locked_by_time = self.was is Phase.OPEN and after is Phase.LOCKED and not self.book.unlocked
            assert locked_by_time or self.was in {None, after}, (
                f"was {self.was}, is {after} after a restart in its slot"
            )
            return
        if after is not Phase.ENDED:
            self.was = after
        if before is Phase.LOCKED and after not in {Phase.LOCKED, Phase.ENDED}:
            assert self.by_a_human(done), f"unlocked by {type(event).__name__}"
        if after is Phase.LOCKED and before is not Phase.LOCKED and self.book.unlocked:
            by_human = isinstance(event, Ordered) and event.verb in {Verb.LOCK, Verb.PANIC, Verb.UNDO}
            assert by_human, "the machine locks again what a human unlocked"
        if before is not Phase.OPEN and after is Phase.OPEN and before is Phase.BEFORE:
            assert any(self.host_inside(c) for c in done.after.connections.values()), "opens without a host"

    def by_a_human(self, done: Step) -> bool:
        if isinstance(done.event, Ordered):
            return done.event.verb in {Verb.UNLOCK, Verb.UNDO}
        return any(isinstance(d, Grant) and d.word.kind is WordKind.OPEN_DOOR for d in done.decisions)

    def host_inside(self, connection: Connection) -> bool:
        match = self.book.match(connection)
        return connection.inside and match.person is not None and match.person.role is Role.HOST


def test_6_the_lock_opens_only_by_a_human_and_an_unlock_holds() -> None:
    played(TheLockHolds)
