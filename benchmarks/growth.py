"""Whether an event costs the same however many meetings are guarded: real actors, core and journal, no platform.

Always the same number of events under way at once, so that group commit helps all sizes alike. A cycle is: somebody
drops out, knocks again, their admission is asked for and taken, they are inside: four events, and all is as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import pickle
import tempfile
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from benchmarks.people import POLICY, facts_of, lesson
from benchmarks.rows import Goal, Row, Scale
from guardian.adapters.journal import open_journal
from guardian.app.actor import Actor, Hooks
from guardian.app.chronicle import Chain, Chronicle
from guardian.app.history import History
from guardian.app.metrics import Metrics
from guardian.core.actions import Ask, Decision
from guardian.core.events import Accepted, Gone, Seen
from guardian.core.identity import Place
from guardian.ports import Journal

CLASS = 30
EVENTS = 4
ABREAST = 10
CHILD = 7  # whose line breaks
FLAT = Goal("flat (≤ 1.25 ×)", 1.25, on_ratio=True)


def rows(scale: Scale) -> tuple[str, ...]:
    """The names of what is measured at this scale."""
    return tuple(f"growth-{meetings}" for meetings in scale.meetings)


async def measure(scale: Scale) -> list[Row]:
    """Microseconds for one event, made durable. The fewest meetings are measured first and, again, last: what else the
    machine does meanwhile then weighs on them as on the others.
    """
    state = pickle.dumps(lesson(CLASS, time.time() - 600.0).state)
    samples: dict[int, tuple[float, ...]] = {}
    for meetings in (*scale.meetings, scale.meetings[0]):
        samples[meetings] = (*samples.get(meetings, ()), *await _measured(state, meetings, scale))
    fewest = rows(scale)[0]
    return [
        Row(
            name,
            f"one event, {meetings:,} meetings of {CLASS} people",
            "µs",
            samples[meetings],
            None if name == fewest else fewest,
            None if name == fewest else FLAT,
        )
        for name, meetings in zip(rows(scale), scale.meetings, strict=True)
    ]


class _Meeting:
    """One actor on the journal; ``asked`` is the last ask that it dispatched."""

    def __init__(self, state: bytes, number: int, journal: Journal, metrics: Metrics) -> None:
        name, meeting = f"bench{number}-1", f"bench{number}"
        # Unpickled for each, so that no two meetings share what they know.
        own = replace(pickle.loads(state), occurrence=name, meeting=meeting)  # noqa: S301 - made above
        self.asked = ""
        self._one = asyncio.Lock()
        chronicle = Chronicle(journal, Chain(name, meeting, own.slot.start, time.time()))
        self.actor = Actor(History(own), POLICY, time.time, chronicle, Hooks(self._dispatch), metrics=metrics)

    def _dispatch(self, decision: Decision) -> None:
        if isinstance(decision, Ask):
            self.asked = decision.ask

    async def comes_back(self) -> None:
        """One cycle, after the one that may be under way."""
        async with self._one:
            handle = facts_of(CHILD, Place.INSIDE).handle
            await self.actor.submit(Gone(time.time(), handle, Place.INSIDE))
            await self.actor.submit(Seen(time.time(), facts_of(CHILD, Place.WAITING)))
            await self.actor.submit(Accepted(time.time(), self.asked))
            await self.actor.submit(Seen(time.time(), facts_of(CHILD, Place.INSIDE)))
            assert not self.actor.state.asks


async def _measured(state: bytes, count: int, scale: Scale) -> tuple[float, ...]:
    samples = []
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as folder:
        journal = await open_journal(f"sqlite:///{Path(folder) / 'journal.sqlite3'}", patience=60.0)
        metrics = Metrics()
        meetings = [_Meeting(state, number, journal, metrics) for number in range(count)]
        running = [asyncio.create_task(meeting.actor.run()) for meeting in meetings]
        line = cycle(meetings)
        gc.collect()
        gc.freeze()  # as `guardian run` does once it has started
        # The first turn opens chains and fills what is remembered; it is not counted.
        for turn in range(scale.repetitions + 1):
            passed = await _turn(list(islice(line, scale.cycles)))
            if turn:
                samples.append(passed / (scale.cycles * EVENTS) * 1e6)
        for meeting in meetings:
            meeting.actor.close()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*running)
        await journal.close()
        gc.unfreeze()
    return tuple(samples)


async def _turn(meetings: list[_Meeting]) -> float:
    """Seconds for one cycle of each, ``ABREAST`` at a time; a meeting does one thing at a time."""
    queue = iter(meetings)

    async def worker() -> None:
        for meeting in queue:
            await meeting.comes_back()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(ABREAST)))
    return time.perf_counter() - began
