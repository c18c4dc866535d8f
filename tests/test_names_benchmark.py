"""The score counts as the sample's README says; sets made anew are whole and the same for the same seed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.names import measure as names
from benchmarks.names import prices as pricing
from benchmarks.names.remade import KINDS, case_line, remade
from benchmarks.names.score import Truth, outcome, score, told, truths_of
from benchmarks.rows import QUICK
from guardian.core import prices
from guardian.core.identity import Proof
from guardian.core.roster import Match, MatchKind, Person

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
    assert rows["names-gate-admits-listed"].samples == (0.0, 0.0), "a name alone never opens the default gate"
    assert rows["names-gate-exact-admits-listed"].median > 90, (
        "whoever shows a listed name is, to a name gate, the child"
    )
    holds = [rows[f"names-gate{more}-holds"].median for more in ("", "-exact", "-close")]
    assert holds == sorted(holds, reverse=True)


def test_every_kind_of_stranger_is_counted_by_what_it_shows() -> None:
    truths = truths_of(json.dumps(line) for line in remade(5, 6))
    with pricing.SAMPLE.open(encoding="utf-8") as lines:
        truths += truths_of(lines)
    kinds = {truth.kind for truth in truths if truth.person is None}
    grouped = [kind for group in pricing.STRANGERS.values() for kind in group]
    assert kinds <= set(grouped)
    assert len(grouped) == len(set(grouped)), "no kind stands in two groups"


def test_a_gate_lets_in_by_its_own_proofs_and_a_stranger_of_no_known_kind_is_an_error() -> None:
    ann, ben = Person("p1", "Ann Adams"), Person("p2", "Ben Brown")
    child = case_line("c", "exact", "r", ("Ann Adams", "p1", ("known",), {}))
    tally = pricing.Tally()
    tally.case(child, Match(MatchKind.PERSON, "", ann, frozenset({Proof.NAME_EXACT})))
    tally.case(child, Match(MatchKind.PERSON, "", ben, frozenset({Proof.NAME_EXACT})))
    tally.case(child, Match(MatchKind.PERSON, "", ann, frozenset({Proof.NAME_CLOSE})))
    tally.case(child, Match(MatchKind.DOUBT, ""))
    assert [tally.held(gate, "named") for gate in pricing.GATES] == [(4, 4), (3, 4), (2, 4)]
    assert tally.admitted("name_close", pricing.FORM) == (0, 0), "the exact name is no other form"
    typed = case_line("f", "first_only", "r", ("Ann", "p1", ("known", "unsure"), {}))
    tally.case(typed, Match(MatchKind.PERSON, "", ann, frozenset({Proof.NAME_CLOSE})))
    assert [tally.admitted(gate, pricing.FORM) for gate in pricing.GATES] == [(0, 1), (0, 1), (1, 1)]
    assert tally.held("strong", "named") == (4, 4), "of a name that is not enough nobody says that it must do"
    stranger = case_line("s", "troll", "r", ("amogus", None, ("unknown",), {}))
    tally.case(stranger, Match(MatchKind.PERSON, "", ben, frozenset({Proof.NAME_CLOSE})))
    assert [tally.admitted(gate, "own") for gate in pricing.GATES] == [(0, 1), (0, 1), (1, 1)]
    with pytest.raises(KeyError, match="new_kind"):
        tally.case(stranger | {"kind": "new_kind"}, Match(MatchKind.NOBODY, ""))


def test_the_prices_that_are_told_are_those_that_are_measured() -> None:
    few = pricing.tallied(pricing.FEW_SEEDS, pricing.FEW_ROSTERS)
    again = "matching has changed: python -m benchmarks.names.prices"
    assert few.parts() == (prices.FEW_ADMITTED, prices.FEW_HELD), again
    written: dict[str, Any] = {}
    exec(pricing.written(few, few, "2026-11-25"), written)  # noqa: S102 - the script's own text
    assert (written["ADMITTED"], written["HELD"]) == (prices.FEW_ADMITTED, prices.FEW_HELD)
    assert (written["CASES"], written["MEASURED_ON"]) == (few.cases, "2026-11-25")


def test_the_prices_stand_in_the_module_as_the_script_writes_them() -> None:
    text = pricing.OUT.read_text("utf-8")
    whole, few = (
        Recorded(*parts) for parts in ((prices.ADMITTED, prices.HELD), (prices.FEW_ADMITTED, prices.FEW_HELD))
    )
    assert whole.cases == prices.CASES
    assert text == pricing.written(whole, few, prices.MEASURED_ON)


class Recorded(pricing.Tally):
    """What a module holds, as a tally."""

    def __init__(self, admitted: pricing.Parts, held: pricing.Parts) -> None:
        super().__init__()
        self._parts, self.cases = (admitted, held), prices.CASES

    def parts(self) -> tuple[pricing.Parts, pricing.Parts]:
        return self._parts
