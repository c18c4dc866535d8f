"""The host's client with the panel open, against a panel's server that is as small as it can be."""

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guardian.world.zoom import By, Face, Faults, Guest, HostClient, Meeting, Settings, ZoomWorld
from tests.world.zoom.stand_ins import Alarm, PanelServer, school


def opened(token: str, secret: str) -> dict[str, Any]:
    """A context's content, read as Zoom documents it."""
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    iv_end = 1 + raw[0]
    (aad_length,) = struct.unpack_from("<H", raw, iv_end)
    aad_end = iv_end + 2 + aad_length
    (text_length,) = struct.unpack_from("<i", raw, aad_end)
    sealed = raw[aad_end + 4 :]
    assert len(sealed) == text_length + 16
    key = hashlib.sha256(secret.encode()).digest()
    read: dict[str, Any] = json.loads(AESGCM(key).decrypt(raw[1:iv_end], sealed, raw[iv_end + 2 : aad_end]))
    return read


@asynccontextmanager
async def panel(**settings: Any) -> AsyncIterator[tuple[ZoomWorld, Meeting, PanelServer]]:
    world, meeting = school(Settings(**settings))
    async with PanelServer() as server, world:
        await meeting.start()
        yield world, meeting, server


@asynccontextmanager
async def window(world: ZoomWorld, meeting: Meeting, server: PanelServer, **client: Any) -> AsyncIterator[HostClient]:
    async with HostClient(world, meeting, meeting.host_id, **client) as window:
        assert await window.open(server.url) == "open"
        await server.until(lambda: len(server.of("list")) > 0)
        yield window


async def waiting(meeting: Meeting, name: str = "Ada") -> Guest:
    return await meeting.knock(Face(name, tag=name))


async def test_it_opens_the_page_with_a_context_and_greets_with_the_token_it_found_there() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server) as host:
        context = opened(server.contexts[0], world.panel_client_secret)
        assert (host.meeting_id, host.title, host.you) == ("m", "Class", "Ms T")
    assert (context["uid"], context["mid"], context["attendrole"]) == (meeting.host_id, meeting.instance, "host")
    assert (context["typ"], context["aud"], context["iss"]) == (
        "meeting",
        world.panel_client_id,
        "marketplace.zoom.us",
    )
    assert context["exp"] - context["ts"] == 120_000
    assert server.origins == [server.url.removesuffix("/zoom/panel")]
    assert server.heard[0] == {"type": "hello", "number": meeting.number, "token": "T-1"}
    (ready,) = server.of("ready")
    assert (ready["product"], ready["context"], ready["role"], ready["unsupported"]) == (
        "desktop",
        "inMeeting",
        "host",
        [],
    )


async def test_it_reports_whole_lists_after_every_change() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server):
        guest = await waiting(meeting)
        await server.until(lambda: server.of("list")[-1]["waiting"] != [])
        guest.rename("Somebody")
        await server.until(lambda: server.of("list")[-1]["waiting"][0]["name"] == "Somebody")
        meeting.host_admits(guest)
        await server.until(lambda: len(server.of("list")[-1]["inside"]) == 2)
    last = server.of("list")[-1]
    assert (last["answers"], last["waiting"], last["waiting_room"], last["main_room"]) == (None, [], True, True)
    assert last["inside"][1] == {"uuid": guest.uuid, "name": "Somebody", "role": "attendee"}


async def test_commands_are_done_by_the_panels_hand_and_answered() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server):
        guest = await waiting(meeting)
        await server.command("c1", "admit", guest.panel_uuid)
        await guest.until("inside")
        await server.command("c2", "put_back", guest.panel_uuid)
        await guest.until("waiting")
        await server.command("c3", "remove", guest.panel_uuid)
        await guest.until("out")
        meeting.host_waiting_room(on=False)
        await server.command("c4", "waiting_room_on")
        await server.until(lambda: len(server.of("result")) == 4)
        assert meeting.waiting_room
    assert [(one["id"], one["ok"]) for one in server.of("result")] == [(f"c{n}", True) for n in (1, 2, 3, 4)]
    for what in ("came_in", "put_back", "removed"):
        assert world.ledger.of(what, tag="Ada")[0].by == By.PANEL


