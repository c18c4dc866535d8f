"""A real Prosody with a class on it: the platform under test, people who come, and what the platform tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer
from guardian.core.actions import Act, ActKind
from guardian.core.events import Event, LinkChanged, NativeAct, NativeKind, Seen, Snapshot
from guardian.core.identity import Facts, Place
from guardian.ports import Outcome
from guardian.world.jicofo import Jicofo
from guardian.world.jitsi import Participant
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.tokens import room_token
from guardian.world.xmpp import Account, Guest, Login, Token

PASSWORDS = {"teacher": "chalk", "ann": "a-secret", "bob": "b-secret"}
PATIENCE = 15.0  # seconds for anything that should happen
ROOM = "maths"
E = TypeVar("E", bound=Event)


class Stage:
    """``events`` keeps everything that the platform told, oldest first."""

    def __init__(self, server: Prosody, stack: AsyncExitStack) -> None:
        self.server = server
        self.stack = stack
        self.events: list[Event] = []
        self.ready = asyncio.Event()
        self.room = JitsiRoom(self.settings(), ROOM)
        self.focus: Jicofo | None = None
        self._told = asyncio.Condition()
        self._runs: list[asyncio.Task[None]] = []
        self._wakers: set[asyncio.Task[None]] = set()

    @property
    def jitsi(self) -> bool:
        """Whether Jitsi's own plugins run."""
        return self.server.flavour == "plugins"

    def settings(self, **changes: object) -> JitsiServer:
        """Settings that fit the server."""
        server = self.server
        fits = JitsiServer(
            websocket=server.websocket_url,
            domain=server.domain,
            login=AccountLogin("guardian", server.bot_password),
            guest_domain=server.guest_domain,
            account_hosts=frozenset({server.auth_domain}),
            token_hosts=frozenset({server.domain}) if self.jitsi else frozenset(),
            iq_timeout=10.0,
        )
        return replace(fits, **changes)  # type: ignore[arg-type]

    # -- the platform

    def emit(self, event: Event) -> None:
        """What the platform is given."""
        self.events.append(event)
        waker = asyncio.create_task(self._wake())
        self._wakers.add(waker)
        waker.add_done_callback(self._wakers.discard)

    async def _wake(self) -> None:
        async with self._told:
            self._told.notify_all()

    def start(self, room: JitsiRoom | None = None) -> asyncio.Task[None]:
        """Run the platform."""
        if room is not None:
            self.room = room
        task = asyncio.create_task(self.room.run(self.emit, self.ready.set))
        self._runs.append(task)
        return task

    async def stop(self) -> None:
        """Cancel every run, and wait until it has said goodbye."""
        for task in self._runs:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        self._runs.clear()

    async def begin(self) -> Snapshot:
        """Run it until it has told of everybody."""
        self.start()
        return await self.heard(Snapshot)

    async def heard(
        self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, *, after: int = 0, why: str = ""
    ) -> E:
        """The first event of this kind that fits, of those from number ``after`` on."""
        found: list[E] = []

        def look() -> bool:
            found.extend(e for e in self.events[after:] if isinstance(e, kind) and fits(e))
            return bool(found)

        try:
            async with asyncio.timeout(PATIENCE), self._told:
                await self._told.wait_for(look)
        except TimeoutError:
            told = "\n".join(map(str, self.events))
            raise AssertionError(f"never heard {kind.__name__} {why}; but:\n{told}") from None
        return found[0]

    async def seen(self, name: str, place: Place, *, after: int = 0) -> Facts:
        """Until somebody who shows this name is told to be there."""
        event = await self.heard(
            Seen,
            lambda e: e.facts.evidence.name == name and e.facts.place is place,
            after=after,
            why=f"{name} {place}",
        )
        return event.facts

    async def native(self, kind: NativeKind, *, after: int = 0) -> NativeAct:
        """Until a human's act is told."""
        return await self.heard(NativeAct, lambda e: e.kind is kind, after=after, why=kind)

    async def up(self, *, up: bool, after: int = 0) -> LinkChanged:
        """Until the connection is told to be up, or not."""
        return await self.heard(LinkChanged, lambda e: e.up is up, after=after, why=f"up={up}")

    async def do(self, kind: ActKind, facts: Facts | None = None, keep: tuple[str, ...] = ()) -> None:
        """Perform an act."""
        handle = facts.handle if facts else None
        assert await self.room.perform(Act(kind, handle, keep)) is Outcome.ACCEPTED

    # -- people

    def login(self, name: str) -> Login:
        """As a child logs in here: by account, or with Jitsi's plugins by token."""
        if not self.jitsi:
            return Account(name, PASSWORDS[name])
        server = self.server
        return Token(room_token(f"{name}-id", app_id=server.app_id, app_secret=server.app_secret, domain=server.domain))

    async def child(self, name: str) -> Participant:
        """A child with a proof of who she is."""
        return await self.stack.enter_async_context(Participant(self.server.site, self.login(name)))

    async def stranger(self) -> Participant:
        """Somebody without an account."""
        return await self.stack.enter_async_context(Participant(self.server.site, Guest()))

    async def teacher(self) -> Moderator:
        """The human moderator, inside."""
        login = Account("teacher", PASSWORDS["teacher"])
        teacher = await self.stack.enter_async_context(Moderator(self.server.site, login))
        assert await teacher.join(ROOM, display_name="Teacher") == "inside"
        return teacher

    async def restart_server(self, *, kill: bool) -> None:
        """The server goes down and comes back with empty rooms."""
        await self.server.restart(kill=kill)
        if self.focus is not None:
            await self.focus.start()


@asynccontextmanager
async def staged(plugins: Path | None = None) -> AsyncIterator[Stage]:
    """A server, and everything that was begun on it is ended with it."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Prosody(accounts=PASSWORDS, hibernation_time=1, plugins=plugins))
        stage = Stage(server, stack)
        if plugins is not None:
            stage.focus = await stack.enter_async_context(Jicofo(server.site, server.focus_password))
        try:
            yield stage
        finally:
            await stage.stop()
