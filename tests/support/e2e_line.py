"""A hostile line between the guardian and a real server, which adds what it is told to. One WebSocket proxy.

It knows no XMPP: what is added is a whole frame, as a broken or hostile server would send it.
"""

from __future__ import annotations

import asyncio
from typing import Self

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

_LARGEST = 64 * 1024 * 1024
_XMPP = [Subprotocol("xmpp")]


class HostileLine:
    """``async with HostileLine(url) as line:`` the guardian connects to ``line.url``.

    ``greeting``: frames that are sent to it before anything that the server says. ``away``: nobody gets through.
    """

    def __init__(self, upstream: str, greeting: tuple[str | bytes, ...] = ()) -> None:
        self.greeting = greeting
        self.connections = 0
        self.away = False
        self._upstream = upstream
        self._server: Server | None = None
        self._clients: set[ServerConnection] = set()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, subprotocols=_XMPP, max_size=_LARGEST, ping_interval=None, close_timeout=1
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self.cut()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Without the query that clients add."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/xmpp-websocket"

    async def say(self, frame: str | bytes) -> None:
        """Send the guardian this frame, as if the server had."""
        for client in tuple(self._clients):
            await client.send(frame)

    async def cut(self) -> None:
        """Cut every connection without a word."""
        for client in tuple(self._clients):
            client.transport.abort()

    async def until_connected(self, times: int, within: float = 30.0) -> None:
        """Wait until it was connected to so often in all."""
        async with asyncio.timeout(within):
            while self.connections < times:
                self._news.clear()
                await self._news.wait()

    async def _serve(self, client: ServerConnection) -> None:
        self.connections += 1
        self._news.set()
        if self.away:
            client.transport.abort()
            return
        query = client.request.path.partition("?")[2] if client.request else ""
        for frame in self.greeting:
            await client.send(frame)
        self._clients.add(client)
        try:
            async with connect(
                f"{self._upstream}?{query}",
                subprotocols=_XMPP,
                compression=None,
                ping_interval=None,
                proxy=None,
                max_size=_LARGEST,
                close_timeout=1,
            ) as server:
                ways = [asyncio.create_task(_pass_on(a, b)) for a, b in ((client, server), (server, client))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                # A guardian that was killed leaves no goodbye; the server must not wait for one.
                server.transport.abort()
        except OSError:
            return  # the server is away
        finally:
            self._clients.discard(client)


async def _pass_on(one: object, other: object) -> None:
    try:
        async for frame in one:  # type: ignore[attr-defined]
            await other.send(frame)  # type: ignore[attr-defined]
    except ConnectionClosed:
        return
