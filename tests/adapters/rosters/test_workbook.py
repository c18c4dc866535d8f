"""A spreadsheet's own file: which sheet is read, and what its cells are."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from guardian.adapters.rosters.entries import Reading
from guardian.adapters.rosters.reading import read
from guardian.adapters.rosters.spec import Source
from guardian.core.roster import Role
from tests.support.xlsx import Cell, workbook

CLASS: list[list[Cell]] = [
    ["Class 4b"],
    [],
    ["First name", "Surname", "Student ID", "E-mail", "Role", "Valid until"],
    ["Odette", "Larkspur", 4711, "odette@x.example", None, date(2026, 12, 1)],
    ["Maud", "Thornbury", 12.0, "maud@x.example", "Teacher", None],
]


def reading(raw: bytes, sheet: str = "") -> Reading:
    return read([(Source(Path("class.xlsx"), sheet=sheet), raw)], ZoneInfo("UTC"))


def test_the_first_sheet_that_is_shown_and_not_empty_is_read_below_its_title() -> None:
    found = reading(workbook({"old": [["x"]], "empty": [], "4b": CLASS}, hidden=frozenset({"old"})))
    pupil, teacher = found.roster.people
    assert found.sources[0].kind == "XLSX, sheet 4b"
    assert (pupil.id, pupil.name, pupil.emails) == ("4711", "Odette Larkspur", ("odette@x.example",))
    assert pupil.valid_until == datetime(2026, 12, 2, tzinfo=UTC).timestamp()
    assert (teacher.id, teacher.role) == ("12", Role.HOST)


def test_a_sheet_may_be_named() -> None:
    raw = workbook({"4b": CLASS, "5a": [["name"], ["Faye Ive"]]})
    assert [person.name for person in reading(raw, "5a").roster.people] == ["Faye Ive"]
    assert reading(raw, "6c").told == ("there is no sheet called that; there are: 4b, 5a",)


def test_faults_are_told_by_the_row_that_the_spreadsheet_shows() -> None:
    raw = workbook({"4b": [*CLASS, [], ["Faye", "Ive", None, "nowhere"]]})
    assert reading(raw).told == ("line 7: this is no mail address",)


def test_an_empty_or_damaged_workbook_is_refused_in_words() -> None:
    assert reading(workbook({"4b": []})).told == ("the file is empty",)
    assert reading(workbook({"4b": CLASS})[:-30]).told == ("the zip file is damaged, or locked by a password",)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    (told,) = reading(workbook({"4b": CLASS})).told
    assert "pip install 'meeting-guardian[xlsx]'" in told
