"""Where one part of a list comes from and how it is to be read, as the configuration says. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from guardian.core.roster import Role


@dataclass(frozen=True)
class Source:
    """A CSV or XLSX file, or a OneRoster bundle (a zip or a folder).

    ``columns``: heading → field, where the guess is wrong. ``group``: only this class (of a table with a column for it:
    its word there; of a OneRoster bundle: sourcedId, title or code, ``*`` for the whole school). ``role``: of everybody
    whose row names none. ``sheet``: of a workbook; ``encoding`` and ``delimiter``: of a text file; found out unless
    named.
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    role: Role | None = None
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
