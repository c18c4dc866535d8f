"""Kept-open connections on which prepared requests go out, one at a time on each: cheap enough to load a server.

How many, how fast and what: ``sender``, ``zoom_crowd``. An answer counts when it is 204; any other ends the measure.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol, Self


class Sender(Protocol):
    """Who sends on wires."""

    def answered(self, wire: Wire) -> None:
        """The request on this wire was taken; the wire is free."""
        ...

    def failed(self, why: str) -> None:
        """A request was not taken, or a connection is gone."""
        ...


class Wire(asyncio.Protocol):
    """One connection. ``began`` is what was given to the last ``send``."""

    def __init__(self, sender: Sender) -> None:
        self.began = 0.0
        self._sender = sender
        self._transport: asyncio.Transport | None = None
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._got += data
        if b"\r\n\r\n" not in self._got:
            return
        got, self._got = self._got, b""
        if got.startswith(b"HTTP/1.1 204 "):
            self._sender.answered(self)
        else:
            self._sender.failed(f"not taken: {got[:300]!r}")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's shape
        """See asyncio."""
        if self._transport is not None:
            self._sender.failed("a connection was lost")

    def send(self, request: bytes, began: float = 0.0) -> None:
        """Put a request on its way."""
        assert self._transport is not None
        self.began = began
        self._transport.write(request)

    def close(self) -> None:
        """Hang up."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()


async def wires_to(port: int, sender: Sender, count: int) -> list[Wire]:
    """So many of them, connected."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(lambda: Wire(sender), "127.0.0.1", port))[1] for _ in range(count)]


class Post:
    """Takes single requests whenever they come, over so many wires; in between none is waited for."""

    def __init__(self) -> None:
        self._free: deque[Wire] = deque()
        self._wires: list[Wire] = []
        self._queue: deque[bytes] = deque()
        self._open = 0
        self._still = asyncio.Event()
        self._why = ""

    @classmethod
    async def to(cls, port: int, wires: int) -> Self:
        """Connected."""
        post = cls()
        post._wires = await wires_to(port, post, wires)
        post._free.extend(post._wires)
        return post

    def send(self, request: bytes) -> None:
        """Put one on its way, at once if a wire is free."""
        self._open += 1
        self._still.clear()
        self._queue.append(request)
        self._send_on()

    async def answers(self) -> None:
        """Return when everything sent was taken. Raises RuntimeError when something was not."""
        if self._open:
            await self._still.wait()
        if self._why:
            raise RuntimeError(self._why)

    def answered(self, wire: Wire) -> None:
        """See Sender."""
        self._free.append(wire)
        self._open -= 1
        self._send_on()
        if not self._open:
            self._still.set()

    def failed(self, why: str) -> None:
        """See Sender."""
        self._why = self._why or why
        self._still.set()

    def close(self) -> None:
        """Hang up."""
        for wire in self._wires:
            wire.close()

    def _send_on(self) -> None:
        while self._queue and self._free:
            self._free.popleft().send(self._queue.popleft())
