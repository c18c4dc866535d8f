"""What really happened in the world, and by whose hand: the truth that a judge compares the guardian with.

May live here: the list, its entries, writing it down. May not: opinions about what should have happened.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from guardian.world.zoom.changes import Changes


class By(StrEnum):
    """Whose hand it was."""

    PANEL = "panel command"
    HOST = "host's own hand"
    OPEN = "no waiting room"
    BEFORE = "before the host"
    REST = "REST"
    SELF = "himself"
    SERVER = "Zoom"


@dataclass(frozen=True, slots=True)
class Entry:
    """One happening. `seq` counts from 1, `at` is in seconds since the epoch; `tag` is what the story calls a guest."""

    seq: int
    at: float
    what: str
    meeting: str
    tag: str
    name: str
    uuid: str
    by: str
    detail: str


class Ledger:
    """An append-only list of entries."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.entries: list[Entry] = []
        self._clock = clock
        self._changes = Changes()

    def add(
        self,
        what: str,
        *,
        meeting: str = "",
        tag: str = "",
        name: str = "",
        uuid: str = "",
        by: str = By.SERVER,
        detail: str = "",
    ) -> Entry:
        """Write down one happening, now."""
        entry = Entry(len(self.entries) + 1, self._clock(), what, meeting, tag, name, uuid, str(by), detail)
        self.entries.append(entry)
        self._changes.notify()
        return entry

    def of(self, what: str, *, tag: str | None = None, by: str | None = None) -> list[Entry]:
        """All entries of one kind, if wished only those of one guest or one hand."""
        return [
            entry
            for entry in self.entries
            if entry.what == what and tag in (None, entry.tag) and by in (None, entry.by)
        ]

    async def until(self, condition: Callable[[Ledger], bool], timeout: float = 5.0) -> None:
        """Return once the condition holds for this ledger; TimeoutError after `timeout` seconds."""
        await self._changes.until(lambda: condition(self), timeout)

    def write(self, path: Path) -> None:
        """All entries as JSON lines."""
        lines = (json.dumps(asdict(entry), ensure_ascii=False) for entry in self.entries)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
