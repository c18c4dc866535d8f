"""The ``Journal`` port on SQLAlchemy Core. Reads by itself, lets the writer write; knows no dialect.

The asynchronous drivers are quick enough (some 30,000 rows a second from 200 callers on SQLite, 1 ms for one caller
alone, on two cores), so there is no thread of our own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from guardian.adapters.journal import chain
from guardian.adapters.journal.engines import Engines, open_engines, reason
from guardian.adapters.journal.schema import occurrences, rows
from guardian.adapters.journal.writer import Writer
from guardian.errors import JournalDamagedError, JournalError
from guardian.ports import Entry, OccurrenceRow, Row

_LONGEST_KEY = 200
_PAGE = 500

_page = (
    sa.select(rows)
    .where(rows.c.occurrence == sa.bindparam("name"), rows.c.seq > sa.bindparam("after"))
    .order_by(rows.c.seq)
    .limit(_PAGE)
)
_one = sa.select(occurrences).where(occurrences.c.occurrence == sa.bindparam("name"))


async def open_journal(url: str, *, patience: float = 5.0, on_step: Callable[[str], None] | None = None) -> SqlJournal:
    """Open the journal at ``url``, made or brought up to date first.

    ``url``: ``sqlite:///PATH`` (a file for its owner alone) or ``postgresql://…``. ``patience``: seconds after which a
    write is given up. ``on_step`` is called at each of JOURNAL_STEPS, for crash tests. Raises ConfigError for another
    URL, JournalError when it cannot be opened.
    """
    engines = await open_engines(url, patience)
    writer = Writer(engines, patience) if on_step is None else Writer(engines, patience, on_step)
    writer.start()
    return SqlJournal(engines, writer)


@dataclass(slots=True)
class SqlJournal:
    """An open journal. Made by ``open_journal``; each method as the port says."""

    _engines: Engines
    _writer: Writer

    async def open_occurrence(self, occurrence: str, meeting: str, slot_start: float | None, at: float) -> None:
        """Begin a chain. Idempotent."""
        for text in (occurrence, meeting):
            _must_fit(text, "identifier")
        new = {
            "occurrence": occurrence,
            "meeting": meeting,
            "slot_start": None if slot_start is None else _time(slot_start),
            "opened_at": _time(at),
            "ended_at": None,
            "head": chain.genesis(occurrence, meeting, slot_start, at),
            "rows": 0,
            "legal_hold": False,
            "blanked": 0,
        }

        async def apply(connection: AsyncConnection) -> None:
            if (await connection.execute(_one, {"name": occurrence})).first() is None:
                await connection.execute(sa.insert(occurrences), new)

        await self._writer.change(apply)

    async def append(self, entries: Sequence[Entry]) -> tuple[bool, ...]:
        """Store all or nothing, in order; per entry whether it was new.

        A key that not every database can keep (over 200 characters, NUL, half a surrogate pair) is kept as its digest:
        keys come from outside, and none must stop the journal.
        """
        if not entries:
            return ()
        return await self._writer.append(tuple(_storable(entry) for entry in entries))

    async def read(self, occurrence: str) -> AsyncIterator[Row]:
        """Every row of an occurrence, in order. Holds nothing open between pages, so a slow reader stops nobody."""
        after = 0
        while True:
            async with self._reading() as connection:
                page = (await connection.execute(_page, {"name": occurrence, "after": after})).all()
            for found in page:
                yield Row(found.occurrence, found.seq, found.at, found.kind, found.key, found.body, found.digest.hex())
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    async def end_occurrence(self, occurrence: str, at: float) -> str:
        """Mark as ended (the first time stays); returns the chain's head. Raises JournalError if unknown."""
        ended_at = _time(at)

        async def apply(connection: AsyncConnection) -> str:
            found = (await connection.execute(_one, {"name": occurrence})).first()
            if found is None:
                raise _no_such(occurrence)
            if found.ended_at is None:
                await connection.execute(_change(occurrence).values(ended_at=ended_at))
            return str(found.head.hex())

        return str(await self._writer.change(apply))

    async def occurrences(self, *, live: bool | None = None, meeting: str | None = None) -> list[OccurrenceRow]:
        """Occurrences, oldest first; ``live`` True: not ended only, False: ended only."""
        wanted = sa.select(occurrences).order_by(occurrences.c.opened_at, occurrences.c.occurrence)
        if live is not None:
            wanted = wanted.where(occurrences.c.ended_at.is_(None) if live else occurrences.c.ended_at.is_not(None))
        if meeting is not None:
            wanted = wanted.where(occurrences.c.meeting == meeting)
        async with self._reading() as connection:
            found = (await connection.execute(wanted)).all()
        return [
            OccurrenceRow(
                one.occurrence,
                one.meeting,
                one.slot_start,
                one.opened_at,
                one.ended_at,
                one.head.hex(),
                one.rows,
                one.legal_hold,
            )
            for one in found
        ]

    async def hold(self, occurrence: str, *, on: bool) -> None:
        """Legal hold: purge passes it by. Raises JournalError if unknown."""

        async def apply(connection: AsyncConnection) -> None:
            if (await connection.execute(_change(occurrence).values(legal_hold=on))).rowcount == 0:
                raise _no_such(occurrence)

        await self._writer.change(apply)

    async def purge(self, before: float, meeting: str | None = None) -> int:
        """Blank bodies and salts of what ended before ``before`` (seconds UTC) and is not on hold; rows blanked.

        ``meeting``: of this one only. One occurrence a transaction, so that nobody who appends waits for all of them.
        """
        wanted = sa.select(occurrences.c.occurrence).where(*_purgeable(before))
        if meeting is not None:
            wanted = wanted.where(occurrences.c.meeting == meeting)
        async with self._reading() as connection:
            names = (await connection.execute(wanted)).scalars().all()
        blanked = 0
        for name in names:
            blanked += await self._writer.change(_blanking(name, before))
        if blanked:
            try:
                await self._engines.sweep()
            except (SQLAlchemyError, OSError) as error:
                raise JournalError(f"what was blanked is still on the disk: {reason(error)}") from error
        return blanked

    async def verify(self, occurrence: str, head: str | None = None) -> int:
        """Check the chain, and that ``head`` (as in the closing mail) is in it; rows checked.

        Raises JournalDamagedError naming the row, JournalError if the occurrence is unknown.
        """
        async with self._reading() as connection:
            found = (await connection.execute(_one, {"name": occurrence})).first()
            if found is None:
                raise _no_such(occurrence)
            first = chain.genesis(found.occurrence, found.meeting, found.slot_start, found.opened_at)
            walk = chain.Walk(occurrence, first, found.blanked)
            seen = await _follow(connection, walk, head)
            walk.finish(found.rows, found.head)
        if not seen:
            raise JournalDamagedError(
                f"the journal of {occurrence} is damaged: none of its {walk.seq} rows has the head {head}; "
                "rows were rewritten or removed since it was written down"
            )
        return walk.seq

    async def close(self) -> None:
        """Finish what was accepted and release the store. A second time does nothing."""
        await self._writer.close()
        await self._engines.dispose()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        """One transaction of the reader, which sees one moment. Foreign errors become JournalError."""
        try:
            async with self._engines.reader.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise JournalError(f"the journal cannot be read: {reason(error)}") from error


