"""Our hands in a meeting: orders to the leading panel, each sent once, each with a deadline.

May live here: asking the page and waiting for its answer. May not: which panel leads (``table``), what the page may say
(``wire_panel``). Nothing is ever sent twice from here: what became of an order is for the core to read and to decide.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from guardian.adapters.zoom import wire_panel as wire
from guardian.adapters.zoom.clients import abilities, sees_waiting
from guardian.core.actions import ActKind
from guardian.errors import TemporaryError

_MOST_PENDING = 1000  # orders that may be open at once; a large class is some hundred


class Post(Protocol):
    """The way to the page."""

    def say(self, frame: wire.Frame) -> None:
        """Put a message on its way."""
        ...

    def unsay(self, frame: wire.Frame) -> None:
        """Take it back, if it has not left yet."""
        ...


@dataclass(slots=True)
class _Open:
    """An order whose answer is awaited."""

    name: str
    frame: wire.Frame
    answer: asyncio.Future[wire.Result | wire.PanelList]


class Hands:
    """One panel's hands. They act only while their panel leads.

    ``who``: the human in whose client they are. ``leads``: asked before each order. ``on_silence``: told when an
    order was not answered in time.
    """

    def __init__(self, who: str, post: Post, leads: Callable[[], bool], on_silence: Callable[[float], None]) -> None:
        self.who = who
        self.version = self.product = ""
        self.unsupported: frozenset[str] = frozenset()
        self.can: frozenset[ActKind] = frozenset()
        """What this client can do: its age, its kind and its rights considered."""
        self.notes: tuple[str, ...] = ()
        """What it cannot do and what helps, as sentences."""
        self.sees_waiting = True
        """Whether this client can look into the waiting room."""
        self._post = post
        self._leads = leads
        self._on_silence = on_silence
        # A page does an id at most once and outlives us: after a restart no id may come again.
        self._prefix = secrets.token_hex(6)
        self._count = count(1)
        self._open: dict[str, _Open] = {}

    async def command(self, name: str, uuid: str | None = None, *, timeout: float = 3.0) -> None:
        """Have it done, within ``timeout`` seconds. Returns when the client says so, or says that it was so already.

        ``name``: "admit", "put_back", "remove" (of ``uuid``), "waiting_room_on". Raises PermanentError when the client
        refused; TemporaryError when no panel leads, or when what became of it is unknown.
        """
        answer = await self._ask(name, uuid, timeout)
        if isinstance(answer, wire.Result):
            wire.judge(answer)

    async def read(self, timeout: float = 3.0) -> wire.PanelList:
        """Both lists, read afresh in the client. Raises as ``command``."""
        answer = await self._ask(wire.READ, None, timeout)
        if isinstance(answer, wire.Result):
            wire.judge(answer)
            raise TemporaryError("the host's panel gave no lists")
        if not answer.main_room:
            raise TemporaryError("the host's panel is in a breakout room")
        return answer

    async def _ask(self, name: str, uuid: str | None, timeout: float) -> wire.Result | wire.PanelList:
        if not self._leads():
            raise TemporaryError("no panel is at work in this meeting: nothing was sent")
        if len(self._open) >= _MOST_PENDING:
            raise TemporaryError("too many orders wait for the host's panel: nothing was sent")
        loop = asyncio.get_running_loop()
        id_ = self.new_id()
        order = _Open(name, wire.command(id_, name, uuid, timeout), loop.create_future())
        self._open[id_] = order
        sent = loop.time()
        self._post.say(order.frame)
        try:
            async with asyncio.timeout(timeout):
                return await order.answer
        except TimeoutError:
            self._on_silence(sent)
            raise TemporaryError("the host's panel did not answer in time: what became of it is unknown") from None
        finally:
            self._open.pop(id_, None)
            self._post.unsay(order.frame)

    def new_id(self) -> str:
        """An id that no page has ever seen."""
        return f"{self._prefix}-{next(self._count)}"

    def knows(self, ready: wire.Ready) -> bool:
        """Take in what client this is; whether what it can do has changed."""
        before = (self.can, self.notes)
        self.version, self.product, self.unsupported = ready.version, ready.product, ready.unsupported
        self.can, self.notes = abilities(ready)
        self.sees_waiting = sees_waiting(ready)
        return before != (self.can, self.notes)

    def answered(self, result: wire.Result) -> None:
        """The page says how an order ended. Unknown and late ones are dropped."""
        order = self._open.get(result.id)
        if order is None or order.answer.done() or (order.name == wire.READ and result.ok):
            return
        order.answer.set_result(result)

    def listed(self, id_: str | None, found: wire.PanelList) -> bool:
        """The page sends lists; whether somebody waited for just these."""
        order = None if id_ is None else self._open.get(id_)
        if order is None or order.name != wire.READ or order.answer.done():
            return False
        order.answer.set_result(found)
        return True

    def rest(self) -> None:
        """The panel leads no more: what has not left is taken back; what has left may still be answered."""
        for order in self._open.values():
            self._post.unsay(order.frame)

    def lost(self) -> None:
        """The panel is gone: whoever waits is told, and nothing is sent again."""
        for order in self._open.values():
            if not order.answer.done():
                order.answer.set_exception(
                    TemporaryError("the host's panel went away: what became of the order is unknown")
                )
