"""Personal links in SQLite or PostgreSQL: each method is one durable transaction. Nothing decides here.

On SQLite the tables have a file of their own beside the journal's: what is written there must never wait for what a
meeting writes, nor the other way round, and the journal stays a store of one sort of record.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from guardian.adapters.links.schema import browsers, links, mails, metadata, openings
from guardian.errors import ConfigError, JournalError
from guardian.ports import Link, Opening

FILE = "links.sqlite3"
_LONGEST_HANDLE = 500
_SOME = 500  # parameters of one statement


async def open_links(journal_url: str, *, patience: float = 5.0) -> SqlLinks:
    """Open the store that belongs to the journal at this address; made first where it is new. ``patience``: seconds
    to wait for locks and servers. Raises JournalError, ConfigError.
    """
    try:
        parsed = make_url(journal_url)
    except ArgumentError as error:
        raise ConfigError("the journal's address is not a URL") from error
    if parsed.get_backend_name() == "sqlite":
        engine = _sqlite(Path(parsed.database or "journal").with_name(FILE), patience)
    else:
        engine = _postgres(parsed, patience)
    store = SqlLinks(engine)
    try:
        async with store.writing() as connection:
            await connection.run_sync(metadata.create_all)
    except BaseException:
        await engine.dispose()
        raise
    return store


class SqlLinks:
    """See ``guardian.ports.LinkStore``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, one at a time. Raises JournalError."""
        try:
            async with self._one, self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
            why = (str(cause).strip() or type(cause).__name__).splitlines()[0]
            raise JournalError(f"the store of personal links: {why}") from error

    async def links(self, meeting: str | None = None) -> list[Link]:
        """See the port."""
        wanted = sa.select(links).where(links.c.revoked_at.is_(None)).order_by(links.c.made_at, links.c.lid)
        if meeting is not None:
            wanted = wanted.where(links.c.meeting == meeting)
        async with self.writing() as connection:
            return await _read(connection, wanted)

    async def link(self, lid: str) -> Link | None:
        """See the port."""
        async with self.writing() as connection:
            return await _one(connection, lid)

    async def add(self, new: Sequence[Link]) -> list[Link]:
        """See the port."""
        async with self.writing() as connection:
            for one in new:
                row = {
                    column: getattr(one, column)
                    for column in ("lid", "meeting", "person", "made_at", "until", "registrant", "way", "revoked_at")
                }
                last = sa.select(sa.func.coalesce(sa.func.max(links.c.version), 0) + 1).where(
                    links.c.meeting == one.meeting, links.c.person == one.person
                )
                try:
                    async with connection.begin_nested():
                        await connection.execute(sa.insert(links).values(**row, version=last.scalar_subquery()))
                except IntegrityError:
                    continue  # who has one keeps it
            found: list[Link] = []
            for some in _parts([one.person for one in new]):
                wanted = sa.select(links).where(
                    links.c.meeting.in_({one.meeting for one in new}),
                    links.c.person.in_(some),
                    links.c.revoked_at.is_(None),
                )
                found += await _read(connection, wanted)
        by_owner = {(one.meeting, one.person): one for one in found}
        return [by_owner[one.meeting, one.person] for one in new if (one.meeting, one.person) in by_owner]

    async def enrolled(self, lid: str, registrant: str, way: str) -> None:
        """See the port."""
        async with self.writing() as connection:
            await connection.execute(sa.update(links).where(links.c.lid == lid).values(registrant=registrant, way=way))

    async def revoke(self, lid: str, at: float) -> bool:
        """See the port. The secret address goes with it."""
        async with self.writing() as connection:
            done = await connection.execute(
                sa.update(links).where(links.c.lid == lid, links.c.revoked_at.is_(None)).values(revoked_at=at, way="")
            )
        return done.rowcount > 0

    async def bind(self, lid: str, browser: str, at: float, *, first: bool) -> Link | None:
        """See the port."""
        async with self.writing() as connection:
            number = sa.select(sa.func.coalesce(sa.func.max(browsers.c.number), 0) + 1).where(browsers.c.lid == lid)
            value = sa.literal(1) if first else number.scalar_subquery()
            try:
                async with connection.begin_nested():
                    await connection.execute(sa.insert(browsers).values(lid=lid, number=value, browser=browser, at=at))
            except IntegrityError:
                pass  # bound already: to this one, or to another that was first
            return await _one(connection, lid)

    async def opened(self, opening: Opening) -> None:
        """See the port."""
        row = {"nonce": opening.nonce, "lid": opening.lid, "at": opening.at, "used_by": opening.used_by}
        async with self.writing() as connection:
            await connection.execute(sa.insert(openings).values(**row))

    async def used(self, nonce: str, by: str) -> None:
        """See the port."""
        async with self.writing() as connection:
            await connection.execute(
                sa.update(openings).where(openings.c.nonce == nonce).values(used_by=by[:_LONGEST_HANDLE])
            )

    async def openings(self, since: float) -> list[Opening]:
        """See the port."""
        wanted = sa.select(openings).where(openings.c.at >= since).order_by(openings.c.at)
        async with self.writing() as connection:
            rows = (await connection.execute(wanted)).all()
        return [Opening(row.nonce, row.lid, row.at, row.used_by) for row in rows]

    async def mailing(self, lid: str, mark: str, at: float) -> bool:
        """See the port."""
        async with self.writing() as connection:
            try:
                async with connection.begin_nested():
                    await connection.execute(sa.insert(mails).values(lid=lid, mark=mark, at=at, gone=False))
            except IntegrityError:
                return False
        return True

    async def mailed(self, lid: str, mark: str, *, gone: bool) -> None:
        """See the port."""
        here = (mails.c.lid == lid) & (mails.c.mark == mark)
        async with self.writing() as connection:
            await connection.execute(
                sa.update(mails).where(here).values(gone=True) if gone else sa.delete(mails).where(here)
            )

    async def unsure(self, meeting: str) -> list[str]:
        """See the port."""
        wanted = (
            sa.select(links.c.person)
            .distinct()
            .select_from(mails.join(links, links.c.lid == mails.c.lid))
            .where(links.c.meeting == meeting, links.c.revoked_at.is_(None), mails.c.gone.is_(sa.false()))
        )
        async with self.writing() as connection:
            return sorted((await connection.execute(wanted)).scalars())

    async def revision(self) -> str:
        """See the port."""
        wanted = sa.select(
            sa.func.count(),
            sa.func.max(links.c.made_at),
            sa.func.max(links.c.revoked_at),
            sa.func.count(links.c.revoked_at),
            sa.func.sum(sa.func.length(links.c.registrant)),
        )
        async with self.writing() as connection:
            row = (await connection.execute(wanted)).one()
        return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:16]

    async def forget(self, before: float) -> None:
        """See the port."""
        over = sa.select(links.c.lid).where((links.c.until < before) | (links.c.revoked_at < before))
        async with self.writing() as connection:
            await connection.execute(sa.delete(openings).where(openings.c.at < before))
            for table in (browsers, mails, openings, links):
                await connection.execute(sa.delete(table).where(table.c.lid.in_(over)))

    async def close(self) -> None:
        """See the port."""
        await self._engine.dispose()


async def _one(connection: AsyncConnection, lid: str) -> Link | None:
    found = await _read(connection, sa.select(links).where(links.c.lid == lid))
    return found[0] if found else None


async def _read(connection: AsyncConnection, wanted: sa.Select[Any]) -> list[Link]:
    rows = (await connection.execute(wanted)).all()
    bound: dict[str, list[str]] = defaultdict(list)
    for some in _parts([row.lid for row in rows]):
        known = sa.select(browsers).where(browsers.c.lid.in_(some)).order_by(browsers.c.number)
        for row in (await connection.execute(known)).all():
            bound[row.lid].append(row.browser)
    return [_link(row, tuple(bound[row.lid])) for row in rows]


def _link(row: sa.Row[Any], bound: tuple[str, ...]) -> Link:
    return Link(
        lid=row.lid,
        meeting=row.meeting,
        person=row.person,
        version=row.version,
        made_at=row.made_at,
        until=row.until,
        registrant=row.registrant,
        way=row.way,
        revoked_at=row.revoked_at,
        browsers=bound,
    )


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[first : first + _SOME] for first in range(0, len(values), _SOME))


def _sqlite(path: Path, patience: float) -> AsyncEngine:
    path = path.absolute()
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # readable by its owner alone; so are side files
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise JournalError(f"the store of personal links {path} cannot be opened: {error.strerror}") from error
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    engine = create_async_engine(
        url,
        connect_args={"timeout": patience, "isolation_level": None},  # None: Python's driver leaves BEGIN to us
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: URL, patience: float) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": max(2, int(patience)), "tcp_user_timeout": max(1, int(patience * 1000))},
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
    )
