"""Alarm, timetable, reconciler, dead-man address: what happens at its time."""

import asyncio

import pytest

from guardian.app.deadman import DeadMan
from guardian.app.reconciler import Reconciler
from guardian.app.scheduler import Alarm, Timetable, wait_until
from guardian.core.events import Event, Snapshot
from guardian.core.memory import Slot
from guardian.errors import TemporaryError
from tests.support.virtual import EPOCH, clock, later

pytestmark = pytest.mark.looptime


class _Times:
    """Remembers when it was called, in seconds from the start of the test."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def __call__(self) -> None:
        self.at.append(round(clock() - EPOCH, 2))


async def test_an_alarm_rings_once_at_its_time_even_far_away() -> None:
    times = _Times()
    Alarm(clock, times).set(clock() + 100.0)
    await later(300)
    assert times.at == [100.0]


async def test_a_later_setting_replaces_the_earlier_and_none_silences_it() -> None:
    times = _Times()
    alarm = Alarm(clock, times)
    alarm.set(clock() + 5.0)
    alarm.set(clock() + 2.0)
    await later(3)
    alarm.set(clock() + 5.0)
    alarm.set(None)
    await later(60)
    assert times.at == [2.0]


async def test_an_alarm_in_the_past_rings_at_once() -> None:
    times = _Times()
    Alarm(clock, times).set(clock() - 10.0)
    await later(0.01)
    assert times.at == [0.0]


async def test_a_clock_set_forward_is_noticed_within_half_a_minute() -> None:
    shift = 0.0
    times = _Times()
    Alarm(lambda: clock() + shift, times).set(clock() + 3600.0)
    await later(10)
    shift = 3600.0
    await later(60)
    assert times.at == [30.0]


async def test_waiting_for_a_time_far_away_looks_again_now_and_then() -> None:
    started = clock()
    await wait_until(clock() + 4.0, clock)
    assert clock() - started == pytest.approx(4.0)
    await wait_until(clock() + 9999.0, clock)
    await wait_until(None, clock)
    assert clock() - started == pytest.approx(64.0)


def _hours(*starts: float) -> Timetable:
    slots = [Slot(start * 3600, start * 3600 + 3600, 900.0) for start in starts]
    return Timetable(lambda now: [slot for slot in slots if slot.end + slot.margin > now])


def test_a_slot_is_current_from_its_margin_before_to_its_margin_after() -> None:
    table = _hours(10)
    times = (9.7, 9.8, 10.5, 11.2, 11.3)
    assert [table.current(hour * 3600) is not None for hour in times] == [False, True, True, True, False]


def test_a_class_that_runs_is_preferred_to_the_margins_around_it() -> None:
    table = _hours(10, 11)
    starts = [slot.start / 3600 for hour in (10.9, 11.1) if (slot := table.current(hour * 3600))]
    assert starts == [10.0, 11.0]


def test_the_next_change_is_a_lead_a_margin_a_start_or_an_end() -> None:
    table = _hours(10)
    changes: list[float] = []
    change: float | None = 9 * 3600.0
    while change is not None:
        changes.append(change / 3600)
        change = table.next_change(change)
    assert changes[1:] == [9.5, 9.75, 10.0, 11.0, 11.25]
    assert table.following(10.5 * 3600) is None


class _Source:
    def __init__(self) -> None:
        self.at: list[float] = []
        self.broken = 0

    async def __call__(self) -> Snapshot:
        self.at.append(round(clock() - EPOCH, 1))
        if self.broken:
            self.broken -= 1
            raise TemporaryError("not connected")
        return Snapshot(clock(), clock(), ())


async def test_a_snapshot_is_read_on_request_and_every_interval() -> None:
    source, events = _Source(), list[Event]()
    reconciler = Reconciler(source, events.append, interval=30.0)
    task = asyncio.create_task(reconciler.run())
    await later(1)
    for _ in range(5):
        reconciler.request()
    await later(64)
    assert source.at == [1.0, 31.1, 61.2]
    assert len(events) == 3
    task.cancel()


async def test_a_request_during_a_reading_leads_to_one_more_reading() -> None:
    reconciler: Reconciler

    async def slow() -> Snapshot:
        at.append(round(clock() - EPOCH, 1))
        await later(1)
        return Snapshot(clock(), clock(), ())

    at: list[float] = []
    reconciler = Reconciler(slow, lambda _: None, interval=1000.0)
    task = asyncio.create_task(reconciler.run())
    reconciler.request()
    await later(0.5)
    reconciler.request()
    reconciler.request()
    await later(10)
    assert at == [0.0, 1.1]
    task.cancel()


async def test_a_failed_reading_is_repeated_after_growing_pauses() -> None:
    source, events = _Source(), list[Event]()
    source.broken = 3
    reconciler = Reconciler(source, events.append, interval=30.0)
    task = asyncio.create_task(reconciler.run())
    reconciler.request()
    await later(15)
    assert source.at == [0.0, 1.1, 3.2, 7.3]
    assert len(events) == 1
    task.cancel()


async def test_the_dead_man_address_is_pinged_only_while_all_is_well() -> None:
    times, well = _Times(), True

    async def ping() -> None:
        times()

    task = asyncio.create_task(DeadMan(ping, lambda: well, every=60.0).run())
    await later(130)
    well = False
    await later(130)
    well = True
    await later(60)
    assert times.at == [0.0, 60.0, 120.0, 300.0]
    task.cancel()


async def test_a_ping_that_fails_or_hangs_stops_nothing() -> None:
    times = _Times()

    async def ping() -> None:
        times()
        if len(times.at) == 1:
            raise OSError("unreachable")
        if len(times.at) == 2:
            await asyncio.Event().wait()

    task = asyncio.create_task(DeadMan(ping, lambda: True, every=60.0, timeout=10.0).run())
    await later(200)
    assert times.at == [0.0, 60.0, 130.0, 190.0]
    task.cancel()