async def test_a_command_is_done_once_per_id() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server):
        guest = await waiting(meeting)
        await server.command("c1", "admit", guest.panel_uuid)
        await guest.until("inside")
        meeting.host_puts_back(guest)
        await server.command("c1", "admit", guest.panel_uuid)
        await server.until(lambda: len(server.of("result")) == 2)
    assert guest.state == "waiting"
    assert server.of("result")[0] == server.of("result")[1]


async def test_a_refusal_bears_zooms_code() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server) as host:
        mine = meeting.inside()[0].panel_uuid
        await server.command("c1", "put_back", mine)
        await server.command("c2", "admit", mine)
        await server.until(lambda: len(server.of("result")) == 2)
        host.enter_breakout()
        await server.command("c3", "waiting_room_on")
        await server.until(lambda: len(server.of("result")) == 3)
        assert server.of("list")[-1]["main_room"] is False
    assert [one["code"] for one in server.of("result")] == ["10239", "10238", "10236"]


async def test_read_is_answered_with_the_lists() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server):
        await server.command("c9", "read")
        await server.until(lambda: any(one["answers"] == "c9" for one in server.of("list")))
        assert server.of("result") == []


async def test_an_act_may_be_without_effect_or_without_an_answer() -> None:
    faults = Faults(no_effect={"panel:admit": 1}, no_answer={"panel:admit": 2})
    async with panel(faults=faults) as (world, meeting, server), window(world, meeting, server) as host:
        first, second = await waiting(meeting, "Ada"), await waiting(meeting, "Ben")
        await server.command("c1", "admit", first.panel_uuid)
        await server.command("c2", "admit", second.panel_uuid)
        await second.until("inside")
        await server.command("c3", "admit", first.panel_uuid)
        await host.until(lambda one: len(one.results) == 1)
    assert (first.state, [one["id"] for one in host.results]) == ("inside", ["c3"])
    assert len(world.ledger.of("no_effect")) == 1


async def test_its_uuids_can_be_others_than_the_webhooks() -> None:
    faults = Faults(uuids={"panel", "instance"})
    async with panel(faults=faults) as (world, meeting, server), window(world, meeting, server):
        guest = await waiting(meeting)
        await server.command("c1", "admit", guest.uuid)
        await server.until(lambda: len(server.of("result")) == 1)
        await server.command("c2", "admit", guest.panel_uuid)
        await guest.until("inside")
        mid = opened(server.contexts[0], world.panel_client_secret)["mid"]
    assert mid == meeting.panel_instance != meeting.instance
    assert server.of("result")[0]["ok"] is False


async def test_it_comes_back_with_a_fresh_context_when_the_server_goes_away() -> None:
    alarm = Alarm()
    async with panel(sleep=alarm.sleep) as (world, meeting, server), window(world, meeting, server) as host:
        await server.sockets[0].close(code=1001)
        await host.until(lambda one: one.state == "away")
        await alarm.ring(1.0)
        await host.until(lambda one: one.state == "open")
        hellos = server.of("hello")
        assert len(server.contexts) == 1
    assert [sorted(one) for one in hellos] == [["number", "token", "type"], ["context", "number", "type"]]
    assert opened(hellos[1]["context"], world.panel_client_secret)["uid"] == meeting.host_id


@pytest.mark.parametrize(("code", "state"), [(4401, "refused"), (4409, "replaced"), (4400, "refused")])
async def test_it_does_not_come_back_by_itself_when_it_was_refused_or_replaced(code: int, state: str) -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server) as host:
        await server.sockets[0].close(code=code)
        await host.until(lambda one: one.state == state)
        assert host.close_code == code
        assert await host.reopen() == "open"
        assert len(server.contexts) == 2


async def test_a_web_client_sends_no_context_and_is_refused() -> None:
    async with panel() as (world, meeting, server):
        async with HostClient(world, meeting, meeting.host_id, product="web") as host:
            assert await host.open(server.url) == "refused"
        assert (host.http_status, server.contexts) == (403, [""])


