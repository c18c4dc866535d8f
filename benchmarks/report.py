"""How results are shown: one table for people, one object for programs. Pure text; who writes it is not known here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from benchmarks.rows import Row, ratio, reached

_HEAD = ("row", "what", "unit", "n", "median", "min – max", "ratio", "to its floor", "to reach", "reached", "client")
_NUMBERS = {3, 4, 5, 6}
_LEGEND = """\
`n` repetitions, each with one figure; the median of them counts. `ratio` is the median over that of the row named
beside it, taken in the same run (turn by turn where they belong together). `client` is the share of one core that a
process of its own used to make the load; `–`: there is none, the load is made inside the measured process and counts
against it. Above 90 % nothing is written. Made by `make bench`; what is measured is said at the head of each file here.
"""


def markdown(host: Mapping[str, str], rows: Sequence[Row]) -> str:
    """The result page."""
    lines = ["# Benchmarks", ""]
    lines += [f"* {key}: {value}" for key, value in host.items()]
    return "\n".join([*lines, "", *table(rows), "", _LEGEND])


def table(rows: Sequence[Row]) -> list[str]:
    """The lines of a Markdown table with aligned columns."""
    known = {row.name: row for row in rows}
    cells = [_cells(row, known) for row in rows]
    widths = [max(len(line[i]) for line in (_HEAD, *cells)) for i in range(len(_HEAD))]
    rule = ["-" * (width - 1) + ":" if i in _NUMBERS else "-" * width for i, width in enumerate(widths)]
    return [_line(_HEAD, widths), _line(rule, widths), *(_line(line, widths) for line in cells)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (c.rjust(w) if i in _NUMBERS else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
    return f"| {' | '.join(padded)} |"


def _cells(row: Row, known: Mapping[str, Row]) -> tuple[str, ...]:
    share = ratio(row, known)
    kept = reached(row, known)
    return (
        row.name,
        row.what,
        row.unit,
        str(len(row.samples)),
        figure(row.median),
        f"{figure(min(row.samples))} – {figure(max(row.samples))}",
        "–" if share is None else f"{share:.2f}",
        row.floor or "–",
        row.goal.text if row.goal else "–",
        {True: "yes", False: "NO", None: "–"}[kept],
        "–" if row.client_busy is None else f"{row.client_busy:.0%}",
    )


def figure(value: float) -> str:
    """Three significant digits; whole numbers from a hundred on, with a comma for thousands."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def as_json(host: Mapping[str, str], rows: Sequence[Row]) -> str:
    """The same for programs."""
    known = {row.name: row for row in rows}
    told = [
        {
            "row": row.name,
            "what": row.what,
            "unit": row.unit,
            "repetitions": len(row.samples),
            "median": row.median,
            "min": min(row.samples),
            "max": max(row.samples),
            "samples": row.samples,
            "floor": row.floor,
            "ratio": ratio(row, known),
            "to_reach": row.goal.text if row.goal else None,
            "reached": reached(row, known),
            "client_busy": row.client_busy,
        }
        for row in rows
    ]
    return json.dumps({"host": dict(host), "rows": told}, indent=2, ensure_ascii=False) + "\n"
