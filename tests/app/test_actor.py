"""One occurrence, strictly in order: durable, then acknowledged, then acted upon."""

import asyncio
from collections.abc import Iterable

import pytest

from guardian.app.actor import ACTOR_STEPS, Actor, Hooks
from guardian.app.chronicle import Chain, Chronicle
from guardian.app.history import History, fold
from guardian.app.inbox import BATCH
from guardian.core.actions import ActKind, Answer, Ask, Capabilities, Decision, Raise, Reread
from guardian.core.events import (
    Accepted,
    Event,
    JournalChanged,
    LinkChanged,
    Opened,
    Ordered,
    RosterLoaded,
    Seen,
    Verb,
)
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Phase, Slot
from guardian.core.policy import Policy
from guardian.errors import JournalError
from tests.support.fake_people import class_list
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import EPOCH, clock, later, until

pytestmark = pytest.mark.looptime

CAN = Capabilities("fake", frozenset(ActKind) - {ActKind.REVOKE}, confirm_within=1.0)
SLOT = Slot(EPOCH, EPOCH + 3600.0)
PUPILS = tuple(f"Pupil{n} Somebody" for n in range(200))


class Bench:
    """An actor on a journal in memory; decisions are only collected."""

    def __init__(self, journal: MemoryJournal | None = None, past: History | None = None, room: int = 10_000) -> None:
        self.journal = journal or MemoryJournal()
        self.decisions: list[Decision] = []
        self.steps: list[str] = []
        self.turns = 0
        chain = Chain("occ", "yoga", SLOT.start, EPOCH)
        self.chronicle = Chronicle(self.journal, chain, opened=past is not None)
        first: Iterable[Event] = () if past else (Opened(EPOCH, "occ", "yoga", SLOT, CAN), RosterLoaded(EPOCH, LIST))
        hooks = Hooks(self.decisions.append, self._turned, self.steps.append)
        self.actor = Actor(past or History(), Policy(), clock, self.chronicle, hooks, first=first, room=room)
        self.task = asyncio.create_task(self.actor.run())

    def _turned(self) -> None:
        self.turns += 1

    def asked(self, kind: ActKind = ActKind.ADMIT) -> list[str | None]:
        return [d.act.handle for d in self.decisions if isinstance(d, Ask) and d.act.kind is kind]

    def knock(self, *names: str) -> None:
        for place, name in enumerate(names):
            self.actor.post(_knock(name, place * 1e-6))

    async def open(self) -> None:
        """The host is inside: the class is open."""
        self.actor.post(Seen(clock(), Facts("ada", Place.INSIDE, Evidence("Ada Host", account="ada"))))
        await until(lambda: self.actor.state.phase is Phase.OPEN)


LIST = class_list(*PUPILS)


def _knock(name: str, later: float = 0.0) -> Seen:
    return Seen(clock() + later, Facts(name, Place.WAITING, Evidence(f"{name} somebody", account=name)))


def _order(order: str, verb: Verb = Verb.LOCK, handle: str | None = None) -> Ordered:
    return Ordered(clock(), order, verb, "teacher", handle=handle)


async def test_events_are_decided_in_the_order_in_which_they_came() -> None:
    bench = Bench()
    await bench.open()
    names = [f"pupil{n}" for n in range(30)]
    bench.knock(*names)
    await bench.actor.calm()
    assert bench.asked() == names
    stored = [r.facts.handle for r in bench.journal.of(Seen) if isinstance(r, Seen)]
    assert stored == ["ada", *names]


async def test_what_is_taken_in_one_turn_is_one_append() -> None:
    bench = Bench()
    await bench.open()
    before = bench.journal.appends
    bench.knock(*(f"pupil{n}" for n in range(30)))
    await bench.actor.calm()
    assert bench.journal.appends == before + 1


async def test_nothing_is_asked_of_the_platform_before_the_decision_is_durable() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.gate.clear()
    bench.knock("pupil1")
    await later(0.2)
    assert bench.asked() == []
    bench.journal.gate.set()
    await bench.actor.calm()
    assert bench.asked() == ["pupil1"]
    assert isinstance(bench.journal.records()[-1], Ask | Raise | Reread)


async def test_a_submitted_event_is_acknowledged_only_when_it_is_durable() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.gate.clear()
    waiting = asyncio.create_task(bench.actor.submit(_knock("pupil1"), "delivery-1"))
    await later(0.2)
    assert not waiting.done()
    bench.journal.gate.set()
    await waiting
    assert any(isinstance(r, Seen) and r.facts.handle == "pupil1" for r in bench.journal.records())


