"""A whole guardian on a little real room, with journal and mailbox in memory, in virtual time; the slot has begun."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from guardian.app.datadir import DataDirectory
from guardian.app.guard import Guard
from guardian.app.metrics import Metrics
from guardian.app.notices import Notices
from guardian.app.scheduler import BRIEFING_LEAD, Calendar, Timetable
from guardian.app.service import Parts, Service
from guardian.app.supervisor import Supervisor
from guardian.app.texts import Briefing
from guardian.app.watch import Guarded, Tools, Watch
from guardian.core.events import Ordered, Verb
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.memory import Phase, Slot
from guardian.core.policy import Policy
from guardian.ports import Journal
from tests.support.fake_people import ListSource, Mailbox, class_list
from tests.support.fake_platform import FakePlatform
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import EPOCH, clock, later, until

NOW = Slot(EPOCH, EPOCH + 3600.0)
PUPILS = tuple(f"Pupil{n} Somebody" for n in range(20))


class Stage:
    """One meeting, ``yoga``. ``restart`` is a kill and a new process on the same room, journal and people.
    ``shared``: what the service's parts hold besides.
    """

    guard: Guard

    def __init__(
        self,
        folder: Path,
        *,
        slots: tuple[Slot, ...] = (NOW,),
        policy: Policy | None = None,
        check: Callable[[], Awaitable[Briefing]] | None = None,
        deadman: Callable[[], Awaitable[None]] | None = None,
        calendar: Calendar | None = None,
        lead: float = BRIEFING_LEAD,
        **shared: Any,
    ) -> None:
        self.shared = shared
        self.slots, self.policy, self.check, self.deadman = slots, policy or Policy(), check, deadman
        self.calendar, self.lead = calendar, lead
        self.folder = folder
        self.room = FakePlatform(clock)
        self.journal = MemoryJournal()
        self.mail = Mailbox()
        self.list = ListSource(class_list(*PUPILS))
        self.steps: list[str] = []
        self.service = self._service()

    def _service(self) -> Service:
        async def open_journal() -> Journal:
            return self.journal

        metrics = Metrics()

        def guards(journal: Journal, supervisor: Supervisor, on_change: Callable[[str], None]) -> dict[str, Guard]:
            timetable = Timetable(self._slots, self.lead, self.calendar)
            tools = Tools(
                self.room,
                journal,
                Notices("Yoga", (self.mail,), clock, metrics=metrics),
                supervisor,
                clock,
                metrics,
                on_change=on_change,
                on_step=self.steps.append,
            )
            guarded = Guarded("yoga", "Yoga", self.policy, timetable, call="0123")
            self.guard = Guard(guarded, tools, self.list, check=self.check)
            return {"yoga": self.guard}

        folder, meetings = DataDirectory(self.folder), ("yoga",)
        parts = Parts(folder, open_journal, guards, meetings, metrics, clock, deadman=self.deadman, **self.shared)
        return Service(parts)

    def _slots(self, now: float) -> list[Slot]:
        slots = self.slots if self.calendar is None else self.calendar.slots_from(now)
        return [slot for slot in slots if slot.end + slot.margin > now]

    async def open(self) -> None:
        """Started, connected, and the host is inside: the class is open."""
        await self.service.start()
        await until(lambda: self.room.up)
        self.room.say(Facts("ada", Place.INSIDE, Evidence("Ada Host", account="ada")))
        await until(lambda: self.phase() is Phase.OPEN)

    def phase(self) -> Phase | None:
        """The phase that people see."""
        view = self.service.view("yoga")
        return view.phase if view else None

    @property
    def watch(self) -> Watch:
        """The live occurrence."""
        assert self.guard.watch is not None
        return self.guard.watch

    async def kill(self) -> None:
        """The process is gone, without a word."""
        await self.service._supervisor.close()
        self.service._parts.data_directory.unlock()

    async def restart(self) -> None:
        """Killed, and started anew."""
        await self.kill()
        self.service = self._service()
        await self.service.start()
        await until(lambda: self.room.up)

    @staticmethod
    def order(verb: Verb, order: str = "o1", handle: str | None = None, name: str | None = None) -> Ordered:
        """A human's order."""
        return Ordered(clock(), order, verb, "teacher", handle=handle, name=name)


__all__ = ["EPOCH", "NOW", "PUPILS", "Stage", "clock", "later", "until"]
