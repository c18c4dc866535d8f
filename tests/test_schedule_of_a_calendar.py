"""From a configuration that names a calendar to the service and the check: the real feed, a file on disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from guardian.bootstrap import build, check
from guardian.config import Config, load
from guardian.ports import Finding, Level
from tests.support.command_line import write_config

PAYLOADS = Path(__file__).parent / "payloads" / "calendars"
NOW = datetime(2026, 11, 25, tzinfo=UTC).timestamp()


def configured(folder: Path) -> Config:
    path = write_config(folder)
    before, _, _ = path.read_text().partition("weekdays = ")
    path.write_text(before + 'calendar = "school.ics"\ntitle = "Fitness"\n')
    return load(path)


async def found(config: Config, point: str) -> list[Finding]:
    return [finding for finding in await check(config, clock=lambda: NOW) if finding.id == point]


async def test_the_check_says_when_the_next_classes_are_and_what_was_left_out(tmp_path: Path) -> None:
    (tmp_path / "school.ics").write_bytes((PAYLOADS / "school.ics").read_bytes())
    config = configured(tmp_path)
    starts = await found(config, "starts")
    assert starts[0].what == "next start: Mon 2026-11-30 16:00 CET = 15:00 UTC"
    assert len(starts) == 3
    assert [(f.level, f.what) for f in await found(config, "calendar")] == [
        (Level.RISK, "whole-day events are left out"),
    ]


async def test_a_calendar_that_is_not_there_is_a_no_go(tmp_path: Path) -> None:
    (finding,) = await found(configured(tmp_path), "calendar")
    assert finding.level is Level.NO_GO
    assert "school.ics cannot be read" in finding.what


async def test_the_service_guards_by_the_calendar_from_its_start(tmp_path: Path) -> None:
    begin = datetime.now(UTC) - timedelta(minutes=10)
    (tmp_path / "school.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Fitness\n"
        f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    service = build(configured(tmp_path))
    await service.start()
    slot = service._guards["yoga"].guarded.timetable.current(begin.timestamp() + 660)
    assert slot is not None
    assert abs(slot.start - begin.timestamp()) <= 60
    await service.drain()


async def test_a_service_whose_calendar_is_not_there_starts_all_the_same(tmp_path: Path) -> None:
    service = build(configured(tmp_path))
    await service.start()
    assert service.meetings() == ("yoga",)
    assert service._guards["yoga"].guarded.timetable.following(NOW) is None
    await service.drain()
