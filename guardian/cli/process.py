"""The guardian as the humans of a demo have it: a configuration, a class list, a process, a command line, an API.

What humans do to the guardian is done here as they would do it: by its command line, its files and its process id.
Nothing reaches into the guardian. What its configuration says of a platform is in `stage.py` and `zoom_stage.py`.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from guardian.cli.client import Api, RefusedError, ServiceAwayError
from guardian.core.incidents import IncidentKind
from guardian.core.view import MeetingView
from guardian.world.cast import Listed
from guardian.world.mailbox import Mailbox
from guardian.world.site import WorldError

MEETING = "demo"
_LOOK_EVERY = 0.1  # seconds between two looks at the guardian's status
_SAME_LOOKS = 3
_PATIENCE = 30.0  # seconds for any one thing to happen
_TRIES = 5  # of a command that may be run again
_SLOT_BEGAN = 120.0  # seconds ago
_PERSONAL_LINK = re.compile(r"http://\S+/j/\S+")
_ROSTER_HEADER = ("id", "name", "role", "accounts", "emails")


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one demo. Times in seconds. `sabotage`: which planted wrong guardian runs instead of the real one, if any.

    `plugins` is for Jitsi; `faults` (the world misbehaves) and `seed` (in which order and when) are for Zoom. `names`:
    an exact name opens the gate.
    """

    platform: str = "zoom"
    children: int = 60
    patience: float = 4.0
    settle: float = 1.0
    lock_after: float = 20.0
    sabotage: str | None = None
    plugins: Path | None = None
    faults: bool = False
    seed: int = 0
    names: bool = False


