"""The event WebSocket: one connection per subscription, whose events are gone for ever while nobody is connected.

May live here: Zoom's frames ("Using WebSockets") and the faults of a connection. May not: what an event says.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aiohttp import WSMsgType, web

from guardian.world.zoom.changes import Changes
from guardian.world.zoom.stage import Event, Stage


class Stream:
    """Serves `/ws?subscriptionId=…&access_token=…`.

    enabled: off, every connection is refused. silent: it neither sends nor answers (the connection looks alive).
    heartbeats: how many came in. opened: how many connections were accepted so far.
    """

    def __init__(self, stage: Stage, subscription: str, knows: Callable[[str], bool]) -> None:
        self.subscription = subscription
        self.enabled = True
        self.silent = False
        self.heartbeats = 0
        self.opened = 0
        self.lost = 0
        self.changes = Changes()
        self._stage = stage
        self._knows = knows
        self._socket: web.WebSocketResponse | None = None

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return self._socket is not None

    def post(self, event: Event) -> None:
        """Send an event, if somebody listens."""
        if self._socket is None or self.silent:
            self.lost += 1
            return
        self._stage.spawn(self._send(self._socket, _frame("message", content=event.body.decode())))

    async def until(self, condition: Callable[[Stream], bool], timeout: float = 5.0) -> None:
        """Return once the condition holds; looked at after every heartbeat, opening and end of a connection."""
        await self.changes.until(lambda: condition(self), timeout)

    async def drop(self) -> None:
        """Close the connection from Zoom's side."""
        if self._socket is not None:
            await self._socket.close(code=1001)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its upgrade to its end."""
        if not self.enabled:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        right = request.query.get("subscriptionId") == self.subscription
        if not right or not self._knows(request.query.get("access_token", "")):
            await self._send(socket, _frame("build_connection", success=False, content="Invalid Token"))
            await socket.close()
            return socket
        before, self._socket = self._socket, socket
        self.opened += 1
        self.changes.notify()
        if before is not None:
            await before.close(code=1000)
        await self._send(socket, _frame("build_connection"))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._answer(socket, message.data)
        finally:
            if self._socket is socket:
                self._socket = None
            self.changes.notify()
        return socket

    async def _answer(self, socket: web.WebSocketResponse, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            return
        if isinstance(said, dict) and said.get("module") == "heartbeat":
            self.heartbeats += 1
            self.changes.notify()
            if not self.silent:
                await self._send(socket, _frame("heartbeat"))

    async def _send(self, socket: web.WebSocketResponse, frame: str) -> None:
        try:
            await socket.send_str(frame)
        except (ConnectionError, RuntimeError):
            self.lost += 1


def _frame(module: str, *, success: bool = True, content: str = "") -> str:
    return json.dumps({"module": module, "success": success, "content": content})
