"""A small real hook, desk and seat for tests of the web: they take what they are given and answer as they were told."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from guardian.errors import DeniedError
from guardian.ports import HookReply, Seat

ORIGIN = "https://panel.school.test"


@dataclass
class FakeHook:
    """Keeps every delivery; answers ``reply``, or raises ``failure``."""

    reply: HookReply = field(default_factory=lambda: HookReply(204))
    failure: Exception | None = None
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookReply:
        self.taken.append(({name.lower(): value for name, value in headers.items()}, body))
        if self.failure is not None:
            raise self.failure
        return self.reply


class FakeSeat:
    """Notes what the page says; says what the test puts into ``say``."""

    def __init__(self, meeting: str, who: str) -> None:
        self.meeting, self.who = meeting, who
        self.close_code = 1000
        self.heard: asyncio.Queue[Mapping[str, object]] = asyncio.Queue()
        self.gone = asyncio.Event()
        self._out: asyncio.Queue[Mapping[str, object] | None] = asyncio.Queue()

    def receive(self, frame: Mapping[str, object]) -> None:
        if frame.get("type") == "nonsense":
            self.end(4400)
            raise DeniedError("the panel's message: not a message that was agreed on")
        self.heard.put_nowait(frame)

    async def next(self) -> Mapping[str, object] | None:
        return await self._out.get()

    def say(self, frame: Mapping[str, object]) -> None:
        self._out.put_nowait(frame)

    def end(self, code: int) -> None:
        self.close_code = code
        self._out.put_nowait(None)

    def leave(self) -> None:
        self.gone.set()


@dataclass
class FakeDesk:
    """Lets in whoever shows ``proof``, as ``who`` in ``meeting``."""

    origin: str = ORIGIN
    meeting: str = "yoga"
    who: str = "Tess Teacher"
    proof: str = "good"
    seats: list[FakeSeat] = field(default_factory=list)
    redirects: list[dict[str, str]] = field(default_factory=list)

    def page(self, headers: Mapping[str, str]) -> str:
        if headers.get("x-zoom-app-context") != self.proof:
            raise DeniedError("open the panel in the meeting, under Apps")
        return 'a"token<'

    def seat(self, hello: Mapping[str, object]) -> Seat:
        if hello.get("context") != self.proof:
            raise DeniedError("this Zoom account is none of the hosts")
        seat = FakeSeat(self.meeting, self.who)
        seat.say({"type": "welcome", "meeting": self.meeting, "title": "Yoga", "you": self.who})
        self.seats.append(seat)
        return seat

    async def added(self, query: Mapping[str, str]) -> None:
        self.redirects.append(dict(query))
        if "code" not in query:
            raise DeniedError("Zoom did not add the panel")
