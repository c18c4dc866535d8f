"""What was read of a roster: people with where they stand, who may get their link, faults and notes. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from guardian.adapters.rosters.headings import FIELDS, Column
from guardian.core.roster import Person, Roster
from guardian.errors import RosterError

MOST_PROBLEMS = 200  # a file of another kind must not become a message of ten thousand lines


class Origin(NamedTuple):
    """Where something stands: the file's name and the line."""

    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A parent or carer of a person. ``key``: which one ("mother", "parent2"). ``may`` receive the person's link."""

    key: str
    name: str
    email: str
    may: bool = False


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A person, where the lists name them, and who may be sent their personal link.

    ``links_to`` are the addresses that may: nobody else, and none of ``barred``. ``contacts`` prove nothing: no
    parent's address counts as the child's. ``stated``: which of id and role a list states rather than we.
    ``decided``: the list has a column that says to whom the link may go.
    """

    person: Person
    origins: tuple[Origin, ...]
    links_to: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    stated: frozenset[str] = frozenset()
    decided: bool = False


class Fault(NamedTuple):
    """What is wrong with one line. Names nobody."""

    origin: Origin
    what: str


@dataclass(frozen=True, slots=True)
class SourceReading:
    """How one file was read: its kind in words, its columns, how many people, and what was left out and why."""

    name: str
    kind: str
    columns: tuple[Column, ...] = ()
    people: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def read_as(self) -> tuple[tuple[str, str], ...]:
        """Each heading with the words for what it was read as; "" if it was not read."""
        return tuple((column.heading, FIELDS.get(column.field, "")) for column in self.columns)


@dataclass(frozen=True)
class Reading:
    """Everything that one look at the sources found. ``notes`` are no faults, but a human should know them."""

    name: str
    sources: tuple[SourceReading, ...]
    entries: tuple[RosterEntry, ...] = ()
    faults: tuple[Fault, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    version: str = field(default="")

    @cached_property
    def told(self) -> tuple[str, ...]:
        """Every fault in words, with its line; with its file, too, if there are several."""
        lines = [f"{self.place(fault.origin)}: {fault.what}" for fault in sorted(self.faults)]
        more = (f"and {len(lines) - MOST_PROBLEMS} more",) if len(lines) > MOST_PROBLEMS else ()
        return (*self.problems, *lines[:MOST_PROBLEMS], *more)

    @cached_property
    def roster(self) -> Roster:
        """The list itself. Raises RosterError with every fault."""
        if self.told:
            raise RosterError(self.name, self.told)
        return Roster(self.version, tuple(entry.person for entry in self.entries))

    def place(self, origin: Origin) -> str:
        """Where something stands, in words."""
        return place(origin, several=len(self.sources) > 1 or "/" in origin.source)


def place(origin: Origin, *, several: bool) -> str:
    """``line 3``, or ``staff.csv line 3``."""
    return f"{origin.source} line {origin.line}" if several else f"line {origin.line}"
