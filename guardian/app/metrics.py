"""What is counted, for ``/metrics``. Labels carry configured meeting ids and words of ours, never people or handles."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The service's own registry and every instrument in it."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        meeting = ("meeting",)
        self.events = Counter("guardian_events", "Events decided on", ("meeting", "event"), registry=registry)
        self.ignored = Counter(
            "guardian_deliveries_ignored", "Deliveries that say nothing to us", ("event",), registry=registry
        )
        self.dropped = Counter(
            "guardian_events_dropped", "Deliveries dropped because the inbox was full", meeting, registry=registry
        )
        self.decisions = Counter(
            "guardian_decisions", "Decisions, by kind and rule", ("meeting", "decision", "rule"), registry=registry
        )
        self.asks_ended = Counter(
            "guardian_asks_ended", "Asks that came to their end", ("meeting", "end"), registry=registry
        )
        self.acts_failed = Counter(
            "guardian_acts_failed", "Acts that the enforcer gave up", ("meeting", "act"), registry=registry
        )
        self.refused = Counter("guardian_refused", "Confirmed refusals at the door", meeting, registry=registry)
        self.removals = Counter(
            "guardian_removals", "Confirmed acts that moved somebody out", meeting, registry=registry
        )
        self.incidents = Counter(
            "guardian_incidents", "Incidents opened", ("meeting", "kind", "severity"), registry=registry
        )
        self.notices = Counter("guardian_notices", "Messages to people", ("channel", "delivered"), registry=registry)
        self.undelivered = Gauge(
            "guardian_undelivered", "Incidents past their deadline that reached nobody", registry=registry
        )
        self.crashes = Counter("guardian_task_crashes", "Tasks that were restarted", ("error",), registry=registry)
        self.inbox = Gauge("guardian_inbox_depth", "Events waiting for their decision", meeting, registry=registry)
        self.journal_up = Gauge("guardian_journal_up", "1 while the journal takes rows", meeting, registry=registry)
        self.append_seconds = Histogram(
            "guardian_journal_append_seconds", "One durable append", buckets=_FAST, registry=registry
        )
        self.knock_to_ask_seconds = Histogram(
            "guardian_knock_to_ask_seconds",
            "From a knock that reached us to the admission that we sent",
            buckets=_FAST,
            registry=registry,
        )

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
