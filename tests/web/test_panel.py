"""The companion panel's pages, files and socket over a real loopback server, with a small desk."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import aiohttp
import pytest

from guardian.core.events import Verb
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Phase
from guardian.core.policy import Mode
from guardian.core.standing import Standing
from guardian.errors import JournalError
from guardian.web.panel import FILES
from guardian.web.panel_socket import LARGEST_FRAME, PANEL_VERBS
from guardian.web.server import Server, application
from tests.support.fake_panels import ORIGIN, FakeDesk, FakeSeat
from tests.support.fake_service import KEY, FakeService

SDK = "b099d130755d22303fba537b7645568443343df7b7708a88035aac3b6e887391"
STATIC = files("guardian.web") / "static" / "zoom"
HELLO = {"type": "hello", "context": "good"}


@dataclass
class House:
    """A server with one desk, and a browser's means to reach it."""

    session: aiohttp.ClientSession
    service: FakeService
    desk: FakeDesk
    port: int

    async def get(self, path: str, **headers: str) -> tuple[int, str, Any]:
        async with self.session.get(f"http://127.0.0.1:{self.port}{path}", headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers

    async def page(self, context: str | None) -> tuple[int, str, Any]:
        return await self.get("/zoom/panel", **({} if context is None else {"X-Zoom-App-Context": context}))

    @asynccontextmanager
    async def socket(self, origin: str = ORIGIN) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        address = f"http://127.0.0.1:{self.port}/zoom/panel/ws"
        async with asyncio.timeout(30), self.session.ws_connect(address, headers={"Origin": origin}) as socket:
            yield socket

    @asynccontextmanager
    async def seated(self) -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, FakeSeat]]:
        async with self.socket() as socket:
            await socket.send_json(HELLO)
            await until(socket, "welcome")
            yield socket, self.desk.seats[-1]


async def until(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next frame of this kind."""
    while True:
        frame: dict[str, Any] = await socket.receive_json()
        if frame["type"] == kind:
            return frame


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code with which the server closes, whatever comes before."""
    async for _ in socket:
        pass
    return socket.close_code


@pytest.fixture
async def house() -> AsyncIterator[House]:
    desk = FakeDesk()
    service = FakeService(desks={"zoom": desk})
    app = application(service, KEY, service.clock)
    async with Server(app, "127.0.0.1", 0) as server, aiohttp.ClientSession() as session:
        yield House(session, service, desk, server.port)


# -- the page ------------------------------------------------------------------------------------------------------


async def test_the_page_has_its_token_and_the_headers_that_zoom_demands(house: House) -> None:
    status, text, headers = await house.page("good")
    assert status == 200
    assert 'content="a&quot;token&lt;"' in text
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' wss://panel.school.test; "
        "base-uri 'none'; form-action 'none'; frame-ancestors https://zoom.us https://*.zoom.us"
    )


@pytest.mark.parametrize("context", [None, "", "expired"])
async def test_without_a_good_proof_the_page_is_403_in_kind_words(house: House, context: str | None) -> None:
    status, text, headers = await house.page(context)
    assert status == 403
    assert "Open the panel in the meeting, under Apps." in text
    assert "token" not in text
    assert "script-src 'self'" in headers["Content-Security-Policy"]


async def test_the_page_holds_no_inline_script_or_style_and_loads_only_our_files(house: House) -> None:
    for text in ((await house.page("good"))[1], (await house.page(None))[1]):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text)
        for address in re.findall(r'(?:src|href)="([^"]+)"', text):
            assert (await house.get(address))[0] == 200


