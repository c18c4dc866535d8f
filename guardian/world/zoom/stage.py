"""What everything in one world shares: its clock, its dice, its ledger, and the way events leave it.

May live here: the shared things. May not: rules of meetings, HTTP.
"""

from __future__ import annotations

import asyncio
import base64
import random
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from guardian.world.zoom.faults import Faults
from guardian.world.zoom.ledger import Ledger
from guardian.world.zoom.people import User
from guardian.world.zoom.settings import Settings
from guardian.world.zoom.signing import encode


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way out. `lane` is what keeps an order (a meeting's number); tag and name as in the ledger."""

    serial: int
    kind: str
    body: bytes
    lane: str
    tag: str
    name: str


class Stage:
    """The shared things of one world."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.clock)
        self.users: dict[str, User] = {}
        self.outlets: list[Callable[[Event], None]] = []
        self._ids = random.Random(f"{settings.seed}:ids")  # noqa: S311 - invented ids, not secrets
        self._serial = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.account_id = self.new_id()

    @property
    def faults(self) -> Faults:
        """The faults that are on."""
        return self.settings.faults

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.settings.clock()

    def new_id(self) -> str:
        """Twenty-two letters and digits, as Zoom's user, account and registrant ids have."""
        return base64.b64encode(self._ids.randbytes(18)).decode().translate({43: "P", 47: "S"})[:22]

    def new_uuid(self) -> str:
        """A participant's uuid."""
        return str(uuid.UUID(bytes=self._ids.randbytes(16), version=4)).upper()

    def new_instance(self) -> str:
        """The uuid of a meeting's instance: base64, so that it may well begin with or contain a slash."""
        return base64.b64encode(self._ids.randbytes(16)).decode()

    def new_passcode(self) -> str:
        """Six digits."""
        return f"{self._ids.randrange(1_000_000):06d}"

    def emit(self, body: dict[str, Any], *, lane: str, tag: str = "", name: str = "") -> None:
        """Hand an event to webhooks and sockets; whether and when it arrives is their affair."""
        self._serial += 1
        event = Event(self._serial, str(body["event"]), encode(body), lane, tag, name)
        faults = self.faults
        if {tag, name} & faults.lost or {(tag, event.kind), (name, event.kind)} & faults.lost_events:
            self.ledger.add("fault", meeting=lane, tag=tag, detail=f"lost {event.kind}")
            return
        for outlet in self.outlets:
            outlet(event)

    async def sleep(self, seconds: float) -> None:
        """Wait some of Zoom's seconds, which pass `speed` times as fast as ours."""
        await self.settings.sleep(seconds / self.settings.speed)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call something after some of Zoom's seconds, unless the world has ended by then."""

        async def wait() -> None:
            await self.sleep(seconds)
            call()

        self.spawn(wait())

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something alongside, at most until the world ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Stop everything that runs alongside."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
