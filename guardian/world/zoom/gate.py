"""What stands before every REST call: faults, token, scope, limits; and how Zoom says no.

May live here: who may call how often. May not: what a call does.
Error bodies are `{"code", "message"}`; the codes are those that documents and forum posts show.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from guardian.world.zoom.faults import Trip
from guardian.world.zoom.stage import Stage
from guardian.world.zoom.tokens import Tokens

# Calls a second of a whole account by plan: light, medium, heavy ("API rate limits").
_RATES = {
    "free": {"light": 4, "medium": 2, "heavy": 1},
    "pro": {"light": 30, "medium": 20, "heavy": 10},
    "business": {"light": 80, "medium": 60, "heavy": 40},
}
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Call:
    """One REST call and how it was answered; status 0: never."""

    at: float
    method: str
    path: str
    status: int


class Refusal(Exception):
    """Zoom says no."""

    def __init__(self, status: int, code: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> web.Response:
        """As HTTP."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        return web.json_response(body, status=self.status, headers=self.headers)


class Gate:
    """Lets calls through, one account's worth of them."""

    def __init__(self, stage: Stage, tokens: Tokens) -> None:
        self.calls: list[Call] = []
        self._stage = stage
        self._tokens = tokens
        self._made: dict[str, deque[float]] = defaultdict(deque)
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Whoever was left without an answer is let go."""
        self._closing.set()

    async def tripped(self, request: web.Request) -> None:
        """Refuse, or never answer, what a fault wants so."""
        trip = self._stage.faults.tripped(request.method, request.path)
        if trip is None:
            return
        self._stage.ledger.add("fault", detail=f"trip {trip.status} {request.method} {request.path}")
        if trip.status == 0:
            await self._closing.wait()
            raise Refusal(503, 503, "closing")
        raise _as_refusal(trip)

    def check(self, request: web.Request, scope: str, weight: str) -> None:
        """Token, scope and rate of one call."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.find(text) if kind.lower() == "bearer" else None
        if token is None:
            raise Refusal(401, 124, "Invalid access token.")
        if not self._tokens.holds(text):
            raise Refusal(401, 124, "Access token is expired.")
        if scope not in token.scopes:
            raise Refusal(400, 4711, f"Invalid access token, does not contain scopes:[{scope}].")
        rate = _RATES[self._stage.settings.plan][weight]
        if not self.within(weight, rate, 1.0):
            wait = {"Retry_After": "1"} if self._stage.settings.retry_after else {}
            raise Refusal(
                429, 429, "You have reached the maximum per-second rate limit for this API. Try again later.", **wait
            )

    def daily(self, what: str, most: int, message: str) -> None:
        """Refuse what was asked too often within a day."""
        if not self.within(what, most, _DAY):
            raise Refusal(429, 429, message)

    def within(self, what: str, most: int, seconds: float) -> bool:
        """Whether one more of this is within the limit; if so it counts."""
        if not self._stage.settings.limits:
            return True
        now, made = self._stage.now(), self._made[what]
        while made and made[0] <= now - seconds:
            made.popleft()
        if len(made) >= most:
            return False
        made.append(now)
        return True

    def record(self, request: web.Request, status: int) -> None:
        """Keep what was called."""
        self.calls.append(Call(self._stage.now(), request.method, request.path, status))


def _as_refusal(trip: Trip) -> Refusal:
    headers = {} if trip.retry_after is None else {"Retry_After": f"{trip.retry_after:g}"}
    if trip.status == 429:
        return Refusal(429, 429, "You have reached the maximum per-second rate limit for this API.", **headers)
    return Refusal(trip.status, trip.status, "Internal error", **headers)