async def test_the_files_are_served_with_their_types_and_nothing_else_is(house: House) -> None:
    kinds = {"js": "text/javascript", "css": "text/css"}
    for name in FILES:
        status, text, headers = await house.get(f"/zoom/panel/{name}")
        assert status == 200
        assert headers["Content-Type"] == f"{kinds[name.rpartition('.')[2]]}; charset=utf-8"
        assert headers["X-Content-Type-Options"] == "nosniff"
        for other in re.findall(r"from '\./([^']+)'", text):
            assert other in FILES
    for name in ("panel.html", "notice.html", "nothing.js", "..%2fpanel.py", "appssdk.LICENSE.md"):
        assert (await house.get(f"/zoom/panel/{name}"))[0] == 404


def test_the_sdk_is_zooms_own_file_unchanged() -> None:
    assert hashlib.sha256((STATIC / "appssdk.js").read_bytes()).hexdigest() == SDK
    assert "Zoom Video Communications" in (STATIC / "appssdk.LICENSE.md").read_text("utf-8")


def test_the_panel_has_words_for_everything_that_the_core_may_say() -> None:
    words = (STATIC / "words.js").read_text("utf-8")
    keys = set(re.findall(r"^  ([a-z_]+):", words, re.MULTILINE))
    phases = set(re.findall(r"(\w+): '", words))
    assert set(IncidentKind) <= keys
    assert set(Standing) <= keys
    assert set(Mode) <= keys
    assert set(Phase) <= phases
    assert keys >= PANEL_VERBS


def test_no_script_of_ours_writes_foreign_text_as_markup() -> None:
    for name in set(FILES) - {"appssdk.js", "panel.css"}:
        text = (STATIC / name).read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text), (
            name
        )


async def test_where_no_meeting_is_on_zoom_there_is_nothing(house: House) -> None:
    house.service.desks.clear()
    for path in ("/zoom/panel", "/zoom/panel/ws", "/zoom/panel/panel.js", "/zoom/oauth"):
        assert (await house.get(path))[0] == 404


async def test_a_host_who_added_the_panel_is_told_what_comes_next(house: House) -> None:
    status, text, headers = await house.get("/zoom/oauth?code=c&state=s")
    assert (status, house.desk.redirects) == (200, [{"code": "c", "state": "s"}])
    assert "The panel was added" in text
    assert headers["Strict-Transport-Security"]
    status, text, _ = await house.get("/zoom/oauth?error=access_denied")
    assert status == 403
    assert "Zoom did not add the panel" in text


