"""People in a Jitsi meeting: what a person does with her client, and what one may ask about her.

May live here: the buttons of an ordinary participant. May not: what the client does by itself (see
`web_client.py`), what only a moderator may do (see `moderator.py`), stanza text (see `rooms.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from guardian.world.diary import SETTLED, Change, State
from guardian.world.markup import CLIENT, tag
from guardian.world.rooms import Face, Occupant, join_presence, leave_presence
from guardian.world.web_client import Message, WebClient


class Participant(WebClient):
    """One person. Use as `async with Participant(site, login) as ann: await ann.join("maths")`."""

    # -- what one may ask

    @property
    def state(self) -> State:
        """Where she is now."""
        return self.diary.state

    @property
    def history(self) -> list[Change]:
        """Every change so far, oldest first."""
        return self.diary.history

    @property
    def last(self) -> Change | None:
        """The latest change: who and why."""
        return self.diary.last

    async def until(self, condition: Callable[[], bool], what: str, *, timeout: float = 20.0) -> None:
        """Wait (seconds) until `condition` holds; it is looked at after every stanza. Raises WorldError."""
        await self.diary.until(condition, what, timeout=timeout)

    async def until_state(self, *states: State, timeout: float = 20.0) -> State:
        """Wait until the state is one of these, and return it."""
        await self.until(lambda: self.state in states, " or ".join(states), timeout=timeout)
        return self.state

    async def until_message(self, *, timeout: float = 20.0) -> Message:
        """Wait for a private message and return the latest."""
        await self.until(lambda: any(m.private for m in self.messages), "a message", timeout=timeout)
        return [m for m in self.messages if m.private][-1]

    async def until_seen(self, display_name: str, *, lobby: bool = False, timeout: float = 20.0) -> Occupant:
        """Wait until the room (or the lobby, for who may see it) shows somebody by that name."""
        people = self.waiting_people if lobby else self.people

        def found() -> list[Occupant]:
            return [person for person in people.values() if person.display_name == display_name]

        await self.until(lambda: bool(found()), "a person to be shown", timeout=timeout)
        return found()[0]

    async def until_gone(self, nick: str, *, lobby: bool = False, timeout: float = 20.0) -> None:
        """Wait until that nick is not shown."""
        people = self.waiting_people if lobby else self.people
        await self.until(lambda: nick not in people, "somebody to be gone", timeout=timeout)

    # -- what one may do

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self, room: str = "", *, resume: bool = True) -> None:
        """Log in. `room` goes into the connection's address, as Jitsi's client does it.

        `resume=False` makes a client that leaves no ghost. Raises LoginRefused, XmppError.
        """
        await self._connect(room, resume=resume)

    async def join(
        self,
        room: str,
        *,
        display_name: str | None = None,
        email: str | None = None,
        nick: str | None = None,
        identity: Mapping[str, str] | None = None,
        retry_interval: float = 0.2,
        timeout: float = 20.0,
    ) -> State:
        """Try to get in and return what came of it: inside, waiting, refused …

        While there is no such room the client tries again every `retry_interval` seconds and gives up, refused,
        after `timeout` seconds. `identity` forges an `<identity>` element. Connects first if need be.
        Raises WorldError.
        """
        face = Face(display_name, email, identity)
        await self.begin(room, face, nick=nick, retry_interval=retry_interval, patience=timeout)
        # A little longer than her patience, so that giving up is seen as an answer.
        return await self.until_state(*SETTLED, timeout=timeout + retry_interval + 1.0)

    async def begin(
        self,
        room: str,
        face: Face,
        *,
        nick: str | None = None,
        retry_interval: float = 0.2,
        patience: float = 20.0,
    ) -> None:
        """Send the first presence and return at once; the client goes on by itself. Times in seconds."""
        if self._client is None:
            await self.connect(room)
        self.room, self.face, self._retry_interval = room, face, retry_interval
        self.nick = nick or self._natural_nick()
        self._give_up = time.monotonic() + patience
        self._lobby, self._in_lobby = "", False
        self.people.clear()
        self.waiting_people.clear()
        self.diary.write("joining")
        await self._knock()

    async def rename(self, display_name: str) -> None:
        """Show another name, wherever she is now."""
        await self._show(replace(self.face, display_name=display_name))

    async def share(self, *, on: bool = True) -> None:
        """Press Share (or stop): a `desktop` source appears in her presence."""
        await self._show(replace(self.face, sharing=on))

    async def say(self, text: str) -> None:
        """Write to everybody in the meeting."""
        attributes = {"xmlns": CLIENT, "to": self.room_jid, "type": "groupchat"}
        await self._send(tag("message", attributes, tag("body", None, text)))

    async def leave(self, *, timeout: float = 20.0) -> None:
        """Go out of meeting or lobby in an orderly way; the connection stays."""
        was = self.state
        if was not in ("inside", "waiting", "joining"):
            return
        if self._in_lobby:
            await self._leave_lobby()
        if was == "waiting":
            self.diary.write("left")
            return
        await self._send(leave_presence(f"{self.room_jid}/{self.nick}"))
        await self.until_state("left", "removed", "ended", "lost", timeout=timeout)

    async def drop(self) -> None:
        """Cut the TCP connection without a word: the server keeps a ghost for its hibernation time."""
        client, self._client = self._client, None
        if client is not None:
            await client.drop()
            await self._end_tasks()
            self.diary.write("lost", reason="cut by herself")

    async def come_back(self, *, timeout: float = 20.0) -> State:
        """A new connection (new address, new nick) by the same login, and the same wish as before."""
        await self.close()
        await self.begin(self.room, replace(self.face, sharing=False), patience=timeout)
        return await self.until_state(*SETTLED, timeout=timeout)

    async def close(self) -> None:
        """Log out; the server ends the session at once. Safe to call twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self._end_tasks()
        if self.state in ("inside", "waiting", "joining"):
            self.diary.write("left")

    async def _show(self, face: Face) -> None:
        self.face = face
        where = self._lobby if self.state == "waiting" else self.room_jid
        await self._send(join_presence(f"{where}/{self.nick}", face, first=False))
