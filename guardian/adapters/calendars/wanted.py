"""What is looked for in a calendar, and what was found. Values only, so that nobody loads iCalendar who has none."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from guardian.core.memory import Slot


@dataclass(frozen=True)
class Wanted:
    """Which events are the class: those whose title holds ``title`` (all for ""). ``zone`` is that of times that name
    none; ``minutes`` the length of events without an end; ``margin`` in seconds.
    """

    zone: ZoneInfo
    title: str = ""
    minutes: int = 60
    margin: float = 900.0


@dataclass(frozen=True)
class Found:
    """The slots of a window, in order, and what a human should know of how they were read."""

    slots: tuple[Slot, ...]
    notes: tuple[str, ...] = ()
