"""Scores decisions on the cases of ``benchmarks/names``: ``python -m benchmarks.names.score CASES DECISIONS``.

DECISIONS are lines as ``guardian match CASES`` writes them (``-``: standard input). The counting rules are those of the
sample's README; nothing here decides anything.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COSTS = {"false admit": 100, "false remove": 10, "false hold": 1, "needless hold": 1}


@dataclass(frozen=True, slots=True)
class Truth:
    """A case as labelled: its kind, who it really is (None: nobody on the roster), which decisions are right."""

    case: str
    kind: str
    person: str | None
    accept: frozenset[str]


@dataclass(slots=True)
class Score:
    """Counts of outcomes, and of the cases that each rate is over."""

    outcomes: Counter[str] = field(default_factory=Counter)
    over: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        """How many were scored."""
        return self.outcomes.total()

    @property
    def cost(self) -> int:
        """100 for a false admit, 10 for a false remove, 1 for a hold."""
        return sum(COSTS.get(outcome, 0) * count for outcome, count in self.outcomes.items())

    def rate(self, outcome: str) -> float:
        """The share of the cases in which this outcome was possible; 0 when there were none."""
        return self.outcomes[outcome] / self.over[outcome] if self.over[outcome] else 0.0


def outcome(truth: Truth, decision: str, person: str | None) -> str:
    """What a decision counts as."""
    if decision == "known":
        right = person is not None and person == truth.person and "known" in truth.accept
        return "correct" if right else "false admit"
    if decision in truth.accept:
        return "correct"
    if truth.person is None:
        return "needless hold"
    return "false hold" if decision == "unsure" else "false remove"


def score(truths: Iterable[Truth], decided: Mapping[str, tuple[str, str | None]]) -> Score:
    """Score all cases. Raises KeyError for a case without a decision."""
    found = Score()
    for truth in truths:
        decision, person = decided[truth.case]
        result = outcome(truth, decision, person)
        found.outcomes[result] += 1
        found.kinds[truth.kind] += 1
        found.over["correct"] += 1
        found.over["false admit"] += "known" not in truth.accept
        found.over["false hold"] += truth.accept == {"known"}
        found.over["false remove"] += truth.person is not None
        found.over["needless hold"] += truth.accept == {"unknown"}
        if result != "correct":
            found.faults[f"{result}: {truth.kind}"].append(truth.case)
    return found


def truths_of(lines: Iterable[str]) -> list[Truth]:
    """The labelled cases among JSON lines."""
    rows = (json.loads(line) for line in lines if line.strip())
    return [truth_of(row) for row in rows if row["type"] == "case"]


def truth_of(row: Mapping[str, Any]) -> Truth:
    """One labelled case."""
    return Truth(row["case"], row["kind"], row["truth"], frozenset(row["accept"]))


def decided_of(lines: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """Decisions by case."""
    rows: Iterable[Any] = (json.loads(line) for line in lines if line.strip())
    return {row["case"]: (row["decision"], row["person"]) for row in rows}


def told(found: Score) -> list[str]:
    """The score as lines of text."""
    lines = [f"{found.cases} cases, {found.rate('correct'):.2%} correct, cost {found.cost}"]
    lines += [f"{name}s: {found.outcomes[name]} of {found.over[name]} ({found.rate(name):.2%})" for name in COSTS]
    lines += [f"  {fault}: {' '.join(cases[:8])}" for fault, cases in sorted(found.faults.items())]
    return lines


def main() -> int:
    """Print the score; the exit code is 0 when everything could be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.names.score", description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("decisions", help="a file, or - for standard input")
    asked = parser.parse_args()
    truths = truths_of(asked.cases.read_text("utf-8").split("\n"))
    text = sys.stdin.read() if asked.decisions == "-" else Path(asked.decisions).read_text("utf-8")
    print("\n".join(told(score(truths, decided_of(text.split("\n"))))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
