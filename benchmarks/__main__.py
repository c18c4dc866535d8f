"""``python -m benchmarks``: measure, print the table, write it down. ``--quick`` and ``--only`` write nothing."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from benchmarks import core, door, growth, host, ingest, journal, many, prosody, recovery, start, zoom
from benchmarks.names import measure as names
from benchmarks.report import as_json, markdown, table
from benchmarks.rows import FULL, QUICK, Row, Scale, bottlenecks
from guardian.log import configure

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measure:
    """Rows that are taken together, and how."""

    rows: tuple[str, ...]
    take: Callable[[Scale], Awaitable[list[Row]]]


def measures(scale: Scale) -> tuple[Measure, ...]:
    """Everything that there is to measure, in the order of the table."""
    return (
        Measure(core.MATCH_ROWS, core.measure_matching),
        Measure(names.ROWS, names.measure),
        Measure(core.CORE_ROWS, core.measure),
        Measure(journal.ROWS, journal.measure),
        Measure(door.KNOCK_ROWS, door.measure_knock),
        Measure(door.CROWD_ROWS, door.measure_crowd),
        Measure(zoom.ROWS, zoom.measure),
        Measure(ingest.ROWS, ingest.measure),
        Measure(many.ROWS, many.measure),
        Measure(prosody.ROWS, prosody.measure),
        Measure(start.ROWS, start.measure),
        Measure(recovery.ROWS, recovery.measure),
        Measure(growth.rows(scale), growth.measure),
    )


def wanted(scale: Scale, only: Sequence[str]) -> list[Measure]:
    """The measures that make a row whose name is, or begins with, one of ``only``; all of them for none.

    Raises ValueError naming every row when one of ``only`` fits nothing.
    """
    known = measures(scale)
    names = [name for measure in known for name in measure.rows]
    for asked in only:
        if not any(name.startswith(asked) for name in names):
            message = f"no row is called {asked!r}; there are: {', '.join(names)}"
            raise ValueError(message)
    return [m for m in known if not only or any(name.startswith(asked) for asked in only for name in m.rows)]


def write(folder: Path, about: dict[str, str], rows: Sequence[Row]) -> tuple[str, ...]:
    """Write both result files; or none of them, and why not."""
    refused = bottlenecks(rows)
    if not refused:
        (folder / "results.md").write_text(markdown(about, rows), encoding="utf-8")
        (folder / "results.json").write_text(as_json(about, rows), encoding="utf-8")
    return refused


async def _take(chosen: Sequence[Measure], scale: Scale) -> list[Row]:
    rows: list[Row] = []
    for measure in chosen:
        began = time.monotonic()
        rows += await measure.take(scale)
        print(f"{', '.join(measure.rows)}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    return rows


def main(arguments: Sequence[str] | None = None, folder: Path = HERE) -> int:
    """Measure as ``arguments`` ask (default: the command line's); the exit code. Results go into ``folder``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="look whether everything runs; the figures mean nothing")
    parser.add_argument("-o", "--only", action="append", default=[], metavar="ROW", help="rows that begin like this")
    asked = parser.parse_args(arguments)
    scale = QUICK if asked.quick else FULL
    try:
        chosen = wanted(scale, asked.only)
    except ValueError as error:
        parser.error(str(error))
    configure("error")
    about = host.describe(Path(gettempdir()))
    rows = asyncio.run(_take(chosen, scale))
    for key, value in about.items():
        print(f"{key}: {value}")
    print("\n".join(["", *table(rows), ""]))
    if asked.quick or asked.only:
        print("nothing was written: only a whole run is (leave out --quick and --only)")
        return 0
    refused = write(folder, about, rows)
    for reason in refused:
        print(f"not written: {reason}", file=sys.stderr)
    if not refused:
        print(f"written: {folder / 'results.md'}, {folder / 'results.json'}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