# -- the socket ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.test", "http://panel.school.test", "null", ""])
async def test_a_foreign_origin_gets_no_socket(house: House, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with house.socket(origin):
            pytest.fail("let in")
    assert refused.value.status == 403
    assert house.desk.seats == []


@pytest.mark.parametrize("first", ["{}", "[]", "x", '{"type":"ready"}', "[" * 100_000])
async def test_another_first_message_than_a_hello_closes(house: House, first: str) -> None:
    async with house.socket() as socket:
        await socket.send_str(first)
        assert await closed(socket) == 4400
    assert house.desk.seats == []


async def test_a_hello_without_proof_closes_with_4401_and_says_why(house: House) -> None:
    async with house.socket() as socket:
        await socket.send_json({"type": "hello", "context": "bad"})
        message = await socket.receive()
    assert (message.data, message.extra) == (4401, "this Zoom account is none of the hosts")


async def test_frames_go_both_ways_between_page_and_seat(house: House) -> None:
    async with house.seated() as (socket, seat):
        seat.say({"type": "command", "id": "c1", "name": "read", "within_ms": 3000})
        assert (await until(socket, "command"))["id"] == "c1"
        await socket.send_json({"type": "result", "id": "c1", "ok": True})
        assert await seat.heard.get() == {"type": "result", "id": "c1", "ok": True}


async def test_a_seat_that_is_over_closes_the_socket_with_its_code(house: House) -> None:
    async with house.seated() as (socket, seat):
        seat.end(4409)
        assert await closed(socket) == 4409
        await seat.gone.wait()


async def test_a_page_that_breaks_the_protocol_is_closed(house: House) -> None:
    async with house.seated() as (socket, seat):
        await socket.send_json({"type": "nonsense"})
        assert await closed(socket) == 4400
        await seat.gone.wait()
    async with house.seated() as (socket, seat):
        await socket.send_bytes(b"\x00")
        assert await closed(socket) == 4400


async def test_a_frame_beyond_the_limit_closes(house: House) -> None:
    async with house.seated() as (socket, seat):
        await socket.send_str("x" * (LARGEST_FRAME + 1))
        assert await closed(socket) == 1009
        await seat.gone.wait()


async def test_a_closed_page_leaves_its_seat(house: House) -> None:
    async with house.seated() as (socket, seat):
        await socket.close()
        await seat.gone.wait()


async def test_a_dead_page_is_noticed_by_its_silence(house: House) -> None:
    address = f"http://127.0.0.1:{house.port}/zoom/panel/ws"
    async with (
        asyncio.timeout(30),
        house.session.ws_connect(address, headers={"Origin": ORIGIN}, autoping=False) as socket,
    ):
        await socket.send_json(HELLO)
        await until(socket, "view")
        await house.desk.seats[0].gone.wait()
    assert len(house.desk.seats) == 1


async def test_the_view_comes_at_once_and_after_each_change(house: House) -> None:
    async with house.seated() as (socket, _):
        first = await until(socket, "view")
        assert [one["handle"] for one in first["view"]["connections"]] == ["h-tess"]
        house.service.comes("yoga", "h-x", "<b>Zoom\u202eBomber")
        while len((later := await until(socket, "view"))["view"]["connections"]) < 2:
            pass
        assert later["view"]["connections"][1]["name"] == "<b>Zoom\u202eBomber"
        assert later["now"] >= first["now"]


async def test_many_changes_are_few_views(house: House) -> None:
    async with house.seated() as (socket, _):
        await until(socket, "view")
        for number in range(200):
            house.service.comes("yoga", f"h-{number}", "Somebody")
        views = 1
        while len((await until(socket, "view"))["view"]["connections"]) < 201:
            views += 1
        assert views < 20


async def test_a_meeting_where_nothing_is_going_on_has_no_view(house: House) -> None:
    house.service.states.clear()
    async with house.seated() as (socket, _):
        assert (await until(socket, "view"))["view"] is None


async def test_when_the_service_stops_the_page_hears_that_it_may_come_back(house: House) -> None:
    async with house.seated() as (socket, seat):
        await until(socket, "view")
        house.service.stop()
        assert await closed(socket) == 1001
        await seat.gone.wait()


async def test_a_server_that_stops_sends_every_page_away_at_once() -> None:
    desk = FakeDesk()
    service = FakeService(desks={"zoom": desk})
    server = Server(application(service, KEY, service.clock), "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        house = House(session, service, desk, server.port)
        async with house.seated() as (socket, seat):
            stopping = asyncio.create_task(server.close())
            assert await closed(socket) == 1001
            await seat.gone.wait()
            await stopping


# -- orders --------------------------------------------------------------------------------------------------------


async def ordered(socket: aiohttp.ClientWebSocketResponse, **fields: Any) -> dict[str, Any]:
    frame = {"type": "order", "order": "order-0001", **fields}
    await socket.send_json(frame)
    return await until(socket, "answer")


async def test_an_order_is_the_hosts_own_and_is_answered_with_what_happened(house: House) -> None:
    house.service.comes("yoga", "h-ann", "Ann Adams")
    async with house.seated() as (socket, _):
        answer = await ordered(socket, verb="admit", handle="h-ann")
        assert answer == {"type": "answer", "order": "order-0001", "done": True, "text": "inside"}
    assert [(o.verb, o.by, o.handle) for o in house.service.orders] == [(Verb.ADMIT, "Tess Teacher", "h-ann")]


async def test_the_same_order_sent_again_by_a_new_socket_is_carried_out_once(house: House) -> None:
    async with house.seated() as (socket, _):
        first = await ordered(socket, verb="lock")
    async with house.seated() as (socket, _):
        assert await ordered(socket, verb="lock") == first
    assert len(house.service.orders) == 1


@pytest.mark.parametrize("verb", sorted(Verb))
async def test_a_host_orders_everything_but_a_substitute(house: House, verb: Verb) -> None:
    house.service.comes("yoga", "h-ann", "Ann Adams")
    aims: dict[str, dict[str, str]] = {
        **{word: {"handle": "h-ann"} for word in ("admit", "hold", "remove")},
        "allow": {"name": "Gus Guest"},
        "cover": {"name": "Sam Sub", "account": "zoom-sam"},
    }
    async with house.seated() as (socket, _):
        answer = await ordered(socket, verb=verb, **aims.get(verb, {}))
    assert [o.verb for o in house.service.orders] == ([verb] if verb in PANEL_VERBS else [])
    if verb is Verb.COVER:
        assert (answer["done"], answer["text"]) == (False, "that cannot be ordered from a panel")


@pytest.mark.parametrize(
    "fields",
    [
        {"verb": "dance"},
        {"verb": "admit"},
        {"verb": "admit", "handle": "nobody"},
        {"verb": "lock", "order": None},
        {"verb": "lock", "order": "short"},
        {"verb": "lock", "order": 7},
        {"verb": "lock", "meeting": "judo"},
        {"verb": "lock", "by": "Somebody Else"},
    ],
)
async def test_an_order_that_makes_no_sense_is_answered_and_nothing_happens(house: House, fields: Any) -> None:
    async with house.seated() as (socket, _):
        answer = await ordered(socket, **fields)
        assert answer["done"] is False
        assert answer["text"]
        assert (await ordered(socket, verb="unlock", order="order-0002"))["done"] is True
    assert [o.verb for o in house.service.orders] == [Verb.UNLOCK]


async def test_an_order_without_a_journal_says_so(house: House) -> None:
    house.service.failure = JournalError("the journal cannot be written")
    async with house.seated() as (socket, _):
        answer = await ordered(socket, verb="lock")
    assert (answer["done"], answer["text"]) == (False, "the journal cannot be written")


async def test_an_order_that_waits_does_not_keep_the_page_from_being_heard() -> None:
    class Slow(FakeService):
        go: asyncio.Event

        async def order(self, meeting: str, ordered: Any, wait: float = 5.0) -> Any:
            await self.go.wait()
            return await super().order(meeting, ordered, wait)

    desk = FakeDesk()
    service = Slow(desks={"zoom": desk})
    service.go = asyncio.Event()
    app = application(service, KEY, service.clock)
    async with (
        Server(app, "127.0.0.1", 0) as server,
        aiohttp.ClientSession() as session,
        House(session, service, desk, server.port).seated() as (socket, seat),
    ):
        await socket.send_json({"type": "order", "order": "order-0001", "verb": "lock"})
        await socket.send_json({"type": "result", "id": "c1", "ok": True})
        assert (await seat.heard.get())["id"] == "c1"
        for number in range(20):
            await socket.send_json({"type": "order", "order": f"order-1{number:03}", "verb": "lock"})
        assert "too many" in (await until(socket, "answer"))["text"]
        service.go.set()
        assert (await until(socket, "answer"))["done"] is not None


async def test_an_incident_is_read_by_the_host(house: House) -> None:
    house.service.comes("yoga", "h-ann", "Ann Adams")
    view = house.service.view("yoga")
    assert view is not None
    key = view.incidents[0].key
    async with house.seated() as (socket, _):
        await socket.send_json({"type": "ack", "incident": "nothing"})
        await socket.send_json({"type": "ack", "incident": key})
        while not (await until(socket, "view"))["view"]["incidents"][0]["acknowledged_by"]:
            pass
    assert house.service.acknowledged == [("yoga", key, "Tess Teacher")]
