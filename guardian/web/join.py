"""The pages behind personal links: a look binds nothing, a press joins. What they say is in ``join_pages``.

The link itself proves who asks, so no operator's token is needed here. No address of a link may reach a log: requests
are not logged, no error names one, and browsers are told to pass none on.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from guardian.app.link_doors import LinkedClass, LinkRefusedError, Why
from guardian.app.link_tokens import same
from guardian.app.links import LinkBook
from guardian.errors import GuardianError
from guardian.ports import Clock, Link
from guardian.web.join_limits import Pace
from guardian.web.join_pages import FOLDER, Form, broken, code_sent, ready, refusal

COOKIE = "__Host-guardian-join"
READ_WITHIN = 5.0  # seconds for a browser to send its form
_COOKIE_LIVES = 180 * 86400
_COOKIE_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")
_FORM = "application/x-www-form-urlencoded"

_log = structlog.get_logger()

Answer = Callable[[web.Request, LinkBook], Awaitable[web.StreamResponse]]


class Joining:
    """What the pages work with: the book (None: no personal links here), the time, and who asks too often."""

    def __init__(self, book: LinkBook | None, clock: Clock) -> None:
        self.book, self.clock = book, clock
        self.links, self.strangers = Pace(40), Pace(60)


JOINING: web.AppKey[Joining] = web.AppKey("joining")


async def show(request: web.Request) -> web.StreamResponse:
    """``GET``: what a mail's scanner may see as well. Binds nothing."""
    return await _kindly(request, _show)


async def join(request: web.Request) -> web.StreamResponse:
    """``POST``: "Join class"; on to the platform, for the link's own browser."""
    return await _kindly(request, _join)


async def code(request: web.Request) -> web.StreamResponse:
    """``POST``: a second device; without a code one is mailed, with the right one it goes on to the platform."""
    return await _kindly(request, _code)


async def style(_request: web.Request) -> web.Response:
    """The pages' one file."""
    headers = {"Content-Security-Policy": "default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin"}
    body = (FOLDER / "join.css").read_bytes()
    return web.Response(body=body, content_type="text/css", charset="utf-8", headers=headers)


async def _show(request: web.Request, book: LinkBook) -> web.StreamResponse:
    link, klass = await book.look(_token(request))
    _not_too_often(request, link, klass)
    await book.open(_token(request))
    cookie = _cookie(request)
    fresh = cookie or secrets.token_urlsafe(24)
    page = _html(200, ready(klass.title, klass.call, _form(request, book, link, fresh)), _targets(link, klass))
    if cookie is None:
        # Lax: the first visit comes from a mail program or another site, and must bring the cookie with it.
        page.set_cookie(COOKIE, fresh, max_age=_COOKIE_LIVES, path="/", secure=True, httponly=True, samesite="Lax")
    return page


async def _join(request: web.Request, book: LinkBook) -> web.StreamResponse:
    cookie, _, _ = await _own_form(request, book)
    return _on(await book.join(_token(request), cookie))


async def _code(request: web.Request, book: LinkBook) -> web.StreamResponse:
    cookie, link, fields = await _own_form(request, book)
    typed = fields.get("code", "").strip()
    if typed:
        return _on(await book.check_code(_token(request), cookie, typed))
    klass, device = await book.send_code(_token(request), cookie)
    sent = klass.refusal(Why.OTHER_BROWSER, request.app[JOINING].clock(), device)
    return _html(200, code_sent(sent, _form(request, book, link, cookie)), _targets(link, klass))


async def _own_form(request: web.Request, book: LinkBook) -> tuple[str, Link, Mapping[str, str]]:
    """The browser's cookie, its link and what it sent, if that is a form of ours in the same browser.

    Raises LinkRefusedError, JournalError.
    """
    link, klass = await book.open(_token(request))
    _not_too_often(request, link, klass)
    cookie, fields = _cookie(request), await _fields(request)
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if cookie is None or elsewhere or not same(fields.get("form", ""), book.keys.form(cookie, link.lid)):
        raise klass.refusal(Why.NO_COOKIE, request.app[JOINING].clock())
    return cookie, link, fields


async def _kindly(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Every refusal as a page."""
    joining = request.app[JOINING]
    if joining.book is None:
        return _html(*refusal(LinkRefusedError(Why.WRONG), None))
    try:
        return await answer(request, joining.book)
    except LinkRefusedError as refused:
        return await _refuse(request, joining.book, refused)
    except GuardianError as error:
        _log.warning("join_failed", error=type(error).__name__)
        return _html(*broken())


async def _refuse(request: web.Request, book: LinkBook, refused: LinkRefusedError) -> web.StreamResponse:
    joining = request.app[JOINING]
    if refused.why is Why.WRONG and joining.strangers.over(request.remote or "unknown", joining.clock()):
        return _html(*refusal(LinkRefusedError(Why.TOO_OFTEN), None))
    _log.info("join_refused", why=refused.why.value)
    cookie = _cookie(request)
    if not refused.device or cookie is None:
        return _html(*refusal(refused, None))
    try:
        link, klass = await book.look(_token(request))
    except GuardianError:
        return _html(*refusal(refused, None))
    return _html(*refusal(refused, _form(request, book, link, cookie)), _targets(link, klass))


def _not_too_often(request: web.Request, link: Link, klass: LinkedClass) -> None:
    joining = request.app[JOINING]
    if joining.links.over(link.lid, joining.clock()):
        raise klass.refusal(Why.TOO_OFTEN, joining.clock())


def _token(request: web.Request) -> str:
    return request.match_info["token"]


def _cookie(request: web.Request) -> str | None:
    found = request.cookies.get(COOKIE, "")
    return found if _COOKIE_SHAPE.fullmatch(found) else None


async def _fields(request: web.Request) -> Mapping[str, str]:
    """The form's fields; none for what is no form, or comes too slowly."""
    if request.content_type != _FORM:
        return {}
    try:
        async with asyncio.timeout(READ_WITHIN):
            found = await request.post()
    except (TimeoutError, ValueError, LookupError):  # too slow; a broken encoding; an unknown one
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _form(request: web.Request, book: LinkBook, link: Link, cookie: str) -> Form:
    return Form(_token(request), book.keys.form(cookie, link.lid))


def _targets(link: Link, klass: LinkedClass) -> tuple[str, ...]:
    """Where this link's form may lead to."""
    own = urlsplit(link.way)
    return (*klass.doorway.origins, *((f"{own.scheme}://{own.netloc}",) if own.netloc else ()))


def _on(way: str) -> web.Response:
    """303: the browser gets the address by a ``GET``; it stands in no page."""
    return web.Response(status=303, headers={"Location": way, "Referrer-Policy": "no-referrer"})


def _html(status: int, text: str, targets: tuple[str, ...] = ()) -> web.Response:
    # A browser holds the answer to a form to this as well: the platform must be named.
    to = " ".join(dict.fromkeys(("'self'", *targets)))
    policy = f"default-src 'none'; style-src 'self'; form-action {to}; base-uri 'none'; frame-ancestors 'none'"
    headers = {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=31536000",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
    }
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=headers)