async def _follow(connection: AsyncConnection, walk: chain.Walk, head: str | None) -> bool:
    """Walk the whole chain; whether ``head`` was met (True when none is asked for)."""
    sought = None if head is None else head.strip().lower()
    seen = sought is None or sought == walk.last.hex()
    while True:
        page = (await connection.execute(_page, {"name": walk.occurrence, "after": walk.seq})).all()
        for found in page:
            walk.step(
                chain.Link(
                    found.seq,
                    found.at,
                    found.kind,
                    found.key,
                    found.body,
                    found.salt,
                    found.body_digest,
                    found.prev,
                    found.digest,
                )
            )
            seen = seen or walk.last.hex() == sought
        if len(page) < _PAGE:
            return seen


def _purgeable(before: float) -> tuple[sa.ColumnElement[bool], ...]:
    columns = occurrences.c
    return (columns.ended_at < before, columns.legal_hold.is_(False), columns.blanked < columns.rows)


def _blanking(name: str, before: float) -> Callable[[AsyncConnection], Awaitable[int]]:
    async def apply(connection: AsyncConnection) -> int:
        # Asked again inside: a hold may have come in between.
        wanted = sa.select(occurrences.c.blanked).where(occurrences.c.occurrence == name, *_purgeable(before))
        blanked = (await connection.execute(wanted)).scalar()
        if blanked is None:
            return 0
        gone = await connection.execute(
            sa.update(rows).where(rows.c.occurrence == name, rows.c.seq > blanked).values(body=None, salt=None)
        )
        await connection.execute(_change(name).values(blanked=occurrences.c.rows))
        return gone.rowcount

    return apply


def _change(occurrence: str) -> sa.Update:
    return sa.update(occurrences).where(occurrences.c.occurrence == occurrence)


def _storable(entry: Entry) -> Entry:
    _must_fit(entry.kind, "kind")
    at = _time(entry.at)
    key = entry.key
    if key is not None and not _fits(key, _LONGEST_KEY):
        key = "sha256:" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return entry if key is entry.key and at is entry.at else replace(entry, at=at, key=key)


def _time(at: float) -> float:
    """As both databases give it back: SQLite knows no negative zero and no NaN."""
    if not math.isfinite(at):
        raise JournalError(f"{at} is not a time that the journal can keep")
    return at if type(at) is float and at else float(at) + 0.0


def _fits(text: str, most: int) -> bool:
    return len(text) <= most and "\0" not in text and text.isprintable()


def _must_fit(text: str, what: str) -> None:
    if not _fits(text, 200 if what == "identifier" else 50):
        raise JournalError(f"{text!r} cannot be kept as {what}")


def _no_such(occurrence: str) -> JournalError:
    return JournalError(f"the journal has no occurrence {occurrence}")
