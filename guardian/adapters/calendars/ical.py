"""An iCalendar's bytes to slots, pure: which events are the class, when each of them is. RFC 5545, section by section.

Fetching lives in ``feed``. An error never quotes an event: its title may be somebody's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from guardian.adapters.calendars.wanted import Found, Wanted
from guardian.adapters.calendars.weekly import LONGEST_MINUTES
from guardian.core.memory import Slot
from guardian.errors import ScheduleError

LARGEST = 8 * 1024 * 1024  # bytes
_MOST_EVENTS = 20_000
_MOST_SLOTS = 2_000  # within one look
_MOST_A_DAY = 24  # times that one rule may name
_EDGE = timedelta(days=2)  # events that began before the window may still run, and local days are not UTC's


def read(raw: bytes, source: str, wanted: Wanted, begin: float, until: float) -> Found:
    """The class's slots between two times. Raises ScheduleError naming ``source`` for what cannot be read.

    Cancelled events (3.8.1.11) and whole days are left out. Events that overlap are one slot.
    """
    calendars = _parse(raw, source)
    notes: list[str] = []
    times: list[tuple[float, float]] = []
    for calendar in calendars:
        chosen = _chosen(calendar, wanted.title, source)
        for event in _expand(chosen, source, begin, until):
            slot = _times(event, wanted, notes)
            if slot is not None and slot[1] > begin and slot[0] < until:
                times.append(slot)
    if len(times) > _MOST_SLOTS:
        raise ScheduleError(f"{source}: more than {_MOST_SLOTS} events; name the class by its title")
    merged = _merged(sorted(set(times)), notes)
    return Found(tuple(Slot(start, end, wanted.margin) for start, end in merged), tuple(dict.fromkeys(notes)))


def _parse(raw: bytes, source: str) -> Sequence[icalendar.Component]:
    if len(raw) > LARGEST:
        raise ScheduleError(f"{source}: larger than {LARGEST // 1024 // 1024} MiB")
    if not raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        raise ScheduleError(f"{source}: no iCalendar file; it begins with something else than BEGIN:VCALENDAR")
    try:
        found = icalendar.Calendar.from_ical(raw.lstrip(b"\xef\xbb\xbf \r\n\t"), multiple=True)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise ScheduleError(f"{source}: not a whole iCalendar file ({type(error).__name__})") from None
    if not found:
        raise ScheduleError(f"{source}: not a whole iCalendar file (it ends too soon)")
    if sum(len(calendar.walk("VEVENT")) for calendar in found) > _MOST_EVENTS:
        raise ScheduleError(f"{source}: more than {_MOST_EVENTS} events")
    return found


def _chosen(calendar: icalendar.Component, title: str, source: str) -> icalendar.Component:
    """The calendar with the class's events only. A moved or renamed instance belongs to its series (3.8.4.4)."""
    events = calendar.walk("VEVENT")
    wanted = _plain(title)
    masters = {str(event.get("UID", "")) for event in events if "RECURRENCE-ID" not in event}
    uids = {
        str(event.get("UID", ""))
        for event in events
        if wanted in _plain(str(event.get("SUMMARY", "")))
        and ("RECURRENCE-ID" not in event or str(event.get("UID", "")) not in masters)
    }
    kept = icalendar.Calendar()
    kept.update(calendar)
    kept.subcomponents = [part for part in calendar.subcomponents if part.name == "VTIMEZONE"]
    for event in events:
        if str(event.get("UID", "")) in uids:
            _sound(event, source)
            kept.subcomponents.append(event)
    return kept


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _sound(event: icalendar.Component, source: str) -> None:
    """Refuse what would be read wrongly or without end. Raises ScheduleError."""
    if "DTSTART" not in event or event.errors:
        raise ScheduleError(f"{source}: an event of the class has no start, or a line that cannot be read")
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        moment = _moment(event, name)
        if isinstance(moment, datetime) and moment.tzinfo is None and event[name].params.get("TZID"):
            raise ScheduleError(f"{source}: a time zone that is neither in the file nor known")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = str((rule.get("FREQ") or [""])[0]).upper() in {"SECONDLY", "MINUTELY", "HOURLY"}
        times = 1
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            times *= max(len(rule.get(part) or ()), 1)
        if often or times > _MOST_A_DAY:
            raise ScheduleError(f"{source}: an event that repeats more often than a class can")


def _expand(calendar: icalendar.Component, source: str, begin: float, until: float) -> Iterable[icalendar.Component]:
    try:
        query = recurring_ical_events.of(calendar)
        first, last = datetime.fromtimestamp(begin, UTC) - _EDGE, datetime.fromtimestamp(until, UTC) + _EDGE
        found: list[icalendar.Component] = query.between(first, last)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        icalendar.error.BrokenCalendarProperty,
    ) as error:
        raise ScheduleError(f"{source}: a rule that cannot be read ({type(error).__name__})") from None
    return found


def _times(event: icalendar.Component, wanted: Wanted, notes: list[str]) -> tuple[float, float] | None:
    """Start and end of one event; None: it is no class."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begin = _moment(event, "DTSTART")
    if not isinstance(begin, datetime):
        notes.append("whole-day events are left out")
        return None
    start, end = _seconds(begin, wanted.zone), _seconds(_end(event, begin), wanted.zone)
    if end <= start:
        notes.append(f"an event without an end is taken to last {wanted.minutes} minutes")
        end = start + wanted.minutes * 60.0
    if end - start > LONGEST_MINUTES * 60:
        notes.append(f"an event of more than {LONGEST_MINUTES // 60} hours is left out")
        return None
    if start % 60 or end % 60:
        start, end = start - start % 60, end + -end % 60
    return start, end


def _end(event: icalendar.Component, begin: datetime) -> datetime:
    found = _moment(event, "DTEND")
    return found if isinstance(found, datetime) else begin


def _moment(event: icalendar.Component, name: str) -> object:
    """A property's date or time; None: it is not there."""
    return getattr(event.get(name), "dt", None)


def _seconds(moment: datetime, zone: ZoneInfo) -> float:
    """Seconds UTC. A time that names no zone is the meeting's own ("floating", 3.3.5)."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _merged(times: Sequence[tuple[float, float]], notes: list[str]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in times:
        if merged and start < merged[-1][1]:
            day = datetime.fromtimestamp(start, UTC)
            notes.append(f"events overlap on {day:%Y-%m-%d %H:%M} UTC: taken as one class")
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
