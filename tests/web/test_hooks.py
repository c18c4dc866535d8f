"""Deliveries by HTTP over a real loopback socket: what reaches a hook, what is refused before it, what is answered."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
import structlog

from guardian.errors import JournalError
from guardian.log import configure
from guardian.ports import HookReply
from guardian.web import hooks
from guardian.web.hooks import LARGEST_DELIVERY
from guardian.web.problems import Problem
from guardian.web.server import Server, application
from tests.support.fake_panels import FakeHook
from tests.support.fake_service import KEY, FakeService


@dataclass
class Sender:
    """A platform that delivers to one server."""

    session: aiohttp.ClientSession
    port: int
    hook: FakeHook

    async def sends(self, body: bytes, *, name: str = "zoom", method: str = "POST") -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "x-zm-signature": "v0=abc"}
        address = f"http://127.0.0.1:{self.port}/hooks/{name}"
        async with self.session.request(method, address, data=body or None, headers=headers) as answer:
            return answer.status, await answer.read()


@asynccontextmanager
async def receiving(hook: FakeHook) -> AsyncIterator[Sender]:
    service = FakeService(hooks={"zoom": hook})
    app = application(service, KEY, service.clock)
    async with Server(app, "127.0.0.1", 0) as server, aiohttp.ClientSession() as session:
        yield Sender(session, server.port, hook)


async def test_a_delivery_reaches_its_hook_as_raw_bytes_with_its_headers() -> None:
    body = b'{"event": "x",  "name": "Ann\\u202e"}\n'
    async with receiving(FakeHook()) as sender:
        assert await sender.sends(body) == (204, b"")
    (headers, taken), *others = sender.hook.taken
    assert (taken, headers["x-zm-signature"], others) == (body, "v0=abc", [])


async def test_the_hook_says_what_is_answered() -> None:
    async with receiving(FakeHook(HookReply(200, b'{"plainToken":"a"}'))) as sender:
        assert await sender.sends(b"{}") == (200, b'{"plainToken":"a"}')
        sender.hook.reply = HookReply(401)
        assert await sender.sends(b"{}") == (401, b"")


async def test_an_unknown_hook_is_404_and_another_method_405() -> None:
    async with receiving(FakeHook()) as sender:
        assert (await sender.sends(b"{}", name="slack"))[0] == 404
        assert (await sender.sends(b"", method="GET"))[0] == 405
        assert (await sender.sends(b"{}", name="zoom/more"))[0] == 404
    assert sender.hook.taken == []


async def test_a_delivery_beyond_the_limit_is_413_and_never_reaches_the_hook() -> None:
    async with receiving(FakeHook()) as sender:
        assert (await sender.sends(b"x" * (LARGEST_DELIVERY + 1)))[0] == 413
        assert (await sender.sends(b"x" * LARGEST_DELIVERY))[0] == 204
    assert [len(body) for _, body in sender.hook.taken] == [LARGEST_DELIVERY]


async def test_a_delivery_without_a_length_is_counted_as_it_comes() -> None:
    async with receiving(FakeHook()) as sender:
        reader, writer = await asyncio.open_connection("127.0.0.1", sender.port)
        writer.write(b"POST /hooks/zoom HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n" % (64 * 1024) + b"x" * (64 * 1024) + b"\r\n"
        for _ in range(5):
            writer.write(chunk)
        async with asyncio.timeout(10):
            assert (await reader.readline()).split()[1] == b"413"
        writer.close()
    assert sender.hook.taken == []


async def test_a_sender_who_hangs_up_in_mid_body_has_delivered_nothing() -> None:
    async with receiving(FakeHook()) as sender:
        _, writer = await asyncio.open_connection("127.0.0.1", sender.port)
        writer.write(b"POST /hooks/zoom HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await sender.sends(b"{}"))[0] == 204
    assert [body for _, body in sender.hook.taken] == [b"{}"]


async def test_without_a_journal_the_platform_is_told_to_come_again() -> None:
    async with receiving(FakeHook(failure=JournalError("the journal cannot be written"))) as sender:
        assert (await sender.sends(b"{}"))[0] == 503


def test_too_many_at_once_are_told_to_come_again() -> None:
    crowd = hooks.Crowd()
    crowd.size = hooks.MOST_AT_ONCE
    with pytest.raises(Problem) as refused, crowd:
        pytest.fail("one too many")
    assert refused.value.status == 503
    assert crowd.size == hooks.MOST_AT_ONCE


async def test_nothing_of_a_delivery_is_logged() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure("debug", "json", stream)
    try:
        async with receiving(FakeHook(failure=RuntimeError("Ann Adams"))) as sender:
            assert (await sender.sends(b'{"name": "Ann Adams"}'))[0] == 500
    finally:
        structlog.reset_defaults()
        root.handlers[:] = before[0]
        root.setLevel(before[1])
    assert "request_crashed" in stream.getvalue()
    assert "Ann" not in stream.getvalue()
