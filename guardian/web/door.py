"""What the web needs of the service, as Protocols: so that routes can be tried on a small real stand-in.

No behaviour here. ``guardian.app.service.Service`` fits ``Guarded`` by its shape.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from aiohttp import web

from guardian.core.events import Ordered
from guardian.core.roster import Person
from guardian.core.view import MeetingView
from guardian.ports import Desk, Hook, Overrides, Told


class Ready(Protocol):
    """Whether the service can do its work; ``problems`` are sentences without names of people."""

    @property
    def ok(self) -> bool:
        """No problem at all."""
        ...

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, one sentence each."""
        ...


class Rendered(Protocol):
    """What is counted."""

    def render(self) -> bytes:
        """Prometheus' text format, version 0.0.4."""
        ...


class Guarded(Protocol):
    """The guardian's service, as its users see it."""

    @property
    def hooks(self) -> Mapping[str, Hook]:
        """Where platforms' deliveries come to, by the last part of the address."""
        ...

    @property
    def desks(self) -> Mapping[str, Desk]:
        """Where companion panels come to, by their platform."""
        ...

    def subscribe(self) -> AsyncIterator[str]:
        """Ids of meetings whose view has changed, until the service stops."""
        ...

    def meetings(self) -> tuple[str, ...]:
        """Ids of the configured meetings."""
        ...

    def view(self, meeting: str) -> MeetingView | None:
        """The meeting as it stands; None: nothing is going on there now."""
        ...

    def people(self, meeting: str) -> tuple[Person, ...]:
        """Everybody on the roster in force, today's guests included."""
        ...

    async def order(self, meeting: str, ordered: Ordered, wait: float = 5.0) -> Told:
        """Carry out a human's order; wait so long (seconds) for what becomes of it. Raises GuardianError.

        A repeated order id is not carried out twice.
        """
        ...

    async def acknowledge(self, meeting: str, incident: str, by: str) -> None:
        """A human has read an incident. Raises GuardianError."""
        ...

    def readiness(self) -> Ready:
        """Whether everything works."""
        ...

    @property
    def metrics(self) -> Rendered:
        """Counters and gauges: opaque ids only, never a name."""
        ...


GUARDED: web.AppKey[Guarded] = web.AppKey("guarded")
ORDERS: web.AppKey[Overrides] = web.AppKey("orders")
