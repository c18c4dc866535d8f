"""A stand-in for jicofo, Jitsi's conference focus, for a Prosody with Jitsi's own plugins.

It plays only jicofo's XMPP part: answers `focus.DOMAIN`'s subscription, opens a room when asked for the
conference, sits in it as `focus`, passes on a moderator's wish to mute somebody, leaves when nobody else is there.
No media, no owner election.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from xml.etree.ElementTree import Element

from guardian.world.markup import CLIENT, STANZAS, Xml, bare, local_name, resource, tag
from guardian.world.rooms import (
    FOCUS,
    Face,
    join_presence,
    leave_presence,
    mute_wish,
    muted_medium,
    read_occupant,
    status_codes,
)
from guardian.world.site import Site
from guardian.world.xmpp import Account, XmppClient, XmppError

_NICK = "focus"


class Jicofo:
    """`async with Jicofo(server.site, server.focus_password):` after the server, before any client."""

    def __init__(self, site: Site, password: str) -> None:
        self._site = site
        self._login = Account("focus", password)
        self._client: XmppClient | None = None
        self._inbox: asyncio.Queue[Element] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._others: dict[str, set[str]] = {}
        self._moderators: set[str] = set()
        self._joining: dict[str, list[Element]] = {}

    @property
    def jid(self) -> str:
        """Its real full address, "" while not connected."""
        return self._client.jid if self._client is not None else ""

    @property
    def rooms(self) -> frozenset[str]:
        """Addresses of the rooms it sits in."""
        return frozenset(self._others)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, *, timeout: float = 20.0) -> None:
        """Log in and wait until `focus.DOMAIN` knows us; again after a server restart.

        Raises XmppError, TimeoutError (after `timeout` seconds).
        """
        await self.close()
        self._others.clear()
        self._joining.clear()
        site = self._site
        client = await XmppClient.connect(site.websocket_url, site.auth_domain, self._login, resume=False)
        self._client, self._inbox = client, asyncio.Queue()
        client.listen(self._inbox.put_nowait)
        self._task = asyncio.create_task(self._work(client, self._inbox), name="jicofo stand-in")
        await client.send(tag("presence", {"xmlns": CLIENT}))
        # The proxy asks for our presence only once, when it is loaded, and that is lost when the account host
        # is loaded after it. Presence sent to it directly registers us all the same.
        await client.send(tag("presence", {"xmlns": CLIENT, "to": site.focus_domain}))
        # Stanzas of one client are handled in order: an answer means that the proxy has seen our presence.
        await client.iq("get", site.auth_domain, tag("ping", {"xmlns": "urn:xmpp:ping"}), timeout=timeout)

    async def close(self) -> None:
        """Log out. Safe to call twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _work(self, client: XmppClient, inbox: asyncio.Queue[Element]) -> None:
        while (stanza := await inbox.get()).tag != "closed":
            with suppress(XmppError):
                await self._handle(client, stanza)

    async def _handle(self, client: XmppClient, stanza: Element) -> None:
        sender, name = stanza.get("from", ""), local_name(stanza)
        if name == "iq" and stanza.find(f"{{{FOCUS}}}conference") is not None:
            await self._open(client, stanza)
        elif name == "iq" and stanza.get("type") == "set" and muted_medium(stanza):
            await self._pass_on_mute(client, stanza)
        elif name == "presence" and sender == self._site.focus_domain:
            await self._greet_proxy(client, stanza)
        elif name == "presence" and bare(sender) in self._others:
            await self._follow(client, stanza)

    async def _greet_proxy(self, client: XmppClient, stanza: Element) -> None:
        """`mod_client_proxy` asks for our presence and forwards requests to the address that shows it."""
        proxy = stanza.get("from", "")
        if stanza.get("type") == "subscribe":
            await client.send(tag("presence", {"xmlns": CLIENT, "type": "subscribed", "to": proxy}))
            await client.send(tag("presence", {"xmlns": CLIENT, "to": proxy}))

    async def _open(self, client: XmppClient, request: Element) -> None:
        conference = request.find(f"{{{FOCUS}}}conference")
        room = conference.get("room", "") if conference is not None else ""
        if room in self._others and room not in self._joining:
            await client.send(self._answer(client, request, room))
            return
        self._joining.setdefault(room, []).append(request)
        if room not in self._others:
            self._others[room] = set()
            await client.send(join_presence(f"{room}/{_NICK}", Face(), first=True))

    async def _pass_on_mute(self, client: XmppClient, wish: Element) -> None:
        """Tell the one who is to be mute, and answer. Like jicofo, refuse whoever is no moderator."""
        sender, medium = wish.get("from", ""), muted_medium(wish)
        head = {"xmlns": CLIENT, "id": wish.get("id"), "to": sender}
        if sender not in self._moderators:
            forbidden = tag("error", {"type": "auth"}, tag("forbidden", {"xmlns": STANZAS}))
            await client.send(tag("iq", {**head, "type": "error"}, forbidden))
            return
        target = next((child.get("jid", "") for child in wish), "")
        order = {"xmlns": CLIENT, "type": "set", "id": f"mute-{wish.get('id')}", "to": target}
        await client.send(tag("iq", order, mute_wish(medium, target)))
        await client.send(tag("iq", {**head, "type": "result"}))

    def _answer(self, client: XmppClient, request: Element, room: str) -> Xml:
        attributes = {"xmlns": FOCUS, "room": room, "ready": "true", "focusjid": client.jid}
        head = {"xmlns": CLIENT, "type": "result", "id": request.get("id"), "to": request.get("from")}
        return tag("iq", head, tag("conference", attributes))

    async def _follow(self, client: XmppClient, stanza: Element) -> None:
        room, nick = bare(stanza.get("from", "")), resource(stanza.get("from", ""))
        gone = stanza.get("type") in ("unavailable", "error")
        others = self._others[room]
        occupant = stanza.get("from", "")
        self._moderators.discard(occupant)
        if not gone and read_occupant(stanza).role == "moderator":
            self._moderators.add(occupant)
        if nick == _NICK or "110" in status_codes(stanza):
            requests = self._joining.pop(room, [])
            if gone:
                self._others.pop(room, None)
                return
            for request in requests:
                await client.send(self._answer(client, request, room))
        elif gone:
            others.discard(nick)
            if not others:
                self._others.pop(room, None)
                await client.send(leave_presence(f"{room}/{_NICK}"))
        else:
            others.add(nick)
