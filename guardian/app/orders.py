"""Human orders by whichever door: the right to give them, whom they mean, carried out once per idempotency key.

The only state is the ledger of recent keys. The words, and what an order does, live elsewhere.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from guardian.app.naming import Meant, by_handle, by_name, by_person
from guardian.core.events import Ordered
from guardian.core.operators import Operator, Scope
from guardian.core.roster import Person
from guardian.core.verbs import RULES, Aim
from guardian.core.view import MeetingView
from guardian.errors import NobodyMeantError, OrderError, SeveralMeantError
from guardian.ports import Candidate, Clock, OrderBody, Told

ORDER_WAIT = 5.0  # seconds to wait for what becomes of an order
_REMEMBERED_KEYS = 512


class Service(Protocol):
    """What of the guardian's service orders need."""

    def meetings(self) -> tuple[str, ...]:
        """Ids of the configured meetings."""
        ...

    def view(self, meeting: str) -> MeetingView | None:
        """The meeting as it stands."""
        ...

    def people(self, meeting: str) -> tuple[Person, ...]:
        """Everybody on the roster in force, today's guests included."""
        ...

    async def order(self, meeting: str, ordered: Ordered, wait: float = 5.0) -> Told:
        """Carry it out. Raises GuardianError."""
        ...

    async def acknowledge(self, meeting: str, incident: str, by: str) -> None:
        """A human has read an incident. Raises GuardianError."""
        ...


@dataclass(slots=True)
class _Kept:
    body: OrderBody
    by: str
    ordered: Ordered
    told: asyncio.Task[Told]


class Orders:
    """Carries out orders for one service. Fits ``guardian.ports.Overrides``."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._ledger: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def meetings(self) -> tuple[str, ...]:
        """See the port."""
        return self._service.meetings()

    def view(self, meeting: str) -> MeetingView | None:
        """See the port."""
        return self._service.view(meeting)

    async def order(self, meeting: str, body: OrderBody, operator: Operator, wait: float = ORDER_WAIT) -> Told:
        """See the port. A repeated order id gets the answer of the first time."""
        self._may(meeting, operator, *RULES[body.verb].scopes)
        order = body.order or secrets.token_urlsafe(12)
        kept = self._ledger.get((meeting, order))
        if kept is None:
            ordered = self._ordered(meeting, body, operator, order)
            kept = _Kept(body, operator.name, ordered, self._give(meeting, ordered, wait))
            self._ledger[meeting, order] = kept
            while len(self._ledger) > _REMEMBERED_KEYS:
                self._ledger.popitem(last=False)
        elif (kept.body, kept.by) != (body, operator.name):
            raise OrderError("this order id was used for another order")
        elif _unanswered(kept.told):
            # Not known then, perhaps known now. Whom it meant is not asked again, and nothing is done twice.
            kept.told = self._give(meeting, kept.ordered, wait)
        return await asyncio.shield(kept.told)

    async def acknowledge(self, meeting: str, incident: str, operator: Operator) -> None:
        """See the port."""
        self._may(meeting, operator, Scope.DOOR)
        view = self._service.view(meeting)
        if view is None or all(one.key != incident for one in view.incidents):
            raise NobodyMeantError("no such incident in this meeting now")
        await self._service.acknowledge(meeting, incident, operator.name)

    def _may(self, meeting: str, operator: Operator, *scopes: Scope) -> None:
        """A stranger to a meeting is denied, whether or not it exists. Raises DeniedError, NobodyMeantError."""
        for scope in sorted(scopes):
            operator.require(scope)
        operator.require_in(meeting)
        if meeting not in self._service.meetings():
            raise NobodyMeantError("no meeting of this id is configured")

    def _give(self, meeting: str, ordered: Ordered, wait: float) -> asyncio.Task[Told]:
        """A task of its own: a client that hangs up must not leave an order half given."""
        return asyncio.create_task(_told(self._service, meeting, ordered, wait))

    def _ordered(self, meeting: str, body: OrderBody, operator: Operator, order: str) -> Ordered:
        now = self._clock()
        if body.until is not None and body.until <= now:
            raise OrderError("that expiry is in the past")
        handle, person = self._aimed(meeting, body)
        newcomer = RULES[body.verb].aim in {Aim.GUEST, Aim.SUBSTITUTE}
        return Ordered(
            at=now,
            order=order,
            verb=body.verb,
            by=operator.name,
            handle=handle,
            person=person,
            name=body.name if newcomer else None,
            email=body.email if newcomer else None,
            account=body.account,
            until=body.until,
            reason=body.reason,
            incident=body.incident,
        )

    def _aimed(self, meeting: str, body: OrderBody) -> tuple[str | None, str | None]:
        """Handle and person that the order aims at. Raises OrderError when that is not exactly one."""
        aim = RULES[body.verb].aim
        given = [word for word in _WORDS if getattr(body, word) is not None]
        allowed = _ALLOWED[aim]
        if any(word not in allowed for word in given):
            raise OrderError(f"{body.verb.value} takes " + (" or ".join(allowed) or "no name"))
        if aim is Aim.SUBSTITUTE and len(given) < len(allowed):
            raise OrderError(f"{body.verb.value} needs " + " and ".join(allowed))
        if aim in {Aim.MEETING, Aim.SUBSTITUTE}:
            return None, None
        if not given:
            raise OrderError(f"{body.verb.value} needs " + " or ".join(allowed))
        if aim is Aim.GUEST:
            return None, None
        if len(given) > 1:
            raise OrderError("say whom by one of " + ", ".join(allowed))
        one = _exactly_one(self._meant(meeting, body, aim))
        return one.handle, (one.person if one.handle is None else None)

    def _meant(self, meeting: str, body: OrderBody, aim: Aim) -> Meant:
        view = self._service.view(meeting)
        connections = view.connections if view is not None else ()
        if body.handle is not None:
            return by_handle(body.handle, connections)
        people = self._service.people(meeting)
        if body.person is not None:
            return by_person(body.person, people)
        return by_name(body.name or "", connections, people, aim)


_WORDS = ("handle", "person", "name", "email", "account")
_ALLOWED: dict[Aim, tuple[str, ...]] = {
    Aim.MEETING: (),
    Aim.SOMEBODY: ("handle", "person", "name"),
    Aim.CONNECTION: ("handle", "name"),
    Aim.GUEST: ("name", "email"),
    Aim.SUBSTITUTE: ("name", "account"),
}


async def _told(service: Service, meeting: str, ordered: Ordered, wait: float) -> Told:
    return await service.order(meeting, ordered, wait)


def _unanswered(task: asyncio.Task[Told]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None or task.result().done is None)


def _exactly_one(meant: Meant) -> Candidate:
    if meant.one is not None:
        return meant.one
    if meant.candidates:
        raise SeveralMeantError("more than one may be meant: pick one", meant.candidates)
    raise NobodyMeantError("nobody here or on the list is called that")
