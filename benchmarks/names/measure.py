"""Rows on matching: what the sample and sets with other names score, what each gate lets in and holds, and the speed.

No journal, no loop, no client: one thread calls functions. The counting rules stand in ``score``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from benchmarks.core import timed
from benchmarks.names.people import LOCALES, Names
from benchmarks.names.prices import LISTED, SAMPLE, STRANGERS, Tally
from benchmarks.names.remade import KINDS, Class, case_line, remade
from benchmarks.names.score import Score, Truth, score, truth_of
from benchmarks.rows import Goal, Row, Scale
from guardian.cli.cases import CaseLine, Decider, RosterLine, decision_of

SIZES = ((30, 10_000.0), (500, 5_000.0))
RATES = (("false admit", 0.10), ("false hold", 2.5), ("false remove", 0.25), ("needless hold", 3.0))
_WHAT = ("holds", "admits", "admits-listed")
_GATES = {
    "strong": ("names-gate", "the default gate"),
    "name_exact": ("names-gate-exact", "a gate with exact names"),
    "name_close": ("names-gate-close", "a gate with exact and similar names"),
}
ROWS = (
    "names-sample",
    "names-remade",
    *(f"names-{name.replace(' ', '-')}s" for name, _ in RATES),
    *(f"{row}-{what}" for row, _ in _GATES.values() for what in _WHAT),
    *(f"names-{size}" for size, _ in SIZES),
)
_FEWEST = 5_000  # matches; fewer say nothing of the repetitions


async def measure(scale: Scale) -> list[Row]:
    """All rows of ``ROWS``."""
    few = scale.matches < _FEWEST
    with SAMPLE.open(encoding="utf-8") as lines:
        sets = [_Set(json.loads(line) for line in lines)]
    sets += [_Set(remade(seed, 4 if few else 60)) for seed in range(1, 1 + scale.repetitions)]
    return [*_scores(sets), *(_speed(size, least, scale) for size, least in SIZES)]


class _Set:
    """One set of cases, decided."""

    def __init__(self, lines: Iterable[dict[str, Any]]) -> None:
        decider, self.tally = Decider(), Tally()
        truths: list[Truth] = []
        decided: dict[str, tuple[str, str | None]] = {}
        for line in lines:
            if line["type"] == "roster":
                listed = msgspec.convert(line, RosterLine)
                decider.take(listed)
                self.tally.roster(decider, listed)
                continue
            match = decider.match(msgspec.convert(line, CaseLine))
            truth = truth_of(line)
            truths.append(truth)
            decided[truth.case] = (decision_of(match), match.person.id if match.person else None)
            self.tally.case(line, match)
        self.score: Score = score(truths, decided)


def _scores(sets: list[_Set]) -> list[Row]:
    sample, anew = sets[0], sets[1:]
    right = Goal("≥ 98 %", 98.0, at_most=False)
    rows = [
        Row("names-sample", f"right of the sample's {sample.score.cases}", "%", (_correct(sample),), goal=right),
        Row(
            "names-remade",
            f"right of some {anew[0].score.cases} with other names",
            "%",
            tuple(_correct(one) for one in anew),
            goal=right,
        ),
    ]
    for name, limit in RATES:
        rates = tuple(100 * one.score.rate(name) for one in sets)
        goal = Goal(f"≤ {limit} %", limit)
        rows.append(Row(f"names-{name.replace(' ', '-')}s", f"{name}s, all sets", "%", rates, goal=goal))
    return rows + [row for gate in _GATES for row in _gate(gate, [one.tally for one in sets])]


def _gate(gate: str, tallies: list[Tally]) -> list[Row]:
    """What a gate holds and lets in, in shares of those who should be let in and of strangers."""
    name, words = _GATES[gate]
    parts = (
        (f"held by {words}, of those rightly known", [one.held(gate, "named", "signed_in") for one in tallies]),
        (f"admitted by {words}, of strangers", [one.admitted(gate, *STRANGERS) for one in tallies]),
        (f"admitted by {words}, of who shows just a listed name", [one.admitted(gate, LISTED) for one in tallies]),
    )
    return [
        Row(f"{name}-{what}", said, "%", tuple(100 * count / of for count, of in counts))
        for what, (said, counts) in zip(_WHAT, parts, strict=True)
    ]


def _correct(one: _Set) -> float:
    return 100 * one.score.rate("correct")


def _speed(size: int, least: float, scale: Scale) -> Row:
    """Decisions a second on cases of every kind and in many scripts, none asked twice, the indexes built before."""
    names = Names(size)
    group = Class(names, "speed", size, LOCALES)
    cases = []
    for number in range(max(1, scale.matches // 10 // len(KINDS))):
        made = [make(group) for make in KINDS.values()]
        cases += [case_line(f"{number}-{n}", "speed", "speed", one) for n, one in enumerate(made) if one is not None]
    asked = list({msgspec.json.encode(case["joiner"]): msgspec.convert(case, CaseLine) for case in cases}.values())
    listed = msgspec.convert(
        {"type": "roster", "roster": "speed", "people": [p.row() for p in group.people]}, RosterLine
    )
    rates = []
    for _ in range(scale.repetitions):
        decider = Decider()
        decider.take(listed)
        for case in asked[: len(KINDS)]:
            decider.match(case)  # builds what is built when first needed
        fresh = asked[len(KINDS) :] or asked
        rates.append(len(fresh) / timed(lambda to=decider, some=fresh: [to.match(case) for case in some]))  # type: ignore[misc]
    what = f"who it is by all kinds of names, of {size} in {len(LOCALES)} languages"
    return Row(f"names-{size}", what, "decisions/s", tuple(rates), goal=Goal(f"≥ {least:,.0f}/s", least, at_most=False))
