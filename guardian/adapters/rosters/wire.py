"""A text file's bytes to a table of cells, pure: encoding, delimiter, quoting. No cell is understood here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardian.adapters.rosters.headings import known
from guardian.errors import RosterError

LARGEST = 16 * 1024 * 1024  # bytes
_DELIMITERS = ",;\t"
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}
_HEADER_WITHIN = 10  # lines; above the header a spreadsheet may have a title
_FOREIGN = 0.4  # of the letters; no language of Windows-1252 has so many marks


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on, and its cells. No cells: the quotes are broken there."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's records, blank ones left out, and in words what kind of file it is."""

    kind: str
    rows: Sequence[Row]


def table(raw: bytes, source: str, encoding: str = "", delimiter: str = "") -> Table:
    """The records of a file. ``encoding`` and ``delimiter`` are found out unless named. Raises RosterError."""
    text, read_as = _decode(raw, source, encoding)
    mark, skip = (delimiter, 0) if delimiter else _delimiter(text)
    return Table(f"{read_as}, {_NAMES.get(mark, repr(mark))}", tuple(_records(text, mark, skip)))


def _decode(raw: bytes, source: str, encoding: str) -> tuple[str, str]:
    """The text, and the name of its encoding."""
    if len(raw) > LARGEST:
        raise RosterError(source, (f"larger than {LARGEST // 1024 // 1024} MiB",))
    if encoding:
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            raise RosterError(source, (f"not a text file in {encoding}",)) from None
    # A spreadsheet's "Unicode text" is UTF-16 and says so.
    name = "UTF-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "UTF-8"
    try:
        text = raw.decode("utf-16" if name == "UTF-16" else "utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not raw[: error.start].isascii():
            raise RosterError(source, ("the file is cut off in the middle of a letter",)) from None
        text, name = raw.decode("cp1252", errors="replace"), "Windows-1252"
    if "\0" in text or "\N{REPLACEMENT CHARACTER}" in text:
        raise RosterError(source, ("not a text file in UTF-8 or Windows-1252",))
    if name == "Windows-1252" and _garbled(text):
        told = "the letters are in another encoding; save the file as UTF-8, or name its encoding"
        raise RosterError(source, (told,))
    return text, name


def _garbled(text: str) -> bool:
    letters = [c for c in text[:100_000] if c.isalpha()]
    return sum(not c.isascii() for c in letters) > _FOREIGN * len(letters)


def _records(text: str, delimiter: str, skip: int) -> Iterator[Row]:
    """The file's records, blank ones left out. Broken quotes end it, with a record that says so."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    line = 1
    try:
        for record in reader:
            if line > skip and any(cell.strip() for cell in record):
                yield Row(line, record)
            line = reader.line_num + 1
    except csv.Error:
        yield Row(line, ())


def _delimiter(text: str) -> tuple[str, int]:
    """The delimiter, and how many lines to pass over (a spreadsheet's ``sep=;``)."""
    lines = [(n, line) for n, line in enumerate(io.StringIO(text[:100_000]), start=1) if line.strip()][:_HEADER_WITHIN]
    number, first = lines[0] if lines else (0, "")
    declared = first.strip().strip('"')
    if len(declared) == 5 and declared.startswith("sep=") and declared[4] in _DELIMITERS:
        return declared[4], number

    def fits(mark: str) -> tuple[int, int]:
        return max((sum(known(cell) for cell in line.split(mark)) for _, line in lines), default=0), first.count(mark)

    return max(_DELIMITERS, key=fits), 0
