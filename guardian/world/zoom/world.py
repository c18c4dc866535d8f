"""One Zoom account on 127.0.0.1: the composition of everything else here.

May live here: what is served where, and what a story or a test says to the world. May not: rules of Zoom.
"""

from __future__ import annotations

import json
import secrets
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from guardian.world.zoom import bodies, context
from guardian.world.zoom.courier import Courier, Parcel
from guardian.world.zoom.faults import Faults
from guardian.world.zoom.gate import Call, Gate
from guardian.world.zoom.ledger import By, Ledger
from guardian.world.zoom.meeting import Meeting
from guardian.world.zoom.people import Registrant, User
from guardian.world.zoom.registrations import register
from guardian.world.zoom.rest import Rest
from guardian.world.zoom.settings import Settings
from guardian.world.zoom.signing import encode, expected_validation
from guardian.world.zoom.stage import Stage
from guardian.world.zoom.stream import Stream
from guardian.world.zoom.tokens import Tokens

_CONTEXT_LIFE = 120_000  # milliseconds; published examples have 115 to 120 s


class ZoomWorld:
    """`async with ZoomWorld(Settings(...)) as world:` serves REST, OAuth and the event WebSocket on a free port."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.stage = Stage(self.settings)
        stage = self.stage
        self.account_id = stage.account_id
        self.client_id, self.client_secret = stage.new_id(), stage.new_id() + stage.new_id()
        self.panel_client_id, self.panel_client_secret = stage.new_id(), stage.new_id() + stage.new_id()
        self.webhook_secret = stage.new_id()
        self.subscription = stage.new_id()
        self.meetings: dict[str, Meeting] = {}
        self.tokens = Tokens(
            self.settings,
            stage.ledger,
            self.account_id,
            (self.client_id, self.client_secret),
            (self.panel_client_id, self.panel_client_secret),
        )
        self.courier = Courier(stage, self.webhook_secret)
        self.stream = Stream(stage, self.subscription, self.tokens.holds)
        self.gate = Gate(stage, self.tokens)
        self.port = 0
        self._runner: web.AppRunner | None = None
        stage.outlets += [self.courier.post, self.stream.post]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(Rest(self.stage, self.gate, self.meetings).routes())
        app.add_routes(
            [
                web.post("/oauth/token", self.tokens.token),
                web.get("/oauth/authorize", self.tokens.authorize),
                web.get("/ws", self.stream.serve),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        await self.courier.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.close()
        await self.stream.drop()
        if self._runner is not None:
            await self._runner.cleanup()
        try:
            await self.stage.close()
        finally:
            await self.courier.close()

    # --- addresses and truth ---

    @property
    def api_url(self) -> str:
        """What stands for https://api.zoom.us/v2."""
        return f"http://127.0.0.1:{self.port}/v2"

    @property
    def oauth_url(self) -> str:
        """What stands for https://zoom.us/oauth."""
        return f"http://127.0.0.1:{self.port}/oauth"

    @property
    def events_url(self) -> str:
        """What stands for wss://ws.zoom.us/ws."""
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def ledger(self) -> Ledger:
        """What really happened."""
        return self.stage.ledger

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        return self.stage.faults

    @property
    def users(self) -> dict[str, User]:
        """The members of the account by id."""
        return self.stage.users

    @property
    def calls(self) -> list[Call]:
        """Every REST call so far."""
        return self.gate.calls

    @property
    def scopes(self) -> set[str]:
        """What tokens may do that are given from now on."""
        return self.tokens.scopes

    # --- before class ---

    def add_user(self, email: str, name: str = "", uid: str | None = None) -> User:
        """A new member of the account."""
        user = User(uid or self.stage.new_id(), email, name or email.partition("@")[0])
        self.users[user.id] = user
        return user

    def schedule(self, number: str, host_uid: str, topic: str = "Class", **settings: Any) -> Meeting:
        """A new meeting; `settings` as REST names them."""
        meeting = Meeting(self.stage, number, host_uid, topic, settings)
        self.meetings[number] = meeting
        return meeting

    def register(self, meeting: Meeting, first: str, last: str, email: str) -> Registrant:
        """Somebody fills in the public form, with any name and any address."""
        return register(meeting, (first, last), email, By.SELF)

    def context(self, uid: str | None, mid: str | None, role: str = "host", typ: str = "meeting", **more: Any) -> str:
        """An `x-zoom-app-context` of the panel's app; `more` replaces or adds fields, None leaves one out."""
        now = int(self.stage.now() * 1000)
        fields: dict[str, Any] = {
            "typ": typ,
            "uid": uid,
            "mid": mid,
            "aud": self.panel_client_id,
            "iss": context.ISSUER,
            "ts": now,
            "exp": now + _CONTEXT_LIFE,
            "attendrole": role,
        }
        left = {key: value for key, value in (fields | more).items() if value is not None}
        return context.seal(left, self.panel_client_secret, iv=secrets.token_bytes(12))

    # --- delivery ---

    def deliver_to(self, url: str) -> None:
        """Webhooks go there from now on."""
        self.courier.url = url

    def enable_socket(self, on: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """Whether the event WebSocket takes connections."""
        self.stream.enabled = on

    def revoke_tokens(self) -> None:
        """No token given so far holds."""
        self.tokens.revoke()

    def rotate_webhook_secret(self, new: str) -> None:
        """Webhooks are signed with this from now on."""
        self.webhook_secret = self.courier.secret = new

    async def settled(self, timeout: float = 10.0) -> None:
        """Return once the first attempt of every event so far was made or lost."""
        await self.courier.settled(timeout)

    async def drained(self, timeout: float = 10.0) -> None:
        """Return once no event is on its way or waits for a retry."""
        await self.courier.drained(timeout)

    async def validate(self) -> bool:
        """Zoom's check of the address, every 72 hours; whether it was answered rightly."""
        plain = self.stage.new_id()
        now = self.stage.now()
        body = {
            "event": "endpoint.url_validation",
            "event_ts": int(now * 1000),
            "payload": {"plainToken": plain},
        }
        status, answer = await self.courier.ask(encode(body))
        try:
            right: bool = json.loads(answer) == expected_validation(self.courier.secret, plain)
        except ValueError:
            return False
        return status == 200 and right

    async def forge(self, body: bytes | None = None) -> int:
        """An event that somebody else has signed; the status answered."""
        return await self.courier.send(body or self._any_event(), secret="not the secret")  # noqa: S106

    async def stale(self, age: float = 600.0, body: bytes | None = None) -> int:
        """A rightly signed event of some seconds ago; the status answered."""
        then = self.stage.now() - age
        return await self.courier.send(body or self._any_event(), timestamp=then)

    async def replay(self) -> int:
        """The last request that was taken, byte by byte; the status answered."""
        parcel: Parcel | None = self.courier.last
        if parcel is None:
            raise RuntimeError("nothing was delivered yet")
        return await self.courier.carry(parcel)

    def _any_event(self) -> bytes:
        meeting = next(iter(self.meetings.values()), None)
        now = self.stage.now()
        place = (
            meeting.place()
            if meeting
            else bodies.Place(self.account_id, "81234567890", "", "", "", bodies.rfc3339(now), "UTC", 60)
        )
        return encode(bodies.about("meeting.started", place, now))
