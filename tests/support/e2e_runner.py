"""The ordinary service with a hole in it: killed at a named step, or with a part that breaks. For crash tests only.

``python -m tests.support.e2e_runner CONFIG``. Everything is what ``bootstrap.build`` makes; what is added here only
watches, kills and breaks. Settings come by variables, so that nothing of this exists in the guardian itself:

``E2E_KILL`` ``STEP:N``: SIGKILL to ourselves at the N-th time of this step, counted once ``E2E_ARMED`` (a path) exists.
``E2E_WITNESS`` (a path): one line for each row whose append was acknowledged, written the moment that it was.
``E2E_BREAK``: the task that reads the platform raises, once, when somebody shows this name.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from guardian.app.service import Service
from guardian.bootstrap import build
from guardian.cli.run import serve
from guardian.config import Config
from guardian.core.actions import Act, Capabilities
from guardian.core.events import Event, Seen, Snapshot
from guardian.core.identity import Facts
from guardian.ports import Emit, Entry, Journal, Outcome, Platform


def fingerprint(occurrence: str, body: bytes) -> str:
    """How the witness names a row."""
    return f"{occurrence} {hashlib.sha256(body).hexdigest()}"


class Trap:
    """Hears every step; the process is gone at the wanted one."""

    def __init__(self, step: str, count: int, armed: Path) -> None:
        self._step, self._left, self._armed = step, count, armed

    def __call__(self, step: str) -> None:
        if step != self._step or not self._armed.exists():
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Witnessed:
    """A journal whose acknowledged rows are written down elsewhere. ``write`` outlives a SIGKILL."""

    def __init__(self, journal: Journal, path: Path) -> None:
        self._journal = journal
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append(self, entries: Sequence[Entry]) -> tuple[bool, ...]:
        """As the journal; what was stored is then written down."""
        new = await self._journal.append(entries)
        lines = [fingerprint(e.occurrence, e.body) for e, fresh in zip(entries, new, strict=True) if fresh]
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
        return new


class Breaking:
    """A platform whose reading task raises once, when somebody shows ``name``."""

    def __init__(self, platform: Platform, name: str) -> None:
        self._platform, self._name = platform, name
        self._broken = False

    @property
    def capabilities(self) -> Capabilities:
        return self._platform.capabilities

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        breaks = asyncio.Event()

        def looked_at(event: Event) -> None:
            emit(event)
            if isinstance(event, Seen) and event.facts.evidence.name == self._name and not self._broken:
                self._broken = True
                breaks.set()

        reading = asyncio.create_task(self._platform.run(looked_at, ready))
        broken = asyncio.create_task(breaks.wait())
        try:
            await asyncio.wait({reading, broken}, return_when=asyncio.FIRST_COMPLETED)
            if breaks.is_set():
                raise RuntimeError(f"{self._name} was seen")
            await reading
        finally:
            for task in (reading, broken):
                task.cancel()
            await asyncio.gather(reading, broken, return_exceptions=True)

    async def perform(self, act: Act) -> Outcome:
        return await self._platform.perform(act)

    async def inform(self, handle: str, text: str) -> None:
        await self._platform.inform(handle, text)

    async def snapshot(self) -> Snapshot:
        return await self._platform.snapshot()

    def recall(self, known: Sequence[Facts]) -> None:
        self._platform.recall(known)


def broken_service(config: Config) -> Service:
    """The ordinary service with what the variables ask for."""
    wanted = os.environ.get("E2E_KILL", "")
    on_step: Callable[[str], None] = lambda _: None  # noqa: E731 - the default of build
    if wanted:
        step, _, count = wanted.partition(":")
        on_step = Trap(step, int(count), Path(os.environ["E2E_ARMED"]))
    name = os.environ.get("E2E_BREAK")
    wrap: Callable[[Platform], Platform] = (lambda p: Breaking(p, name)) if name else (lambda p: p)
    service = build(config, wrap=wrap, on_step=on_step)
    witness = os.environ.get("E2E_WITNESS")
    if witness:
        parts = service._parts

        async def opened() -> Journal:
            return Witnessed(await parts.open_journal(), Path(witness))

        service._parts = replace(parts, open_journal=opened)
    return service


if __name__ == "__main__":
    serve(Path(sys.argv[1]), broken_service)
