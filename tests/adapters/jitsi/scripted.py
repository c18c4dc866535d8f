"""A server that follows a script, for what a real one never does: cheat, stall, send rubbish, cut the line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from xml.etree.ElementTree import Element

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from guardian.adapters.jitsi import wire
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer
from guardian.adapters.jitsi.wire_frame import parse
from tests.adapters.jitsi.stanzas import BOT

Script = Callable[["Line"], Awaitable[None]]

OPEN = f"<open xmlns='{wire.FRAMING}' from='auth.meet.example.test' id='1' version='1.0'/>"
SUCCESS = f"<success xmlns='{wire.SASL}'/>"
BOUND = f"<iq xmlns='jabber:client' type='result' id='bind'><bind xmlns='{wire.BIND}'><jid>{BOT}</jid></bind></iq>"


def features(*mechanisms: str) -> str:
    """Stream features that offer these logins."""
    offered = "".join(f"<mechanism>{m}</mechanism>" for m in mechanisms)
    return (
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"
        f"<mechanisms xmlns='{wire.SASL}'>{offered}</mechanisms></stream:features>"
    )


def stream_error(condition: str) -> str:
    """RFC 6120 section 4.9."""
    return (
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"
        f"<{condition} xmlns='{wire.STREAMS}'/><text xmlns='{wire.STREAMS}'>why</text></stream:error>"
    )


class Line:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.path = socket.request.path if socket.request else ""

    async def send(self, *frames: str) -> None:
        for frame in frames:
            await self.socket.send(frame)

    async def hear(self) -> Element:
        """The next thing that the client says."""
        return parse(await self.socket.recv())

    async def hear_iq(self) -> Element:
        """The next IQ; anything else is passed over."""
        while (stanza := await self.hear()).tag != f"{{{wire.CLIENT}}}iq":
            pass
        return stanza

    async def answer(self, iq: Element, *, sender: str | None = None, kind: str = "result", inner: str = "") -> None:
        """An answer to an IQ, by default from where it went."""
        source = sender if sender is not None else iq.get("to", "")
        await self.send(f"<iq xmlns='jabber:client' type='{kind}' id='{iq.get('id')}' from='{source}'>{inner}</iq>")

    async def log_in(self, *mechanisms: str) -> None:
        """A login as it should be."""
        await self.hear()
        await self.send(OPEN, features(*(mechanisms or ("PLAIN",))))
        await self.hear()
        await self.send(SUCCESS)
        await self.hear()
        await self.send(OPEN, features())
        await self.hear()
        await self.send(BOUND)

    async def until_gone(self) -> None:
        """Read on until the client is gone."""
        try:
            while True:
                await self.socket.recv()
        except ConnectionClosed:
            return


@asynccontextmanager
async def scripted(script: Script, *, status: HTTPStatus | None = None) -> AsyncIterator[str]:
    """Serve; yields the websocket address. ``status``: the HTTP answer instead of a connection."""

    async def handle(socket: ServerConnection) -> None:
        try:
            await script(Line(socket))
        except ConnectionClosed:
            return

    def refuse(socket: ServerConnection, _: Request) -> Response | None:
        return socket.respond(status, "no") if status else None

    async with serve(
        handle, "127.0.0.1", 0, subprotocols=[Subprotocol("xmpp")], process_request=refuse, max_size=None
    ) as server:
        port: int = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/xmpp-websocket"


def settings(websocket: str, **changes: object) -> JitsiServer:
    """A server's settings with patience for tests."""
    values: dict[str, object] = {
        "websocket": websocket,
        "domain": "meet.example.test",
        "login": AccountLogin("guardian", "guardianpw"),
        "iq_timeout": 5.0,
        **changes,
    }
    return JitsiServer(**values)  # type: ignore[arg-type]