class GuardianProcess:
    """The guardian as its humans have it: a configuration, a class list, a process, a command line."""

    def __init__(
        self, folder: Path, settings: Settings, configuration: str, secrets: Mapping[str, str], mailbox: Mailbox
    ) -> None:
        """`secrets`: what the configuration takes from the environment, by the variable's name."""
        self.restarts = 0
        self._mailbox = mailbox
        self._folder = folder
        self._settings = settings
        self._config = folder / "demo.toml"
        self._roster = folder / "class.csv"
        self._listed: list[Listed] = []
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith("GUARDIAN_")}
        self._environment |= secrets
        self._token = ""
        self._address: tuple[str, int] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._output: asyncio.Task[None] | None = None
        self._config.write_text(configuration, encoding="utf-8")

    # -- what is written

    def write_list(self, listed: list[Listed]) -> None:
        """The class list, for the first time."""
        self._listed = listed
        self._write_rows(listed)

    def _write_rows(self, listed: list[Listed]) -> None:
        draft = self._roster.with_suffix(".new")
        with draft.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(_ROSTER_HEADER)
            rows.writerows((one.id, one.name, one.role, one.account, one.email) for one in listed)
        draft.replace(self._roster)

    # -- the process

    async def start_guardian(self) -> None:
        """Start the service and wait until it says that it guards. Raises WorldError with the end of its log."""
        module = ["guardian"] if self._settings.sabotage is None else ["guardian.cli.sabotage", self._settings.sabotage]
        command = [sys.executable, "-m", *module, "run", "--config", str(self._config)]
        if shutil.which("setpriv") is not None:  # a demo that is killed leaves no service behind
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with self._log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment,
                process_group=0,  # Ctrl-C is the demo's: it ends the class first
            )
        self._address = await self._first_words(self._process)
        self._output = asyncio.create_task(self._read_on(self._process))

    async def kill_guardian(self) -> None:
        """SIGKILL: no farewell, no drain."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self.restarts += 1

    async def stop_guardian(self) -> int:
        """SIGTERM, as an init system does it; the exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()

    async def close(self) -> None:
        """Leave no process behind."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._output is not None:
            await self._output

    @property
    def _log_path(self) -> Path:
        return self._folder / "guardian.log"

    async def _first_words(self, process: asyncio.subprocess.Process) -> tuple[str, int]:
        line = b""
        if process.stdout is not None:
            with suppress(TimeoutError):
                line = await asyncio.wait_for(process.stdout.readline(), _PATIENCE)
        found = re.search(r"API on (\S+):(\d+)", line.decode("utf-8", "replace"))
        if found is None:
            log = self._log_path.read_text(encoding="utf-8", errors="replace")
            raise WorldError(f"the guardian does not start: {line!r}\n{log[-2000:]}")
        return found[1].strip("[]"), int(found[2])

    @staticmethod
    async def _read_on(process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None:
            while await process.stdout.readline():
                pass

    # -- the command line

    async def command(self, *arguments: str) -> str:
        """Run one `guardian` command and return what it printed. Raises WorldError when it does not exit with 0."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "guardian",
            *arguments,
            "--config",
            str(self._config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment | {"GUARDIAN_TOKEN": self._token},
        )
        out, err = await asyncio.wait_for(process.communicate(), _PATIENCE)
        if process.returncode != 0:
            raise WorldError(f"guardian {arguments[0]}: {(out + err).decode('utf-8', 'replace').strip()[-500:]}")
        return out.decode()

    async def order(self, verb: str, *arguments: str) -> None:
        """A human's order."""
        await self._mint()
        host, port = self._service()
        await self.command(verb, *arguments, "--meeting", MEETING, "--json", "--api", f"{host}:{port}")

    async def invited(self, person: str) -> str:
        """Have this person's personal link mailed; the link as it stands in the mail. Raises WorldError.

        Where it does not work at once, the command is run again, as its documents say.
        """
        for _ in range(_TRIES - 1):
            with suppress(WorldError):
                await self.command("invite", "--person", person, "--json")
                break
        else:
            await self.command("invite", "--person", person, "--json")
        address = next((one.email for one in self._listed if one.id == person), "")
        mails = [mail.message for mail in self._mailbox.mails if address in mail.recipients]
        texts = [part.get_content() for mail in mails if (part := mail.get_body(("plain",))) is not None]
        found = [link for text in texts for link in _PERSONAL_LINK.findall(text)]
        if not found:
            raise WorldError(f"no personal link was mailed to {person}")
        return str(found[-1])

    async def verify(self) -> tuple[bool, int]:
        """Whether every chain in the journal verifies, and how many rows there are."""
        try:
            told: dict[str, Any] = json.loads(await self.command("verify", "--json"))
        except WorldError:
            return False, 0
        return bool(told["ok"]), sum(told["rows"].values())

    async def _mint(self) -> None:
        if not self._token:
            scopes = [word for scope in ("view", "door", "panic") for word in ("--scope", scope)]
            minted = await self.command("token", "mint", "--name", "Demo Operator", "--meeting", MEETING, *scopes)
            self._token = minted.strip()

    async def live(self) -> tuple[str, str]:
        """Where the service is, as an http:// address, and an operator's token for it."""
        await self._mint()
        host, port = self._service()
        return f"http://{f'[{host}]' if ':' in host else host}:{port}", self._token

    def _service(self) -> tuple[str, int]:
        if self._address is None:
            raise WorldError("the guardian was never started")
        return self._address

    # -- what it says

    async def view(self) -> MeetingView | None:
        """Its own status, or None where it has none now."""
        await self._mint()
        api = Api(self._service(), self._token)
        try:
            return await asyncio.to_thread(api.view, MEETING)
        except (RefusedError, ServiceAwayError):
            return None

    async def until(self, condition: Callable[[MeetingView], bool], what: str, *, timeout: float = _PATIENCE) -> None:
        """Wait (seconds) until its status fulfils `condition`. Raises WorldError."""

        async def fulfilled() -> bool:
            view = await self.view()
            return view is not None and condition(view)

        await _poll(fulfilled, what, timeout)

    async def handle_of(self, name: str, place: str = "waiting") -> str:
        """What it calls somebody there under this name, once it calls them so at several looks on end.

        Where two records of one person find together, one of the two names goes.
        """
        looks: list[list[str]] = []

        def there(view: MeetingView) -> bool:
            looks.append([c.handle for c in view.connections if c.name == name and c.place == place])
            return bool(looks[-1]) and looks[-_SAME_LOOKS:] == [looks[-1]] * _SAME_LOOKS

        await self.until(there, f"a status that shows who is {place}")
        return looks[-1][0]

    async def empty_list(self) -> None:
        """The class list has its header left, and nobody."""
        self._write_rows([])
        await self.until(_doubts, "a guardian who doubts the list")

    async def restore_list(self) -> None:
        """The class list as it was."""
        self._write_rows(self._listed)
        await self.until(lambda view: not _doubts(view), "a guardian who trusts the list")

    async def until_linked(self) -> None:
        """Until it says that it is connected to the platform."""
        await self.until(lambda view: view.link_up, "a guardian who is connected")

    async def until_locked(self) -> None:
        """Until it says that the door is locked."""
        await self.until(lambda view: view.phase == "locked", "a lock", timeout=self._settings.lock_after + _PATIENCE)

    @staticmethod
    def locked_at(view: MeetingView | None) -> float | None:
        """When the guardian says that it locked the door; None when it is not locked."""
        if view is None or view.phase != "locked":
            return None
        return next((i.opened_at for i in view.incidents if i.kind == IncidentKind.LOCKED), None)

    async def until_told(self, kind: str, handle: str = "") -> None:
        """Until it has told humans of something of this kind, about this connection if one is named."""

        def told(view: MeetingView) -> bool:
            found = [incident for incident in view.incidents if incident.kind == kind]
            return any(not handle or handle in {subject.handle for subject in i.subjects} for i in found)

        await self.until(told, f"to be told: {kind}")

    async def until_proved(self, name: str, proof: str) -> None:
        """Until it shows somebody inside under this name with this proof."""

        def proved(view: MeetingView) -> bool:
            return any(c.name == name and c.place == "inside" and proof in c.proofs for c in view.connections)

        await self.until(proved, f"{name} inside, with the proof: {proof}")

    async def until_quiet(self) -> None:
        """Until nothing that it asked is without its end."""
        await self.until(lambda view: view.pending == 0, "an end of every act")


