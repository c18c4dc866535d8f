"""A companion panel's socket: frames between the page and its seat, the meeting's view to it, a host's orders from it.

The desk judges the first message, the seat all others but ``order`` and ``ack``, which go the way of every human's
order. Nothing is decided here, and nothing that a page says is logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from guardian.core.events import Verb
from guardian.core.operators import Operator, Scope
from guardian.core.verbs import RULES, Door
from guardian.core.wholetext import whole_json
from guardian.errors import DeniedError, GuardianError
from guardian.ports import Clock, OrderBody, Overrides, Seat
from guardian.web.door import GUARDED, ORDERS, Guarded
from guardian.web.panel import desk_of
from guardian.web.problems import Problem

_log = structlog.get_logger()

HELLO_WITHIN = 3.0  # seconds from opening to the first message
HEARTBEAT = 1.5  # seconds between pings; half as long for the pong: a dead panel is noticed within 2.3 s
LARGEST_FRAME = 1024 * 1024  # bytes; the lists of Zoom's largest meeting, 1,000 people, have some 200,000
MOST_UNPROVEN = 32  # sockets that have not yet said who they are
MOST_ORDERS = 16  # of one panel, awaiting their answers
VIEW_PAUSE = 0.1  # seconds between two views, so that a class that streams in costs ten a second
VIEW_AGAIN = 10.0  # seconds after which an unchanged view is sent again: a page that hears nothing knows it is alone

MALFORMED, UNPROVEN = 4400, 4401
PANEL_VERBS = frozenset(verb for verb, rule in RULES.items() if rule.open_at(Door.PANEL))
PANEL_SCOPES = frozenset({Scope.VIEW, Scope.DOOR, Scope.PANIC, Scope.ADMIN})


@dataclass
class Open:
    """The sockets of one server. ``unproven``: how many have not yet said who they are."""

    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    unproven: int = 0

    async def close(self, _app: web.Application) -> None:
        """The server stops: every page comes back by itself."""
        going = (socket.close(code=WSCloseCode.GOING_AWAY, message=b"restarting") for socket in set(self.sockets))
        await asyncio.gather(*going, return_exceptions=True)


SOCKETS: web.AppKey[Open] = web.AppKey("sockets")
CLOCK: web.AppKey[Clock] = web.AppKey("clock")


async def panel_socket(request: web.Request) -> web.WebSocketResponse:
    """One panel, from its first message until it or its seat is over."""
    desk = desk_of(request)
    opened = request.app[SOCKETS]
    if request.headers.getall("Origin", []) != [desk.origin]:
        raise Problem(403, "this address is for the guardian's own panel")
    if opened.unproven >= MOST_UNPROVEN:
        raise Problem(503, "too many panels open at once", headers={"Retry-After": "2"})
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT, timeout=1.0, max_msg_size=LARGEST_FRAME, compress=False)
    opened.unproven += 1
    try:
        await socket.prepare(request)
        opened.sockets.add(socket)
        seat = await _seated(socket, desk.seat)
    finally:
        opened.unproven -= 1
        opened.sockets.discard(socket)
    if seat is not None:
        opened.sockets.add(socket)
        try:
            await Panel(socket, seat, request.app[GUARDED], request.app[ORDERS], request.app[CLOCK]).run()
        finally:
            opened.sockets.discard(socket)
    return socket


async def _seated(socket: web.WebSocketResponse, seat: Callable[[Mapping[str, object]], Seat]) -> Seat | None:
    """The seat that the first message earns, or None and a closed socket."""
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            message = await socket.receive()
        frame = _frame(message.data) if message.type is WSMsgType.TEXT else None
    except TimeoutError:
        frame = None
    if frame is None or frame.get("type") != "hello":
        await socket.close(code=MALFORMED, message=b"a hello comes first")
        return None
    try:
        return seat(frame)
    except DeniedError as error:
        _log.warning("panel_refused", why=str(error))
        await socket.close(code=UNPROVEN, message=_reason(str(error)))
        return None


class Panel:
    """One seated panel and its socket."""

    def __init__(
        self, socket: web.WebSocketResponse, seat: Seat, guarded: Guarded, orders: Overrides, clock: Clock
    ) -> None:
        self._socket = socket
        self._seat = seat
        self._guarded = guarded
        self._orders = orders
        self._clock = clock
        self._given: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Carry frames both ways until either side is over."""
        sides = [asyncio.create_task(_quietly(side)) for side in (self._listen(), self._speak(), self._show())]
        try:
            await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # First the seat: whoever leads next must not wait for a dead socket to close.
            self._seat.leave()
            for task in (*sides, *self._given):
                task.cancel()
            await asyncio.gather(*sides, return_exceptions=True)
            with contextlib.suppress(ConnectionError):
                await self._socket.close(code=self._seat.close_code)

    async def _listen(self) -> None:
        """What the page says, until it is gone or breaks the protocol."""
        async for message in self._socket:
            frame = _frame(message.data) if message.type is WSMsgType.TEXT else None
            if frame is None:
                await self._socket.close(code=MALFORMED, message=b"that is not a frame")
                return
            if frame.get("type") == "order":
                await self._ordered(frame)
            elif frame.get("type") == "ack":
                self._soon(self._acknowledged(frame))
            else:
                try:
                    self._seat.receive(frame)
                except DeniedError as error:
                    _log.warning("panel_expelled", meeting=self._seat.meeting, why=str(error))
                    await self._socket.close(code=self._seat.close_code, message=_reason(str(error)))
                    return

    async def _speak(self) -> None:
        """What the seat has for the page, until it is over."""
        while (frame := await self._seat.next()) is not None:
            await self._send(frame)

    async def _show(self) -> None:
        """The meeting as it stands, at once and after each change, until the service stops."""
        changes = self._guarded.subscribe()
        news, over = asyncio.Event(), asyncio.Event()
        watching = asyncio.create_task(_watch(changes, self._seat.meeting, news, over))
        try:
            while not over.is_set():
                news.clear()
                view = self._guarded.view(self._seat.meeting)
                await self._send({"type": "view", "now": self._clock(), "view": view})
                await asyncio.sleep(VIEW_PAUSE)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(VIEW_AGAIN):
                        await news.wait()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"stopping")

    async def _ordered(self, frame: dict[str, Any]) -> None:
        order = frame.get("order")
        try:
            body = msgspec.convert({word: value for word, value in frame.items() if word != "type"}, OrderBody)
        except msgspec.ValidationError as error:
            await self._answer(order, done=False, text=str(error))
            return
        if body.order is None:
            await self._answer(order, done=False, text="an order needs an id of its own")
        elif len(self._given) >= MOST_ORDERS:
            await self._answer(order, done=False, text="too many orders at once: wait for the answers")
        else:
            # It may wait for what this very page has still to do: never in the way of the next message.
            self._soon(self._carried_out(body, body.order))

    async def _carried_out(self, body: OrderBody, order: str) -> None:
        done: bool | None = False
        try:
            told = await self._orders.order(self._seat.meeting, body, self._operator(body.verb))
            done, text = told.done, told.text
        except GuardianError as error:
            text = str(error)
        except Exception as error:  # noqa: BLE001 - a fault must not show itself, nor leave the human waiting
            _log.exception("panel_order_crashed", error=type(error).__name__)
            done, text = None, "the guardian could not answer; its log says why"
        await self._answer(order, done=done, text=text)

    async def _acknowledged(self, frame: dict[str, Any]) -> None:
        key = frame.get("incident")
        view = self._guarded.view(self._seat.meeting)
        if view is None or all(incident.key != key for incident in view.incidents):
            return
        try:
            await self._guarded.acknowledge(self._seat.meeting, str(key), self._seat.who)
        except GuardianError as error:
            await self._answer("", done=False, text=str(error))

    def _operator(self, verb: Verb) -> Operator:
        """A host's powers, in this meeting alone, for this one order. Raises DeniedError."""
        if verb not in PANEL_VERBS:
            raise DeniedError("that cannot be ordered from a panel")
        meetings = frozenset({self._seat.meeting})
        return Operator(self._seat.who, PANEL_SCOPES, meetings, f"panel of {self._seat.meeting}", self._clock())

    async def _answer(self, order: Any, *, done: bool | None, text: str) -> None:
        shown = order[:64] if isinstance(order, str) else ""
        await self._send({"type": "answer", "order": shown, "done": done, "text": text})

    async def _send(self, frame: Mapping[str, object]) -> None:
        await self._socket.send_str(msgspec.json.encode(frame).decode())

    def _soon(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_quietly(work))
        self._given.add(task)
        task.add_done_callback(self._given.discard)


async def _watch(changes: AsyncIterator[str], meeting: str, news: asyncio.Event, over: asyncio.Event) -> None:
    try:
        async for changed in changes:
            if changed == meeting:
                news.set()
    finally:
        over.set()
        news.set()


async def _quietly(work: Awaitable[None]) -> None:
    """A page that is gone gets no answer; what went wrong otherwise is in the log, without what was said."""
    try:
        await work
    except ConnectionError:
        return
    except Exception as error:  # noqa: BLE001 - one panel's fault must not show itself to a stranger
        _log.exception("panel_crashed", error=type(error).__name__)


def _frame(text: str) -> dict[str, Any] | None:
    try:
        frame = json.loads(whole_json(text.encode()))
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def _reason(text: str) -> bytes:
    """What fits into a close frame (RFC 6455, section 5.5: 125 bytes with the code)."""
    return text.encode()[:120].decode(errors="ignore").encode()
