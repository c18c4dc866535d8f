"""Deliveries with a key: all of one durable or none of it acknowledged, and each judged once."""

import asyncio

import pytest

from guardian.app.history import fold
from guardian.core.events import Event, Seen
from guardian.core.identity import Evidence, Facts, Place
from guardian.errors import JournalError
from tests.app.test_actor import Bench
from tests.support.virtual import clock, later, until

pytestmark = pytest.mark.looptime


def knock(name: str, at: float | None = None) -> Seen:
    facts = Facts(name, Place.WAITING, Evidence(f"{name} somebody", account=name))
    return Seen(clock() if at is None else at, facts)


def keyed(*names: str) -> list[tuple[Event, str]]:
    return [(knock(name), f"key of {name}") for name in names]


def stored(bench: Bench) -> list[str]:
    return [r.facts.handle for r in bench.journal.of(Seen) if isinstance(r, Seen) and r.facts.handle != "ada"]


async def test_all_of_a_delivery_is_acknowledged_only_when_all_of_it_is_durable() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.gate.clear()
    waiting = asyncio.create_task(bench.actor.submit_all(keyed("pupil1", "pupil2")))
    await later(0.2)
    assert not waiting.done()
    bench.journal.gate.set()
    await waiting
    assert stored(bench) == bench.asked() == ["pupil1", "pupil2"]


async def test_what_has_no_room_is_an_error_for_all_and_comes_once_when_it_is_delivered_again() -> None:
    bench = Bench(room=2)
    await bench.open()
    delivery = keyed("pupil1", "pupil2", "pupil3")
    with pytest.raises(JournalError, match="overloaded"):
        await bench.actor.submit_all(delivery)
    await bench.actor.calm()
    await bench.actor.submit_all(delivery[1:])
    await bench.actor.submit_all(delivery[:2])
    assert stored(bench) == ["pupil1", "pupil2", "pupil3"]
    assert sorted(map(str, bench.asked())) == ["pupil1", "pupil2", "pupil3"]


async def test_a_draining_occurrence_takes_no_delivery() -> None:
    bench = Bench()
    await bench.open()
    bench.actor.stop_intake()
    with pytest.raises(JournalError):
        await bench.actor.submit_all(keyed("pupil1"))
    assert stored(bench) == []


async def test_without_a_journal_a_delivery_is_not_acknowledged_and_is_written_once_when_it_is_back() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.broken = JournalError("the disk is full")
    delivery = keyed("pupil1", "pupil2")
    with pytest.raises(JournalError):
        await bench.actor.submit_all(delivery)
    bench.journal.broken = None
    await until(lambda: bench.chronicle.up)
    await bench.actor.submit_all(delivery)
    assert stored(bench) == ["pupil1", "pupil2"]


async def test_a_delivery_with_nothing_in_it_is_no_trouble() -> None:
    bench = Bench()
    await bench.open()
    before = len(bench.journal.records())
    await bench.actor.submit_all([])
    assert len(bench.journal.records()) == before


async def test_deliveries_that_come_at_once_are_judged_in_one_look_and_keep_their_keys() -> None:
    bench = Bench()
    await bench.open()
    looks, appends = bench.steps.count("event_taken"), bench.journal.appends
    names = [f"pupil{n}" for n in range(30)]
    await asyncio.gather(*(bench.actor.submit_all([one]) for one in keyed(*names)))
    assert bench.steps.count("event_taken") == looks + 1
    assert bench.journal.appends == appends + 1
    assert set(bench.asked()) == set(names)
    assert {f"key of {name}" for name in names} <= (await fold(bench.journal, "occ")).keys


async def test_a_double_within_a_crowd_is_acknowledged_and_judged_once() -> None:
    bench = Bench()
    await bench.open()
    first, second, third = keyed("pupil1", "pupil2", "pupil3")
    crowd = [first, second, first, third, second, first]
    await asyncio.gather(*(bench.actor.submit_all([one]) for one in crowd))
    assert stored(bench) == bench.asked() == ["pupil1", "pupil2", "pupil3"]


async def test_a_known_one_within_a_crowd_is_acknowledged_and_changes_nothing() -> None:
    bench = Bench()
    await bench.open()
    old, *new = keyed("pupil1", "pupil2", "pupil3")
    await bench.actor.submit_all([old])
    await bench.actor.submit_all([new[0], old, new[1]])
    assert stored(bench) == ["pupil1", "pupil2", "pupil3"]


async def test_a_crowd_that_cannot_be_judged_together_loses_only_the_one_that_cannot_be_judged() -> None:
    bench = Bench()
    await bench.open()
    poison = Seen(clock(), Facts("pupil2", Place.WAITING, Evidence(name=None)))  # type: ignore[arg-type]
    first, last = keyed("pupil1", "pupil3")
    waiting = [asyncio.create_task(bench.actor.submit_all([one])) for one in (first, (poison, "poison"), last)]
    with pytest.raises(TypeError):
        await bench.task
    again = asyncio.create_task(bench.actor.run())
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), JournalError, type(None)]
    assert stored(bench) == bench.asked() == ["pupil1", "pupil3"]
    again.cancel()


async def test_who_hangs_up_before_the_answer_holds_nobody_up() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.gate.clear()
    gone = asyncio.create_task(bench.actor.submit_all(keyed("pupil1")))
    stays = asyncio.create_task(bench.actor.submit_all(keyed("pupil2")))
    await later(0.1)
    gone.cancel()
    bench.journal.gate.set()
    await stays
    assert bench.asked() == ["pupil1", "pupil2"]
