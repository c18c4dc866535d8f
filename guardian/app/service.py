"""The whole guardian as web, command line and demo see it: start, drain, orders, views, readiness.

May live here: putting guards together and answering for them. May not: adapters (``bootstrap``) and judgement.
"""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from guardian.app.datadir import DataDirectory
from guardian.app.deadman import DeadMan
from guardian.app.guard import Guard
from guardian.app.links import LinkBook
from guardian.app.metrics import Metrics
from guardian.app.retention import Retention
from guardian.app.supervisor import Crash, Supervisor
from guardian.app.watch import Watch
from guardian.core.events import Acknowledged, Ordered, Verb
from guardian.core.roster import Person
from guardian.core.view import MeetingView, view
from guardian.errors import GuardianError, JournalError, UnknownMeetingError
from guardian.ports import Clock, Desk, Hook, Journal, OccurrenceRow

_BETWEEN_CLASSES = frozenset({Verb.ROTATE})
"""Orders that make sense while no meeting runs."""

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Readiness:
    """Whether everything works; ``problems`` in words, without names of people."""

    ok: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class OrderResult:
    """What became of a human's order. ``done`` None: not yet known when the wait was over."""

    order: str
    done: bool | None
    text: str


@dataclass(frozen=True)
class Parts:
    """What a service is made of. ``open_journal`` is called once, under the lock; ``guards`` makes them from it.

    ``tasks`` run beside the guards, by name (a socket that several meetings share). ``hooks`` and ``desks``: where
    vendors' deliveries and companion panels come to, by the last part of their address. ``closers`` end what they
    share.
    ``keep``: for how many seconds each meeting's journal is kept whole after the end; none named: for ever.
    """

    data_directory: DataDirectory
    open_journal: Callable[[], Awaitable[Journal]]
    guards: Callable[[Journal, Supervisor, Callable[[str], None]], Mapping[str, Guard]]
    meetings: Sequence[str]
    metrics: Metrics
    clock: Clock
    deadman: Callable[[], Awaitable[None]] | None = None
    keep: Mapping[str, float] = field(default_factory=dict)
    tasks: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=dict)
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    desks: Mapping[str, Desk] = field(default_factory=dict)
    links: LinkBook | None = None
    closers: Sequence[Callable[[], Awaitable[None]]] = ()


