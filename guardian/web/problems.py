"""Every refusal as a problem document (RFC 9457), and the middleware that makes it one. No route lives here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import web

from guardian.errors import DeniedError, GuardianError, NobodyMeantError, OrderError, SeveralMeantError

_log = structlog.get_logger()

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "guardian",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """A refusal that a route gives on purpose. ``detail`` is for the human; ``more`` are further members."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        """Keep what the answer will say."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def answer(problem: Problem) -> web.Response:
    """The problem document."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return web.Response(
        status=problem.status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers=problem.headers,
    )


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error of a route into a problem document; what we did not expect says nothing of itself."""
    try:
        response = await handler(request)
    except Problem as problem:
        response = answer(problem)
    except DeniedError as error:
        response = answer(Problem(403, str(error)))
    except SeveralMeantError as error:
        response = answer(Problem(409, str(error), candidates=error.candidates))
    except NobodyMeantError as error:
        response = answer(Problem(404, str(error)))
    except OrderError as error:
        response = answer(Problem(422, str(error)))
    except web.HTTPException as error:
        allow = {name: value for name, value in error.headers.items() if name == "Allow"}
        response = answer(Problem(error.status, _OWN_WORDS.get(error.status, error.reason), headers=allow))
    except GuardianError as error:
        _log.warning("request_failed", error=type(error).__name__)
        response = answer(Problem(503, str(error)))
    except Exception as error:  # noqa: BLE001 - a route's fault must not show itself to a stranger
        _log.exception("request_crashed", error=type(error).__name__)
        response = answer(Problem(500, "the guardian could not answer; its log says why"))
    for name, value in SAFE_HEADERS.items():
        # A page of ours has a policy of its own.
        response.headers.setdefault(name, value)
    return response


_OWN_WORDS = {
    404: "there is nothing at this address",
    405: "this address does not take that method",
    413: "the body is too large",
}
