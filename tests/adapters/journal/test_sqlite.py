"""What only a file can suffer: a full disk, a foreign lock, being moved or replaced; and what must leave
it.
"""

import asyncio
import resource
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from guardian.adapters.journal import SqlJournal, open_journal
from guardian.errors import ConfigError, JournalError
from guardian.ports import Entry

_NAME = b"Mia Undiscoverable"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqlJournal]:
    opened = await open_journal(f"sqlite:///{path}", patience=0.5)
    await opened.open_occurrence("o1", "m1", None, 1.0)
    yield opened
    await opened.close()


def entry(body: bytes, key: str | None = None) -> Entry:
    return Entry("o1", 2.0, "event", body, key)


async def bodies(journal: SqlJournal) -> list[bytes | None]:
    return [row.body async for row in journal.read("o1")]


# --- faults
# ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def no_more_pages(journal: SqlJournal, path: Path) -> AsyncIterator[None]:
    """SQLite's own limit: the same answer, SQLITE_FULL, as from a full disk."""
    async with journal._engines.writer.connect() as connection:
        await connection.execution_options(guardian_plain=True)
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        usual = (await connection.exec_driver_sql("PRAGMA max_page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    yield
    async with journal._engines.writer.connect() as connection:
        await connection.execution_options(guardian_plain=True)
        await connection.exec_driver_sql(f"PRAGMA max_page_count={usual}")


@asynccontextmanager
async def files_cannot_grow(journal: SqlJournal, path: Path) -> AsyncIterator[None]:
    """The kernel refuses the write itself, in the middle of the commit."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(file.stat().st_size for file in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, usual[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@asynccontextmanager
async def another_holds_the_lock(journal: SqlJournal, path: Path) -> AsyncIterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@asynccontextmanager
async def the_file_is_elsewhere(journal: SqlJournal, path: Path) -> AsyncIterator[None]:
    path.rename(path.with_suffix(".moved"))
    yield
    path.with_suffix(".moved").rename(path)


@asynccontextmanager
async def another_file_in_its_place(journal: SqlJournal, path: Path) -> AsyncIterator[None]:
    path.rename(path.with_suffix(".moved"))
    path.touch()
    yield
    path.with_suffix(".moved").rename(path)


_FAULTS = [
    no_more_pages,
    files_cannot_grow,
    another_holds_the_lock,
    the_file_is_elsewhere,
    another_file_in_its_place,
]


@pytest.mark.parametrize("fault", _FAULTS, ids=lambda fault: fault.__name__)
async def test_a_fault_stores_nothing_and_when_it_is_gone_all_goes_on(
    journal: SqlJournal, path: Path, fault: Callable[[SqlJournal, Path], object]
) -> None:
    large = b"x" * 100_000
    await journal.append([entry(b"before", "k0")])
    async with fault(journal, path):  # type: ignore[attr-defined]
        failed = await asyncio.gather(
            journal.append([entry(b"small", "k1"), entry(large, "k2")]),
            journal.append([entry(large, "k3")]),
            return_exceptions=True,
        )
    assert [type(one) for one in failed] == [JournalError, JournalError]
    assert await bodies(journal) == [b"before"]
    assert await journal.append([entry(b"small", "k1"), entry(large, "k2")]) == (True, True)
    assert await bodies(journal) == [b"before", b"small", large]
    assert await journal.verify("o1") == 3


async def test_a_full_disk_is_called_so_without_telling_what_was_to_be_written(journal: SqlJournal, path: Path) -> None:
    async with no_more_pages(journal, path):
        with pytest.raises(JournalError, match="disk is full") as caught:
            await journal.append([entry(_NAME * 10_000)])
    assert _NAME.decode() not in f"{caught.value} {caught.value.__cause__}"


async def test_a_file_that_was_deleted_is_not_written_to(journal: SqlJournal, path: Path) -> None:
    path.unlink()
    with pytest.raises(JournalError, match="is gone"):
        await journal.append([entry(b"lost")])
    assert not path.exists()


async def test_the_listener_of_steps_may_fail_and_the_next_call_is_served(path: Path) -> None:
    broken = True

    def on_step(name: str) -> None:
        if broken and name == "heads_written":
            raise ZeroDivisionError

    journal = await open_journal(f"sqlite:///{path}", on_step=on_step)
    await journal.open_occurrence("o1", "m1", None, 1.0)
    with pytest.raises(JournalError, match="cannot be written"):
        await journal.append([entry(b"a")])
    broken = False
    await journal.append([entry(b"b")])
    assert await bodies(journal) == [b"b"]
    await journal.close()


# --- opening
# ---------------------------------------------------------------------------------------------------


async def test_its_files_are_for_the_owner_alone(journal: SqlJournal, path: Path) -> None:
    await journal.append([entry(b"a")])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}


async def test_a_file_open_to_others_is_closed_to_them(path: Path) -> None:
    path.touch(mode=0o644)
    await (await open_journal(f"sqlite:///{path}")).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_commits_wait_for_the_disk(journal: SqlJournal) -> None:
    async with journal._engines.writer.connect() as connection:
        await connection.execution_options(guardian_plain=True)
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar_one() == 2


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "mysql://u:hush@h/d", "journal.db", ""],
)
async def test_an_address_that_names_no_durable_store_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="journal") as caught:
        await open_journal(url)
    assert "hush" not in str(caught.value)


async def test_a_folder_that_is_not_there_is_said(path: Path) -> None:
    with pytest.raises(JournalError, match="No such file"):
        await open_journal(f"sqlite:///{path.parent}/none/journal.db")


async def test_a_file_of_something_else_is_refused(path: Path) -> None:
    path.write_bytes(b"dear diary, " * 1000)
    with pytest.raises(JournalError, match="not a database"):
        await open_journal(f"sqlite:///{path}")


async def test_a_path_with_marks_that_mean_something_in_an_address_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "50% off #1"
    folder.mkdir()
    await (await open_journal(f"sqlite:///{folder}/journal.db")).close()
    assert [file.name for file in folder.iterdir()] == ["journal.db"]


_OPENER = """
import asyncio, sys
from guardian.adapters.journal import open_journal
from guardian.ports import Entry

async def main():
    sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
    journal = await open_journal(sys.argv[1])
    await journal.open_occurrence(sys.argv[2], "m1", None, 1.0)
    await journal.append([Entry(sys.argv[2], 1.0, "event", b"x")])
    await journal.close()

asyncio.run(main())
"""


async def test_four_processes_may_open_a_new_file_at_the_same_moment(path: Path) -> None:
    openers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _OPENER,
            f"sqlite:///{path}",
            f"o{number}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(4)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert await opener.stdout.readline() == b"ready\n"
    await asyncio.gather(*(opener.communicate(b"go\n") for opener in openers))
    assert [opener.returncode for opener in openers] == [0, 0, 0, 0]
    journal = await open_journal(f"sqlite:///{path}")
    assert [one.rows for one in await journal.occurrences()] == [1, 1, 1, 1]
    await journal.close()


# --- erasing
# ---------------------------------------------------------------------------------------------------


async def test_a_purged_name_is_nowhere_on_the_disk(journal: SqlJournal, path: Path) -> None:
    def on_disk() -> bool:
        return any(_NAME in file.read_bytes() for file in path.parent.iterdir())

    for number in range(100):
        await journal.append([entry(_NAME + b"." * 70 * number), entry(b"short")])
    await journal.end_occurrence("o1", 5.0)
    assert on_disk()
    assert await journal.purge(6.0) == 200
    assert not on_disk()
    assert await journal.verify("o1") == 200


async def test_a_copy_of_the_open_file_and_its_log_is_a_whole_journal(
    journal: SqlJournal, path: Path, tmp_path: Path
) -> None:
    await journal.append([entry(b"a"), entry(b"b")])
    backup = tmp_path / "backup"
    backup.mkdir()
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(path.with_name(name), backup / name)
    copied = await open_journal(f"sqlite:///{backup}/journal.db")
    assert await copied.verify("o1") == 2
    await copied.close()
