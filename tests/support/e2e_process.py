"""A guardian as a process: started, listened to, asked by its own HTTP API, signalled. Knows no room."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec

from guardian.config import load, operator_key
from guardian.core.operators import Scope
from guardian.core.view import MeetingView
from guardian.web.tokens import mint

PATIENCE = 30.0  # seconds for any one thing to happen
_LOOK = 0.05  # seconds after which a condition is looked at again when nothing was heard


@dataclass(frozen=True, slots=True)
class Told:
    """What the API says of an order, and how long it took to say it (seconds)."""

    done: bool | None
    text: str
    seconds: float


class GuardianProcess:
    """``async with GuardianProcess(config) as guardian:`` is killed on leaving, if it still runs.

    ``extra``: more variables; ``module``: what is run instead of the ordinary ``guardian run``.
    """

    def __init__(self, config: Path, *, extra: Mapping[str, str] | None = None, runner: bool = False) -> None:
        self.config = config
        self.line = ""
        self.log: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.words: list[str] = []
        self._runner = runner
        self._extra = dict(extra or {})
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._web: aiohttp.ClientSession | None = None
        self._token = ""

    # -- life

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Start it and wait for its one line. Raises AssertionError with what it said instead."""
        await self.spawn()
        await self.until(lambda: bool(self.line) or self.process.returncode is not None, "its first line")
        if not self.line:
            await self.ended()
            raise AssertionError(f"it does not start: {self.process.returncode}\n{self.errors}")
        self._web = aiohttp.ClientSession(f"http://{self.address}")
        loaded = load(self.config)
        self._token = mint(
            operator_key(loaded), name="Tess Operator", scopes=list(Scope), meetings=None, lifetime=600, now=time.time()
        )

    async def spawn(self) -> None:
        """Start it, whatever comes of it."""
        module = ["tests.support.e2e_runner"] if self._runner else ["guardian", "run", "--config"]
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *module,
            str(self.config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment() | self._extra,
            limit=1024 * 1024,
        )
        self._readers = [asyncio.create_task(self._read_words(process)), asyncio.create_task(self._read_log(process))]

    async def close(self) -> None:
        """Leave no process behind."""
        if self._web is not None:
            await self._web.close()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self.ended()

    async def ended(self, within: float = PATIENCE) -> int | None:
        """Its exit code, once it is gone and all that it said is read."""
        if self._process is None:
            return None
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return code

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The process."""
        assert self._process is not None
        return self._process

    @property
    def address(self) -> str:
        """Where its API listens, as it says."""
        found = re.search(r"API on (\S+?);", self.line)
        assert found is not None, self.line
        return found[1]

    @property
    def started_in(self) -> float:
        """Seconds from its first instruction to its line, as it says."""
        found = re.search(r"started in ([0-9.]+) s", self.line)
        assert found is not None, self.line
        return float(found[1])

    @property
    def errors(self) -> str:
        """The end of what it wrote to standard error."""
        return "\n".join(self.said[-40:])

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Its log's entries of this event."""
        return [entry for entry in self.log if entry.get("event") == event]

    async def _read_words(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.words.append(line.decode().strip())
            self.line = self.line or self.words[-1]
            self._news.set()
        self._news.set()

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            text = line.decode("utf-8", "replace").rstrip()
            self.said.append(text)
            if text.startswith("{"):
                self.log.append(json.loads(text))
            self._news.set()

    # -- waiting

    async def until(self, condition: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        """Wait until it holds: looked at after each line of the log, and now and then."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not condition():
            if loop.time() > end:
                raise AssertionError(f"not within {within:g} s: {what}\n{self.errors}")
            await self._next()

    async def until_view(
        self, condition: Callable[[MeetingView], bool], what: str, within: float = PATIENCE, *, meeting: str = "maths"
    ) -> MeetingView:
        """Wait until its status fulfils the condition; that status."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while True:
            view = await self.view(meeting)
            if view is not None and condition(view):
                return view
            if self.process.returncode is not None or loop.time() > end:
                shown = _shortly(view) if view is not None else "no status"
                raise AssertionError(f"not within {within:g} s: {what}; {shown}\n{self.errors}")
            await self._next()

    async def _next(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(_LOOK):
                await self._news.wait()
        except TimeoutError:
            return

    # -- its API

    async def view(self, meeting: str = "maths") -> MeetingView | None:
        """Its status; None where it has none now."""
        assert self._web is not None
        try:
            async with self._web.get(f"/api/v1/meetings/{meeting}", headers=self._bearer) as answer:
                return msgspec.json.decode(await answer.read(), type=MeetingView) if answer.status == 200 else None
        except aiohttp.ClientError:
            return None

    async def ready(self) -> tuple[int, list[str]]:
        """The status of ``/readyz`` and its problems."""
        assert self._web is not None
        async with self._web.get("/readyz") as answer:
            return answer.status, (await answer.json())["problems"]

    async def until_ready(self, status: int, within: float = PATIENCE) -> list[str]:
        """Wait for this status of ``/readyz``; the problems."""
        end = asyncio.get_running_loop().time() + within
        while True:
            found, problems = await self.ready()
            if found == status:
                return problems
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"/readyz is {found} after {within:g} s: {problems}\n{self.errors}")
            await self._next()

    async def order(self, verb: str, meeting: str = "maths", **body: Any) -> Told:
        """A human's order."""
        assert self._web is not None
        sent = {"verb": verb, "order": secrets.token_hex(8), **body}
        began = asyncio.get_running_loop().time()
        async with self._web.post(f"/api/v1/meetings/{meeting}/orders", json=sent, headers=self._bearer) as answer:
            told = await answer.json()
        assert answer.status == 200, told
        return Told(told["done"], told["text"], asyncio.get_running_loop().time() - began)

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


def _shortly(view: MeetingView) -> str:
    people = [f"{c.name[:20]!a} {c.place} {c.standing} {c.do}" for c in view.connections]
    incidents = [f"{i.kind}{' (over)' if i.settled else ''}" for i in view.incidents]
    return (
        f"{view.phase} link={view.link_up} lobby={view.lobby_on} journal={view.journal_up} pending={view.pending}"
        f" people={people} incidents={incidents}"
    )


def environment() -> dict[str, str]:
    """Ours, without any variable of a guardian."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GUARDIAN_")}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its only line of output, read."""
        (line,) = self.out.splitlines()
        return json.loads(line)


async def command(*arguments: str, extra: Mapping[str, str] | None = None) -> Done:
    """Run ``guardian`` with these arguments as a process of its own, as a human does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "guardian",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment() | dict(extra or {}),
    )
    try:
        async with asyncio.timeout(60.0):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Done(process.returncode, out.decode(), err.decode())
