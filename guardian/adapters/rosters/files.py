"""A roster in files: read whole or not at all, and watched. What the bytes mean lives in ``reading``."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from watchfiles import awatch

from guardian.adapters.rosters.bundle import FILES
from guardian.adapters.rosters.entries import Reading
from guardian.adapters.rosters.reading import Content, read
from guardian.adapters.rosters.spec import Source
from guardian.adapters.rosters.wire import LARGEST
from guardian.core.roster import Roster
from guardian.errors import RosterError

_ATTEMPTS = 5  # to find the files at rest
_PAUSE = 0.2  # seconds between them
_STEP, _DEBOUNCE = 100, 1000  # milliseconds: a burst of changes is one, as soon as it is quiet for a step

_State = tuple[tuple[int, int, int] | None, ...]


class FileRoster:
    """Several sources as one roster. ``zone``: the meeting's time zone; ``salt``: this installation's own, see
    ``reading.read``.

    ``look_every`` in seconds: how often the files are looked at even where the system reports no change
    (network drives).
    """

    def __init__(
        self, sources: Sequence[Source], zone: ZoneInfo, salt: bytes = b"", *, look_every: float = 5.0
    ) -> None:
        self._sources = tuple(sources)
        self._zone = zone
        self._salt = salt
        self._look_every = look_every
        self._known: _State | None = None

    async def load(self) -> Roster:
        """Read everything whole. Raises RosterError naming every faulty line, or that a file is missing or being
        written.
        """
        return (await self.read()).roster

    async def read(self) -> Reading:
        """The same, with everything that was found: who may get a link, columns, faults, notes. Raises RosterError
        only where a file cannot be had.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_PAUSE)
            contents = await asyncio.to_thread(self._contents)
            if contents is not None:
                return await asyncio.to_thread(read, contents, self._zone, self._salt)
        raise RosterError(self._names(), ("it is being written all the time",))

    async def recipients(self) -> Mapping[str, tuple[str, ...]]:
        """Each person's id with the addresses that their personal link may be sent to: none but these, whatever else
        the lists hold. Raises RosterError as ``load`` does.
        """
        reading = await self.read()
        allowed = {entry.person.id: entry.links_to for entry in reading.entries}
        return {person.id: allowed[person.id] for person in reading.roster.people}

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yields when a file is another than the one last loaded: edited, replaced, gone, or come back."""
        told = self._known
        while True:
            # Folders are watched, not files: editors write another file and rename it. What changed in the folder
            # does not matter (a mounted secret changes by a link beside it), only whether our files did.
            folders = self._folders()
            if not folders:
                await asyncio.sleep(self._look_every)
                continue
            try:
                async for _ in awatch(
                    *folders,
                    step=_STEP,
                    debounce=_DEBOUNCE,
                    rust_timeout=int(self._look_every * 1000),
                    yield_on_timeout=True,
                    recursive=False,
                ):
                    now = self._state()
                    if now not in {self._known, told}:
                        yield None
                    told = now
                    if self._folders() != folders:
                        break
            except OSError:
                await asyncio.sleep(self._look_every)

    def _names(self) -> str:
        return ", ".join(source.path.name for source in self._sources)

    def _folders(self) -> list[Path]:
        """The folders that can be watched now."""
        paths = [source.path for source in self._sources]
        wanted = [*(path.parent for path in paths), *(path for path in paths if path.is_dir())]
        return [folder for folder in dict.fromkeys(wanted) if folder.is_dir()]

    def _contents(self) -> list[tuple[Source, Content]] | None:
        """Everything at the sources' paths; None if it changed meanwhile."""
        before = self._state()
        found: list[tuple[Source, Content]] = []
        wrong: list[tuple[str, str]] = []
        for source in self._sources:
            try:
                found.append((source, _content(source.path)))
            except OSError as error:
                wrong.append((source.path.name, f"cannot be read: {os.strerror(error.errno or 0)}"))
        if wrong:
            self._known = before
            named = [f"{name}: {what}" if len(self._sources) > 1 else what for name, what in wrong]
            raise RosterError(wrong[0][0] if len(self._sources) == 1 else self._names(), tuple(named))
        if before != self._state():
            return None
        self._known = before
        return found

    def _state(self) -> _State:
        """What tells one state of all files from the next; None in it: one is not there."""
        return tuple(mark for source in self._sources for mark in _marks(source.path))


def _content(path: Path) -> Content:
    if path.is_dir():
        names = {file.name.casefold(): file for file in path.iterdir()}
        return {name: _bytes(names[name]) for name in FILES if name in names}
    return _bytes(path)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _marks(path: Path) -> list[tuple[int, int, int] | None]:
    try:
        found = path.stat()
        if not stat.S_ISDIR(found.st_mode):
            return [(found.st_ino, found.st_ctime_ns, found.st_size)]
        inside = sorted(file for file in path.iterdir() if file.name.casefold() in FILES)
        return [(s.st_ino, s.st_ctime_ns, s.st_size) for s in (file.stat() for file in inside)] or [None]
    except OSError:
        return [None]