class Service:
    """One guardian process. Not started twice."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.metrics = parts.metrics
        self._supervisor = Supervisor(self._crashed)
        self._guards: Mapping[str, Guard] = {}
        self._journal: Journal | None = None
        self._running = False
        self._stop = asyncio.Event()
        self._at_once = asyncio.Event()
        self._subscribers: set[_Subscriber] = set()

    @property
    def hooks(self) -> Mapping[str, Hook]:
        """Where vendors' deliveries come to, by the last part of the address."""
        return self._parts.hooks

    @property
    def desks(self) -> Mapping[str, Desk]:
        """Where companion panels come to, by their platform."""
        return self._parts.desks

    @property
    def links(self) -> LinkBook | None:
        """The personal links; None where there are none."""
        return self._parts.links

    @property
    def journal(self) -> Journal:
        """The store. Raises JournalError before the service has started."""
        if self._journal is None:
            raise JournalError("the journal is not open: the service has not started")
        return self._journal

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Lock the data directory, open the journal, take up every meeting again.

        Raises DataDirectoryInUseError, JournalError, ConfigError; then nothing runs.
        """
        self._parts.data_directory.lock()
        try:
            self._journal = await self._parts.open_journal()
            self._guards = self._parts.guards(self._journal, self._supervisor, self._changed)
            known = await self._known()
            await asyncio.gather(*(guard.start(known[meeting]) for meeting, guard in self._guards.items()))
        except BaseException:
            await self._shut()
            raise
        for name, task in self._parts.tasks.items():
            self._supervisor.start(name, task)
        if self._parts.deadman is not None:
            deadman = DeadMan(self._parts.deadman, lambda: self.readiness().ok)
            self._supervisor.start("deadman", deadman.run)
        if self._parts.keep:
            self._supervisor.start("retention", Retention(self._journal, self._parts.keep, self._parts.clock).run)
        self._running = True
        log.info("started", meetings=len(self._guards))

    async def _known(self) -> Mapping[str, list[OccurrenceRow]]:
        """What the journal knows of each meeting, read once for all of them."""
        rows: dict[str, list[OccurrenceRow]] = defaultdict(list)
        for row in await self.journal.occurrences():
            rows[row.meeting].append(row)
        return rows

    async def drain(self, within: float = 10.0) -> None:
        """Stop in order: take nothing new; decide, do and write what came, for at most ``within`` seconds."""
        self._running = False
        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*(guard.drain() for guard in self._guards.values()))
                left = min(within / 3, 3.0)
                await asyncio.gather(*(g.tools.notices.flushed(left) for g in self._guards.values()))
        except TimeoutError:
            log.warning("drain_cut_short", seconds=within)
        finally:
            await self._shut()
        log.info("stopped")

    async def run(self) -> None:
        """Start, wait for ``stop`` or SIGTERM or SIGINT, drain. A second signal stops at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            await self.start()
            await self._stop.wait()
            await self._drain_unless_hurried()
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Ask ``run`` to drain and return; asked again: without draining."""
        if self._stop.is_set():
            self._at_once.set()
        self._stop.set()

    async def _drain_unless_hurried(self) -> None:
        draining = asyncio.create_task(self.drain())
        hurried = asyncio.create_task(self._at_once.wait())
        try:
            await asyncio.wait({draining, hurried}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurried.cancel()
            if not draining.done():
                log.warning("stopped_without_draining")
                draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)

    async def _shut(self) -> None:
        await self._supervisor.close()
        for subscriber in tuple(self._subscribers):
            subscriber.close()
        if self._journal is not None:
            try:
                await self._journal.close()
            except GuardianError as error:
                log.warning("journal_not_closed", error=type(error).__name__)
        for close in self._parts.closers:
            await close()
        self._parts.data_directory.unlock()

    # -- reading -------------------------------------------------------------------------------------------------

    def meetings(self) -> tuple[str, ...]:
        """The configured ids."""
        return tuple(self._parts.meetings)

    def view(self, meeting: str) -> MeetingView | None:
        """The live occurrence as it stands; None when there is none. Raises UnknownMeetingError."""
        watch = self._watch(meeting)
        if watch is None or not watch.actor.state.occurrence:
            return None
        return view(watch.actor.state, self._guards[meeting].guarded.policy, self._parts.clock())

    def people(self, meeting: str) -> tuple[Person, ...]:
        """Everybody on the list in force, today's guests included. Raises UnknownMeetingError."""
        guard = self._guard(meeting)
        return guard.people() if guard is not None else ()

    def undelivered(self, meeting: str) -> tuple[str, ...]:
        """Threads of incidents (and letters) past their deadline that reached nobody. Raises UnknownMeetingError."""
        guard = self._guard(meeting)
        return guard.tools.notices.undelivered() if guard is not None else ()

    def readiness(self) -> Readiness:
        """Everything that keeps this guardian from guarding, or people from knowing."""
        if not self._running:
            return Readiness(ok=False, problems=("the service is not running",))
        problems = [problem for guard in self._guards.values() for problem in _problems(guard)]
        problems += [
            f"the task {crash.task} keeps failing ({type(crash.error).__name__})" for crash in self._supervisor.failing
        ]
        self.metrics.undelivered.set(sum(len(self.undelivered(meeting)) for meeting in self._guards))
        return Readiness(ok=not problems, problems=tuple(problems))

    def subscribe(self) -> AsyncIterator[str]:
        """Meeting ids whose view has changed, until the service stops. A slow reader misses repeats, never a change."""
        subscriber = _Subscriber()
        self._subscribers.add(subscriber)
        return self._read(subscriber)

    async def _read(self, subscriber: _Subscriber) -> AsyncIterator[str]:
        try:
            while (meeting := await subscriber.next()) is not None:
                yield meeting
        finally:
            self._subscribers.discard(subscriber)

    # -- writing -------------------------------------------------------------------------------------------------

    async def order(self, meeting: str, ordered: Ordered, wait: float = 5.0) -> OrderResult:
        """A human's order, and what really became of it within ``wait`` seconds. Raises UnknownMeetingError."""
        guard = self._guard(meeting)
        if guard is not None and guard.watch is None and ordered.verb in _BETWEEN_CLASSES:
            guard.stand_by()
        watch = self._watch(meeting)
        if watch is None:
            return OrderResult(ordered.order, done=False, text="not done: no meeting is running now")
        answer = await watch.actor.order(ordered, wait)
        if answer is None:
            return OrderResult(ordered.order, done=None, text="taken; its effect is not known yet")
        return OrderResult(answer.order, answer.done, answer.text)

    async def acknowledge(self, meeting: str, incident: str, by: str) -> None:
        """A human has read an incident. Raises UnknownMeetingError, JournalError."""
        watch = self._watch(meeting)
        if watch is not None:
            await watch.actor.submit(Acknowledged(self._parts.clock(), incident, by))

    def _guard(self, meeting: str) -> Guard | None:
        """None only while the service has not started. Raises UnknownMeetingError."""
        if meeting not in self._parts.meetings:
            message = f"no meeting {meeting!r} is guarded here"
            raise UnknownMeetingError(message)
        return self._guards.get(meeting)

    def _watch(self, meeting: str) -> Watch | None:
        guard = self._guard(meeting)
        return guard.watch if guard is not None else None

    def _changed(self, meeting: str) -> None:
        for subscriber in self._subscribers:
            subscriber.changed(meeting)

    def _crashed(self, crash: Crash) -> None:
        self.metrics.crashes.labels(type(crash.error).__name__).inc()
        owner = self._guards.get(crash.task.partition(":")[0])
        for guard in (owner,) if owner is not None else tuple(self._guards.values()):
            guard.crashed(crash)


def _problems(guard: Guard) -> list[str]:
    meeting, found = guard.guarded.meeting, []
    if not guard.link.up:
        found.append(f"{meeting}: not connected to its platform ({guard.link.reason or 'no reason given'})")
    if guard.roster.trouble:
        found.append(f"{meeting}: the class list cannot be read ({guard.roster.trouble})")
    if guard.watch is not None:
        if not guard.watch.chronicle.up:
            found.append(f"{meeting}: the journal cannot be written ({guard.watch.chronicle.reason})")
        if guard.watch.actor.state.standing_down:
            found.append(f"{meeting}: stood down, another guardian acts there")
    late = guard.tools.notices.undelivered()
    if late:
        found.append(f"{meeting}: {len(late)} messages reached nobody ({', '.join(late[:5])})")
    return found


class _Subscriber:
    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._news = asyncio.Event()
        self._closed = False

    def changed(self, meeting: str) -> None:
        self._changed[meeting] = None
        self._news.set()

    def close(self) -> None:
        self._closed = True
        self._news.set()

    async def next(self) -> str | None:
        while not self._changed:
            if self._closed:
                return None
            self._news.clear()
            await self._news.wait()
        meeting = next(iter(self._changed))
        del self._changed[meeting]
        return meeting
