"""Zoom's end of the event WebSocket in a test's hands, and time that passes only when the test lets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from guardian.adapters.zoom.stream import EventStream
from guardian.adapters.zoom.wire_events import Delivery
from guardian.errors import JournalError
from tests.adapters.zoom.bodies import NOW, body

TOKEN = "ExSecretToken"
BUILT = body("websocket.build_connection").decode()
BEAT = body("websocket.heartbeat-reply").decode()
PATIENCE = 10.0


def message(event: bytes) -> str:
    """An event as the socket brings it."""
    return json.dumps({"module": "message", "success": True, "content": event.decode()})


class Time:
    """A clock and its sleepers; nobody wakes unless the test lets them."""

    def __init__(self) -> None:
        self.now = NOW
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        waking = asyncio.get_running_loop().create_future()
        self._sleepers.append((seconds, waking))
        self._changed.set()
        await waking

    async def let(self, seconds: float, times: int = 1) -> None:
        """Wait until somebody sleeps for just so long, and let it pass; ``times`` in a row."""
        for _ in range(times):
            waking = await self._sleeper(lambda asked: asked == seconds)
            self.now += seconds
            waking.set_result(None)

    async def asked(self, seconds: float | None = None) -> None:
        """Wait until somebody sleeps for just so long (or at all); they sleep on."""
        await self._sleeper(lambda asked: seconds in {None, asked})

    async def _sleeper(self, of: Callable[[float], bool]) -> asyncio.Future[None]:
        async with asyncio.timeout(PATIENCE):
            while True:
                self._sleepers = [(asked, waking) for asked, waking in self._sleepers if not waking.done()]
                found = next((waking for asked, waking in self._sleepers if of(asked)), None)
                if found is not None:
                    return found
                self._changed.clear()
                await self._changed.wait()


class Story:
    """What the stream told, in order, and what it took."""

    def __init__(self) -> None:
        self.time = Time()
        self.told: list[str] = []
        self.reasons: list[str] = []
        self.taken: list[Delivery] = []
        self.ignored: list[str] = []
        self.journal = True
        self.tokens = 0
        self.next_token: Callable[[], Awaitable[str]] = self._token
        self.lines: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.queries: list[dict[str, list[str]]] = []
        self.refuse: HTTPStatus | None = None
        self._changed = asyncio.Event()

    async def _token(self) -> str:
        self.tokens += 1
        return f"{TOKEN}{self.tokens}"

    async def _any_token(self) -> str:
        return await self.next_token()

    async def take(self, delivery: Delivery) -> None:
        self._changed.set()
        if not self.journal:
            raise JournalError("disk full")
        self.taken.append(delivery)

    def tell(self, what: str) -> None:
        self.told.append(what)
        self._changed.set()

    def down(self, reason: str) -> None:
        self.reasons.append(reason)
        self.tell("down")

    def stream(self, url: str) -> EventStream:
        return EventStream(
            url,
            "ExSubscription",
            self._any_token,
            self.take,
            on_up=lambda: self.tell("up"),
            on_down=self.down,
            on_taken_over=lambda: self.tell("taken over"),
            clock=lambda: self.time.now,
            sleep=self.time.sleep,
            jitter=lambda: 1.0,
            on_ignored=self.ignored.append,
        )

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that the stream does to us."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def line(self, *, built: bool = True) -> ServerConnection:
        """The next connection, as Zoom sees it."""
        line = await asyncio.wait_for(self.lines.get(), PATIENCE)
        if built:
            ups = self.told.count("up")
            await line.send(BUILT)
            await self.until(lambda: self.told.count("up") > ups)
        return line

    async def serve(self, line: ServerConnection) -> None:
        await self.lines.put(line)
        await line.wait_closed()

    def admit(self, line: ServerConnection, request: Request) -> Response | None:
        if self.refuse is not None:
            return line.respond(self.refuse, "no")
        self.queries.append(parse_qs(urlsplit(request.path).query))
        return None


def _address(server: Server) -> str:
    port = next(iter(server.sockets)).getsockname()[1]
    return f"ws://127.0.0.1:{port}/ws"


@asynccontextmanager
async def running(story: Story, url: str | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """The stream at work against our server (or another ``url``), until the block is left."""
    async with serve(story.serve, "127.0.0.1", 0, process_request=story.admit, ping_interval=None) as server:
        task = asyncio.create_task(story.stream(url or _address(server)).run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
