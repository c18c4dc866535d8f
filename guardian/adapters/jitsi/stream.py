"""One XMPP connection over WebSocket (RFC 7395): open, log in, bind, ask and be answered, stay alive.

May live here: bytes, waiting, the mapping of foreign errors. May not: rooms (``session``), what stanzas look like
(``wire*``). The URL may carry a token and is never logged or shown.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from xml.etree.ElementTree import Element

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException

from guardian.adapters.jitsi import dial, trouble, wire, wire_disco, wire_facts, wire_frame, wire_sasl
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer, TokenLogin
from guardian.adapters.jitsi.trouble import AddressUnusableError, NoAnswerError, StanzaRefusedError
from guardian.errors import PermanentError, TemporaryError

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Stream:
    """One connection, made by ``open``. ``on_stanza`` gets each presence and message, ``on_refused`` the start tag
    of each frame that was not read; both in order, neither may block. When it is over, ``closed`` is set, ``end`` says
    why and ``on_closed`` is called.
    """

    def __init__(
        self,
        socket: ClientConnection,
        server: JitsiServer,
        on_stanza: Callable[[Element], None],
        on_refused: Callable[[wire_frame.Head | None], None],
    ) -> None:
        self.jid = ""
        self.on_closed: Callable[[], None] = lambda: None
        self.closed = asyncio.Event()
        self.end: TemporaryError | PermanentError = TemporaryError("the connection to the server is closed")
        self._socket = socket
        self._server = server
        self._on_stanza, self._on_refused = on_stanza, on_refused
        self._ids = itertools.count(1)
        self._waiting: dict[str, tuple[str | None, asyncio.Future[Element]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # -- making one

    @classmethod
    async def open(
        cls,
        server: JitsiServer,
        room: str,
        on_stanza: Callable[[Element], None],
        on_refused: Callable[[wire_frame.Head | None], None] = lambda _: None,
        *,
        guest_of: str | None = None,
        timeout: float = 20.0,
    ) -> Self:
        """Connect and log in; ``timeout`` in seconds for all of it. ``guest_of``: without an account, on that host.

        Raises LoginRefusedError, HostUnknownError, TemporaryError.
        """
        host = guest_of or server.login_host
        try:
            async with asyncio.timeout(timeout):
                socket = await connect(dial.address(server, room, guest_of), **dial.options(server))
                stream = cls(socket, server, on_stanza, on_refused)
                try:
                    await stream._log_in(host, None if guest_of else server.login)
                except BaseException:
                    socket.transport.abort()
                    raise
        except (TimeoutError, OSError, InvalidHandshake, ConnectionClosed, ssl.SSLError) as error:
            raise TemporaryError(f"no connection to the server ({trouble.words(error)})") from error
        except (InvalidURI, WebSocketException):
            # Their text would quote the URL, and with it the token.
            raise AddressUnusableError("the server's websocket address is not usable") from None
        stream._start(stream._read())
        stream._start(stream._stay_alive(host))
        return stream

    async def _log_in(self, host: str, login: AccountLogin | TokenLogin | None) -> None:
        features = await self._begin(host)
        offered = wire_disco.mechanisms(features)
        if isinstance(login, AccountLogin):
            safe = self._server.confidential
            exchange = wire_sasl.for_account(offered, login.name, login.password, confidential=safe)
        else:
            exchange = wire_sasl.anonymous(offered)
        await self.send(wire.auth(exchange.mechanism, exchange.first()))
        while (answer := await self._next()).tag == f"{{{wire.SASL}}}challenge":
            await self.send(wire.response(exchange.answer(answer.text or "")))
        if answer.tag != f"{{{wire.SASL}}}success":
            raise trouble.of_login(answer)
        exchange.finish(answer.text or "")
        await self._begin(host)
        await self.send(wire.iq("set", "bind", None, wire.bind()))
        while (reply := await self._next()).get("id") != "bind":
            pass
        self.jid = wire_disco.bound(reply)
        if not self.jid:
            raise TemporaryError(f"the server gave us no address: {wire_facts.error_of(reply)[0]}")

    async def _begin(self, host: str) -> Element:
        await self.send(wire.open_stream(host))
        try:
            first = await self._next()
            if first.tag != f"{{{wire.FRAMING}}}open":
                raise TemporaryError("the server opened no stream")
            return await self._next()
        except trouble.HostUnknownError as error:
            raise trouble.HostUnknownError(f"{error}: {host}") from error

    async def _next(self) -> Element:
        """The next element of the login; a stream error instead is raised."""
        try:
            element = wire_frame.parse(await self._socket.recv(), self._server.frame_limit)
        except wire_frame.FrameRefusedError as refused:
            raise TemporaryError(f"the server's part of the login cannot be read: {refused}") from refused
        error = trouble.of_stream(element)
        if error is not None:
            raise error
        return element

    # -- talking

    async def send(self, stanza: Element) -> None:
        """Send one element. Raises TemporaryError when the line is gone."""
        try:
            await self._socket.send(wire.render(stanza))
        except ConnectionClosed as error:
            raise TemporaryError("the connection to the server is closed") from error

    async def iq(self, kind: str, to: str | None, payload: Element, *, timeout: float | None = None) -> Element:
        """Ask and wait for the answer, matched on id *and* sender (RFC 6120 section 8.1.2.1).

        ``timeout`` in seconds (default: the server's). Raises TemporaryError, StanzaRefusedError.
        """
        stanza_id = f"g{next(self._ids)}"
        answer: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._waiting[stanza_id] = (to, answer)
        patience = timeout or self._server.iq_timeout
        try:
            if self.closed.is_set():
                raise self.end
            await self.send(wire.iq(kind, stanza_id, to, payload))
            async with asyncio.timeout(patience):
                reply = await answer
        except TimeoutError:
            raise NoAnswerError(f"no answer within {patience:g} s") from None
        finally:
            self._waiting.pop(stanza_id, None)
            if answer.done() and not answer.cancelled():
                answer.exception()  # seen, even where sending failed first
        trouble.answered(reply)
        return reply

    async def close(self) -> None:
        """Say goodbye: the server ends the session at once, and no ghost of ours stays."""
        with suppress(TemporaryError, TimeoutError):
            async with asyncio.timeout(dial.CLOSING):
                await self.send(wire.close_stream())
                await self._socket.close()
        self.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def abort(self) -> None:
        """Cut the line without a word."""
        self._socket.transport.abort()

    # -- listening

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self) -> None:
        try:
            while True:
                self._take(await self._socket.recv())
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()
            for _, answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(self.end)
            self.on_closed()

    def _take(self, frame: str | bytes) -> None:
        try:
            element = wire_frame.parse(frame, self._server.frame_limit)
        except wire_frame.FrameRefusedError as refused:
            log.warning("frame_refused", why=str(refused), size=len(frame))
            self._on_refused(wire_frame.head(frame))
            return
        error = trouble.of_stream(element)
        if error is not None:
            self.end = error
            self.abort()
        elif element.tag == f"{{{wire.FRAMING}}}close":
            self.end = TemporaryError("the server said goodbye")
            self.abort()
        elif element.tag == f"{{{wire.CLIENT}}}iq":
            self._take_iq(element)
        else:
            self._hand_over(element, frame)

    def _hand_over(self, element: Element, frame: str | bytes) -> None:
        """A stanza that we stumble over must not cut the line: anybody in the room could send another."""
        try:
            self._on_stanza(element)
        except Exception as error:
            log.exception("stanza_failed", error=type(error).__name__)
            self._on_refused(wire_frame.head(frame))

    def _take_iq(self, iq: Element) -> None:
        stanza_id, sender = iq.get("id", ""), iq.get("from")
        if iq.get("type") in {"result", "error"}:
            to, answer = self._waiting.get(stanza_id, (None, None))
            # An answer from our own account or server may come without an address.
            own = {None, wire.bare(self.jid), wire.host(self.jid), self.jid}
            if answer is not None and not answer.done() and (sender == to or {sender, to} <= own):
                answer.set_result(iq)
            return
        known = iq.get("type") == "get" and iq.find(f"{{{wire.PING}}}ping") is not None
        self._start(self._reply(wire.iq("result", stanza_id, sender) if known else wire.refusal(stanza_id, sender)))

    async def _reply(self, stanza: Element) -> None:
        with suppress(TemporaryError):
            await self.send(stanza)

    async def _stay_alive(self, host: str) -> None:
        """XEP-0199: a line that does not answer is cut, so that it is noticed."""
        while not self.closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._server.ping_every):
                    await self.closed.wait()
                return
            try:
                await self.iq("get", host, wire.ping())
            except StanzaRefusedError:
                continue  # it knows no ping, yet it answered
            except NoAnswerError:
                if not self.closed.is_set():
                    self.end = TemporaryError("the server does not answer any more")
                    self.abort()
            except TemporaryError:
                continue  # it answered, or the line is gone
