"""Who sends webhooks, in a process of its own: raw sockets, and requests that were made before the clock runs.

Does one errand after the other, each a line of JSON on standard input (see ``Errand``), and prints for each one JSON
object (see ``Sent``).
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

from benchmarks.rows import percentile, share
from benchmarks.webhooks import Load, bodies, opening, place_of, repeated, request
from benchmarks.wires import Wire, wires_to

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
        fields = json.loads(line)
        load = fields.pop("load")
        load |= {name: tuple(load[name]) for name in ("numbers", "tells")}
        return cls(**fields, load=Load(**load))


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went: requests a second, milliseconds to the answer, and how busy this process was (share of a core)."""

    per_second: float
    p50: float
    p99: float
    busy: float


class Volley:
    """Sends ``requests`` in their order. Each wait is counted from when the request should have gone."""

    def __init__(self, requests: Sequence[bytes], rate: float | None) -> None:
        self.waits: list[float] = []
        self._requests, self._rate = requests, rate
        self._next = 0
        self._free: deque[Wire] = deque()
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._began = 0.0

    async def fly(self, wires: Sequence[Wire]) -> float:
        """Seconds from the first request to the last answer. Raises RuntimeError, TimeoutError."""
        self._free.extend(wires)
        self._began = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            if self._rate is None:
                self._send_on()
            else:
                await self._evenly(self._rate)
            await self._done
        return time.perf_counter() - self._began

    def answered(self, wire: Wire) -> None:
        """See Sender."""
        self.waits.append((time.perf_counter() - wire.began) * 1000)
        self._free.append(wire)
        if len(self.waits) < len(self._requests):
            self._send_on()
        elif not self._done.done():
            self._done.set_result(None)

    def failed(self, why: str) -> None:
        """See Sender."""
        if not self._done.done():
            self._done.set_exception(RuntimeError(why))

    def _send_on(self) -> None:
        """Everything that is due, as far as there are free wires."""
        now = time.perf_counter()
        due = len(self._requests)
        if self._rate is not None:
            due = min(due, int((now - self._began) * self._rate) + 1)
        while self._free and self._next < due:
            began = now if self._rate is None else self._began + self._next / self._rate
            self._free.popleft().send(self._requests[self._next], began)
            self._next += 1

    async def _evenly(self, rate: float) -> None:
        while self._next < len(self._requests) and not self._done.done():
            self._send_on()
            await asyncio.sleep(max(0.0, self._began + self._next / rate - time.perf_counter()))


async def fly(port: int, requests: Sequence[bytes], connections: int, rate: float | None = None) -> Sent:
    """Send it all over new connections. Raises RuntimeError, TimeoutError."""
    volley = Volley(requests, rate)
    wires = await wires_to(port, volley, connections)
    gc.collect()
    cpu = time.process_time()
    seconds = await volley.fly(wires)
    busy = share(time.process_time() - cpu, seconds)
    for wire in wires:
        wire.close()
    p50, p99 = (percentile(volley.waits, part) for part in (0.5, 0.99))
    return Sent(len(requests) / seconds, p50, p99, busy)


async def run(errand: Errand) -> Sent:
    """Open the classes one by one, then send the load. Raises RuntimeError, TimeoutError."""
    load, now = errand.load, time.time()
    openings = [body for number in load.numbers for body in opening(place_of(number), now - 30.0)]
    await fly(errand.port, [request(body, errand.secret, now) for body in openings], 1)
    made = [request(body, errand.secret, now) for body in bodies(load, now - 20.0)]
    requests = list(repeated(made, load.again, 2 * errand.connections))
    return await fly(errand.port, requests, errand.connections, errand.rate)


def main() -> None:
    """Do the errands on standard input."""
    gc.disable()
    for line in sys.stdin:
        print(json.dumps(asdict(asyncio.run(run(Errand.read(line))))), flush=True)


if __name__ == "__main__":
    main()
