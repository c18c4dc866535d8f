"""What Zoom sends of classes that come and go, as bytes ready for a socket. Pure: no clock, no socket.

Bodies and signatures are the loopback Zoom's own (``guardian/world/zoom``). Fictitious people only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.people import name_of
from guardian.world.zoom.bodies import Place, Who, about, identity, rfc3339
from guardian.world.zoom.signing import encode, sign

PATH = "/hooks/zoom"
HOST = "grace"
STEP = 0.001  # seconds between two happenings of one load
COMING = ("waiting", "joined", "left")
"""What is told of one person who knocks, comes in and goes, when nobody says by whose hand."""

BY_HAND = ("waiting", "admitted", "joined", "left")
"""The same when the teacher lets them in."""

_EVENTS = {
    "waiting": ("meeting.participant_joined_waiting_room", "date_time"),
    "admitted": ("meeting.participant_admitted", "date_time"),
    "joined": ("meeting.participant_joined", "join_time"),
    "left": ("meeting.participant_left", "leave_time"),
}


@dataclass(frozen=True, slots=True)
class Load:
    """Classes of ``people`` on the meetings ``numbers``, ``abreast`` of them at a time; everybody comes ``comings``
    times, each time with the events ``tells``. Every ``again``-th request comes a second time a little later, as Zoom
    repeats what it believes lost.
    """

    numbers: tuple[str, ...]
    people: int
    comings: int
    abreast: int
    tells: tuple[str, ...] = COMING
    again: int = 20

    def happenings(self) -> int:
        """How many different things are told, the hosts' own coming in among them."""
        return len(self.numbers) * (self.people * self.comings * len(self.tells) + 1)


def meeting_numbers(count: int) -> tuple[str, ...]:
    """So many meetings' numbers."""
    return tuple(str(81_000_000_000 + n) for n in range(count))


def place_of(number: str) -> Place:
    """The meeting in its one run."""
    return Place("bench-account", number, f"{number}/run==", HOST, "Class", "2026-11-02T08:00:00Z", "UTC", 60)


def who_of(person: int, uuid: str) -> Who:
    """A pupil, signed in with the account on the list."""
    address = f"pupil{person}@school.example"
    return Who(str(16_777_216 + 1024 * person), name_of(person), f"pupil{person}", uuid, address)


def host_of(place: Place) -> Who:
    """The teacher."""
    return Who("16777000", "Grace Hopkins", HOST, f"{place.number}-host", "grace@school.example")


def told(what: str, place: Place, who: Who, at: float) -> bytes:
    """The body that tells, at ``at`` (seconds UTC), one of BY_HAND about somebody."""
    event, key = _EVENTS[what]
    return encode(about(event, place, at, participant=identity(who) | {key: rfc3339(at)}))


def opening(place: Place, at: float) -> tuple[bytes, bytes]:
    """The meeting begins, and its host is inside."""
    return encode(about("meeting.started", place, at)), told("joined", place, host_of(place), at + STEP)


def bodies(load: Load, at: float) -> Iterator[bytes]:
    """All that is told, in its order, the first of it at ``at``; repeats are not in it."""
    places = [place_of(number) for number in load.numbers]
    for first in range(0, len(places), load.abreast):
        together = places[first : first + load.abreast]
        for coming in range(load.comings):
            for what in load.tells:
                for person in range(load.people):
                    for place in together:
                        who = who_of(person, f"{place.number}-{person}-{coming}")
                        yield told(what, place, who, at)
                        at += STEP


def repeated(requests: Sequence[bytes], again: int, later: int) -> Iterator[bytes]:
    """Those requests; every ``again``-th once more, ``later`` requests behind the first time."""
    for n, one in enumerate(requests):
        yield one
        if n >= later and (n - later) % again == 0:
            yield requests[n - later]


def request(body: bytes, secret: str, at: float) -> bytes:
    """A whole HTTP request as Zoom makes it, signed at ``at``."""
    stamp = str(int(at))
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Zoom Marketplace/1.0a\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"x-zm-request-timestamp: {stamp}\r\nx-zm-signature: {sign(secret, stamp, body)}\r\n"
        f"x-zm-trackingid: v=2.0;clid=aw1;rid=WEB_{stamp}\r\n\r\n"
    )
    return head.encode() + body
