"""Who plays on the loopback Zoom, and how: enrolled, knocking, waiting, at the panel; and the humans' orders.

May live here: what a scene of `zoom_story.py` is made of. May not: the order of scenes, any judgement.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from guardian.world.cast import Cast, Listed, Member, Part, child_key, child_name, linked_child
from guardian.world.site import WorldError
from guardian.world.story import Backstage, Links
from guardian.world.zoom import Face, Guest, HostClient, Meeting, ZoomWorld

NUMBER = "81234567890"
TEACHER, ASSISTANT = "Grace Hopkins", "Alan Thuring"
PATIENCE = 30.0  # seconds for any one thing to happen
_SOON = 8.0  # seconds after which a human looks who still waits


class ZoomBackstage(Backstage, Links, Protocol):
    """What humans do to the guardian from outside the meeting, and what they hear of it. All may raise WorldError."""

    async def handle_of(self, name: str, place: str = "waiting") -> str:
        """What the guardian calls the one who is there under this name."""
        ...

    async def until_linked(self) -> None:
        """Wait until the guardian says that it is connected to the platform."""
        ...


@dataclass(frozen=True, slots=True)
class Hall:
    """Where it is played, and with whom. `guardian`: the address at which Zoom and the panel reach the guardian.

    `seed`: of who comes when. `faults`: the scenes that need the world to misbehave are played. `names`: an exact name
    opens the gate.
    """

    world: ZoomWorld
    backstage: ZoomBackstage
    guardian: str
    children: int
    seed: int = 0
    faults: bool = False
    names: bool = False


class Players:
    """Everybody in the play, by key. `cast` gets the strangers as they come; `listed` is the class list."""

    def __init__(self, hall: Hall, cast: Cast, dice: random.Random) -> None:
        self.cast = cast
        self.listed: list[Listed] = []
        self.guests: dict[str, Guest] = {}
        self.faces: dict[str, Face] = {}
        self._hall = hall
        self._dice = dice
        self._client: HostClient | None = None
        self._teacher, self.assistant, self.meeting = self._schedule(hall.world)
        for number in range(1, hall.children + 1):
            self._enrol(number)
        self.listed.append(Listed("nameonly", child_name(hall.children + 1), "pupil"))
        self.listed.append(linked_child(hall.children))
        self.listed.append(Listed("teacher", TEACHER, "host", self._teacher))
        self.listed.append(Listed("assistant", ASSISTANT, "staff", self.assistant))

    def _schedule(self, world: ZoomWorld) -> tuple[str, str, Meeting]:
        teacher = world.add_user("grace@school.example", TEACHER)
        assistant = world.add_user("alan@school.example", ASSISTANT)
        teacher.settings["in_meeting"]["who_can_share_screen"] = "all"
        settings = {"waiting_room": True, "approval_type": 0, "alternative_hosts": assistant.email}
        return teacher.id, assistant.id, world.schedule(NUMBER, teacher.id, "Fitness for all", **settings)

    def _enrol(self, number: int) -> None:
        """A child is registered, and her registration pinned on the list; every third has a Zoom account as well."""
        key, name, last = child_key(number), child_name(number), self._hall.children
        member = self.cast.add(key, Part.CHILD, name)
        member.late, member.shares = number == last, number == 3
        member.returns, member.unseen = number in {5, 6}, self._hall.faults and number == 4
        first, _, family = name.partition(" ")
        address = f"{key}@home.example"
        registrant = self._hall.world.register(self.meeting, first, family, address).id
        account = f"ExZoomAccount{number:02d}" if number % 3 == 0 else None
        self.faces[key] = Face(name, account=account, registrant=registrant, tag=key)
        proofs = [*([account] if account else []), f"registrant:{registrant}"]
        self.listed.append(Listed(key, name, "pupil", "; ".join(proofs), address))

    async def teacher_comes(self) -> None:
        """She joins and opens the panel; returns when the panel leads. Raises WorldError."""
        self.guests["teacher"] = await self.meeting.start(self._teacher)
        self._client = HostClient(self._hall.world, self.meeting, self._teacher)
        opened = await self._client.open(f"{self._hall.guardian}/zoom/panel", timeout=PATIENCE)
        if opened != "open":
            raise WorldError(f"the teacher's panel is {opened}")
        await self.leading()

    def panel(self) -> HostClient:
        """The teacher's. Raises WorldError when she never opened one."""
        if self._client is None:
            raise WorldError("the teacher has no panel")
        return self._client

    async def leading(self) -> None:
        """Until the teacher's panel leads."""
        await self.panel().until(lambda client: client.leading, timeout=PATIENCE)

    async def arrives(self, member: Member, face: Face) -> Guest:
        """Somebody knocks; whoever knows them by key may wait for what comes of it."""
        guest = self.guests[member.key] = await self.meeting.knock(face)
        return guest

    async def child(self, number: int) -> Guest:
        """A child knocks, perhaps not for the first time."""
        key = child_key(number)
        guest = self.guests[key] = await self.meeting.knock(self.faces[key])
        return guest

    async def children(self, numbers: Iterable[int]) -> None:
        """In whatever order the dice say, a breath apart."""
        order = list(numbers)
        self._dice.shuffle(order)
        for number in order:
            await self.child(number)
            await asyncio.sleep(self._dice.uniform(0.0, 0.01))

    async def stranger(self, key: str, name: str, *, registrant: str | None = None) -> Guest:
        """A stranger knocks, under any name, on any link."""
        member = self.cast.add(key, Part.STRANGER, name)
        return await self.arrives(member, Face(name, registrant=registrant, tag=key))

    def registrant_at(self, way: str) -> str | None:
        """Whose personal join link this is, by registration; None: nobody's."""
        return next((one.id for one in self.meeting.registrants.values() if one.join_url == way), None)

    def address(self, number: int) -> str:
        """A child's mail address, as the class list and her registration have it."""
        return self.listed[number - 1].email

    async def human_admits(self, member: Member) -> None:
        """By the handle under which the guardian shows who waits."""
        handle = await self.handle(member.key)
        if handle:
            member.let_in_at = time.time()
            await self._ordered("admit", "--handle", handle)
        await self.inside(member.key)

    async def human_admits_if_held(self, key: str) -> None:
        """Who waits on though nobody else of that name is there: that the other one went may not be known for an hour,
        since Zoom repeats a lost event so late. A human sees one entry of that name, and lets it in.
        """
        try:
            await self.guests[key].until("inside", "out", timeout=_SOON)
        except TimeoutError:
            await self.human_admits(next(member for member in self.cast.members if member.key == key))

    async def human_sends_away(self, key: str) -> None:
        """Somebody inside whom the guardian cannot tell from a child; however often Zoom says yes and does nothing."""
        handle = await self.handle(key, "inside")
        if handle:
            await self._ordered("remove", "--handle", handle)
        await self.out(key)

    async def handle(self, key: str, place: str = "waiting") -> str:
        """What the guardian calls somebody who is there; "" when they are there no longer (a wrong guardian)."""
        guest = self.guests[key]
        asked = asyncio.ensure_future(self._hall.backstage.handle_of(guest.name, place))
        gone = asyncio.ensure_future(self._reaches(key, *({"waiting", "inside", "out"} - {place})))
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        if asked.done():
            return asked.result()
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        return ""

    async def _ordered(self, *words: str) -> None:
        """An order. On a bad day its answer may come too late or say too little: what counts is what comes of it."""
        try:
            await self._hall.backstage.order(*words)
        except WorldError:
            if not self._hall.faults:
                raise

    async def gives_up(self, key: str) -> None:
        """Somebody who waits leaves."""
        self.guests[key].leave()
        await self.out(key)

    async def children_are(self, numbers: Iterable[int], *states: str) -> None:
        """Until they are there. Whom a wrong guardian puts out is not waited for: the ledger has the evidence."""
        for number in numbers:
            await self._reaches(child_key(number), *states, "out")

    async def inside(self, key: str) -> None:
        """Until they are inside."""
        await self._reaches(key, "inside")

    async def out(self, key: str) -> None:
        """Until they are no longer inside."""
        await self._reaches(key, "out", "waiting")

    async def _reaches(self, key: str, *states: str) -> None:
        guest = self.guests[key]
        try:
            await guest.until(*states, timeout=PATIENCE)
        except TimeoutError:
            raise WorldError(f"after {PATIENCE:g} s: wanted {key} {' or '.join(states)}, not {guest.state}") from None
