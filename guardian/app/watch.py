"""One occurrence under guard: its actor, its enforcer, and what becomes of each decision until the closing letter.

May live here: routing of decisions, the orderly end of an occurrence. May not: which occurrence comes next (``guard``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from aiolimiter import AsyncLimiter

from guardian.app import texts
from guardian.app.actor import Actor, Hooks
from guardian.app.chronicle import Chain, Chronicle
from guardian.app.enforcer import Enforcer, Pace
from guardian.app.history import History
from guardian.app.metrics import Metrics
from guardian.app.notices import Notices
from guardian.app.scheduler import Timetable
from guardian.app.supervisor import Supervisor
from guardian.core.actions import (
    REMOVALS,
    ActKind,
    Again,
    Ask,
    Close,
    Decision,
    EnterPhase,
    Inform,
    Raise,
    Reread,
    Settle,
)
from guardian.core.events import Event, Failed, Gone, Seen
from guardian.core.identity import Place
from guardian.core.incidents import Incident
from guardian.core.memory import Phase, Slot
from guardian.core.policy import Policy
from guardian.errors import GuardianError
from guardian.ports import Clock, Journal, Platform

WATCH_STEPS = ("ending", "ended")
log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Guarded:
    """What the configuration says of one meeting. ``call``: whom a waiting person may call."""

    meeting: str
    title: str
    policy: Policy
    timetable: Timetable
    call: str = ""


@dataclass(frozen=True)
class Tools:
    """What every occurrence of a meeting works with. ``limiter`` is shared by all who use one platform account."""

    platform: Platform
    journal: Journal
    notices: Notices
    supervisor: Supervisor
    clock: Clock
    metrics: Metrics
    limiter: AsyncLimiter | None = None
    pace: Pace | None = None
    on_change: Callable[[str], None] = lambda _: None
    on_step: Callable[[str], None] = lambda _: None


class Watch:
    """Guards one occurrence from its first event to its closing letter.

    ``first`` opens it (or says that we are back, with ``history`` folded from the journal). ``reread`` asks for a
    fresh snapshot; ``on_end`` is called once, when the core has ended the occurrence and a next one may begin.
    """

    def __init__(
        self,
        guarded: Guarded,
        tools: Tools,
        chain: Chain,
        slot: Slot | None,
        first: Iterable[Event],
        *,
        reread: Callable[[], None],
        on_end: Callable[[Watch], None],
        history: History | None = None,
    ) -> None:
        self.occurrence, self.slot = chain.occurrence, slot
        self._guarded, self._tools, self._reread, self._on_end = guarded, tools, reread, on_end
        past = history or History()
        self._tally, self._delivered = past.tally, past.delivered
        self._knocks: dict[str, float] = {}
        self._ending = asyncio.Event()
        self._draining = asyncio.Event()
        self.done = False
        self.chronicle = Chronicle(
            tools.journal,
            chain,
            opened=history is not None,
            on_append=tools.metrics.append_seconds.observe,
        )
        self.actor = Actor(
            past,
            guarded.policy,
            tools.clock,
            self.chronicle,
            Hooks(self._dispatch, lambda: tools.on_change(guarded.meeting), tools.on_step),
            first=first,
            metrics=tools.metrics,
        )
        self._enforcer = Enforcer(
            tools.platform,
            self._outcome,
            self.actor.wants,
            tools.clock,
            limiter=tools.limiter,
            pace=tools.pace,
            on_sent=self._sent,
            on_step=tools.on_step,
        )
        if past.state.ended:
            self._ending.set()

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; tells people what a crash kept from them."""
        name, supervisor = f"{self._guarded.meeting}:{self.occurrence}", self._tools.supervisor
        supervisor.start(f"{name}:enforcer", self._enforcer.run)
        supervisor.start(f"{name}:actor", self.actor.run, forever=False)
        supervisor.start(f"{name}:end", self._see_it_end, forever=False)
        incidents = self.actor.state.incidents.values()
        self._tools.notices.resume(self.occurrence, incidents, self._delivered, self.post)

    def post(self, event: Event) -> None:
        """What the platform, a timer or the app itself has to say."""
        if isinstance(event, Seen) and event.facts.place is Place.WAITING:
            self._knocks.setdefault(event.facts.handle, asyncio.get_running_loop().time())
        elif isinstance(event, Gone):
            self._knocks.pop(event.handle, None)
        self.actor.post(event)

    async def deliver(self, events: Sequence[Event], key: str) -> None:
        """As ``post``, for what one delivery says; returns when all of it is durable. Raises JournalError."""
        for event in events:
            if isinstance(event, Seen) and event.facts.place is Place.WAITING:
                self._knocks.setdefault(event.facts.handle, asyncio.get_running_loop().time())
        keys = [key, *(f"{key}#{number}" for number in range(1, len(events)))]
        await self.actor.submit_all(tuple(zip(events, keys, strict=True)))

    async def drain(self) -> None:
        """Decide what has come, see the acts through, write everything; then the actor is done. The occurrence lives
        on in the journal.
        """
        self._draining.set()
        self.actor.stop_intake()
        name, supervisor = f"{self._guarded.meeting}:{self.occurrence}", self._tools.supervisor
        if self._ending.is_set():
            await supervisor.finished(f"{name}:end")
            return
        await self._still()
        # What was told must be known as told by whoever comes after us, or it is told twice.
        await self._tools.notices.flushed(3.0, self.occurrence)
        await self.actor.calm()
        self.actor.close()
        await supervisor.finished(f"{name}:actor")
        await supervisor.stop(f"{name}:enforcer", f"{name}:end")
        self.done = True

    async def _still(self) -> None:
        """Nothing to decide and no act under way; an outcome may lead to a further act."""
        while True:
            await self.actor.calm()
            await self._enforcer.idle()
            if not self.actor.depth:
                return

    async def _see_it_end(self) -> None:
        await self._ending.wait()
        name, supervisor = f"{self._guarded.meeting}:{self.occurrence}", self._tools.supervisor
        try:
            async with asyncio.timeout(10.0):
                await self._still()
                await self._tools.notices.flushed(5.0, self.occurrence)
                await self.actor.calm()
        except TimeoutError:
            log.warning("ended_with_acts_under_way", occurrence=self.occurrence)
        await self._written()
        self.actor.close()
        await supervisor.finished(f"{name}:actor")
        await supervisor.stop(f"{name}:enforcer")
        self._tools.on_step("ending")
        head = await self._end_chain()
        self._tools.on_step("ended")
        state = self.actor.state
        letter = texts.closing(self._guarded.title, self.occurrence, state.counts, self._tally.confirmed, head)
        self._tools.notices.write(letter)
        self._tools.notices.forget(self.occurrence)
        self.done = True
        log.info("occurrence_ended", meeting=self._guarded.meeting, occurrence=self.occurrence, head=head)

    async def _written(self) -> None:
        """Wait for a journal that is away: the actor goes on trying, and an end that is not written is no end."""
        while not (self.chronicle.up or self._draining.is_set()):
            try:
                async with asyncio.timeout(self.chronicle.until_probe()):
                    await self._draining.wait()
            except TimeoutError:
                await self.actor.calm()
                await asyncio.sleep(0.1)

    async def _end_chain(self) -> str | None:
        try:
            return await self._tools.journal.end_occurrence(self.occurrence, self._tools.clock())
        except GuardianError as error:
            # It stays live in the journal; the next start of the guardian ends it.
            log.warning("occurrence_not_ended", occurrence=self.occurrence, error=type(error).__name__)
            return None

    # -- decisions -----------------------------------------------------------------------------------------------

    def _dispatch(self, decision: Decision) -> None:
        match decision:
            case Ask():
                self._tally.count(decision)
                self._enforcer.take(decision)
            case Again(ask=ask):
                self._enforcer.take(self.actor.state.asks[ask].ask)
            case Close():
                self._closed(decision)
            case Raise(incident=incident):
                self._tell(incident)
            case Settle(incident=key):
                self._tell(self.actor.state.incidents[key])
            case Reread():
                self._reread()
            case Inform(handle=handle):
                self._enforcer.inform(handle, texts.waiting(self._guarded.call))
            case EnterPhase(phase=Phase.ENDED):
                self._ending.set()
                self._on_end(self)

    def _tell(self, incident: Incident) -> None:
        if incident.revision == 1 and not incident.settled:
            labels = (self._guarded.meeting, incident.kind.value, incident.severity.name.lower())
            self._tools.metrics.incidents.labels(*labels).inc()
        self._tools.notices.tell(self.occurrence, incident, self.post)

    def _closed(self, close: Close) -> None:
        metrics, meeting = self._tools.metrics, self._guarded.meeting
        metrics.asks_ended.labels(meeting, close.end.value).inc()
        kind = self._tally.count(close)
        if kind is ActKind.REFUSE:
            metrics.refused.labels(meeting).inc()
        elif kind in REMOVALS:
            metrics.removals.labels(meeting).inc()

    def _outcome(self, event: Event) -> None:
        if isinstance(event, Failed):
            self._tools.metrics.acts_failed.labels(self._guarded.meeting, event.kind.value).inc()
        self.actor.post(event)

    def _sent(self, ask: Ask) -> None:
        knocked = self._knocks.pop(ask.act.handle or "", None)
        if knocked is not None and ask.act.kind is ActKind.ADMIT:
            seconds = asyncio.get_running_loop().time() - knocked
            self._tools.metrics.knock_to_ask_seconds.observe(seconds)
