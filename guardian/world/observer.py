"""The judge's eyes: a program of its own that sits in the meeting and its lobby and writes down what it sees.

Started by path, in its own process (`python -I observer.py`), it imports nothing of the guardian: only the standard
library, `websockets` and `defusedxml` (a test reads this file's imports). It never acts: it joins, looks, asks the
rooms for their features, and leaves. What its lines mean is judged in `verdict.py`.

It logs in as an account that may look into the lobby and see real addresses, so it is an owner to the server; the
class list names it as staff, as a school would list a safeguarding officer who sits in.

Input: one line of JSON on standard input, `Settings`. The stream's end, SIGTERM or SIGINT mean "finish".
Output: one JSON object a line on standard output, `at` in seconds since the epoch, in the order of arrival:

    watching   it is inside and sees everybody           door     `shut`: members only, or not
    came       somebody is there: `place` (inside, waiting), `nick`, `jid`, `name`, `affiliation`, `sharing`
    changed    somebody shows something else: as `came`   went     with `codes`, `actor` (bare address), `reason`;
               code `vanished`: nobody was told of the going, but a recount does not find them any more
    lobby      `there`: it sees who waits, or not         end      `inside`, `waiting`: who is there now
    blind      it cannot see any more: `reason`; the last line
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any, TextIO
from urllib.parse import urlencode
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import fromstring
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
_BIND = "urn:ietf:params:xml:ns:xmpp-bind"
_CLIENT = "{jabber:client}"
_MUC = "http://jabber.org/protocol/muc"
_USER = f"{{{_MUC}#user}}"
_INFO = "{http://jabber.org/protocol/disco#info}"
_FORM = "{jabber:x:data}"
_NICK = "{http://jabber.org/protocol/nick}nick"
_LOOK_EVERY = 0.1  # seconds between two looks for a lobby that is not there yet
_DOOR_EVERY = 1.0  # seconds between two looks at the door, besides those after each change that is announced
_SILENCE = 1.0  # seconds after which a room that does not answer is taken not to be there
_PATIENCE = 15.0  # seconds for the login and for the last look
_LARGEST = 8 * 1024 * 1024  # bytes of a frame


class BlindError(Exception):
    """The observer cannot see, or no longer; whatever happens then is not its evidence."""


@dataclass(frozen=True)
class Settings:
    """Where to look. `room` and `lobby` are addresses; `focus` the conference focus to be asked first, or ""."""

    url: str
    host: str
    account: str
    password: str
    room: str
    lobby: str
    nick: str = "observer"
    focus: str = ""


class Observer:
    """One look at one meeting, from `watch` until `finish`."""

    def __init__(self, settings: Settings, out: TextIO) -> None:
        self._settings = settings
        self._out = out
        self._lobby = settings.lobby
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Element]] = {}
        self._people: dict[tuple[str, str], dict[str, Any]] = {}
        self._inside = asyncio.Event()
        self._counted: set[str] | None = None
        self._counting = asyncio.Lock()
        self._in_lobby = False
        self._shut: bool | None = None
        self._socket: ClientConnection

    async def watch(self, stop: asyncio.Event) -> None:
        """Look until `stop`. Raises BlindError."""
        query = urlencode({"room": self._settings.room.partition("@")[0]})
        try:
            async with connect(
                f"{self._settings.url}?{query}",
                subprotocols=[Subprotocol("xmpp")],
                compression=None,
                ping_interval=None,
                proxy=None,
                max_size=_LARGEST,
                close_timeout=1,
            ) as self._socket:
                async with asyncio.timeout(_PATIENCE):
                    await self._log_in()
                await self._while_reading(stop)
        except (OSError, TimeoutError, WebSocketException) as error:
            raise BlindError(f"{type(error).__name__}: {error}") from error

    async def _while_reading(self, stop: asyncio.Event) -> None:
        reading = asyncio.create_task(self._read())
        watching = asyncio.create_task(self._watch_until(stop))
        try:
            await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not watching.done():
                reading.result()
                raise BlindError("the server closed the connection")
            watching.result()
        finally:
            for task in (reading, watching):
                task.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)

    async def _watch_until(self, stop: asyncio.Event) -> None:
        async with asyncio.timeout(_PATIENCE):
            await self._enter()
        self._write("watching")
        await self._keep_looking(stop)
        async with asyncio.timeout(_PATIENCE):
            await self._look_at_the_door()
            await self._recount()  # whatever the room sent before its answer has been read by then
            if self._in_lobby:
                await self._features(self._lobby)
        there = {place: [p["jid"] for (where, _), p in self._people.items() if where == place] for place in _PLACES}
        self._write("end", **there)

    # -- the connection

    async def _log_in(self) -> None:
        login = base64.b64encode(f"\0{self._settings.account}\0{self._settings.password}".encode()).decode()
        await self._open()
        await self._send(f'<auth xmlns="{_SASL}" mechanism="PLAIN">{login}</auth>')
        answer = fromstring(await self._socket.recv(), forbid_dtd=True)
        if not answer.tag.endswith("}success"):
            raise BlindError("the server refused the observer's login")
        await self._open()
        await self._send(f'<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="{_BIND}"/></iq>')
        await self._socket.recv()

    async def _open(self) -> None:
        await self._send(f'<open xmlns="{_FRAMING}" to={quoteattr(self._settings.host)} version="1.0"/>')
        await self._socket.recv()
        await self._socket.recv()

    async def _send(self, xml: str) -> None:
        await self._socket.send(xml)

    async def _ask(self, kind: str, to: str, payload: str) -> Element:
        """The answer, also an error."""
        stanza_id = f"o{next(self._ids)}"
        answer: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._answers[stanza_id] = answer
        try:
            await self._send(
                f'<iq xmlns="jabber:client" type="{kind}" id="{stanza_id}" to={quoteattr(to)}>{payload}</iq>'
            )
            async with asyncio.timeout(_PATIENCE):
                return await answer
        finally:
            del self._answers[stanza_id]

    async def _features(self, address: str) -> Element | None:
        """What a room says of itself; None when it does not. Jitsi's lobby is silent to whoever is not in it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SILENCE):
                answer = await self._ask("get", address, f'<query xmlns="{_INFO[1:-1]}"/>')
                return answer if answer.get("type") == "result" else None
        return None

    # -- going in

    async def _enter(self) -> None:
        if self._settings.focus:
            room = quoteattr(self._settings.room)
            wish = f'<conference xmlns="http://jitsi.org/protocol/focus" room={room}/>'
            answer = await self._ask("set", self._settings.focus, wish)
            if answer.get("type") != "result":
                raise BlindError("the conference focus does not open the room")
        await self._join(self._settings.room)
        await self._inside.wait()
        await self._look_at_the_door()

    async def _join(self, address: str) -> None:
        to = quoteattr(f"{address}/{self._settings.nick}")
        name = f'<nick xmlns="{_NICK[1:-5]}">{escape("Observer")}</nick>'
        await self._send(f'<presence xmlns="jabber:client" to={to}><x xmlns="{_MUC}"/>{name}</presence>')

    async def _keep_looking(self, stop: asyncio.Event) -> None:
        """Find the lobby when there is one. Joining a room that is not there would make it, so ask first."""
        for turn in itertools.count():
            if turn % round(_DOOR_EVERY / _LOOK_EVERY) == 0:
                await self._look_at_the_door()
            if not self._in_lobby and await self._features(self._lobby) is not None:
                await self._join(self._lobby)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await stop.wait()
                    return

    async def _look_at_the_door(self) -> None:
        features = await self._features(self._settings.room)
        if features is None:
            return
        shut = any(f.get("var") == "muc_membersonly" for f in features.iter(f"{_INFO}feature"))
        if shut != self._shut:
            self._shut = shut
            self._write("door", shut=shut)
            await self._recount()
        for form_field in features.iter(f"{_FORM}field"):
            if form_field.get("var") == "muc#roominfo_lobbyroom" and not self._in_lobby:
                named = form_field.findtext(f"{_FORM}value")
                if named:  # Jitsi's own lobby hides its features from outside, but the room names it
                    self._lobby = named
                    await self._join(named)

    async def _recount(self) -> None:
        """Ask for the list of those inside (by joining again: XEP-0045 section 7.2.2) and note who has vanished.

        Prosody 0.12 tells the rest of a room nothing of those whom it throws out when the door is shut over them.
        """
        async with self._counting:
            self._counted = set()
            self._inside.clear()
            await self._join(self._settings.room)
            await self._inside.wait()

    # -- what arrives

    async def _read(self) -> None:
        async for frame in self._socket:
            stanza = fromstring(frame, forbid_dtd=True)
            if stanza.tag == f"{_CLIENT}presence":
                self._on_presence(stanza)
            elif stanza.tag == f"{_CLIENT}iq":
                self._on_iq(stanza)
            elif stanza.tag == f"{_CLIENT}message" and "104" in _codes(stanza):
                asking = asyncio.create_task(self._look_at_the_door())
                asking.add_done_callback(lambda task: task.cancelled() or task.exception())

    def _on_iq(self, stanza: Element) -> None:
        answer = self._answers.get(stanza.get("id", ""))
        if stanza.get("type") in ("result", "error") and answer is not None and not answer.done():
            answer.set_result(stanza)

    def _on_presence(self, stanza: Element) -> None:
        room, _, nick = stanza.get("from", "").partition("/")
        place = {self._settings.room: "inside", self._lobby: "waiting"}.get(room)
        if place is None:
            return
        own = nick == self._settings.nick
        kind = stanza.get("type")
        if own and place == "inside":
            self._on_own_presence(kind)
        elif own:
            self._on_own_lobby_presence(kind)
        elif kind == "unavailable":
            self._on_exit(place, nick, stanza)
        elif kind is None:
            self._on_arrival(place, nick, stanza)

    def _on_own_presence(self, kind: str | None) -> None:
        if kind is not None:
            raise BlindError(f"the observer is not in the meeting: {kind}")
        counted, self._counted = self._counted, None
        for place, nick in [key for key in self._people if key[0] == "inside"]:
            if counted is not None and nick not in counted:
                self._gone(self._people.pop((place, nick)), ["vanished"])
        self._inside.set()

    def _on_own_lobby_presence(self, kind: str | None) -> None:
        """Put out of the lobby, or the lobby is gone: nobody is seen there until it is found again."""
        was, self._in_lobby = self._in_lobby, kind is None
        if self._in_lobby == was:
            return
        self._write("lobby", there=self._in_lobby)
        for place, nick in [key for key in self._people if key[0] == "waiting" and not self._in_lobby]:
            self._gone(self._people.pop((place, nick)), ["lobby-gone"])

    def _on_arrival(self, place: str, nick: str, stanza: Element) -> None:
        item = stanza.find(f"{_USER}x/{_USER}item")
        attributes = item.attrib if item is not None else {}
        shown = {
            "place": place,
            "nick": nick,
            "jid": attributes.get("jid", ""),
            "name": stanza.findtext(_NICK) or "",
            "affiliation": attributes.get("affiliation", ""),
            "sharing": '"desktop"' in (stanza.findtext(f"{_CLIENT}SourceInfo") or ""),
        }
        if self._counted is not None and place == "inside":
            self._counted.add(nick)
        known = self._people.get((place, nick))
        self._people[place, nick] = shown
        if known is None or known["jid"] != shown["jid"]:
            self._write("came", **shown)
        elif known != shown:
            self._write("changed", **shown)

    def _on_exit(self, place: str, nick: str, stanza: Element) -> None:
        gone = self._people.pop((place, nick), None)
        if gone is None:
            return
        item = stanza.find(f"{_USER}x/{_USER}item")
        actor = item.find(f"{_USER}actor") if item is not None else None
        reason = item.findtext(f"{_USER}reason") if item is not None else ""
        self._gone(gone, _codes(stanza), self._address_of(actor) if actor is not None else "", reason or "")

    def _gone(self, who: dict[str, Any], codes: list[str], actor: str = "", reason: str = "") -> None:
        shown = {key: who[key] for key in ("place", "nick", "jid", "name")}
        self._write("went", **shown, codes=codes, actor=actor, reason=reason)

    def _address_of(self, actor: Element) -> str:
        """The bare address of whoever did it; rooms tell the nick, the address, or both."""
        nick = actor.get("nick", "")
        known = self._people.get(("inside", nick)) or self._people.get(("waiting", nick)) or {}
        address = actor.get("jid") or known.get("jid") or nick
        return str(address).partition("/")[0]

    def _write(self, what: str, **fields: Any) -> None:
        self._out.write(json.dumps({"at": time.time(), "what": what, **fields}) + "\n")
        self._out.flush()


_PLACES = ("inside", "waiting")


def _codes(stanza: Element) -> list[str]:
    return sorted(s.get("code", "") for s in stanza.findall(f"{_USER}x/{_USER}status"))


async def _end_of(stream: TextIO, stop: asyncio.Event) -> None:
    """A parent that is gone closes the stream: nobody reads us any more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stream)
    await reader.read()
    stop.set()


async def main(settings: Settings, out: TextIO) -> int:
    """Look until told to finish; 0, or 1 when it was blind."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ending = asyncio.create_task(_end_of(sys.stdin, stop))
    try:
        await Observer(settings, out).watch(stop)
    except BlindError as error:
        out.write(json.dumps({"at": time.time(), "what": "blind", "reason": str(error)}) + "\n")
        out.flush()
        return 1
    finally:
        ending.cancel()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Settings(**json.loads(sys.stdin.readline())), sys.stdout)))
