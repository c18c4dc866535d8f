"""A small Zoom REST on a real loopback socket: one meeting, one host, registrants; answers can be broken one by one."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from aiohttp import web

from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_calls import Needs

NUMBER = "81234567890"
HOST = "ExHostUserAAAAAAAAAAAA"
ACCOUNT, CLIENT, SECRET = "ExAcctAAAAAAAAAAAAAAAA", "ExClient", "a secret of the app"
GOOD_SETTINGS: dict[str, Any] = {
    "waiting_room": True,
    "waiting_room_options": {"mode": "custom", "who_goes_to_waiting_room": "everyone"},
    "join_before_host": False,
    "approval_type": 1,
    "allow_multiple_devices": False,
    "alternative_hosts": "",
}
GOOD_HOST: dict[str, Any] = {
    "screen_sharing": True,
    "who_can_share_screen": "host",
    "allow_participants_to_rename": False,
    "allow_removed_participants_to_rejoin": False,
}


@dataclass(frozen=True)
class Asked:
    """One request as it came. ``path`` is undecoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: Any = None


@dataclass
class Refuses:
    """An answer that comes instead of the right one. ``status`` 0: none at all."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def trouble(status: int, code: int = 0, message: str = "", **headers: str) -> Refuses:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refuses(status, json.dumps({"code": code, "message": message}).encode(), named)


class ZoomStandIn:
    """State to break, and what was asked. ``instead``: these answers come first; ``settings_stick`` False: a change is
    taken without effect; ``locked``: names of settings whose change is refused.
    """

    def __init__(self) -> None:
        self.scopes = {scope.value for scope in Needs}
        self.settings: dict[str, Any] = deepcopy(GOOD_SETTINGS)
        self.host: dict[str, Any] = dict(GOOD_HOST)
        self.meeting: dict[str, Any] = {"password": "Ab3-xxxxxx", "join_url": f"https://zoom.example/j/{NUMBER}"}
        self.registrants: list[dict[str, Any]] = []
        self.live: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.instead: list[Refuses] = []
        self.logins: list[Asked] = []
        self.login_instead: list[Refuses] = []
        self.token_lasts = 3600
        self.tells_scopes = True
        self.valid: set[str] = set()
        self.settings_stick = True
        self.locked: set[str] = set()
        self.clock_off = 0.0
        self.page_size = 2
        self.login_gate: asyncio.Event | None = None
        self.port = 0

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    @property
    def oauth(self) -> str:
        return f"http://127.0.0.1:{self.port}/oauth"

    def paths(self) -> list[tuple[str, str]]:
        return [(asked.method, asked.path) for asked in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        path = request.raw_path.partition("?")[0]
        form = request.content_type == "application/x-www-form-urlencoded"
        body = dict(await request.post()) if form else json.loads(raw) if raw else None
        asked = Asked(request.method, path, dict(request.query), dict(request.headers), body)
        if path == "/oauth/token":
            answer = await self._login(asked)
        else:
            answer = self._answer(asked)
        if answer.status == 0:
            await asyncio.Event().wait()
        answer.headers.setdefault("Date", formatdate(time.time() + self.clock_off, usegmt=True))
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _login(self, asked: Asked) -> Refuses:
        self.logins.append(asked)
        if self.login_gate is not None:
            await self.login_gate.wait()
        if self.login_instead:
            return self.login_instead.pop(0)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        right = {"grant_type": "account_credentials", "account_id": ACCOUNT}
        if asked.headers.get("Authorization") != f"Basic {basic}" or asked.body != right:
            return trouble(400, 0, "invalid_client")
        token = f"token-{len(self.logins)}"
        self.valid.add(token)
        said = {"access_token": token, "token_type": "bearer", "expires_in": self.token_lasts}
        return _fine({**said, "scope": " ".join(sorted(self.scopes)) if self.tells_scopes else ""})

    def _answer(self, asked: Asked) -> Refuses:
        if asked.path == "/v2/":
            return trouble(404)
        self.asked.append(asked)
        if self.instead:
            return self.instead.pop(0)
        if asked.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid:
            return trouble(401, 124, "Invalid access token.")
        path = asked.path.removeprefix("/v2").replace(NUMBER, "N")
        if path.startswith("/metrics/meetings/"):
            path = "/metrics/meetings/I/participants"
        answer = self._answers().get((asked.method, path))
        return answer(asked) if answer else trouble(404, 3001, "Meeting does not exist: somebody@example.org.")

    def _answers(self) -> Mapping[tuple[str, str], Callable[[Asked], Refuses]]:
        return {
            ("GET", "/meetings/N"): self._meeting,
            ("PATCH", "/meetings/N"): self._change,
            ("GET", f"/users/{HOST}/settings"): lambda _: self._scoped(Needs.SETTINGS, {"in_meeting": self.host}),
            ("PATCH", "/live_meetings/N/events"): lambda _: self._scoped(Needs.CONTROLS, None),
            ("PUT", "/meetings/N/status"): lambda _: self._scoped(Needs.STATUS, None),
            ("GET", "/meetings/N/registrants"): self._list_registrants,
            ("POST", "/meetings/N/registrants"): lambda asked: _fine(self._registered(asked.body["email"]), 201),
            ("POST", "/meetings/N/batch_registrants"): self._register_many,
            ("PUT", "/meetings/N/registrants/status"): lambda _: Refuses(204),
            ("GET", "/metrics/meetings/I/participants"): lambda asked: self._page(asked, "participants", self.live),
        }

    def _meeting(self, _: Asked) -> Refuses:
        base = {"id": int(NUMBER), "uuid": "ExMeetingUuidAAAAAAAA==", "host_id": HOST, "status": "waiting"}
        return self._scoped(Needs.READ, {**base, **self.meeting, "settings": self.settings})

    def _list_registrants(self, asked: Asked) -> Refuses:
        wanted = [each for each in self.registrants if each["status"] == asked.query["status"]]
        return self._page(asked, "registrants", wanted)

    def _register_many(self, asked: Asked) -> Refuses:
        return _fine({"registrants": [self._registered(each["email"]) for each in asked.body["registrants"]]})

    def _scoped(self, scope: Needs, body: object) -> Refuses:
        if scope not in self.scopes:
            return trouble(400, 4711, f"Invalid access token, does not contain scopes:[{scope}].")
        return Refuses(204) if body is None else _fine(body)

    def _change(self, asked: Asked) -> Refuses:
        body = asked.body
        if self.locked & set(body.get("settings", body)):
            return trouble(400, 300, "Locked by the administrator Ann Example.")
        if self.settings_stick:
            self.settings |= body.get("settings", {})
            self.meeting |= {name: value for name, value in body.items() if name != "settings"}
        return self._scoped(Needs.UPDATE, None)

    def _registered(self, email: str) -> dict[str, Any]:
        return {"registrant_id": f"R-{email}", "email": email, "join_url": f"https://zoom.example/w/{NUMBER}?tk=secret"}

    def _page(self, asked: Asked, name: str, rows: list[dict[str, Any]]) -> Refuses:
        first = int(asked.query.get("next_page_token") or 0)
        last = first + self.page_size
        return _fine({name: rows[first:last], "next_page_token": str(last) if last < len(rows) else ""})


def _fine(body: object, status: int = 200) -> Refuses:
    return Refuses(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


class Hands:
    """A clock that stands still until it is set, and sleep that is only noted."""

    def __init__(self, now: float = 1_795_251_600.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@asynccontextmanager
async def zoom_rest() -> AsyncIterator[ZoomStandIn]:
    """The stand-in, listening on loopback."""
    zoom = ZoomStandIn()
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", zoom.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    zoom.port = runner.addresses[0][1]
    try:
        yield zoom
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client_of(
    zoom: ZoomStandIn, hands: Hands | None = None, *, plan: str = "business", secret: str = SECRET
) -> AsyncIterator[ZoomRest]:
    """A client of it. Without ``hands``: the real clock."""
    keys = (zoom.api, zoom.oauth, ACCOUNT, CLIENT, secret)
    idle = hands or Hands()
    rest = ZoomRest(*keys, plan=plan, clock=hands.clock if hands else time.time, sleep=idle.sleep)
    try:
        yield rest
    finally:
        await rest.close()
