"""The observer's process, and what it has written so far. The reading of one line is in `verdict.py`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from guardian.world.diary import Diary
from guardian.world.site import Site, WorldError
from guardian.world.verdict import Sighting, read_sighting

PROGRAM = Path(__file__).with_name("observer.py")
_LARGEST_LINE = 1024 * 1024  # bytes
_PATIENCE = 20.0  # seconds


class ObserverProcess:
    """`async with ObserverProcess(site, room, account, password) as observer:` once the server answers.

    When the block is entered it sees the room. `sightings` grows by itself; `finish` ends it.
    """

    def __init__(self, site: Site, room: str, account: str, password: str) -> None:
        self.sightings: list[Sighting] = []
        self._settings = {
            "url": site.websocket_url,
            "host": site.auth_domain,
            "account": account,
            "password": password,
            "room": site.room_jid(room),
            "lobby": site.lobby_jid(room),
            "focus": site.focus_domain or "",
        }
        self._diary = Diary()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def until(self, condition: Callable[[], bool], what: str, *, timeout: float = _PATIENCE) -> None:
        """Wait (seconds) until `condition` holds; it is looked at after every line. Raises WorldError."""
        await self._diary.until(condition, what, timeout=timeout)

    def inside(self, address: str) -> bool:
        """Whether somebody of this bare address is in the meeting now."""
        there: set[tuple[str, str]] = set()
        for seen in self.sightings:
            if seen.place == "inside" and seen.jid.partition("/")[0] == address:
                (there.add if seen.what != "went" else there.discard)((seen.nick, seen.jid))
        return bool(there)

    @property
    def door_shut(self) -> bool:
        """Whether the last look at the door found it members-only."""
        return next((seen.shut for seen in reversed(self.sightings) if seen.what == "door"), False)

    @property
    def sees_lobby(self) -> bool:
        """Whether it sees who waits."""
        return next((seen.there for seen in reversed(self.sightings) if seen.what == "lobby"), False)

    async def finish(self) -> list[Sighting]:
        """One last look; everything it saw. An observer that went blind says so in its last line."""
        process = self._process
        if process is not None and self._reader is not None:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(asyncio.shield(self._reader), _PATIENCE)
            await process.wait()
        return self.sightings

    async def _start(self) -> None:
        # -I: neither this folder nor the environment decides what the program imports.
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LARGEST_LINE,
        )
        if process.stdin is None:
            raise WorldError("the observer has no standard input")
        process.stdin.write(json.dumps(self._settings).encode() + b"\n")
        await process.stdin.drain()
        self._reader = asyncio.create_task(self._read(process), name="the observer's lines")
        await self.until(lambda: any(s.what in {"watching", "blind"} for s in self.sightings), "an observer who sees")
        if self.sightings[-1].what == "blind":
            raise WorldError(f"the observer does not see the room: {self.sightings[-1].reason}")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            self.sightings.append(read_sighting(line.decode()))
            self._diary.look()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if self._reader is not None:
            with suppress(asyncio.CancelledError):
                await self._reader
