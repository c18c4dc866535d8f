"""A little real room: people knock, are let in, leave; the guardian's acts take effect. Faults on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from guardian.core.actions import Act, ActKind, Capabilities
from guardian.core.events import Event, Gone, LinkChanged, LobbyChanged, MeetingEnded, Seen, Snapshot
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from guardian.errors import NotSupportedError, TemporaryError
from guardian.ports import Clock, Emit, Outcome

_CAN = frozenset(ActKind) - {ActKind.REVOKE}


class FakePlatform:
    """``calls`` is everything that was asked of the room, in order, with the time. ``refusals``: raised one a call.
    ``gate``: while cleared, ``perform`` hangs. ``dead`` ends ``run`` with that error. ``recalled``: whom we were
    told of after a restart, one list a time.
    """

    def __init__(self, clock: Clock) -> None:
        self.capabilities = Capabilities("fake", _CAN, confirm_within=1.0, can_inform=True)
        self.calls: list[tuple[float, Act]] = []
        self.told: list[tuple[str, str]] = []
        self.refusals: list[Exception] = []
        self.recalled: list[list[Facts]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.people: dict[str, Facts] = {}
        self.lobby_on = True
        self.runs = 0
        self.snapshots = 0
        self.up = False
        self._clock, self._emit = clock, None
        self._dead: asyncio.Future[None] | None = None
        self._connect = asyncio.Event()
        self._connect.set()

    _emit: Emit | None

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        self.runs += 1
        self._emit = emit
        self._dead = asyncio.get_running_loop().create_future()
        await self._connect.wait()
        self.up = True
        self.people.setdefault("guardian", Facts("guardian", Place.INSIDE, role=PlatformRole.MODERATOR, is_self=True))
        emit(LinkChanged(self._clock(), up=True, capabilities=self.capabilities))
        ready()
        try:
            await self._dead
        finally:
            self.up = False

    async def perform(self, act: Act) -> Outcome:
        self.calls.append((self._clock(), act))
        await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        if act.kind not in self.capabilities.can:
            raise NotSupportedError(act.kind)
        asyncio.get_running_loop().call_later(0.02, self._effect, act)
        return Outcome.ACCEPTED

    async def inform(self, handle: str, text: str) -> None:
        self.told.append((handle, text))

    async def snapshot(self) -> Snapshot:
        if not self.up:
            raise TemporaryError("not connected")
        self.snapshots += 1
        now = self._clock()
        return Snapshot(now, now, tuple(self.people.values()), lobby_on=self.lobby_on)

    def recall(self, known: Sequence[Facts]) -> None:
        self.recalled.append(list(known))

    def _effect(self, act: Act) -> None:
        facts = self.people.get(act.handle or "")
        match act.kind:
            case ActKind.ADMIT if facts:
                self.say(replace(facts, place=Place.INSIDE))
            case ActKind.PUT_BACK if facts:
                self.say(replace(facts, place=Place.WAITING))
            case ActKind.STOP_SHARE if facts:
                self.say(replace(facts, sharing=False))
            case ActKind.DEMOTE if facts:
                self.say(replace(facts, role=PlatformRole.ATTENDEE))
            case ActKind.REFUSE | ActKind.REMOVE | ActKind.EXPEL if facts:
                self.leave(facts.handle)
            case ActKind.LOBBY_ON:
                self.lobby_on = True
                self.deliver(LobbyChanged(self._clock(), on=True))
            case ActKind.END:
                self.end()
            case _:
                pass

    # -- what people do ------------------------------------------------------------------------------------------

    def knock(self, handle: str, name: str = "", account: str | None = None) -> None:
        """Somebody appears in the lobby."""
        self.say(Facts(handle, Place.WAITING, Evidence(name or handle, account=account)))

    def enter(self, handle: str, name: str = "", account: str | None = None) -> None:
        """Somebody is inside, past the door."""
        self.say(Facts(handle, Place.INSIDE, Evidence(name or handle, account=account)))

    def say(self, facts: Facts) -> None:
        """The room shows one connection anew."""
        self.people[facts.handle] = facts
        self.deliver(Seen(self._clock(), facts))

    def leave(self, handle: str) -> None:
        """Somebody goes."""
        facts = self.people.pop(handle)
        self.deliver(Gone(self._clock(), handle, facts.place))

    def end(self) -> None:
        """The room is closed for all."""
        self.people = {handle: facts for handle, facts in self.people.items() if facts.is_self}
        self.deliver(MeetingEnded(self._clock(), "closed"))

    def deliver(self, event: Event) -> None:
        """The platform tells us, if we are connected."""
        if self.up and self._emit is not None:
            self._emit(event)

    def inside(self) -> set[str]:
        """The handles of everybody inside but the guardian."""
        return {h for h, f in self.people.items() if f.place is Place.INSIDE and not f.is_self}

    def asked(self, kind: ActKind) -> list[str | None]:
        """The handles for whom this was asked, in order."""
        return [act.handle for _, act in self.calls if act.kind is kind]

    # -- faults --------------------------------------------------------------------------------------------------

    def hold_connection(self) -> None:
        """The next login hangs until ``let_connect``."""
        self._connect.clear()

    def let_connect(self) -> None:
        """The login goes through."""
        self._connect.set()

    def die(self, error: Exception) -> None:
        """``run`` raises this."""
        if self._dead is not None and not self._dead.done():
            self._dead.set_exception(error)
