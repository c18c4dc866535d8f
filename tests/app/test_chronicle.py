"""Records that cannot be written are kept, in order, and there is a bound to what is kept."""

import asyncio

import pytest

from guardian.app.chronicle import Chain, Chronicle, Line
from guardian.ports import Entry
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import clock, later

pytestmark = pytest.mark.looptime


def _chronicle(journal: MemoryJournal, keep: int = 1000) -> Chronicle:
    return Chronicle(journal, Chain("occ", "yoga", None, 0.0), keep=keep)


def _line(number: int, *, spare: bool = False) -> Line:
    body = f'{{"t":"Woke","d":{{"at":{number}.0}}}}'
    return Line(Entry("occ", float(number), "event", body.encode()), spare)


def _stored(journal: MemoryJournal) -> list[float]:
    return [row.at for row in journal.rows.get("occ", [])]


async def test_what_fails_is_kept_and_written_later_in_order() -> None:
    journal = MemoryJournal()
    chronicle = _chronicle(journal)
    journal.broken = OSError("full")
    assert not await chronicle.write([_line(1)])
    assert not await chronicle.write([_line(2)])
    assert (chronicle.unwritten, chronicle.reason, chronicle.up) == (2, "OSError", False)
    journal.broken = None
    assert not await chronicle.write([])
    await later(3)
    assert await chronicle.write([_line(3)])
    assert _stored(journal) == [1.0, 2.0, 3.0]


async def test_an_append_that_hangs_and_succeeds_after_all_is_not_written_twice() -> None:
    journal = MemoryJournal()
    chronicle = _chronicle(journal)
    journal.gate.clear()
    started = clock()
    assert not await chronicle.write([_line(1)])
    assert clock() - started == pytest.approx(5.0)
    journal.gate.set()
    await later(1)
    assert _stored(journal) == [1.0]
    assert await chronicle.flush()
    assert _stored(journal) == [1.0]


async def test_an_append_that_hangs_and_fails_is_written_again() -> None:
    journal = MemoryJournal()
    chronicle = _chronicle(journal)
    journal.gate.clear()
    assert not await chronicle.write([_line(1)])
    journal.broken = OSError("gone")
    journal.gate.set()
    await later(1)
    assert not await chronicle.flush()
    journal.broken = None
    assert await chronicle.flush()
    assert _stored(journal) == [1.0]


async def test_a_humans_order_shortens_the_wait_that_is_under_way() -> None:
    journal = MemoryJournal()
    chronicle = _chronicle(journal)
    journal.gate.clear()
    started = clock()
    writing = asyncio.create_task(chronicle.write([_line(1)]))
    await later(1)
    chronicle.hurry()
    assert not await writing
    assert clock() - started == pytest.approx(1.5)


async def test_when_too_much_is_kept_deliveries_go_first_and_the_newest_words_stay() -> None:
    journal = MemoryJournal()
    chronicle = _chronicle(journal, keep=4)
    journal.broken = OSError("full")
    await chronicle.write([_line(1), _line(2, spare=True), _line(3, spare=True), _line(4), _line(5, spare=True)])
    assert chronicle.unwritten == 2
    await chronicle.write([_line(n) for n in (6, 7, 8)])
    journal.broken = None
    assert await chronicle.flush()
    assert _stored(journal) == [4.0, 6.0, 7.0, 8.0]