async def test_a_mobile_client_removes_but_does_not_admit() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server, product="mobile"):
        guest = await waiting(meeting)
        await server.command("c1", "admit", guest.panel_uuid)
        meeting.host_admits(guest)
        await server.command("c2", "remove", guest.panel_uuid)
        await guest.until("out")
        await server.until(lambda: len(server.of("result")) == 2)
        assert all(one["waiting"] == [] and one["waiting_room"] is None for one in server.of("list"))
    assert [one["ok"] for one in server.of("result")] == [False, True]
    assert "admitParticipantFromWaitingRoom" in server.of("ready")[0]["unsupported"]


async def test_a_page_without_zooms_headers_is_not_shown() -> None:
    async with panel() as (world, meeting, server):
        server.page_headers = {"X-Content-Type-Options": "nosniff"}
        async with HostClient(world, meeting, meeting.host_id) as host:
            assert await host.open(server.url) == "refused"
            assert "Strict-Transport-Security" in host.why


async def test_a_host_who_is_not_in_the_meeting_opens_it_in_the_main_window() -> None:
    async with panel() as (world, meeting, server):
        other = world.add_user("other@example.org")
        async with HostClient(world, meeting, other.id) as host:
            await host.fetch(server.url)
        context = opened(server.contexts[0], world.panel_client_secret)
    assert (context["typ"], "mid" in context) == ("panel", False)


async def test_the_window_dies_with_its_person() -> None:
    async with panel(sleep=Alarm().sleep) as (world, meeting, server), window(world, meeting, server) as host:
        meeting.inside()[0].drop()
        await host.until(lambda one: one.state == "closed")
        assert meeting.inside()[0].gone


async def test_a_frozen_window_answers_nothing() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server) as host:
        host.freeze()
        guest = await waiting(meeting)
        await server.command("c1", "admit", guest.panel_uuid)
        await host.until(lambda one: one.frames[-1].get("id") == "c1")
        assert (guest.state, host.commands, host.state) == ("waiting", [], "open")
        host.freeze(False)
        await server.command("c2", "admit", guest.panel_uuid)
        await guest.until("inside")


async def test_a_new_co_host_says_so_and_may_act() -> None:
    async with panel() as (world, meeting, server):
        deputy = world.add_user("deputy@example.org")
        guest = await meeting.knock(Face("Deputy", account=deputy.id))
        meeting.host_admits(guest)
        async with HostClient(world, meeting, deputy.id) as host:
            assert await host.open(server.url) == "open"
            await server.until(lambda: len(server.of("ready")) == 1)
            meeting.host_promotes(guest)
            await server.until(lambda: len(server.of("ready")) == 2)
    assert [one["role"] for one in server.of("ready")] == ["attendee", "co-host"]


async def test_views_and_leading_are_kept_and_orders_wait_for_their_answer() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server) as host:
        await server.say({"type": "leading", "leading": True})
        await server.say({"type": "view", "view": {"phase": "open"}})
        await host.until(lambda one: one.leading and one.view == {"phase": "open"})
        await server.say({"type": "refresh_context"})
        await server.until(lambda: len(server.of("context")) == 1)
        await host.ack("key")
        await server.until(lambda: server.of("ack") == [{"type": "ack", "incident": "key"}])
        asked = asyncio.create_task(host.order("admit", person="p1"))
        await server.until(lambda: len(server.of("order")) == 1)
        sent = server.of("order")[0]
        await server.say({"type": "answer", "order": sent["order"], "done": True, "text": "done"})
        answer = await asked
    assert (sent["verb"], sent["person"], answer["done"]) == ("admit", "p1", True)


async def test_a_killed_window_is_gone_without_a_close() -> None:
    async with panel() as (world, meeting, server), window(world, meeting, server) as host:
        host.kill()
        assert host.state == "closed"
        assert await host.reopen() == "open"


async def test_a_server_that_is_not_there_refuses_the_page() -> None:
    async with panel() as (world, meeting, server):
        await server.__aexit__(None, None, None)
        async with HostClient(world, meeting, meeting.host_id) as host:
            assert await host.open(server.url) == "refused"
            assert (host.http_status, host.why) == (0, "ClientConnectorError")
