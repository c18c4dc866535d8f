"""A class to measure with: who is on the list, what they show, and a whole lesson as the core records it.

Fictitious people only. Nothing is timed here.
"""

from __future__ import annotations

from dataclasses import dataclass

from guardian.codec import Record
from guardian.core.actions import ActKind, Ask, Capabilities, WakeAt
from guardian.core.decide import step
from guardian.core.events import Accepted, Event, Opened, RosterLoaded, Seen
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from guardian.core.meeting import Occurrence, blank
from guardian.core.memory import Slot
from guardian.core.policy import Mode, Policy
from guardian.core.roster import Person, Role, Roster

POLICY = Policy(mode=Mode.ENFORCE)
CAN = Capabilities("stand-in", frozenset(ActKind) - {ActKind.REVOKE}, confirm_within=3.0, can_inform=True)
SELF = Facts("guardian", Place.INSIDE, role=PlatformRole.MODERATOR, is_self=True)
HOST = Facts("host", Place.INSIDE, Evidence("Grace Hopkins", account="grace"), role=PlatformRole.MODERATOR)

_FIRST = "Ada Ben Cleo Dina Emil Fay Gus Hana Ivo Jule Kai Lena Milo Nora Otto Pia Quin Rosa Sami Tara Udo Vera".split()
_LAST = "Abbot Berger Castro Dahl Ekman Farouk Greco Hoang Ilves Jensen Kowal Lindt Moreau Nagy Okafor Petrov".split()
_MORE = "Rossi Sato Tanaka Ullman Varga Weiss Xylander Yilmaz Zander Aalto Brandt Cohen Duarte".split()


def name_of(number: int) -> str:
    """A full name that no other number below some 8,000 has."""
    rest, first = divmod(number, len(_FIRST))
    rest, last = divmod(rest, len(_LAST))
    return f"{_FIRST[first]} {_LAST[last]}" + (f" {_MORE[rest % len(_MORE)]}" if rest else "")


def class_list(people: int, at: str = "") -> Roster:
    """That many pupils, each with an account (on ``at``), an alias and an address, and one host."""
    pupils = (
        Person(
            f"p{n:04d}",
            name_of(n),
            aliases=(f"{name_of(n).split()[0]} {chr(65 + n % 26)}{n}",),
            emails=(f"pupil{n}@school.example",),
            accounts=(f"pupil{n}{at}",),
        )
        for n in range(people)
    )
    host = Person("host", "Grace Hopkins", Role.HOST, accounts=(f"grace{at}",))
    return Roster(f"bench-{people}", (host, *pupils))


def facts_of(number: int, place: Place, handle: str = "") -> Facts:
    """A pupil as the platform shows them, signed in with the account on the list."""
    return Facts(handle or f"h{number:04d}", place, Evidence(name_of(number), account=f"pupil{number}"))


def slot_around(now: float) -> Slot:
    """A slot that began a minute ago."""
    return Slot(now - 60.0, now + 3540.0)


def opening(people: int, now: float, occurrence: str = "bench-1", meeting: str = "bench") -> list[Event]:
    """What comes before the first pupil: the occurrence, its list, the guardian and the host inside."""
    return [
        Opened(now, occurrence, meeting, slot_around(now), CAN),
        RosterLoaded(now, class_list(people)),
        Seen(now + 0.001, SELF),
        Seen(now + 0.002, HOST),
    ]


def arrivals(people: int, now: float) -> list[Event]:
    """Everybody knocks at once, then every admission is taken, then everybody is seen inside.

    The core numbers its asks from a1, in the order of the knocks.
    """
    knocks: list[Event] = [Seen(now + n / 1000, facts_of(n, Place.WAITING)) for n in range(people)]
    taken: list[Event] = [Accepted(now + 1 + n / 1000, f"a{n + 1}") for n in range(people)]
    joins: list[Event] = [Seen(now + 2 + n / 1000, facts_of(n, Place.INSIDE)) for n in range(people)]
    return [*knocks, *taken, *joins]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A class in mid-lesson: the state, and the records (with their times) that led to it, as a journal keeps them."""

    state: Occurrence
    records: tuple[tuple[float, Record], ...]


def lesson(people: int, now: float, occurrence: str = "bench-1", meeting: str = "bench") -> Lesson:
    """Everybody came, was let in and is inside."""
    state, records = blank(), list[tuple[float, Record]]()
    for event in (*opening(people, now, occurrence, meeting), *arrivals(people, now + 1)):
        state, decided = step(state, event, POLICY, event.at)
        kept = [decision for decision in decided if not isinstance(decision, WakeAt)]
        records += [(event.at, record) for record in (event, *kept)]
    asked = sum(isinstance(record, Ask) for _, record in records)
    if asked != people or state.counts.confirmed != people:
        message = f"the lesson went wrong: {asked} asked, {state.counts.confirmed} confirmed of {people}"
        raise AssertionError(message)
    return Lesson(state, tuple(records))
