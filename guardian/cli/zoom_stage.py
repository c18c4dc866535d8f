"""The demo's stage on Zoom: a loopback Zoom in a process of its own, and what the configuration says of it.

The players and the judge are in that process (`guardian/world/zoom_show.py`); what humans do to the guardian is asked
for by a pipe and done here, by `process.py`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guardian.cli.process import GuardianProcess, Place, Settings, configuration, free_port, reached_at
from guardian.cli.stage import Judged, Show
from guardian.world.cast import Listed
from guardian.world.mailbox import Mailbox
from guardian.world.site import WorldError
from guardian.world.wings import LARGEST_LINE

_PATIENCE = 30.0  # seconds
_SECRETS = {
    "client_secret": "GUARDIAN_DEMO_CLIENT_SECRET",
    "webhook_secret": "GUARDIAN_DEMO_WEBHOOK_SECRET",
    "panel_client_secret": "GUARDIAN_DEMO_PANEL_SECRET",
}
"""What the world tells that is secret, and the variable in which the guardian finds it."""


@asynccontextmanager
async def zoom_show(folder: Path, settings: Settings, mailbox: Mailbox) -> AsyncIterator[Show]:
    """The loopback Zoom, ready to play. Raises WorldError."""
    port = free_port()
    playbill = {
        "guardian": f"http://127.0.0.1:{port}",
        "children": settings.children,
        "seed": settings.seed,
        "faults": settings.faults,
        "names": settings.names,
    }
    async with AsyncExitStack() as stack:
        world = _World(folder)
        stack.push_async_callback(world.close)
        ready = await world.start(playbill)
        secrets = {variable: ready["ready"][name] for name, variable in _SECRETS.items()}
        written = configuration(_place(ready["ready"], port, settings), mailbox.port, settings)
        guardian = GuardianProcess(folder, settings, written, secrets, mailbox)
        stack.push_async_callback(guardian.close)
        guardian.write_list([Listed(**one) for one in ready["listed"]])
        yield _ZoomShow(guardian, world)


def _place(ways: dict[str, Any], port: int, settings: Settings) -> Place:
    """What an ordinary configuration says of this Zoom. Its children come by registrations that are pinned."""
    section = f"""\
[zoom.demo]
account_id = "{ways["account_id"]}"
client_id = "{ways["client_id"]}"
client_secret = {{ env = "{_SECRETS["client_secret"]}" }}
webhook_secrets = [{{ env = "{_SECRETS["webhook_secret"]}" }}]
panel_client_id = "{ways["panel_client_id"]}"
panel_client_secret = {{ env = "{_SECRETS["panel_client_secret"]}" }}
plan = "business"
calls_per_second = 60
api = "{ways["api_url"]}"
oauth = "{ways["oauth_url"]}"
events = "{ways["events_url"]}"
"""
    gate = ["verified", "token", "registrant", *(["name_exact"] if settings.names else [])]
    policy = f"gate = {json.dumps(gate)}\nsecond_claim_patience = 2\n"
    return Place("demo", str(ways["number"]), section, reached_at(port), policy)


class _ZoomShow:
    def __init__(self, guardian: GuardianProcess, world: _World) -> None:
        self.guardian = guardian
        self._world = world

    async def play(self, tell: Callable[[str], None]) -> Judged:
        answers = _answers(self.guardian)
        said = await self._world.until("verdict", answers, tell)
        return Judged(said["verdict"], (*said["verdict"]["complaints"], *said["troubles"]))

    async def end_class(self) -> None:
        self._world.tell(word="end")
        await self._world.until("ended", {}, lambda _: None)


Answers = dict[str, Callable[..., Awaitable[Any]]]


def _answers(guardian: GuardianProcess) -> Answers:
    """What the story may ask for."""

    async def when_locked() -> float | None:
        return guardian.locked_at(await guardian.view())

    asked = (
        *(guardian.start_guardian, guardian.kill_guardian, guardian.order, guardian.handle_of, guardian.empty_list),
        *(
            guardian.restore_list,
            guardian.until_locked,
            guardian.until_linked,
            guardian.until_quiet,
            guardian.until_told,
            guardian.until_proved,
            guardian.invited,
            when_locked,
        ),
    )
    return {call.__name__: call for call in asked}


@dataclass
class _World:
    """The process in which the world is."""

    folder: Path
    _process: asyncio.subprocess.Process | None = None

    async def start(self, playbill: dict[str, Any]) -> dict[str, Any]:
        """Start it; what it says when it is ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "guardian.world.zoom_show"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LARGEST_LINE,
                process_group=0,  # Ctrl-C is the demo's: it ends the class first
            )
        self.tell(**playbill)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self.until("ready", {}, lambda _: None)
        except TimeoutError:
            raise WorldError("the loopback Zoom does not start") from None

    def tell(self, **fields: Any) -> None:
        """One line to it."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(fields).encode() + b"\n")

    async def until(self, what: str, answers: Answers, tell: Callable[[str], None]) -> dict[str, Any]:
        """Answer what it asks, tell its scenes, and return the line that says `what`. Raises WorldError."""
        humans: set[asyncio.Task[None]] = set()
        try:
            while True:
                said = await self._line()
                if "scene" in said:
                    tell(str(said["scene"]))
                elif "ask" in said:
                    humans.add(asyncio.create_task(self._answer(said, answers)))
                if what in said:
                    return said
        finally:
            for human in humans:
                human.cancel()
            await asyncio.gather(*humans, return_exceptions=True)

    async def _line(self) -> dict[str, Any]:
        line = b""
        if self._process is not None and self._process.stdout is not None:
            line = await self._process.stdout.readline()
        if not line:
            log = self._log.read_text(encoding="utf-8", errors="replace")
            raise WorldError(f"the world ended by itself\n{log[-2000:]}")
        said: dict[str, Any] = json.loads(line)
        return said

    async def _answer(self, said: dict[str, Any], answers: Answers) -> None:
        """In a task of its own: one human waits for an answer while another gives an order."""
        try:
            value = await answers[said["what"]](*said["arguments"])
        except (WorldError, TimeoutError) as error:
            self.tell(answer=said["ask"], ok=False, why=str(error) or "it took too long")
        else:
            self.tell(answer=said["ask"], ok=True, value=value)

    @property
    def _log(self) -> Path:
        return self.folder / "world.log"

    async def close(self) -> None:
        """Close the pipe, on which it goes home; leave no process behind."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _PATIENCE / 6)
        if process.returncode is None:
            process.kill()
            await process.wait()
