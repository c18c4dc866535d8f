"""From local dates to slots, over every change of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.calendars.weekly import LONGEST_MARGIN, LONGEST_MINUTES, WeeklySchedule, overlap

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
]


def at(text: str) -> float:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def mondays(start: str = "16:00", zone: ZoneInfo = BERLIN, minutes: int = 60, **more: object) -> WeeklySchedule:
    return WeeklySchedule(
        zone=zone,
        start=time.fromisoformat(start),
        minutes=minutes,
        weekdays=frozenset({0}),
        **more,  # type: ignore[arg-type]
    )


def test_a_slot_keeps_its_local_time_over_the_change_of_the_clock() -> None:
    before, after = mondays().next_starts(at("2026-10-18T00:00"), 2)
    assert before.start == at("2026-10-19T14:00")
    assert after.start == at("2026-10-26T15:00")
    assert after.end - after.start == 3600


def test_a_start_that_the_clock_jumps_over_is_moved_by_the_jump() -> None:
    schedule = WeeklySchedule(BERLIN, time(2, 30), 60, dates=frozenset({date(2026, 3, 29)}))
    assert schedule.next_starts(at("2026-03-28T00:00"), 1)[0].start == at("2026-03-29T01:30")  # 03:30 CEST


def test_a_start_that_exists_twice_is_the_first_of_the_two() -> None:
    schedule = WeeklySchedule(BERLIN, time(2, 30, fold=1), 60, dates=frozenset({date(2026, 10, 25)}))
    assert schedule.next_starts(at("2026-10-24T00:00"), 1)[0].start == at("2026-10-25T00:30")  # CEST


def test_a_slot_over_the_change_of_the_clock_lasts_as_long_as_any_other() -> None:
    schedule = WeeklySchedule(BERLIN, time(1, 30), 120, dates=frozenset({date(2026, 10, 25)}))
    slot = schedule.slot_on(date(2026, 10, 25))
    assert slot.end - slot.start == 7200


@pytest.mark.parametrize(
    ("now", "inside"),
    [
        ("2026-11-30T14:44:59", False),
        ("2026-11-30T14:45:00", True),
        ("2026-11-30T15:59:59", True),
        ("2026-11-30T16:00:00", False),
    ],
)
def test_a_slot_begins_with_its_margin_and_stops_at_its_end(now: str, inside: bool) -> None:
    slot = mondays().slot_at(at(now))
    assert (slot is not None) is inside
    assert slot is None or (slot.start, slot.margin) == (at("2026-11-30T15:00"), 900.0)


def test_a_slot_that_began_before_midnight_is_found_after_it() -> None:
    schedule = mondays("23:30", minutes=120)
    slot = schedule.slot_at(at("2026-11-30T23:45"))
    assert slot is not None
    assert slot.start == at("2026-11-30T22:30")


def test_extra_dates_come_on_top_and_excepted_dates_are_left_out() -> None:
    schedule = mondays(
        dates=frozenset({date(2026, 12, 2), date(2026, 12, 7)}),
        except_dates=frozenset({date(2026, 12, 14), date(2026, 12, 2)}),
    )
    starts = [slot.start for slot in schedule.next_starts(at("2026-12-01T00:00"), 3)]
    assert starts == [at("2026-12-07T15:00"), at("2026-12-21T15:00"), at("2026-12-28T15:00")]


def test_a_schedule_of_dates_only_runs_out() -> None:
    schedule = WeeklySchedule(BERLIN, time(16), 60, dates=frozenset({date(2026, 12, 2), date(2026, 12, 1)}))
    assert len(schedule.next_starts(at("2026-11-01T00:00"), 5)) == 2
    assert schedule.next_starts(at("2027-01-01T00:00"), 5) == ()
    assert schedule.slot_at(at("2027-01-01T00:00")) is None


def test_the_running_slot_is_upcoming_but_has_started() -> None:
    now = at("2026-11-30T15:30")
    assert mondays().upcoming(now)[0].start == at("2026-11-30T15:00")
    assert mondays().next_starts(now, 1)[0].start == at("2026-12-07T15:00")


def test_an_endless_schedule_ends_with_the_calendar() -> None:
    assert list(mondays(zone=ZoneInfo("UTC")).slots_from(at("9998-12-30T00:00"))) == []


def test_two_classes_overlap_only_if_their_slots_or_the_margin_before_them_meet() -> None:
    now = at("2026-11-01T00:00")
    early = mondays("15:00")
    assert overlap(mondays("16:15"), early, now) is None
    found = overlap(mondays("16:14"), early, now)
    assert found is not None
    assert found.start == at("2026-11-02T15:14")
    assert overlap(mondays("16:00", margin_minutes=0), early, now) is None
    assert overlap(mondays("14:00"), mondays("14:30"), now) is not None


def test_an_overlap_that_only_another_zones_clock_brings_is_found() -> None:
    # 11:00 in New York is 17:00 in Berlin, but 16:00 in the week between their changes of the clock.
    berlin = mondays("16:00", margin_minutes=0)
    york = mondays("11:00", ZoneInfo("America/New_York"), margin_minutes=0)
    found = overlap(berlin, york, at("2026-04-10T00:00"))
    assert found is not None
    assert found.start == at("2026-10-26T15:00")


def test_classes_of_which_one_has_run_out_do_not_overlap() -> None:
    past = WeeklySchedule(BERLIN, time(16), 60, dates=frozenset({date(2020, 1, 6)}))
    assert overlap(mondays(), past, at("2026-11-01T00:00")) is None
    assert overlap(past, mondays(), at("2026-11-01T00:00")) is None


schedules = st.builds(
    WeeklySchedule,
    zone=st.sampled_from(ZONES),
    start=st.times().map(lambda found: found.replace(second=0, microsecond=0)),
    minutes=st.integers(1, LONGEST_MINUTES),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    dates=st.frozensets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=4),
    except_dates=st.frozensets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=4),
    margin_minutes=st.integers(0, LONGEST_MARGIN),
)
times = st.floats(at("2025-01-01T00:00"), at("2027-12-31T00:00"))


@given(schedules, times)
def test_slots_come_in_order_and_never_meet(schedule: WeeklySchedule, now: float) -> None:
    slots = list(islice(schedule.slots_from(now), 12))
    assert all(one.end <= other.start - other.margin for one, other in pairwise(slots))
    assert all(slot.end > now for slot in slots)


@given(schedules, times)
def test_every_slot_begins_on_a_day_of_the_schedule_at_its_local_time(schedule: WeeklySchedule, now: float) -> None:
    for slot in islice(schedule.slots_from(now), 12):
        local = datetime.fromtimestamp(slot.start, tz=schedule.zone)
        assert local.fold == 0
        assert local.time() == schedule.start.replace(fold=0) or _jumped(schedule, local)
        assert local.weekday() in schedule.weekdays or local.date() in schedule.dates
        assert local.date() not in schedule.except_dates


def _jumped(schedule: WeeklySchedule, local: datetime) -> bool:
    """Whether the wished time does not exist on that day: it does not survive the way through UTC."""
    wished = datetime.combine(local.date(), schedule.start, tzinfo=schedule.zone)
    return wished.astimezone(UTC).astimezone(schedule.zone).time() != wished.time()


@given(schedules, times, st.floats(0, 60 * 86400))
def test_no_slot_is_skipped_or_invented_by_asking_later(schedule: WeeklySchedule, now: float, later: float) -> None:
    from_now = [slot for slot in islice(schedule.slots_from(now), 80) if slot.end > now + later]
    assert from_now[:3] == list(islice(schedule.slots_from(now + later), len(from_now[:3])))


@given(schedules, times)
def test_the_slot_at_a_time_is_the_one_that_holds_it(schedule: WeeklySchedule, now: float) -> None:
    holding = [s for s in schedule.upcoming(now, 3) if s.start - s.margin <= now < s.end]
    assert schedule.slot_at(now) == (holding[0] if holding else None)
    assert len(holding) <= 1


@given(schedules, schedules, times)
def test_overlap_agrees_with_comparing_every_pair(one: WeeklySchedule, other: WeeklySchedule, now: float) -> None:
    days = 10
    until = now + days * 86400
    theirs = list(islice(other.slots_from(now), 40))
    expected = next(
        (
            ours
            for ours in islice(one.slots_from(now), 40)
            if ours.start <= until
            and any(their.start - their.margin < ours.end and ours.start - ours.margin < their.end for their in theirs)
        ),
        None,
    )
    assert overlap(one, other, now, days) == expected


def test_a_year_of_starts_in_one_zone_is_a_week_apart() -> None:
    starts = [slot.start for slot in mondays(zone=ZoneInfo("UTC")).next_starts(at("2026-01-01T00:00"), 53)]
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(weeks=1).total_seconds()}
