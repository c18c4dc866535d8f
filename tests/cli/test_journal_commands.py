"""``verify``, ``purge``, ``legal-hold`` and ``replay`` on a real journal."""

import sqlite3
import time
from pathlib import Path

import pytest

from guardian.bootstrap import open_store
from guardian.config import load
from guardian.core.policy import Policy
from guardian.ports import Entry
from tests.cli.test_replay import EVENTS, journalled
from tests.support.command_line import Done, guardian, write_config

DAY = 86400.0


class Desk:
    """A configuration with a journal in which one class was written down."""

    def __init__(self, folder: Path) -> None:
        self.config = write_config(folder)
        self.head = ""

    async def write(self, occurrence: str, meeting: str = "yoga", ended_days_ago: float = 0.0) -> None:
        ended = time.time() - ended_days_ago * DAY
        journal = await open_store(load(self.config))
        try:
            await journal.open_occurrence(occurrence, meeting, None, ended - 3600)
            rows = journalled(EVENTS, Policy())
            await journal.append([Entry(occurrence, r.at, r.kind, r.body or b"", r.key) for r in rows])
            self.head = await journal.end_occurrence(occurrence, ended)
        finally:
            await journal.close()

    async def types(self, *arguments: str) -> Done:
        return await guardian(*arguments, "--config", str(self.config))


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    await desk.write("yoga-1")
    return desk


async def test_an_untouched_journal_verifies(desk: Desk) -> None:
    done = await desk.types("verify")
    assert done.code == 0
    assert "yoga-1" in done.out
    assert "rows verify" in done.out
    named = await desk.types("verify", "yoga-1", "--json")
    assert named.json["rows"]["yoga-1"] > 5


async def test_the_head_of_the_closing_mail_is_checked(desk: Desk) -> None:
    right = await desk.types("verify", "yoga-1", "--head", desk.head)
    assert right.code == 0
    assert "the head is in the chain" in right.out
    wrong = await desk.types("verify", "yoga-1", "--head", "0" * len(desk.head))
    assert wrong.code == 1
    assert "Traceback" not in wrong.err
    assert (await desk.types("verify", "--head", desk.head)).code == 2


async def test_an_altered_row_is_found(desk: Desk) -> None:
    path = load(desk.config).guardian.data_dir / "journal.sqlite3"
    with sqlite3.connect(path) as database:
        (table,) = database.execute(
            "select m.name from sqlite_master m join pragma_table_info(m.name) c where c.name = 'body'"
        ).fetchone()
        database.execute(f"update {table} set body = X'7B7D' where seq = 2")  # noqa: S608 - our own schema
    database.close()
    done = await desk.types("verify")
    assert done.code == 1
    assert "2" in done.err


async def test_an_empty_journal_is_fine_and_an_unknown_occurrence_is_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert (await desk.types("verify")).out.strip() == "the journal is empty"
    for command in (["verify"], ["replay"], ["legal-hold", "--on"]):
        done = await desk.types(*command, "nothing-1")
        assert done.code == 1, command
        assert "nothing-1" in done.err


async def test_purge_blanks_what_is_older_than_the_retention_and_the_chain_still_verifies(desk: Desk) -> None:
    await desk.write("yoga-old", ended_days_ago=31)
    await desk.write("judo-old", meeting="judo", ended_days_ago=31)
    done = await desk.types("purge", "--json")
    assert done.json["rows"]["yoga"] > 0
    assert (await desk.types("purge", "--json")).json["rows"]["yoga"] == 0
    assert (await desk.types("verify")).code == 0
    assert (await desk.types("replay", "yoga-1")).code == 0
    assert (await desk.types("replay", "judo-old", "--policy", str(_policy(desk)))).code == 0
    gone = await desk.types("replay", "yoga-old")
    assert gone.code == 1
    assert "purged" in gone.err


async def test_a_legal_hold_keeps_an_occurrence_from_the_purge(desk: Desk) -> None:
    await desk.write("yoga-old", ended_days_ago=31)
    assert (await desk.types("legal-hold", "yoga-old", "--on")).code == 0
    assert (await desk.types("purge", "--json")).json["rows"]["yoga"] == 0
    assert (await desk.types("legal-hold", "yoga-old", "--off")).code == 0
    assert (await desk.types("purge", "--json")).json["rows"]["yoga"] > 0


async def test_a_legal_hold_must_say_on_or_off(desk: Desk) -> None:
    assert (await desk.types("legal-hold", "yoga-1")).code == 2


async def test_replay_says_what_was_and_what_would_be_decided(desk: Desk) -> None:
    same = await desk.types("replay", "yoga-1", "--json")
    assert same.json["events_that_differ"] == 0
    assert same.json["decided"] > 0
    other = await desk.types("replay", "yoga-1", "--policy", str(_policy(desk)))
    assert other.code == 0
    assert "+ ask: refuse h-x" in other.out


async def test_a_faulty_policy_is_wrong_use(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("patienec = 3\n")
    done = await desk.types("replay", "yoga-1", "--policy", str(file))
    assert done.code == 2
    assert "patience" in done.err


def _policy(desk: Desk) -> Path:
    path = desk.config.parent / "strict.toml"
    path.write_text('unknown = "refuse"\n')
    return path
