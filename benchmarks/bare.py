"""The floor under everything durable: a program that writes a row to SQLite (WAL, FULL), and decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self


class BareStore:
    """One table in one file, as durable as the guardian's journal: no chain, no salt, no keys, no thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, at REAL, body BLOB)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def append(self, at: float, bodies: Iterable[bytes]) -> None:
        """One transaction; durable when it returns."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO rows (at, body) VALUES (?, ?)", ((at, body) for body in bodies))
        self._connection.execute("COMMIT")
