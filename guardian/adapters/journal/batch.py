"""The statements of one group commit: which rows are new, their digests, the chains' new heads.

One transaction long; when it starts, ends or is tried again is the writer's matter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from guardian.adapters.journal import chain
from guardian.adapters.journal.schema import occurrences, rows
from guardian.errors import JournalError
from guardian.ports import Entry


class Head(NamedTuple):
    """Where a chain stands: how many rows, and the digest of the last."""

    rows: int
    digest: bytes


Heads = dict[str, Head]
Doubts = dict[str, tuple[Head, set[Head]]]
"""Occurrence → where it stood, and where it stands if a commit of unknown outcome took place after all."""

T = TypeVar("T")
_PARAMETERS = 500  # well under SQLite's 32,766, and the statement's text stays short
_MOST_HEADS = 10_000

_read_heads = sa.select(occurrences.c.occurrence, occurrences.c.rows, occurrences.c.head).where(
    occurrences.c.occurrence.in_(sa.bindparam("names", expanding=True))
)
# One occurrence at a time: over pairs of both columns SQLite scans the whole index.
_read_keys = sa.select(rows.c.key).where(
    rows.c.occurrence == sa.bindparam("name"), rows.c.key.in_(sa.bindparam("keys", expanding=True))
)
_withdraw = sa.delete(rows).where(rows.c.occurrence == sa.bindparam("name"), rows.c.seq > sa.bindparam("after"))
_insert = sa.insert(rows)
_move_head = (
    sa.update(occurrences)
    .where(occurrences.c.occurrence == sa.bindparam("name"))
    .values(rows=sa.bindparam("new_rows"), head=sa.bindparam("new_head"))
)


@dataclass(slots=True)
class Batch:
    """What one transaction does to the chains. ``heads`` and ``doubts`` are the writer's, changed only by the end.

    Keys are taken for new, which they nearly always are: the database refuses a transaction with an old one, and the
    next try is ``careful`` and asks for each.
    """

    heads: Heads
    doubts: Doubts
    on_step: Callable[[str], None]
    careful: bool
    _before: Heads = field(default_factory=dict)
    _after: Heads = field(default_factory=dict)

    async def append(
        self, connection: AsyncConnection, calls: Sequence[Sequence[Entry]]
    ) -> list[tuple[bool, ...] | JournalError]:
        """Write the new entries of several calls. A call for an occurrence that was never opened is refused whole."""
        entries = [entry for call in calls for entry in call]
        await self._load(connection, {entry.occurrence for entry in entries})
        self.on_step("heads_known")
        taken = await self._taken(connection, entries) if self.careful else set()
        results: list[tuple[bool, ...] | JournalError] = []
        new: list[dict[str, Any]] = []
        salts = os.urandom(chain.SALT_BYTES * len(entries))
        for call in calls:
            unknown = next((e.occurrence for e in call if e.occurrence not in self._after), None)
            if unknown is not None:
                results.append(JournalError(f"the journal has no occurrence {unknown}"))
                continue
            flags = []
            for entry in call:
                mark = (entry.occurrence, entry.key)
                fresh = entry.key is None or mark not in taken
                flags.append(fresh)
                if fresh:
                    taken.add(mark)
                    start = chain.SALT_BYTES * len(new)
                    new.append(self._seal(entry, salts[start : start + chain.SALT_BYTES]))
            results.append(tuple(flags))
        self.on_step("sealed")
        await self._store(connection, new)
        return results

    def keep(self) -> None:
        """The transaction is durable."""
        if len(self.heads) > _MOST_HEADS:
            self.heads.clear()
        self.heads.update(self._after)
        for name in self._after:
            self.doubts.pop(name, None)

    def doubt(self) -> None:
        """The commit failed, and only the database knows whether it took place."""
        for name, head in self._after.items():
            _, possible = self.doubts.get(name, (head, set()))
            self.doubts[name] = (self._before[name], possible | {head})

    async def _load(self, connection: AsyncConnection, names: set[str]) -> None:
        """Find where the chains stand; take back what a commit of unknown outcome left there.

        Its callers were told that nothing was stored, and have perhaps said it again since.
        """
        for name in names - self._after.keys():
            if name in self.heads:
                self._before[name] = self._after[name] = self.heads[name]
        for some in _portions(sorted(names - self._after.keys())):
            for name, count, digest in (await connection.execute(_read_heads, {"names": some})).all():
                head = Head(count, digest)
                before, possible = self.doubts.get(name, (head, set()))
                if head in possible:
                    await connection.execute(_withdraw, {"name": name, "after": before.rows})
                    await connection.execute(_move_head, [_moved(name, before)])
                    head = before
                self._before[name] = self._after[name] = head

    async def _taken(self, connection: AsyncConnection, entries: list[Entry]) -> set[tuple[str, str | None]]:
        """Which of the entries' keys are stored already."""
        asked: dict[str, list[str]] = {}
        for entry in entries:
            if entry.key is not None:
                asked.setdefault(entry.occurrence, []).append(entry.key)
        found: set[tuple[str, str | None]] = set()
        for name, keys in asked.items():
            for some in _portions(keys):
                answer = await connection.execute(_read_keys, {"name": name, "keys": some})
                found.update((name, key) for key in answer.scalars())
        return found

    def _seal(self, entry: Entry, salt: bytes) -> dict[str, Any]:
        """The entry as the next row of its chain."""
        head = self._after[entry.occurrence]
        seq = head.rows + 1
        body_digest = chain.body_digest(salt, entry.body)
        digest = chain.row_digest(head.digest, seq, entry.at, entry.kind, entry.key, body_digest)
        self._after[entry.occurrence] = Head(seq, digest)
        return {
            "occurrence": entry.occurrence,
            "seq": seq,
            "at": entry.at,
            "kind": entry.kind,
            "key": entry.key,
            "body": entry.body,
            "salt": salt,
            "body_digest": body_digest,
            "prev": head.digest,
            "digest": digest,
        }

    async def _store(self, connection: AsyncConnection, new: list[dict[str, Any]]) -> None:
        if new:
            await connection.execute(_insert, new)
        self.on_step("rows_written")
        moved = {row["occurrence"] for row in new}
        if moved:
            await connection.execute(_move_head, [_moved(name, self._after[name]) for name in moved])
        self.on_step("heads_written")


def _moved(name: str, head: Head) -> dict[str, Any]:
    return {"name": name, "new_rows": head.rows, "new_head": head.digest}


def _portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _PARAMETERS):
        yield values[start : start + _PARAMETERS]
