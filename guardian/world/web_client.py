"""What Jitsi's web client does by itself: ask, knock, wait in the lobby, walk in when invited, see the end.

May live here: reactions to stanzas. May not: what a person does by pressing something (see `jitsi.py`,
`moderator.py`), stanza text (see `rooms.py`). It follows lib-jitsi-meet's `Lobby.js` and `ChatRoom.ts`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element

from guardian.world.diary import Diary, State
from guardian.world.markup import CLIENT, Xml, bare, error_of, local_name, resource, tag
from guardian.world.rooms import (
    FOCUS,
    JITMEET,
    MUC_USER,
    Exit,
    Face,
    Occupant,
    join_presence,
    leave_presence,
    lobby_hint,
    muted_medium,
    read_exit,
    read_occupant,
    status_codes,
)
from guardian.world.site import Site
from guardian.world.xmpp import Account, Guest, Login, XmppClient, XmppError

_NO_ROOM_YET = ("item-not-found", "not-allowed")
_PUT_OUT = frozenset({"301", "307", "321", "322"})  # banned, kicked, affiliation lost, members-only now
_SERVER_GOES = frozenset({"332", "333"})


@dataclass(frozen=True, slots=True)
class Message:
    """A text sent to this player alone, or to the room (`private` false)."""

    sender: str
    text: str
    private: bool


class WebClient:
    """One person's client. `people` and `waiting_people` are by nick, as the two rooms show them to her."""

    def __init__(self, site: Site, login: Login) -> None:
        self.site = site
        self.login = login
        self.diary = Diary()
        self.people: dict[str, Occupant] = {}
        self.waiting_people: dict[str, Occupant] = {}
        self.messages: list[Message] = []
        self.notices: list[dict[str, Any]] = []
        self.room = ""
        self.nick = ""
        self.face = Face()
        self._client: XmppClient | None = None
        self._lobby = ""
        self._in_lobby = False
        self._give_up = 0.0
        self._retry_interval = 0.2
        self._player: asyncio.Task[None] | None = None
        self._later: asyncio.Task[None] | None = None

    @property
    def room_jid(self) -> str:
        """The meeting she wants or is in."""
        return self.site.room_jid(self.room)

    @property
    def jid(self) -> str:
        """The real full address, "" while not connected."""
        return self._client.jid if self._client is not None else ""

    # -- the connection

    async def _connect(self, room: str, *, resume: bool) -> None:
        site, host = self.site, self.site.domain
        if isinstance(self.login, Account):
            host = site.auth_domain
        elif isinstance(self.login, Guest):
            host = site.guest_domain
        client = await XmppClient.connect(site.websocket_url, host, self.login, room=room, resume=resume)
        self._client = client
        inbox: asyncio.Queue[Element] = asyncio.Queue()
        client.listen(inbox.put_nowait)
        self._player = asyncio.create_task(self._play(client, inbox), name=f"player {client.jid}")

    async def _play(self, client: XmppClient, inbox: asyncio.Queue[Element]) -> None:
        try:
            while (stanza := await inbox.get()).tag != "closed":
                with suppress(XmppError):  # the line broke under our answer: "closed" comes in a moment
                    await self._handle(stanza)
                self.diary.look()
        except Exception as error:
            self.diary.fail(error)
            raise
        if self._client is client:
            self._client = None
            self.diary.write("lost", reason=stanza.get("reason", ""))

    async def _send(self, xml: Xml) -> None:
        await self._connected().send(xml)

    def _connected(self) -> XmppClient:
        if self._client is None:
            raise XmppError("not connected")
        return self._client

    async def _end_tasks(self) -> None:
        tasks = (self._later, self._player)
        self._later = self._player = None
        for task in tasks:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    # -- asking to come in

    def _natural_nick(self) -> str:
        """Jitsi's client takes the first eight characters of the user part of a random address."""
        return secrets.token_hex(4) if isinstance(self.login, Account) else self.jid[:8]

    async def _knock(self) -> None:
        if self.site.focus_domain is None:
            await self._enter_room()
        else:
            self._later = asyncio.create_task(self._ask_focus(self._connected(), self.site.focus_domain))

    async def _enter_room(self) -> None:
        await self._send(join_presence(f"{self.room_jid}/{self.nick}", self.face, first=True))

    async def _ask_focus(self, client: XmppClient, focus: str) -> None:
        """Jitsi's client asks the conference focus for the room first: only the focus may create it."""
        with suppress(XmppError):
            try:
                await client.iq("set", focus, tag("conference", {"xmlns": FOCUS, "room": self.room_jid}))
            except (XmppError, TimeoutError) as error:
                await self._again(f"no conference focus: {error}")
            else:
                await self._enter_room()

    async def _again(self, reason: str) -> None:
        if time.monotonic() > self._give_up:
            self.diary.write("refused", reason=reason)
            return
        await asyncio.sleep(self._retry_interval)
        if self.diary.state == "joining":
            with suppress(XmppError):
                await self._knock()

    # -- stanzas

    async def _handle(self, stanza: Element) -> None:
        where, name = bare(stanza.get("from", "")), local_name(stanza)
        if name == "iq" and muted_medium(stanza) == "desktop" and stanza.get("from") == f"{self.room_jid}/focus":
            await self._on_mute(stanza)
        elif name == "message":
            await self._on_message(stanza, where)
        elif name == "presence" and stanza.get("type") == "error":
            await self._on_refusal(stanza, where)
        elif name == "presence" and where == self.room_jid:
            await self._on_room_presence(stanza)
        elif name == "presence" and where == self._lobby:
            await self._on_lobby_presence(stanza)

    async def _on_mute(self, stanza: Element) -> None:
        """The conference focus, and nobody else, may stop one's share."""
        await self._send(
            tag("iq", {"xmlns": CLIENT, "type": "result", "id": stanza.get("id"), "to": stanza.get("from")})
        )
        self.face = replace(self.face, sharing=False)
        await self._send(join_presence(f"{self.room_jid}/{self.nick}", self.face, first=False))

    async def _on_message(self, stanza: Element, where: str) -> None:
        if where == self.room_jid and stanza.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite") is not None:
            if self.diary.state in ("waiting", "joining"):
                self.diary.write("joining", reason="invited")
                await self._enter_room()
            return
        notice = stanza.findtext(f"{{{JITMEET}}}json-message")
        if notice:
            self.notices.append(json.loads(notice))
        text = stanza.findtext(f"{{{CLIENT}}}body")
        if text:
            private = stanza.get("type") != "groupchat"
            self.messages.append(Message(stanza.get("from", ""), text, private))

    async def _on_refusal(self, stanza: Element, where: str) -> None:
        if self.diary.state != "joining" or where not in (self.room_jid, self._lobby):
            return
        condition, text = error_of(stanza)
        by_lobby, real_jitsi = where == self._lobby, self.site.focus_domain is not None
        if condition == "registration-required" and not by_lobby:
            hint = lobby_hint(stanza)
            if not hint and real_jitsi:  # Jitsi names no lobby to somebody who is banned
                self.diary.write("refused", reason=condition)
            else:
                await self._enter_lobby(hint or self.site.lobby_jid(self.room))
        elif condition == "conflict":
            self.nick = secrets.token_hex(4)
            await self._knock()
        elif condition in _NO_ROOM_YET and (by_lobby or not real_jitsi):
            self._later = asyncio.create_task(self._again(condition))
        else:
            self.diary.write("refused", reason=f"{condition} {text}".rstrip())

    async def _enter_lobby(self, lobby: str) -> None:
        """The web client sends the e-mail only in a second presence, once it is in the lobby."""
        self._lobby = lobby
        face = replace(self.face, email=None)
        await self._send(join_presence(f"{lobby}/{self.nick}", face, first=True))

    async def _on_room_presence(self, stanza: Element) -> None:
        nick, codes = resource(stanza.get("from", "")), status_codes(stanza)
        own = nick == self.nick or "110" in codes
        if stanza.get("type") == "unavailable":
            self.people.pop(nick, None)
            if own and self.diary.state in ("inside", "joining"):
                self._go_out(read_exit(stanza), kicked="removed")
            return
        self.people[nick] = read_occupant(stanza)
        if own and self.diary.state == "joining":
            self.diary.write("inside", codes=codes)
            if self._in_lobby:
                await self._leave_lobby()

    async def _on_lobby_presence(self, stanza: Element) -> None:
        nick = resource(stanza.get("from", ""))
        own = nick == self.nick or "110" in status_codes(stanza)
        if stanza.get("type") == "unavailable":
            self.waiting_people.pop(nick, None)
            if own:
                self._in_lobby = False
                await self._on_own_lobby_exit(read_exit(stanza))
            return
        self.waiting_people[nick] = read_occupant(stanza)
        if own and not self._in_lobby:
            self._in_lobby = True
            if self.diary.state == "joining":
                self.diary.write("waiting")
                if self.face.email is not None:
                    await self._send(join_presence(f"{self._lobby}/{self.nick}", self.face, first=False))

    async def _on_own_lobby_exit(self, end: Exit) -> None:
        if self.diary.state != "waiting":
            return
        if end.destroyed and bare(end.successor) == self.room_jid:
            # The lobby was switched off: official clients take that as an invitation.
            self.diary.write("joining", reason="lobby switched off")
            await self._enter_room()
        else:
            self._go_out(end, kicked="refused")

    def _go_out(self, end: Exit, *, kicked: State) -> None:
        state: State = "left"
        if end.destroyed:
            state = "ended"
        elif end.codes & _PUT_OUT:
            state = kicked
        elif end.codes & _SERVER_GOES:
            state = "lost"
        self.diary.write(state, actor=end.actor, reason=end.reason, codes=end.codes)

    async def _leave_lobby(self) -> None:
        self._in_lobby = False
        self.waiting_people.clear()
        await self._send(leave_presence(f"{self._lobby}/{self.nick}"))
