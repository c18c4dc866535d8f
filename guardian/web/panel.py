"""The companion panel's pages and files: what a browser inside a host's Zoom client is given, and with which headers.

The desk judges who may have the page; what is said over its socket is in ``panel_socket``. No text of a stranger and
no name stands in any page from here.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from guardian.errors import DeniedError
from guardian.ports import Desk
from guardian.web.door import GUARDED
from guardian.web.problems import Problem

_log = structlog.get_logger()

PLATFORM = "zoom"
CONFIRM_WITHIN = 20.0  # seconds for the platform to confirm that a host has added the panel
_FOLDER = files("guardian.web") / "static" / "zoom"
_KINDS = {".js": "text/javascript", ".css": "text/css"}
# The Zoom Apps SDK is the file of npm's @zoom/appssdk as it is published; a test holds it to its checksum.
FILES = ("appssdk.js", "client.js", "link.js", "names.js", "panel.css", "panel.js", "rows.js", "screen.js", "words.js")
_STRICT_TRANSPORT = "max-age=31536000"


async def page(request: web.Request) -> web.Response:
    """The panel, for a request that proves whose Zoom client sent it; else 403 in kind words."""
    desk = desk_of(request)
    try:
        token = desk.page(request.headers)
    except DeniedError as error:
        _log.warning("panel_refused", why=str(error))
        return _notice(desk, 403, "This panel opens in Zoom", str(error))
    text = (_FOLDER / "panel.html").read_text("utf-8").replace("{token}", html.escape(token, quote=True))
    return _html(desk, text)


async def file(request: web.Request) -> web.Response:
    """One of the page's own files. They hold nothing secret."""
    desk_of(request)
    name = request.match_info["name"]
    if name not in FILES:
        raise Problem(404, "there is nothing at this address")
    kind = _KINDS[name[name.rindex(".") :]]
    headers = {"Strict-Transport-Security": _STRICT_TRANSPORT, "Referrer-Policy": "same-origin"}
    return web.Response(
        body=(_FOLDER / name).read_bytes(), content_type=kind, charset="utf-8", headers={**headers, **_FILE_POLICY}
    )


async def added(request: web.Request) -> web.Response:
    """Where Zoom sends a host back who has added the panel to their client."""
    desk = desk_of(request)
    try:
        async with asyncio.timeout(CONFIRM_WITHIN):
            await desk.added(request.query)
    except DeniedError as error:
        _log.warning("panel_not_added", why=str(error))
        return _notice(desk, 403, "The panel was not added", str(error))
    except TimeoutError:
        return _notice(desk, 503, "The panel was not added", "Zoom did not confirm it in time: open the link again")
    return _notice(
        desk, 200, "The panel was added", "In your next class open it in the Zoom meeting, under Apps. Close this page."
    )


def desk_of(request: web.Request) -> Desk:
    """The desk that panels come to. Raises Problem where no meeting is on this platform."""
    desk = request.app[GUARDED].desks.get(PLATFORM)
    if desk is None:
        raise Problem(404, "there is nothing at this address")
    return desk


def _notice(desk: Desk, status: int, title: str, text: str) -> web.Response:
    shown = (_FOLDER / "notice.html").read_text("utf-8")
    shown = shown.replace("{title}", html.escape(title)).replace("{text}", html.escape(text[:1].upper() + text[1:]))
    return _html(desk, shown, status)


def _html(desk: Desk, text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html", headers=page_headers(desk.origin))


def page_headers(origin: str) -> Mapping[str, str]:
    """What Zoom's client demands of every page ("OWASP Headers"), and no more rights than the panel needs.

    The socket's address stands there by itself: older WebKit does not take it for ``'self'``. Zoom asks to allow
    itself as a frame; the page refuses to work in one.
    """
    parts = urlsplit(origin)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'",
        f"connect-src 'self' {socket}",
        "base-uri 'none'; form-action 'none'; frame-ancestors https://zoom.us https://*.zoom.us",
    )
    return {
        "Strict-Transport-Security": _STRICT_TRANSPORT,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
    }


_FILE_POLICY = {"Content-Security-Policy": "default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin"}
