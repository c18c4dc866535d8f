"""What an iCalendar means: which events are the class, when each is, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.calendars.ical import LARGEST, read
from guardian.adapters.calendars.wanted import Found, Wanted
from guardian.errors import ScheduleError

BERLIN = ZoneInfo("Europe/Berlin")
SCHOOL = (Path(__file__).parents[2] / "payloads" / "calendars" / "school.ics").read_bytes()
BEGIN, END = datetime(2026, 10, 1, tzinfo=UTC).timestamp(), datetime(2027, 1, 1, tzinfo=UTC).timestamp()


def calendar(*events: str) -> bytes:
    inside = "".join(f"BEGIN:VEVENT\nUID:{n}\nSUMMARY:Class\n{event}\nEND:VEVENT\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inside}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def found(raw: bytes, title: str = "", begin: float = BEGIN, end: float = END) -> Found:
    return read(raw, "school.ics", Wanted(BERLIN, title), begin, end)


def starts(raw: bytes, title: str = "") -> list[str]:
    return [f"{datetime.fromtimestamp(slot.start, BERLIN):%m-%d %H:%M}" for slot in found(raw, title).slots]


def refusal(raw: bytes) -> str:
    with pytest.raises(ScheduleError) as caught:
        found(raw)
    return str(caught.value)


def test_a_series_with_an_exception_a_moved_and_a_cancelled_class_over_a_change_of_the_clock() -> None:
    assert starts(SCHOOL, "fitness for all") == [
        "10-12 16:00",
        "10-19 16:00",
        "10-26 16:00",
        "11-02 16:00",
        "11-17 18:00",
        "11-30 16:00",
        "12-05 10:00",
        "12-07 16:00",
        "12-14 16:00",
    ]
    slots = found(SCHOOL, "Fitness").slots
    assert [(slot.end - slot.start) / 60 for slot in slots] == [60, 60, 60, 60, 60, 60, 45, 60, 60]
    assert {slot.margin for slot in slots} == {900.0}
    assert found(SCHOOL, "Fitness").notes == ("whole-day events are left out",)


def test_each_series_is_in_its_own_time_zone_and_without_a_title_all_are_the_class() -> None:
    assert starts(SCHOOL, "Choir")[:3] == ["10-13 16:00", "10-20 16:00", "10-27 16:00"]
    assert len(found(SCHOOL).slots) == len(found(SCHOOL, "Choir").slots) + len(found(SCHOOL, "Fitness").slots)


def test_a_moved_class_belongs_to_its_series_whatever_it_is_called_now() -> None:
    assert "11-17 18:00" in starts(SCHOOL, "Fitness")
    assert starts(SCHOOL, "Moved") == []


def test_a_time_without_a_zone_is_the_meetings_own() -> None:
    assert starts(calendar("DTSTART:20261130T160000\nDURATION:PT1H")) == ["11-30 16:00"]


def test_a_windows_name_of_a_zone_is_understood_and_an_unknown_one_refused() -> None:
    assert starts(calendar("DTSTART;TZID=W. Europe Standard Time:20261130T160000\nDURATION:PT1H")) == ["11-30 16:00"]
    told = refusal(calendar("DTSTART;TZID=Mars/Phobos:20261130T160000\nDURATION:PT1H"))
    assert told == "school.ics: a time zone that is neither in the file nor known"


def test_overlapping_events_are_one_class_and_a_human_is_told() -> None:
    raw = calendar(
        "DTSTART:20261130T150000Z\nDURATION:PT1H",
        "DTSTART:20261130T153000Z\nDURATION:PT1H",
        "DTSTART:20261130T163000Z\nDURATION:PT1H",
    )
    slots = found(raw).slots
    assert [(slot.end - slot.start) / 60 for slot in slots] == [90, 60]
    assert found(raw).notes == ("events overlap on 2026-11-30 15:30 UTC: taken as one class",)


def test_the_same_event_twice_is_once_and_no_note() -> None:
    raw = calendar(*["DTSTART:20261130T150000Z\nDURATION:PT1H"] * 2)
    assert len(found(raw).slots) == 1
    assert found(raw).notes == ()


def test_an_event_without_an_end_lasts_an_hour_and_one_of_days_is_left_out() -> None:
    slots = found(calendar("DTSTART:20261130T150000Z", "DTSTART:20261201T150000Z\nDURATION:P2D"))
    assert [(slot.end - slot.start) / 60 for slot in slots.slots] == [60]
    assert slots.notes == (
        "an event without an end is taken to last 60 minutes",
        "an event of more than 12 hours is left out",
    )


def test_extra_dates_and_a_change_for_all_to_come_are_understood() -> None:
    extra = calendar("DTSTART:20261130T150000Z\nDURATION:PT1H\nRDATE:20261203T150000Z")
    assert starts(extra) == ["11-30 16:00", "12-03 16:00"]
    series = "UID:s\nSUMMARY:Class\nDTSTART:20261116T150000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"
    moved = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261130T150000Z\nDTSTART:20261130T160000Z\nDURATION:PT1H"
    later = f"UID:s\nSUMMARY:Class\n{moved}"
    raw = calendar().replace(
        b"END:VCALENDAR",
        "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in (series, later)).encode() + b"END:VCALENDAR",
    )
    assert starts(raw) == ["11-16 16:00", "11-23 16:00", "11-30 17:00", "12-07 17:00"]


def test_a_start_in_the_hour_that_does_not_exist_is_moved_by_the_jump() -> None:
    raw = calendar("DTSTART;TZID=Europe/Berlin:20270328T023000\nDURATION:PT1H")
    begin = datetime(2027, 3, 28, tzinfo=UTC).timestamp()
    (slot,) = found(raw, begin=begin, end=begin + 86400).slots
    assert datetime.fromtimestamp(slot.start, UTC) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_a_class_that_runs_now_is_found_though_it_began_before() -> None:
    now = datetime(2026, 11, 30, 15, 30, tzinfo=UTC).timestamp()
    assert len(found(calendar("DTSTART:20261130T150000Z\nDURATION:PT1H"), begin=now).slots) == 1


def test_a_rule_without_an_end_is_read_no_further_than_the_window() -> None:
    raw = calendar("DTSTART:19990101T150000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY")
    assert len(found(raw).slots) == 92


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no iCalendar file"),
        (b"<!doctype html><html>Please log in</html>", "no iCalendar file"),
        (SCHOOL[:900], "not a whole iCalendar file"),
        (calendar("DTSTART:soon"), "an event of the class has no start, or a line that cannot be read"),
        (calendar("DURATION:PT1H"), "an event of the class has no start"),
        (calendar("DTSTART:20261130T150000Z\nRRULE:FREQ=NEVER"), "a line that cannot be read"),
        (calendar("DTSTART:20261130T150000Z\nRRULE:FREQ=SECONDLY"), "repeats more often than a class can"),
        (
            calendar("DTSTART:20261130T150000Z\nRRULE:FREQ=DAILY;BYHOUR=8,9;BYMINUTE=" + ",".join(map(str, range(60)))),
            "repeats more often",
        ),
        (b"BEGIN:VCALENDAR\r\n" + b"X" * LARGEST, "larger than 8 MiB"),
    ],
)
def test_what_cannot_be_read_truly_is_refused_in_words(raw: bytes, says: str) -> None:
    told = refusal(raw)
    assert told.startswith("school.ics: ")
    assert says in told


def test_a_broken_event_of_another_class_does_no_harm() -> None:
    raw = SCHOOL.replace(b"DTSTART;TZID=Europe/London:20261013T150000", b"DTSTART;TZID=Europe/London:soon")
    assert len(found(raw, "Fitness").slots) == 9


@given(st.binary(max_size=200) | st.text(alphabet="BEGINDVT:;=0123456789\r\nRULEFQ,", max_size=200).map(str.encode))
def test_no_bytes_do_worse_than_a_schedule_error(raw: bytes) -> None:
    told = ""
    try:
        slots = found(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + raw + b"\r\nEND:VCALENDAR\r\n").slots
    except ScheduleError as error:
        told, slots = str(error), ()
    assert told.startswith("school.ics") or slots is not None
