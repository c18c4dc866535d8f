"""One Zoom account: what all its guarded meetings share. Requests, deliveries, the event socket, the panels' desk.

Only the sharing out lives here: a delivery goes to the meeting of its number, and to nobody when none is guarded.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from guardian.adapters.zoom.desk import PanelDesk
from guardian.adapters.zoom.platform import ZoomMeeting
from guardian.adapters.zoom.receiver import ZoomHook
from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.seen import SeenPanels
from guardian.adapters.zoom.stream import EventStream
from guardian.adapters.zoom.wire_events import Delivery
from guardian.ports import Clock, Openings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ZoomKeys:
    """Addresses and secrets of one account, as the configuration gives them."""

    api: str
    oauth: str
    events: str
    account_id: str
    client_id: str
    client_secret: str
    webhook_secrets: tuple[str, ...]
    panel_client_id: str
    panel_client_secret: str
    public_url: str
    subscription: str | None = None
    plan: str = "pro"

    def __repr__(self) -> str:
        return f"ZoomKeys(account_id={self.account_id!r})"


class ZoomAccount:
    """``meeting`` adds one; then ``hook``, ``desk`` and ``stream`` serve them all.

    ``seen``: the file in which is kept whose panel was open; ``on_ignored`` counts events that say nothing to us;
    ``openings`` tells whose personal link was opened just now.
    """

    def __init__(
        self,
        keys: ZoomKeys,
        *,
        clock: Clock = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        seen: Path | None = None,
        on_ignored: Callable[[str], None] = lambda _: None,
        openings: Openings | None = None,
    ) -> None:
        self._openings = openings
        self._keys, self._clock, self._sleep, self._jitter = keys, clock, sleep, jitter
        self._on_ignored = on_ignored
        self._meetings: dict[str, ZoomMeeting] = {}
        self.rest = ZoomRest(
            keys.api,
            keys.oauth,
            keys.account_id,
            keys.client_id,
            keys.client_secret,
            plan=keys.plan,
            clock=clock,
            sleep=sleep,
        )
        self.panels = SeenPanels(seen)
        self.desk = PanelDesk(
            keys.panel_client_id,
            keys.panel_client_secret,
            keys.public_url,
            self.rooms,
            clock,
            on_client=self.panels.note,
        )
        secrets = keys.webhook_secrets
        self.hook = ZoomHook(secrets, self.take, self._stale, clock, on_ignored=on_ignored) if secrets else None
        self.stream = self._stream() if keys.subscription else None

    def meeting(self, meeting: str, title: str, number: str) -> ZoomMeeting:
        """One more guarded meeting of this account."""
        added = ZoomMeeting(
            meeting,
            title,
            number,
            self.rest,
            clock=self._clock,
            sleep=self._sleep,
            jitter=self._jitter,
            openings=self._openings,
        )
        self._meetings[number] = added
        if self.hook is None:
            added.events_changed("the event socket is not connected yet")
        return added

    async def close(self) -> None:
        """The panels are told to come back later; connections are closed."""
        self.desk.close()
        await self.rest.close()

    def rooms(self) -> Sequence[ZoomMeeting]:
        """The guarded meetings, as the desk asks for them."""
        return tuple(self._meetings.values())

    async def take(self, delivery: Delivery) -> None:
        """Whatever road a delivery came by. Raises JournalError when it could not be made durable."""
        meeting = self._meetings.get(delivery.number)
        if meeting is not None:
            await meeting.take(delivery)

    def _stream(self) -> EventStream:
        return EventStream(
            self._keys.events,
            self._keys.subscription or "",
            lambda: self.rest.token(fresh=True),
            self.take,
            on_up=self._up,
            on_down=self._down,
            on_taken_over=self._taken_over,
            on_ignored=self._on_ignored,
            clock=self._clock,
            sleep=self._sleep,
            jitter=self._jitter,
        )

    def _stale(self) -> None:
        for meeting in self.rooms():
            meeting.stale()

    def _up(self) -> None:
        """What happened while the socket was away was lost: everything is read afresh."""
        for meeting in self.rooms():
            meeting.events_changed("")
            meeting.wake()

    def _down(self, reason: str) -> None:
        """No link is lost while webhooks still come."""
        if self.hook is None:
            for meeting in self.rooms():
                meeting.events_changed(f"the event socket is down: {reason}")

    def _taken_over(self) -> None:
        for meeting in self.rooms():
            meeting.taken_over()
