"""A CSV file's bytes to a Roster, pure: encoding, delimiter, columns, rows. Every fault is found, none names
a person.

What one cell may hold is in ``cells``; which rows contradict each other is in ``duplicates``.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from guardian.adapters.rosters import cells
from guardian.adapters.rosters.duplicates import Listed, contradictions
from guardian.core.names import normalise
from guardian.core.roster import Person, Roster
from guardian.errors import RosterError

LARGEST = 16 * 1024 * 1024  # bytes
MOST_PROBLEMS = 200  # a file of another kind must not become a message of ten thousand lines
_DELIMITERS = ",;\t"
_BROKEN: Sequence[str] = ()

_COLUMNS: Mapping[str, str] = {
    "id": "id",
    "name": "name",
    "full name": "name",
    "display name": "name",
    "role": "role",
    "alias": "aliases",
    "aliases": "aliases",
    "email": "emails",
    "emails": "emails",
    "e mail": "emails",
    "e mails": "emails",
    "account": "accounts",
    "accounts": "accounts",
    "phone": "phones",
    "phones": "phones",
    "valid from": "valid_from",
    "valid until": "valid_until",
}


@dataclass(frozen=True, slots=True)
class _Record:
    """One record of the file: the line it begins on, and its cells."""

    line: int
    cells: Sequence[str]


def parse(raw: bytes, source: str, zone: ZoneInfo, salt: bytes = b"") -> Roster:
    """The roster that a file's bytes hold. ``zone`` is the meeting's: dates are whole days there.

    ``salt`` keys the ids that are made for people without one, and the version: without it an id in a log
    could be guessed by trying names. Raises RosterError with every fault by line number.
    """
    text = _decode(raw, source)
    records = _records(text)
    header = next(records, None)
    if header is None:
        raise RosterError(source, ("the file is empty",))
    columns, problems = _columns(header)
    if problems:
        raise RosterError(source, problems)
    listed, faults = _people(records, columns, len(header.cells), zone, salt)
    faults += contradictions(listed)
    if not listed and not faults:
        raise RosterError(source, ("there is a header, but nobody in it",))
    if faults:
        told = [f"line {line}: {what}" for line, what in sorted(faults)]
        more = (f"and {len(told) - MOST_PROBLEMS} more",) if len(told) > MOST_PROBLEMS else ()
        raise RosterError(source, (*told[:MOST_PROBLEMS], *more))
    people = tuple(entry.person for entry in listed)
    return Roster(_version(people, salt), people)


def _decode(raw: bytes, source: str) -> str:
    if len(raw) > LARGEST:
        raise RosterError(source, (f"larger than {LARGEST // 1024 // 1024} MiB",))
    try:
        # A spreadsheet's "Unicode text" is UTF-16 and says so.
        text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not raw[: error.start].isascii():
            raise RosterError(source, ("the file is cut off in the middle of a letter",)) from None
        text = raw.decode("cp1252", errors="replace")
    if "\0" in text or "\N{REPLACEMENT CHARACTER}" in text:
        raise RosterError(source, ("not a text file in UTF-8 or Windows-1252",))
    return text


def _records(text: str) -> Iterator[_Record]:
    """The file's records, blank ones left out. Broken quotes end it, with a record that says so."""
    delimiter, skip = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    line = 1
    try:
        for record in reader:
            if line > skip and any(cell.strip() for cell in record):
                yield _Record(line, record)
            line = reader.line_num + 1
    except csv.Error:
        yield _Record(line, _BROKEN)


def _delimiter(text: str) -> tuple[str, int]:
    """The delimiter, and how many lines to pass over (a spreadsheet's ``sep=;``)."""
    lines = iter(io.StringIO(text))
    number, first = next(((n, line) for n, line in enumerate(lines) if line.strip()), (0, ""))
    declared = first.strip().strip('"')
    if len(declared) == 5 and declared.startswith("sep=") and declared[4] in _DELIMITERS:
        return declared[4], number + 1
    known = {mark: sum(_plain(cell) in _COLUMNS for cell in first.split(mark)) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: (known[mark], first.count(mark))), 0


