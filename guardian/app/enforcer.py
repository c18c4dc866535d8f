"""Carries asks to the platform: in time, at the allowed rate, with bounded retries; the outcome goes back as an event.

One enforcer belongs to one occurrence. May live here: queueing and pacing of acts. May not: whether an act is right.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from aiolimiter import AsyncLimiter

from guardian.core.actions import Ask
from guardian.core.events import Accepted, Failed, Simulated
from guardian.errors import GuardianError, TemporaryError
from guardian.ports import Clock, Emit, Outcome, Platform

ENFORCER_STEPS = ("ask_sent", "ask_performed", "outcome_posted")
log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How acts are sent: ``timeout`` of one try, ``tries`` in all, ``pause`` after the first failure (doubled; the
    platform's own wish wins), never longer than ``longest_pause``. ``width``: machine acts under way at once. Seconds.
    """

    timeout: float = 5.0
    tries: int = 3
    pause: float = 0.25
    longest_pause: float = 10.0
    width: int = 64


class Enforcer:
    """Sends asks. ``wanted`` tells, just before each try, whether the core still wants it: one that was superseded
    while it stood in the queue is not sent. ``limiter`` is shared by all meetings of one platform account.
    """

    def __init__(
        self,
        platform: Platform,
        emit: Emit,
        wanted: Callable[[str], bool],
        clock: Clock,
        *,
        limiter: AsyncLimiter | None = None,
        pace: Pace | None = None,
        on_sent: Callable[[Ask], None] = lambda _: None,
        on_step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._platform, self._emit, self._wanted, self._clock = platform, emit, wanted, clock
        self._limiter, self._pace = limiter, pace or Pace()
        self._on_sent, self._on_step = on_sent, on_step
        self._human: deque[Ask] = deque()
        self._machine: deque[Ask] = deque()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._machine_acts = 0

    def take(self, ask: Ask) -> None:
        """Queue an act. Those of a human's order go before all others, past the limit on acts under way."""
        (self._machine if ask.order is None else self._human).append(ask)
        self._idle.clear()
        self._work.set()

    def inform(self, handle: str, text: str) -> None:
        """Tell one waiting person, best effort: one try, never reported back."""
        self._begin(self._inform(handle, text))

    async def idle(self) -> None:
        """Return when nothing is queued and nothing is under way."""
        await self._idle.wait()

    async def run(self) -> None:
        """Until cancelled; what is under way is cancelled with it."""
        try:
            while True:
                if not self._ready():
                    self._work.clear()
                    await self._work.wait()
                    continue
                if self._limiter is not None:
                    # First the right to send, then whom to send: an order that came meanwhile goes first.
                    await self._limiter.acquire()
                if self._ready():
                    ask = self._human.popleft() if self._human else self._machine.popleft()
                    self._machine_acts += ask.order is None
                    self._begin(self._carry_out(ask))
        finally:
            for task in self._under_way:
                task.cancel()

    def _ready(self) -> bool:
        return bool(self._human) or (bool(self._machine) and self._machine_acts < self._pace.width)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        self._idle.clear()
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._work.set()
        if not (self._under_way or self._human or self._machine):
            self._idle.set()

    async def _carry_out(self, ask: Ask) -> None:
        try:
            outcome = await self._try(ask)
        finally:
            self._machine_acts -= ask.order is None
        if outcome is not None:
            self._emit(outcome)
            self._on_step("outcome_posted")

    async def _try(self, ask: Ask) -> Accepted | Simulated | Failed | None:
        pause = self._pace.pause
        for left in range(self._pace.tries - 1, -1, -1):
            if not self._wanted(ask.ask):
                return None
            self._on_step("ask_sent")
            self._on_sent(ask)
            try:
                async with asyncio.timeout(self._pace.timeout):
                    outcome = await self._platform.perform(ask.act)
            except (TemporaryError, TimeoutError) as error:
                if not left:
                    return self._failed(ask, error)
                wish = getattr(error, "delay", None)
                await asyncio.sleep(min(pause if wish is None else wish, self._pace.longest_pause))
                pause *= 2
                if self._limiter is not None:
                    await self._limiter.acquire()
            except Exception as error:  # noqa: BLE001 - an act that broke is a fact the core must hear
                return self._failed(ask, error)
            else:
                self._on_step("ask_performed")
                done = Simulated if outcome is Outcome.SIMULATED else Accepted
                return done(at=self._clock(), ask=ask.ask)
        return None

    def _failed(self, ask: Ask, error: Exception) -> Failed:
        name = type(error).__name__
        log.warning("act_failed", act=ask.act.kind, rule=ask.rule, ask=ask.ask, error=name)
        # A foreign error's text may quote what somebody typed; only ours are written to be read.
        reason = str(error) if isinstance(error, GuardianError) else name
        return Failed(at=self._clock(), ask=ask.ask, kind=ask.act.kind, reason=reason or name)

    async def _inform(self, handle: str, text: str) -> None:
        try:
            async with asyncio.timeout(self._pace.timeout):
                await self._platform.inform(handle, text)
        except Exception as error:  # noqa: BLE001 - best effort
            log.info("inform_failed", error=type(error).__name__)
