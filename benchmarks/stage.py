"""A whole guardian in this process: the real service, actor, enforcer and journal on a real file, round a stand-in
platform that notes when it was called. Nothing is timed or judged here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.people import CAN, HOST, POLICY, SELF, class_list, slot_around
from guardian.adapters.journal import open_journal
from guardian.app.datadir import DataDirectory
from guardian.app.guard import Guard
from guardian.app.metrics import Metrics
from guardian.app.notices import Notices
from guardian.app.scheduler import Timetable
from guardian.app.service import Parts, Service
from guardian.app.supervisor import Supervisor
from guardian.app.watch import Guarded, Tools, Watch
from guardian.core.actions import Act, ActKind
from guardian.core.events import Gone, LinkChanged, Seen, Snapshot
from guardian.core.identity import Facts, Place
from guardian.core.memory import Slot
from guardian.core.roster import Roster
from guardian.ports import Emit, Journal, Letter, Notice, Outcome, Platform

PATIENCE = 60.0
"""Seconds after which a measure is given up: what it waits for will not come."""


class Room:
    """The stand-in. Answers each call at once; an admission takes effect with the answer.

    ``called`` and ``inside`` say when (``time.perf_counter``) somebody's admission was asked for and had its effect.
    """

    def __init__(self, people: Iterable[Facts] = (SELF, HOST)) -> None:
        self.capabilities = CAN
        self.people = {facts.handle: facts for facts in people}
        self.called: dict[str, float] = {}
        self.inside: dict[str, float] = {}
        self.changed = asyncio.Event()
        self._emit: Emit = lambda _: None

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """See the port."""
        self._emit = emit
        emit(LinkChanged(time.time(), up=True, capabilities=self.capabilities))
        ready()
        await asyncio.Event().wait()

    async def perform(self, act: Act) -> Outcome:
        """See the port."""
        called = time.perf_counter()
        handle = act.handle or ""
        if act.kind is ActKind.ADMIT:
            self.called.setdefault(handle, called)
        if act.kind is ActKind.ADMIT and handle in self.people:
            self.inside[handle] = time.perf_counter()
            self.show(replace(self.people[handle], place=Place.INSIDE))
        return Outcome.ACCEPTED

    async def inform(self, handle: str, text: str) -> None:
        """See the port."""

    async def snapshot(self) -> Snapshot:
        """See the port."""
        now = time.time()
        return Snapshot(now, now, tuple(self.people.values()), lobby_on=True)

    def recall(self, known: Sequence[Facts]) -> None:
        """See the port."""

    def show(self, facts: Facts) -> None:
        """Somebody is there, as these facts say."""
        self.people[facts.handle] = facts
        self._emit(Seen(time.time(), facts))
        self.changed.set()

    def leave(self, handle: str) -> None:
        """Somebody goes."""
        self._emit(Gone(time.time(), handle, self.people.pop(handle).place))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when it holds; looked at whenever somebody moves. Raises TimeoutError after PATIENCE."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class ListSource:
    """A list of so many pupils (with accounts on ``at``) that never changes; made anew at each reading."""

    def __init__(self, pupils: int, at: str) -> None:
        self._pupils, self._at = pupils, at

    async def load(self) -> Roster:
        """See the port."""
        return class_list(self._pupils, self._at)

    async def changes(self) -> AsyncIterator[None]:
        """See the port: none."""
        await asyncio.Event().wait()
        yield


class Channel:
    """People who take every message at once."""

    channel = "mail"

    async def send(self, notice: Notice | Letter) -> None:
        """See the port."""


class Stage:
    """The service and what it stands on: one room for each meeting, and a list of ``pupils`` for each (with
    accounts on ``at``).
    """

    def __init__(
        self,
        folder: Path,
        rooms: Mapping[str, Platform],
        pupils: int,
        *,
        at: str = "",
        slot: Slot | None = None,
    ) -> None:
        self.guards: dict[str, Guard] = {}
        self._slot = slot or slot_around(time.time())
        metrics = Metrics()

        async def journal() -> Journal:
            return await open_journal(f"sqlite:///{folder / 'journal.sqlite3'}", patience=PATIENCE)

        def guards(store: Journal, supervisor: Supervisor, on_change: Callable[[str], None]) -> dict[str, Guard]:
            for meeting, room in rooms.items():
                tools = self._tools(meeting, room, store, supervisor, metrics, on_change)
                guarded = Guarded(meeting, meeting, POLICY, Timetable(lambda _: [self._slot]))
                self.guards[meeting] = Guard(guarded, tools, ListSource(pupils, at))
            return self.guards

        parts = Parts(DataDirectory(folder), journal, guards, tuple(rooms), metrics, time.time)
        self.service = Service(parts)

    def _tools(
        self,
        meeting: str,
        room: Platform,
        store: Journal,
        supervisor: Supervisor,
        metrics: Metrics,
        on_change: Callable[[str], None],
    ) -> Tools:
        notices = Notices(meeting, (Channel(),), time.time, metrics=metrics)
        return Tools(room, store, notices, supervisor, time.time, metrics, on_change=on_change)

    def watch(self, meeting: str) -> Watch:
        """The live occurrence. Raises LookupError when there is none."""
        watch = self.guards[meeting].watch
        if watch is None:
            raise LookupError(meeting)
        return watch

    def calm(self, meeting: str) -> bool:
        """Whether everything that happened is judged and seen through, and nobody waits for the first list."""
        watch = self.guards[meeting].watch
        if watch is None:
            return False
        state = watch.actor.state
        return not watch.actor.depth and not state.asks and state.awaiting is None and state.snapshot_at is not None

    async def until_calm(self, *meetings: str) -> None:
        """Return when they are. Raises TimeoutError after PATIENCE."""
        async with asyncio.timeout(PATIENCE):
            for meeting in meetings:
                while not self.calm(meeting):
                    await asyncio.sleep(0.001)
                await self.watch(meeting).actor.calm()


@asynccontextmanager
async def staged(folder: Path, room: Platform, pupils: int, *, at: str = "") -> AsyncIterator[Stage]:
    """One class, open, with its host inside; stopped afterwards. Fails if anything in the guardian did."""
    stage = Stage(folder, {"bench": room}, pupils, at=at)
    await stage.service.start()
    try:
        await stage.until_calm("bench")
        yield stage
        readiness = stage.service.readiness()
        assert readiness.ok, readiness.problems
    finally:
        await stage.service.drain()
