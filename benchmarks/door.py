"""From a knock to the platform call, in the whole guardian: real service, actor, enforcer, and journal on a file.

A knock is stamped just before it is handed over as a platform does it, the call when the stand-in platform is called.
The load is made in the same process, so there is no client to be the bottleneck; it counts against the guardian. The
floor is a bare durable program: per knock one row, committed, then the call.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bare import BareStore
from benchmarks.people import facts_of
from benchmarks.rows import Goal, Row, Scale, percentile
from benchmarks.stage import Room, Stage, staged
from guardian.codec import encode
from guardian.core.events import Seen
from guardian.core.identity import Facts, Place

CLASS = 30
CROWD = 60
KNOCK_ROWS = ("floor-knock-p50", "knock-p50", "floor-knock-p99", "knock-p99")
CROWD_ROWS = ("floor-crowd", "floor-crowd-grouped", "crowd-first", "crowd-last")


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as folder:
        yield Path(folder)


# --- one after the other ---------------------------------------------------------------------------------------------


async def measure_knock(scale: Scale) -> list[Row]:
    """One joiner at a time, in a class of thirty where the others are inside."""
    taken: dict[str, list[float]] = {name: [] for name in KNOCK_ROWS}
    for _ in range(scale.repetitions):
        with _folder() as folder:
            bare = _bare_knocks(folder, scale.knocks)
            ours = await _knocks(folder, scale.knocks)
        found = (statistics.median(bare), statistics.median(ours), percentile(bare, 0.99), percentile(ours, 0.99))
        for name, value in zip(KNOCK_ROWS, found, strict=True):
            taken[name].append(value)
    what = f"one joiner, {CLASS - 1} inside"
    return [
        Row(KNOCK_ROWS[0], "bare durable program: p50", "ms", tuple(taken[KNOCK_ROWS[0]])),
        Row(KNOCK_ROWS[1], f"{what}: p50", "ms", tuple(taken[KNOCK_ROWS[1]]), KNOCK_ROWS[0], Goal("≤ 3 ms", 3.0)),
        Row(KNOCK_ROWS[2], "bare durable program: p99", "ms", tuple(taken[KNOCK_ROWS[2]])),
        Row(KNOCK_ROWS[3], f"{what}: p99", "ms", tuple(taken[KNOCK_ROWS[3]]), KNOCK_ROWS[2], Goal("≤ 10 ms", 10.0)),
    ]


def _bare_knocks(folder: Path, count: int) -> list[float]:
    called: list[float] = []
    with BareStore(folder / "bare.sqlite3") as store:
        for n in range(count):
            began = time.perf_counter()
            store.append(began, [_body(facts_of(n, Place.WAITING))])
            called.append((time.perf_counter() - began) * 1000)
    return called


def _body(facts: Facts) -> bytes:
    return encode(Seen(time.time(), facts))


async def _knocks(folder: Path, count: int) -> list[float]:
    room, waits = Room(), []
    # One more on the list, so that the class is never complete and the door stays as it is.
    async with staged(folder, room, CLASS + 1) as stage:
        await _come_in(stage, room, CLASS - 1)
        for turn in range(count):
            handle = f"again{turn}"
            began = time.perf_counter()
            room.show(facts_of(CLASS - 1, Place.WAITING, handle))
            await room.until(lambda who=handle: who in room.inside)  # type: ignore[misc]
            waits.append((room.called[handle] - began) * 1000)
            await stage.until_calm("bench")
            room.leave(handle)
            await stage.until_calm("bench")
    return waits


async def _come_in(stage: Stage, room: Room, people: int) -> None:
    for n in range(people):
        room.show(facts_of(n, Place.WAITING))
    await room.until(lambda: len(room.inside) == people)
    await stage.until_calm("bench")


# --- all at once -----------------------------------------------------------------------------------------------------


async def measure_crowd(scale: Scale) -> list[Row]:
    """Sixty at once: from the first knock to the first call and to the last one."""
    taken: dict[str, list[float]] = {name: [] for name in CROWD_ROWS}
    for _ in range(scale.repetitions):
        with _folder() as folder:
            bare, grouped = _bare_crowd(folder, group=1), _bare_crowd(folder, group=CROWD)
            began, room = await _crowd(folder)
        calls = [(called - began) * 1000 for called in room.called.values()]
        for name, value in zip(CROWD_ROWS, (bare, grouped, min(calls), max(calls)), strict=True):
            taken[name].append(value)
    bare_rows = [
        Row(CROWD_ROWS[0], f"bare durable program, {CROWD} commits: last call", "ms", tuple(taken[CROWD_ROWS[0]])),
        Row(CROWD_ROWS[1], "bare durable program, one commit: last call", "ms", tuple(taken[CROWD_ROWS[1]])),
    ]
    first = Row(CROWD_ROWS[2], f"{CROWD} at once: first call", "ms", tuple(taken[CROWD_ROWS[2]]), CROWD_ROWS[1])
    last = Row(
        CROWD_ROWS[3],
        f"{CROWD} at once: last call",
        "ms",
        tuple(taken[CROWD_ROWS[3]]),
        CROWD_ROWS[0],
        Goal("≤ 30 ms", 30),
    )
    return [*bare_rows, first, last]


def _bare_crowd(folder: Path, group: int) -> float:
    """Milliseconds from the first knock to the last call, ``group`` knocks a transaction."""
    with BareStore(folder / f"crowd{group}.sqlite3") as store:
        began = time.perf_counter()
        for first in range(0, CROWD, group):
            store.append(began, [_body(facts_of(n, Place.WAITING)) for n in range(first, first + group)])
        return (time.perf_counter() - began) * 1000


async def _crowd(folder: Path) -> tuple[float, Room]:
    room = Room()
    async with staged(folder, room, CROWD):
        began = time.perf_counter()
        for n in range(CROWD):
            room.show(facts_of(n, Place.WAITING))
        await room.until(lambda: len(room.inside) == CROWD)
    return began, room
