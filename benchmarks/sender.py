"""Who sends webhooks, in a process of its own: raw sockets and requests that were made before the clock runs.

Reads one JSON object (see ``Errand``); prints ``ready`` when everything is made and the classes are open; at a line on
standard input sends it all, and prints one JSON object: see ``Sent``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.crowd import share
from benchmarks.rows import percentile
from benchmarks.webhooks import Load, bodies, opening, place_of, repeated, request

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Errand:
    """Where and what to send over so many ``connections``. ``rate``: requests a second, evenly; None: each connection
    sends its next as soon as the last one was answered.
    """

    port: int
    secret: str
    load: Load
    connections: int
    rate: float | None = None

    def coded(self) -> str:
        """As one line."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def read(cls, line: str) -> Errand:
        """What ``coded`` wrote."""
        told = json.loads(line)
        load = told.pop("load")
        load["numbers"] = tuple(load["numbers"])
        return cls(**told, load=Load(**load))


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went: requests a second, milliseconds to the answer, and how busy this process was (share of a core)."""

    per_second: float
    p50: float
    p99: float
    busy: float


class Wire(asyncio.Protocol):
    """One kept-open connection, one request at a time."""

    def __init__(self, volley: Volley) -> None:
        self._volley = volley
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio. Answers here have no body; one that has is no good one."""
        self._got += data
        if b"\r\n\r\n" in self._got:
            got, self._got = self._got, b""
            self._volley.answered(self, None if got.startswith(b"HTTP/1.1 204 ") else got)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's shape
        """See asyncio."""
        self._volley.lost()

    def send(self, request: bytes, began: float) -> None:
        """Put a request on its way; ``began``: when it should have gone."""
        assert self._transport is not None
        self.began = began
        self._transport.write(request)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


class Volley:
    """Sends ``requests`` in their order over all wires. Each wait is counted from when the request should have gone."""

    def __init__(self, requests: Sequence[bytes], rate: float | None) -> None:
        self.waits: list[float] = []
        self._requests, self._rate = requests, rate
        self._next = 0
        self._free: deque[Wire] = deque()
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._began = 0.0

    async def fly(self, wires: Sequence[Wire]) -> float:
        """Seconds from the first request to the last answer. Raises RuntimeError for an answer that is not 204."""
        self._free.extend(wires)
        self._began = time.perf_counter()
        if self._rate is None:
            self._send_on()
        else:
            await self._evenly(self._rate)
        async with asyncio.timeout(PATIENCE):
            await self._done
        return time.perf_counter() - self._began

    def answered(self, wire: Wire, wrong: bytes | None) -> None:
        """One answer is here."""
        if self._done.done():
            return
        if wrong is not None:
            self._done.set_exception(RuntimeError(f"not taken: {wrong[:300]!r}"))
            return
        self.waits.append((time.perf_counter() - wire.began) * 1000)
        self._free.append(wire)
        if len(self.waits) == len(self._requests):
            self._done.set_result(None)
        else:
            self._send_on()

    def lost(self) -> None:
        """A connection is gone."""
        if not self._done.done():
            self._done.set_exception(RuntimeError("a connection was lost"))

    def _send_on(self) -> None:
        """Everything that is due, as far as there are free wires."""
        now = time.perf_counter()
        due = len(self._requests) if self._rate is None else int((now - self._began) * self._rate) + 1
        while self._free and self._next < min(due, len(self._requests)):
            began = now if self._rate is None else self._began + self._next / self._rate
            self._free.popleft().send(self._requests[self._next], began)
            self._next += 1

    async def _evenly(self, rate: float) -> None:
        while self._next < len(self._requests) and not self._done.done():
            self._send_on()
            await asyncio.sleep(max(0.0, self._began + self._next / rate - time.perf_counter()))


async def deliver(port: int, requests: Sequence[bytes], connections: int, rate: float | None = None) -> Volley:
    """Send it all; raises RuntimeError, TimeoutError."""
    volley = Volley(requests, rate)
    wires = await connected(port, volley, connections)
    try:
        await volley.fly(wires)
    finally:
        for wire in wires:
            wire.close()
    return volley


async def connected(port: int, volley: Volley, connections: int) -> list[Wire]:
    """So many wires, open."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(lambda: Wire(volley), "127.0.0.1", port))[1] for _ in range(connections)]


async def _run(errand: Errand) -> Sent:
    load, now = errand.load, time.time()
    begun = [request(body, errand.secret, now) for n in load.numbers for body in opening(place_of(n), now - 30.0)]
    await deliver(errand.port, begun, 1)
    made = [request(body, errand.secret, now) for body in bodies(load, now - 20.0)]
    requests = list(repeated(made, load.again, 2 * errand.connections))
    gc.disable()
    volley = Volley(requests, errand.rate)
    wires = await connected(errand.port, volley, errand.connections)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    cpu = time.process_time()
    seconds = await volley.fly(wires)
    busy = share(time.process_time() - cpu, seconds)
    for wire in wires:
        wire.close()
    p50, p99 = (percentile(volley.waits, part) for part in (0.5, 0.99))
    return Sent(len(requests) / seconds, p50, p99, busy)


def main() -> None:
    """Do the errand on standard input."""
    print(json.dumps(asdict(asyncio.run(_run(Errand.read(sys.stdin.readline()))))), flush=True)


if __name__ == "__main__":
    main()
