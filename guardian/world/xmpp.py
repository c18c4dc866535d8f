"""A small XMPP client over WebSocket (RFC 7395), for people who play participants.

May live here: framing, login, IQ matching, stream management as far as a browser needs it. May not: meeting
rooms and lobbies (see `rooms.py`, `web_client.py`). It is written apart from the guardian's own client on
purpose: a mistake in one must not be excused by the same mistake in the other.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from guardian.world.markup import (
    BIND,
    CLIENT,
    FRAMING,
    SASL,
    SM,
    STANZAS,
    Xml,
    bare,
    error_of,
    local_name,
    tag,
)
from guardian.world.site import WorldError

_MAX_FRAME = 8 * 1024 * 1024  # bytes a player accepts; far above what a room sends


class XmppError(WorldError):
    """The connection could not be made, or is gone."""


class LoginRefused(XmppError):
    """The server refused the login; `condition` is its SASL condition, `text` its words."""

    def __init__(self, condition: str, text: str) -> None:
        super().__init__(f"login refused: {condition} {text}".rstrip())
        self.condition = condition
        self.text = text


class StanzaError(XmppError):
    """The server answered an IQ with an error; `condition` is the name of RFC 6120 section 8.3.3."""

    def __init__(self, condition: str, text: str) -> None:
        super().__init__(f"{condition} {text}".rstrip())
        self.condition = condition
        self.text = text


@dataclass(frozen=True, slots=True)
class Account:
    """A real account on the account host; SASL PLAIN."""

    name: str
    password: str

    def __repr__(self) -> str:
        return f"Account(name={self.name!r})"


@dataclass(frozen=True, slots=True)
class Guest:
    """Nobody in particular: SASL ANONYMOUS on the guest host."""


@dataclass(frozen=True, slots=True)
class Token:
    """A room token (JWT) in the address of the connection; SASL ANONYMOUS on the main host."""

    jwt: str

    def __repr__(self) -> str:
        return "Token()"


Login = Account | Guest | Token


class XmppClient:
    """One connection, made by `connect`; each stanza that is no IQ answer goes to the listeners, in order."""

    def __init__(self, socket: ClientConnection, host: str) -> None:
        self.jid = ""
        self.host = host
        self.closed = asyncio.Event()
        self.close_reason = ""
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[str, tuple[str | None, asyncio.Future[Element]]] = {}
        self._listeners: list[Callable[[Element], None]] = []
        self._reader: asyncio.Task[None] | None = None
        self._replies: set[asyncio.Task[None]] = set()
        self._received = 0

    @classmethod
    async def connect(
        cls, url: str, host: str, login: Login, *, room: str = "", resume: bool = True, timeout: float = 20.0
    ) -> Self:
        """Connect, log in and bind; `timeout` in seconds for all of it.

        `resume` asks the server to keep the session when the line is cut (XEP-0198), as Jitsi's web client
        does: that is what makes a ghost. Raises LoginRefused or XmppError.
        """
        query = {"room": room} if room else {}
        if isinstance(login, Token):
            query["token"] = login.jwt
        address = f"{url}?{urlencode(query)}" if query else url
        try:
            async with asyncio.timeout(timeout):
                socket = await connect(
                    address,
                    subprotocols=[Subprotocol("xmpp")],
                    compression=None,
                    ping_interval=None,
                    proxy=None,
                    max_size=_MAX_FRAME,
                    close_timeout=1,
                )
                client = cls(socket, host)
                try:
                    await client._start(login, resume=resume)
                except BaseException:
                    client.abort()
                    raise
                return client
        except (OSError, TimeoutError, WebSocketException) as error:
            raise XmppError(f"no connection to {url}: {error!r}") from error

    # -- talking

    def listen(self, listener: Callable[[Element], None]) -> None:
        """Hand every later stanza to `listener` too; it must not block."""
        self._listeners.append(listener)

    async def send(self, xml: Xml) -> None:
        """Send one element. Raises XmppError when the line is gone."""
        try:
            await self._socket.send(xml)
        except ConnectionClosed as error:
            raise XmppError(f"the connection is closed: {self.close_reason or error}") from error

    async def iq(self, kind: str, to: str | None, payload: Xml, *, timeout: float = 10.0) -> Element:
        """Ask; the answer is matched on id *and* sender. Raises StanzaError, XmppError, TimeoutError."""
        stanza_id = f"w{next(self._ids)}"
        answer: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._waiting[stanza_id] = (to, answer)
        try:
            await self.send(tag("iq", {"xmlns": CLIENT, "type": kind, "id": stanza_id, "to": to}, payload))
            async with asyncio.timeout(timeout):
                stanza = await answer
        finally:
            self._waiting.pop(stanza_id, None)
        if stanza.get("type") == "error":
            raise StanzaError(*error_of(stanza))
        return stanza

    async def close(self) -> None:
        """Say goodbye: the server ends the session at once, no ghost stays."""
        await self._part()
        await self._finish()

    def abort(self) -> None:
        """Cut the line without a word."""
        self.close_reason = self.close_reason or "cut by ourselves"
        self._socket.transport.abort()

    async def drop(self) -> None:
        """Cut the line and wait until our own side has noticed."""
        self.abort()
        await self._finish()

    async def _finish(self) -> None:
        if self._reader is not None:
            await self._reader

    # -- handshake

    async def _start(self, login: Login, *, resume: bool) -> None:
        await self._open()
        if isinstance(login, Account):
            proof = base64.b64encode(f"\0{login.name}\0{login.password}".encode()).decode()
            await self.send(tag("auth", {"xmlns": SASL, "mechanism": "PLAIN"}, proof))
        else:
            await self.send(tag("auth", {"xmlns": SASL, "mechanism": "ANONYMOUS"}))
        answer = await self._receive()
        if local_name(answer) != "success":
            conditions = [local_name(child) for child in answer if local_name(child) != "text"]
            raise LoginRefused("".join(conditions[:1]), answer.findtext(f"{{{SASL}}}text") or "")
        features = await self._open()
        await self.send(tag("iq", {"xmlns": CLIENT, "type": "set", "id": "bind"}, tag("bind", {"xmlns": BIND})))
        bound = await self._receive()
        self.jid = bound.findtext(f"{{{BIND}}}bind/{{{BIND}}}jid") or ""
        if not self.jid:
            raise XmppError(f"the server did not bind an address: {error_of(bound)}")
        if resume and features.find(f"{{{SM}}}sm") is not None:
            await self.send(tag("enable", {"xmlns": SM, "resume": "true"}))
        self._reader = asyncio.create_task(self._read(), name=f"xmpp {self.jid}")

    async def _open(self) -> Element:
        await self.send(tag("open", {"xmlns": FRAMING, "to": self.host, "version": "1.0"}))
        first = await self._receive()
        if local_name(first) != "open":
            raise XmppError(f"the server did not open a stream: {first.tag}")
        return await self._receive()

    async def _receive(self) -> Element:
        return self._parse(await self._socket.recv())

    @staticmethod
    def _parse(frame: str | bytes) -> Element:
        element: Element = fromstring(frame, forbid_dtd=True)
        return element

    # -- reading

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._take(self._parse(frame))
        except ConnectionClosed as error:
            self.close_reason = self.close_reason or str(error)
        finally:
            self.close_reason = self.close_reason or "closed"
            self.closed.set()
            for _, answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(XmppError(f"the connection ended: {self.close_reason}"))
            for listener in self._listeners:
                listener(Element("closed", {"reason": self.close_reason}))

    def _take(self, stanza: Element) -> None:
        name = local_name(stanza)
        if stanza.tag == f"{{{SM}}}r":
            self._reply(tag("a", {"xmlns": SM, "h": str(self._received)}))
            return
        if not stanza.tag.startswith(f"{{{CLIENT}}}"):
            if stanza.tag == f"{{{SM}}}enabled":
                self._received = 0
            elif name == "error":
                self.close_reason = " ".join(local_name(child) for child in stanza)
            elif name == "close":
                self.close_reason = self.close_reason or "the server said goodbye"
                self._later(self._part())
            return
        self._received += 1
        if name == "iq" and self._take_iq(stanza):
            return
        for listener in self._listeners:
            listener(stanza)

    def _take_iq(self, stanza: Element) -> bool:
        """True when nobody else needs to see it."""
        stanza_id, kind = stanza.get("id", ""), stanza.get("type")
        if kind in ("result", "error"):
            to, answer = self._waiting.get(stanza_id, (None, None))
            own = {None, bare(self.jid), self.host, self.jid}
            sender = stanza.get("from")
            if answer is not None and not answer.done() and (sender == to or (to in own and sender in own)):
                answer.set_result(stanza)
            return True
        if kind == "get":
            known = any(child.tag == "{urn:xmpp:ping}ping" for child in stanza)
            attributes = {"xmlns": CLIENT, "id": stanza_id, "to": stanza.get("from")}
            refusal = tag("error", {"type": "cancel"}, tag("service-unavailable", {"xmlns": STANZAS}))
            content = () if known else (refusal,)
            self._reply(tag("iq", {**attributes, "type": "result" if known else "error"}, *content))
            return True
        return False

    async def _part(self) -> None:
        with suppress(XmppError):
            await self.send(tag("close", {"xmlns": FRAMING}))
        await self._socket.close()

    def _reply(self, xml: Xml) -> None:
        async def answer() -> None:
            with suppress(XmppError):
                await self.send(xml)

        self._later(answer())

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)
