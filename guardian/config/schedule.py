"""``[meetings.schedule]``: when a meeting takes place, as written in TOML. The arithmetic lives in the
calendar adapter.
"""

from __future__ import annotations

import difflib
import re
from datetime import date, time
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from guardian.adapters.calendars.weekly import LONGEST_MARGIN, LONGEST_MINUTES, WeeklySchedule

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f'no such time zone; write an IANA name, as in "Europe/Berlin"{hint}') from None
    return name


def _weekday(value: object) -> object:
    word = value.strip().casefold() if isinstance(value, str) else ""
    found = [number for number, day in enumerate(_DAYS) if len(word) >= 2 and day.startswith(word)]
    if len(found) != 1:
        raise ValueError('write a weekday as a word, as in "monday"')
    return found[0]


def _start(value: object) -> object:
    found = value if isinstance(value, time) else None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{2}:[0-9]{2}", value):
        try:
            found = time.fromisoformat(value)
        except ValueError:
            found = None
    if found is None or found.second or found.microsecond or found.tzinfo:
        raise ValueError('write a local time of day without seconds or offset, as in "09:30"')
    return found


def _whole_day(value: object) -> object:
    if isinstance(value, str) or type(value) is date:
        return value
    raise ValueError('write a date, as in "2026-11-30"')


Day = Annotated[date, BeforeValidator(_whole_day)]


class Schedule(BaseModel):
    """One meeting's times: ``start`` on each of ``weekdays`` and on each of ``dates``, never on
    ``except_dates``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    timezone: Annotated[str, AfterValidator(_zone)]
    weekdays: tuple[Annotated[int, BeforeValidator(_weekday)], ...] = ()
    start: Annotated[time, BeforeValidator(_start)]
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MINUTES)]
    margin_minutes: Annotated[int, Field(ge=0, le=LONGEST_MARGIN)] = 15
    dates: tuple[Day, ...] = ()
    except_dates: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _some_day(self) -> Self:
        if not self.weekdays and not self.dates:
            raise ValueError("name the weekdays, or the dates, on which the meeting takes place")
        return self

    @cached_property
    def slots(self) -> WeeklySchedule:
        """The calendar that answers ``slot_at`` and ``next_starts``."""
        return WeeklySchedule(
            zone=ZoneInfo(self.timezone),
            start=self.start,
            minutes=self.minutes,
            weekdays=frozenset(self.weekdays),
            dates=frozenset(self.dates),
            except_dates=frozenset(self.except_dates),
            margin_minutes=self.margin_minutes,
        )
