"""A calendar that is fetched: asked politely, kept, and trusted for as long as its server is away."""

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from guardian.adapters.calendars.feed import PATIENCE, CalendarFeed, Place
from guardian.adapters.calendars.wanted import Wanted
from guardian.errors import ScheduleError

SCHOOL = (Path(__file__).parents[2] / "payloads" / "calendars" / "school.ics").read_bytes()
NOW = datetime(2026, 11, 25, tzinfo=UTC).timestamp()
WANTED = Wanted(ZoneInfo("Europe/Berlin"), "Fitness")
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class School:
    """A server whose answer the test sets; it remembers what it was asked."""

    body: bytes = SCHOOL
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    asked: list[web.Request] = field(default_factory=list)
    address: str = ""
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.heard.set()
        if self.status == 200 and request.headers.get("If-None-Match") == self.headers.get("ETag", "none"):
            return web.Response(status=304)
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@asynccontextmanager
async def served(school: School) -> AsyncIterator[School]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", school.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    school.address = f"http://127.0.0.1:{runner.addresses[0][1]}/secret-abc/school.ics"
    try:
        yield school
    finally:
        await runner.cleanup()


@pytest.fixture
async def school() -> AsyncIterator[School]:
    async with served(School()) as school:
        yield school


def feed(school: School, keep: Path | None = None, now: float = NOW, every: float = 900.0) -> CalendarFeed:
    return CalendarFeed(Place(address=school.address, keep=keep, every=every), WANTED, lambda: now)


async def test_it_is_fetched_and_asked_again_only_for_what_is_new(school: School) -> None:
    calendar = feed(school)
    await calendar.load()
    assert len(calendar.slots_from(NOW)) == 4
    assert calendar.notes == ("whole-day events are left out",)
    await calendar.load()
    assert school.asked[1].headers["If-None-Match"] == '"one"'
    assert len(calendar.slots_from(NOW)) == 4
    assert calendar.trouble == ""


async def test_a_changed_calendar_is_taken_over_whole(school: School) -> None:
    calendar = feed(school)
    await calendar.load()
    school.body, school.headers = EMPTY, {"ETag": '"two"'}
    await calendar.load()
    assert calendar.slots_from(NOW) == ()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (503, b"", "answers 503"),
        (404, b"", "answers 404"),
        (200, b"<html>log in</html>", "no iCalendar file"),
        (200, b"BEGIN:VCALENDAR" + b"\n" * 9_000_000, "is larger than 8 MiB"),
    ],
)
async def test_while_the_server_is_away_or_broken_what_was_read_before_is_used(
    school: School, status: int, body: bytes, says: str
) -> None:
    calendar = feed(school)
    await calendar.load()
    school.status, school.body, school.headers = status, body, {"ETag": '"broken"'}
    await calendar.load()
    assert len(calendar.slots_from(NOW)) == 4
    assert says in calendar.trouble
    assert calendar.trouble.endswith("what was read before is used")
    assert "secret-abc" not in calendar.trouble
    await calendar.load()
    assert calendar.trouble, "the tag of a broken answer is not remembered: it would be taken for news of a sound one"


async def test_without_anything_to_fall_back_on_it_is_an_error_that_does_not_show_the_address(school: School) -> None:
    school.status = 500
    with pytest.raises(ScheduleError, match=r"^the calendar at 127\.0\.0\.1 answers 500$"):
        await feed(school).load()


async def test_a_copy_is_kept_for_the_next_start_and_for_nobody_else(school: School, tmp_path: Path) -> None:
    keep = tmp_path / "calendars" / "fitness.ics"
    await feed(school, keep).load()
    assert stat.S_IMODE(keep.stat().st_mode) == 0o600
    assert b"secret-abc" not in keep.read_bytes()
    school.status = 503
    again = feed(school, keep)
    await again.start()
    assert len(again.slots_from(NOW)) == 4
    assert len(school.asked) == 1
    other = CalendarFeed(Place(address=school.address + "x", keep=keep), WANTED, lambda: NOW)
    await other.start()
    assert other.slots_from(NOW) == ()
    assert other.trouble.endswith("answers 503")


