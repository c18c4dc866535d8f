"""From a knock to the platform call while a thousand classes of thirty are guarded: the whole guardian, one process.

Everybody but one is inside everywhere. Then, evenly and each in another class, the last ones knock: 100 a second, as
when 30,000 people come within five minutes. Platforms are stand-ins, and the load is made in the same process.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.people import HOST, SELF, facts_of
from benchmarks.rows import Goal, Row, Scale, percentile
from benchmarks.stage import Room, Stage
from guardian.core.identity import Place

CLASS = 30
RATE = 100.0
MOST = 3
ROWS = ("many-p50", "many-p99")
LAST = CLASS - 1


async def measure(scale: Scale) -> list[Row]:
    """Milliseconds; each repetition with classes of its own."""
    people = [SELF, HOST, *(facts_of(n, Place.INSIDE) for n in range(LAST))]
    rooms = {f"bench{n}": Room(people=people) for n in range(scale.occurrences)}
    repetitions = min(MOST, scale.repetitions)
    each = len(rooms) // repetitions
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as folder:
        # One more on the list, so that no class is ever complete and the doors stay as they are.
        stage = Stage(Path(folder), rooms, CLASS + 1)
        await stage.service.start()
        try:
            await stage.until_calm(*rooms)
            gc.collect()
            gc.freeze()  # as `guardian run` does once it has started
            doors = list(rooms.values())
            waits = [await _knocks(doors[n * each : (n + 1) * each]) for n in range(repetitions)]
            readiness = stage.service.readiness()
            assert readiness.ok, readiness.problems
        finally:
            gc.unfreeze()
            await stage.service.drain(60.0)
    what = f"one joiner each in {len(rooms):,} classes of {CLASS}, {RATE:g} a second"
    return [
        Row(ROWS[0], f"{what}: p50", "ms", tuple(statistics.median(some) for some in waits), "floor-knock-p50"),
        Row(
            ROWS[1],
            f"{what}: p99",
            "ms",
            tuple(percentile(some, 0.99) for some in waits),
            "floor-knock-p99",
            Goal("≤ 50 ms", 50.0),
        ),
    ]


async def _knocks(rooms: list[Room]) -> list[float]:
    """Milliseconds from when each knock was due to its call."""
    handle, due = facts_of(LAST, Place.WAITING).handle, dict[int, float]()
    began = time.perf_counter()
    for n, room in enumerate(rooms):
        due[n] = began + n / RATE
        await asyncio.sleep(max(0.0, due[n] - time.perf_counter()))
        room.show(facts_of(LAST, Place.WAITING))
    for room in rooms:
        await room.until(lambda room=room: handle in room.inside)  # type: ignore[misc]
    return [(room.called[handle] - due[n]) * 1000 for n, room in enumerate(rooms)]
