"""Decisions of the pure core: whole classes that knock, are admitted and join; and who a connection's evidence fits.

No journal, no loop, no client: one thread calls functions.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from benchmarks.people import POLICY, arrivals, class_list, name_of, opening
from benchmarks.rows import Goal, Row, Scale
from guardian.codec import Record
from guardian.core.actions import WakeAt
from guardian.core.decide import step
from guardian.core.events import Event
from guardian.core.identity import Evidence
from guardian.core.meeting import Occurrence, blank, evolve
from guardian.core.roster import Roster

SIZES = (30, 60)
ROSTERS = ((30, 10_000.0), (500, 5_000.0))
CORE_ROWS = tuple(f"{name}-{size}" for size in SIZES for name in ("core-fold", "core-step"))
MATCH_ROWS = tuple(f"{name}-{size}" for size, _ in ROSTERS for name in ("match-lookup", "match"))
NOW = 1_800_000_000.0


async def measure(scale: Scale) -> list[Row]:
    """Events judged a second while everybody arrives; the floor folds the same records and decides nothing."""
    return [row for size in SIZES for row in _arrivals(size, scale.repetitions)]


def _arrivals(size: int, repetitions: int) -> tuple[Row, Row]:
    start = _opened(size)
    events = arrivals(size, NOW + 1)
    records = _records(start, events)
    folds, steps = [], []
    for _ in range(repetitions):
        folds.append(len(events) / timed(lambda: _fold(start, records)))
        steps.append(len(events) / timed(lambda: _judge(start, events)))
    what = f"{size} people knock at once, are admitted, join"
    floor = Row(f"core-fold-{size}", f"{what}: folded only", "events/s", tuple(folds))
    return floor, Row(f"core-step-{size}", f"{what}: judged", "events/s", tuple(steps), floor.name)


def _opened(size: int) -> Occurrence:
    state = blank()
    for event in opening(size, NOW):
        state, _ = step(state, event, POLICY, event.at)
    return state


def _judge(state: Occurrence, events: list[Event]) -> None:
    for event in events:
        state, _ = step(state, event, POLICY, event.at)
    assert state.counts.confirmed == len(events) // 3


def _fold(state: Occurrence, records: list[Record]) -> None:
    for record in records:
        state = evolve(state, record)


def _records(state: Occurrence, events: list[Event]) -> list[Record]:
    records: list[Record] = []
    for event in events:
        state, decided = step(state, event, POLICY, event.at)
        records += [event, *(decision for decision in decided if not isinstance(decision, WakeAt))]
    return records


async def measure_matching(scale: Scale) -> list[Row]:
    """Matches a second, every evidence new (nothing is answered from memory), the list's indexes built before."""
    return [row for size, least in ROSTERS for row in _matching(size, least, scale)]


def _matching(size: int, least: float, scale: Scale) -> tuple[Row, Row]:
    roster = class_list(size)
    names = {person.name.casefold(): person for person in roster.people}
    roster.match(Evidence("warm the indexes", account="nobody", phone="1"))
    shown = _evidence(size, scale.matches)
    lookups, matches = [], []
    for _ in range(scale.repetitions):
        lookups.append(len(shown) / timed(lambda: [names.get(one.name.casefold()) for one in shown]))
        # The list remembers what it was asked; a new one with the same indexes does not.
        fresh = class_list(size)
        fresh.match(Evidence("warm the indexes", account="nobody", phone="1"))
        matches.append(len(shown) / timed(lambda to=fresh: _match_all(to, shown)))  # type: ignore[misc]
    floor = Row(f"match-lookup-{size}", f"a bare look-up of the name among {size}", "matches/s", tuple(lookups))
    goal = Goal(f"≥ {least:,.0f}/s", least, at_most=False)
    row = Row(f"match-{size}", f"who it is, of {size} on the list", "matches/s", tuple(matches), floor.name, goal)
    return floor, row


def _match_all(roster: Roster, shown: list[Evidence]) -> None:
    for evidence in shown:
        roster.match(evidence)


def _evidence(size: int, count: int) -> list[Evidence]:
    """What people show, no two the same: accounts, exact names, parts of a name, devices, look-alikes, strangers."""
    chance = random.Random(1)
    kinds: tuple[Callable[[int], Evidence], ...] = (
        lambda n: Evidence(name_of(n), account=f"pupil{n}"),
        lambda n: Evidence(f"{name_of(n)} (she/her)", account=f"pupil{n}"),
        lambda n: Evidence(name_of(n)),
        lambda n: Evidence(name_of(n).split()[0]),
        lambda n: Evidence(name_of(n).replace("a", "\u0430")),
        lambda _: Evidence("iPhone"),
        lambda n: Evidence(f"Stranger Number{n}"),
        lambda n: Evidence(name_of(n), email=f"pupil{n}@school.example"),
    )
    made = []
    for n in range(count):
        evidence = kinds[n % len(kinds)](chance.randrange(size))
        made.append(Evidence(evidence.name, evidence.account, evidence.email, phone=f"+49 30 {n:07d}"))
    return made


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
