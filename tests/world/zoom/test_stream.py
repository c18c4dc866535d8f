"""The event WebSocket: its token, its heartbeat, one connection, and what is lost while nobody listens."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from guardian.world.zoom import Face, Settings, ZoomWorld
from tests.world.zoom.stand_ins import school

SAMPLES = Path(__file__).parents[2] / "payloads" / "zoom"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"websocket.{name}.json").read_text())


async def token(session: ClientSession, world: ZoomWorld) -> str:
    grant = {"grant_type": "account_credentials", "account_id": world.account_id}
    headers = {"Authorization": _basic(world.client_id, world.client_secret)}
    async with session.post(f"{world.oauth_url}/token", data=grant, headers=headers) as answer:
        return str((await answer.json())["access_token"])


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


async def connect(session: ClientSession, world: ZoomWorld, text: str) -> ClientWebSocketResponse:
    return await session.ws_connect(f"{world.events_url}?subscriptionId={world.subscription}&access_token={text}")


async def test_events_come_as_text_within_a_frame() -> None:
    world, meeting = school()
    async with world, ClientSession() as session:
        socket = await connect(session, world, await token(session, world))
        assert await socket.receive_json() == sample("build_connection")
        await meeting.knock(Face("Ada"))
        frame = await socket.receive_json()
        await socket.close()
    assert set(frame) == set(sample("message"))
    assert frame["module"] == "message"
    assert json.loads(frame["content"])["event"] == "meeting.participant_joined_waiting_room"


async def test_a_heartbeat_is_answered() -> None:
    world, _ = school()
    async with world, ClientSession() as session:
        socket = await connect(session, world, await token(session, world))
        await socket.receive()
        await socket.send_json(sample("heartbeat-sent"))
        assert await socket.receive_json() == sample("heartbeat-reply")
        await socket.close()
    assert world.stream.heartbeats == 1


async def test_a_wrong_or_expired_token_is_refused_and_the_socket_closed() -> None:
    now = [1_000.0]
    world, _ = school(Settings(clock=lambda: now[0]))
    async with world, ClientSession() as session:
        good = await token(session, world)
        now[0] += 3600
        for text in ("nonsense", good):
            socket = await connect(session, world, text)
            assert await socket.receive_json() == sample("invalid-token")
            assert (await socket.receive()).type is WSMsgType.CLOSE
            await socket.close()
    assert world.stream.opened == 0


async def test_a_second_connection_closes_the_first() -> None:
    world, _ = school()
    async with world, ClientSession() as session:
        text = await token(session, world)
        first = await connect(session, world, text)
        await first.receive()
        second = await connect(session, world, text)
        assert (await second.receive_json())["success"] is True
        assert (await first.receive()).type is WSMsgType.CLOSE
        await first.close()
        assert world.stream.connected
        await second.close()


async def test_what_happens_while_nobody_listens_is_lost() -> None:
    world, meeting = school()
    async with world, ClientSession() as session:
        await meeting.knock(Face("Ada"))
        socket = await connect(session, world, await token(session, world))
        await socket.receive()
        await meeting.knock(Face("Ben"))
        frame = await socket.receive_json()
        await socket.close()
    assert json.loads(frame["content"])["payload"]["object"]["participant"]["user_name"] == "Ben"
    assert world.stream.lost == 1


async def test_a_silent_socket_neither_tells_nor_answers() -> None:
    world, meeting = school()
    async with world, ClientSession() as session:
        socket = await connect(session, world, await token(session, world))
        await socket.receive()
        world.stream.silent = True
        await socket.send_json({"module": "heartbeat"})
        await world.stream.until(lambda stream: stream.heartbeats == 1)
        await meeting.knock(Face("Ada"))
        world.stream.silent = False
        await meeting.knock(Face("Ben"))
        frame = await socket.receive_json()
        await socket.close()
    assert json.loads(frame["content"])["payload"]["object"]["participant"]["user_name"] == "Ben"


async def test_a_disabled_socket_takes_nobody() -> None:
    world, _ = school()
    async with world, ClientSession() as session:
        text = await token(session, world)
        world.enable_socket(False)
        with pytest.raises(WSServerHandshakeError):
            await connect(session, world, text)
