"""``roster`` of a meeting: a path, or a table, or a list of both, as written in TOML. Reading files lives in the roster
adapter.
"""

from __future__ import annotations

import codecs
import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from guardian.adapters.rosters.headings import FIELDS
from guardian.adapters.rosters.spec import Source
from guardian.config.values import FilePath, Line, Section
from guardian.core.roster import Role


def _field(name: str) -> str:
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.6)
        raise ValueError(f"no such field; did you mean {near[0]}?" if near else f"no such field; {', '.join(FIELDS)}")
    return name


def _encoding(name: str) -> str:
    try:
        "a".encode(codecs.lookup(name).name)
    except LookupError:
        raise ValueError('no such encoding of text; write one as in "utf-8" or "windows-1252"') from None
    return name


class RosterFile(Section):
    """One source: a CSV or XLSX file, or a OneRoster bundle (zip or folder). See ``rosters.spec.Source``.

    ``columns``: heading → field, where the guess is wrong; ``class``: only these people of it.
    """

    path: FilePath
    columns: dict[str, Annotated[str, AfterValidator(_field)]] = Field(default={})
    group: Line | None = Field(default=None, alias="class")
    role: Role | None = None
    sheet: Line | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None

    @property
    def source(self) -> Source:
        """The same for the adapter."""
        return Source(
            path=self.path,
            columns=self.columns,
            group=self.group or "",
            role=self.role,
            sheet=self.sheet or "",
            encoding=self.encoding or "",
            delimiter=self.delimiter or "",
        )


def _listed(value: object) -> object:
    """A path, a table, or several of them, as a list of tables."""
    entries: list[Any] = value if isinstance(value, list) else [value]
    if not entries:
        raise ValueError("name at least one file")
    return [{"path": entry} if isinstance(entry, str) else entry for entry in entries]


RosterFiles = Annotated[tuple[RosterFile, ...], BeforeValidator(_listed)]
"""``"list.csv"``, ``{ path = "list.xlsx", sheet = "4b" }``, or a list of such."""