async def test_a_damaged_copy_is_passed_over(school: School, tmp_path: Path) -> None:
    keep = tmp_path / "fitness.ics"
    keep.write_bytes(b"{}\nnonsense")
    calendar = feed(school, keep)
    await calendar.start()
    assert len(calendar.slots_from(NOW)) == 4


async def test_a_redirect_is_followed_on_this_machine_and_never_to_plain_http_elsewhere(school: School) -> None:
    async with served(School()) as other:
        school.status, school.headers = 302, {"Location": other.address}
        calendar = feed(school)
        await calendar.load()
        assert len(calendar.slots_from(NOW)) == 4
    school.headers = {"Location": "http://calendar.example/x.ics"}
    with pytest.raises(ScheduleError, match="not https"):
        await feed(school).load()
    school.headers = {"Location": school.address}
    with pytest.raises(ScheduleError, match="in circles"):
        await feed(school).load()


async def test_trouble_that_lasts_is_told_once_and_a_calendar_that_runs_dry_too(school: School) -> None:
    now = [NOW]
    told: asyncio.Queue[str] = asyncio.Queue()
    calendar = CalendarFeed(Place(address=school.address, every=0.01), WANTED, lambda: now[0])
    running = asyncio.create_task(calendar.run(told.put_nowait))
    async with asyncio.timeout(30):
        await school.heard.wait()
        school.body, school.headers = EMPTY, {}
        assert "no class to come any more" in await told.get()
        school.status = 503
        while not calendar.trouble:
            school.heard.clear()
            await school.heard.wait()
        assert told.empty()
        now[0] += PATIENCE
        assert "answers 503" in await told.get()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert told.empty()


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "school.ics"
    calendar = CalendarFeed(Place(file=file), WANTED, lambda: NOW)
    with pytest.raises(ScheduleError, match=r"school\.ics cannot be read: No such file"):
        await calendar.load()
    file.write_bytes(SCHOOL)
    await calendar.load()
    assert len(calendar.slots_from(NOW)) == 4
    file.unlink()
    await calendar.load()
    assert len(calendar.slots_from(NOW)) == 4
    assert calendar.trouble.startswith("school.ics cannot be read")


async def test_what_was_read_is_looked_at_again_as_time_goes_on(tmp_path: Path) -> None:
    now = [NOW]
    file = tmp_path / "school.ics"
    file.write_bytes(SCHOOL)
    choir = Wanted(ZoneInfo("Europe/Berlin"), "Choir")
    calendar = CalendarFeed(Place(file=file), choir, lambda: now[0])
    await calendar.load()
    last = calendar.slots_from(NOW)[-1]
    now[0] = last.end
    assert calendar.slots_from(now[0]) == ()
    await calendar.load()
    assert len(calendar.slots_from(now[0])) > 10


async def test_a_class_that_is_edited_while_it_runs_keeps_its_start_and_gets_its_new_end(tmp_path: Path) -> None:
    file = tmp_path / "school.ics"
    event = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nDTSTART:{}\nDURATION:{}\nEND:VEVENT\nEND:VCALENDAR\n"
    file.write_text(event.format("20261125T150000Z", "PT1H"))
    now = [datetime(2026, 11, 25, 14, 50, tzinfo=UTC).timestamp()]
    calendar = CalendarFeed(Place(file=file), Wanted(ZoneInfo("UTC")), lambda: now[0])
    await calendar.load()
    (before,) = calendar.slots_from(now[0])
    now[0] = before.start + 600
    file.write_text(event.format("20261125T144500Z", "PT2H"))
    await calendar.load()
    (edited,) = calendar.slots_from(now[0])
    assert edited.start == before.start
    assert edited.end == before.end + 2700
    file.write_text(event.format("20261126T150000Z", "PT1H"))
    await calendar.load()
    (moved,) = calendar.slots_from(now[0])
    assert moved.start == before.start + 86400
