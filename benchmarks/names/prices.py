"""What each gate costs, in strangers let in and children held: ``python -m benchmarks.names.prices`` measures it anew.

Writes ``guardian/core/prices.py``, from which ``guardian check`` tells its figures. The sets are the sample and those
of ``remade``; to them come strangers who show a name of the list, or what a child types, and nothing else. For them the
sets have no kind: to the matching they are the child. Personal links and registrations are in no set, so nothing is
said of their price.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.names.remade import remade
from benchmarks.names.score import truth_of
from guardian.cli.cases import CaseLine, Decider, Joiner, RosterLine
from guardian.core.identity import STRONG_PROOFS, Proof
from guardian.core.roster import Match

SAMPLE = Path(__file__).parent / "sample.jsonl"
OUT = Path(__file__).parents[2] / "guardian" / "core" / "prices.py"
SEEDS, ROSTERS = range(1, 8), 60
FEW_SEEDS, FEW_ROSTERS = (1,), 4

GATES: Mapping[str, frozenset[Proof]] = {
    "strong": STRONG_PROOFS,
    "name_exact": STRONG_PROOFS | {Proof.NAME_EXACT},
    "name_close": STRONG_PROOFS | {Proof.NAME_EXACT, Proof.NAME_CLOSE},
}
"""The default, and the same with one kind of name more after the other."""

STRANGERS: Mapping[str, frozenset[str]] = {
    "own": frozenset(
        "stranger_any stranger_local stranger_local_touching stranger_verified troll role_claim device_stranger"
        " generic_device_stranger typed_email_only".split()
    ),
    "near": frozenset(
        "near_given near_family same_first same_surname crossed middle_conflict translit_stranger os_pair_differ"
        " superstring stuffing homoglyph invisible overlong".split()
    ),
    "against": frozenset("impostor_account impostor_email impostor_present lookalike_email".split()),
}
"""Kinds of strangers by what they show: nothing of the list; a name near or made to look like a listed one; a listed
one beside an account or address that is not hers, or while she is inside.
"""
LISTED = "listed"  # a listed name and nothing else
FORM = "form"  # what a child shows who types her name in another form than listed, shown by a stranger

Part = tuple[int, int]
"""How many of how many."""
Parts = dict[str, dict[str, Part]]
"""By gate, then by who."""


class Tally:
    """Counts what each gate does with the cases that it is shown."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._in: Counter[tuple[str, str]] = Counter()
        self.cases = 0  # that were asked; what a child types counts twice, as hers and as a stranger's, but is one

    def roster(self, decider: Decider, line: RosterLine) -> None:
        """Everybody's listed name, shown by a stranger who is not signed in."""
        for person in line.people:
            asked = CaseLine(person.id, line.roster, Joiner(person.name, platform="zoom"))
            self._count(LISTED, decider.match(asked))
        self.cases += len(line.people)

    def case(self, line: Mapping[str, Any], match: Match) -> None:
        """One labelled case. Those whose evidence is not enough for ``known`` are not counted.

        Raises KeyError for a kind of stranger that belongs to no group.
        """
        truth, joiner = truth_of(line), line["joiner"]
        groups = [name for name, kinds in STRANGERS.items() if truth.kind in kinds]
        if truth.person is None and not groups:
            raise KeyError(truth.kind)
        signed_in = joiner["account_id"] or (joiner["email"] and joiner["email_verified"])
        must, bare = truth.accept == {"known"}, not (joiner["account_id"] or joiner["email"])
        if truth.person is None:
            self._count(groups[0], match)
        elif must:
            self._count("signed_in" if signed_in else "named", match, truth.person)
        another_form = truth.person is not None and bare and "known" in truth.accept and truth.kind != "exact"
        if another_form:
            self._count(FORM, match)
        self.cases += truth.person is None or must or another_form

    def admitted(self, gate: str, *groups: str) -> Part:
        """How many of these the gate lets in."""
        return sum(self._in[gate, group] for group in groups), sum(self._of[group] for group in groups)

    def held(self, gate: str, *groups: str) -> Part:
        """How many of these it does not let in as who they are."""
        inside, of = self.admitted(gate, *groups)
        return of - inside, of

    def parts(self) -> tuple[Parts, Parts]:
        """Strangers let in, and children held."""
        admitted = {gate: {who: self.admitted(gate, who) for who in (*STRANGERS, LISTED, FORM)} for gate in GATES}
        return admitted, {gate: {who: self.held(gate, who) for who in ("named", "signed_in")} for gate in GATES}

    def _count(self, group: str, match: Match, person: str | None = None) -> None:
        self._of[group] += 1
        right = match.person is not None and person in {None, match.person.id}
        for gate, proofs in GATES.items():
            self._in[gate, group] += right and bool(match.proofs & proofs)


def tallied(seeds: Iterable[int], rosters: int) -> Tally:
    """The sample and a set for each seed."""
    tally = Tally()
    for lines in (_sample(), *(remade(seed, rosters) for seed in seeds)):
        decider = Decider()
        for line in lines:
            if line["type"] == "roster":
                listed = msgspec.convert(line, RosterLine)
                decider.take(listed)
                tally.roster(decider, listed)
            else:
                tally.case(line, decider.match(msgspec.convert(line, CaseLine)))
    return tally


def written(whole: Tally, few: Tally, day: str) -> str:
    """The text of the module. ``day``: when it was measured, "2026-11-25"."""
    (admitted, held), (few_admitted, few_held) = whole.parts(), few.parts()
    parts = [
        _HEAD,
        f'MEASURED_ON = "{day}"\nCASES = {whole.cases:_}\n',
        _table("ADMITTED", admitted) + _ADMITTED,
        _table("HELD", held) + _HELD,
        _table("FEW_ADMITTED", few_admitted) + _table("FEW_HELD", few_held) + _FEW,
    ]
    return "\n".join(parts)


def _sample() -> Iterator[dict[str, Any]]:
    with SAMPLE.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _table(name: str, parts: Parts) -> str:
    lines = [f"{name}: Parts = {{"]
    for gate, row in parts.items():
        lines += [
            f'    "{gate}": {{',
            *(f'        "{who}": ({count}, {of}),' for who, (count, of) in row.items()),
            "    },",
        ]
    return "\n".join([*lines, "}\n"])


_HEAD = '''\
"""What each gate costs, as measured. Generated by ``benchmarks/names/prices.py``: do not edit. Data only, no code."""

Parts = dict[str, dict[str, tuple[int, int]]]
'''
_ADMITTED = '''\
"""Strangers let in, of how many: by gate, then by what they show (own name, one near or made like a listed one, a
listed one against her account, address or presence, just a listed one, just what a child types for hers).
"""
'''
_HELD = '''\
"""Children not let in as themselves, of how many: who type their name, in whatever form, and who are signed in."""
'''
_FEW = '''\
"""The same on the sample and one small set. A test measures these again, so that the figures cannot grow old."""
'''


def main() -> None:
    """Measure, and write the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.names.prices", description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=OUT)
    asked = parser.parse_args()
    text = written(tallied(SEEDS, ROSTERS), tallied(FEW_SEEDS, FEW_ROSTERS), f"{datetime.now(UTC):%Y-%m-%d}")
    asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
