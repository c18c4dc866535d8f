"""What differs between SQLite and PostgreSQL: how they are opened, made durable and brought to the newest revision.

Everything above this file is the same SQLAlchemy Core for both. No statement on journal rows lives here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from guardian.adapters.journal.schema import NEWEST, VERSION_TABLE
from guardian.errors import ConfigError, JournalError

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6A6F75726E616C  # PostgreSQL's advisory locks are numbered; this one spells "journal"
_READERS = 2
_ABANDONED = 4  # connections that may still be leaving a silent server while the writer tries a new one
_version = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))


@dataclass(frozen=True, slots=True)
class Engines:
    """A store: ``writer`` has the one connection that writes, ``reader`` sees one snapshot per transaction.

    ``check_there`` raises JournalError when the store was taken away under an open connection.
    """

    writer: AsyncEngine
    reader: AsyncEngine
    check_there: Callable[[], None]

    async def sweep(self) -> None:
        """After a purge: what was blanked must leave the disk too. Best effort; SQLite only.

        On PostgreSQL the old versions of the rows go with the next vacuum, and with the write-ahead log's rotation.
        """
        if self.writer.dialect.name != "sqlite":
            return
        async with self.writer.connect() as connection:
            await connection.execution_options(guardian_plain=True)
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def dispose(self) -> None:
        """Close every connection."""
        await self.reader.dispose()
        await self.writer.dispose()


async def open_engines(url: str, patience: float) -> Engines:
    """Open the store, made or brought to the newest revision first. ``patience``: seconds to wait for locks, servers.

    Raises ConfigError for a URL that names no store we know, JournalError when it cannot be opened.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("the journal's address is not a URL") from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            engines = _sqlite(parsed.database, patience)
        case "postgresql":
            engines = _postgres(parsed, patience)
        case _:
            shown = parsed.render_as_string(hide_password=True)
            raise ConfigError(f"journal {shown}: give sqlite:///PATH or postgresql://HOST/DATABASE")
    try:
        await _migrate_patiently(engines.writer, patience)
    except BaseException:
        await engines.dispose()
        raise
    return engines


def reason(error: BaseException) -> str:
    """Why a database did not do it, in its own words: without the statement and without its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def _sqlite(name: str, patience: float) -> Engines:
    path = Path(name).absolute()
    identity = _create_private(path)

    def check_there() -> None:
        try:
            found = path.stat()
        except OSError as error:
            raise JournalError(f"the journal's file {path} is gone: {error.strerror}") from error
        if (found.st_dev, found.st_ino) != identity:
            raise JournalError(f"the journal's file {path} was replaced while it was open")

    # mode=rw: a file that was taken away must not come back empty.
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    # isolation_level None: Python's driver leaves BEGIN to us.
    # A refusal by SQLite says more than our own time-out, so it should come first.
    arguments = {"timeout": 0.8 * patience, "isolation_level": None}
    writer = create_async_engine(
        url,
        connect_args=arguments,
        hide_parameters=True,
        pool_size=1,
        max_overflow=_ABANDONED,
        pool_reset_on_return=None,
    )
    reader = create_async_engine(url, connect_args=arguments, hide_parameters=True, pool_size=_READERS, max_overflow=0)
    # secure_delete: what purge blanks is overwritten, not only unlinked.
    _on_connect(writer, "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
    _on_connect(reader, "query_only=ON")
    # Deferred, a transaction that reads before it writes may fail half-way with SQLITE_BUSY, which no time-out heals.
    _on_begin(writer, "BEGIN IMMEDIATE")
    _on_begin(reader, "BEGIN")
    return Engines(writer, reader, check_there)


def _create_private(path: Path) -> tuple[int, int]:
    """Make the file readable by its owner alone; its device and inode. SQLite gives its side files the same mode."""
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)  # else the name of the new file may not survive what its rows survive
            finally:
                os.close(folder)
        path.chmod(0o600)
        found = path.stat()
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be opened: {error.strerror}") from error
    return found.st_dev, found.st_ino


def _on_connect(engine: AsyncEngine, *pragmas: str) -> None:
    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _on_begin(engine: AsyncEngine, statement: str) -> None:
    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("guardian_plain"):
            connection.exec_driver_sql(statement)


def _postgres(url: URL, patience: float) -> Engines:
    milliseconds = max(1, int(patience * 1000))
    # A peer that vanished without a word must not hold an append for the kernel's usual quarter of an hour.
    arguments = {
        "connect_timeout": max(2, int(patience)),
        "tcp_user_timeout": milliseconds,
        "keepalives_idle": 30,
    }
    url = url.set(drivername="postgresql+psycopg")
    writer = create_async_engine(url, connect_args=arguments, hide_parameters=True, pool_size=1, max_overflow=0)
    reader = create_async_engine(
        url,
        connect_args=arguments,
        hide_parameters=True,
        pool_size=_READERS,
        max_overflow=0,
        pool_pre_ping=True,
        # Several statements of one check must see the same moment.
        isolation_level="REPEATABLE READ",
    )
    return Engines(writer, reader, lambda: None)


async def _migrate_patiently(engine: AsyncEngine, patience: float) -> None:
    """SQLite does not queue for the change to WAL: of two that open at once, one is refused and tries again."""
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            async with engine.begin() as connection:
                await _migrate(connection)
        except OperationalError as error:
            if "locked" in reason(error) and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(0.02)
                continue
            raise JournalError(f"the journal cannot be opened: {reason(error)}") from error
        except (SQLAlchemyError, OSError) as error:
            raise JournalError(f"the journal cannot be opened: {reason(error)}") from error
        return


async def _migrate(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    if await connection.run_sync(lambda sync: sa.inspect(sync).has_table(VERSION_TABLE)):
        found = (await connection.execute(sa.select(_version.c.version_num))).scalar()
        if found == NEWEST:
            return
    await connection.run_sync(_upgrade)


def _upgrade(connection: sa.Connection) -> None:
    # Alembic takes a fifth of a second to import, and nearly every start finds the newest revision.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise JournalError(f"the journal was written by a newer guardian: {error}") from error