async def test_a_doubled_delivery_is_acknowledged_and_changes_nothing() -> None:
    bench = Bench()
    await bench.open()
    await bench.actor.submit(_knock("pupil1"), "delivery-1")
    decided, stored = len(bench.decisions), len(bench.journal.records())
    await bench.actor.submit(_knock("pupil2"), "delivery-1")
    bench.actor.post(_knock("pupil2"), "delivery-1")
    await bench.actor.calm()
    assert len(bench.decisions) == decided
    assert len(bench.journal.records()) == stored


async def test_a_delivery_that_was_doubled_over_a_restart_changes_nothing() -> None:
    bench = Bench()
    await bench.open()
    await bench.actor.submit(_knock("pupil1"), "delivery-1")
    bench.task.cancel()
    again = Bench(bench.journal, await fold(bench.journal, "occ"))
    stored = len(bench.journal.records())
    await again.actor.submit(_knock("pupil1"), "delivery-1")
    assert len(bench.journal.records()) == stored


async def test_a_humans_order_goes_before_a_full_inbox() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.gate.clear()
    bench.knock("pupil0")
    await later(0.1)
    bench.knock(*(f"pupil{n}" for n in range(1, 100)))
    bench.actor.post(_order("o1"))
    bench.journal.gate.set()
    await bench.actor.calm()
    stored = bench.journal.records()
    handles = [r.facts.handle if isinstance(r, Seen) else "order" for r in stored if isinstance(r, Seen | Ordered)]
    assert handles[:4] == ["ada", "pupil0", "order", "pupil1"]
    assert bench.actor.state.phase is Phase.LOCKED


async def test_one_turn_takes_a_bounded_number_of_deliveries() -> None:
    bench = Bench()
    await bench.open()
    turns = bench.turns
    bench.knock(*(f"pupil{n}" for n in range(BATCH * 3)))
    await bench.actor.calm()
    assert bench.turns == turns + 3


async def test_an_outcome_is_taken_by_a_full_inbox_and_deliveries_lead_to_a_fresh_look() -> None:
    bench = Bench(room=10)
    await bench.open()
    bench.knock("pupil0")
    await bench.actor.calm()
    (ask,) = [d for d in bench.decisions if isinstance(d, Ask) and d.act.kind is ActKind.ADMIT]
    bench.knock(*(f"pupil{n}" for n in range(1, 50)))
    bench.actor.post(Accepted(clock(), ask.ask))
    with pytest.raises(JournalError, match="overloaded"):
        await bench.actor.submit(_knock("pupil60"))
    await bench.actor.calm()
    assert bench.actor.state.asks[ask.ask].accepted_at is not None
    assert len(bench.asked()) == 11
    assert any(isinstance(d, Reread) and "full" in d.why for d in bench.decisions)


async def test_an_order_is_answered_when_its_effect_is_there() -> None:
    bench = Bench()
    await bench.open()
    answer = await bench.actor.order(_order("o1"), wait=5.0)
    assert answer is not None
    assert answer.done
    assert any(isinstance(r, Answer) for r in bench.journal.records())


async def test_a_repeated_order_gets_the_same_answer_even_after_a_restart() -> None:
    bench = Bench()
    await bench.open()
    first, same = await asyncio.gather(
        bench.actor.order(_order("o1"), wait=5.0), bench.actor.order(_order("o1"), wait=5.0)
    )
    bench.task.cancel()
    again = Bench(bench.journal, await fold(bench.journal, "occ"))
    assert first == same == await again.actor.order(_order("o1"), wait=5.0)
    assert sum(isinstance(r, Ordered) for r in bench.journal.records()) == 1


async def test_an_order_without_an_effect_yet_is_neither_done_nor_refused() -> None:
    bench = Bench()
    await bench.open()
    bench.knock("stranger")
    await bench.actor.calm()
    assert await bench.actor.order(_order("o1", Verb.ADMIT, "stranger"), wait=0.5) is None
    assert bench.asked() == ["stranger"]


async def test_without_a_journal_nothing_is_acknowledged_and_the_machine_admits_nobody() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.broken = OSError("no space left on device")
    with pytest.raises(JournalError):
        await bench.actor.submit(_knock("pupil1"), "delivery-1")
    await bench.actor.calm()
    assert bench.asked() == []
    assert not bench.actor.state.journal_up
    kinds = [d.incident.kind for d in bench.decisions if isinstance(d, Raise)]
    assert IncidentKind.JOURNAL_LOST in kinds
    with pytest.raises(JournalError):
        await bench.actor.submit(_knock("pupil1"), "delivery-1")


async def test_without_a_journal_a_humans_order_acts_within_a_second() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.broken = OSError("gone")
    bench.knock("stranger")
    await bench.actor.calm()
    given = clock()
    waiting = asyncio.create_task(bench.actor.order(_order("o1", Verb.ADMIT, "stranger"), wait=0.5))
    await until(lambda: bench.asked() == ["stranger"], within=1.0)
    locked = await bench.actor.order(_order("o2"), wait=1.0)
    assert locked is not None
    assert locked.done
    assert clock() - given < 1.0
    await waiting