def _plain(heading: str) -> str:
    return " ".join(heading.strip().strip('"').casefold().replace("_", " ").replace("-", " ").split())


def _columns(header: _Record) -> tuple[dict[str, int], tuple[str, ...]]:
    """Field → position, and what is wrong with the header. Unknown columns are passed over, misspelt ones are
    not.
    """
    columns: dict[str, int] = {}
    problems: list[str] = []
    for position, heading in enumerate(header.cells):
        plain = _plain(heading)
        field = _COLUMNS.get(plain)
        if field is None:
            near = difflib.get_close_matches(plain, _COLUMNS, n=1, cutoff=0.8)
            if near:
                problems.append(f"line {header.line}: column {position + 1}: did you mean {near[0]}?")
        elif field in columns:
            problems.append(f"line {header.line}: column {position + 1}: a second column for {field}")
        else:
            columns[field] = position
    if "name" not in columns:
        problems.append(f"line {header.line}: there is no column called name")
    return columns, tuple(problems)


def _people(
    records: Iterator[_Record], columns: Mapping[str, int], width: int, zone: ZoneInfo, salt: bytes
) -> tuple[list[Listed], list[tuple[int, str]]]:
    listed: list[Listed] = []
    faults: list[tuple[int, str]] = []
    for record in records:
        if not record.cells:
            faults.append((record.line, "a quotation mark is left open or stands in a wrong place"))
            continue
        if any(cell.strip() for cell in record.cells[width:]):
            faults.append((record.line, "more cells than the header; put a value with a delimiter in quotation marks"))
            continue
        row = {
            field: record.cells[position] if position < len(record.cells) else "" for field, position in columns.items()
        }
        person, wrong = _person(row, zone, salt)
        faults += [(record.line, what) for what in wrong]
        if person is not None:
            listed.append(Listed(record.line, person))
    return listed, faults


def _person(row: Mapping[str, str], zone: ZoneInfo, salt: bytes) -> tuple[Person | None, list[str]]:
    """One row's person, or what is wrong with it (all of it)."""
    wrong: list[str] = []
    name = cells.name(row["name"], wrong)
    role = cells.role(row.get("role", ""), wrong)
    aliases = tuple(cells.name(part, wrong, "an alias") for part in cells.several(row.get("aliases", "")))
    emails = tuple(cells.email(part, wrong) for part in cells.several(row.get("emails", "")))
    accounts = tuple(cells.account(part, wrong) for part in cells.several(row.get("accounts", "")))
    phones = tuple(cells.phone(part, wrong) for part in cells.several(row.get("phones", "")))
    begin = cells.moment(row.get("valid_from", ""), zone, wrong, "valid_from")
    end = cells.moment(row.get("valid_until", ""), zone, wrong, "valid_until", whole_day=True)
    if begin is not None and end is not None and end <= begin:
        wrong.append("valid_until is before valid_from")
    given = cells.identifier(row.get("id", ""), wrong)
    if wrong:
        return None, wrong
    return Person(
        id=given or _made_id(name, emails, accounts, salt),
        name=name,
        role=role,
        aliases=aliases,
        emails=emails,
        accounts=accounts,
        phones=phones,
        valid_from=begin,
        valid_until=end,
    ), wrong


def _made_id(name: str, emails: Sequence[str], accounts: Sequence[str], salt: bytes) -> str:
    """An opaque id that stays the same while the name and the first account or address do."""
    mark = (*accounts, *emails, "")[0].casefold()
    return "p" + _keyed(f"{normalise(name)}\0{mark}".encode(), salt)


def _version(people: Sequence[Person], salt: bytes) -> str:
    ordered = sorted((asdict(person) for person in people), key=lambda person: str(person["id"]))
    return _keyed(json.dumps(ordered, sort_keys=True).encode(), salt)


def _keyed(content: bytes, salt: bytes) -> str:
    return hashlib.sha256(hashlib.sha256(salt).digest() + content).hexdigest()[:12]
