"""Who is asking: the middleware that lets nothing pass without a valid operator token. Deny by default.

A route is open to all only if it stands in ``OPEN``, or under ``PROVEN_ELSEWHERE``. What a known operator may
do is judged by the routes.
"""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from guardian.core.operators import Operator
from guardian.errors import DeniedError
from guardian.ports import Clock
from guardian.web.problems import Handler, Problem
from guardian.web.throttle import FailedLogins
from guardian.web.tokens import verify

OPEN = frozenset({"/healthz", "/readyz"})
PROVEN_ELSEWHERE = ("/hooks/", "/zoom/", "/j/")
"""Deliveries prove themselves by their signature, panels by their client's context, families by their signed link: to
a hook, to a desk, to the book of links.
"""
OPERATOR = web.RequestKey("operator", Operator)

_log = structlog.get_logger()


def bearers_only(key: bytes, clock: Clock) -> Middleware:
    """The middleware for tokens signed with ``key``."""
    failures = FailedLogins()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in OPEN and not request.path.startswith(PROVEN_ELSEWHERE):
            try:
                request[OPERATOR] = verify(_bearer(request), key, clock())
            except DeniedError as error:
                raise _refusal(request, failures, clock(), str(error)) from error
        return await handler(request)

    return check


def _bearer(request: web.Request) -> str:
    """The token of the Authorization header (RFC 6750, section 2.1); never from the address, where logs keep it."""
    values = request.headers.getall("Authorization", [])
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.casefold() != "bearer" or not token.strip():
        raise DeniedError("an operator token is needed, as Authorization: Bearer")
    return token.strip()


def _refusal(request: web.Request, failures: FailedLogins, now: float, why: str) -> Problem:
    """401, or 429 once an address fails too often.

    A valid token passes even then: on loopback all share one address, and whoever guesses must not be able to
    silence the teacher. The key has 256 bits; the limit keeps guessing from filling log and processor.
    """
    address = request.remote or "unknown"
    wait = failures.failed(address, now)
    if wait:
        return Problem(429, "too many failed logins from this address", headers={"Retry-After": f"{wait:.0f}"})
    _log.warning("login_refused", peer=address, why=why)
    return Problem(401, why, headers={"WWW-Authenticate": 'Bearer realm="guardian"'})
