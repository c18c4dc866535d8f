"""The journal alone: rows made durable a second for many callers at once, and how long a lone caller waits.

The floor is the same SQLite on the same disk with the same settings, one thread, as many rows a transaction.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.bare import BareStore
from benchmarks.rows import Row, Scale
from guardian.adapters.journal import open_journal
from guardian.codec import encode
from guardian.core.events import Accepted
from guardian.ports import Entry, Journal

ROWS = ("floor-append", "append", "floor-append-lone", "append-lone")
NOW = 1_800_000_000.0
BODY = encode(Accepted(NOW, "a1000"))
LONE = 200


async def measure(scale: Scale) -> list[Row]:
    """Group commit and lone appends, turn by turn with their floors."""
    rates: dict[str, list[float]] = {name: [] for name in ROWS}
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as folder:
        for turn in range(scale.repetitions):
            bare_rate, bare_lone = _bare(Path(folder) / f"bare{turn}.sqlite3", scale)
            rate, lone = await _ours(Path(folder) / f"journal{turn}.sqlite3", scale)
            for name, value in zip(ROWS, (bare_rate, rate, bare_lone, lone), strict=True):
                rates[name].append(value)
    callers = scale.callers
    many = f"{callers} rows a transaction, bare SQLite"
    return [
        Row(ROWS[0], many, "rows/s", tuple(rates[ROWS[0]])),
        Row(
            ROWS[1],
            f"{callers} callers at once, one row each, chained",
            "rows/s",
            tuple(rates[ROWS[1]]),
            ROWS[0],
        ),
        Row(ROWS[2], "one row a transaction, bare SQLite (median)", "ms", tuple(rates[ROWS[2]])),
        Row(ROWS[3], "a lone caller's append (median)", "ms", tuple(rates[ROWS[3]]), ROWS[2]),
    ]


def _bare(path: Path, scale: Scale) -> tuple[float, float]:
    with BareStore(path) as store:
        groups = max(1, scale.appends // scale.callers)
        began = time.perf_counter()
        for _ in range(groups):
            store.append(NOW, [BODY] * scale.callers)
        rate = groups * scale.callers / (time.perf_counter() - began)
        waits = []
        for _ in range(min(LONE, scale.appends)):
            began = time.perf_counter()
            store.append(NOW, [BODY])
            waits.append(time.perf_counter() - began)
    return rate, statistics.median(waits) * 1000


async def _ours(path: Path, scale: Scale) -> tuple[float, float]:
    journal = await open_journal(f"sqlite:///{path}")
    try:
        names = [f"bench-{n}" for n in range(scale.callers)]
        await asyncio.gather(*(journal.open_occurrence(name, "bench", None, NOW) for name in names))
        each = max(1, scale.appends // scale.callers)
        began = time.perf_counter()
        await asyncio.gather(*(_append(journal, name, each) for name in names))
        rate = each * scale.callers / (time.perf_counter() - began)
        waits = []
        for _ in range(min(LONE, scale.appends)):
            began = time.perf_counter()
            await journal.append((Entry(names[0], NOW, "event", BODY),))
            waits.append(time.perf_counter() - began)
    finally:
        await journal.close()
    return rate, statistics.median(waits) * 1000


async def _append(journal: Journal, occurrence: str, times: int) -> None:
    for _ in range(times):
        await journal.append((Entry(occurrence, NOW, "event", BODY),))
