"""The sender of webhooks: signature, attempts and retries as Zoom documents them, and everything that goes wrong.

May live here: carrying one event to one address. May not: what an event says.
Answered 200 or 204 within 3 s it is done; otherwise tried again 5 minutes later, 20 after that, 60 after that, and
then dropped ("Resolving webhook delays").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout

from guardian.world.zoom.changes import Changes
from guardian.world.zoom.faults import chance
from guardian.world.zoom.signing import sign
from guardian.world.zoom.stage import Event, Stage

RETRIES = (300.0, 1200.0, 3600.0)
LOST = -1
_TAKEN = (200, 204)
_PACE = 0.25  # real seconds that a lane's next event waits for the one before it
_HELD = 10.0  # Zoom's seconds after which a held event goes out even if no other overtook it
_WAITING = "meeting.participant_joined_waiting_room"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver. number counts from 1; status 0: refused or too slow, -1: lost by a fault."""

    event: str
    tag: str
    number: int
    at: float
    status: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request exactly as it was sent."""

    body: bytes
    headers: dict[str, str]


class Courier:
    """Delivers every event that the stage emits to `url`; "": nobody has subscribed."""

    def __init__(self, stage: Stage, secret: str) -> None:
        self.url = ""
        self.secret = secret
        self.attempts: list[Attempt] = []
        self.last: Parcel | None = None
        self._stage = stage
        self._session: ClientSession | None = None
        self._lanes: dict[str, asyncio.Queue[Event]] = {}
        self._held: dict[str, Event] = {}
        self._changes = Changes()
        self._unsent = 0
        self._open = 0
        self._parcels = 0

    async def open(self) -> None:
        """Get ready to send."""
        self._session = ClientSession(timeout=ClientTimeout(total=self._stage.settings.attempt_timeout))

    async def close(self) -> None:
        """Send nothing more."""
        if self._session is not None:
            await self._session.close()

    def post(self, event: Event) -> None:
        """Take an event; it goes out after the earlier ones of its meeting."""
        if not self.url:
            return
        self._unsent += 1
        self._open += 1
        if event.lane not in self._lanes:
            self._lanes[event.lane] = asyncio.Queue()
            self._stage.spawn(self._work(self._lanes[event.lane]))
        self._lanes[event.lane].put_nowait(event)

    async def settled(self, timeout: float) -> None:
        """Return once the first attempt of everything posted so far was made or lost."""
        await self._changes.until(lambda: self._unsent == 0, timeout)

    async def drained(self, timeout: float) -> None:
        """Return once nothing is on its way, waits for a retry, or is held back."""
        await self._changes.until(lambda: self._open == 0, timeout)

    async def until(self, condition: Callable[[list[Attempt]], bool], timeout: float = 5.0) -> None:
        """Return once the condition holds for the attempts made so far."""
        await self._changes.until(lambda: condition(self.attempts), timeout)

    async def send(self, body: bytes, *, secret: str | None = None, timestamp: float | None = None) -> int:
        """One request, signed with any secret at any time; the status answered, 0 for none."""
        return (await self.ask(body, secret=secret, timestamp=timestamp))[0]

    async def ask(self, body: bytes, *, secret: str | None = None, timestamp: float | None = None) -> tuple[int, bytes]:
        """As send, with the answer's body."""
        at = str(int(self._stage.now() if timestamp is None else timestamp))
        self._parcels += 1
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zoom Marketplace/1.0a",
            "x-zm-request-timestamp": at,
            "x-zm-signature": sign(self.secret if secret is None else secret, at, body),
            "x-zm-trackingid": f"v=2.0;clid=world;rid=WEB_{self._parcels:08d}",
        }
        return await self._exchange(Parcel(body, headers))

    async def carry(self, parcel: Parcel) -> int:
        """One request as it is, perhaps not for the first time; the status answered, 0 for none."""
        return (await self._exchange(parcel))[0]

    async def _exchange(self, parcel: Parcel) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("the world is not open")
        try:
            async with self._session.post(
                self.url, data=parcel.body, headers=parcel.headers, allow_redirects=False
            ) as answer:
                text = await answer.read()
                if answer.status in _TAKEN:
                    self.last = parcel
                return answer.status, text
        except (ClientError, TimeoutError, OSError):
            return 0, b""

    async def _work(self, lane: asyncio.Queue[Event]) -> None:
        while True:
            event = await lane.get()
            if event.lane not in self._held and self._strikes("reordered", event, self._stage.faults.reordered):
                self._held[event.lane] = event
                self._stage.later(_HELD, lambda event=event: self._release(event.lane, event))  # type: ignore[misc]
                continue
            sent = asyncio.Event()
            self._stage.spawn(self._deliver(event, sent))
            try:
                async with asyncio.timeout(_PACE):
                    await sent.wait()
            except TimeoutError:
                pass
            self._release(event.lane, self._held.get(event.lane))

    def _release(self, lane: str, event: Event | None) -> None:
        if event is not None and self._held.get(lane) is event:
            del self._held[lane]
            self._stage.spawn(self._deliver(event, asyncio.Event()))

    async def _deliver(self, event: Event, sent: asyncio.Event) -> None:
        faults = self._stage.faults
        if self._strikes("late", event, faults.late):
            sent.set()
            low, high = faults.late_by
            await self._stage.sleep(low + (high - low) * chance(self._stage.settings.seed, "by", event.serial))
        doubled = self._strikes("doubled", event, faults.doubled)
        posted = self._stage.now()
        for number, wait in enumerate((0.0, *RETRIES), start=1):
            if wait:
                await self._stage.sleep(wait)
            status = await self._attempt(event, number, posted)
            if number == 1:
                sent.set()
                self._unsent -= 1
                self._changes.notify()
            if status in _TAKEN:
                break
        if doubled:
            await self._attempt(event, number, posted)
        self._open -= 1
        self._changes.notify()

    async def _attempt(self, event: Event, number: int, posted: float) -> int:
        status = LOST if number == 1 and self._loses_first(event) else await self._try(event.body, posted)
        self.attempts.append(Attempt(event.kind, event.tag, number, self._stage.now(), status))
        self._changes.notify()
        return status

    async def _try(self, body: bytes, posted: float) -> int:
        at = posted if self._stage.settings.retry_keeps_timestamp else None
        return await self.send(body, timestamp=at)

    def _loses_first(self, event: Event) -> bool:
        faults = self._stage.faults
        named = event.kind == _WAITING and bool({event.tag, event.name} & faults.first_attempt_lost)
        if named:
            self._note("attempt_lost", event)
        return named or self._strikes("attempt_lost", event, faults.attempt_lost)

    def _strikes(self, fault: str, event: Event, likely: float) -> bool:
        struck = likely > 0 and chance(self._stage.settings.seed, fault, event.serial) < likely
        if struck:
            self._note(fault, event)
        return struck

    def _note(self, fault: str, event: Event) -> None:
        self._stage.ledger.add("fault", meeting=event.lane, tag=event.tag, detail=f"{fault} {event.kind}")
