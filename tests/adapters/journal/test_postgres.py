"""What only a server can do to us: go away, come back, be silent, or commit and lose its answer on the
way.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from guardian.adapters.journal import SqlJournal, open_journal
from guardian.errors import JournalError
from guardian.ports import Entry
from tests.support.stores import by_hand, fresh_schema

pytestmark = pytest.mark.postgres


class Wire:
    """Between us and the server. ``passing`` unset: silence. An answer to a commit can be lost, the server
    with it.
    """

    def __init__(self, server: Path, folder: Path) -> None:
        self.folder = folder
        self.passing = asyncio.Event()
        self.passing.set()
        self.lose_answer_to_commit = False
        self.stay_away = False
        self._commit_comes = False
        self._server = server / ".s.PGSQL.5432"
        self._own = folder / ".s.PGSQL.5432"
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def on_step(self, name: str) -> None:
        if name == "heads_written" and self.lose_answer_to_commit:
            self._commit_comes = True

    async def mend(self) -> None:
        self._own.unlink(missing_ok=True)
        self._listener = await asyncio.start_unix_server(self._serve, self._own)

    async def cut(self) -> None:
        gone = self._stop()
        for writer in gone:
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _stop(self) -> list[asyncio.StreamWriter]:
        if self._listener is not None:
            self._listener.close()
        self._own.unlink(missing_ok=True)
        for writer in self._writers:
            writer.close()
        return list(self._writers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._server)
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, answers=False), self._carry(far_reader, writer, answers=True)
            )
        finally:
            self._writers -= {writer, far_writer}

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65536):
                await self.passing.wait()
                if answers and self._commit_comes:
                    self._commit_comes = self.lose_answer_to_commit = False
                    if self.stay_away:
                        self._stop()
                    break
                sink.write(piece)
                await sink.drain()
        sink.close()


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    with fresh_schema(postgres_url) as url:
        yield url


@pytest.fixture
async def wire(schema: str) -> AsyncIterator[Wire]:
    with tempfile.TemporaryDirectory(prefix="guardian-wire-", dir="/tmp") as folder:
        made = Wire(Path(str(make_url(schema).query["host"])), Path(folder))
        await made.mend()
        yield made
        await made.cut()


@pytest.fixture
async def journal(schema: str, wire: Wire) -> AsyncIterator[SqlJournal]:
    opened = await open_journal(
        make_url(schema).update_query_dict({"host": str(wire.folder)}).render_as_string(hide_password=False),
        patience=2.0,
        on_step=wire.on_step,
    )
    await opened.open_occurrence("o1", "m1", None, 1.0)
    yield opened
    await opened.close()


def entry(text: str, key: str | None = None) -> Entry:
    return Entry("o1", 2.0, "event", text.encode(), key)


async def texts(journal: SqlJournal) -> list[str]:
    return [row.body.decode() async for row in journal.read("o1") if row.body is not None]


async def test_a_connection_that_died_while_idle_is_not_noticed(journal: SqlJournal, wire: Wire) -> None:
    await journal.append([entry("a")])
    assert await texts(journal) == ["a"]
    await wire.cut()
    await wire.mend()
    assert await journal.append([entry("b")]) == (True,)
    assert await texts(journal) == ["a", "b"]
    assert await journal.verify("o1") == 2


async def test_a_server_that_is_gone_stores_nothing_and_when_it_is_back_all_goes_on(
    journal: SqlJournal, wire: Wire
) -> None:
    await journal.append([entry("a", "k1")])
    await wire.cut()
    for _ in range(2):
        with pytest.raises(JournalError, match="cannot be written"):
            await journal.append([entry("b", "k2")])
    with pytest.raises(JournalError, match="cannot be read"):
        await texts(journal)
    await wire.mend()
    assert await journal.append([entry("a", "k1"), entry("b", "k2")]) == (False, True)
    assert await texts(journal) == ["a", "b"]


async def test_a_silent_server_is_given_up(journal: SqlJournal, wire: Wire) -> None:
    await journal.append([entry("a")])
    wire.passing.clear()
    with pytest.raises(JournalError, match="cannot be written"):
        await journal.append([entry("b")])
    wire.passing.set()
    await journal.append([entry("c")])
    assert await texts(journal) == ["a", "c"]
    assert await journal.verify("o1") == 2


async def test_a_silent_server_does_not_hold_up_the_end(journal: SqlJournal, wire: Wire) -> None:
    wire.passing.clear()
    with pytest.raises(JournalError, match="did not answer in time"):
        await journal.append([entry("a")])
    async with asyncio.timeout(60):
        await journal.close()
    with pytest.raises(JournalError, match="closed"):
        await journal.append([entry("b")])


async def test_a_commit_whose_answer_was_lost_is_stored_once(journal: SqlJournal, wire: Wire) -> None:
    await journal.append([entry("a")])
    wire.lose_answer_to_commit = True
    assert await journal.append([entry("b", "k1"), entry("c")]) == (True, True)
    assert not wire.lose_answer_to_commit
    await journal.append([entry("d")])
    assert await texts(journal) == ["a", "b", "c", "d"]
    assert await journal.verify("o1") == 4


async def test_a_commit_whose_answer_was_lost_with_the_server_is_taken_back(
    journal: SqlJournal, wire: Wire, schema: str
) -> None:
    await journal.append([entry("a")])
    wire.lose_answer_to_commit = True
    wire.stay_away = True
    with pytest.raises(JournalError, match="cannot be written"):
        await journal.append([entry("b", "k1"), entry("c")])
    # It did take place, which only the server knew:
    assert by_hand(schema, "SELECT count(*) FROM journal_rows") == [(3,)]
    await wire.mend()
    assert await journal.append([entry("b again", "k1")]) == (True,)
    assert await texts(journal) == ["a", "b again"]
    assert await journal.verify("o1") == 2


async def test_an_address_nobody_answers_at_is_said_without_its_password() -> None:
    with pytest.raises(JournalError, match="cannot be opened") as caught:
        await open_journal("postgresql://guardian:hush@/postgres?host=/nonexistent")
    assert "hush" not in str(caught.value)
