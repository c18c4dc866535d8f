"""Time, for the rest of the app: which slot it is, and one alarm that a clock set forward or back does not fool.

May live here: arithmetic on slots and waiting for a wall-clock time. May not: what happens then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from guardian.core.memory import Slot
from guardian.ports import Clock

SlotSource = Callable[[float], Sequence[Slot]]
"""Given a time: the slots not over by then (margin after the end included), soonest first; the next three suffice."""

LOOK_AGAIN = 30.0
"""Longest single sleep (seconds): a suspended machine or a corrected clock is noticed after at most this."""


BRIEFING_LEAD = 1800.0
"""Seconds before a slot's start at which the go / no-go letter is sent, unless the configuration says otherwise."""


class Calendar(Protocol):
    """A schedule that somebody else keeps, and that may change or be away."""

    @property
    def trouble(self) -> str:
        """Why it could not be read the last time; "" = it could."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a human should know of how it was read."""
        ...

    def slots_from(self, now: float) -> Iterable[Slot]:
        """Every slot that is not over at ``now``, soonest first."""
        ...

    async def start(self) -> None:
        """Be ready at once, with what was read before if need be. Never raises."""
        ...

    async def load(self) -> None:
        """Read it now. Raises ScheduleError if there is nothing, not even of before."""
        ...

    async def run(self, tell: Callable[[str], None]) -> None:
        """Until cancelled: read it again and again. ``tell`` hears what a human must know."""
        ...


@dataclass(frozen=True)
class Timetable:
    """The slots of one guarded meeting. ``lead`` in seconds: how long before a slot the go / no-go letter is sent.

    ``calendar``: who has to be kept up to date for that.
    """

    slots: SlotSource
    lead: float = BRIEFING_LEAD
    calendar: Calendar | None = None

    def current(self, now: float) -> Slot | None:
        """The slot that ``now`` belongs to, margins on both sides included; one that runs is preferred to a margin."""
        around = [slot for slot in self.slots(now) if slot.start - slot.margin <= now < slot.end + slot.margin]
        return next((slot for slot in around if slot.start <= now < slot.end), around[0] if around else None)

    def following(self, now: float) -> Slot | None:
        """The next slot that has not started yet."""
        return next((slot for slot in self.slots(now) if slot.start > now), None)

    def next_change(self, now: float) -> float | None:
        """When ``current`` may next differ, or a slot's start comes within ``lead`` seconds."""
        edges = (
            edge
            for slot in self.slots(now)[:3]
            for edge in (slot.start - self.lead, slot.start - slot.margin, slot.start, slot.end, slot.end + slot.margin)
            if edge > now
        )
        return min(edges, default=None)


async def wait_until(when: float | None, clock: Clock) -> None:
    """Return at ``when``, or after ``LOOK_AGAIN`` seconds; the caller looks what time it is."""
    now = clock()
    pause = LOOK_AGAIN if when is None else min(max(when - now, 0.0), LOOK_AGAIN)
    await asyncio.sleep(pause)


class Alarm:
    """One timer: setting it again replaces it. ``ring`` is called once, at or after the time that was asked for."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock, self._ring = clock, ring
        self._handle: asyncio.TimerHandle | None = None
        self.when: float | None = None

    def set(self, when: float | None) -> None:
        """Ring at ``when`` (seconds UTC); None: not at all."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self.when = when
        if when is not None:
            pause = min(max(when - self._clock(), 0.0), LOOK_AGAIN)
            self._handle = asyncio.get_running_loop().call_later(pause, self._due)

    def _due(self) -> None:
        when, self._handle = self.when, None
        if when is not None and self._clock() < when:
            self.set(max(when, self._clock() + 0.001))
        else:
            self.when = None
            self._ring()
