"""The files of a OneRoster bundle, pure: which of them are read, what kind of bundle it is, and their lines.

Never opened: demographics and everything else that is not in ``FILES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guardian.adapters.rosters.wire import Row, table
from guardian.errors import RosterError

FILES = ("manifest.csv", "users.csv", "enrollments.csv", "classes.csv", "orgs.csv", "roles.csv")


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a file, by its header's names in lower case."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    def refs(self, name: str) -> tuple[str, ...]:
        """A list of ids: apart by commas, as the standard has it."""
        return tuple(part.strip() for part in self[name].split(",") if part.strip())

    @property
    def active(self) -> bool:
        """Not marked for deletion, nor switched off."""
        return self["status"].casefold() in {"", "active"} and self["enableduser"].casefold() not in {"false", "0"}


def records(raw: bytes, source: str) -> tuple[list[Record], Row]:
    """The lines of a file, and its header. Raises RosterError."""
    rows = table(raw, source, delimiter=",").rows
    if not rows:
        raise RosterError(source, ("the file is empty",))
    names = [name.strip().casefold() for name in rows[0].cells]
    found = []
    for row in rows[1:]:
        if not row.cells:
            told = f"line {row.line}: a quotation mark is left open or stands in a wrong place"
            raise RosterError(source, (told,))
        found.append(Record(row.line, dict(zip(names, (cell.strip() for cell in row.cells), strict=False))))
    return found, rows[0]


def some(files: Mapping[str, bytes], name: str, source: str) -> list[Record]:
    """The lines of one file of the bundle; none if it is not there."""
    return records(files[name], f"{source}/{name}")[0] if name in files else []


def version(files: Mapping[str, bytes], source: str) -> str:
    """The version by manifest.csv; without one, by what only 1.2 has. Bundles of changes only are refused."""
    said = {row["propertyname"].casefold(): row["value"].casefold() for row in some(files, "manifest.csv", source)}
    deltas = sorted(name for name in FILES if said.get(f"file.{name.removesuffix('.csv')}") == "delta")
    if deltas:
        told = f"{', '.join(deltas)} hold only what has changed (delta); export the bundle in bulk"
        raise RosterError(source, (told,))
    return said.get("oneroster.version") or ("1.2" if "roles.csv" in files else "1.1")
