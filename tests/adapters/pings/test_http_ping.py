"""The dead-man address, against a real local server."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from guardian.adapters.pings.http import HttpPing
from guardian.errors import NotDeliveredError


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]))

    app = web.Application()
    app.router.add_get("/{status}", answer)
    server = TestServer(app)
    async with server:
        yield server


async def test_an_address_that_answers_is_content(server: TestServer) -> None:
    ping = HttpPing(str(server.make_url("/204")))
    assert await ping() is None  # type: ignore[func-returns-value]


async def test_an_address_that_refuses_is_told_without_the_address(server: TestServer) -> None:
    with pytest.raises(NotDeliveredError, match="answered 503") as refusal:
        await HttpPing(str(server.make_url("/503")))()
    assert "127.0.0.1" not in str(refusal.value)


async def test_an_address_that_is_not_there_is_told_without_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotDeliveredError, match="cannot be reached") as refusal:
        await HttpPing(f"http://127.0.0.1:{port}/secret")()
    assert "secret" not in str(refusal.value)
