"""A small guardian for tests of the panel in a browser: the core over the hands that the real desk gives.

It has no journal, no timers and no server of Zoom's: who has which account is what the test says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from guardian.adapters.zoom.desk import PanelDesk
from guardian.adapters.zoom.hands import Hands
from guardian.adapters.zoom.wire_panel import PanelList
from guardian.core.actions import ActKind, Answer, Ask, Capabilities
from guardian.core.events import Event, Failed, Gone, LinkChanged, LobbyChanged, Ordered, Seen
from guardian.core.identity import Evidence, Facts, Place
from guardian.errors import PlatformError
from tests.support.fake_service import FakeService, Told
from tests.support.zoom_client import APP, MID, NUMBER, SECRET

NO_HANDS = Capabilities("zoom", frozenset({ActKind.END, ActKind.ROTATE}), no_hands="no panel is open")
_COMMANDS = {
    ActKind.ADMIT: "admit",
    ActKind.PUT_BACK: "put_back",
    ActKind.REMOVE: "remove",
    ActKind.LOBBY_ON: "waiting_room_on",
}


@dataclass
class PanelClass(FakeService):
    """One class on Zoom. ``accounts``: handle → signed-in account, as the events would say. Fits the desk's Room."""

    can: Capabilities = NO_HANDS
    accounts: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=lambda: {"uid-tess": "Tess Teacher", "uid-ola": "Ola Other"})
    meeting: str = "yoga"
    title: str = "Yoga for children"
    number: str = NUMBER
    instance: str = MID
    hands: Hands | None = None
    handed: asyncio.Event = field(default_factory=asyncio.Event)
    _acting: set[asyncio.Task[None]] = field(default_factory=set)
    _asked: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)

    def sit(self, address: str) -> PanelDesk:
        """Have a desk at this address."""
        desk = PanelDesk(APP, SECRET, address, lambda: [self], self.clock)
        self.desks["zoom"] = desk
        return desk

    def host(self, uid: str) -> str | None:
        return self.hosts.get(uid)

    def hands_changed(self, hands: Hands | None) -> None:
        self.hands = hands
        if hands is not None:
            self.handed.set()
        can = NO_HANDS if hands is None else Capabilities("zoom", NO_HANDS.can | hands.can, notes=hands.notes)
        self._happens(self.meeting, LinkChanged(self._next(), up=True, capabilities=can))

    def listed(self, found: PanelList) -> None:
        there = {entry.uuid: Place.WAITING for entry in found.waiting}
        there |= {entry.uuid: Place.INSIDE for entry in found.inside}
        known = self.states[self.meeting].connections
        for handle, connection in dict(known).items():
            if handle not in there:
                self._happens(self.meeting, Gone(self._next(), handle, connection.facts.place))
        for entry in (*found.waiting, *found.inside):
            facts = Facts(entry.uuid, there[entry.uuid], Evidence(entry.name, account=self.accounts.get(entry.uuid)))
            before = self.states[self.meeting].connections.get(entry.uuid)
            if before is None or before.facts.place is not facts.place:
                self._happens(self.meeting, Seen(self._next(), facts))
        if found.waiting_room is not None:
            self._happens(self.meeting, LobbyChanged(self._next(), found.waiting_room))

    async def order(self, meeting: str, ordered: Ordered, wait: float = 5.0) -> Told:
        """Its effect comes later than the order, by the page."""
        self.orders.append(ordered)
        answer = self._asked[ordered.order] = asyncio.get_running_loop().create_future()
        self._happens(meeting, replace(ordered, at=self._next()))
        try:
            async with asyncio.timeout(wait):
                said = await answer
        except TimeoutError:
            return Told(ordered.order, None, "asked; not known yet")
        return Told(said.order, said.done, said.text)

    def _happens(self, meeting: str, event: Event) -> list[Answer]:
        answers = super()._happens(meeting, event)
        for answer in answers:
            asked = self._asked.get(answer.order)
            if asked is not None and not asked.done():
                asked.set_result(answer)
        return answers

    def _obeyed(self, meeting: str, asks: Iterable[Ask]) -> list[Event]:
        for ask in asks:
            task = asyncio.create_task(self._act(ask))
            self._acting.add(task)
            task.add_done_callback(self._acting.discard)
        return []

    async def _act(self, ask: Ask) -> None:
        try:
            if self.hands is not None and ask.act.kind in _COMMANDS:
                await self.hands.command(_COMMANDS[ask.act.kind], ask.act.handle)
        except PlatformError as error:
            self._happens(self.meeting, Failed(self._next(), ask.ask, ask.act.kind, str(error)))
