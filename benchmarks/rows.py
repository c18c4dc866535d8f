"""What a measure gives back, and the arithmetic on it. Pure: no clock, no file, no printing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BUSY = 0.9
"""Share of one core above which a client that makes the load is itself what was measured."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What design asks of a row: ``text`` as it stands there, ``limit`` in the row's unit (or, with ``on_ratio``, of
    the ratio to the floor). ``at_most`` False: at least.
    """

    text: str
    limit: float
    at_most: bool = True
    on_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing. ``samples``: one figure for each repetition, in ``unit``. ``floor``: the row that does the
    same with nothing decided, in the same run.

    ``client_busy``: the share of one core that a load-making process of its own used; None where there is none.
    """

    name: str
    what: str
    unit: str
    samples: tuple[float, ...]
    floor: str | None = None
    goal: Goal | None = None
    client_busy: float | None = None

    @property
    def median(self) -> float:
        """The middle of the repetitions."""
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. ``knocks`` and ``appends`` a repetition; ``callers`` of the journal at once; ``meetings``
    for growth, the fewest first; ``occurrences`` to recover, and to guard at once; ``classes`` whose pupils come
    ``comings`` times, by webhook.
    """

    repetitions: int
    knocks: int
    matches: int
    appends: int
    callers: int
    meetings: tuple[int, ...]
    cycles: int
    occurrences: int
    recoveries: int
    classes: int
    comings: int


FULL = Scale(7, 100, 20_000, 20_000, 200, (10, 500, 5_000), 400, 1_000, 3, 12, 4)
QUICK = Scale(2, 5, 500, 400, 20, (2, 10), 10, 10, 1, 2, 1)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of the values do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def share(cpu_seconds: float, wall_seconds: float) -> float:
    """The share of one core; a process with several threads may use more than 1."""
    return cpu_seconds / wall_seconds if wall_seconds > 0 else 0.0


def ratio(row: Row, rows: Mapping[str, Row]) -> float | None:
    """The row's median over its floor's; None where it has none in this run."""
    floor = rows.get(row.floor or "")
    return row.median / floor.median if floor is not None and floor.median else None


def reached(row: Row, rows: Mapping[str, Row]) -> bool | None:
    """Whether the median (or the ratio) keeps the goal; None where there is no goal, or no floor to compare with."""
    if row.goal is None:
        return None
    value = ratio(row, rows) if row.goal.on_ratio else row.median
    if value is None:
        return None
    return value <= row.goal.limit if row.goal.at_most else value >= row.goal.limit


def bottlenecks(rows: Iterable[Row]) -> tuple[str, ...]:
    """Why these rows may not be published: where the client that made the load had no time left, its own speed was
    measured and not the guardian's. Rows without such a client never stand in the way.
    """
    return tuple(
        f"{row.name}: the load-making client was {row.client_busy:.0%} busy (more than {BUSY:.0%}); it was measured "
        "itself, and not the guardian"
        for row in rows
        if row.client_busy is not None and row.client_busy > BUSY
    )
