"""What is played on the loopback Zoom, what is seen of it, and a limit as platforms have it. No socket here."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Lesson:
    """Who comes to which meeting of the guardian on ``port``. ``people`` knock over ``seconds``, evenly (0: at once).

    ``again``: after that one more knocks, comes in and leaves, so many times, and only these count. ``answer``: seconds
    that the host's client takes for an order; ``limit``: orders a second (and at once) that it takes, 0 for any.
    """

    port: int
    number: str
    people: int
    seconds: float = 0.0
    again: int = 0
    answer: float = 0.0
    limit: int = 0

    def coded(self) -> str:
        """As one line."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds from each webhook of a knock to the order at the panel; from the first knock to the last order;
    seconds from the first knock until all were inside; how many orders were beyond the limit; how busy we were.
    """

    waits: list[float]
    last_call: float
    all_inside: float
    refused: int
    busy: float


class Bucket:
    """A platform's limit: ``size`` calls at once, ``rate`` a second on the long run."""

    def __init__(self, rate: float, size: int) -> None:
        self._rate, self._size = rate, float(size)
        self._left, self._at = float(size), time.perf_counter()

    def take(self) -> bool:
        """Whether one more call is within the limit now."""
        now = time.perf_counter()
        self._left = min(self._size, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
