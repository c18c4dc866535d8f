"""A server with one meeting and its lobby, small enough to misbehave on demand; and the platform on it.

It plays the parts of Jitsi that a plain Prosody lacks: components, the conference focus, A/V moderation.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from guardian.adapters.jitsi import wire
from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.core.events import Event
from guardian.errors import PlatformError
from tests.adapters.jitsi.scripted import Line, scripted, settings
from tests.adapters.jitsi.stanzas import BOT, LOBBY, ROOM, child, notice, shown

AV = "avmoderation.meet.example.test"
FOCUS = "focus.meet.example.test"


@dataclass
class Manner:
    """How the server behaves. ``refuse``: address → condition of a refused join; ``deaf``: joins and questions by
    their key that get no answer; ``errors``: questions by their key → condition.
    """

    members_only: bool = True
    obeys_forms: bool = True
    persistent: bool = False
    affiliation: str = "owner"
    members: tuple[str, ...] = ()
    people: list[Element] = field(default_factory=list)
    refuse: dict[str, list[str]] = field(default_factory=dict)
    deaf: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    mute_lists: bool = False
    logins: int = 0
    heard: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    after_login: list[str] = field(default_factory=list)


class RoomScript:
    """``line`` is the newest connection; ``said`` counts what was heard, and can be waited for."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.line: Line | None = None
        self._change = asyncio.Condition()

    async def __call__(self, line: Line) -> None:
        await line.log_in()
        self.line = line
        self.manner.logins += 1
        for frame in self.manner.after_login:
            await line.send(frame)
        while True:
            stanza = await line.hear()
            await self._answer(line, stanza)
            async with self._change:
                self._change.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Until what was heard makes this true."""
        async with asyncio.timeout(10), self._change:
            await self._change.wait_for(condition)

    async def show(self, *stanzas: Element) -> None:
        """The server sends something by itself."""
        assert self.line is not None
        for stanza in stanzas:
            await self.line.send(wire.render(stanza))

    async def _answer(self, line: Line, stanza: Element) -> None:
        name = stanza.tag.rpartition("}")[2]
        if name == "presence":
            await self._join(line, stanza)
        elif name == "message":
            await self._message(line, stanza)
        elif name == "iq" and stanza.get("type") in {"get", "set"}:
            key = _key(stanza)
            self.manner.heard.append(key)
            if key in self.manner.errors:
                inner = f"<error type='cancel'><{self.manner.errors[key]} xmlns='{wire.STANZAS}'/></error>"
                await line.answer(stanza, kind="error", inner=inner)
            elif key in self.manner.deaf:
                self.manner.deaf.remove(key)
            else:
                await line.answer(stanza, inner=self._inner(key, stanza))

    async def _join(self, line: Line, stanza: Element) -> None:
        room, nick = wire.bare(stanza.get("to", "")), wire.resource(stanza.get("to", ""))
        self.manner.heard.append(f"join {room}")
        self.manner.names.append(nick)
        if room in self.manner.deaf:
            self.manner.deaf.remove(room)
            return
        if self.manner.refuse.get(room):
            condition = self.manner.refuse[room].pop(0)
            inner = f"<error type='cancel'><{condition} xmlns='{wire.STANZAS}'/></error>"
            await line.send(f"<presence xmlns='jabber:client' type='error' from='{room}/{nick}'>{inner}</presence>")
            return
        mine = shown(nick, BOT, room=room, affiliation=self.manner.affiliation, role="moderator", codes=("110",))
        here = [p for p in self.manner.people if wire.bare(p.get("from", "")) == room]
        for presence in (*here, mine):
            await line.send(wire.render(presence))

    async def _message(self, line: Line, stanza: Element) -> None:
        asked = stanza.find("{jabber:client}av_moderation")
        self.manner.heard.append(_message_key(stanza))
        if asked is not None and asked.get("enable") and "switch" not in self.manner.deaf:
            on = asked.get("enable") == "true"
            told = {"type": "av_moderation", "enabled": on, "room": ROOM, "mediaType": asked.get("mediaType")}
            await line.send(wire.render(notice(json.dumps(told), sender=AV, kind=None)))

    def _inner(self, key: str, stanza: Element) -> str:
        manner = self.manner
        if key == "components":
            return wire.render(
                wire.element(
                    "query",
                    wire.DISCO_INFO,
                    None,
                    _component("lobbyrooms", "lobby.meet.example.test"),
                    _component("av_moderation", AV),
                    _component("end_conference", "endconference.meet.example.test"),
                )
            )
        if key == "config":
            features = ["muc_membersonly" if manner.members_only else "muc_open"]
            features += ["muc_persistent"] if manner.persistent else []
            made = [wire.element("feature", None, {"var": var}) for var in features]
            return wire.render(wire.element("query", wire.DISCO_INFO, None, *made))
        if key == "form" and manner.obeys_forms:
            values = [f.findtext(f"{{{wire.FORM}}}value") for f in stanza.iter(f"{{{wire.FORM}}}field")]
            manner.members_only = values[1] == "true"
        if key == "members":
            listed = [wire.element("item", None, {"jid": jid, "affiliation": "member"}) for jid in manner.members]
            return wire.render(wire.element("query", wire.MUC_ADMIN, None, *listed))
        if key == "conference":
            attributes = {"focusjid": "focus@auth.meet.example.test/1", "ready": "true"}
            return wire.render(wire.element("conference", wire.FOCUS, attributes))
        return ""


def _component(kind: str, name: str) -> Element:
    return wire.element("identity", None, {"category": "component", "type": kind, "name": name})


def _key(iq: Element) -> str:
    """What an IQ asks for, in a word."""
    payload = iq[0]
    namespace, _, name = payload.tag[1:].rpartition("}")
    to = iq.get("to", "")
    if namespace == wire.DISCO_INFO:
        return "config" if "@" in to else "components"
    if namespace == wire.MUC_OWNER:
        return "destroy" if payload.find(f"{{{wire.MUC_OWNER}}}destroy") is not None else "form"
    if namespace == wire.MUC_ADMIN and iq.get("type") == "get":
        return "members"
    if namespace == wire.MUC_ADMIN:
        item = payload[0]
        changed = item.get("affiliation") or item.get("role")
        return f"{item.get('jid') or item.get('nick')} {changed}"
    if name == "mute":
        return f"mute {namespace.rpartition('/')[2]} {payload.get('jid')}"
    return {wire.DISCO_ITEMS: "items", wire.PING: f"ping {to}"}.get(namespace, name)


def _message_key(message: Element) -> str:
    asked = message.find("{jabber:client}av_moderation")
    if asked is not None:
        return " ".join(asked.get(k, "") for k in ("mediaType", "enable", "jidToWhitelist", "jidToBlacklist")).strip()
    invited = [i.get("to", "") for i in message.iter(f"{{{wire.MUC_USER}}}invite")]
    return f"invite {invited[0]}" if invited else "say"


class Play:
    """The platform on a scripted server, and everything that it told."""

    def __init__(self, script: RoomScript, room: JitsiRoom) -> None:
        self.script = script
        self.room = room
        self.events: list[Event] = []
        self.pauses: list[float] = []
        self.task: asyncio.Task[None] | None = None
        self._told = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._told.set()

    async def until(self, condition: Callable[[list[Event]], bool]) -> None:
        """Until what was told makes this true."""
        async with asyncio.timeout(10):
            while not condition(self.events):
                self._told.clear()
                await self._told.wait()

    async def until_told(self, *kinds: type[Event], times: int = 1) -> None:
        """Until each of these kinds was told so often."""
        await self.until(lambda events: all(sum(isinstance(e, k) for e in events) >= times for k in kinds))


@asynccontextmanager
async def played(manner: Manner | None = None, *, run: bool = True, **changes: object) -> AsyncIterator[Play]:
    """Serve, run the platform, and end both. Pauses between two tries take no time."""
    script = RoomScript(manner or Manner())
    async with scripted(script) as url:
        hosts = frozenset({"auth.meet.example.test"})

        async def sleep(seconds: float) -> None:
            play.pauses.append(seconds)
            await asyncio.sleep(0)

        room = JitsiRoom(settings(url, account_hosts=hosts, **changes), "Maths", sleep=sleep, jitter=lambda: 0.0)
        play = Play(script, room)
        play.task = asyncio.create_task(room.run(play.emit, lambda: None)) if run else None
        try:
            yield play
        finally:
            if play.task is not None:
                play.task.cancel()
                with suppress(asyncio.CancelledError, PlatformError):
                    await play.task


__all__ = ["AV", "FOCUS", "LOBBY", "Manner", "Play", "RoomScript", "child", "played"]
