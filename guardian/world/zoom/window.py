"""One window of the host's client: it opens the page, keeps the page's connection, and dies in several ways.

May live here: HTTP, WebSocket, closing codes and when the page comes back by itself. May not: what the page says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from guardian.world.zoom.changes import Changes
from guardian.world.zoom.panel_page import missing_headers, panel_token

Frame = dict[str, Any]
_AGENT = "Mozilla/5.0 (invented) ZoomApps/1.0"
_MALFORMED, _REFUSED, _REPLACED = 4400, 4401, 4409
_ENDS = {1000: "closed", _MALFORMED: "refused", _REFUSED: "refused", _REPLACED: "replaced"}
_PAUSES = (1.0, 2.0, 4.0, 5.0)  # Zoom's seconds between attempts to come back; the last one repeats


@dataclass(frozen=True, slots=True)
class Page:
    """What runs in the window. context: "" sends none; greet: the first message, given a proof; talk: one connection,
    as long as it lasts; becomes: told of every new state.
    """

    context: Callable[[], str]
    greet: Callable[[Frame], Frame]
    talk: Callable[[Window], Awaitable[None]]
    becomes: Callable[[str], None]


class Window:
    """`state`: "closed", "opening", "open", "refused", "replaced", or "away" (it will come back by itself)."""

    def __init__(self, page: Page, sleep: Callable[[float], Awaitable[None]], origin: str | None) -> None:
        self.state = "closed"
        self.url = ""
        self.http_status = 0
        self.close_code: int | None = None
        self.why = ""
        self.changes = Changes()
        self._page = page
        self._sleep = sleep
        self._origin = origin
        self._session: ClientSession | None = None
        self._socket: ClientWebSocketResponse | None = None
        self._life: asyncio.Task[None] | None = None

    async def open(self, url: str, timeout: float) -> None:
        """Load the page and wait until it is connected, or refused."""
        self.url = url
        self.becomes("opening")
        self._life = asyncio.create_task(self._live())
        await self.changes.until(lambda: self.state not in {"opening", "away"}, timeout)

    async def close(self) -> None:
        """Close it properly."""
        if self._socket is not None:
            await self._socket.close()
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            for outcome in await asyncio.gather(life, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
            self.becomes("closed")

    def kill(self) -> None:
        """Let it vanish without a close."""
        if self._life is not None:
            self._life.cancel()
        self.becomes("closed")

    async def send(self, frame: Frame) -> None:
        """Send a frame, if there is a connection."""
        if self._socket is not None:
            with suppress(ConnectionError, ClientError):
                await self._socket.send_json(frame)

    async def receive(self) -> Frame | None:
        """The next frame of this connection; None: it has ended."""
        while self._socket is not None:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                frame: Frame = json.loads(message.data)
                return frame
            if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
                return None
        return None

    async def fetch(self, url: str, context: str) -> tuple[int, str]:
        """Ask for a page with this context ("": with none); its status and text."""
        headers = {"User-Agent": _AGENT} | ({"x-zoom-app-context": context} if context else {})
        async with ClientSession() as session, session.get(url, headers=headers) as answer:
            gaps = missing_headers(answer.headers) if answer.status == 200 else ()
            self.why = f"the page lacks {', '.join(gaps)}" if gaps else ""
            return answer.status, await answer.text()

    def becomes(self, state: str) -> None:
        """It is in another state now."""
        if state != self.state:
            self.state = state
            self._page.becomes(state)
        self.changes.notify()

    async def _live(self) -> None:
        """From the page's loading to the window's end, with as many connections as it takes."""
        token = await self._load()
        if token is None:
            self.becomes("refused")
            return
        proof: Frame = {"token": token} if token else {}
        tries = 0
        async with ClientSession() as self._session:
            while True:
                ended = await self._connect(proof or {"context": self._page.context()})
                if ended is not None:
                    self.becomes(ended)
                    return
                proof, tries = {}, 0 if self.state == "open" else tries + 1
                self.becomes("away")
                await self._sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])

    async def _load(self) -> str | None:
        """The page's token, "" if it has none; None: there is no page to show."""
        try:
            self.http_status, text = await self.fetch(self.url, self._page.context())
        except (ClientError, OSError) as error:
            self.http_status, self.why = 0, type(error).__name__
            return None
        return None if self.http_status != 200 or self.why else panel_token(text)

    async def _connect(self, proof: Frame) -> str | None:
        """One connection to its end: the state in which the window stays then, or None if the page tries again."""
        parts = urlsplit(self.url)
        secure = "wss" if parts.scheme == "https" else "ws"
        address = f"{secure}://{parts.netloc}{parts.path.rstrip('/')}/ws"
        origin = self._origin or f"{parts.scheme}://{parts.netloc}"
        self.close_code = None
        if self._session is None:
            return "closed"
        try:
            socket = await self._session.ws_connect(address, origin=origin, headers={"User-Agent": _AGENT})
        except (ClientError, OSError) as error:
            self.http_status = getattr(error, "status", 0)
            return "refused" if self.http_status in {401, 403} else None
        self._socket = socket
        try:
            await self.send(self._page.greet(proof))
            await self._page.talk(self)
        finally:
            self._socket = None
        self.close_code = socket.close_code
        return _ENDS.get(self.close_code or 0)
