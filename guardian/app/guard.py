"""One guarded meeting, slot after slot: which occurrence its platform's events belong to, and what it starts with.

May live here: opening, handing over, coming back after a restart. May not: judgement, wire formats.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from guardian.app import texts
from guardian.app.chronicle import Chain
from guardian.app.history import History, fold
from guardian.app.reconciler import Reconciler
from guardian.app.rosterwatch import RosterWatch
from guardian.app.scheduler import wait_until
from guardian.app.supervisor import Crash
from guardian.app.texts import Briefing
from guardian.app.watch import Guarded, Tools, Watch
from guardian.core.events import (
    Began,
    Event,
    Gone,
    LinkChanged,
    MeetingEnded,
    Opened,
    Restarted,
    Seen,
    Snapshot,
    TaskCrashed,
    Warned,
)
from guardian.core.identity import Place, Proof
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Slot, SlotMemory
from guardian.core.roster import Person, Role
from guardian.errors import GuardianError, JournalError
from guardian.ports import OccurrenceRow, RosterSource

GUARD_STEPS = ("folded", "opened")
LINK_PATIENCE = 20.0
"""Seconds that a slot's opening waits for the first login; then it opens, and says that nobody guards the door yet."""

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Guard:
    """Guards one meeting for ever. ``check`` finds out, before class, whether it can be guarded."""

    def __init__(
        self,
        guarded: Guarded,
        tools: Tools,
        roster: RosterSource,
        *,
        reconcile_every: float = 30.0,
        check: Callable[[], Awaitable[Briefing]] | None = None,
    ) -> None:
        self.guarded, self.tools = guarded, tools
        self.watch: Watch | None = None
        self.link = LinkChanged(tools.clock(), up=False, reason="not connected yet")
        self._linked = asyncio.Event()
        self.roster = RosterWatch(roster, self.emit, tools.clock)
        self._check = check
        self._reconciler = Reconciler(tools.platform.snapshot, self.emit, interval=reconcile_every)
        self._intake = True
        self._began = 0.0
        self._watches: set[Watch] = set()
        self._opened_slot: float | None = None
        self._memory: tuple[float, SlotMemory] | None = None
        self._briefed: float | None = None
        self._left_behind: set[tuple[str, Place]] = set()
        self._instance = ("", 0.0)  # the platform's own id of the run that is guarded now, and its first sign
        self._ends_at: float | None = None  # when the run that has just been ended was over, as the platform says
        self._over_until = 0.0  # what happened before this belongs to a run that is over

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self, rows: list[OccurrenceRow]) -> None:
        """Read the list and what ``rows`` (this meeting's) name in the journal, then begin. Raises JournalError."""
        meeting, supervisor = self.guarded.meeting, self.tools.supervisor
        calendar = self.guarded.timetable.calendar
        if calendar is not None:
            await calendar.start()
        await self.roster.load()
        await self._come_back(rows)
        self.tools.on_step("folded")
        self._began = asyncio.get_running_loop().time()
        for lane in self.tools.notices.lanes:
            supervisor.start(f"{meeting}:notices:{lane.channel}", lane.run)
        supervisor.start(f"{meeting}:platform", self._stay_connected)
        supervisor.start(f"{meeting}:reconciler", self._reconciler.run)
        supervisor.start(f"{meeting}:roster", self.roster.run)
        supervisor.start(f"{meeting}:schedule", self._keep_schedule)
        if calendar is not None:
            supervisor.start(f"{meeting}:calendar", lambda: calendar.run(self._tell_of_calendar))

    async def drain(self) -> None:
        """Take nothing new from the platform; finish what has come."""
        self._intake = False
        meeting = self.guarded.meeting
        await self.tools.supervisor.stop(
            f"{meeting}:schedule", f"{meeting}:roster", f"{meeting}:reconciler", f"{meeting}:calendar"
        )
        await asyncio.gather(*(watch.drain() for watch in self._watches))

    def crashed(self, crash: Crash) -> None:
        """A task broke; it is started again. Told in the live occurrence, or by letter where that cannot carry it."""
        task, error, now = crash.task, type(crash.error).__name__, self.tools.clock()
        if task == f"{self.guarded.meeting}:platform":
            reason = str(crash.error) if isinstance(crash.error, GuardianError) else error
            self.emit(LinkChanged(now, up=False, reason=reason))
        if self.watch is not None and crash.in_a_row == 1:
            self.watch.post(TaskCrashed(now, task, error))
        elif crash.in_a_row in {1, 3}:
            occurrence = self.watch.occurrence if self.watch else self.guarded.meeting
            self.tools.notices.write(texts.crashed(self.guarded.title, occurrence, task, error, crash.in_a_row))

    # -- events --------------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Whatever the platform says goes to the occurrence that it belongs to; one is opened where that is due."""
        if not self._intake:
            return
        if isinstance(event, LinkChanged):
            came_up = event.up and not self.link.up
            self.link = event
            if came_up:
                self._linked.set()
                self._reconciler.request()
            elif not event.up:
                self._linked.clear()
        if self.watch is None and self._begins(event):
            self._open(self._slot())
        if self.watch is not None:
            self.watch.post(event)
        elif isinstance(event, Gone):
            self._left_behind.discard((event.handle, event.place))

    async def deliver(self, events: Sequence[Event], key: str, instance: str) -> None:
        """One delivery of the platform, durably: see the port ``Deliver``. Raises JournalError."""
        if not self._intake:
            raise JournalError("the event was not taken: the guardian is shutting down")
        if not events or (instance and not self._of_this_run(events[0].at, instance)):
            return
        if self.watch is None:
            if not any(self._begins(event) for event in events):
                self._left_behind -= {(event.handle, event.place) for event in events if isinstance(event, Gone)}
                return
            self._open(self._slot())
        if self.watch is None:
            raise JournalError("the event was not taken: no occurrence could be opened")
        if instance and self._instance[0] != instance:
            self._began_there(self.watch, instance, events[0].at)
        self._ends_at = next((event.at for event in events if isinstance(event, MeetingEnded)), self._ends_at)
        await self.watch.deliver(events, key)

    def _began_there(self, watch: Watch, instance: str, at: float) -> None:
        self._instance = (instance, at)
        watch.post(Began(at, instance))

    def _of_this_run(self, at: float, instance: str) -> bool:
        """Whether this belongs to the run that is guarded now; a later run's first sign ends the one before it."""
        own, began = self._instance
        if own == instance and own:
            return True
        if at <= (began if own else self._over_until):
            log.info("late_delivery_dropped", meeting=self.guarded.meeting)
            return False
        if own and self.watch is not None:
            self._leave(self.watch, MeetingEnded(self.tools.clock(), "the platform began another run"))
        return True

    def reread(self) -> None:
        """Have everything read afresh."""
        self._reconciler.request()

    def people(self) -> tuple[Person, ...]:
        """Everybody on the list in force, today's guests and substitutes included."""
        roster = (self.watch.actor.state.roster if self.watch else None) or self.roster.roster
        return roster.people if roster else ()

    def host_of(self, account: str) -> str | None:
        """The name of the host or staff member with this account, valid now: by the list, or because somebody proven
        as one of them, by their address, is here with it.
        """
        now, wanted = self.tools.clock(), account.casefold()
        leads = [p for p in self.people() if p.role in {Role.HOST, Role.STAFF} and p.valid(now)]
        for person in leads:
            if any(known.casefold() == wanted for known in person.accounts):
                return person.name or account
        for connection in self.watch.actor.state.connections.values() if self.watch else ():
            match, shown = connection.match, connection.facts.evidence.account or ""
            if match.person in leads and shown.casefold() == wanted and Proof.VERIFIED in match.proofs:
                return match.person.name or account
        return None

    def forwarded(self, what: str) -> None:
        """A personal link was opened in another browser: an incident while a class is on, else a letter."""
        if self.watch is not None:
            self.emit(Warned(self.tools.clock(), IncidentKind.FORWARDED_LINK, what))
        elif self._intake:
            self.tools.notices.write(texts.forwarded(self.guarded.title, self.guarded.meeting, what))

    def links_trouble(self, what: str) -> None:
        """A human must see to the personal links."""
        self.tools.notices.write(texts.links_trouble(self.guarded.title, self.guarded.meeting, what))

    def stand_by(self) -> None:
        """Open an occurrence for a human's order where none is live."""
        if self.watch is None and self._intake:
            self._open(self._slot())

    def _begins(self, event: Event) -> bool:
        """Whether this event starts an occurrence: while a slot runs any sign of life, else only somebody else.

        A published link does so at any time: a human must hear of it, and may answer with an order.
        """
        if isinstance(event, Warned):
            return event.kind is IncidentKind.PUBLIC_LINK
        slot = self._slot()
        if slot is not None and self.tools.clock() < slot.end:
            return isinstance(event, Seen | Snapshot) or (isinstance(event, LinkChanged) and event.up)
        shown = (event.facts,) if isinstance(event, Seen) else event.connections if isinstance(event, Snapshot) else ()
        return any(not facts.is_self and (facts.handle, facts.place) not in self._left_behind for facts in shown)

    def _ready(self) -> None:
        if not self.link.up:
            self.emit(LinkChanged(self.tools.clock(), up=True, capabilities=self.tools.platform.capabilities))

    async def _stay_connected(self) -> None:
        await self.tools.platform.run(self.emit, self._ready)

    # -- slots ---------------------------------------------------------------------------------------------------

    def _slot(self) -> Slot | None:
        return self.guarded.timetable.current(self.tools.clock())

    async def _keep_schedule(self) -> None:
        timetable, clock = self.guarded.timetable, self.tools.clock
        while True:
            now = clock()
            self._hand_over(timetable.current(now))
            self._brief(timetable.following(now), now)
            waiting = self.watch is None and timetable.current(now) is not None and not self.link.up
            soon = now + LINK_PATIENCE / 4 if waiting else None
            change = timetable.next_change(now)
            await wait_until(min((t for t in (soon, change) if t is not None), default=None), clock)

    def _hand_over(self, slot: Slot | None) -> None:
        """When a slot begins, its own occurrence begins, and what ran before it ends."""
        if slot is None or slot.start == self._opened_slot or self.tools.clock() >= slot.end:
            return
        old = self.watch
        if old is not None and old.slot is not None and old.slot.start == slot.start:
            return
        long_enough = asyncio.get_running_loop().time() - self._began >= LINK_PATIENCE
        if old is None and not self.link.up and not long_enough:
            return
        instance = self._instance[0]
        if old is not None:
            self._leave(old, MeetingEnded(self.tools.clock(), "the next slot begins"))
        self._open(slot)
        if instance and self.watch is not None:
            # The platform's run goes on: what it said a moment ago and is still on its way is not late.
            self._began_there(self.watch, instance, self.tools.clock())

    def _leave(self, watch: Watch, event: MeetingEnded) -> None:
        watch.post(event)
        self._over(watch)

    def _over(self, watch: Watch) -> None:
        """Its occurrence has ended; what belongs to the slot is kept for the next one of the same slot."""
        if watch.slot is not None:
            self._memory = (watch.slot.start, watch.actor.state.memory)
        if self.watch is watch:
            self.watch = None
            # Who still stands at the door of an empty meeting does not open it anew every few minutes.
            self._left_behind = {(c.handle, c.facts.place) for c in watch.actor.state.connections.values()}
            # By the platform's own time: the next run may have begun before the end of this one was told.
            now = self.tools.clock()
            self._over_until = now if self._ends_at is None else min(self._ends_at, now)
            self._instance, self._ends_at = ("", 0.0), None
        self.tools.on_change(self.guarded.meeting)

    def _open(self, slot: Slot | None) -> None:
        now, slot_start = self.tools.clock(), slot.start if slot else None
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        occurrence = f"{self.guarded.meeting}-{stamp}-{secrets.token_hex(3)}"
        memory = self._memory[1] if self._memory and self._memory[0] == slot_start else SlotMemory()
        capabilities = self.link.capabilities or self.tools.platform.capabilities
        opened = Opened(now, occurrence, self.guarded.meeting, slot, capabilities, memory)
        first = (opened, *self.roster.news(None), *(() if self.link.up else (self.link,)))
        chain = Chain(occurrence, self.guarded.meeting, slot_start, now)
        self._opened_slot = self._opened_slot if slot_start is None else slot_start
        self._take_up(chain, slot, first, None)
        log.info("occurrence_opened", meeting=self.guarded.meeting, occurrence=occurrence, slot=slot_start)
        self.tools.on_step("opened")

    def _take_up(self, chain: Chain, slot: Slot | None, first: tuple[Event, ...], history: History | None) -> Watch:
        watch = Watch(
            self.guarded,
            self.tools,
            chain,
            slot,
            first,
            reread=self._reconciler.request,
            on_end=self._over,
            history=history,
        )
        self._watches = {w for w in self._watches if not w.done} | {watch}
        self.watch = watch
        watch.start()
        self._reconciler.request()
        return watch

    # -- restart -------------------------------------------------------------------------------------------------

    async def _come_back(self, rows: list[OccurrenceRow]) -> None:
        """Fold what was live; end what is over; keep what the slot knows."""
        slot = self._slot()
        self._over_until = max((row.ended_at for row in rows if row.ended_at is not None), default=0.0)
        folded: dict[str, History] = {}
        for row in (row for row in rows if row.ended_at is None):
            try:
                folded[row.occurrence] = await fold(self.tools.journal, row.occurrence, self.roster.roster)
            except JournalError as error:
                await self._give_up(row, error)
        live = [row for row in rows if row.occurrence in folded]
        if slot is not None:
            await self._remember(slot, rows, folded)
        for row in live:
            history = folded[row.occurrence]
            current = row is live[-1] and self._still_on(history, slot)
            self._resume(row, history, ends=not current)
        # A slot whose occurrence the journal knows was briefed before we went away.
        self._briefed = self._opened_slot

    async def _remember(self, slot: Slot, rows: list[OccurrenceRow], folded: dict[str, History]) -> None:
        same = [row for row in rows if row.slot_start == slot.start]
        if same:
            self._opened_slot = slot.start if same[-1].ended_at is not None else self._opened_slot
            last = folded.get(same[-1].occurrence) or await self._readable(same[-1])
            if last is not None:
                self._memory = (slot.start, last.state.memory)

    async def _readable(self, row: OccurrenceRow) -> History | None:
        try:
            return await fold(self.tools.journal, row.occurrence)
        except JournalError as error:
            log.warning("history_unreadable", occurrence=row.occurrence, error=type(error).__name__)
            return None

    def _still_on(self, history: History, slot: Slot | None) -> bool:
        """Whether this run goes on: its slot is the current one, or neither is over nor has another one begun."""
        own, now = history.state.slot, self.tools.clock()
        if slot is not None:
            return own is not None and own.start == slot.start
        return own is None or now < own.end + max(own.margin, self.guarded.policy.end_after_empty)

    def _resume(self, row: OccurrenceRow, history: History, *, ends: bool) -> None:
        now, slot = self.tools.clock(), history.state.slot
        first: tuple[Event, ...] = (Restarted(now, self.tools.platform.capabilities),)
        first += self.roster.news(history.state)
        if ends and not history.state.ended:
            first += (MeetingEnded(now, "its slot was over when the guardian came back"),)
        chain = Chain(row.occurrence, row.meeting, row.slot_start, row.opened_at)
        watch = self._take_up(chain, slot, first, history)
        if ends or history.state.ended:
            self._over(watch)
        else:
            self._opened_slot = slot.start if slot else None
            self._instance = (history.state.instance, history.state.began)
            self.tools.platform.recall([c.facts for c in history.state.connections.values()])
        log.info("occurrence_resumed", meeting=row.meeting, occurrence=row.occurrence, ends=ends)

    async def _give_up(self, row: OccurrenceRow, error: JournalError) -> None:
        name = type(error).__name__
        log.error("occurrence_unreadable", occurrence=row.occurrence, error=name)
        self.tools.notices.write(texts.unreadable(self.guarded.title, row.occurrence, name))
        await self.tools.journal.end_occurrence(row.occurrence, self.tools.clock())

    # -- before class --------------------------------------------------------------------------------------------

    def _brief(self, slot: Slot | None, now: float) -> None:
        """The go / no-go letter, once a slot."""
        if slot is None or slot.start - now > self.guarded.timetable.lead or slot.start == self._briefed:
            return
        self._briefed = slot.start
        name, supervisor = f"{self.guarded.meeting}:check", self.tools.supervisor
        if self._check is not None and name not in supervisor.running:
            supervisor.start(name, self._send_briefing, forever=False)

    def _tell_of_calendar(self, what: str) -> None:
        self.tools.notices.write(texts.calendar(self.guarded.title, self.guarded.meeting, what))

    async def _send_briefing(self) -> None:
        if self._check is None:
            return
        # Started shortly before class we are still on our way in, which is no fault.
        with suppress(TimeoutError):
            async with asyncio.timeout(LINK_PATIENCE):
                await self._linked.wait()
        try:
            async with asyncio.timeout(120.0):
                found = await self._check()
        except Exception as error:  # noqa: BLE001 - a check that breaks is a no-go, and must be told as one
            found = Briefing(go=False, lines=(f"The check itself failed: {type(error).__name__}.",))
        self.tools.notices.write(texts.briefing(self.guarded.title, self.guarded.meeting, found))
