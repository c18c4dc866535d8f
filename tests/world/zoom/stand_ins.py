"""Small stand-ins for whoever the Zoom world talks to: a receiver of webhooks, a panel's server, an alarm clock."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

from guardian.world.zoom import Meeting, Settings, ZoomWorld
from guardian.world.zoom.changes import Changes

NUMBER = "81234567890"
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'",
}


class Alarm:
    """A sleep that lasts until the test rings for it."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._open: list[tuple[float, asyncio.Future[None]]] = []
        self._changes = Changes()

    async def sleep(self, seconds: float) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.asked.append(seconds)
        self._open.append((seconds, done))
        self._changes.notify()
        await done

    async def ring(self, seconds: float) -> None:
        """Wait until somebody sleeps for so long, and wake him."""

        def found() -> list[tuple[float, asyncio.Future[None]]]:
            return [one for one in self._open if one[0] == seconds and not one[1].done()]

        await self._changes.until(lambda: bool(found()), 5)
        found()[0][1].set_result(None)


class Served:
    """An aiohttp application on a free port."""

    def __init__(self, *routes: web.RouteDef) -> None:
        self._app = web.Application()
        self._app.add_routes(list(routes))
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        self.port = 0

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()


class Receiver(Served):
    """Takes webhooks: 401 for a bad signature or an old one, else the next of `answers`, then 204."""

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        super().__init__(web.post("/hooks/zoom", self._take))
        self.secret = secret
        self.answers: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hang: asyncio.Event | None = None
        self._clock = clock

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/zoom"

    @property
    def kinds(self) -> list[str]:
        return [body["event"] for body in self.bodies]

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if self.hang is not None:
            await self.hang.wait()
        at = request.headers["x-zm-request-timestamp"]
        right = "v0=" + self._mac(b"v0:" + at.encode() + b":" + raw)
        if request.headers["x-zm-signature"] != right or abs(self._clock() - float(at)) > 300:
            return web.Response(status=401)
        body = json.loads(raw)
        if body["event"] == "endpoint.url_validation":
            plain = body["payload"]["plainToken"]
            return web.json_response({"plainToken": plain, "encryptedToken": self._mac(plain.encode())})
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)

    def _mac(self, message: bytes) -> str:
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()


class PanelServer(Served):
    """The guardian's side of the panel, as small as it can be: takes every hello, keeps what the page says."""

    def __init__(self) -> None:
        super().__init__(web.get("/zoom/panel", self._page), web.get("/zoom/panel/ws", self._serve))
        self.contexts: list[str] = []
        self.origins: list[str] = []
        self.heard: list[dict[str, Any]] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.page_status = 200
        self.page_headers = HEADERS
        self.close_with: int | None = None
        self._changes = Changes()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/zoom/panel"

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame["type"] == kind]

    async def until(self, condition: Callable[[], bool]) -> None:
        await self._changes.until(condition, 5)

    async def say(self, frame: dict[str, Any], socket: int = -1) -> None:
        await self.sockets[socket].send_json(frame)

    async def command(self, id_: str, name: str, uuid: str | None = None) -> None:
        more = {} if uuid is None else {"uuid": uuid}
        await self.say({"type": "command", "id": id_, "name": name, "within_ms": 3000} | more)

    async def _page(self, request: web.Request) -> web.Response:
        self.contexts.append(request.headers.get("x-zoom-app-context", ""))
        text = '<html><meta name="guardian-token" content="T-1"></html>'
        status = self.page_status if self.contexts[-1] else 403
        return web.Response(text=text, content_type="text/html", status=status, headers=self.page_headers)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.origins.append(request.headers.get("Origin", ""))
        self.sockets.append(socket)
        if self.close_with is not None:
            await socket.close(code=self.close_with)
            return socket
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                frame = json.loads(message.data)
                self.heard.append(frame)
                if frame["type"] == "hello":
                    await socket.send_json({"type": "welcome", "meeting": "m", "title": "Class", "you": "Ms T"})
                self._changes.notify()
        return socket


class Caught:
    """All events of a world, as bodies, whether or not they are delivered."""

    def __init__(self, world: ZoomWorld) -> None:
        self.bodies: list[dict[str, Any]] = []
        world.stage.outlets.append(lambda event: self.bodies.append(json.loads(event.body)))

    @property
    def kinds(self) -> list[str]:
        return [str(body["event"]).removeprefix("meeting.") for body in self.bodies]

    def last(self, kind: str) -> dict[str, Any]:
        return [body for body in self.bodies if body["event"] == kind][-1]


def school(settings: Settings | None = None, **meeting: Any) -> tuple[ZoomWorld, Meeting]:
    """A world, not yet open, with one teacher and one meeting."""
    world = ZoomWorld(settings)
    teacher = world.add_user("teacher@example.org", "Ms Teacher Example", uid="ExHostUserAAAAAAAAAAAA")
    return world, world.schedule(NUMBER, teacher.id, "Saturday Robotics Club", **meeting)
