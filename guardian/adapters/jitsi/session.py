"""One connection's life in the room: find the components, enter meeting and lobby, look after what changes.

May live here: the order of things, waiting for joins. May not: what stanzas look like (``wire*``), who is where
(``room``), what acts are sent (``acts``). It ends by raising; ``platform`` begins the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from xml.etree.ElementTree import Element

import structlog

from guardian.adapters.jitsi import wire, wire_disco, wire_facts
from guardian.adapters.jitsi.media import Media
from guardian.adapters.jitsi.nicks import nicks
from guardian.adapters.jitsi.room import Rooms, Signal, SignalKind, Taken
from guardian.adapters.jitsi.server import JitsiServer
from guardian.adapters.jitsi.stream import Stream
from guardian.adapters.jitsi.trouble import JoinRefusedError, NoAnswerError, StanzaRefusedError
from guardian.adapters.jitsi.wire_frame import Head
from guardian.core.events import Event, MeetingEnded, Snapshot
from guardian.errors import PlatformError, TemporaryError
from guardian.ports import Clock, Emit

_JOIN_TRIES = 3
_FOREIGN_PATIENCE = 2.0  # seconds for another session of our account to show that it lives

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Session:
    """``emit`` gets events once we are ``up``: inside, with everybody listed. ``found`` gets our own account seen on
    a connection that answers and is not ours.
    """

    def __init__(
        self, server: JitsiServer, room: str, rooms: Rooms, clock: Clock, emit: Emit, found: Callable[[], None]
    ) -> None:
        self.server = server
        self.rooms = rooms
        self.up = False
        self.components = wire_disco.Components()
        self.info = wire_disco.RoomInfo(members_only=False, password=False, persistent=False, lobby=None)
        self.media = Media(server.iq_timeout)
        self.lobby_trouble = ""
        self._room, self._clock, self._emit, self._found = room, clock, emit, found
        self._stream: Stream | None = None
        self._nick = server.nick
        self._has_focus = False
        self._unreadable = 0
        self._joins: dict[str, asyncio.Future[None]] = {}
        self._jobs: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._one_reading, self._one_look = asyncio.Lock(), asyncio.Lock()
        self._one_join: dict[str, asyncio.Lock] = {}
        self._again: Callable[[Session], Awaitable[None]] | None = None

    @property
    def stream(self) -> Stream:
        """The connection. Raises TemporaryError before it is made."""
        if self._stream is None:
            raise TemporaryError("not connected")
        return self._stream

    # -- life

    async def enter(self, *, lobby_wanted: bool) -> None:
        """Connect and go in. ``lobby_wanted``: with the lobby on, where nobody could be thrown out by that.

        Raises LoginRefusedError, HostUnknownError, TemporaryError, StanzaRefusedError.
        """
        self._stream = await Stream.open(self.server, self._room, self._take, self._refused)
        self._stream.on_closed = lambda: self._jobs.put_nowait(self._closed)
        self.rooms.begin(self._stream.jid)
        await self._discover()
        await self.enter_meeting(lobby_wanted=lobby_wanted)

    async def live(self, again: Callable[[Session], Awaitable[None]]) -> None:
        """Look after the rooms until the connection ends, then raise why. ``again`` is called after the meeting was
        ended by somebody, to go in anew.
        """
        self._again = again
        while True:
            job = await self._jobs.get()
            await job()

    async def close(self) -> None:
        """Leave politely. The lobby stays as it is: closing it would let in everybody who waits."""
        self.up = False
        if self._stream is not None:
            await self._stream.close()

    async def _closed(self) -> None:
        raise self.stream.end

    # -- going in

    async def _discover(self) -> None:
        """Jitsi's main host names its components; a plain Prosody has no such host."""
        domain = self.server.domain
        listed: tuple[str, ...] = ()
        try:
            self.components = wire_disco.components(await self.stream.iq("get", domain, wire.disco_info()))
            listed = wire_disco.items(await self.stream.iq("get", domain, wire.disco_items()))
        except NoAnswerError:
            raise
        except PlatformError as error:
            if self.stream.closed.is_set():
                raise
            log.info("plain_server", why=str(error))
        self.rooms.trust.notices = self.components.real_jitsi
        muc = self.server.muc or wire_disco.meeting_component(listed, domain) or f"conference.{domain}"
        self.rooms.meeting_is_at(f"{self._room}@{muc}")
        self._has_focus = self.components.real_jitsi or f"focus.{domain}" in listed

    async def enter_meeting(self, *, lobby_wanted: bool) -> None:
        """Into the meeting, and its lobby where that is on. Everybody is known afterwards."""
        self.up = False
        self.media.begin(self.stream, self.components.av_moderation, self.rooms.main.address)
        self.rooms.lobby_is_at("")
        await self._join_meeting()
        if self.rooms.may_act:
            await self._read_members()
        await self.look_at_config()
        empty = not self.rooms.others_inside()
        if lobby_wanted and empty and self.rooms.may_act and not self.info.members_only:
            await self.switch_lobby_on()

    async def _join_meeting(self) -> None:
        for nick in nicks(self.server, self.stream.jid):
            self._nick = nick
            try:
                await self._join_with_focus()
            except JoinRefusedError as error:
                if error.condition != "conflict":
                    raise
            else:
                return
        raise JoinRefusedError("conflict")

    async def _join_with_focus(self) -> None:
        """Jitsi queues joins until its focus sits in the room (mod_muc_meeting_id): it is asked, if need be again."""
        for left in range(_JOIN_TRIES - 1, -1, -1):
            if self._has_focus:
                await self._ask_focus()
            try:
                await self.join(self.rooms.main.address, self.server.join_timeout / _JOIN_TRIES)
            except NoAnswerError:
                if not left:
                    raise
            else:
                return

    async def _ask_focus(self) -> None:
        focus = f"focus.{self.server.domain}"
        try:
            reply = await self.stream.iq("set", focus, wire.conference(self.rooms.main.address))
        except StanzaRefusedError as error:
            raise TemporaryError(f"the conference focus does not open the room: {error.condition}") from error
        known = wire_disco.focus(reply)
        hosts = self.rooms.trust.account_hosts
        self.rooms.trust.focus = frozenset({known} if known else {f"focus@{host}" for host in hosts})

    async def join(self, address: str, patience: float | None = None) -> None:
        """Enter a room, or have it show everybody again; returns when it has. Raises TemporaryError."""
        async with self._one_join.setdefault(address, asyncio.Lock()):
            await self._join(address, patience or self.server.join_timeout)

    async def _join(self, address: str, patience: float) -> None:
        joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._joins[address] = joined
        try:
            self.rooms.reading(address)
            await self.stream.send(wire.join(address, self._nick, self.server.display_name))
            async with asyncio.timeout(patience):
                await joined
        except TimeoutError:
            raise NoAnswerError(f"the room did not answer within {patience:g} s") from None
        finally:
            del self._joins[address]
        self._tell(self.rooms.read(address, self._clock()))

    async def _read_members(self) -> None:
        reply = await self.stream.iq("get", self.rooms.main.address, wire.list_affiliated("member"))
        self.rooms.hand.members_are(wire_disco.affiliated(reply))

    async def look_at_config(self) -> None:
        """Read the room's configuration; go into the lobby where it is on and we are not there."""
        async with self._one_look:
            reply = await self.stream.iq("get", self.rooms.main.address, wire.disco_info())
            self.info = wire_disco.room_info(reply)
            switched_on = self.info.members_only and self.rooms.lobby_on is not True
            self._tell(self.rooms.lobby_state(on=self.info.members_only, now=self._clock()))
            if self.info.members_only and self.rooms.may_act and not self.rooms.in_lobby:
                await self._enter_lobby()
            if switched_on and self.up:
                # Who is thrown out by the switch (322) is not shown to the others (Prosody, members_only.lib.lua).
                await self.join(self.rooms.main.address)

    async def _enter_lobby(self) -> None:
        """Where the server names no lobby, the room beside ours is it; entering creates it."""
        node = wire.bare(self.rooms.main.address).partition("@")[0]
        component = self.components.lobby or self.server.lobby or f"lobby.{self.server.domain}"
        self.rooms.lobby_is_at(self.info.lobby or f"{node}@{component}")
        try:
            await self.join(self.rooms.lobby.address)
        except (JoinRefusedError, NoAnswerError) as error:
            self.lobby_trouble = f"we cannot enter the lobby: {error}"
            log.warning("lobby_not_entered", error=type(error).__name__)
        else:
            self.lobby_trouble = ""

    async def switch_lobby_on(self) -> None:
        """Submit the form and read back what came of it. A password would be a way past the lobby: it goes.

        Raises TemporaryError where the form was taken and had no effect, StanzaRefusedError.
        """
        form = wire.configure(members_only=True, without_password=self.info.password)
        await self.stream.iq("set", self.rooms.main.address, form)
        await self.look_at_config()
        if not self.info.members_only:
            raise TemporaryError("the server took the form, but the lobby is not on")

    # -- reading

    async def snapshot(self) -> Snapshot:
        """Have both rooms show everybody once more, and read the configuration. Raises TemporaryError."""
        async with self._one_reading:
            if not self.up:
                raise TemporaryError("not in the meeting")
            unreadable = self._unreadable
            rooms = [self.rooms.main.address, *([self.rooms.lobby.address] if self.rooms.in_lobby else [])]
            await asyncio.gather(*(self.join(address) for address in rooms))
            await self.look_at_config()
            if not self.up:
                raise TemporaryError("the meeting was ended meanwhile")
            return self.listed(complete=unreadable == self._unreadable)

    def listed(self, *, complete: bool = True) -> Snapshot:
        """Everybody as known now."""
        return self.rooms.snapshot(self._clock(), complete=complete)

    # -- what comes

    def _take(self, stanza: Element) -> None:
        fact = wire_facts.read(stanza)
        if isinstance(fact, wire_facts.MediaNotice):
            self.media.told(fact)
        elif fact is not None:
            self._spread(self.rooms.take(fact, self._clock()))

    def _refused(self, head: Head | None) -> None:
        """A frame was not read. Who stands behind it is there all the same."""
        if head is not None and head.name == "presence" and not head.kind:
            self._spread(self.rooms.unseen(head.sender, self._clock()))
        else:
            self._unreadable += 1

    def _spread(self, taken: Taken) -> None:
        self._tell(taken.events)
        for signal in taken.signals:
            self._heed(signal)

    def _tell(self, events: list[Event]) -> None:
        """While we go in, nothing is told: the snapshot at its end says it all."""
        for event in events:
            if self.up or isinstance(event, MeetingEnded):
                self._emit(event)

    def _heed(self, signal: Signal) -> None:
        joined = self._joins.get(signal.room)
        waited = joined is not None and not joined.done()
        match signal.kind:
            case SignalKind.JOINED if joined is not None and waited:
                joined.set_result(None)
            case SignalKind.REFUSED if joined is not None and waited:
                joined.set_exception(JoinRefusedError(signal.detail))
            case SignalKind.CONFIG | SignalKind.LOBBY_GONE if self.up:
                self._jobs.put_nowait(self._look_again)
            case SignalKind.FOREIGN:
                self._jobs.put_nowait(partial(self._is_alive, signal.detail))
            case SignalKind.PUT_OUT:
                self._jobs.put_nowait(self._put_out)
            case SignalKind.ENDED:
                self.up = False
                self._jobs.put_nowait(self._go_in_again)

    async def _look_again(self) -> None:
        try:
            await self.look_at_config()
        except PlatformError as error:
            if self.stream.closed.is_set():
                raise
            log.warning("config_not_read", error=type(error).__name__)

    async def _put_out(self) -> None:
        raise TemporaryError("the guardian was put out of the meeting")

    async def _go_in_again(self) -> None:
        if self._again is not None:
            await self._again(self)

    async def _is_alive(self, jid: str) -> None:
        """Our account on another connection: a ghost of ours does not answer (XEP-0199), another guardian does."""
        try:
            await self.stream.iq("get", jid, wire.ping(), timeout=_FOREIGN_PATIENCE)
        except PlatformError:
            return
        self._found()
