"""Events by WebSocket: connect with a new token, stay alive, hand on what comes, come back when it is over.

May live here: the connection and its times. May not: what frames look like (``wire_socket``), what events mean
(``wire_events``). The address holds the token: it is never logged, nor is any text that may quote it.

What happens while we are away is never delivered (developers.zoom.us/docs/api/websockets): ``on_up`` must lead to
reading everything afresh. One connection per subscription: a second one closes the first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from guardian.adapters.zoom import wire_events, wire_socket
from guardian.adapters.zoom.wire import WireError
from guardian.adapters.zoom.wire_events import Delivery, Kind
from guardian.adapters.zoom.wire_socket import FrameKind
from guardian.errors import JournalError, PlatformError, TemporaryError
from guardian.ports import Clock

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)

BEAT_EVERY = 30.0  # seconds; Zoom's own samples
SILENCE = 45.0  # seconds without a frame: dead
SHORT_LIFE = 60.0  # seconds; closed sooner than this after it was built, and
TAKEN_AFTER = 3  # … this often in a row: another one uses the subscription
STAND_DOWN = 600.0  # seconds until we look whether the other one is gone
_TICK = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_JOURNAL_PAUSE = 1.0

# The library writes each handshake's path, and with it the token, to its log.
_silent = logging.Logger("guardian.silent")  # noqa: LOG001 - not in the tree, so that no configuration reaches it
_silent.disabled = True


class _OverError(Exception):
    """One connection is over. ``taken``: the other side ended it soon after it was built; ``delay``: Zoom's wish."""

    def __init__(self, reason: str, *, taken: bool = False, delay: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.taken, self.delay = reason, taken, delay


@dataclass
class _Life:
    """One connection. ``built_at`` in seconds since the epoch; ``silent_for`` in seconds."""

    socket: ClientConnection
    built_at: float | None = None
    silent_for: float = 0.0
    dead: bool = False


class EventStream:
    """The one consumer of a subscription.

    ``token`` gets a new access token (it lives an hour); ``take`` returns when a delivery is durable. ``on_up``: events
    come now; ``on_down``: they do not, and why, told again when the reason changes; ``on_taken_over``: another guardian
    has the subscription, and we stand down for ten minutes. ``jitter`` is 0 to 1.
    """

    def __init__(  # noqa: PLR0913 - time, chance and the ways out are arguments, so that tests hold them
        self,
        url: str,
        subscription: str,
        token: Callable[[], Awaitable[str]],
        take: Callable[[Delivery], Awaitable[None]],
        *,
        on_up: Callable[[], None],
        on_down: Callable[[str], None],
        on_taken_over: Callable[[], None],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
        on_ignored: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._url, self._subscription, self._token = url, subscription, token
        self._take, self._on_ignored = take, on_ignored
        self._on_up, self._on_down, self._on_taken_over = on_up, on_down, on_taken_over
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._failures = 0
        self._taken = 0
        self._down: str | None = None

    async def run(self) -> None:
        """Hold a connection until cancelled. Never gives up; raises only what ``take`` raises beside JournalError."""
        while True:
            try:
                await self._connection()
            except _OverError as over:
                if over.reason != self._down:
                    self._down = over.reason
                    log.warning("zoom event socket down", reason=over.reason)
                    self._on_down(over.reason)
                await self._sleep(self._pause(over))

    def _pause(self, over: _OverError) -> float:
        """Seconds until the next try, after telling when somebody else has the subscription."""
        self._taken += over.taken
        if self._taken >= TAKEN_AFTER:
            self._taken = self._failures = 0
            log.error("zoom event socket taken over", stands_down_for=STAND_DOWN)
            self._on_taken_over()
            return STAND_DOWN
        pause = min(_FIRST_PAUSE * 2.0 ** min(self._failures, 10), _LONGEST_PAUSE)
        self._failures += 1
        return max(pause * (0.5 + self._jitter() / 2), min(over.delay or 0.0, STAND_DOWN))

    # -- one connection ----------------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        """From a new token to the end. Always raises ``_OverError``, unless cancelled."""
        address = wire_socket.address(self._url, self._subscription, await self._new_token())
        try:
            socket = await connect(address, **_options(self._url))
        except InvalidStatus as error:
            raise _OverError(f"Zoom refused the connection (status {error.response.status_code})") from None
        except (OSError, WebSocketException, ValueError) as error:
            # Its text may quote the address, and with it the token.
            raise _OverError(f"no connection ({type(error).__name__})") from None
        life = _Life(socket)
        beat = asyncio.create_task(self._beat(life))
        try:
            async with socket:
                while True:
                    await self._frame(life, await socket.recv())
        except ConnectionClosed as closed:
            raise self._ended(life, closed) from None
        finally:
            if life.built_at is not None and self._clock() - life.built_at >= SHORT_LIFE:
                self._failures = self._taken = 0
            beat.cancel()
            await asyncio.wait([beat])

    async def _new_token(self) -> str:
        try:
            return await self._token()
        except TemporaryError as error:
            raise _OverError("Zoom gives us no token now", delay=error.delay) from error
        except PlatformError as error:
            raise _OverError("Zoom gives us no token: our account is refused", delay=_LONGEST_PAUSE) from error

    def _ended(self, life: _Life, closed: ConnectionClosed) -> _OverError:
        if life.dead:
            return _OverError(f"nothing came for {SILENCE:.0f} seconds")
        if closed.sent is not None and not closed.rcvd_then_sent:
            return _OverError(f"we closed it (code {closed.sent.code})")
        if life.built_at is None:
            return _OverError("closed before it was built")
        return _OverError("Zoom closed it", taken=self._clock() - life.built_at < SHORT_LIFE)

    async def _beat(self, life: _Life) -> None:
        """Counts ticks rather than reading the clock: a corrected clock is no silence."""
        since = 0.0
        while True:
            await self._sleep(_TICK)
            life.silent_for, since = life.silent_for + _TICK, since + _TICK
            if life.silent_for > SILENCE:
                life.dead = True
                life.socket.transport.abort()
                return
            if since >= BEAT_EVERY:
                since = 0.0
                try:
                    await life.socket.send(wire_socket.HEARTBEAT)
                except ConnectionClosed:
                    return

    async def _frame(self, life: _Life, text: str | bytes) -> None:
        life.silent_for = 0.0
        try:
            frame = wire_socket.decode(text)
        except WireError:
            log.warning("zoom event frame not readable", size=len(text))
            return
        if frame.kind is FrameKind.BAD_TOKEN:
            raise _OverError("Zoom does not take our token")
        if frame.kind is FrameKind.REFUSED:
            raise _OverError("Zoom refused the connection")
        if frame.kind is not FrameKind.OTHER and life.built_at is None:
            life.built_at, self._down = self._clock(), None
            log.info("zoom event socket up")
            self._on_up()
        if frame.kind is FrameKind.EVENT:
            await self._event(life, frame.body)

    async def _event(self, life: _Life, body: bytes) -> None:
        try:
            delivery = wire_events.decode(body)
        except WireError:
            log.warning("zoom event not readable", size=len(body))
            return
        if delivery.kind is Kind.IGNORED:
            self._on_ignored(delivery.event)
            return
        while True:
            try:
                await self._take(delivery)
            except JournalError:
                # Nobody sends it a second time: while the journal is away we wait with it in hand.
                await self._sleep(_JOURNAL_PAUSE)
                life.silent_for = 0.0
            else:
                return


def _options(url: str) -> dict[str, Any]:
    """For ``connect``. Zoom answers no websocket pings, so the library must send none."""
    return {
        "compression": None,
        "ping_interval": None,
        "close_timeout": 1.0,
        "logger": _silent,
        "proxy": None if _on_this_machine(url) else True,
    }


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
