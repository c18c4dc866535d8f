"""The HTTP API over a real loopback socket: who may ask, what is answered, what is refused and in which words."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import structlog

from guardian.core.events import Verb
from guardian.core.operators import Scope
from guardian.core.view import MeetingView
from guardian.errors import ConfigError, JournalError
from guardian.log import configure
from guardian.web.door import GUARDED
from guardian.web.server import LARGEST_BODY, Server, application
from guardian.web.throttle import MOST_FAILURES
from guardian.web.tokens import mint
from tests.support.fake_service import KEY, FakeService, Ready

ALL = (Scope.VIEW, Scope.DOOR, Scope.PANIC, Scope.ADMIN)
VIEW_PATH = "/api/v1/meetings/yoga"
ORDERS = "/api/v1/meetings/yoga/orders"


def token(service: FakeService, *scopes: Scope, meetings: tuple[str, ...] | None = None, life: float = 3600.0) -> str:
    return mint(KEY, name="Tess Teacher", scopes=scopes or ALL, meetings=meetings, lifetime=life, now=service.now)


@dataclass
class Reply:
    status: int
    body: Any
    headers: Any


@dataclass
class Client:
    """One operator at one server."""

    session: aiohttp.ClientSession
    service: FakeService
    port: int
    bearer: str | None

    async def ask(self, method: str, path: str, **more: Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        headers |= more.pop("headers", {})
        address = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(method, address, headers=headers, **more) as answer:
            raw = await answer.read()
            is_json = bool(raw) and answer.content_type.endswith("json")
            return Reply(answer.status, json.loads(raw) if is_json else raw, answer.headers)

    async def order(self, **body: Any) -> Reply:
        return await self.ask("POST", ORDERS, json=body)

    def as_(self, *scopes: Scope, meetings: tuple[str, ...] | None = None) -> "Client":
        return Client(self.session, self.service, self.port, token(self.service, *scopes, meetings=meetings))


@asynccontextmanager
async def served(service: FakeService) -> AsyncIterator[Client]:
    app = application(service, KEY, service.clock)
    async with Server(app, "127.0.0.1", 0) as server, aiohttp.ClientSession() as session:
        yield Client(session, service, server.port, token(service))


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with served(FakeService(ids=("yoga", "judo"), idle=("judo",))) as found:
        yield found


# -- who may ask ---------------------------------------------------------------------------------------------------


async def test_every_route_but_health_is_closed_without_a_token(client: Client) -> None:
    client.bearer = None
    app = application(client.service, KEY)
    routes = {(r.method, r.resource.canonical) for r in app.router.routes() if r.resource is not None}
    assert ("POST", "/api/v1/meetings/{meeting}/orders") in routes
    for method, template in sorted(routes):
        path = template.replace("{meeting}", "yoga").replace("{key}", "k").replace("{name}", "x")
        reply = await client.ask(method, path)
        # Deliveries, panels and families have proofs of their own; where no hook, desk or link is, there is nothing.
        elsewhere = path.startswith(("/hooks/", "/zoom/", "/j/"))
        expected = 200 if path in {"/healthz", "/readyz", "/j/-/join.css"} else 404 if elsewhere else 401
        assert reply.status == expected, (method, path)


async def test_an_unknown_address_without_a_token_says_no_more_than_a_known_one(client: Client) -> None:
    client.bearer = None
    unknown, known = await client.ask("GET", "/secret"), await client.ask("GET", VIEW_PATH)
    assert unknown.status == known.status == 401
    assert unknown.body == known.body
    assert unknown.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dGVzczp0ZXNz", "Token x", "Bearer a b"])
async def test_other_headers_than_a_bearer_token_are_401(client: Client, header: str) -> None:
    client.bearer = None
    assert (await client.ask("GET", VIEW_PATH, headers={"Authorization": header})).status == 401


async def test_a_token_in_the_address_is_not_read(client: Client) -> None:
    bearer, client.bearer = client.bearer, None
    assert (await client.ask("GET", f"{VIEW_PATH}?access_token={bearer}")).status == 401


async def test_two_authorization_headers_are_none(client: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    header = f"Authorization: Bearer {client.bearer}\r\n"
    writer.write(f"GET {VIEW_PATH} HTTP/1.1\r\nHost: x\r\n{header}{header}Connection: close\r\n\r\n".encode())
    first_line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert first_line.split()[1] in {b"400", b"401"}


async def test_an_expired_token_is_401(client: Client) -> None:
    client.service.now += 3601
    reply = await client.ask("GET", VIEW_PATH)
    assert reply.status == 401
    assert "expired" in reply.body["detail"]


async def test_a_token_for_another_meeting_is_403_whether_or_not_the_meeting_exists(client: Client) -> None:
    other = client.as_(*ALL, meetings=("judo",))
    real, unreal = await other.ask("GET", VIEW_PATH), await other.ask("GET", "/api/v1/meetings/nothing")
    assert real.status == unreal.status == 403
    assert real.body == unreal.body


@pytest.mark.parametrize(
    ("verb", "needed"),
    [("lock", {Scope.DOOR}), ("panic", {Scope.PANIC}), ("end", {Scope.ADMIN}), ("undo", {Scope.DOOR, Scope.PANIC})],
)
async def test_a_verb_needs_its_scopes(client: Client, verb: str, needed: set[Scope]) -> None:
    for missing in needed:
        reply = await client.as_(*(set(ALL) - {missing})).order(verb=verb)
        assert reply.status == 403
    assert client.service.orders == []
    assert (await client.as_(*needed).order(verb=verb)).status == 200


async def test_viewing_needs_the_view_scope(client: Client) -> None:
    assert (await client.as_(Scope.DOOR).ask("GET", VIEW_PATH)).status == 403
    assert (await client.as_(Scope.VIEW).ask("GET", VIEW_PATH)).status == 200


async def test_only_the_meetings_of_the_token_are_listed(client: Client) -> None:
    everything = await client.ask("GET", "/api/v1/meetings")
    assert [line["meeting"] for line in everything.body] == ["yoga", "judo"]
    assert [line["live"] for line in everything.body] == [True, False]
    some = await client.as_(Scope.VIEW, meetings=("judo",)).ask("GET", "/api/v1/meetings")
    assert [line["meeting"] for line in some.body] == ["judo"]
    no_view = await client.as_(Scope.PANIC).ask("GET", "/api/v1/meetings")
    assert no_view.body[0]["inside"] is None


async def test_who_fails_too_often_is_told_to_wait_and_a_valid_token_still_passes(client: Client) -> None:
    good, client.bearer = client.bearer, "wrong"
    statuses = [(await client.ask("GET", VIEW_PATH)).status for _ in range(MOST_FAILURES + 1)]
    assert statuses == [401] * MOST_FAILURES + [429]
    refused = await client.ask("GET", VIEW_PATH)
    assert int(refused.headers["Retry-After"]) >= 1
    client.bearer = good
    assert (await client.ask("GET", VIEW_PATH)).status == 200


# -- what is answered ----------------------------------------------------------------------------------------------


async def test_a_view_is_the_view(client: Client) -> None:
    import msgspec

    client.service.comes("yoga", "h-x", "<b>Zoom\x1b[2J\u202eBomber")
    reply = await client.ask("GET", VIEW_PATH)
    read = msgspec.convert(reply.body, MeetingView)
    assert read == client.service.view("yoga")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_idle_or_unknown_meeting_is_404_in_its_own_words(client: Client) -> None:
    idle, unknown = await client.ask("GET", "/api/v1/meetings/judo"), await client.ask("GET", "/api/v1/meetings/x")
    assert idle.status == unknown.status == 404
    assert idle.body["detail"] != unknown.body["detail"]
    assert unknown.headers["Content-Type"] == "application/problem+json"


async def test_health_and_readiness(client: Client) -> None:
    assert (await client.ask("GET", "/healthz")).body == {"ok": True}
    assert (await client.ask("GET", "/readyz")).status == 200
    client.service.ready = Ready(("the journal cannot be written",))
    broken = await client.ask("GET", "/readyz")
    assert broken.status == 503
    assert broken.body == {"ok": False, "problems": ["the journal cannot be written"]}
    assert (await client.ask("GET", "/healthz")).status == 200


async def test_metrics_are_for_who_views_every_meeting(client: Client) -> None:
    reply = await client.ask("GET", "/metrics")
    assert reply.status == 200
    assert b"guardian_up 1.0" in reply.body
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert (await client.as_(Scope.VIEW, meetings=("yoga",)).ask("GET", "/metrics")).status == 403
    assert (await client.as_(Scope.DOOR).ask("GET", "/metrics")).status == 403


# -- orders --------------------------------------------------------------------------------------------------------


async def test_a_name_only_child_is_admitted_by_the_name_as_typed(client: Client) -> None:
    client.service.comes("yoga", "h-ann", "Ann Adams")
    reply = await client.order(verb="admit", name="ann adams", reason="I know her voice")
    assert reply.status == 200
    assert reply.body["done"] is True
    assert reply.body["text"] == "inside"
    ordered = client.service.orders[-1]
    assert (ordered.handle, ordered.person, ordered.name) == ("h-ann", None, None)
    assert (ordered.by, ordered.reason) == ("Tess Teacher", "I know her voice")


async def test_people_are_named_by_handle_and_by_person_too(client: Client) -> None:
    client.service.comes("yoga", "h-ann", "iPad")
    assert (await client.order(verb="admit", handle="h-ann")).body["done"] is True
    assert (await client.order(verb="hold", person="ben")).body["done"] is True
    assert [(o.handle, o.person) for o in client.service.orders] == [("h-ann", None), (None, "ben")]


async def test_an_ambiguous_name_is_answered_with_a_list_to_pick_from(client: Client) -> None:
    client.service.comes("yoga", "h-1", "Ann Adams")
    client.service.comes("yoga", "h-2", "Ann Adams", account="mallory@evil")
    reply = await client.order(verb="admit", name="Ann Adams")
    assert reply.status == 409
    assert {c["handle"] for c in reply.body["candidates"]} == {"h-1", "h-2"}
    assert client.service.orders == []
    picked = await client.order(verb="admit", handle="h-1")
    assert picked.body["done"] is True


async def test_nobody_of_that_name_is_404(client: Client) -> None:
    for body in ({"name": "Zed"}, {"handle": "gone"}, {"person": "nobody"}):
        assert (await client.order(verb="admit", **body)).status == 404
    assert (await client.order(verb="remove", name="Ben Brown")).status == 404
    assert client.service.orders == []


async def test_a_guest_is_allowed_by_name_until_a_time(client: Client) -> None:
    until = client.service.now + 600
    reply = await client.order(verb="allow", name="Gus Guest", until=until)
    assert reply.body["done"] is True
    assert (client.service.orders[-1].name, client.service.orders[-1].until) == ("Gus Guest", until)


async def test_a_substitute_is_named_with_their_account_by_who_has_the_admin_scope(client: Client) -> None:
    body = {"verb": "cover", "name": "Sam Sub", "account": "zoom-sam", "until": client.service.now + 600}
    reply = await client.order(**body)
    assert reply.body["done"] is True
    ordered = client.service.orders[-1]
    assert (ordered.verb, ordered.name, ordered.account) == (Verb.COVER, "Sam Sub", "zoom-sam")
    assert (await client.as_(Scope.DOOR, Scope.PANIC, Scope.VIEW).order(**body)).status == 403
    assert len(client.service.orders) == 1


async def test_the_passcode_is_changed_by_one_word(client: Client) -> None:
    assert (await client.as_(Scope.DOOR).order(verb="rotate")).status == 200
    assert client.service.orders[-1].verb is Verb.ROTATE


async def test_a_refused_order_is_answered_as_not_done(client: Client) -> None:
    client.service.comes("yoga", "self", "Guardian", is_self=True)
    assert (await client.order(verb="admit", handle="self")).status == 404
    client.service.silent = True
    reply = await client.order(verb="lock")
    assert (reply.status, reply.body["done"]) == (200, None)


async def test_the_same_order_id_acts_once_and_gives_the_same_answer(client: Client) -> None:
    client.service.comes("yoga", "h-ann", "Ann Adams")
    body = {"verb": "admit", "name": "Ann Adams", "order": "order-0001"}
    first = await client.order(**body)
    client.service.comes("yoga", "h-2", "Ann Adams", account="mallory@evil")
    second = await client.order(**body)
    assert first.body == second.body
    assert first.body["order"] == "order-0001"
    assert len(client.service.orders) == 1


async def test_an_order_id_is_not_reused_for_another_order(client: Client) -> None:
    await client.order(verb="lock", order="order-0001")
    reply = await client.order(verb="unlock", order="order-0001")
    assert reply.status == 422
    assert [o.verb for o in client.service.orders] == ["lock"]


async def test_an_answer_that_was_not_known_is_asked_for_again_with_the_same_order(client: Client) -> None:
    client.service.silent = True
    body = {"verb": "lock", "order": "order-0001"}
    assert (await client.order(**body)).body["done"] is None
    client.service.silent = False
    assert (await client.order(**body)).body["done"] is True
    first, second = client.service.orders
    assert first == second


async def test_an_order_that_failed_may_be_tried_again(client: Client) -> None:
    client.service.failure = JournalError("the journal cannot be written")
    body = {"verb": "lock", "order": "order-0001"}
    failed = await client.order(**body)
    assert (failed.status, failed.body["detail"]) == (503, "the journal cannot be written")
    client.service.failure = None
    assert (await client.order(**body)).body["done"] is True


async def test_the_ledger_of_order_ids_is_bounded(client: Client) -> None:
    from guardian.app.orders import _REMEMBERED_KEYS, Orders
    from guardian.ports import OrderBody
    from guardian.web.tokens import verify

    orders = Orders(client.service, client.service.clock)
    client.service.silent = True
    operator = verify(client.bearer or "", KEY, client.service.now)
    body = OrderBody(verb=Verb.LOCK)
    for _ in range(_REMEMBERED_KEYS + 10):
        await orders.order("yoga", body, operator)
    assert len(orders._ledger) == _REMEMBERED_KEYS


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verb": "dance"},
        {"verb": "admit"},
        {"verb": "admit", "name": ""},
        {"verb": "admit", "name": "Ann", "handle": "h"},
        {"verb": "admit", "email": "a@b"},
        {"verb": "remove", "person": "ann"},
        {"verb": "allow"},
        {"verb": "allow", "name": "Gus", "account": "gus"},
        {"verb": "cover", "name": "Sam Sub"},
        {"verb": "cover", "account": "zoom-sam"},
        {"verb": "cover", "name": "Sam Sub", "email": "sam@school.test"},
        {"verb": "rotate", "name": "Ann"},
        {"verb": "lock", "name": "Ann"},
        {"verb": "lock", "until": 1.0},
        {"verb": "lock", "until": "soon"},
        {"verb": "lock", "extra": 1},
        {"verb": "lock", "order": "native:1234"},
        {"verb": "lock", "order": "short"},
        {"verb": "lock", "reason": "x" * 501},
        {"verb": "admit", "name": "x" * 501},
        [],
        "lock",
    ],
)
async def test_an_order_that_makes_no_sense_is_422_and_nothing_happens(client: Client, body: Any) -> None:
    reply = await client.ask("POST", ORDERS, json=body)
    assert reply.status == 422
    assert reply.body["status"] == 422
    assert client.service.orders == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"verb": "lock"', b"[" * 5000])
async def test_a_body_that_is_not_json_is_refused(client: Client, raw: bytes) -> None:
    reply = await client.ask("POST", ORDERS, data=raw, headers={"Content-Type": "application/json"})
    assert reply.status in {400, 422}
    assert client.service.orders == []


async def test_other_content_types_are_415(client: Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        reply = await client.ask("POST", ORDERS, data=b'{"verb": "lock"}', headers={"Content-Type": kind})
        assert reply.status == 415
    assert client.service.orders == []


async def test_a_body_beyond_the_limit_is_413(client: Client) -> None:
    raw = json.dumps({"verb": "lock", "reason": "x" * LARGEST_BODY}).encode()
    reply = await client.ask("POST", ORDERS, data=raw, headers={"Content-Type": "application/json"})
    assert reply.status == 413
    assert client.service.orders == []


async def test_other_methods_are_405_and_say_which_are_taken(client: Client) -> None:
    reply = await client.ask("DELETE", VIEW_PATH)
    assert reply.status == 405
    assert "GET" in reply.headers["Allow"]


async def test_what_we_did_not_expect_says_nothing_of_itself(client: Client) -> None:
    client.service.failure = RuntimeError("Ann Adams, secret")
    reply = await client.order(verb="lock")
    assert reply.status == 500
    assert "Ann" not in json.dumps(reply.body)


# -- incidents -----------------------------------------------------------------------------------------------------


async def test_an_incident_is_acknowledged_by_name(client: Client) -> None:
    client.service.comes("yoga", "h-ann", "Ann Adams")
    view = client.service.view("yoga")
    assert view is not None
    key = view.incidents[0].key
    reply = await client.ask("POST", f"{VIEW_PATH}/incidents/{key}/ack")
    assert reply.status == 200
    assert client.service.acknowledged == [("yoga", key, "Tess Teacher")]


async def test_an_unknown_incident_is_404_and_view_alone_does_not_acknowledge(client: Client) -> None:
    assert (await client.ask("POST", f"{VIEW_PATH}/incidents/nothing/ack")).status == 404
    assert (await client.as_(Scope.VIEW).ask("POST", f"{VIEW_PATH}/incidents/nothing/ack")).status == 403
    assert client.service.acknowledged == []


# -- the server ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_it_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(ConfigError, match="not this machine"):
        Server(application(FakeService(), KEY), host, 0)


async def test_a_taken_port_is_a_clear_message(client: Client) -> None:
    second = Server(application(client.service, KEY), "127.0.0.1", client.port)
    with pytest.raises(ConfigError, match=str(client.port)):
        await second.start()


async def test_a_client_that_hangs_up_does_not_take_its_order_with_it() -> None:
    class Slow(FakeService):
        taken: asyncio.Event
        go: asyncio.Event

        async def order(self, meeting: str, ordered: Any, wait: float = 5.0) -> Any:
            self.taken.set()
            await self.go.wait()
            return await super().order(meeting, ordered, wait)

    service = Slow()
    service.taken, service.go = asyncio.Event(), asyncio.Event()
    async with served(service) as client:
        asking = asyncio.create_task(client.order(verb="lock", order="order-0001"))
        await service.taken.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        service.go.set()
        again = await client.order(verb="lock", order="order-0001")
    assert again.body["done"] is True
    assert len(service.orders) == 1


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the service's log would hold; the log is as it was afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure("debug", "json", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = before[0]
    root.setLevel(before[1])


async def test_the_log_names_no_one(client: Client, logged: io.StringIO) -> None:
    client.service.comes("yoga", "h-ann", "Ann Adams")
    await client.order(verb="admit", name="Ann Adams")
    await client.order(verb="admit", name="Zed Zeal")
    client.service.failure = RuntimeError("Ann Adams")
    await client.order(verb="lock")
    client.bearer = "wrong"
    await client.order(verb="lock")
    written = logged.getvalue()
    assert "login_refused" in written
    assert "request_crashed" in written
    for word in ("Ann", "Adams", "Zed", "Tess", "wrong"):
        assert word not in written


def test_the_application_holds_the_service_it_was_given() -> None:
    service = FakeService()
    assert application(service, KEY)[GUARDED] is service
