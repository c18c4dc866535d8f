"""Dry run is another platform wrapped round the real one: it looks, and touches nothing. Mode ``observe`` is this."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from guardian.core.actions import Act, Capabilities
from guardian.core.events import Snapshot
from guardian.core.identity import Facts
from guardian.ports import Emit, Outcome, Platform


class DryRun:
    """Shows what ``inner`` shows; every act is only simulated."""

    def __init__(self, inner: Platform) -> None:
        self._inner = inner

    @property
    def capabilities(self) -> Capabilities:
        """Those of the real platform: what would be asked is what it could do."""
        return self._inner.capabilities

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """As the real one."""
        await self._inner.run(emit, ready)

    async def perform(self, act: Act) -> Outcome:  # noqa: ARG002 - the port's shape
        """Nothing is sent."""
        return Outcome.SIMULATED

    async def inform(self, handle: str, text: str) -> None:
        """Nobody is told."""

    async def snapshot(self) -> Snapshot:
        """As the real one."""
        return await self._inner.snapshot()

    def recall(self, known: Sequence[Facts]) -> None:
        """As the real one."""
        self._inner.recall(known)
