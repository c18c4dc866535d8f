"""What every store behind the ``Journal`` port must do. The same tests, by the same names, on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from guardian.adapters.journal import JOURNAL_STEPS, SqlJournal, open_journal
from guardian.adapters.journal.schema import VERSION_TABLE, metadata
from guardian.errors import JournalDamagedError, JournalError
from guardian.ports import Entry, Journal, Row
from tests.support.stores import by_hand, fresh_schema


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/journal.db"
        return
    with fresh_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
async def journal(address: str) -> AsyncIterator[SqlJournal]:
    opened = await open_journal(address)
    yield opened
    await opened.close()


def entry(text: str, occurrence: str = "o1", key: str | None = None, at: float = 100.0) -> Entry:
    return Entry(occurrence, at, "event", text.encode(), key)


async def rows(journal: Journal, occurrence: str = "o1") -> list[Row]:
    return [row async for row in journal.read(occurrence)]


async def texts(journal: Journal, occurrence: str = "o1") -> list[str]:
    return [row.body.decode() if row.body is not None else "-" for row in await rows(journal, occurrence)]


async def class_of(journal: Journal, count: int, occurrence: str = "o1") -> None:
    await journal.open_occurrence(occurrence, "m1", 50.0, 90.0)
    await journal.append([entry(f"n{i}", occurrence, f"k{i}", 100.25 + i) for i in range(1, count + 1)])


# --- appending -------------------------------------------------------------------------------------------------


async def test_rows_come_back_whole_in_order_and_numbered_from_one(journal: SqlJournal) -> None:
    await journal.open_occurrence("o1", "m1", None, 90.0)
    await journal.append([Entry("o1", 100.1, "event", b"a", "k"), Entry("o1", 100.2, "decision", b"\x00\xff")])
    await journal.append([Entry("o1", 99.0, "outcome", b"")])
    found = await rows(journal)
    assert [(r.occurrence, r.seq, r.at, r.kind, r.key, r.body) for r in found] == [
        ("o1", 1, 100.1, "event", "k", b"a"),
        ("o1", 2, 100.2, "decision", None, b"\x00\xff"),
        ("o1", 3, 99.0, "outcome", None, b""),
    ]
    assert len({row.digest for row in found}) == 3
    assert await journal.verify("o1") == 3


async def test_rows_survive_closing_and_opening_again(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 3)
    await journal.close()
    again = await open_journal(address)
    await again.append([entry("n4")])
    assert await texts(again) == ["n1", "n2", "n3", "n4"]
    assert await again.verify("o1") == 4
    await again.close()


async def test_more_rows_than_a_page_are_read_and_verified(journal: SqlJournal) -> None:
    await class_of(journal, 1203)
    assert await texts(journal) == [f"n{i}" for i in range(1, 1204)]
    assert await journal.verify("o1") == 1203


async def test_an_empty_append_stores_nothing(journal: SqlJournal) -> None:
    await class_of(journal, 1)
    assert await journal.append([]) == ()
    assert await journal.verify("o1") == 1


async def test_a_known_key_is_not_stored_again(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 2)
    assert await journal.append([entry("x", key="k2"), entry("y", key="k3"), entry("z")]) == (False, True, True)
    assert await journal.append([entry("x", key="k3")]) == (False,)
    again = await open_journal(address)
    assert await again.append([entry("x", key="k1")]) == (False,)
    await again.close()
    assert await texts(journal) == ["n1", "n2", "y", "z"]
    assert await journal.verify("o1") == 4


async def test_a_key_twice_in_one_call_is_stored_once(journal: SqlJournal) -> None:
    await class_of(journal, 0)
    assert await journal.append([entry("a", key="k"), entry("b", key="k")]) == (True, False)
    assert await texts(journal) == ["a"]


async def test_of_many_at_once_with_one_key_exactly_one_is_new(journal: SqlJournal) -> None:
    await class_of(journal, 0)
    answers = await asyncio.gather(*(journal.append([entry(str(i), key="k")]) for i in range(50)))
    assert sum(new for (new,) in answers) == 1
    assert await journal.verify("o1") == 1


async def test_a_key_counts_within_its_occurrence_only(journal: SqlJournal) -> None:
    await class_of(journal, 1, "o1")
    await class_of(journal, 0, "o2")
    assert await journal.append([entry("a", "o2", "k1"), entry("b", "o1", "k1")]) == (True, False)


async def test_more_known_keys_than_one_question_holds_are_recognised(journal: SqlJournal) -> None:
    await class_of(journal, 1100)
    again = [entry("again", key=f"k{i}") for i in range(1, 1102)]
    assert await journal.append(again) == (*(False,) * 1100, True)


@pytest.mark.parametrize("key", ["x" * 5000, "nul\0byte", "half \ud800 pair", "line\nbreak", "<b>", "’; --", ""])
async def test_no_key_from_outside_stops_the_journal(journal: SqlJournal, key: str) -> None:
    await class_of(journal, 0)
    assert await journal.append([entry("a", key=key)]) == (True,)
    assert await journal.append([entry("b", key=key)]) == (False,)
    assert await texts(journal) == ["a"]
    assert await journal.verify("o1") == 1


@pytest.mark.parametrize("at", [float("nan"), float("inf"), float("-inf")])
async def test_what_is_no_time_is_refused(journal: SqlJournal, at: float) -> None:
    await class_of(journal, 1)
    with pytest.raises(JournalError, match="not a time"):
        await journal.append([entry("a"), entry("b", at=at)])
    assert await texts(journal) == ["n1"]


@pytest.mark.parametrize("at", [0, -0.0, 1_700_000_000, 1e-300, 1_763_999_999.123456])
async def test_every_time_verifies_after_its_way_through_the_database(journal: SqlJournal, at: float) -> None:
    await class_of(journal, 0)
    await journal.append([entry("a", at=at)])
    assert [row.at for row in await rows(journal)] == [at]
    assert await journal.verify("o1") == 1


async def test_an_unfit_name_or_kind_is_refused(journal: SqlJournal) -> None:
    with pytest.raises(JournalError, match="identifier"):
        await journal.open_occurrence("o\0", "m1", None, 1.0)
    await class_of(journal, 0)
    with pytest.raises(JournalError, match="kind"):
        await journal.append([Entry("o1", 1.0, "k" * 51, b"")])
    assert await texts(journal) == []


async def test_an_occurrence_that_was_never_opened_is_refused_and_spoils_nothing(journal: SqlJournal) -> None:
    await class_of(journal, 0)
    both = await asyncio.gather(
        journal.append([entry("a"), entry("b", "nowhere")]),
        journal.append([entry("c")]),
        return_exceptions=True,
    )
    assert isinstance(both[0], JournalError)
    assert "no occurrence nowhere" in str(both[0])
    assert both[1] == (True,)
    assert await texts(journal) == ["c"]


async def test_two_hundred_at_once_keep_each_call_together_and_in_order(journal: SqlJournal) -> None:
    await class_of(journal, 0, "o1")
    await class_of(journal, 0, "o2")

    async def caller(number: int) -> None:
        occurrence = f"o{1 + number % 2}"
        for turn in range(3):
            calls = [entry(f"{number} {turn} {part}", occurrence) for part in range(3)]
            assert await journal.append(calls) == (True, True, True)

    await asyncio.gather(*(caller(number) for number in range(200)))
    for occurrence in ("o1", "o2"):
        found = await texts(journal, occurrence)
        assert len(set(found)) == len(found) == 900
        assert await journal.verify(occurrence) == 900
        for at in range(0, 900, 3):
            assert [text.rsplit(" ", 1)[0] for text in found[at : at + 3]] == [found[at].rsplit(" ", 1)[0]] * 3
        for number in {text.split()[0] for text in found}:
            own = [text for text in found if text.split()[0] == number]
            assert own == sorted(own)


async def test_a_call_given_up_while_it_waits_is_not_written(journal: SqlJournal) -> None:
    await class_of(journal, 0)
    waiting = asyncio.create_task(journal.append([entry("given up")]))
    await asyncio.sleep(0)
    waiting.cancel()
    await journal.append([entry("kept")])
    assert await texts(journal) == ["kept"]
    assert waiting.cancelled()


async def test_closing_writes_what_was_accepted_and_takes_no_more(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 0)
    accepted = [asyncio.create_task(journal.append([entry(str(i))])) for i in range(20)]
    await asyncio.sleep(0)
    await journal.close()
    assert await asyncio.gather(*accepted) == [(True,)] * 20
    with pytest.raises(JournalError, match="closed"):
        await journal.append([entry("late")])
    assert len(by_hand(address, "SELECT seq FROM journal_rows")) == 20


async def test_two_that_write_one_occurrence_in_turn_make_one_chain(journal: SqlJournal, address: str) -> None:
    other = await open_journal(address)
    await class_of(journal, 1)
    for number in range(5):
        await other.append([entry(f"other {number}")])
        await journal.append([entry(f"one {number}")])
    assert await journal.verify("o1") == 11
    await other.close()


async def test_a_damaged_occurrence_does_not_stop_the_others(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 2, "o1")
    await class_of(journal, 0, "o2")
    await journal.close()
    by_hand(address, "UPDATE journal_occurrences SET rows = 1 WHERE occurrence = 'o1'")
    again = await open_journal(address)
    both = await asyncio.gather(
        again.append([entry("a", "o1")]), again.append([entry("b", "o2")]), return_exceptions=True
    )
    assert isinstance(both[0], JournalError)
    assert both[1] == (True,)
    await again.close()


async def test_every_named_step_is_passed_in_order(address: str) -> None:
    passed: list[str] = []
    journal = await open_journal(address, on_step=passed.append)
    await class_of(journal, 0)
    passed.clear()
    await journal.append([entry("a")])
    await journal.close()
    assert passed == list(JOURNAL_STEPS)
    assert len(JOURNAL_STEPS) >= 8


# --- occurrences -----------------------------------------------------------------------------------------------


async def test_opening_twice_changes_nothing(journal: SqlJournal) -> None:
    await class_of(journal, 2)
    before = await journal.occurrences()
    await journal.open_occurrence("o1", "m1", 50.0, 95.0)
    assert await journal.occurrences() == before
    assert (before[0].slot_start, before[0].opened_at, before[0].rows) == (50.0, 90.0, 2)


async def test_an_opened_occurrence_without_rows_verifies(journal: SqlJournal) -> None:
    await class_of(journal, 0)
    assert await journal.verify("o1") == 0
    assert await journal.verify("o1", (await journal.occurrences())[0].head) == 0


async def test_occurrences_are_listed_oldest_first_by_meeting_and_by_life(journal: SqlJournal) -> None:
    for name, meeting, at in (("b", "m2", 3.0), ("c", "m1", 1.0), ("a", "m1", 2.0)):
        await journal.open_occurrence(name, meeting, None, at)
    await journal.end_occurrence("c", 9.0)

    async def names(*, live: bool | None = None, meeting: str | None = None) -> list[str]:
        return [one.occurrence for one in await journal.occurrences(live=live, meeting=meeting)]

    assert await names() == ["c", "a", "b"]
    assert await names(live=True) == ["a", "b"]
    assert await names(live=False) == ["c"]
    assert await names(live=True, meeting="m1") == ["a"]
    assert await names(meeting="none") == []


async def test_the_end_gives_the_head_and_rows_may_follow(journal: SqlJournal) -> None:
    await class_of(journal, 3)
    head = await journal.end_occurrence("o1", 200.0)
    assert head == (await rows(journal))[-1].digest
    await journal.append([entry("late outcome")])
    assert await journal.verify("o1", head) == 4
    assert await journal.verify("o1", f" {head.upper()}\n") == 4
    assert await journal.end_occurrence("o1", 300.0) == (await rows(journal))[-1].digest
    assert (await journal.occurrences())[0].ended_at == 200.0


async def test_what_is_not_there_cannot_be_ended_held_or_verified(journal: SqlJournal) -> None:
    with pytest.raises(JournalError, match="no occurrence o9"):
        await journal.end_occurrence("o9", 1.0)
    with pytest.raises(JournalError, match="no occurrence o9"):
        await journal.hold("o9", on=True)
    with pytest.raises(JournalError, match="no occurrence o9"):
        await journal.verify("o9")
    assert await rows(journal, "o9") == []


# --- purge -----------------------------------------------------------------------------------------------------


async def test_purge_blanks_what_ended_before_and_the_chain_still_verifies(journal: SqlJournal) -> None:
    for name, ended in (("old", 200.0), ("recent", 300.0), ("live", None), ("held", 200.0)):
        await class_of(journal, 3, name)
        if ended is not None:
            await journal.end_occurrence(name, ended)
    await journal.hold("held", on=True)
    heads = {one.occurrence: one.head for one in await journal.occurrences()}
    assert await journal.purge(250.0) == 3
    assert await texts(journal, "old") == ["-", "-", "-"]
    for name in ("recent", "live", "held"):
        assert await texts(journal, name) == ["n1", "n2", "n3"]
    for name, head in heads.items():
        assert await journal.verify(name, head) == 3
    assert await journal.purge(250.0) == 0
    await journal.hold("held", on=False)
    assert await journal.purge(250.0) == 3


async def test_a_row_that_came_after_a_purge_is_kept_until_the_next(journal: SqlJournal) -> None:
    await class_of(journal, 2)
    await journal.end_occurrence("o1", 200.0)
    assert await journal.purge(250.0) == 2
    assert await journal.append([entry("late"), entry("again", key="k1")]) == (True, False)
    assert await texts(journal) == ["-", "-", "late"]
    assert await journal.verify("o1") == 3
    assert await journal.purge(250.0) == 1
    assert await journal.verify("o1") == 3


async def test_a_blanked_row_keeps_neither_body_nor_salt(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 2)
    await journal.end_occurrence("o1", 200.0)
    await journal.purge(250.0)
    assert by_hand(address, "SELECT body, salt FROM journal_rows") == [(None, None), (None, None)]


# --- damage ----------------------------------------------------------------------------------------------------

_SWAP = (
    "UPDATE journal_rows SET seq = 99 WHERE seq = 2",
    "UPDATE journal_rows SET seq = 2 WHERE seq = 3",
    "UPDATE journal_rows SET seq = 3 WHERE seq = 99",
)
_COPY = (
    "INSERT INTO journal_rows SELECT occurrence, {seq}, at, kind, 'new', body, salt, body_digest, prev, digest "
    "FROM journal_rows WHERE seq = {of}"
)
_MAKE_ROOM = ("UPDATE journal_rows SET seq = 6 WHERE seq = 5", "UPDATE journal_rows SET seq = 5 WHERE seq = 4")
ALTERATIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "a body changed": (("UPDATE journal_rows SET body = salt WHERE seq = 3",), "row 3"),
    "a salt changed": (("UPDATE journal_rows SET salt = digest WHERE seq = 3",), "row 3"),
    "a body removed": (("UPDATE journal_rows SET body = NULL WHERE seq = 3",), "row 3"),
    "a row blanked": (("UPDATE journal_rows SET body = NULL, salt = NULL WHERE seq = 3",), "row 3"),
    "a body digest changed": (("UPDATE journal_rows SET body_digest = salt WHERE seq = 3",), "row 3"),
    "a time changed": (("UPDATE journal_rows SET at = 103.5 WHERE seq = 3",), "row 3"),
    "a kind changed": (("UPDATE journal_rows SET kind = 'outcome' WHERE seq = 3",), "row 3"),
    "a key changed": (("UPDATE journal_rows SET key = 'other' WHERE seq = 3",), "row 3"),
    "a key removed": (("UPDATE journal_rows SET key = NULL WHERE seq = 3",), "row 3"),
    "a digest changed": (("UPDATE journal_rows SET digest = salt WHERE seq = 3",), "row 3"),
    "a link changed": (("UPDATE journal_rows SET prev = salt WHERE seq = 3",), "row 3"),
    "the first row removed": (("DELETE FROM journal_rows WHERE seq = 1",), "row 1 is missing"),
    "a middle row removed": (("DELETE FROM journal_rows WHERE seq = 3",), "row 3 is missing"),
    "the last row removed": (("DELETE FROM journal_rows WHERE seq = 5",), "row 5 is missing"),
    "every row removed": (("DELETE FROM journal_rows",), "row 1 is missing"),
    "a row removed and the rest renumbered": (
        (
            "DELETE FROM journal_rows WHERE seq = 3",
            "UPDATE journal_rows SET seq = 3 WHERE seq = 4",
            "UPDATE journal_rows SET seq = 4 WHERE seq = 5",
        ),
        "row 3",
    ),
    "two rows swapped": (_SWAP, "row 2"),
    "a row inserted": ((*_MAKE_ROOM, _COPY.format(seq=4, of=3)), "row 4"),
    "a row added at the end": ((_COPY.format(seq=6, of=5),), "row 6"),
    "the head changed": (
        ("UPDATE journal_occurrences SET head = (SELECT salt FROM journal_rows WHERE seq = 1)",),
        "row 5",
    ),
    "the length changed": (("UPDATE journal_occurrences SET rows = 4",), "row 5"),
    "the meeting changed": (("UPDATE journal_occurrences SET meeting = 'm2'",), "row 1"),
    "the slot changed": (("UPDATE journal_occurrences SET slot_start = NULL",), "row 1"),
    "the opening changed": (("UPDATE journal_occurrences SET opened_at = 91.0",), "row 1"),
    "blanking pretended": (("UPDATE journal_occurrences SET blanked = 2",), "row 1"),
}


@pytest.mark.parametrize("what", ALTERATIONS)
async def test_an_alteration_is_found_and_its_row_named(journal: SqlJournal, address: str, what: str) -> None:
    statements, named = ALTERATIONS[what]
    await class_of(journal, 5)
    assert await journal.verify("o1") == 5
    by_hand(address, *statements)
    with pytest.raises(JournalDamagedError, match=named):
        await journal.verify("o1")


async def test_a_blanked_row_that_got_a_body_again_is_found(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 3)
    await journal.end_occurrence("o1", 200.0)
    await journal.purge(250.0)
    by_hand(address, "UPDATE journal_rows SET body = digest, salt = digest WHERE seq = 2")
    with pytest.raises(JournalDamagedError, match="row 2"):
        await journal.verify("o1")


async def test_only_the_kept_head_betrays_a_tail_removed_with_its_traces(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 5)
    head = await journal.end_occurrence("o1", 200.0)
    by_hand(
        address,
        "DELETE FROM journal_rows WHERE seq = 5",
        "UPDATE journal_occurrences SET rows = 4, head = (SELECT digest FROM journal_rows WHERE seq = 4)",
    )
    assert await journal.verify("o1") == 4
    with pytest.raises(JournalDamagedError, match="none of its 4 rows has the head"):
        await journal.verify("o1", head)


# --- the store itself ------------------------------------------------------------------------------------------


async def test_two_may_open_a_new_store_at_once(address: str) -> None:
    journals = await asyncio.gather(*(open_journal(address) for _ in range(3)))
    await class_of(journals[0], 1)
    assert await texts(journals[2]) == ["n1"]
    await asyncio.gather(*(one.close() for one in journals))


async def test_the_revisions_make_exactly_the_tables_of_the_schema(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 1)
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_a_store_of_a_newer_guardian_is_refused(journal: SqlJournal, address: str) -> None:
    await class_of(journal, 1)
    await journal.close()
    by_hand(address, "UPDATE journal_version SET version_num = '9999'")
    with pytest.raises(JournalError, match="newer guardian"):
        await open_journal(address)
