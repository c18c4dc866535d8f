"""``guardian match`` and ``guardian roster try``: who somebody would be taken for, before any gate."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guardian.cli.cases import decisions
from guardian.errors import ConfigError
from tests.support.command_line import guardian

PEOPLE = [
    {"id": "p1", "name": "Ann Adams", "emails": ["ann@x.example"], "accounts": [{"platform": "zoom", "id": "A1"}]},
    {"id": "p2", "name": "Bob Brown", "aliases": ["Panda7"], "role": "teacher"},
]
ROSTER = json.dumps({"type": "roster", "roster": "r", "people": PEOPLE}).encode()


def case(name: str, *, present: tuple[str, ...] = (), roster: str = "r", **joiner: Any) -> bytes:
    told = {"type": "case", "case": "c", "kind": "k", "roster": roster, "joiner": {"name": name, **joiner}}
    return json.dumps({**told, "present": present, "truth": "p1", "accept": ["known"]}).encode()


def decided(*lines: bytes) -> list[tuple[str, str | None]]:
    return [(one["decision"], one["person"]) for one in decisions(lines)]


@pytest.mark.parametrize(
    ("line", "decision"),
    [
        (case("Ann Adams"), ("known", "p1")),
        (case("Ann"), ("unsure", None)),
        (case("Zoltan"), ("unknown", None)),
        (case("iPad"), ("unsure", None)),
        (case("zz", account_id="a1", platform="zoom"), ("known", "p1")),
        (case("Ann Adams", account_id="B2", platform="zoom"), ("unsure", None)),
        (case("Ann Adams", account_id="B2", platform="webex"), ("known", "p1")),
        (case("zz", email="ANN@x.example", email_verified=True), ("known", "p1")),
        (case("zz", email="ann@x.example", email_verified=False), ("unsure", None)),
        (case("Zoltan", email="z@x.example", email_verified=True), ("unknown", None)),
        (case("Ann Adams", present=("p1",)), ("unsure", None)),
        (case("Аnn Adams"), ("unsure", None)),
        (case("panda7"), ("known", "p2")),
        (case("\ud83d Zoltan"), ("unknown", None)),
    ],
)
def test_a_decision_is_the_match_before_any_gate(line: bytes, decision: tuple[str, str | None]) -> None:
    assert decided(ROSTER, b"\n", line) == [decision]


def test_a_later_roster_of_the_same_name_takes_the_place_of_the_first() -> None:
    other = json.dumps({"type": "roster", "roster": "r", "people": [{"id": "p9", "name": "Ann Adams"}]}).encode()
    assert decided(ROSTER, case("Ann Adams"), other, case("Ann Adams")) == [("known", "p1"), ("known", "p9")]


def test_each_line_is_answered_before_the_next_is_read() -> None:
    read: list[int] = []

    def lines() -> Iterator[bytes]:
        for number, line in enumerate((ROSTER, case("Ann"), case("Bob"))):
            read.append(number)
            yield line

    told = decisions(lines())
    next(told)
    assert read == [0, 1]


@pytest.mark.parametrize("line", [b"{", b'{"type":"case"}', b"\xff", b"[]", case("x", roster="none")])
def test_a_line_at_fault_is_named(line: bytes) -> None:
    with pytest.raises(ConfigError, match="line 2: "):
        list(decisions((ROSTER, line)))


async def test_a_file_of_lines_becomes_decisions_with_proofs_and_reasons(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"\n".join((ROSTER, case("Ann Adams"))))
    done = await guardian("match", str(file))
    assert done.code == 0
    assert set(done.json) == {"case", "decision", "person", "proofs", "reason"}
    assert done.json["proofs"] == ["name_exact"]
    assert done.json["reason"]


async def test_lines_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ROSTER + b"\n" + case("Ann"))))
    assert (await guardian("match", "-")).json["decision"] == "unsure"


async def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    done = await guardian("match", str(tmp_path / "none"))
    assert done.code == 2
    assert "none" in done.err


@pytest.fixture
def listed(tmp_path: Path) -> str:
    file = tmp_path / "list.csv"
    file.write_text("name,email\nAnn Adams,ann@x.example\nAmy Adams,\n")
    return str(file)


async def test_one_name_is_tried_with_its_reasoning(listed: str) -> None:
    done = await guardian("roster", "try", "Ann A (she/her)", "-l", listed)
    assert done.code == 0
    assert "known: first name and the initial of the surname" in done.out
    assert "taken for Ann Adams" in done.out
    assert "stays shut" in done.out


async def test_an_address_that_the_platform_vouches_for_opens_the_gate(listed: str) -> None:
    done = await guardian("roster", "try", "zz", "-l", listed, "--email", "ann@x.example", "--json")
    assert done.json["gate"] is True
    assert done.json["proofs"] == ["verified"]
    done = await guardian("roster", "try", "Adams", "-l", listed, "--typed-email", "ann@x.example")
    assert "may be Ann Adams" in done.out
    assert "may be Amy Adams" in done.out


async def test_a_name_that_obeys_no_terminal_is_tried_as_well(listed: str) -> None:
    done = await guardian("roster", "try", "\x1b[2JAnn Adams", "-l", listed)
    assert "\x1b" not in done.out
    assert "hidden characters" in done.out
