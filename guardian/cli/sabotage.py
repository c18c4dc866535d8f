"""Planted wrong guardians for ``demo --sabotage``: the ordinary service whose hand on the platform does wrong.

``python -m guardian.cli.sabotage admit-all run --config demo.toml``. Each shows that the demo's judge would notice a
guardian like it. Nothing else uses this file, and no configuration leads to it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from guardian.core.actions import Act, ActKind, Capabilities
from guardian.core.events import Event, Seen, Snapshot
from guardian.core.identity import Facts, Place
from guardian.errors import ConfigError, PlatformError
from guardian.ports import Emit, Outcome, Platform
from guardian.world.cast import child_name

if TYPE_CHECKING:
    from guardian.app.service import Service
    from guardian.config import Config

Wrong = Callable[[Facts], Act | None]
VICTIM = "child02"  # whose account or token id begins like this
VICTIMS_NAME = child_name(2)  # on Zoom, where ids are Zoom's own


def admit_all(facts: Facts) -> Act | None:
    """Whoever knocks is let in."""
    return Act(ActKind.ADMIT, facts.handle) if facts.place is Place.WAITING else None


def remove_child(facts: Facts) -> Act | None:
    """One rostered child is put out."""
    known = facts.evidence.account or facts.evidence.token or ""
    hers = known.startswith(VICTIM) or facts.evidence.name == VICTIMS_NAME
    return Act(ActKind.REMOVE, facts.handle) if hers and facts.place is Place.INSIDE else None


WRONGS: dict[str, Wrong] = {"admit-all": admit_all, "remove-child": remove_child}


class WrongHand:
    """A real platform, and besides what the service asks of it, a wrong act on each whom ``wrong`` picks, once.

    An act that the platform would not take is tried again when the person is next seen.
    """

    def __init__(self, platform: Platform, wrong: Wrong) -> None:
        self._platform = platform
        self._wrong = wrong
        self._done: set[Act] = set()
        self._deeds: set[asyncio.Task[None]] = set()

    @property
    def capabilities(self) -> Capabilities:
        """The platform's own."""
        return self._platform.capabilities

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """As the platform; what it emits is looked at on its way."""

        def looked_at(event: Event) -> None:
            seen = event.connections if isinstance(event, Snapshot) else ()
            for facts in (*seen, *([event.facts] if isinstance(event, Seen) else [])):
                self._consider(facts)
            emit(event)

        await self._platform.run(looked_at, ready)

    async def perform(self, act: Act) -> Outcome:
        """As the platform."""
        return await self._platform.perform(act)

    async def inform(self, handle: str, text: str) -> None:
        """As the platform."""
        await self._platform.inform(handle, text)

    async def snapshot(self) -> Snapshot:
        """As the platform; it is looked at as well."""
        found = await self._platform.snapshot()
        for facts in found.connections:
            self._consider(facts)
        return found

    def recall(self, known: Sequence[Facts]) -> None:
        """As the platform."""
        self._platform.recall(known)

    def _consider(self, facts: Facts) -> None:
        act = None if facts.is_self else self._wrong(facts)
        if act is not None and act not in self._done:
            self._done.add(act)
            task = asyncio.create_task(self._do(act))
            self._deeds.add(task)
            task.add_done_callback(self._deeds.discard)

    async def _do(self, act: Act) -> None:
        try:
            await self._platform.perform(act)
        except PlatformError:
            self._done.discard(act)


def _build(wrong: Wrong, config: Config) -> Service:
    from guardian.bootstrap import build

    return build(config, wrap=lambda platform: WrongHand(platform, wrong))


def main(arguments: list[str]) -> None:
    """Run the wrong service until a signal comes. Raises ConfigError."""
    from guardian.cli.run import serve

    if len(arguments) != 4 or arguments[0] not in WRONGS or arguments[1:3] != ["run", "--config"]:
        raise ConfigError(f"write: {' or '.join(WRONGS)}, then run --config FILE")
    serve(Path(arguments[3]), partial(_build, WRONGS[arguments[0]]))


if __name__ == "__main__":
    main(sys.argv[1:])