def _doubts(view: MeetingView) -> bool:
    broken = any(i.kind == IncidentKind.ROSTER_BROKEN and not i.settled for i in view.incidents)
    return bool(view.roster_doubt) or broken


async def _poll(condition: Callable[[], Awaitable[bool]], what: str, timeout: float) -> None:
    until = time.monotonic() + timeout
    while not await condition():
        if time.monotonic() > until:
            raise WorldError(f"after {timeout:g} s: wanted {what}")
        await asyncio.sleep(_LOOK_EVERY)


def free_port() -> int:
    """A port for the guardian: others must know it before it runs, and after its restart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reached_at(port: int) -> str:
    """The value of `[guardian] api` where families, or Zoom, reach the guardian on this port."""
    return f'{{ host = "127.0.0.1", port = {port}, public_url = "http://127.0.0.1:{port}" }}'


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo's class is held, as its configuration says it.

    `section`: the platform's own section, by the name `server`. `api`: the value of `[guardian] api`. `policy`:
    further lines there.
    """

    server: str
    room: str
    section: str
    api: str = '{ host = "127.0.0.1", port = 0 }'
    policy: str = ""


def configuration(place: Place, mail_port: int, settings: Settings) -> str:
    """An ordinary configuration: what a school would write, but for the short times."""
    began = datetime.fromtimestamp(time.time() - _SLOT_BEGAN, UTC)
    return f"""\
[guardian]
data_dir = "data"
reconcile_every = 5
api = {place.api}
log = {{ level = "info", format = "json" }}

[mail]
host = "127.0.0.1"
port = {mail_port}
security = "none"
sender = "guardian@school.example"

{place.section}
[[meetings]]
id = "{MEETING}"
title = "Fitness for all"
server = "{place.server}"
room = "{place.room}"
roster = "class.csv"
owners = ["coach@school.example"]
call = "the school office, 030 123456"

[meetings.schedule]
timezone = "UTC"
dates = [{began:%Y-%m-%d}]
start = "{began:%H:%M}"
minutes = 60

[meetings.policy]
mode = "enforce"
patience = {settings.patience}
settle = {settings.settle}
lock_after = {settings.lock_after}
{place.policy}"""
