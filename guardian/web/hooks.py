"""Where platforms deliver to: bodies are read within bounds and handed on as raw bytes, to be verified before anything.

No operator's token here: whoever sends is judged by the hook, on the bytes as they came. Nothing is parsed or logged.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from guardian.web.door import GUARDED
from guardian.web.problems import Problem

LARGEST_DELIVERY = 256 * 1024  # bytes; Zoom's largest documented events have a few thousand
READ_WITHIN = 5.0  # seconds for a sender to send its body
MOST_AT_ONCE = 256  # deliveries being read or taken; a class of 1,000 that starts comes in waves of some tens


class Crowd:
    """How many deliveries are being taken just now."""

    def __init__(self) -> None:
        self.size = 0

    def __enter__(self) -> None:
        if self.size >= MOST_AT_ONCE:
            raise Problem(503, "too many deliveries at once", headers={"Retry-After": "1"})
        self.size += 1

    def __exit__(self, *_: object) -> None:
        self.size -= 1


CROWD: web.AppKey[Crowd] = web.AppKey("crowd")


async def deliver(request: web.Request) -> web.Response:
    """One delivery, answered as the platform's hook says."""
    hook = request.app[GUARDED].hooks.get(request.match_info["name"])
    if hook is None:
        raise Problem(404, "there is nothing at this address")
    with request.app[CROWD]:
        reply = await hook.receive(request.headers, await _body(request))
    if not reply.body:
        return web.Response(status=reply.status)
    return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type)


async def _body(request: web.Request) -> bytes:
    """The raw bytes. Raises Problem: too large, too slow."""
    _bounded(request.content_length or 0)
    if request.content.is_eof():  # as nearly always: head and body have come in one piece
        whole = request.content.read_nowait()
        _bounded(len(whole))
        return whole
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN):
            async for chunk in request.content.iter_any():
                body += chunk
                _bounded(len(body))
    except TimeoutError as error:
        raise Problem(408, "the body did not arrive in time") from error
    return bytes(body)


def _bounded(size: int) -> None:
    if size > LARGEST_DELIVERY:
        raise Problem(413, "the body is too large")
