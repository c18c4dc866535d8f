"""A class that repeats by weekday, in its own time zone: pure arithmetic from local dates to slots in seconds
UTC.

No clock and no file here (the zone's rules come from the system's table through ``zoneinfo``).

A start that does not exist (the clock jumped over it) is moved by the length of the jump, and a start that
exists twice is the first of the two: RFC 5545, 3.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from guardian.core.memory import Slot

LONGEST_MINUTES = 720  # with the margin before it still shorter than the shortest day (23 h):
LONGEST_MARGIN = 300  # two slots of one schedule never meet


@dataclass(frozen=True)
class WeeklySchedule:
    """Slots at one local time of day. ``weekdays`` count from Monday = 0; ``dates`` come on top,
    ``except_dates`` win.

    ``minutes`` is how long a slot lasts (real time, also over a change of the clock), ``margin_minutes`` how long
    before its start the door may open.
    """

    zone: ZoneInfo
    start: time
    minutes: int
    weekdays: frozenset[int] = frozenset()
    dates: frozenset[date] = frozenset()
    except_dates: frozenset[date] = frozenset()
    margin_minutes: int = 15

    def slot_on(self, day: date) -> Slot:
        """The slot that begins on this local date, whether or not the date is one of the schedule's."""
        begin = datetime.combine(day, self.start.replace(fold=0), tzinfo=self.zone).timestamp()
        return Slot(start=begin, end=begin + self.minutes * 60.0, margin=self.margin_minutes * 60.0)

    def slots_from(self, now: float) -> Iterator[Slot]:
        """Every slot that is not over at ``now``, in order; may be endless."""
        for day in self._days(self._local(now) - timedelta(days=2)):
            slot = self.slot_on(day)
            if slot.end > now:
                yield slot

    def upcoming(self, now: float, count: int = 2) -> tuple[Slot, ...]:
        """The first slots that are not over at ``now``, the running one included."""
        return tuple(islice(self.slots_from(now), count))

    def slot_at(self, now: float) -> Slot | None:
        """The slot that ``now`` belongs to, the margin before it included."""
        slot = next(self.slots_from(now), None)
        return slot if slot is not None and slot.start - slot.margin <= now else None

    def next_starts(self, now: float, count: int) -> tuple[Slot, ...]:
        """The next slots that have not started yet; fewer than ``count`` if the schedule runs out."""
        return tuple(islice((slot for slot in self.slots_from(now) if slot.start > now), count))

    def _local(self, now: float) -> date:
        return datetime.fromtimestamp(now, tz=self.zone).date()

    def _days(self, first: date) -> Iterator[date]:
        """The schedule's dates from ``first`` on, in order."""
        if not self.weekdays:
            yield from sorted(day for day in self.dates - self.except_dates if day >= first)
            return
        day = first
        while day.year < date.max.year:
            if (day.weekday() in self.weekdays or day in self.dates) and day not in self.except_dates:
                yield day
            day += timedelta(days=1)


def overlap(one: WeeklySchedule, other: WeeklySchedule, now: float, days: int = 371) -> Slot | None:
    """The first slot of ``one`` within ``days`` from ``now`` that meets a slot of ``other``, margins
    included.

    A year and a week covers every combination of weekdays with both zones' changes of the clock; explicit
    dates beyond it are looked at when they come nearer.
    """
    until = now + days * 86400.0
    theirs = other.slots_from(now)
    their = next(theirs, None)
    for ours in one.slots_from(now):
        if ours.start > until:
            return None
        while their is not None and their.end <= ours.start - ours.margin:
            their = next(theirs, None)
        if their is None:
            return None
        if their.start - their.margin < ours.end:
            return ours
    return None
