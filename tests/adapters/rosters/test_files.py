"""The file on disk: read whole or refused, watched through every way in which editors save."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from guardian.adapters.rosters.files import FileRoster
from guardian.adapters.rosters.spec import Source
from guardian.errors import RosterError

ONE = "name,role\nAda,pupil\n"
TWO = "name,role\nAda,pupil\nBo,pupil\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "class" / "roster.csv"
    path.parent.mkdir()
    path.write_text(ONE, encoding="utf-8")
    return path


@pytest.fixture
def source(path: Path) -> FileRoster:
    return FileRoster([Source(path)], ZoneInfo("UTC"), look_every=0.05)


async def changed(changes: AsyncIterator[None]) -> None:
    async with asyncio.timeout(30):
        await anext(changes)


async def test_a_file_is_read(source: FileRoster) -> None:
    assert [person.name for person in (await source.load()).people] == ["Ada"]


async def test_a_missing_file_is_told_by_its_name(path: Path, source: FileRoster) -> None:
    path.unlink()
    with pytest.raises(RosterError, match=r"roster\.csv: cannot be read: No such file"):
        await source.load()


async def test_a_folder_in_its_place_is_told(path: Path, source: FileRoster) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(RosterError, match="no OneRoster bundle"):
        await source.load()


async def test_writing_in_place_renaming_over_it_removing_and_coming_back_are_each_noticed(
    path: Path, source: FileRoster
) -> None:
    await source.load()
    async with aclosing(source.changes()) as changes:
        path.write_text(TWO, encoding="utf-8")
        await changed(changes)
        assert len((await source.load()).people) == 2

        draft = path.with_name(".roster.csv.swp")
        draft.write_text(ONE, encoding="utf-8")
        draft.replace(path)
        await changed(changes)
        assert len((await source.load()).people) == 1

        path.unlink()
        await changed(changes)
        with pytest.raises(RosterError):
            await source.load()

        path.write_text(TWO, encoding="utf-8")
        await changed(changes)
        assert len((await source.load()).people) == 2


async def test_a_link_that_is_turned_to_another_file_is_noticed(tmp_path: Path) -> None:
    for name, text in (("v1", ONE), ("v2", TWO)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "roster.csv").write_text(text, encoding="utf-8")
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "data").symlink_to(tmp_path / "v1")
    (mounted / "roster.csv").symlink_to("data/roster.csv")
    source = FileRoster([Source(mounted / "roster.csv")], ZoneInfo("UTC"), look_every=0.05)
    await source.load()
    async with aclosing(source.changes()) as changes:
        (mounted / "data.new").symlink_to(tmp_path / "v2")
        (mounted / "data.new").rename(mounted / "data")
        await changed(changes)
        assert len((await source.load()).people) == 2


async def test_a_change_between_the_load_and_the_watch_is_not_lost(path: Path, source: FileRoster) -> None:
    await source.load()
    path.write_text(TWO, encoding="utf-8")
    async with aclosing(source.changes()) as changes:
        await changed(changes)
        assert len((await source.load()).people) == 2


async def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "later" / "roster.csv"
    source = FileRoster([Source(path)], ZoneInfo("UTC"), look_every=0.05)
    with pytest.raises(RosterError):
        await source.load()
    async with aclosing(source.changes()) as changes:
        waiting = asyncio.ensure_future(changed(changes))
        await asyncio.wait({waiting}, timeout=0.2)  # by now it has found no folder to watch
        path.parent.mkdir()
        path.write_text(ONE, encoding="utf-8")
        await waiting
        assert len((await source.load()).people) == 1


async def test_other_files_in_the_folder_are_no_change(path: Path, source: FileRoster) -> None:
    await source.load()
    other = FileRoster([Source(path.with_name("other.csv"))], ZoneInfo("UTC"), look_every=0.05)
    async with aclosing(source.changes()) as changes, aclosing(other.changes()) as other_changes:
        waiting = asyncio.ensure_future(changed(changes))
        path.with_name("other.csv").write_text("x", encoding="utf-8")
        await changed(other_changes)
        assert not waiting.done()
        path.write_text(TWO, encoding="utf-8")
        await waiting


async def test_a_change_of_any_of_several_files_is_noticed_wherever_they_are(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "staff.csv"
    other.parent.mkdir()
    other.write_text("name,role\nTess,host\n", encoding="utf-8")
    source = FileRoster([Source(path), Source(other)], ZoneInfo("UTC"), look_every=0.05)
    assert [person.name for person in (await source.load()).people] == ["Ada", "Tess"]
    async with aclosing(source.changes()) as changes:
        other.write_text("name,role\nTess,host\nUma,staff\n", encoding="utf-8")
        await changed(changes)
        assert len((await source.load()).people) == 3

        other.unlink()
        await changed(changes)
        with pytest.raises(RosterError) as caught:
            await source.load()
        assert caught.value.problems == ("staff.csv: cannot be read: No such file or directory",)

        path.write_text(TWO, encoding="utf-8")
        await changed(changes)
        other.write_text("name,role\nTess,host\n", encoding="utf-8")
        await changed(changes)
        assert len((await source.load()).people) == 3


async def test_who_may_be_sent_a_link_is_told_by_person_and_only_of_a_sound_list(path: Path) -> None:
    path.write_text("id,name,email,send link to\np1,Ada,a@x.example,m@x.example\n", encoding="utf-8")
    source = FileRoster([Source(path)], ZoneInfo("UTC"))
    assert await source.recipients() == {"p1": ("m@x.example",)}
    path.write_text("id,name,email,send link to\np1,Ada,a@x.example,mother\n", encoding="utf-8")
    with pytest.raises(RosterError, match="is named by an address"):
        await source.recipients()


async def test_the_example_roster_is_sound() -> None:
    example = Path(__file__).parents[3] / "examples" / "roster.csv"
    people = (await FileRoster([Source(example)], ZoneInfo("Europe/Berlin")).load()).people
    assert [person.role.value for person in people].count("pupil") == 3
