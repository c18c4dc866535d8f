"""What has happened to one player, and waiting for it.

States, changes and the waiting live here; the stanzas that cause them stand in `web_client.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from guardian.world.site import WorldError

State = Literal["outside", "joining", "waiting", "inside", "refused", "removed", "ended", "left", "lost"]
"""waiting: in the lobby. refused: denied there, or by the room. removed: put out of the meeting.
ended: the room was destroyed. left: own wish. lost: the connection is gone, cut by her or by the server."""

SETTLED: tuple[State, ...] = ("waiting", "inside", "refused", "removed", "ended", "left", "lost")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state; `at` in seconds since the epoch, `actor` a nick, `codes` the room's."""

    state: State
    at: float
    actor: str = ""
    reason: str = ""
    codes: frozenset[str] = frozenset()


class Diary:
    """A player's changes of state. Call `look` after anything a condition may depend on."""

    def __init__(self) -> None:
        self.state: State = "outside"
        self.history: list[Change] = []
        self._watchers: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._failure: BaseException | None = None

    @property
    def last(self) -> Change | None:
        """The latest change: who and why."""
        return self.history[-1] if self.history else None

    def write(self, state: State, *, actor: str = "", reason: str = "", codes: frozenset[str] = frozenset()) -> None:
        """Enter a new state."""
        self.state = state
        self.history.append(Change(state, time.time(), actor, reason, codes))
        self.look()

    def fail(self, error: BaseException) -> None:
        """The player herself is broken: everybody who waits gets this error, now and later."""
        self._failure = error
        self.look()

    async def until(self, condition: Callable[[], bool], what: str, *, timeout: float) -> None:
        """Wait (seconds) until `condition` holds. Raises WorldError, naming `what` was wanted."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append((condition, future))
        self.look()
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            raise WorldError(f"after {timeout:g} s: wanted {what}, but {self.last}") from None

    def look(self) -> None:
        """Let those go on whose condition holds now."""
        for watcher in list(self._watchers):
            condition, future = watcher
            if future.done():
                self._watchers.remove(watcher)
            elif self._failure is not None:
                future.set_exception(self._failure)
            elif condition():
                future.set_result(None)
