"""The class that is played in the Zoom demo: what children, strangers and a teacher do on a loopback Zoom.

May live here: what the players do, in order. May not: any judgement (see `zoom_judge.py`), any hand in the guardian;
what a human does to it comes by `Backstage`. How the players do it is in `zoom_players.py`.
A scene that does not go as written is noted in `troubles` and the class goes on, as classes do.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from guardian.world.cast import Cast, Listed, Part, child_key, child_name
from guardian.world.family import Browser
from guardian.world.site import WorldError
from guardian.world.story import LINKED_DEVICE
from guardian.world.zoom import Face
from guardian.world.zoom_players import ASSISTANT, PATIENCE, TEACHER, Hall, Players

_GHOST = 6000.0  # Zoom's seconds until it notices that somebody's line is cut; its own are 60 to 90
_BUSY = 10  # calls that the server refuses in a storm of 429
_CYRILLIC = str.maketrans({"a": "а", "e": "е", "o": "о"})  # noqa: RUF001 - the look-alike letters are the trick
_HARD_MARKUP = '<b onclick="x()">Zed</b> *Zed* [Zed](http://zed.example) <!channel> {{7*7}} \u202edeZ'


class ZoomStory:
    """`await ZoomStory(hall, cast, tell).play()`. `cast` is filled as people come; `tell` gets each scene's title."""

    def __init__(self, hall: Hall, cast: Cast, tell: Callable[[str], None]) -> None:
        self.cast = cast
        self.troubles: list[str] = []
        self._hall = hall
        self._tell = tell
        self._dice = random.Random(f"{hall.seed}:story")  # noqa: S311 - who comes when, no secret
        self._players = Players(hall, cast, self._dice)
        self._sent_away: asyncio.Task[None] | None = None
        self._late = last = hall.children
        self._while_dead, self._while_empty, self._while_away = (last - 1, last - 2), last - 3, last - 4
        self._before = range(1, last // 3 + 1)
        self._twin = self._before.stop + 2
        self._link = self._way = ""  # the personal link that was mailed, and where its own browser was sent on to

    @property
    def listed(self) -> list[Listed]:
        """The class list."""
        return self._players.listed

    async def play(self) -> None:
        """All scenes, in order."""
        for title, scene in self.scenes:
            self._tell(title)
            try:
                await scene()
            except (WorldError, TimeoutError) as error:
                self.troubles.append(f"{title}: {str(error) or 'it took too long'}")

    @property
    def scenes(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """Titles and scenes."""
        names, copied = self._hall.names, "" if self._hall.faults else ", her join link copied: neither lets in"
        # Where names open the gate the faster of two twins is let in, whoever it is: the price, and no scene.
        twins = [] if names else [("a stranger with a child's name knocks a moment before her", self._the_twin)]
        name_only = "comes in by it" if names else "is held; a human lets her in"
        return [
            ("the assistant opens early and lets a stranger in; nobody guards yet", self._a_stranger_is_inside_already),
            ("the guardian comes and finds the stranger", self._the_guardian_comes),
            ("children wait for their teacher, and one on a forwarded link", self._children_wait_for_the_host),
            ("the teacher comes, opens the panel, the class is open", self._the_host_opens),
            ("children and strangers knock at once", self._the_wave),
            *twins,
            ("the teacher lets a grandmother in with her own hand", self._the_teachers_hand),
            ("a visitor is allowed for today, and comes", self._a_guest_is_allowed),
            (f"a child with nothing but her name {name_only}", self._a_child_by_name_only),
            ("a link of a child who is inside is used once more", self._a_forwarded_link),
            ("a child's personal link is mailed to her", self._a_link_is_mailed),
            ("two lines break; both come back past their own ghosts", self._the_lines_break),
            ("a child presses Share", self._a_child_shares),
            ("the class list is emptied for a while", self._the_list_is_emptied),
            ("the teacher's line breaks: nobody can be let in until she is back", self._the_host_drops),
            ("a child comes in by the personal link that was mailed to her", self._a_personal_link),
            (f"her link is opened elsewhere{copied}", self._a_link_in_other_hands),
            ("kill -9: the guardian dies and comes back while two knock", self._the_guardian_is_killed),
            ("the door locks", self._hall.backstage.until_locked),
            ("a late child and a late stranger knock at the locked door", self._late_comers),
            ("everybody looks round once more", self._the_end),
        ]

    async def end_class(self) -> None:
        """The teacher ends the meeting for all."""
        await self._players.meeting.ends()
        await self._hall.world.settled()

    # -- scenes

    async def _a_stranger_is_inside_already(self) -> None:
        self.cast.add("assistant", Part.STAFF, ASSISTANT, f"staff:{ASSISTANT}")
        await self._players.meeting.start(self._players.assistant)
        early = await self._players.stranger("early stranger", "Zed Early")
        self._players.meeting.host_admits(early)

    async def _the_guardian_comes(self) -> None:
        world = self._hall.world
        if self._hall.faults:
            world.faults.trip(429, _BUSY, retry_after=0.2)
            world.faults.no_effect |= {"rest:remove": 1, "panel:remove": 1}
        world.deliver_to(f"{self._hall.guardian}/hooks/zoom")
        await self._hall.backstage.start_guardian()
        await self._hall.backstage.until_linked()

    async def _a_link_is_mailed(self) -> None:
        self._link = await self._hall.backstage.invited("linked")

    async def _children_wait_for_the_host(self) -> None:
        forwarded = self._players.faces[child_key(3)].registrant
        await self._players.stranger("link before her", child_name(3), registrant=forwarded)
        await self._players.children(self._before)
        if not self._hall.faults:
            await self._players.out("early stranger")

    async def _the_host_opens(self) -> None:
        self.cast.add("teacher", Part.HOST, TEACHER, f"staff:{TEACHER}")
        await self._players.teacher_comes()
        held = {3, 4} if self._hall.faults else set()
        await self._players.children_are((n for n in self._before if n not in held), "inside")
        if self._hall.faults:
            self._sent_away = asyncio.create_task(self._players.human_sends_away("early stranger"))
            await self._players.gives_up("link before her")
            await self._players.human_admits(self.cast.of(Part.CHILD)[3])
        await self._players.children_are(self._before, "inside")

    async def _the_wave(self) -> None:
        children = [n for n in range(self._before.stop, self._while_away) if self._hall.names or n != self._twin]
        typed = child_name(4).partition(" ")
        registered = self._hall.world.register(self._players.meeting, typed[0], typed[2], self._players.address(4))
        strangers = {
            "random name": ("Zed Quux", None),
            "exact name": (child_name(2), None),
            "look-alike": (child_name(1).translate(_CYRILLIC), None),
            "thousand letters": ("Zed " + "z" * 996, None),
            "markup": (_HARD_MARKUP, None),
            "note-taker": ("Zed's Otter.ai Notetaker", None),
            "registered herself": (child_name(4), registered.id),
            "comes again": ("Zed Stubborn", None),
        }
        knocks: list[tuple[float, Awaitable[object]]] = [
            (self._dice.random(), self._players.child(number)) for number in children
        ]
        knocks += [(self._dice.random(), self._players.stranger(k, n, registrant=r)) for k, (n, r) in strangers.items()]
        for _, knock in sorted(knocks, key=lambda pair: pair[0]):
            await knock
        await self._players.children_are(children, "inside")

    async def _the_twin(self) -> None:
        name = child_name(self._twin)
        await self._players.stranger("same name before her", name)
        await self._players.child(self._twin)
        if self._hall.faults:  # whose entry on the panel is whose cannot be told: both are held until one goes
            await self._players.handle(child_key(self._twin))
            await self._players.gives_up("same name before her")
            await self._players.human_admits_if_held(child_key(self._twin))
        await self._players.children_are([self._twin], "inside")

    async def _the_teachers_hand(self) -> None:
        granny = self.cast.add("grandmother", Part.WELCOMED, "Oma Hildegard")
        guest = await self._players.arrives(granny, Face(granny.name, tag=granny.key))
        if await self._players.handle(granny.key):
            granny.let_in_at = time.time()
            self._players.meeting.host_admits(guest)
        await self._hall.backstage.until_told("native_admit")

    async def _a_guest_is_allowed(self) -> None:
        guest = self.cast.add("visitor", Part.GUEST, "Gil Visitor")
        guest.let_in_at = time.time()
        await self._hall.backstage.order("allow", guest.name)
        await self._players.arrives(guest, Face(guest.name, tag=guest.key))
        await self._players.inside(guest.key)

    async def _a_child_by_name_only(self) -> None:
        part = Part.CHILD if self._hall.names else Part.NAME_ONLY
        child = self.cast.add("nameonly", part, child_name(self._hall.children + 1))
        await self._players.arrives(child, Face(child.name, tag=child.key))
        if part is Part.NAME_ONLY:
            await self._players.human_admits(child)
        await self._players.inside(child.key)

    async def _a_forwarded_link(self) -> None:
        await self._players.stranger(
            "link while she is inside", child_name(1), registrant=self._players.faces[child_key(1)].registrant
        )
        handle = await self._players.handle("link while she is inside")
        if handle:
            await self._hall.backstage.until_told("second_claim", handle)

    async def _a_personal_link(self) -> None:
        child = self.cast.add("linked", Part.CHILD, child_name(self._hall.children + 2))
        if not self._link:
            raise WorldError("there is no link")
        self._way = await Browser().presses(self._link)
        registrant = self._players.registrant_at(self._way)
        if registrant is None:
            raise WorldError("her personal link leads to no registration")
        await self._players.arrives(child, Face(LINKED_DEVICE, registrant=registrant, tag=child.key))
        await self._players.inside(child.key)
        await self._hall.backstage.until_proved(LINKED_DEVICE, "token")

    async def _a_link_in_other_hands(self) -> None:
        """Who is given no way in knows her name and the class's own address; who has her join link comes by that."""
        if not self._way:
            raise WorldError("there is no link to forward")
        name, way = child_name(self._hall.children + 2), await Browser().presses(self._link)
        await self._players.stranger("forwarded link", name.partition(" ")[0])
        await self._hall.backstage.until_told("forwarded_link")
        if way:
            raise WorldError("another browser was sent on by a link that is in use")
        if self._hall.faults:  # a copied join link is not played on a bad day
            return
        await self._players.stranger("copied join link", name, registrant=self._players.registrant_at(self._way))
        handle = await self._players.handle("copied join link")
        if handle:
            await self._hall.backstage.until_told("second_claim", handle)

    async def _the_lines_break(self) -> None:
        for number, after in ((5, 75.0), (6, _GHOST)):
            self._players.guests[child_key(number)].drop(after)
            await self._players.child(number)
        await self._players.children_are([5, 6], "inside")

    async def _a_child_shares(self) -> None:
        self._players.guests[child_key(3)].share_on()
        await self._hall.backstage.until_told("sharing")

    async def _the_list_is_emptied(self) -> None:
        number = self._while_empty
        await self._hall.backstage.empty_list()
        await self._players.child(number)
        stranger = await self._players.stranger("while the list is empty", "Zed Hopeful")
        await stranger.until("waiting", "inside", timeout=PATIENCE)
        await self._hall.backstage.restore_list()
        await self._players.children_are([number], "inside")

    async def _the_host_drops(self) -> None:
        self._players.guests["teacher"].drop()
        await self._hall.backstage.until_told("no_hands")
        await self._players.child(self._while_away)
        await self._players.handle(child_key(self._while_away))
        await self._players.teacher_comes()
        await self._players.children_are([self._while_away], "inside")

    async def _the_guardian_is_killed(self) -> None:
        await self._hall.backstage.kill_guardian()
        for number in self._while_dead:
            await self._players.child(number)
        await self._hall.backstage.start_guardian()
        await self._players.leading()
        await self._players.children_are(self._while_dead, "inside")

    async def _late_comers(self) -> None:
        if self._hall.faults:
            self._hall.world.faults.trip(429, _BUSY, retry_after=0.2)
            await self._players.panel().close()
        await self._players.stranger("late stranger", "Zed Late")
        await self._players.child(self._late)
        if self._hall.faults:
            await self._players.handle(child_key(self._late))
            await self._players.panel().reopen()
            await self._players.leading()
        await self._players.children_are([self._late], "inside")

    async def _the_end(self) -> None:
        if self._sent_away is not None:
            await self._sent_away
        await self._hall.world.settled()
        await self._hall.backstage.until_quiet()
