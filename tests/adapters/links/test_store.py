"""The store of personal links: the same on SQLite and PostgreSQL, durable, and one link in force for each person."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from guardian.adapters.links import SqlLinks, open_links
from guardian.adapters.links.schema import metadata
from guardian.adapters.links.store import FILE
from guardian.errors import ConfigError, JournalError
from guardian.ports import Link, Opening

NOW = 1_800_000_000.0


def new(lid: str, person: str = "ann", meeting: str = "yoga") -> Link:
    return Link(lid, meeting, person, 0, NOW, NOW + 1000.0)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'journal.sqlite3'}"
    address: str = request.getfixturevalue("postgres_url")
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    await engine.dispose()
    return address


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlLinks]:
    opened = await open_links(url)
    yield opened
    await opened.close()


async def test_a_person_has_one_link_in_force_however_often_one_is_made(store: SqlLinks) -> None:
    first = await store.add([new("l1")])
    again = await store.add([new("l2"), new("l3", "ben")])
    assert [(link.lid, link.version) for link in (*first, *again)] == [("l1", 1), ("l1", 1), ("l3", 1)]
    assert len(await store.links("yoga")) == 2


async def test_two_that_invite_at_once_make_one_link(url: str, store: SqlLinks) -> None:
    other = await open_links(url)
    found = await asyncio.gather(
        *(one.add([new(f"{name}{n}")]) for n in range(5) for name, one in (("a", store), ("b", other)))
    )
    await other.close()
    assert len({link.lid for links in found for link in links}) == 1


async def test_after_a_revocation_the_next_link_has_the_next_version_and_the_old_one_stays_known(
    store: SqlLinks,
) -> None:
    await store.add([new("l1")])
    await store.enrolled("l1", "R1", "https://secret")
    assert await store.revoke("l1", NOW + 1) is True
    assert await store.revoke("l1", NOW + 2) is False
    (second,) = await store.add([new("l2")])
    assert (second.lid, second.version) == ("l2", 2)
    old = await store.link("l1")
    assert old is not None
    assert (old.revoked_at, old.registrant, old.way) == (NOW + 1, "R1", "")


async def test_of_two_browsers_that_press_at_once_one_is_the_first(store: SqlLinks) -> None:
    await store.add([new("l1")])
    found = await asyncio.gather(*(store.bind("l1", f"b{n}", NOW, first=True) for n in range(8)))
    assert {link.browsers for link in found if link} == {found[0].browsers if found[0] else ()}
    assert len(found[0].browsers if found[0] else ()) == 1


async def test_further_browsers_come_after_the_first_each_once(store: SqlLinks) -> None:
    await store.add([new("l1")])
    await store.bind("l1", "b1", NOW, first=True)
    await store.bind("l1", "b2", NOW, first=False)
    link = await store.bind("l1", "b2", NOW, first=False)
    assert link is not None
    assert link.browsers == ("b1", "b2")


async def test_what_was_kept_is_there_after_a_restart(url: str) -> None:
    store = await open_links(url)
    await store.add([new("l1")])
    await store.enrolled("l1", "R1", "https://secret")
    await store.bind("l1", "b1", NOW, first=True)
    await store.opened(Opening("n1", "l1", NOW))
    await store.opened(Opening("n2", "l1", NOW + 5))
    await store.used("n1", "uuid-1")
    await store.close()
    store = await open_links(url)
    assert await store.links() == [
        Link("l1", "yoga", "ann", 1, NOW, NOW + 1000.0, "R1", "https://secret", None, ("b1",))
    ]
    assert await store.openings(NOW) == [Opening("n1", "l1", NOW, "uuid-1"), Opening("n2", "l1", NOW + 5)]
    assert await store.openings(NOW + 1) == [Opening("n2", "l1", NOW + 5)]
    await store.close()


async def test_a_mail_is_taken_on_once_unless_it_surely_did_not_go(store: SqlLinks) -> None:
    await store.add([new("l1")])
    assert await store.mailing("l1", "m", NOW) is True
    assert await store.unsure("yoga") == ["ann"]
    assert await store.mailing("l1", "m", NOW) is False
    await store.mailed("l1", "m", gone=False)
    assert await store.mailing("l1", "m", NOW) is True
    await store.mailed("l1", "m", gone=True)
    assert (await store.mailing("l1", "m", NOW), await store.unsure("yoga")) == (False, [])


async def test_the_revision_changes_when_links_do_and_only_then(store: SqlLinks) -> None:
    revisions = [await store.revision()]
    await store.add([new("l1")])
    revisions.append(await store.revision())
    await store.enrolled("l1", "R1", "w")
    revisions.append(await store.revision())
    await store.revoke("l1", NOW)
    revisions.append(await store.revision())
    assert len(set(revisions)) == 4
    await store.bind("l1", "b", NOW, first=True)
    await store.opened(Opening("n", "l1", NOW))
    assert await store.revision() == revisions[-1]


async def test_what_is_long_over_is_forgotten_whole(store: SqlLinks) -> None:
    await store.add([new("l1"), new("l2", "ben")])
    await store.bind("l1", "b1", NOW, first=True)
    await store.opened(Opening("n1", "l1", NOW))
    await store.mailing("l1", "m", NOW)
    await store.revoke("l1", NOW)
    await store.forget(NOW + 10.0)
    assert [link.lid for link in await store.links()] == ["l2"]
    assert (await store.link("l1"), await store.openings(0.0)) == (None, [])
    assert await store.mailing("l1", "m", NOW) is True


async def test_the_file_is_its_owners_alone_and_a_missing_folder_is_said(tmp_path: Path) -> None:
    store = await open_links(f"sqlite+aiosqlite:///{tmp_path / 'journal.sqlite3'}")
    await store.add([new("l1")])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{FILE}*")}
    await store.close()
    assert modes == {0o600}
    with pytest.raises(JournalError, match="cannot be opened"):
        await open_links(f"sqlite+aiosqlite:///{tmp_path / 'none' / 'journal.sqlite3'}")
    with pytest.raises(ConfigError):
        await open_links("nothing")


async def test_a_store_that_breaks_says_so_without_values(tmp_path: Path) -> None:
    store = await open_links(f"sqlite+aiosqlite:///{tmp_path / 'journal.sqlite3'}")
    async with store.writing() as connection:
        await connection.execute(sa.text("DROP TABLE link_browsers"))
    with pytest.raises(JournalError, match="personal links") as caught:
        await store.bind("secret-lid", "b", NOW, first=True)
    assert "secret-lid" not in str(caught.value)
    await store.close()
