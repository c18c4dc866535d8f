"""The pipe between a play in a process of its own and whoever started it: JSON lines on standard input and output.

The play tells its scenes and asks for what humans do to the guardian; the other side answers. Only the pipe lives here:
no play, no judgement.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from guardian.world.site import WorldError

LARGEST_LINE = 1024 * 1024  # bytes


class Wings:
    """Fits the stories' `Backstage`: every question goes out as a line, and its answer comes in as one.

    `write` puts one line out. `run` reads `lines` to their end; then nobody answers any more, and every question fails.
    """

    def __init__(self, lines: asyncio.StreamReader, write: Callable[[bytes], object]) -> None:
        self._lines = lines
        self._write = write
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._words: asyncio.Queue[str] = asyncio.Queue()
        self._over = False

    def say(self, **fields: Any) -> None:
        """One line to the other side."""
        with suppress(OSError):  # nobody reads any more: `run` ends, and with it everything
            self._write(json.dumps(fields).encode() + b"\n")

    async def first_line(self) -> bytes:
        """What is said before anything else. Call it before `run`."""
        return await self._lines.readline()

    async def run(self) -> None:
        """Read what the other side says until it closes the pipe."""
        try:
            while line := await self._lines.readline():
                self._heard(json.loads(line))
        finally:
            self._over = True
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(WorldError("nobody is behind the stage any more"))

    def _heard(self, said: dict[str, Any]) -> None:
        if "word" in said:
            self._words.put_nowait(str(said["word"]))
            return
        future = self._asked.pop(int(said["answer"]), None)
        if future is None or future.done():
            return
        if said["ok"]:
            future.set_result(said.get("value"))
        else:
            future.set_exception(WorldError(str(said["why"])))

    async def word(self) -> str:
        """The next word that the other side gives by itself."""
        return await self._words.get()

    async def _ask(self, what: str, *arguments: str) -> Any:
        if self._over:
            raise WorldError("nobody is behind the stage any more")
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        self.say(ask=number, what=what, arguments=arguments)
        return await future

    # -- what humans do to the guardian

    async def start_guardian(self) -> None:
        """Start the service and wait until it says that it guards."""
        await self._ask("start_guardian")

    async def kill_guardian(self) -> None:
        """SIGKILL."""
        await self._ask("kill_guardian")

    async def order(self, verb: str, *arguments: str) -> None:
        """A human's order, by the command line."""
        await self._ask("order", verb, *arguments)

    async def handle_of(self, name: str, place: str = "waiting") -> str:
        """What the guardian calls the one who is there under this name."""
        return str(await self._ask("handle_of", name, place))

    async def empty_list(self) -> None:
        """Empty the class list's file; returns when the guardian doubts it."""
        await self._ask("empty_list")

    async def restore_list(self) -> None:
        """Put the class list back; returns when the guardian trusts it."""
        await self._ask("restore_list")

    async def until_linked(self) -> None:
        """Wait until the guardian says that it is connected to the platform."""
        await self._ask("until_linked")

    async def until_locked(self) -> None:
        """Wait until the guardian says that the door is locked."""
        await self._ask("until_locked")

    async def until_quiet(self) -> None:
        """Wait until nothing that was asked is still without its end."""
        await self._ask("until_quiet")

    async def until_told(self, kind: str, handle: str = "") -> None:
        """Wait until the guardian has told humans of something of this kind, about this connection if one is named."""
        await self._ask("until_told", kind, handle)

    async def invited(self, person: str) -> str:
        """Have this person's personal link mailed; the link as it stands in the mail."""
        return str(await self._ask("invited", person))

    async def until_proved(self, name: str, proof: str) -> None:
        """Wait until the guardian shows somebody inside under this name with this proof."""
        await self._ask("until_proved", name, proof)

    async def locked_at(self) -> float | None:
        """When the guardian said that it locked the door; None: it did not."""
        found = await self._ask("when_locked")
        return None if found is None else float(found)


async def standard_wings() -> Wings:
    """Wings on this process's standard input and output."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LARGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    def write(line: bytes) -> None:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()

    return Wings(reader, write)
