"""A roster in a CSV file: read whole or not at all, and watched. What the bytes mean lives in ``wire``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from zoneinfo import ZoneInfo

from watchfiles import awatch

from guardian.adapters.rosters.wire import LARGEST, parse
from guardian.core.roster import Roster
from guardian.errors import RosterError

_ATTEMPTS = 5  # to find the file at rest
_PAUSE = 0.2  # seconds between them
_STEP, _DEBOUNCE = 100, 1000  # milliseconds: a burst of changes is one, as soon as it is quiet for a step

_Signature = tuple[int, int, int]


class CsvRoster:
    """``zone``: the meeting's time zone; ``salt``: this installation's own, see ``wire.parse``.

    ``look_every`` in seconds: how often the file is looked at even where the system reports no change
    (network drives).
    """

    def __init__(self, path: Path, zone: ZoneInfo, salt: bytes = b"", *, look_every: float = 5.0) -> None:
        self._path = path
        self._zone = zone
        self._salt = salt
        self._look_every = look_every
        self._known: _Signature | None = None

    async def load(self) -> Roster:
        """Read the file whole. Raises RosterError naming every faulty line, or that it is missing or being
        written.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_PAUSE)
            raw = await asyncio.to_thread(self._read)
            if raw is not None:
                return await asyncio.to_thread(parse, raw, self._path.name, self._zone, self._salt)
        raise RosterError(self._path.name, ("it is being written all the time",))

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yields when the file is another than the one last loaded: edited, replaced, gone, or come back."""
        told = self._known
        while True:
            # The folder is watched, not the file: editors write another file and rename it. What changed in
            # the folder does not matter (a mounted secret changes by a link beside it), only whether our file
            # did.
            try:
                async for _ in awatch(
                    self._path.parent,
                    step=_STEP,
                    debounce=_DEBOUNCE,
                    rust_timeout=int(self._look_every * 1000),
                    yield_on_timeout=True,
                    recursive=False,
                ):
                    now = _signature(self._path)
                    if now not in {self._known, told}:
                        yield None
                    told = now
            except OSError:
                await asyncio.sleep(self._look_every)

    def _read(self) -> bytes | None:
        """The file's bytes; None if it changed meanwhile."""
        before = _signature(self._path)
        try:
            with self._path.open("rb") as file:
                raw = file.read(LARGEST + 1)
        except OSError as error:
            self._known = before
            raise RosterError(self._path.name, (f"cannot be read: {os.strerror(error.errno or 0)}",)) from error
        if before is None or before != _signature(self._path):
            return None
        self._known = before
        return raw


def _signature(path: Path) -> _Signature | None:
    """What tells one state of the file from the next; None: it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_ctime_ns, stat.st_size
