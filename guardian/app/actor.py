"""One occurrence, strictly in order: events in, one step at a time, durable, then acknowledged, then acted upon.

May live here: order, the two lanes, durability, the answer to who waits. May not: what a decision leads to (``watch``).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from guardian.app.chronicle import Chronicle, Line
from guardian.app.history import History
from guardian.app.inbox import OUTCOMES, SLICE, SPARE, Inbox, Item
from guardian.app.metrics import Metrics
from guardian.app.scheduler import Alarm
from guardian.codec import encode
from guardian.core.actions import Again, Answer, Ask, Decision, Reread, WakeAt
from guardian.core.decide import TOGETHER, steps
from guardian.core.events import Event, JournalChanged, Ordered, Woke
from guardian.core.policy import Policy
from guardian.errors import JournalError
from guardian.ports import Clock, Entry

ACTOR_STEPS = ("event_taken", "outcome_taken", "decided", "appending", "appended", "acknowledged", "dispatched")

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Hooks:
    """``dispatch`` gets every decision once it is durable (or, without a journal, what the core still wants);
    ``on_turn`` hears when the state has changed, ``on_step`` each of ACTOR_STEPS. None may block or raise.
    """

    dispatch: Callable[[Decision], None]
    on_turn: Callable[[], None] = lambda: None
    on_step: Callable[[str], None] = lambda _: None


class Actor:
    """The one writer of an occurrence's ``state``.

    ``past`` is what a folded journal already holds. ``first`` are the events that open the occurrence (or say that we
    are back); nothing goes before them. ``room``: deliveries that may wait.
    """

    def __init__(
        self,
        past: History,
        policy: Policy,
        clock: Clock,
        chronicle: Chronicle,
        hooks: Hooks,
        *,
        first: Iterable[Event] = (),
        metrics: Metrics | None = None,
        room: int = 10_000,
    ) -> None:
        self.state = past.state
        self._policy, self._clock, self._chronicle, self._hooks = policy, clock, chronicle, hooks
        self._metrics, self._meeting = metrics or Metrics(), chronicle.chain.meeting
        self._keys = set(past.keys)
        self._answered = dict(past.answers)
        self._asked: dict[str, asyncio.Future[Answer]] = {}
        self._inbox = Inbox(first, room)
        self._work = asyncio.Event()
        self._calm = asyncio.Event()
        self._alarm = Alarm(clock, self._woke)
        self._wake: float | None = None
        self._closing = False
        self._now = 0.0

    # -- in ------------------------------------------------------------------------------------------------------

    def post(self, event: Event, key: str | None = None) -> None:
        """Put an event in the inbox. Never blocks, never raises. ``key``: a second one with the same key is dropped."""
        self._put(Item(event, key))

    async def submit(self, event: Event, key: str | None = None) -> None:
        """As ``post``, and return when it is durable. Raises JournalError when it is not (or we are shutting down)."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._put(Item(event, key, waiter)):
            message = "the event was not taken: the guardian is overloaded or shutting down"
            raise JournalError(message)
        await waiter

    async def submit_all(self, events: Sequence[tuple[Event, str]]) -> None:
        """As ``submit``, for several with a key each: in this order, and all of them or an error."""
        if len(events) == 1:  # as nearly always; gathering costs more than all else here
            await self.submit(*events[0])
            return
        waiters: list[asyncio.Future[None]] = []
        for event, key in events:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if not self._put(Item(event, key, waiter)):
                waiter.set_exception(JournalError("the event was not taken: the guardian is overloaded or stopping"))
            waiters.append(waiter)
        results = await asyncio.gather(*waiters, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def order(self, ordered: Ordered, wait: float) -> Answer | None:
        """A human's order; its answer, or None when there is none within ``wait`` seconds. Repeating it is harmless."""
        known = self._answered.get(ordered.order)
        if known is not None:
            return known
        answer = self._asked.get(ordered.order)
        if answer is None:
            if not self._put(Item(ordered, f"order:{ordered.order}")):
                return Answer(self._clock(), ordered.order, done=False, text="not done: the meeting has ended")
            answer = self._asked[ordered.order] = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait({answer}, timeout=wait)
        return answer.result() if done else None

    def stop_intake(self) -> None:
        """From now on only outcomes and humans are heard: the rest will be read afresh by whoever comes after us."""
        self._inbox.open = False

    def close(self) -> None:
        """``run`` returns when what is in the inbox is done."""
        self._closing = True
        self._work.set()

    async def calm(self) -> None:
        """Return when the inbox is empty and nothing is being decided."""
        await self._calm.wait()

    @property
    def depth(self) -> int:
        """Events in the inbox."""
        return len(self._inbox)

    def wants(self, ask: str) -> bool:
        """Whether this ask is still open: one that was superseded is not sent."""
        return ask in self.state.asks

    def _put(self, item: Item) -> bool:
        if self._closing or not self._inbox.put(item):
            self._metrics.dropped.labels(self._meeting).inc()
            return False
        if item.human:
            self._chronicle.hurry()
        self._calm.clear()
        self._work.set()
        return True

    def _woke(self) -> None:
        self.post(Woke(at=self._clock()))

    # -- the loop ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until closed and empty. A step that raises is told to whoever waits for it; the rest of the inbox stays."""
        self._alarm.set(self._wake)
        try:
            while await self._something():
                await self._turn(self._inbox.take())
                if not self.depth:
                    self._calm.set()
            await self._chronicle.flush()
        finally:
            self._alarm.set(None)

    async def _something(self) -> bool:
        while not self.depth:
            self._calm.set()
            if self._closing:
                return False
            self._work.clear()
            try:
                async with asyncio.timeout(self._chronicle.until_probe()):
                    await self._work.wait()
            except TimeoutError:
                return True
        return True

    async def _turn(self, batch: deque[Item]) -> None:
        """No await from the taking of the batch until all of it is decided."""
        lines: list[Line] = []
        decisions: list[Decision] = []
        waiters: list[asyncio.Future[None]] = []
        crash: Exception | None = None
        alone = 0  # how many of those ahead are judged one by one, since together they could not be
        hurry = any(item.human for item in batch)
        loop = asyncio.get_running_loop()
        enough = loop.time() + SLICE
        while batch and crash is None and (batch[0].human or loop.time() < enough or not lines):
            item = batch.popleft()
            self._hooks.on_step("outcome_taken" if isinstance(item.event, OUTCOMES) else "event_taken")
            if item.key is not None and item.key in self._keys:
                waiters += [item.waiter] if item.waiter else []
                continue
            crowd = [item] if alone > 0 else self._crowd(item, batch)
            alone -= 1
            try:
                decisions += self._decide([one.event for one in crowd], [one.key for one in crowd], lines)
            except Exception as error:  # noqa: BLE001 - one poisonous event must not take the others with it
                if len(crowd) > 1:
                    batch.extendleft(reversed(crowd))
                    alone = len(crowd)
                    continue
                crash = error
                self._refuse(item, error)
            else:
                waiters += [one.waiter for one in crowd if one.waiter]
        self._inbox.put_back(batch)
        self._hooks.on_step("decided")
        if self._inbox.lost:
            self._inbox.lost = False
            decisions.append(Reread(at=self._now, why="deliveries were dropped: the inbox was full"))
        await self._settle(lines, decisions, waiters, hurry=hurry)
        if crash is not None:
            raise crash

    def _crowd(self, item: Item, batch: deque[Item]) -> list[Item]:
        """This event, and those right behind it that may be judged together with it; a known one ends the crowd."""
        crowd, keys = [item], {item.key}
        if isinstance(item.event, TOGETHER):
            while batch and isinstance(batch[0].event, TOGETHER):
                key = batch[0].key
                if key is not None and (key in self._keys or key in keys):
                    break
                keys.add(key)
                crowd.append(batch.popleft())
        return crowd

    def _decide(self, events: Sequence[Event], keys: Sequence[str | None], lines: list[Line]) -> tuple[Decision, ...]:
        # A clock set back must not make our own records run backwards.
        self._now = now = max(self._clock(), self._now)
        self.state, made = steps(self.state, events, self._policy, now)
        occurrence = self._chronicle.chain.occurrence
        for event, key in zip(events, keys, strict=True):
            kind = "outcome" if isinstance(event, OUTCOMES) else "event"
            lines.append(Line(Entry(occurrence, now, kind, encode(event), key), isinstance(event, SPARE)))
        wake = None
        for decision in made:
            if isinstance(decision, WakeAt):
                wake = decision.when
            else:
                lines.append(Line(Entry(occurrence, now, "decision", encode(decision))))
        self._wake = wake
        self._keys.update(key for key in keys if key is not None)
        self._count(events, made)
        return made

    async def _settle(
        self,
        lines: list[Line],
        decisions: list[Decision],
        waiters: list[asyncio.Future[None]],
        *,
        hurry: bool,
    ) -> None:
        """Durable, then acknowledged, then acted upon. Without a journal: not acknowledged, and only what is still
        wanted once the core knows that there is none.
        """
        self._hooks.on_step("appending")
        durable = await self._chronicle.write(lines, hurry=hurry)
        if durable:
            self._hooks.on_step("appended")
        self._acknowledge(waiters, durable=durable)
        while durable != self.state.journal_up:
            reason = "" if durable else self._chronicle.reason
            more: list[Line] = []
            decisions += self._decide((JournalChanged(self._clock(), durable, reason),), (None,), more)
            durable = await self._chronicle.write(more)
        for decision in decisions:
            self._pass_on(decision)
        self._hooks.on_step("dispatched")
        self._alarm.set(self._wake)
        self._metrics.inbox.labels(self._meeting).set(self.depth)
        self._metrics.journal_up.labels(self._meeting).set(durable)
        self._hooks.on_turn()

    def _acknowledge(self, waiters: list[asyncio.Future[None]], *, durable: bool) -> None:
        for waiter in waiters:
            if waiter.done():
                continue
            if durable:
                waiter.set_result(None)
            else:
                waiter.set_exception(JournalError("the journal cannot be written; nothing was acknowledged"))
        if waiters and durable:
            self._hooks.on_step("acknowledged")

    def _pass_on(self, decision: Decision) -> None:
        if isinstance(decision, WakeAt):
            return
        if isinstance(decision, Ask | Again) and not self.wants(decision.ask):
            return
        if isinstance(decision, Answer):
            self._answered[decision.order] = decision
            waiting = self._asked.pop(decision.order, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(decision)
        self._hooks.dispatch(decision)

    def _refuse(self, item: Item, error: Exception) -> None:
        log.critical("step_failed", of=type(item.event).__name__, error=type(error).__name__)
        if item.waiter is not None and not item.waiter.done():
            item.waiter.set_exception(JournalError("the event could not be judged; nothing was acknowledged"))
        if isinstance(item.event, Ordered):
            text = "not done: the guardian failed on this order and has told its owners"
            self._pass_on(Answer(at=self._now, order=item.event.order, done=False, text=text))

    def _count(self, events: Sequence[Event], made: tuple[Decision, ...]) -> None:
        meeting = self._meeting
        for name, count in Counter(type(event).__name__ for event in events).items():
            self._metrics.events.labels(meeting, name).inc(count)
        for decision in made:
            rule = decision.rule if isinstance(decision, Ask) else ""
            self._metrics.decisions.labels(meeting, type(decision).__name__, rule).inc()
