"""A class on Zoom, end to end: `guardian run`, its webhooks, its journal on a file, and a host's panel by WebSocket.

From the moment at which the webhook of a knock goes out to the moment at which the order to admit is at the panel, both
by the clock of the process that plays Zoom (``zoom_crowd``); so HTTP, WebSocket and both processes are in it. At the
start of a class the host's client takes 100 ms for each order.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.children import Child, child
from benchmarks.rows import Goal, Row, Scale, percentile
from benchmarks.webhooks import meeting_numbers
from benchmarks.zoom_lesson import Lesson, Seen
from benchmarks.zoom_site import Ways, guarding, write_site

CLASS, CROWD = 30, 60
ANSWER = 0.1
LIMIT = 20
PACE = 19.0  # orders a second: what is on its way may bunch up, so below the limit
ROWS = (
    "zoom-call-p50",
    "zoom-call-p99",
    "zoom-crowd-last",
    "class-at-once",
    "class-spread",
    "class-limited",
    "class-refused",
)


async def measure(scale: Scale) -> list[Row]:
    """One joiner at a time, and the start of a class in three ways."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ROWS}
    async with child("benchmarks.zoom_crowd") as crowd:
        ways = Ways(**json.loads(await crowd.hear()))
        for _ in range(min(3, scale.repetitions)):
            for name, figures in (await _turn(crowd, ways, scale)).items():
                taken[name].append(figures)
    return _rows(taken)


async def _turn(crowd: Child, ways: Ways, scale: Scale) -> dict[str, tuple[float, float]]:
    """Each figure, and how busy the process was that played Zoom meanwhile."""
    numbers = meeting_numbers(3)
    async with _guardian(ways, numbers, 1000.0) as port:
        one = await _play(crowd, Lesson(port, numbers[0], CLASS - 1, again=scale.knocks))
        at_once = await _play(crowd, Lesson(port, numbers[1], CROWD, answer=ANSWER))
        spread = await _play(crowd, Lesson(port, numbers[2], CROWD, seconds=1.0, answer=ANSWER))
    async with _guardian(ways, numbers[:1], PACE) as port:
        limited = await _play(crowd, Lesson(port, numbers[0], CROWD, answer=ANSWER, limit=LIMIT))
    return {
        "zoom-call-p50": (statistics.median(one.waits), one.busy),
        "zoom-call-p99": (percentile(one.waits, 0.99), one.busy),
        "zoom-crowd-last": (at_once.last_call, at_once.busy),
        "class-at-once": (at_once.all_inside, at_once.busy),
        "class-spread": (spread.all_inside, spread.busy),
        "class-limited": (limited.all_inside, limited.busy),
        "class-refused": (float(limited.refused), limited.busy),
    }


async def _play(crowd: Child, lesson: Lesson) -> Seen:
    return Seen(**json.loads(await crowd.ask(lesson.coded())))


@asynccontextmanager
async def _guardian(ways: Ways, numbers: tuple[str, ...], pace: float) -> AsyncIterator[int]:
    """It guards these meetings, with room on the list for two more than come, so that no class is ever complete."""
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as folder:
        async with guarding(write_site(Path(folder), ways, numbers, CROWD + 2, pace), ways) as port:
            yield port


def _rows(taken: dict[str, list[tuple[float, float]]]) -> list[Row]:
    one = f"Zoom, one joiner, {CLASS - 1} inside: webhook → panel"
    start = f"Zoom, {CROWD} knocks, panel answers in 100 ms"
    shapes = {
        "zoom-call-p50": (f"{one}, p50", "ms", "floor-knock-p50", Goal("≤ 3 ms", 3.0)),
        "zoom-call-p99": (f"{one}, p99", "ms", "floor-knock-p99", Goal("≤ 10 ms", 10.0)),
        "zoom-crowd-last": (f"Zoom, {CROWD} at once: webhook → panel, last", "ms", "floor-crowd", Goal("≤ 30 ms", 30)),
        "class-at-once": (f"{start}, at once: all inside", "s", None, Goal("≤ 0.25 s", 0.25)),
        "class-spread": (f"{start}, over 1 s: all inside", "s", None, Goal("≤ 1.3 s", 1.3)),
        "class-limited": (f"{start}, limit {LIMIT}/s: all inside", "s", None, Goal("≤ 2.4 s", 2.4)),
        "class-refused": (f"orders beyond that limit (paced at {PACE:g}/s)", "orders", None, Goal("none", 0)),
    }
    return [
        Row(name, what, unit, tuple(v for v, _ in taken[name]), floor, goal, max(busy for _, busy in taken[name]))
        for name, (what, unit, floor, goal) in shapes.items()
    ]
