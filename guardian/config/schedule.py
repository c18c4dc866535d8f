"""``[meetings.schedule]``: when a meeting takes place, as written in TOML. The arithmetic lives in the
calendar adapter.
"""

from __future__ import annotations

import difflib
import re
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    model_validator,
)

from guardian.adapters.calendars.weekly import LONGEST_MARGIN, LONGEST_MINUTES, WeeklySchedule
from guardian.config.secret import Secret, folder
from guardian.config.values import web

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


def _calendar(value: object, info: ValidationInfo) -> object:
    """A file's path, or an address; as a secret, too, for whoever knows some calendars' address reads them."""
    if isinstance(value, str) and "://" in value:
        return SecretStr(web(re.sub(r"^webcals?://", "https://", value)))
    if isinstance(value, str) and value:
        return folder(info) / Path(value).expanduser()
    if isinstance(value, dict):
        found = TypeAdapter(Secret).validate_python(value, context=info.context).get_secret_value()
        found = re.sub(r"^webcals?://", "https://", found)
        if not found.startswith("https://") or not found.isascii() or re.search(r"[\s\x00-\x1f]", found):
            raise ValueError("this secret is no https:// address")
        return SecretStr(found)
    if isinstance(value, Path | SecretStr):
        return value
    raise ValueError('write a file, as in "school.ics", or an https:// address')


class Schedule(BaseModel):
    """One meeting's times. Either ``start`` on each of ``weekdays`` and on each of ``dates``, never on
    ``except_dates``; or the events of a ``calendar`` (iCalendar file or address) whose title holds ``title``.

    ``minutes``: how long; of a calendar, only of events that have no end. ``arm_before``: minutes before the start at
    which everything is checked and the owner is told go or no-go. ``reread_minutes``: how often an address is asked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    timezone: Annotated[str, AfterValidator(_zone)]
    calendar: Annotated[Path | SecretStr | None, BeforeValidator(_calendar)] = None
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    reread_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    weekdays: tuple[Annotated[int, BeforeValidator(_weekday)], ...] = ()
    start: Annotated[time, BeforeValidator(_start)] | None = None
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MINUTES)] | None = None
    margin_minutes: Annotated[int, Field(ge=0, le=LONGEST_MARGIN)] = 15
    arm_before: Annotated[int, Field(ge=1, le=1440)] = 30
    dates: tuple[Day, ...] = ()
    except_dates: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        own = [name for name in ("weekdays", "start", "dates", "except_dates") if getattr(self, name)]
        if self.calendar is not None:
            if own:
                raise ValueError(f"the calendar says when: remove {', '.join(own)}, or the calendar")
            return self
        if "title" in self.model_fields_set or "reread_minutes" in self.model_fields_set:
            raise ValueError("title and reread_minutes are of a calendar: name it")
        if not self.weekdays and not self.dates:
            raise ValueError("name the weekdays, or the dates, on which the meeting takes place, or a calendar")
        missing = [name for name in ("start", "minutes") if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{' and '.join(missing)} missing; config.example.toml shows it")
        return self

    @cached_property
    def slots(self) -> WeeklySchedule | None:
        """The calendar that answers ``slot_at`` and ``next_starts``; None where somebody else keeps it."""
        if self.calendar is not None or self.start is None or self.minutes is None:
            return None
        return WeeklySchedule(
            zone=ZoneInfo(self.timezone),
            start=self.start,
            minutes=self.minutes,
            weekdays=frozenset(self.weekdays),
            dates=frozenset(self.dates),
            except_dates=frozenset(self.except_dates),
            margin_minutes=self.margin_minutes,
        )
