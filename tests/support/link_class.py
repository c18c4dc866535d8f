"""A class with personal links, for tests: the real book over a real store, a doorway and a postman of ten lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from guardian.adapters.links import open_links
from guardian.app.link_doors import LinkedClass
from guardian.app.link_tokens import LinkKeys
from guardian.app.links import LinkBook
from guardian.app.scheduler import Timetable
from guardian.core.memory import Slot
from guardian.core.roster import Person
from guardian.errors import NotDeliveredError, TemporaryError
from guardian.ports import Link, PersonalKind, PersonalLetter

START = 1_800_000_000.0  # Friday 15 January 2027, 08:00 UTC
ANN = Person("ann", "Ann Adams")
BEN = Person("ben", "Ben Brown")
KEYS = LinkKeys.derive(b"k" * 40)
PHONE, TABLET, STRANGER = "phone-cookie", "tablet-cookie", "stranger-cookie"


@dataclass
class Door:
    """A platform that registers whoever it is told, and leads to ``https://meet.example``."""

    enrolled: dict[str, str] = field(default_factory=dict)
    struck: list[str] = field(default_factory=list)
    fails_after: int | None = None
    origins: tuple[str, ...] = ("https://meet.example",)

    async def enrol(self, people: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
        if self.fails_after is not None and len(self.enrolled) >= self.fails_after:
            raise TemporaryError("the platform is away")
        self.enrolled |= people
        return {lid: (f"R-{lid}", f"https://meet.example/w?tk={lid}") for lid in people}

    async def strike(self, links: Sequence[Link]) -> None:
        self.struck += [link.registrant for link in links]

    def way(self, link: Link, nonce: str) -> str:
        return link.way


@dataclass
class Post:
    """Keeps every letter with its address; ``away``: takes none."""

    letters: list[tuple[PersonalLetter, str]] = field(default_factory=list)
    away: bool = False

    async def post(self, letter: PersonalLetter, to: str) -> None:
        if self.away:
            raise NotDeliveredError("the mail server is away")
        self.letters.append((letter, to))

    def of(self, kind: PersonalKind) -> list[tuple[PersonalLetter, str]]:
        return [(letter, to) for letter, to in self.letters if letter.kind is kind]


class LinkClass:
    """One class of an hour at ``START``; ``now`` is moved by the test. A second one, ``chess``, at the same time."""

    def __init__(self, folder: Path, people: Sequence[Person] = (ANN, BEN)) -> None:
        self.folder, self.people = folder, list(people)
        self.now = START + 60.0
        self.slots = [Slot(START, START + 3600.0), Slot(START + 7 * 86400.0, START + 7 * 86400.0 + 3600.0)]
        self.door, self.post = Door(), Post()
        self.told: list[str] = []
        self.trouble: list[str] = []
        self.book: LinkBook

    def clock(self) -> float:
        return self.now

    async def begin(self) -> LinkBook:
        """Open the store, as a new process does."""
        self.book = LinkBook(
            lambda: open_links(f"sqlite+aiosqlite:///{self.folder / 'journal.sqlite3'}"),
            KEYS,
            public_url="https://guardian.example",
            clock=self.clock,
            postman=self.post,
            look_every=0.01,
        )
        self.book.classes |= {"yoga": self._of("yoga", "Yoga <b>& more</b>"), "chess": self._of("chess", "Chess")}
        await self.book.start()
        return self.book

    def _of(self, meeting: str, title: str) -> LinkedClass:
        async def addresses(person: str) -> tuple[str, ...]:
            return (f"{person}@home.example",)

        return LinkedClass(
            meeting,
            title,
            "the office, 030 123456",
            ZoneInfo("Europe/Berlin"),
            Timetable(lambda now: [slot for slot in self.slots if slot.end + slot.margin > now]),
            self.door,
            people=lambda: self.people,
            addresses=addresses,
            forwarded=self.told.append,
            trouble=self.trouble.append,
        )

    async def link(self, person: Person = ANN, meeting: str = "yoga") -> Link:
        """This person's link, made if need be."""
        (link,) = await self.book.issue(meeting, [person])
        return link

    async def token(self, person: Person = ANN, meeting: str = "yoga") -> str:
        """The signed part of this person's address."""
        return self.book.keys.sign(await self.link(person, meeting))
