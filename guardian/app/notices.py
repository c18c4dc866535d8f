"""From incidents to people: every channel, without floods, again and again until it arrived, and known when it did not.

May live here: when something is sent, and again. May not: its words (each channel's own) or whether it is an incident.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from guardian.app.metrics import Metrics
from guardian.core.events import NoticeSent
from guardian.core.incidents import Incident, Severity
from guardian.errors import NotDeliveredError
from guardian.ports import Clock, Emit, Letter, Notice, Notifier

DEADLINE: Mapping[Severity, float] = {
    Severity.CRITICAL: 60.0,
    Severity.WARNING: 180.0,
    Severity.NOTICE: 600.0,
    Severity.INFO: 1800.0,
}
"""Seconds after which a message that reached nobody is a problem of its own."""

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Spacing:
    """``update_every``: least time between two messages of one thread. ``retry``: pause after a failure, doubled up to
    ``longest_retry``. ``timeout`` of one try. ``give_up``: how long one message is tried. Seconds.
    """

    update_every: float = 15.0
    retry: float = 2.0
    longest_retry: float = 60.0
    timeout: float = 30.0
    give_up: float = 86_400.0


@dataclass(slots=True)
class _Thread:
    """One incident (or letter) on one channel. ``pending`` is the newest version that has not arrived."""

    occurrence: str
    key: str
    severity: Severity
    pending: Notice | Letter | None = None
    waiting_since: float = 0.0
    due: float = 0.0
    sent_at: float | None = None
    failures: int = 0
    told_late: bool = False
    emit: Emit | None = None


class Nowhere:
    """The channel of a meeting that has none: nothing ever arrives, so everything shows as undelivered."""

    channel = "none"

    async def send(self, notice: Notice | Letter) -> None:  # noqa: ARG002 - the port's shape
        """Raises NotDeliveredError."""
        raise NotDeliveredError("no channel to people is configured")


class Lane:
    """One channel with its threads. One message at a time, the gravest first."""

    def __init__(self, notifier: Notifier, clock: Clock, spacing: Spacing, metrics: Metrics) -> None:
        self.channel = notifier.channel
        self._notifier, self._clock, self._spacing, self._metrics = notifier, clock, spacing, metrics
        self._threads: dict[tuple[str, str], _Thread] = {}
        self._news = asyncio.Event()
        self._arrived = asyncio.Event()

    def put(self, message: Notice | Letter, key: str, severity: Severity, emit: Emit | None) -> None:
        """The newest version of a thread; an older one that has not left yet is replaced."""
        now = asyncio.get_running_loop().time()
        thread = self._threads.get((message.occurrence, key))
        if thread is None:
            thread = self._threads[message.occurrence, key] = _Thread(message.occurrence, key, severity)
        if thread.pending is None:
            thread.waiting_since, thread.told_late = now, False
            spaced = now if thread.sent_at is None else thread.sent_at + self._spacing.update_every
            thread.due = max(now, spaced)
        if severity > thread.severity:
            thread.severity, thread.due = severity, now
        thread.pending, thread.emit = message, emit
        self._news.set()

    def hasten(self) -> None:
        """Send what waits for its turn now: there may be no later."""
        for thread in self._threads.values():
            thread.due = 0.0
        self._news.set()

    def pending(self, occurrence: str | None = None) -> bool:
        """Whether something (of this occurrence) has not arrived."""
        return any(
            thread.pending is not None and occurrence in {None, thread.occurrence} for thread in self._threads.values()
        )

    async def empty(self, occurrence: str | None = None) -> None:
        """Return when everything (of this occurrence) has arrived."""
        while self.pending(occurrence):
            self._arrived.clear()
            await self._arrived.wait()

    def late(self) -> dict[tuple[str, str], Severity]:
        """Threads whose message should have arrived by now."""
        now = asyncio.get_running_loop().time()
        return {name: thread.severity for name, thread in self._threads.items() if _is_late(thread, now)}

    def forget(self, occurrence: str) -> None:
        """Drop the threads of an occurrence that is over, except what has not arrived."""
        kept = {n: t for n, t in self._threads.items() if t.occurrence != occurrence or t.pending is not None}
        self._threads = kept

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            waiting = [thread for thread in self._threads.values() if thread.pending is not None]
            ready = [thread for thread in waiting if thread.due <= now + 0.001]
            if ready:
                await self._send(max(ready, key=lambda t: (t.severity, -t.waiting_since)))
                continue
            self._news.clear()
            try:
                async with asyncio.timeout_at(min((thread.due for thread in waiting), default=None)):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _send(self, thread: _Thread) -> None:
        message = thread.pending
        if message is None:
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._spacing.timeout):
                await self._notifier.send(message)
        except Exception as error:  # noqa: BLE001 - a channel may fail in any way, and the message must still arrive
            self._failed(thread, message, type(error).__name__)
            return
        thread.failures, thread.sent_at = 0, loop.time()
        self._metrics.notices.labels(self.channel, "yes").inc()
        log.info("notice_sent", channel=self.channel, occurrence=thread.occurrence, thread=thread.key)
        self._tell(thread, message, delivered=True)
        if thread.pending is message:
            thread.pending = None
            if isinstance(message, Letter):
                self._threads.pop((thread.occurrence, thread.key), None)
        else:
            thread.waiting_since, thread.told_late = loop.time(), False
            thread.due = loop.time() + self._spacing.update_every
        self._arrived.set()

    def _failed(self, thread: _Thread, message: Notice | Letter, error: str) -> None:
        now = asyncio.get_running_loop().time()
        thread.failures += 1
        pause = self._spacing.retry * 2 ** min(thread.failures - 1, 16)
        thread.due = now + min(pause, self._spacing.longest_retry)
        self._metrics.notices.labels(self.channel, "no").inc()
        log.warning("notice_failed", channel=self.channel, thread=thread.key, error=error, tries=thread.failures)
        if _is_late(thread, now) and not thread.told_late:
            thread.told_late = True
            self._tell(thread, message, delivered=False, reason=error)
        if now - thread.waiting_since > self._spacing.give_up:
            log.error("notice_given_up", channel=self.channel, thread=thread.key)
            thread.pending = None
            self._arrived.set()

    def _tell(self, thread: _Thread, message: Notice | Letter, *, delivered: bool, reason: str = "") -> None:
        if isinstance(message, Notice) and thread.emit is not None:
            revision = message.incident.revision
            at = self._clock()
            thread.emit(NoticeSent(at, thread.key, revision, self.channel, delivered, reason))


def _is_late(thread: _Thread, now: float) -> bool:
    return thread.pending is not None and now - thread.waiting_since > DEADLINE[thread.severity]


class Notices:
    """All channels of one guarded meeting. ``title`` is what people call it."""

    def __init__(
        self,
        title: str,
        notifiers: Sequence[Notifier],
        clock: Clock,
        *,
        spacing: Spacing | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._title = title
        self._letters = 0
        used, counted = spacing or Spacing(), metrics or Metrics()
        self.lanes = tuple(Lane(n, clock, used, counted) for n in (notifiers or (Nowhere(),)))

    def tell(self, occurrence: str, incident: Incident, emit: Emit) -> None:
        """A new incident, or its next revision, for every channel. ``emit`` gets NoticeSent."""
        log.info(
            "incident",
            occurrence=occurrence,
            thread=incident.key,
            kind=incident.kind,
            severity=incident.severity.name,
            revision=incident.revision,
            settled=incident.settled,
        )
        for lane in self.lanes:
            lane.put(self._notice(occurrence, incident), incident.key, incident.severity, emit)

    def resume(
        self,
        occurrence: str,
        incidents: Iterable[Incident],
        delivered: Mapping[tuple[str, str], int],
        emit: Emit,
    ) -> None:
        """After a restart: tell what has not arrived on a channel, as the journal knows."""
        for incident in incidents:
            for lane in self.lanes:
                if delivered.get((incident.key, lane.channel), 0) < incident.revision:
                    lane.put(self._notice(occurrence, incident), incident.key, incident.severity, emit)

    def write(self, letter: Letter) -> None:
        """A message that is no incident."""
        self._letters += 1
        severity = Severity.CRITICAL if letter.urgent else Severity.WARNING
        for lane in self.lanes:
            lane.put(letter, f"letter:{self._letters}", severity, None)

    def undelivered(self) -> tuple[str, ...]:
        """Threads past their deadline: grave ones that any channel misses, others that reached no channel."""
        late = [lane.late() for lane in self.lanes]
        names = {name: severity for found in late for name, severity in found.items()}
        missed = (
            key
            for (occurrence, key), severity in names.items()
            if severity is Severity.CRITICAL or all((occurrence, key) in found for found in late)
        )
        return tuple(sorted(missed))

    async def flushed(self, within: float, occurrence: str | None = None) -> bool:
        """Send what is left (of this occurrence) now; False when not all of it arrived in time (seconds)."""
        for lane in self.lanes:
            lane.hasten()
        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*(lane.empty(occurrence) for lane in self.lanes))
        except TimeoutError:
            return False
        return True

    def forget(self, occurrence: str) -> None:
        """The occurrence is over."""
        for lane in self.lanes:
            lane.forget(occurrence)

    def _notice(self, occurrence: str, incident: Incident) -> Notice:
        # How a name may be shown differs by channel; each shortens what was typed by its own rules.
        return Notice(self._title, occurrence, incident)
