"""Coming back: a fresh process takes up a thousand classes of thirty from its journal, and what they weigh in memory.

The journal is written once; each repetition starts a process of its own on a copy of it, so that nothing is warm and
memory is counted from nothing. The floor reads the same rows by SQLite alone and decodes their JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.people import HOST, SELF, facts_of, lesson, slot_around
from benchmarks.rows import Goal, Row, Scale
from benchmarks.stage import Room, Stage
from guardian.adapters.journal import open_journal
from guardian.codec import encode
from guardian.core.events import Event, Opened
from guardian.core.identity import Place
from guardian.core.memory import Slot
from guardian.ports import Entry

CLASS = 30
ROWS = ("floor-read", "recover", "recover-read", "memory")
_STORE = "journal.sqlite3"
_AT_ONCE = 25  # occurrences written by one append


async def measure(scale: Scale) -> list[Row]:
    """Until everything is folded; until every room was read afresh, too; and the memory that all of it then takes."""
    taken: dict[str, list[float]] = {name: [] for name in ROWS}
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as name:
        folder = Path(name)
        (folder / "full").mkdir()
        await _write(folder / "full" / _STORE, scale.occurrences)
        for turn in range(scale.recoveries):
            home = folder / f"turn{turn}"
            home.mkdir()
            shutil.copy(folder / "full" / _STORE, home / _STORE)
            taken["floor-read"].append(_bare_read(home / _STORE))
            found = await _child(home, scale.occurrences)
            for key, told in (("recover", "folded"), ("recover-read", "read"), ("memory", "kilobytes")):
                taken[key].append(found[told])
            shutil.rmtree(home)
    what = f"{scale.occurrences:,} live occurrences of {CLASS} people"
    goal = Goal("≤ 5 s", 5.0)
    return [
        Row("floor-read", "the same rows read and their JSON decoded", "s", tuple(taken["floor-read"])),
        Row("recover", f"{what}: folded", "s", tuple(taken["recover"]), "floor-read", goal),
        Row(
            "recover-read", f"{what}: and every room read afresh", "s", tuple(taken["recover-read"]), "floor-read", goal
        ),
        Row("memory", "resident, per live occurrence", "KB", tuple(taken["memory"]), None, Goal("≤ 100 KB", 100.0)),
    ]


async def _write(path: Path, occurrences: int) -> None:
    """A journal with that many classes in mid-lesson, each a meeting of its own."""
    now = time.time()
    records = lesson(CLASS, now).records
    bodies = [(at, "event" if isinstance(record, Event) else "decision", encode(record)) for at, record in records]
    opened, slot = records[0][1], slot_around(now)
    assert isinstance(opened, Opened)
    journal = await open_journal(f"sqlite:///{path}", patience=60.0)
    try:
        for first in range(0, occurrences, _AT_ONCE):
            entries: list[Entry] = []
            for n in range(first, min(first + _AT_ONCE, occurrences)):
                name, meeting = f"bench{n}-1", f"bench{n}"
                await journal.open_occurrence(name, meeting, slot.start, now)
                own = Opened(now, name, meeting, opened.slot, opened.capabilities)
                entries.append(Entry(name, now, "event", encode(own)))
                entries += [Entry(name, at, kind, body) for at, kind, body in bodies[1:]]
            await journal.append(entries)
    finally:
        await journal.close()


def _bare_read(path: Path) -> float:
    began = time.perf_counter()
    with sqlite3.connect(path) as connection:
        for (body,) in connection.execute("SELECT body FROM journal_rows ORDER BY occurrence, seq"):
            msgspec.json.decode(body)
    connection.close()
    return time.perf_counter() - began


async def _child(folder: Path, occurrences: int) -> dict[str, float]:
    """What a process of its own found. Raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.recovery", str(folder), str(occurrences)),
        cwd=Path(__file__).parents[1],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode != 0:
        message = f"the recovering process ended with {process.returncode}"
        raise RuntimeError(message)
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


# --- in the child ----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> None:
    """Take up what ``arguments`` name (folder, how many occurrences) and print what it took."""
    from guardian.log import configure  # noqa: PLC0415 - only the child speaks to nobody

    gc.disable()  # as `guardian run` does until it has started
    configure("error")
    print(json.dumps(asyncio.run(_recover(Path(arguments[0]), int(arguments[1])))))


async def _recover(folder: Path, occurrences: int) -> dict[str, float]:
    people = [SELF, HOST, *(facts_of(n, Place.INSIDE) for n in range(CLASS))]
    meetings = [f"bench{n}" for n in range(occurrences)]
    rooms = {meeting: Room(people=people) for meeting in meetings}
    stage = Stage(folder, rooms, CLASS, slot=await _slot(folder))
    gc.collect()
    before, at = _resident(), time.perf_counter()
    await stage.service.start()
    folded = time.perf_counter() - at
    gc.freeze()
    gc.enable()
    assert all(len(stage.watch(m).actor.state.connections) == len(people) for m in meetings)
    await stage.until_calm(*meetings)
    read = time.perf_counter() - at
    weight = (_resident() - before) / 1024 / len(meetings)
    await stage.service.drain(60.0)
    return {"folded": folded, "read": read, "kilobytes": weight}


async def _slot(folder: Path) -> Slot:
    journal = await open_journal(f"sqlite:///{folder / _STORE}")
    try:
        start = (await journal.occurrences())[0].slot_start
    finally:
        await journal.close()
    assert start is not None
    return slot_around(start + 60.0)


def _resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(sys.argv[1:])
