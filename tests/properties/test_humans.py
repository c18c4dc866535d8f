"""A human's word goes first (design section 5, line 8)."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from guardian.core.actions import REMOVALS, ActKind, Answer, Grant
from guardian.core.events import (
    NativeAct,
    NativeKind,
    Ordered,
    Verb,
)
from guardian.core.identity import Place
from guardian.core.meeting import Connection
from guardian.core.memory import Phase, WordKind
from tests.properties.cast import CHILDREN, STRANGERS, Guise
from tests.properties.ledger import Command, Said, Step
from tests.properties.platform_model import Manner
from tests.properties.play import Play, played


class AHumanWordGoesFirst(Play):
    """8. An order acts at once, whatever else fails; no machine act contradicts a live word, native ones too."""

    VERBS = st.sampled_from((*Verb, Verb.HOLD, Verb.ADMIT, Verb.REMOVE, Verb.ADMIT, Verb.HOLD, Verb.PAUSE))
    MANNERS = st.sampled_from((Manner.SILENT, Manner.DEAF, *Manner))

    @precondition(lambda self: self.link and not self.crowded())
    @rule(guise=st.one_of(st.sampled_from(CHILDREN), st.sampled_from(STRANGERS)), place=st.sampled_from(Place))
    def a_human_overrules_an_act_in_flight(self, guise: Guise, place: Place) -> None:
        usual, self.world.manner = self.world.manner, Manner.SILENT
        self.feed(self.appear(guise, place))
        self.pass_time(3.0)
        self.orders += 1
        self.feed(Ordered(self.stamp(), f"o{self.orders}", Verb.REMOVE, "olga", handle=f"h{self.number}"))
        self.world.manner = usual

    @precondition(lambda self: self.link)
    @rule(data=st.data(), kind=st.sampled_from((NativeKind.ADMITTED, NativeKind.REFUSED, NativeKind.PUT_OUT)))
    def the_teacher_acts_by_hand(self, data: st.DataObject, kind: NativeKind) -> None:
        self.a_moderator_acts_on_the_platform(data=data, kind=kind, effect_first=False)

    CONTRADICTS: ClassVar[dict[WordKind, frozenset[ActKind]]] = {
        WordKind.ADMIT: frozenset({ActKind.REFUSE, *REMOVALS}),
        WordKind.HOLD: frozenset({ActKind.ADMIT, ActKind.REFUSE, ActKind.UNQUIET, *REMOVALS}),
        WordKind.REMOVE: frozenset({ActKind.ADMIT, ActKind.UNQUIET}),
    }

    def ready(self) -> None:
        self.heard: set[str] = set()

    def watch(self, done: Step) -> None:
        for command in done.commands:
            connection = done.after.connections.get(command.handle)
            word = self.book.word(connection, done.now) if connection else None
            if connection and word and (command.by_machine or command.ask.order != word.order):
                self.obeys(done, command, connection, word)
            if command.by_machine:
                assert not self.book.paused, f"{command.kind} while a human has paused the machine"
                assert not done.after.standing_down, f"{command.kind} while another guardian acts"
            else:
                assert command.ask.order in {o.order for o in self.book.orders}, "an act of nobody's order"
        if isinstance(done.event, Ordered) and done.event.order not in self.heard:
            self.heard.add(done.event.order)
            self.acts_at_once(done, done.event)
        if isinstance(done.event, NativeAct):
            self.stands(done, done.event)

    def obeys(self, done: Step, command: Command, connection: Connection, word: Said) -> None:
        panic = self.book.panic_at is not None and not command.by_machine
        if command.kind in self.CONTRADICTS[word.kind] and not panic:
            by_name = word.kind is WordKind.ADMIT and not self.book.names_it(word, connection)
            assert by_name, f"{command.kind} against a human's {word.kind}"

    def acts_at_once(self, done: Step, order: Ordered) -> None:
        state = done.after
        if order.verb is Verb.LOCK and not done.before.ended:
            assert state.phase in {Phase.LOCKED, Phase.ENDED}, "a lock that does not lock"
        answered = any(isinstance(d, Answer) and d.order == order.order for d in done.decisions)
        connection = state.connections.get(order.handle or "")
        if connection is None or connection.facts.is_self or answered or not state.link_up:
            return
        if order.verb is Verb.HOLD and connection.quiet:
            return
        kinds = {
            (Verb.ADMIT, Place.WAITING): {ActKind.ADMIT},
            (Verb.REMOVE, Place.WAITING): {ActKind.REFUSE},
            (Verb.REMOVE, Place.INSIDE): set(REMOVALS),
            (Verb.HOLD, Place.INSIDE): {ActKind.QUIET},
        }.get((order.verb, connection.facts.place), set())
        under_way = {p.ask.act.kind for p in state.asks.values() if p.ask.act.handle == connection.handle}
        assert not kinds & state.capabilities.can or kinds & under_way, f"{order.verb} is not acted on at once"

    def stands(self, done: Step, act: NativeAct) -> None:
        """What a proven host does by hand to somebody is a word from then on."""
        hand = done.before.connections.get(act.by or "")
        if done.before.ended or hand is None or not hand.inside or hand.facts.is_self:
            return
        kinds = {
            NativeKind.ADMITTED: WordKind.ADMIT,
            NativeKind.PUT_OUT: WordKind.HOLD,
            NativeKind.REFUSED: WordKind.HOLD,
        }
        if act.kind in kinds and act.handle and self.book.protected(hand, done.now):
            granted = [d.word for d in done.decisions if isinstance(d, Grant)]
            assert [w for w in granted if w.kind is kinds[act.kind] and f"handle:{act.handle}" in w.keys], (
                "the teacher's own hand leaves no word"
            )


def test_8_a_human_word_acts_at_once_and_is_never_contradicted() -> None:
    played(AHumanWordGoesFirst)
