"""The class that is played in the demo: real XMPP clients who come, wait, break the line, lie, and press Share.

May live here: what the players do, in order, and what they wait for. May not: any judgement (see `verdict.py`), any
hand in the guardian; what a human does to it (its command line, its list, its process) comes by `Backstage`.
A scene that does not go as written is noted in `troubles` and the class goes on, as classes do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import parse_qs, urlsplit

from guardian.world.cast import Cast, Member, Part, child_key, child_name
from guardian.world.diary import State
from guardian.world.family import Browser
from guardian.world.jitsi import Participant
from guardian.world.markup import bare
from guardian.world.moderator import Moderator
from guardian.world.rooms import Face
from guardian.world.sightings import ObserverProcess
from guardian.world.site import Site, WorldError
from guardian.world.xmpp import Guest, Login, Token

LINKED_DEVICE = "iPad"
"""What the device of the child with a personal link calls itself: her name is not what lets her in."""

_PATIENCE = 30.0  # seconds for any one thing to happen
_CYRILLIC = str.maketrans({"a": "а", "e": "е", "o": "о"})  # noqa: RUF001 - the look-alike letters are the trick
_HARD_MARKUP = '<b onclick="x()">Zed</b> *Zed* [Zed](http://zed.example) <!channel> {{7*7}} \u202edeZ'


class Backstage(Protocol):
    """What humans do to the guardian from outside the rooms. All may raise WorldError."""

    async def start_guardian(self) -> None:
        """Start the service and wait until it says that it guards."""
        ...

    async def kill_guardian(self) -> None:
        """SIGKILL."""
        ...

    async def order(self, verb: str, *arguments: str) -> None:
        """A human's order, by the command line."""
        ...

    async def handle_of(self, name: str) -> str:
        """What the guardian calls the one who waits under this name."""
        ...

    async def empty_list(self) -> None:
        """Empty the class list's file; returns when the guardian doubts it."""
        ...

    async def restore_list(self) -> None:
        """Put the class list back; returns when the guardian trusts it."""
        ...

    async def until_locked(self) -> None:
        """Wait until the guardian says that the door is locked."""
        ...

    async def until_quiet(self) -> None:
        """Wait until nothing that was asked is still without its end."""
        ...


class Links(Protocol):
    """What humans do about personal links, and what they hear of the guardian. All may raise WorldError."""

    async def invited(self, person: str) -> str:
        """Have this person's personal link mailed; the link as it stands in the mail."""
        ...

    async def until_proved(self, name: str, proof: str) -> None:
        """Wait until the guardian shows somebody inside under this name with this proof."""
        ...

    async def until_told(self, kind: str, handle: str = "") -> None:
        """Wait until the guardian has told humans of something of this kind, about this connection if one is named."""
        ...


