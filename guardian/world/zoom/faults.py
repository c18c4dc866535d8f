"""What goes wrong on demand. A judge finds every fault that struck in the ledger.

May live here: which faults are wanted and the dice. May not: how a fault is carried out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Trip:
    """The next `times` REST calls that fit answer `status`; 0 never answers. "" fits every path or method."""

    status: int
    times: int
    path: str = ""
    method: str = ""
    retry_after: float | None = None

    def fits(self, method: str, path: str) -> bool:
        """Whether it is still armed and this call is meant."""
        return self.times > 0 and self.path in path and self.method in ("", method)


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults that are on. All may be changed while the world runs.

    doubled, late, reordered, attempt_lost: chances per event, 0 to 1. `late_by`: Zoom's seconds, from and to.
    lost: tags or names of guests, none of whose events ever arrives. `lost_events`: (tag or name, event) likewise.
    first_attempt_lost: tags or names whose `joined_waiting_room` arrives only by the first retry.
    no_effect: how many acts answer "ok" and do nothing: "panel:admit", "panel:put_back", "panel:remove",
    "panel:waiting_room_on", "rest:remove", "rest:end", "rest:patch".
    no_answer: how many commands a host's client carries out and never answers: "panel:admit" and so on.
    uuids: "panel" (the panel shows other participant uuids than webhooks), "admission" (a participant's uuid
    changes when he is admitted), "instance" (the panel's meeting uuid is not that of the webhooks).
    """

    doubled: float = 0.0
    late: float = 0.0
    late_by: tuple[float, float] = (5.0, 30.0)
    reordered: float = 0.0
    attempt_lost: float = 0.0
    lost: set[str] = field(default_factory=set)
    lost_events: set[tuple[str, str]] = field(default_factory=set)
    first_attempt_lost: set[str] = field(default_factory=set)
    no_effect: dict[str, int] = field(default_factory=dict)
    no_answer: dict[str, int] = field(default_factory=dict)
    uuids: set[str] = field(default_factory=set)
    trips: list[Trip] = field(default_factory=list)

    def trip(self, status: int, times: int, path: str = "", method: str = "", retry_after: float | None = None) -> Trip:
        """Let the next `times` REST calls whose path contains `path` fail; see Trip."""
        trip = Trip(status, times, path, method, retry_after)
        self.trips.append(trip)
        return trip

    def tripped(self, method: str, path: str) -> Trip | None:
        """The trip that this call runs into, counted down."""
        for trip in self.trips:
            if trip.fits(method, path):
                trip.times -= 1
                return trip
        return None


def spend(budget: dict[str, int], name: str) -> bool:
    """Whether one of `name` was left in the budget; it is taken out."""
    if budget.get(name, 0) <= 0:
        return False
    budget[name] -= 1
    return True


def chance(seed: int, *key: object) -> float:
    """A number from 0 up to 1 that depends on the seed and the key alone, in whatever order things are asked."""
    return random.Random(":".join(map(str, (seed, *key)))).random()  # noqa: S311 - dice, not secrets
