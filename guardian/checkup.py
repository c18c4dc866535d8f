"""``check``: can the next class be guarded? Go or no-go, point by point, with what to do.

The points themselves are judged in ``core.points`` (policy, list, room) and by each platform's probe (rights, clock);
here they are gathered, and the mail is really sent, because a channel that nobody hears is a no-go.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from guardian.app.scheduler import Calendar
from guardian.config import Config, Meeting
from guardian.core import points
from guardian.core.actions import Capabilities
from guardian.core.memory import Slot
from guardian.errors import GuardianError, NotDeliveredError, RosterError, ScheduleError
from guardian.ports import Clock, Finding, Letter, Level, Notifier, RosterSource

_STARTS = 3
_PROBE_WITHIN = 30.0  # seconds for everything that one platform is asked
_ROOM_TO_WRITE = 200 * 1024 * 1024  # bytes; some months of journal

_NAMED_ROOMS = frozenset({"jitsi"})  # platforms where who guesses the room's name stands in the room

Probe = Callable[[Meeting], Awaitable[tuple[Capabilities | None, Sequence[Finding]]]]
Fix = Callable[[Meeting], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True)
class Instruments:
    """What the check looks through: per meeting its roster, its platform's probe and its channels to people.

    ``platform`` names the kind of platform. ``calendar``: who keeps a meeting's times; None: the configuration does.
    ``fix`` mends what the platform lets us mend, and tells what it did; None: there is nothing of the kind.
    """

    roster: Callable[[Meeting], RosterSource]
    probe: Probe
    notifiers: Callable[[Meeting], Sequence[Notifier]]
    clock: Clock
    platform: Callable[[Meeting], str] = lambda _: "jitsi"
    calendar: Callable[[Meeting], Calendar | None] = lambda _: None
    fix: Callable[[Meeting], Fix | None] = lambda _: None


async def examine(config: Config, instruments: Instruments, *, tell: bool = True, fix: bool = False) -> list[Finding]:
    """Every point of every meeting. ``tell``: also send the go / no-go message, which is the test of the channel.

    ``fix``: mend first what can be mended; all points are read afterwards.
    """
    found = [_disk(config)]
    for meeting in config.meetings:
        if fix:
            found += await _mended(meeting, instruments.fix(meeting))
        found += await of_meeting(meeting, instruments, tell=tell)
    return found


async def of_meeting(meeting: Meeting, instruments: Instruments, *, tell: bool) -> list[Finding]:
    """Every point of one meeting."""
    now = instruments.clock()
    found = [*await _schedule(meeting, instruments.calendar(meeting), now), *points.of_policy(meeting.policy)]
    if instruments.platform(meeting) in _NAMED_ROOMS:
        found.append(points.of_room(meeting.room))
    found += await _roster(meeting, instruments.roster(meeting), now)
    found += await _platform(meeting, instruments.probe)
    found += points.of_failures()
    if tell:
        found += await _channels(meeting, instruments.notifiers(meeting), found, now)
    return [replace(finding, meeting=meeting.id) for finding in found]


def lines(found: Sequence[Finding]) -> tuple[str, ...]:
    """The findings as lines of a message: what is wrong first."""
    order = [Level.NO_GO, Level.RISK, Level.OK]
    ranked = sorted(found, key=lambda finding: order.index(finding.level))
    return tuple(f"{f.level.value}: {f.what}" + (f" ({f.todo})" if f.todo else "") for f in ranked)


async def _schedule(meeting: Meeting, calendar: Calendar | None, now: float) -> list[Finding]:
    """When the next classes are; of a calendar, whether it can be read and how it was understood."""
    if calendar is None:
        weekly = meeting.schedule.slots
        return _starts(
            meeting, weekly.upcoming(now, _STARTS) if weekly else (), now, "give the schedule weekdays or dates"
        )
    try:
        await calendar.load()
    except ScheduleError as error:
        words = f"{error}: nobody knows when the class is"
        return [Finding("calendar", Level.NO_GO, words, "mend the calendar, or its address in the configuration")]
    found = _starts(meeting, tuple(islice(calendar.slots_from(now), _STARTS)), now, "see the calendar and the title")
    if calendar.trouble:
        found.append(Finding("calendar", Level.RISK, calendar.trouble, "see whether the calendar is there"))
    return [*found, *(Finding("calendar", Level.RISK, note, "mend the calendar") for note in calendar.notes)]


def _starts(meeting: Meeting, slots: Sequence[Slot], now: float, todo: str) -> list[Finding]:
    zone = ZoneInfo(meeting.schedule.timezone)
    if not slots:
        words = "no class is scheduled any more: whatever happens in the room is outside the schedule"
        return [Finding("starts", Level.RISK, words, todo)]
    return [Finding("starts", Level.OK, _start(slot, zone, now)) for slot in slots]


def _start(slot: Slot, zone: ZoneInfo, now: float) -> str:
    local, utc = datetime.fromtimestamp(slot.start, zone), datetime.fromtimestamp(slot.start, UTC)
    when = "running since" if slot.start <= now else "next start"
    return f"{when}: {local:%a %Y-%m-%d %H:%M %Z} = {utc:%H:%M} UTC"


async def _roster(meeting: Meeting, source: RosterSource, now: float) -> list[Finding]:
    try:
        roster = await source.load()
    except RosterError as error:
        return [Finding("roster", Level.NO_GO, f"the list cannot be read: {error}", "mend the file")]
    return points.of_roster(meeting.policy, roster, now)


async def _platform(meeting: Meeting, probe: Probe) -> list[Finding]:
    try:
        async with asyncio.timeout(_PROBE_WITHIN):
            capabilities, found = await probe(meeting)
    except TimeoutError:
        words = f"the platform did not answer within {_PROBE_WITHIN:g} seconds"
        return [Finding("platform", Level.NO_GO, words, "is the server up, and the address right?")]
    except GuardianError as error:
        return [Finding("platform", Level.NO_GO, str(error), "see the server's section of the configuration")]
    return [*found, *(points.of_platform(meeting.policy, capabilities) if capabilities else ())]


async def _mended(meeting: Meeting, fix: Fix | None) -> list[Finding]:
    if fix is None:
        words = "this platform has no settings that could be mended from here"
        return [Finding("fixed", Level.OK, words, meeting=meeting.id)]
    try:
        async with asyncio.timeout(_PROBE_WITHIN):
            found = await fix(meeting)
    except TimeoutError:
        found = [Finding("not-fixed", Level.RISK, "the platform did not answer in time", "see the points below")]
    except GuardianError as error:
        found = [Finding("not-fixed", Level.RISK, f"nothing could be mended: {error}", "see the points below")]
    return [replace(finding, meeting=meeting.id) for finding in found]


async def _channels(
    meeting: Meeting, notifiers: Sequence[Notifier], found: Sequence[Finding], now: float
) -> list[Finding]:
    if not notifiers:
        return [Finding("mail", Level.NO_GO, "nobody would be told: there is no mail section", "add [mail] and owners")]
    go = all(finding.level is not Level.NO_GO for finding in found)
    letter = Letter(
        meeting.title,
        f"{meeting.id}.check.{now:.0f}",
        f"{meeting.title}: {'go' if go else 'NO-GO'} (check)",
        lines(found),
        urgent=not go,
    )
    return [await _delivered(notifier, letter) for notifier in notifiers]


async def _delivered(notifier: Notifier, letter: Letter) -> Finding:
    try:
        await notifier.send(letter)
    except NotDeliveredError as error:
        return Finding("mail", Level.NO_GO, f"{notifier.channel}: not delivered: {error}", "see the mail section")
    return Finding("mail", Level.OK, f"{notifier.channel}: the go / no-go message was taken by the server")


def _disk(config: Config) -> Finding:
    folder = config.guardian.data_dir
    existing = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    if not os.access(existing, os.W_OK):
        return Finding("disk", Level.NO_GO, f"{folder} cannot be written", "give the guardian's user the folder")
    free = shutil.disk_usage(existing).free
    if free < _ROOM_TO_WRITE:
        words = f"{free // (1024 * 1024)} MiB are free for the journal; when it is full nobody is admitted"
        return Finding("disk", Level.RISK, words, "make room")
    return Finding("disk", Level.OK, "the journal has room")
