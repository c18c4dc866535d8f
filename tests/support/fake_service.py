"""A small real service for the web and the command line: the core itself over a platform that obeys at once.

It keeps no journal and runs no task. ``Guarded`` is the shape that it fills.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace

from guardian.core.actions import ActKind, Answer, Ask, Capabilities
from guardian.core.decide import step
from guardian.core.events import Acknowledged, Event, Gone, Opened, Ordered, RosterLoaded, Seen
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.meeting import Occurrence, blank
from guardian.core.memory import Slot
from guardian.core.policy import Policy
from guardian.core.roster import Person, Role, Roster
from guardian.core.view import MeetingView, view
from guardian.ports import Desk, Hook

NOW = 1_700_000_000.0
KEY = b"k" * 32
CAN = Capabilities("fake", frozenset({ActKind.ADMIT, ActKind.REFUSE, ActKind.REMOVE, ActKind.PUT_BACK}))
TESS = Person("tess", "Tess Teacher", Role.HOST, accounts=("tess@school",))
ANN = Person("ann", "Ann Adams", accounts=("ann@school",))
BEN = Person("ben", "Ben Brown", aliases=("Benny Brown",), accounts=("ben@school",))
PEOPLE = (TESS, ANN, BEN)


@dataclass(frozen=True)
class Ready:
    """What ``/readyz`` says."""

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Told:
    """What became of an order."""

    order: str
    done: bool | None
    text: str


class Metrics:
    """One counter."""

    def render(self) -> bytes:
        return b"# TYPE guardian_up gauge\nguardian_up 1.0\n"


@dataclass
class FakeService:
    """Guards ``meetings`` of one class each; ``idle`` ones have nothing going on. ``clock`` is moved by the test."""

    ids: tuple[str, ...] = ("yoga",)
    idle: tuple[str, ...] = ()
    now: float = NOW
    ready: Ready = Ready()
    orders: list[Ordered] = field(default_factory=list)
    acknowledged: list[tuple[str, str, str]] = field(default_factory=list)
    failure: Exception | None = None
    silent: bool = False
    hooks: dict[str, Hook] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    listeners: set[asyncio.Queue[str | None]] = field(default_factory=set)
    can: Capabilities = CAN

    def __post_init__(self) -> None:
        self.metrics = Metrics()
        self.states: dict[str, Occurrence] = {}
        for meeting in self.ids:
            if meeting not in self.idle:
                self.states[meeting] = blank()
                slot = Slot(NOW - 60.0, NOW + 3600.0)
                self._happens(meeting, Opened(self.now, f"{meeting}-1", meeting, slot, self.can))
                self._happens(meeting, RosterLoaded(self.now, Roster("v1", PEOPLE)))
                self.comes(meeting, "h-tess", "Tess Teacher", account="tess@school", place=Place.INSIDE)

    def clock(self) -> float:
        return self.now

    def comes(
        self,
        meeting: str,
        handle: str,
        name: str,
        *,
        account: str | None = None,
        place: Place = Place.WAITING,
        is_self: bool = False,
    ) -> None:
        """Somebody knocks, or is inside."""
        self._happens(
            meeting, Seen(self._next(), Facts(handle, place, Evidence(name=name, account=account), is_self=is_self))
        )

    # -- what the web asks ---------------------------------------------------------------------------------------

    def meetings(self) -> tuple[str, ...]:
        return self.ids

    def view(self, meeting: str) -> MeetingView | None:
        state = self.states.get(meeting)
        return None if state is None else view(state, Policy(), self.now)

    def people(self, meeting: str) -> tuple[Person, ...]:
        state = self.states.get(meeting)
        return state.roster.people if state is not None and state.roster is not None else PEOPLE

    async def order(self, meeting: str, ordered: Ordered, wait: float = 5.0) -> Told:
        self.orders.append(ordered)
        if self.failure is not None:
            raise self.failure
        if self.silent:
            return Told(ordered.order, None, "asked; not known yet")
        answers = self._happens(meeting, replace(ordered, at=self._next()))
        return next(Told(a.order, a.done, a.text) for a in answers if a.order == ordered.order)

    async def acknowledge(self, meeting: str, incident: str, by: str) -> None:
        self.acknowledged.append((meeting, incident, by))
        self._happens(meeting, Acknowledged(self._next(), incident, by))

    def subscribe(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.listeners.add(queue)
        return self._read(queue)

    async def _read(self, queue: asyncio.Queue[str | None]) -> AsyncIterator[str]:
        try:
            while (meeting := await queue.get()) is not None:
                yield meeting
        finally:
            self.listeners.discard(queue)

    def stop(self) -> None:
        """Whoever listens hears that no more changes come."""
        for queue in self.listeners:
            queue.put_nowait(None)

    def readiness(self) -> Ready:
        return self.ready

    # -- the platform ---------------------------------------------------------------------------------------------

    def _next(self) -> float:
        self.now += 0.001
        return self.now

    def _happens(self, meeting: str, event: Event) -> list[Answer]:
        """One event and everything that follows from it, the platform obeying at once."""
        answers: list[Answer] = []
        waiting = [event]
        while waiting:
            state, decisions = step(self.states[meeting], waiting.pop(0), Policy(), self.now)
            self.states[meeting] = state
            answers += [d for d in decisions if isinstance(d, Answer)]
            waiting += self._obeyed(meeting, (d for d in decisions if isinstance(d, Ask)))
        for queue in self.listeners:
            queue.put_nowait(meeting)
        return answers

    def _obeyed(self, meeting: str, asks: Iterable[Ask]) -> list[Event]:
        effects: list[Event] = []
        for ask in asks:
            connection = self.states[meeting].connections.get(ask.act.handle or "")
            if connection is None:
                continue
            if ask.act.kind is ActKind.ADMIT:
                effects.append(Seen(self._next(), replace(connection.facts, place=Place.INSIDE)))
            elif ask.act.kind in {ActKind.REMOVE, ActKind.REFUSE, ActKind.PUT_BACK}:
                effects.append(Gone(self._next(), connection.handle, connection.facts.place))
        return effects
