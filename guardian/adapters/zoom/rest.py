"""Zoom's REST for one account, over aiohttp: the token, the pace, the answers. What is in bodies lives in ``wire_*``.

One object serves all meetings of an account, since Zoom counts calls by account. No log, no error and no repr of ours
holds a token, a passcode, a link or anybody's address.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from email.utils import parsedate_to_datetime

import aiohttp
from aiolimiter import AsyncLimiter
from yarl import URL

from guardian.adapters.zoom import wire_calls, wire_refusals, wire_rest
from guardian.adapters.zoom.daily import DailyCounts
from guardian.adapters.zoom.wire_calls import Call, NewRegistrant, Weight
from guardian.adapters.zoom.wire_rest import HostSettings, LivePerson, MeetingSettings, Registrant, Token
from guardian.errors import LoginRefusedError, NotSupportedError, PlatformError, TemporaryError
from guardian.ports import Clock

Limits = Mapping[Weight, AbstractAsyncContextManager[object]]

_TIMEOUT = 10.0  # seconds for one call
_EARLY = 300.0  # seconds before its end a token is renewed
_MOST_BYTES = 4 * 1024 * 1024  # of one answer; a page of 300 registrants has about 200 KiB
_MOST_PAGES = 100
_BATCH = 30  # registrants in one call ("batch registration"; not verified)
_AGAIN_AFTER, _AGAIN_WITHIN = 0.5, 5.0  # seconds; a read is tried once more unless Zoom wants a longer pause
_PASSCODE_KINDS = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "@-_*")
_PASSCODE_LENGTH = 10  # the most that Zoom takes; its own letters: a-z A-Z 0-9 @ - _ *


def limits_of(plan: str) -> Limits:
    """Zoom's limits of a plan (free, pro, business), in calls a second, each class by itself."""
    return {weight: AsyncLimiter(rate, 1.0) for weight, rate in wire_calls.PER_SECOND[plan].items()}


