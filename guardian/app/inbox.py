"""The inbox of one occurrence: two lanes, humans first. Order and room live here; what an event means does not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from guardian.core.events import (
    Accepted,
    Acknowledged,
    Event,
    Failed,
    Gone,
    LobbyChanged,
    NoticeSent,
    Ordered,
    Seen,
    Simulated,
    Snapshot,
    Woke,
)

HUMAN = (Ordered, Acknowledged)
OUTCOMES = (Accepted, Failed, Simulated)
SPARE = (Seen, Gone, Snapshot, LobbyChanged, Woke)
"""Deliveries that the next snapshot makes up for (and timers): dropped first when there is no room."""

BATCH = 64
"""Most deliveries taken for one turn: one append, and one dispatch, for all of them."""

SLICE = 0.05
"""Seconds of deciding after which a turn stops taking more: a human's order waits no longer than that for it."""


@dataclass(slots=True)
class Item:
    """One event on its way. ``key`` recognises a doubled delivery; ``waiter`` is told when it is durable."""

    event: Event
    key: str | None = None
    waiter: asyncio.Future[None] | None = None

    @property
    def human(self) -> bool:
        """Whether it takes the first lane."""
        return isinstance(self.event, HUMAN)

    @property
    def owed(self) -> bool:
        """Whether it must be taken even from a full or draining occurrence: humans, and what became of our own acts."""
        return isinstance(self.event, (*HUMAN, *OUTCOMES, NoticeSent))


class Inbox:
    """``first`` is taken before all else. ``room``: how many deliveries may wait; what is owed is always taken."""

    def __init__(self, first: Iterable[Event], room: int) -> None:
        self.open = True
        self.lost = False
        self._room = room
        self._first = deque(Item(event) for event in first)
        self._human: deque[Item] = deque()
        self._rest: deque[Item] = deque()

    def __len__(self) -> int:
        return len(self._first) + len(self._human) + len(self._rest)

    def put(self, item: Item) -> bool:
        """False: not taken (draining, or no room; then ``lost`` says that a fresh snapshot is needed)."""
        if not item.owed:
            if not self.open:
                return False
            if len(self._rest) >= self._room and (item.waiter is not None or isinstance(item.event, SPARE)):
                self.lost = True
                return False
        (self._human if item.human else self._rest).append(item)
        return True

    def take(self) -> deque[Item]:
        """Openings, then all humans, then a bounded number of the rest."""
        batch = self._first + self._human
        self._first, self._human = deque(), deque()
        while self._rest and len(batch) < BATCH:
            batch.append(self._rest.popleft())
        return batch

    def put_back(self, batch: deque[Item]) -> None:
        """What was taken and not decided comes first again, in its order."""
        self._first.extendleft(reversed(batch))
