"""From a configuration to a running guardian: every real class, a server that is not there."""

import time
from pathlib import Path

import pytest

from guardian.app.service import Service
from guardian.bootstrap import build, check, open_store, roster_source
from guardian.config import load
from guardian.core.events import Ordered, Verb
from guardian.errors import DataDirectoryInUseError
from guardian.ports import Level, Platform
from tests.support.command_line import write_config


async def test_it_starts_within_a_second_even_when_the_server_is_not_there_and_says_so(tmp_path: Path) -> None:
    service = build(load(write_config(tmp_path, meetings=("yoga", "judo"))))
    await service.start()
    assert service.meetings() == ("yoga", "judo")
    problems = service.readiness().problems
    assert [problem.split(":")[0] for problem in problems] == ["yoga", "judo"]
    assert "not connected" in problems[0]
    assert {person.name for person in service.people("yoga")} == {"Tess Teacher", "Ann Adams"}
    result = await service.order("yoga", Ordered(time.time(), "o1", Verb.LOCK, "Tess"))
    assert result.done is False
    await service.drain()


async def test_a_second_one_on_the_same_data_is_refused_by_name(tmp_path: Path) -> None:
    config = load(write_config(tmp_path))
    first, second = build(config), build(config)
    await first.start()
    with pytest.raises(DataDirectoryInUseError, match="process"):
        await second.start()
    await first.drain()


async def test_after_a_clean_end_the_next_start_finds_everything_free(tmp_path: Path) -> None:
    config = load(write_config(tmp_path))
    for _ in range(2):
        service: Service = build(config)
        await service.start()
        await service.drain()
    journal = await open_store(config)
    assert await journal.occurrences() == []
    await journal.close()


async def test_another_platform_can_be_put_round_the_real_one(tmp_path: Path) -> None:
    wrapped: list[str] = []

    def wrap(platform: Platform) -> Platform:
        wrapped.append(type(platform).__name__)
        return platform

    service = build(load(write_config(tmp_path)), wrap=wrap)
    await service.start()
    await service.drain()
    assert wrapped == ["JitsiRoom"]


async def test_a_class_in_observe_is_only_watched(tmp_path: Path) -> None:
    config = load(write_config(tmp_path, more='\n[meetings.policy]\nmode = "observe"\n'))
    service = build(config)
    await service.start()
    platform = service._guards["yoga"].tools.platform
    assert type(platform).__name__ == "DryRun"
    await service.drain()


async def test_a_server_that_is_not_there_is_a_no_go(tmp_path: Path) -> None:
    findings = await check(load(write_config(tmp_path)))
    assert {f.id for f in findings if f.level is Level.NO_GO} >= {"server", "mail"}


async def test_a_list_can_be_read_by_itself(tmp_path: Path) -> None:
    write_config(tmp_path)
    roster = await roster_source(tmp_path / "roster.csv").load()
    assert len(roster.people) == 2