async def test_a_journal_that_hangs_does_not_hold_up_a_humans_order() -> None:
    bench = Bench()
    await bench.open()
    bench.knock("stranger")
    await bench.actor.calm()
    bench.journal.gate.clear()
    bench.knock("pupil1")
    await later(0.1)
    given = clock()
    bench.actor.post(_order("o1", Verb.ADMIT, "stranger"))
    await until(lambda: bench.asked() == ["stranger"], within=2.0)
    assert clock() - given < 1.0
    bench.actor.post(_order("o2", Verb.HOLD, "stranger"))
    given = clock()
    await until(lambda: not bench.actor.depth, within=1.0)
    assert clock() - given < 1.0
    bench.journal.gate.set()
    await until(lambda: bench.actor.state.journal_up)
    handles = [r.facts.handle for r in bench.journal.records() if isinstance(r, Seen)]
    assert handles == ["ada", "stranger", "pupil1"]


async def test_when_the_journal_is_back_everything_is_written_once_and_in_order() -> None:
    bench = Bench()
    await bench.open()
    bench.journal.broken = OSError("full")
    bench.knock("pupil1", "pupil2")
    await bench.actor.calm()
    await later(10)
    bench.journal.broken = None
    await until(lambda: bench.actor.state.journal_up, within=5.0)
    await bench.actor.calm()
    assert set(bench.asked()) == {"pupil1", "pupil2"}
    stored = bench.journal.records()
    assert [r.facts.handle for r in stored if isinstance(r, Seen)] == ["ada", "pupil1", "pupil2"]
    assert [r.up for r in stored if isinstance(r, JournalChanged)] == [False, True]
    folded = await fold(bench.journal, "occ")
    assert folded.state == bench.actor.state


async def test_a_journal_that_was_never_there_does_not_lose_the_beginning() -> None:
    journal = MemoryJournal()
    journal.broken = OSError("gone")
    bench = Bench(journal)
    await bench.actor.calm()
    assert bench.actor.state.occurrence == "occ"
    journal.broken = None
    await until(lambda: bench.actor.state.journal_up, within=5.0)
    assert isinstance(journal.records()[0], Opened)


async def test_a_step_that_raises_loses_only_its_own_event() -> None:
    bench = Bench()
    await bench.open()
    poison = Seen(clock(), Facts("pupil2", Place.WAITING, Evidence(name=None)))  # type: ignore[arg-type]
    bench.knock("pupil1")
    waiting = asyncio.create_task(bench.actor.submit(poison))
    await later(0.0)
    bench.knock("pupil3")
    with pytest.raises(JournalError, match="could not be judged"):
        await waiting
    with pytest.raises(TypeError):
        await bench.task
    again = asyncio.create_task(bench.actor.run())
    await bench.actor.calm()
    assert bench.asked() == ["pupil1", "pupil3"]
    again.cancel()


async def test_a_timer_that_the_core_asked_for_wakes_it() -> None:
    bench = Bench()
    await bench.open()
    bench.actor.post(LinkChanged(clock(), up=True))
    await until(lambda: bench.actor.state.phase is Phase.LOCKED, within=700.0)
    assert clock() - EPOCH >= 600.0


async def test_draining_takes_outcomes_and_humans_and_nothing_else() -> None:
    bench = Bench()
    await bench.open()
    bench.knock("pupil1")
    bench.actor.stop_intake()
    bench.knock("pupil2")
    with pytest.raises(JournalError):
        await bench.actor.submit(_knock("pupil3"))
    answer = await bench.actor.order(_order("o1"), wait=5.0)
    bench.actor.close()
    await bench.task
    assert answer is not None
    assert bench.asked() == ["pupil1"]
    late = await bench.actor.order(_order("o2"), wait=5.0)
    assert late is not None
    assert not late.done


async def test_every_named_step_is_passed() -> None:
    bench = Bench()
    await bench.open()
    await bench.actor.submit(_knock("pupil1"))
    (ask,) = bench.actor.state.asks
    bench.actor.post(Accepted(clock(), ask))
    await bench.actor.calm()
    assert set(bench.steps) == set(ACTOR_STEPS)


async def test_the_folded_journal_is_the_state_that_was_lived() -> None:
    bench = Bench()
    await bench.open()
    bench.knock("pupil1", "stranger", "pupil2")
    bench.actor.post(_order("o1", Verb.ADMIT, "stranger"), "order:o1")
    await bench.actor.calm()
    folded = await fold(bench.journal, "occ")
    assert folded.state == bench.actor.state
    assert folded.keys == {"order:o1"}
