"""Signed webhooks into the real service: `guardian run` as people start it, its journal on a file, 64 connections.

Each answer means: signature right, de-duplicated, decided, on the disk. No panel is open, so that nothing but incidents
follows from a decision. What is told is what Zoom tells of classes where people knock, come in and leave, one event in
twenty twice; the journal is looked at afterwards. One class at a time, or all of them abreast: then each event is
decided alone, and every one over a whole class. The floor is a bare aiohttp handler that checks the signature, reads
the JSON and answers. Sender and server are processes of their own.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.children import Child, child
from benchmarks.rows import Goal, Row, Scale
from benchmarks.sender import Errand, Sent
from benchmarks.webhooks import BY_HAND, Load, meeting_numbers
from benchmarks.zoom_site import Ways, guarding, write_site
from guardian.world.zoom import ZoomWorld

CONNECTIONS = 64
CLASS = 30
RATE = 500.0
UVLOOP = find_spec("uvloop") is not None
ROWS = (
    "floor-ingest",
    "ingest",
    "ingest-abreast",
    "ingest-by-hand",
    *(("ingest-uvloop",) if UVLOOP else ()),
    "floor-ingest-p99",
    "ingest-p99",
    "floor-ingest-paced-p99",
    "ingest-paced-p99",
)
_LEAST_KEPT = 0.99  # of the happenings: one that is overtaken by a later one of the same person may say nothing new


async def measure(scale: Scale) -> list[Row]:
    """Requests a second with all connections busy, and how long an answer takes then and at an even pace."""
    taken: dict[str, list[Sent]] = {}
    async with ZoomWorld() as world:
        for _ in range(min(3, scale.repetitions)):
            for name, sent in (await _turn(Ways.to(world), scale)).items():
                taken.setdefault(name, []).append(sent)
    return _rows(taken)


async def _turn(ways: Ways, scale: Scale) -> dict[str, Sent]:
    """Every load once, at the floor and at the guardian."""
    numbers = meeting_numbers(4 * scale.classes)
    parts = [numbers[n * scale.classes : (n + 1) * scale.classes] for n in range(4)]
    few = max(1, scale.comings // 2)
    one, abreast = Load(parts[0], CLASS, scale.comings, 1), Load(parts[1], CLASS, few, scale.classes)
    by_hand = Load(parts[2], CLASS, few, 1, BY_HAND)
    paced = Load(parts[3], CLASS, 1, scale.classes)
    async with child("benchmarks.sender") as sender:
        async with _bare(ways.webhook_secret) as port:
            found = {
                "floor-ingest": await _send(sender, port, ways, one),
                "floor-ingest-paced": await _send(sender, port, ways, paced, RATE),
            }
        async with _guardian(ways, (one, abreast, by_hand, paced)) as port:
            found["ingest-paced"] = await _send(sender, port, ways, paced, RATE)
            found["ingest"] = await _send(sender, port, ways, one)
            found["ingest-abreast"] = await _send(sender, port, ways, abreast)
            found["ingest-by-hand"] = await _send(sender, port, ways, by_hand)
        if UVLOOP:
            async with _guardian(ways, (one,), uvloop=True) as port:
                found["ingest-uvloop"] = await _send(sender, port, ways, one)
    return found


async def _send(sender: Child, port: int, ways: Ways, load: Load, rate: float | None = None) -> Sent:
    errand = Errand(port, ways.webhook_secret, load, CONNECTIONS, rate)
    return Sent(**json.loads(await sender.ask(errand.coded())))


@asynccontextmanager
async def _bare(secret: str) -> AsyncIterator[int]:
    async with child("benchmarks.bare_hook") as server:
        yield int(await server.ask(secret + "\n"))


@asynccontextmanager
async def _guardian(ways: Ways, loads: tuple[Load, ...], *, uvloop: bool = False) -> AsyncIterator[int]:
    """It guards the meetings of these loads, and has kept all of them at the end. Raises RuntimeError if not."""
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as name:
        numbers = [number for load in loads for number in load.numbers]
        # One more on the list than comes: no class is ever complete, and the door stays as it is.
        config = write_site(Path(name), ways, numbers, CLASS + 1, 1000.0)
        async with guarding(config, ways, uvloop=uvloop) as port:
            yield port
        kept, told = _kept(Path(name) / "data" / "journal.sqlite3"), sum(load.happenings() for load in loads)
    if not _LEAST_KEPT * told <= kept <= told:
        message = f"{told} things were told, {kept} are in the journal"
        raise RuntimeError(message)


def _kept(path: Path) -> int:
    """How many happenings are in the journal; what one says further has its key with a number behind it."""
    connection = sqlite3.connect(path)
    try:
        query = "SELECT count(*) FROM journal_rows WHERE key IS NOT NULL AND key NOT LIKE '%#%'"
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def _rows(taken: Mapping[str, list[Sent]]) -> list[Row]:
    def speed(name: str, what: str, goal: Goal | None = None) -> Row:
        sent, floor = taken[name], None if name.startswith("floor-") else "floor-ingest"
        return Row(name, what, "events/s", tuple(s.per_second for s in sent), floor, goal, max(s.busy for s in sent))

    def wait(name: str, what: str) -> Row:
        sent, bare = taken[name], name.startswith("floor-")
        floor, goal = (None, None) if bare else (f"floor-{name}-p99", Goal("≤ 10 ms", 10.0))
        return Row(f"{name}-p99", what, "ms", tuple(s.p99 for s in sent), floor, goal, max(s.busy for s in sent))

    goal = Goal("≥ 0.60 ×", 0.60, at_most=False, on_ratio=True)
    swift = Goal("≥ 0.80 ×", 0.80, at_most=False, on_ratio=True)
    classes = f"classes of {CLASS}"
    pace = f"{RATE:g} events a second"
    return [
        speed("floor-ingest", "bare aiohttp handler, HMAC only"),
        speed("ingest", f"signed webhooks, durable, {classes} one by one", goal),
        speed("ingest-abreast", f"signed webhooks, durable, {classes} all abreast", goal),
        speed("ingest-by-hand", "one by one, and the teacher lets each in by hand"),
        *([speed("ingest-uvloop", "one by one, with uvloop", swift)] if "ingest-uvloop" in taken else []),
        wait("floor-ingest", "bare handler, 64 connections busy: p99"),
        wait("ingest", f"{classes} one by one, 64 connections busy: p99"),
        wait("floor-ingest-paced", f"bare handler, {pace}: p99"),
        wait("ingest-paced", f"{classes} abreast, {pace}: p99"),
    ]