@dataclass(frozen=True, slots=True)
class Keys:
    """How the players log in, and what proves them on the class list: an account or a token's id; both by name."""

    login: Callable[[str], Login]
    proof: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it is played, and with whom. `links`: None where personal links cannot be played.

    `names`: an exact name opens the gate.
    """

    site: Site
    room: str
    keys: Keys
    observer: ObserverProcess
    backstage: Backstage
    children: int
    links: Links | None = None
    names: bool = False


class Story:
    """`async with Story(stage, cast, tell) as story: await story.play()`; on leaving, everybody goes home.

    `cast` is filled as people come. `tell` is given the title of each scene.
    """

    def __init__(self, stage: Stage, cast: Cast, tell: Callable[[str], None]) -> None:
        self.cast = cast
        self.troubles: list[str] = []
        self._stage = stage
        self._tell = tell
        self._people: dict[str, Participant] = {}
        self._link = self._way = ""  # the personal link that was mailed, and where its own browser was sent on to
        self._exits = AsyncExitStack()
        self._teacher = Moderator(stage.site, stage.keys.login("teacher"))
        last = stage.children
        self._late, self._while_dead, self._while_empty = last, (last - 1, last - 2), last - 3
        self._before = range(1, last // 3 + 1)
        for number in range(1, last + 1):
            member = cast.add(child_key(number), Part.CHILD, child_name(number))
            member.late, member.returns, member.shares = number == last, number == 5, number == 7

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def play(self) -> None:
        """All scenes, in order."""
        for title, scene in self.scenes:
            self._tell(title)
            try:
                await scene()
            except WorldError as error:
                self.troubles.append(f"{title}: {error}")

    @property
    def scenes(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """Titles and scenes."""
        name_only = "comes in by it" if self._stage.names else "is held; a human lets her in"
        return [
            ("a stranger is inside before anybody guards", self._a_stranger_is_inside_already),
            ("the guardian comes, shuts the door and puts the stranger out", self._the_guardian_comes),
            *([("a child's personal link is mailed to her", self._a_link_is_mailed)] if self._stage.links else []),
            ("children wait for their teacher", self._children_wait_for_the_host),
            ("the teacher comes, the class is open", self._the_host_opens),
            ("children and strangers knock at once", self._the_wave),
            ("the teacher lets a grandmother in with her own hand", self._the_teachers_hand),
            ("a visitor is allowed for today, and comes", self._a_guest_is_allowed),
            (f"a child with nothing but her name {name_only}", self._a_child_by_name_only),
            *self._link_scenes,
            ("a human sends away the stranger with a child's exact name", self._the_impostor_is_sent_away),
            ("a child's line breaks; she comes back past her own ghost", self._the_line_breaks),
            ("a child presses Share", self._a_child_shares),
            ("strangers are refused; one knocks again", self._strangers_are_refused),
            ("the class list is emptied for a while", self._the_list_is_emptied),
            ("kill -9: the guardian dies and comes back while two knock", self._the_guardian_is_killed),
            ("the door locks", self._stage.backstage.until_locked),
            ("a late child and a late stranger knock at the locked door", self._late_comers),
            ("everybody looks round once more", self._stage.backstage.until_quiet),
        ]

    @property
    def _link_scenes(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        if self._stage.links is None:
            return [("personal links are not played: plain Prosody believes no room tokens", self._nothing)]
        return [
            ("a child comes in by the personal link that was mailed to her", self._a_personal_link),
            ("her link is opened elsewhere, her room token copied: neither lets in", self._a_link_in_other_hands),
        ]

    async def end_class(self) -> None:
        """The teacher ends the meeting for all."""
        await self._teacher.end()

    # -- scenes

    async def _a_stranger_is_inside_already(self) -> None:
        early = await self._stranger("early stranger", Face("Zed Early"))
        await early.until_state("inside", timeout=_PATIENCE)

    async def _the_guardian_comes(self) -> None:
        observer, guardian = self._stage.observer, self.cast.of(Part.GUARDIAN)[0]
        await self._stage.backstage.start_guardian()
        (address,) = guardian.addresses
        await observer.until(lambda: observer.inside(address), "the guardian in the room")
        await observer.until(lambda: observer.door_shut and observer.sees_lobby, "a shut door")
        await self._out("early stranger", inside=True)

    async def _children_wait_for_the_host(self) -> None:
        await self._children(self._before)
        await self._all(self._before, "waiting", "inside")

    async def _the_host_opens(self) -> None:
        site, room = self._stage.site, self._stage.room
        self.cast.add("teacher", Part.HOST, "Grace Hopkins", site.account_jid("teacher"))
        await self._exits.enter_async_context(self._teacher)
        await self._teacher.join(room, display_name="Grace Hopkins")
        await self._teacher.until_state("inside")
        await self._teacher.watch_lobby()
        assistant = self.cast.add("assistant", Part.STAFF, "Alan Thuring")
        await self._arrives(assistant, self._stage.keys.login("assistant"), Face("Alan Thuring"))
        await self._inside("assistant")
        await self._all(self._before, "inside")

    async def _the_wave(self) -> None:
        children = range(self._before.stop, self._while_empty)
        liar = {"id": self._stage.keys.proof(child_key(6)), "name": child_name(6), "email": "six@school.example"}
        faces = {
            "random name": Face("Zed Quux"),
            "exact name": Face(child_name(3)),
            "look-alike": Face(child_name(4).translate(_CYRILLIC)),
            "forged identity": Face("Zed Forger", identity=liar),
            "thousand letters": Face("Zed " + "z" * 996),
            "markup": Face(_HARD_MARKUP),
            "comes again": Face("Zed Stubborn"),
        }
        await asyncio.gather(self._children(children), *(self._stranger(key, face) for key, face in faces.items()))
        await self._all(children, "inside")
        await asyncio.gather(*(self._settled(key) for key in faces))

    async def _the_teachers_hand(self) -> None:
        granny = self.cast.add("grandmother", Part.WELCOMED, "Oma Hildegard")
        await self._arrives(granny, Guest(), Face(granny.name))
        await self._teacher.until_seen(granny.name, lobby=True, timeout=_PATIENCE)
        granny.let_in_at = time.time()
        await self._teacher.admit_by_name(granny.name)
        await self._inside(granny.key)

    async def _a_guest_is_allowed(self) -> None:
        guest = self.cast.add("visitor", Part.GUEST, "Gil Visitor")
        guest.let_in_at = time.time()
        await self._stage.backstage.order("allow", guest.name)
        await self._arrives(guest, Guest(), Face(guest.name))
        await self._inside(guest.key)

    async def _a_child_by_name_only(self) -> None:
        part = Part.CHILD if self._stage.names else Part.NAME_ONLY
        child = self.cast.add("nameonly", part, child_name(self._stage.children + 1))
        person = await self._arrives(child, Guest(), Face(child.name))
        if part is Part.NAME_ONLY:
            await person.until_state("waiting", "inside", timeout=_PATIENCE)
            await self._stage.backstage.handle_of(child.name)  # until the guardian has seen her
            child.let_in_at = time.time()
            await self._stage.backstage.order("admit", child.name)
        await self._inside(child.key)

    async def _nothing(self) -> None:
        """What this server cannot play."""

    async def _a_link_is_mailed(self) -> None:
        if self._stage.links is not None:
            self._link = await self._stage.links.invited("linked")

    async def _a_personal_link(self) -> None:
        child = self.cast.add("linked", Part.CHILD, child_name(self._stage.children + 2))
        if self._stage.links is None or not self._link:
            raise WorldError("there is no link")
        self._way = await Browser().presses(self._link)
        await self._arrives(child, _room_token(self._way), Face(LINKED_DEVICE))
        await self._inside(child.key)
        await self._stage.links.until_proved(LINKED_DEVICE, "token")

    async def _a_link_in_other_hands(self) -> None:
        """Who is given no way in knows her name and the class's own address; who has her token comes by that."""
        if self._stage.links is None or not self._way:
            raise WorldError("there is no link to forward")
        name, way = child_name(self._stage.children + 2), await Browser().presses(self._link)
        await self._stranger("forwarded link", Face(name.partition(" ")[0]))
        await self._stage.links.until_told("forwarded_link")
        await self._stranger("copied token", Face(name), _room_token(self._way))
        await asyncio.gather(self._settled("forwarded link"), self._settled("copied token"))
        if way:
            raise WorldError("another browser was sent on by a link that is in use")

    async def _the_impostor_is_sent_away(self) -> None:
        if self._people["exact name"].state != "waiting":
            return
        await self._people["exact name"].until_message(timeout=_PATIENCE)  # why one waits, and whom to call
        handle = await self._stage.backstage.handle_of(child_name(3))
        await self._stage.backstage.order("remove", "--handle", handle)
        await self._out("exact name")

    async def _the_line_breaks(self) -> None:
        child = self._people[child_key(5)]
        await child.drop()
        await child.come_back()
        await self._inside(child_key(5))
        self._note_address(child_key(5))

    async def _a_child_shares(self) -> None:
        await self._people[child_key(7)].share()

    async def _strangers_are_refused(self) -> None:
        for key in ("random name", "look-alike", "forged identity", "thousand letters", "markup", "comes again"):
            await self._out(key)
        stubborn = self._people["comes again"]
        await stubborn.begin(self._stage.room, Face("Zed Stubborn"))
        await self._settled("comes again")

    async def _the_list_is_emptied(self) -> None:
        number = self._while_empty
        await self._stage.backstage.empty_list()
        await self._children([number])
        await self._stranger("while the list is empty", Face("Zed Hopeful"))
        await asyncio.gather(self._settled(child_key(number)), self._settled("while the list is empty"))
        await self._stage.backstage.restore_list()
        await self._all([number], "inside")

    async def _the_guardian_is_killed(self) -> None:
        await self._stage.backstage.kill_guardian()
        await self._children(self._while_dead)
        await self._all(self._while_dead, "waiting", "inside")
        await self._stage.backstage.start_guardian()
        await self._all(self._while_dead, "inside")

    async def _late_comers(self) -> None:
        await asyncio.gather(self._children([self._late]), self._stranger("late stranger", Face("Zed Late")))
        await self._all([self._late], "inside")
        await self._out("late stranger")
        await self._out("comes again")
        await self._out("while the list is empty")

    # -- people

    async def _arrives(self, member: Member, login: Login, face: Face) -> Participant:
        """Somebody connects and knocks; whoever knows them by key may wait for what comes of it."""
        person = Participant(self._stage.site, login)
        await self._exits.enter_async_context(person)
        self._people[member.key] = person
        await person.connect(self._stage.room)
        self._note_address(member.key)
        await person.begin(self._stage.room, face)
        return person

    def _note_address(self, key: str) -> None:
        member = next(member for member in self.cast.members if member.key == key)
        member.addresses.add(bare(self._people[key].jid).casefold())

    async def _children(self, numbers: Iterable[int]) -> None:
        members: Mapping[str, Member] = {member.key: member for member in self.cast.of(Part.CHILD)}
        await asyncio.gather(
            *(
                self._arrives(members[child_key(n)], self._stage.keys.login(child_key(n)), Face(child_name(n)))
                for n in numbers
            )
        )

    async def _stranger(self, key: str, face: Face, login: Login | None = None) -> Participant:
        member = self.cast.add(key, Part.STRANGER, face.display_name or "")
        return await self._arrives(member, login or Guest(), face)

    async def _all(self, numbers: Iterable[int], *states: State) -> None:
        """Until they are there. Whom a wrong guardian puts out is not waited for: the observer has its evidence."""
        for number in numbers:
            await self._people[child_key(number)].until_state(*states, "removed", "refused", timeout=_PATIENCE)

    async def _inside(self, key: str) -> None:
        await self._people[key].until_state("inside", timeout=_PATIENCE)

    async def _settled(self, key: str) -> None:
        """Until they wait, or whatever else came of it."""
        person = self._people[key]
        await person.until(lambda: person.state != "joining", f"an answer for {key}", timeout=_PATIENCE)

    async def _out(self, key: str, *, inside: bool = False) -> None:
        """Until they wait no longer. `inside`: until they are not inside either.

        A wrong guardian lets a waiting stranger in: then the wait is over as well, and the observer has its evidence.
        """
        person, still = self._people[key], {"waiting", "joining", *(["inside"] if inside else [])}
        await person.until(lambda: person.state not in still, f"{key} to be out", timeout=_PATIENCE)


def _room_token(way: str) -> Token:
    """What a browser that is sent on takes to the room. Raises WorldError when it was not."""
    found = parse_qs(urlsplit(way).query).get("jwt", [])
    if not found:
        raise WorldError("a personal link leads to no room")
    return Token(found[0])