class ZoomRest:
    """``api_url`` as in "https://api.zoom.us/v2", ``oauth_url`` as in "https://zoom.us/oauth" (with or without
    ``/token``). ``plan``: free, pro or business. Times in seconds. ``timeout`` (of one call) and ``limits`` may be set
    before the first call.

    Every call raises TemporaryError (``delay``: Zoom's wish), LoginRefusedError, NotSupportedError (a scope or the
    plan is missing, by name) or another PermanentError.
    """

    def __init__(
        self,
        api_url: str,
        oauth_url: str,
        account_id: str,
        client_id: str,
        client_secret: str,
        *,
        plan: str = "pro",
        clock: Clock = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.plan = plan
        self._api = api_url.rstrip("/")
        self._oauth = oauth_url.rstrip("/").removesuffix("/token") + "/token"
        self._account = account_id
        self._login = "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._clock, self._sleep = clock, sleep
        self.timeout, self.limits = _TIMEOUT, limits_of(plan)
        self._daily = DailyCounts(clock)
        self._token: Token | None = None
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()
        self._web: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"ZoomRest({self._api!r}, plan={self.plan!r})"

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        web, self._web = self._web, None
        if web is not None:
            await web.close()

    # -- the token ---------------------------------------------------------------------------------------------------

    async def token(self, *, fresh: bool = False) -> str:
        """An access token that holds for some minutes yet. ``fresh``: a new one whatever is kept."""
        before = self._token
        return (await self._held(None if fresh else self._usable(), before)).text

    async def login(self) -> frozenset[str]:
        """Log in afresh; the scopes that the app has (empty: Zoom does not say)."""
        return (await self._held(None, self._token)).scopes

    def _usable(self) -> Token | None:
        return self._token if self._clock() < self._renew_at else None

    async def _held(self, usable: Token | None, seen: Token | None) -> Token:
        """``usable``, or a token newer than ``seen``: whoever waited while another renewed it takes that one."""
        if usable is not None:
            return usable
        async with self._renewing:
            if self._token is None or self._token is seen:
                self._token = await self._new_token()
                early = min(_EARLY, self._token.lasts / 4)
                self._renew_at = self._clock() + self._token.lasts - early
            return self._token

    async def _new_token(self) -> Token:
        form = {"grant_type": "account_credentials", "account_id": self._account}
        status, headers, body = await self._send(
            "POST", self._oauth, "log in", data=form, headers={"Authorization": self._login}
        )
        refused = wire_refusals.login_refusal(status, headers.get("Retry-After"), self._clock())
        if refused is not None:
            raise refused
        return wire_rest.token(body)

    # -- the meeting -------------------------------------------------------------------------------------------------

    async def meeting(self, number: str) -> MeetingSettings:
        """What the meeting's door is set to."""
        return wire_rest.meeting(number, await self._read(wire_calls.read_meeting(number)))

    async def host_settings(self, user: str) -> HostSettings:
        """What the host's own account adds to each of their meetings."""
        return wire_rest.host_settings(await self._read(wire_calls.read_host(user)))

    async def patch(self, number: str, settings: Mapping[str, object]) -> None:
        """Change settings of the meeting, named as Zoom names them. Zoom may take it without effect: read back."""
        await self._call(wire_calls.change_meeting(number, {"settings": dict(settings)}))

    async def rotate(self, number: str) -> None:
        """Give the meeting a new random passcode, which is kept nowhere: links that carry the old one are worthless."""
        await self._call(wire_calls.change_meeting(number, {"password": new_passcode()}))

    async def remove(self, number: str, uuid: str) -> None:
        """Remove one person from the running meeting."""
        await self._call(wire_calls.remove_participant(number, uuid))

    async def end(self, number: str) -> None:
        """End the running meeting for everybody."""
        await self._call(wire_calls.end_meeting(number))

    async def participants(self, instance: str) -> list[LivePerson]:
        """Who is inside this run of a meeting (its UUID), by the Dashboard; how far that lags is not known."""
        if self.plan != "business":
            raise NotSupportedError(
                f"the plan {self.plan!r} has no Dashboard: Zoom's server does not list who is inside"
            )
        found: list[LivePerson] = []
        page = ""
        for _ in range(_MOST_PAGES):
            people, page = wire_rest.live(await self._read(wire_calls.list_live(instance, page)))
            found += people
            if not page:
                break
        return found

    # -- registrants -------------------------------------------------------------------------------------------------

    async def registrants(self, number: str, status: str = "approved") -> list[Registrant]:
        """Everybody registered with this status: pending, approved or denied."""
        found: list[Registrant] = []
        page = ""
        for _ in range(_MOST_PAGES):
            people, page = wire_rest.registrants(await self._read(wire_calls.list_registrants(number, status, page)))
            found += people
            if not page:
                break
        return found

    async def add_registrant(self, number: str, new: NewRegistrant) -> Registrant:
        """Register one, approved at once; the answer holds the personal link. At most 3 times a day for one address."""
        with self._daily.addition(number, [new.email]):
            return wire_rest.added(await self._call(wire_calls.add_one(number, new)))

    async def add_registrants(self, number: str, people: Sequence[NewRegistrant]) -> list[Registrant]:
        """Register several; as ``add_registrant``. All that an earlier call of the batch did stays done on an error."""
        found: list[Registrant] = []
        for first in range(0, len(people), _BATCH):
            some = people[first : first + _BATCH]
            with self._daily.addition(number, [new.email for new in some]):
                answer = await self._call(wire_calls.add_many(number, some))
            found += wire_rest.registrants(answer)[0]
        return found

    async def set_registrants(self, number: str, action: str, ids: Sequence[str]) -> None:
        """``action``: approve, deny or cancel. At most 10 times a day for one. Nobody inside is put out by it."""
        if ids:
            with self._daily.change(number, ids):
                await self._call(wire_calls.change_registrants(number, action, ids))

    # -- the clock ---------------------------------------------------------------------------------------------------

    async def server_time(self) -> float | None:
        """Zoom's clock, in seconds since the epoch (``Date``, RFC 9110 section 6.6.1); None: it did not say."""
        _, headers, _ = await self._send("GET", f"{self._api}/", "tell the time")
        try:
            return parsedate_to_datetime(headers.get("Date", "")).timestamp()
        except (ValueError, TypeError):
            return None

    # -- calls -------------------------------------------------------------------------------------------------------

    async def _read(self, call: Call) -> bytes:
        """A call that changes nothing, so that it may be made once more."""
        try:
            return await self._call(call)
        except TemporaryError as error:
            pause = _AGAIN_AFTER if error.delay is None else error.delay
            if pause > _AGAIN_WITHIN:
                raise
        await self._sleep(pause)
        return await self._call(call)

    async def _call(self, call: Call) -> bytes:
        used, refused, body = await self._try(call, self._usable())
        if isinstance(refused, LoginRefusedError):
            # The token was revoked, or ran out early: once more with a new one.
            _, refused, body = await self._try(call, await self._held(None, used))
        if refused is not None:
            raise refused
        return body

    async def _try(self, call: Call, usable: Token | None) -> tuple[Token, PlatformError | None, bytes]:
        held = await self._held(usable, self._token)
        headers = {"Authorization": f"Bearer {held.text}"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        async with self.limits[call.weight]:
            status, answered, body = await self._send(
                call.method, self._api + call.path, call.what, data=call.body, headers=headers
            )
        refused = wire_refusals.refusal(call, status, body, answered.get("Retry-After"), self._clock())
        return held, refused, body

    async def _send(
        self,
        method: str,
        url: str,
        what: str,
        *,
        data: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request. Paths are encoded already: an encoded "/" must stay one."""
        if self._web is None:
            self._web = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.timeout))
        try:
            async with self._web.request(
                method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, answer.headers, await _bounded(answer)
        except TimeoutError as error:
            raise TemporaryError(f"Zoom did not answer within {self.timeout:g} seconds ({what})") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not the library's own text: it may name the address with what we wrote into it.
            raise TemporaryError(f"Zoom cannot be reached ({what}; {type(error).__name__})") from None


def new_passcode() -> str:
    """A random passcode with a letter of either case, a digit and a sign, for accounts that demand all of them."""
    every = "".join(_PASSCODE_KINDS)
    chosen = [secrets.choice(kind) for kind in _PASSCODE_KINDS]
    chosen += [secrets.choice(every) for _ in range(_PASSCODE_LENGTH - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """The body, up to what any answer of Zoom's can need. Raises TemporaryError beyond it."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > _MOST_BYTES:
            raise TemporaryError("Zoom's answer is too long to be one")
    return bytes(body)
