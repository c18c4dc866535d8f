"""Human orders by HTTP: reading the body, finding whom it means, carrying it out once per idempotency key.

The only state is the ledger of recent keys. Who may order what is judged by the route.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated

import msgspec
from aiohttp import web

from guardian.core.events import Ordered, Verb
from guardian.ports import Clock
from guardian.web.door import Guarded, Told
from guardian.web.naming import Candidate, Meant, by_handle, by_name, by_person
from guardian.web.problems import Problem
from guardian.web.tokens import Operator
from guardian.web.verbs import RULES, Aim

ORDER_WAIT = 5.0  # seconds to wait for what becomes of an order
_REMEMBERED_KEYS = 512

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
# No colon: "native:…" is how the core names acts of the platform's own moderators.
_Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{8,64}$")]


class OrderBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a client sends. ``name`` is a name as typed; ``handle`` and ``person`` are ids, as in a view.

    ``account`` is a platform account (id or address), as ``cover`` takes it. ``until`` in seconds UTC; ``order`` is the
    idempotency key.
    """

    verb: Verb
    handle: _Text | None = None
    person: _Text | None = None
    name: _Text | None = None
    email: _Text | None = None
    account: _Text | None = None
    until: float | None = None
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    order: _Key | None = None


@dataclass(slots=True)
class _Kept:
    body: OrderBody
    by: str
    ordered: Ordered
    told: asyncio.Task[Told]


class Orders:
    """Carries out orders for one service."""

    def __init__(self, guarded: Guarded, clock: Clock) -> None:
        self._guarded = guarded
        self._clock = clock
        self._ledger: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    async def carry_out(self, meeting: str, body: OrderBody, operator: Operator) -> Told:
        """Do it, or give the answer of the first time. Raises Problem, GuardianError."""
        order = body.order or secrets.token_urlsafe(12)
        kept = self._ledger.get((meeting, order))
        if kept is None:
            ordered = self._ordered(meeting, body, operator, order)
            kept = _Kept(body, operator.name, ordered, self._give(meeting, ordered))
            self._ledger[meeting, order] = kept
            while len(self._ledger) > _REMEMBERED_KEYS:
                self._ledger.popitem(last=False)
        elif (kept.body, kept.by) != (body, operator.name):
            raise Problem(422, "this order id was used for another order")
        elif _unanswered(kept.told):
            # Not known then, perhaps known now. Whom it meant is not asked again, and nothing is done twice.
            kept.told = self._give(meeting, kept.ordered)
        return await asyncio.shield(kept.told)

    def _give(self, meeting: str, ordered: Ordered) -> asyncio.Task[Told]:
        """A task of its own: a client that hangs up must not leave an order half given."""
        return asyncio.create_task(_told(self._guarded, meeting, ordered))

    def _ordered(self, meeting: str, body: OrderBody, operator: Operator, order: str) -> Ordered:
        now = self._clock()
        if body.until is not None and body.until <= now:
            raise Problem(422, "that expiry is in the past")
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
        )

    def _aimed(self, meeting: str, body: OrderBody) -> tuple[str | None, str | None]:
        """Handle and person that the order aims at. Raises Problem when that is not exactly one."""
        aim = RULES[body.verb].aim
        given = [word for word in _WORDS if getattr(body, word) is not None]
        allowed = _ALLOWED[aim]
        if any(word not in allowed for word in given):
            raise Problem(422, f"{body.verb.value} takes " + (" or ".join(allowed) or "no name"))
        if aim is Aim.SUBSTITUTE and len(given) < len(allowed):
            raise Problem(422, f"{body.verb.value} needs " + " and ".join(allowed))
        if aim in {Aim.MEETING, Aim.SUBSTITUTE}:
            return None, None
        if not given:
            raise Problem(422, f"{body.verb.value} needs " + " or ".join(allowed))
        if aim is Aim.GUEST:
            return None, None
        if len(given) > 1:
            raise Problem(422, "say whom by one of " + ", ".join(allowed))
        one = _exactly_one(self._meant(meeting, body, aim))
        return one.handle, (one.person if one.handle is None else None)

    def _meant(self, meeting: str, body: OrderBody, aim: Aim) -> Meant:
        view = self._guarded.view(meeting)
        connections = view.connections if view is not None else ()
        if body.handle is not None:
            return by_handle(body.handle, connections)
        people = self._guarded.people(meeting)
        if body.person is not None:
            return by_person(body.person, people)
        return by_name(body.name or "", connections, people, aim)


ORDERS: web.AppKey[Orders] = web.AppKey("orders")

_WORDS = ("handle", "person", "name", "email", "account")
_ALLOWED: dict[Aim, tuple[str, ...]] = {
    Aim.MEETING: (),
    Aim.SOMEBODY: ("handle", "person", "name"),
    Aim.CONNECTION: ("handle", "name"),
    Aim.GUEST: ("name", "email"),
    Aim.SUBSTITUTE: ("name", "account"),
}


async def _told(guarded: Guarded, meeting: str, ordered: Ordered) -> Told:
    return await guarded.order(meeting, ordered, ORDER_WAIT)


def _unanswered(task: asyncio.Task[Told]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None or task.result().done is None)


def _exactly_one(meant: Meant) -> Candidate:
    if meant.one is not None:
        return meant.one
    if meant.candidates:
        raise Problem(409, "more than one may be meant: pick one", candidates=meant.candidates)
    raise Problem(404, "nobody here or on the list is called that")
