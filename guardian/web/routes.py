"""What each address answers. Reads the service's views and passes on orders; decides nothing about anybody."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web

from guardian.core.operators import Scope
from guardian.core.view import MeetingView
from guardian.ports import OrderBody
from guardian.web.access import OPERATOR
from guardian.web.door import GUARDED, ORDERS
from guardian.web.join import JOINING
from guardian.web.problems import Problem

READ_WITHIN = 5.0  # seconds for a client to send its body
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

T = TypeVar("T")


class DeviceBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which of a person's waiting devices is let in: the number that its page shows."""

    device: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")]


class MeetingLine(msgspec.Struct):
    """One line of ``/api/v1/meetings``. ``live`` False: nothing is going on there now, the rest is None."""

    meeting: str
    live: bool
    phase: str | None = None
    inside: int | None = None
    waiting: int | None = None


class OrderAnswer(msgspec.Struct):
    """What really became of an order. ``done`` None: not known yet; ask again with the same order id."""

    order: str
    done: bool | None
    text: str


async def healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return _json({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    """Everything works, or 503 with what does not."""
    ready = request.app[GUARDED].readiness()
    return _json({"ok": ready.ok, "problems": ready.problems}, 200 if ready.ok else 503)


async def metrics(request: web.Request) -> web.Response:
    """Counters and gauges of all meetings, so only for a token that views them all."""
    request[OPERATOR].require(Scope.VIEW)
    request[OPERATOR].require_everywhere()
    exposed = request.app[GUARDED].metrics.render()
    return web.Response(body=exposed, headers={"Content-Type": _METRICS_TYPE})


async def meetings(request: web.Request) -> web.Response:
    """The configured meetings that this token covers; how many are there only for who may view."""
    operator = request[OPERATOR]
    guarded = request.app[GUARDED]
    covered = [named for named in guarded.meetings() if operator.may_enter(named)]
    sees = Scope.VIEW in operator.scopes
    return _json([_line(named, guarded.view(named), sees=sees) for named in covered])


async def meeting(request: web.Request) -> web.Response:
    """One meeting as it stands."""
    known = _known(request, Scope.VIEW)
    view = request.app[GUARDED].view(known)
    if view is None:
        raise Problem(404, "nothing is going on in this meeting now")
    return _json(view)


async def order(request: web.Request) -> web.Response:
    """A human's order, answered with what really happened (200, whatever that was)."""
    body = await _read(request, OrderBody)
    told = await request.app[ORDERS].order(request.match_info["meeting"], body, request[OPERATOR])
    return _json(OrderAnswer(order=told.order, done=told.done, text=told.text))


async def acknowledge(request: web.Request) -> web.Response:
    """A human has read an incident."""
    key = request.match_info["key"]
    await request.app[ORDERS].acknowledge(request.match_info["meeting"], key, request[OPERATOR])
    return _json({"incident": key, "acknowledged": True})


async def second_device(request: web.Request) -> web.Response:
    """Staff let a second device of somebody use their personal link."""
    body = await _read(request, DeviceBody)
    known, person = _known(request, Scope.DOOR), request.match_info["person"]
    book = request.app[JOINING].book
    done = book is not None and await book.let_in(known, person, body.device, request[OPERATOR].name)
    if not done:
        raise Problem(404, "no device of this person waits under this number")
    return _json({"person": person, "done": True, "text": "the device may join now: press the button there again"})


def _known(request: web.Request, *scopes: Scope) -> str:
    """The meeting of the address. A stranger to it hears 403, whether or not it exists. Raises DeniedError, Problem."""
    named = request.match_info["meeting"]
    for scope in sorted(scopes):
        request[OPERATOR].require(scope)
    request[OPERATOR].require_in(named)
    if named not in request.app[GUARDED].meetings():
        raise Problem(404, "no meeting of this id is configured")
    return named


async def _read(request: web.Request, shape: type[T]) -> T:
    """The JSON body in this shape. Raises Problem."""
    if request.content_type != "application/json":
        raise Problem(415, "send application/json")
    try:
        async with asyncio.timeout(READ_WITHIN):
            raw = await request.read()
    except TimeoutError as error:
        raise Problem(408, "the body did not arrive in time") from error
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise Problem(422, str(error)) from error
    except msgspec.DecodeError as error:
        raise Problem(400, "the body is not JSON") from error


def _line(named: str, view: MeetingView | None, *, sees: bool) -> MeetingLine:
    if view is None or not sees:
        return MeetingLine(meeting=named, live=view is not None)
    places = [connection.place for connection in view.connections]
    return MeetingLine(
        meeting=named,
        live=True,
        phase=view.phase.value,
        inside=places.count("inside"),
        waiting=places.count("waiting"),
    )


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
