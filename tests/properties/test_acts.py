"""Every act ends, one at a time, and all comes to rest (design section 5, lines 7 and 9)."""

from __future__ import annotations

from collections import defaultdict

from guardian.core.actions import ActKind, Answer, Ask, AskEnd, Close, Raise, Settle, WakeAt
from guardian.core.decide import decide
from guardian.core.events import (
    Gone,
    JournalChanged,
    LinkChanged,
    Ordered,
    Seen,
    Snapshot,
    Warned,
)
from guardian.core.identity import PlatformRole
from guardian.core.incidents import IncidentKind
from guardian.core.meeting import Occurrence
from tests.properties.ledger import Command, Step
from tests.properties.platform_model import Manner
from tests.properties.play import Play, played


class EveryActEnds(Play):
    """7. Asked = confirmed + superseded + escalated; what fails is told; every order is answered."""

    def watch(self, done: Step) -> None:
        after, counts = done.after, done.after.counts
        ended = counts.confirmed + counts.superseded + counts.escalated
        assert counts.asked == ended + len(after.asks), f"{counts} and {len(after.asks)} pending"
        revisions = {key: incident.revision for key, incident in done.before.incidents.items()}
        for decision in done.decisions:
            if isinstance(decision, Raise):
                incident = decision.incident
                assert incident.revision == revisions.get(incident.key, 0) + 1, "a revision that nobody saw"
                revisions[incident.key] = incident.revision
            if isinstance(decision, Settle):
                revisions[decision.incident] += 1
            if isinstance(decision, Close) and decision.end is AskEnd.ESCALATED:
                assert IncidentKind.ACT_FAILED in after.incidents, "an act failed and nobody is told"
            if isinstance(decision, Close) and decision.end is AskEnd.CONFIRMED:
                self.shows(after, self.book.asks[decision.ask])
        if isinstance(done.event, Warned) and not done.after.ended:
            assert done.after.incidents[done.event.kind].detail == done.event.detail, "a warning that nobody is told"
        assert revisions == {key: i.revision for key, i in after.incidents.items()}, "an incident that was not told"
        for decision in done.decisions:
            if isinstance(decision, Answer):
                assert decision.text, "an answer without words"

    def shows(self, state: Occurrence, ask: Ask) -> None:
        """Asked is never done: what is confirmed is there to be seen."""
        connection = state.connections.get(ask.act.handle or "")
        anew = connection is None or connection.first_seen > ask.at
        seen = {
            ActKind.ADMIT: connection is not None and connection.inside,
            ActKind.REFUSE: anew,
            ActKind.PUT_BACK: connection is None or anew or not connection.inside,
            ActKind.REMOVE: connection is None or anew or not connection.inside,
            ActKind.EXPEL: connection is None or anew or not connection.inside,
            ActKind.STOP_SHARE: connection is None or not connection.facts.sharing,
            ActKind.DEMOTE: connection is None or connection.facts.role is PlatformRole.ATTENDEE,
            ActKind.LOBBY_ON: state.lobby_on is True,
            ActKind.END: state.platform_ended,
        }
        assert seen.get(ask.act.kind, True), f"{ask.act.kind} is called confirmed, and nothing shows it"

    def teardown(self) -> None:
        if not hasattr(self, "policy"):
            return
        self.world.manner, self.reconciles, self.link = Manner.OBEYS, True, True
        self.feed(LinkChanged(self.stamp(), up=True))
        self.feed(JournalChanged(self.stamp(), up=True))
        for _ in range(6):
            self.feed(self.world.listed())
            self.pass_time(31.0)
        stuck = [p.ask.act for p in self.state.asks.values()]
        assert not [p for p in self.state.asks.values() if p.sent_at < self.now - 150.0], f"never ended: {stuck}"
        unanswered = [o for o in self.state.open_orders.values() if o.at < self.now - 60.0]
        assert not unanswered, "an order was never answered"


def test_7_every_act_ends_and_what_fails_is_told() -> None:
    played(EveryActEnds)


class OneActAtATimeAndRest(Play):
    """9. Never two machine acts in flight on one connection; no act without input; no hot loop."""

    def ready(self) -> None:
        self.sent: dict[str, list[float]] = defaultdict(list)

    def watch(self, done: Step) -> None:
        in_flight = [p.ask.act.handle for p in done.after.asks.values() if p.ask.act.handle and p.ask.order is None]
        assert len(in_flight) == len(set(in_flight)), "two machine acts in flight on one connection"
        again = decide(done.after, self.policy, done.now)
        assert not [d for d in again if not isinstance(d, WakeAt)], f"not at rest: {again}"
        assert sum(isinstance(d, WakeAt) for d in done.decisions) <= 1, "two timers"
        for command in done.commands:
            self.calm(done, command)
            possible = command.again or command.kind in done.after.capabilities.can
            assert possible, f"{command.kind} though it cannot be done now"
            if command.by_machine:
                assert done.after.link_up, f"{command.kind} though nothing is heard of the platform"
                if self.book.awaiting is not None and command.removes:
                    heard = done.after.connections.get(command.handle or "")
                    fresh = max(done.after.snapshot_at or 0.0, heard.at if heard else 0.0)
                    assert fresh > self.book.awaiting, "puts out who was not heard of since we were away"

    def calm(self, done: Step, command: Command) -> None:
        if not command.by_machine:
            return
        sent = self.sent[f"{command.handle}"]
        if isinstance(done.event, (Seen, Gone, Ordered, Snapshot)) and not command.handle:
            return
        sent.append(done.now)
        lately = [at for at in sent if at > done.now - 60.0]
        assert len(lately) <= MOST_SENT, f"{len(lately)} acts at {command.handle} in a minute"


MOST_SENT = 24  # per connection and minute, over every step of the ladder and its repetitions


def test_9_one_act_at_a_time_and_rest_without_input() -> None:
    played(OneActAtATimeAndRest)
