"""The score counts as the sample's README says; sets made anew are whole and the same for the same seed."""

import json
from dataclasses import replace

import pytest

from benchmarks.names import measure as names
from benchmarks.names.remade import KINDS, remade
from benchmarks.names.score import Truth, outcome, score, told, truths_of
from benchmarks.rows import QUICK

CHILD = Truth("c", "k", "p1", frozenset({"known"}))
EITHER = Truth("c", "k", "p1", frozenset({"known", "unsure"}))
SHARED = Truth("c", "k", "p1", frozenset({"unsure"}))
STRANGER = Truth("c", "k", None, frozenset({"unknown"}))
IMPOSTOR = Truth("c", "k", None, frozenset({"unsure", "unknown"}))


@pytest.mark.parametrize(
    ("truth", "decision", "person", "counts_as"),
    [
        (CHILD, "known", "p1", "correct"),
        (CHILD, "known", "p2", "false admit"),
        (CHILD, "unsure", None, "false hold"),
        (CHILD, "unknown", None, "false remove"),
        (EITHER, "unsure", None, "correct"),
        (EITHER, "unknown", None, "false remove"),
        (SHARED, "known", "p1", "false admit"),
        (SHARED, "unsure", None, "correct"),
        (STRANGER, "known", "p1", "false admit"),
        (STRANGER, "unsure", None, "needless hold"),
        (STRANGER, "unknown", None, "correct"),
        (IMPOSTOR, "unsure", None, "correct"),
    ],
)
def test_a_decision_counts_as_the_readme_says(truth: Truth, decision: str, person: str | None, counts_as: str) -> None:
    assert outcome(truth, decision, person) == counts_as


def test_rates_are_over_the_cases_in_which_the_fault_was_possible() -> None:
    truths = [replace(truth, case=str(n)) for n, truth in enumerate((CHILD, SHARED, STRANGER, IMPOSTOR))]
    found = score(truths, {"0": ("unsure", None), "1": ("known", "p1"), "2": ("unsure", None), "3": ("known", "p1")})
    assert found.rate("false hold") == 1.0
    assert found.rate("false admit") == pytest.approx(2 / 3)
    assert found.rate("needless hold") == 1.0
    assert found.rate("false remove") == 0.0
    assert found.cost == 202
    assert "4 cases, 0.00% correct, cost 202" in told(found)


def test_a_set_made_anew_is_the_same_for_the_same_seed_and_has_nearly_every_kind() -> None:
    lines = list(remade(3, 6))
    assert lines == list(remade(3, 6))
    assert lines != list(remade(4, 6))
    truths = truths_of(json.dumps(line) for line in lines)
    assert len({truth.kind for truth in truths}) > len(KINDS) - 5
    assert len({truth.case for truth in truths}) == len(truths)


async def test_the_rows_are_those_that_are_promised_and_the_sample_keeps_its_figures() -> None:
    rows = {row.name: row for row in await names.measure(replace(QUICK, repetitions=1, matches=50))}
    assert tuple(rows) == names.ROWS
    assert rows["names-sample"].median >= 98
    assert rows["names-false-admits"].samples == (0.0, 0.0)
    assert rows["names-gate-admits"].samples == (0.0, 0.0)
