"""Debian's own `prosody` as a loopback Jitsi site: configured, started, restarted and stopped.

May live here: the server's process, its directory, its ports, its accounts. May not: XMPP clients (see
`xmpp.py`, `jitsi.py`), the text of the configuration (see `prosody_config.py`).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from guardian.world.calls import Call, read_calls
from guardian.world.prosody_config import Flavour, ServerPlan
from guardian.world.prosody_files import ProsodyError, write_account, write_directory
from guardian.world.site import Site

_POLL = 0.02  # seconds between two looks at a starting server


class Prosody:
    """One running server. Use as `async with Prosody(accounts={...}) as server:`.

    `accounts` maps account names on `auth.DOMAIN` to passwords; the bot's account is made besides, with a
    random password if none is given. `owners` are account names that own every room, besides the bot:
    the human moderators.
    `plugins` is a directory of Jitsi's Prosody plugins and makes the flavour `plugins`.
    `hibernation_time` (seconds): how long a dropped client stays as a ghost; see `ServerPlan`.

    The process ends with the thread that started it (`setpriv --pdeathsig`): a killed demo leaves no server.
    """

    def __init__(  # noqa: PLR0913 - every setting of one server, all by keyword
        self,
        *,
        accounts: Mapping[str, str] | None = None,
        owners: Sequence[str] = ("teacher",),
        bot: str = "guardian",
        bot_password: str | None = None,
        plugins: Path | None = None,
        domain: str = "meet.example.test",
        hibernation_time: float = 10.0,
        stanza_size_limit: int = 262_144,
        extra_global: str = "",
        extra_muc: str = "",
        directory: Path | None = None,
        start_timeout: float = 20.0,
    ) -> None:
        self.bot_password = bot_password or secrets.token_urlsafe(12)
        self.focus_password = secrets.token_urlsafe(12)
        self._start_timeout = start_timeout
        self._bot = bot
        self._own_directory = directory is None
        self._directory = directory or Path(tempfile.mkdtemp(prefix="guardian-world-"))
        self._process: asyncio.subprocess.Process | None = None
        auth = f"auth.{domain}"
        self._accounts = {bot: self.bot_password, **(accounts or {})}
        if plugins is not None:
            self._accounts["focus"] = self.focus_password
        self._plan = ServerPlan(
            flavour="plain" if plugins is None else "plugins",
            directory=self._directory,
            http_port=_free_port(),
            domain=domain,
            owners=tuple(f"{name}@{auth}" for name in (bot, *owners)),
            ready_word=f"ready-{secrets.token_hex(8)}",
            app_id="guardian",
            app_secret=secrets.token_hex(24),
            hibernation_time=hibernation_time,
            stanza_size_limit=stanza_size_limit,
            run_as_root=os.geteuid() == 0,
            plugins=plugins,
            extra_global=extra_global,
            extra_muc=extra_muc,
        )

    # -- what a client needs to know

    @property
    def flavour(self) -> Flavour:
        """`plain` or `plugins`."""
        return self._plan.flavour

    @property
    def http_port(self) -> int:
        """The one port, on 127.0.0.1."""
        return self._plan.http_port

    @property
    def websocket_url(self) -> str:
        """Without the `?room=` that clients add."""
        return f"ws://127.0.0.1:{self.http_port}/xmpp-websocket"

    @property
    def site(self) -> Site:
        """Every address, as one value."""
        domain, real = self._plan.domain, self.flavour == "plugins"
        return Site(
            websocket_url=self.websocket_url,
            domain=domain,
            auth_domain=f"auth.{domain}",
            guest_domain=f"guest.{domain}",
            muc_domain=f"conference.{domain}",
            lobby_domain=f"lobby.{domain}",
            focus_domain=f"focus.{domain}" if real else None,
            endconference_domain=f"endconference.{domain}" if real else None,
            avmoderation_domain=f"avmoderation.{domain}" if real else None,
        )

    @property
    def domain(self) -> str:
        """The main host."""
        return self._plan.domain

    @property
    def auth_domain(self) -> str:
        """The host of real accounts."""
        return self.site.auth_domain

    @property
    def guest_domain(self) -> str:
        """The host of people without an account."""
        return self.site.guest_domain

    @property
    def muc_domain(self) -> str:
        """The component of meetings."""
        return self.site.muc_domain

    @property
    def lobby_domain(self) -> str:
        """The component of lobbies."""
        return self.site.lobby_domain

    @property
    def bot_jid(self) -> str:
        """The guardian's bare account address."""
        return self.site.account_jid(self._bot)

    @property
    def app_id(self) -> str:
        """Issuer of room tokens (plugins flavour)."""
        return self._plan.app_id

    @property
    def app_secret(self) -> str:
        """Key of room tokens, HS256 (plugins flavour)."""
        return self._plan.app_secret

    @property
    def directory(self) -> Path:
        """Where configuration, data and logs are."""
        return self._directory

    @property
    def log_path(self) -> Path:
        """Prosody's own log."""
        return self._directory / "prosody.log"

    @property
    def calls_path(self) -> Path:
        """The call log as it is on disk, for a reader in another process."""
        return self._directory / "calls.jsonl"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def calls(self) -> list[Call]:
        """Everything the rooms were asked to do so far, in order, as the server saw it."""
        return read_calls(self.calls_path)

    # -- life

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def add_account(self, name: str, password: str) -> None:
        """Make or change an account, also while the server runs: it reads the file at each login."""
        write_account(self._plan, name, password)

    async def start(self) -> None:
        """Write everything, start the server and wait until it answers. Raises ProsodyError."""
        if shutil.which("prosody") is None:
            raise ProsodyError("prosody is not installed; on Debian: apt-get install prosody")
        write_directory(self._plan)
        for name, password in self._accounts.items():
            self.add_account(name, password)
        for attempt in range(3):
            try:
                await self._run()
            except _PortTaken:
                await self.stop()
                if attempt == 2:
                    raise
                self._plan = replace(self._plan, http_port=_free_port())
                write_directory(self._plan)
            else:
                return

    async def stop(self, *, kill: bool = False) -> None:
        """End the process: politely (clients get a stream error), or with SIGKILL (they see a cut line)."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.kill() if kill else process.terminate()
        try:
            await asyncio.wait_for(process.wait(), timeout=10)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def restart(self, *, kill: bool = False) -> None:
        """Stop and start again on the same port with the same data. Rooms are in memory and are gone."""
        await self.stop(kill=kill)
        await self._run()

    async def resume(self) -> None:
        """Start again after `stop()`, on the same port with the same data."""
        await self._run()

    async def close(self) -> None:
        """Stop and remove the directory, if it was ours."""
        await self.stop()
        if self._own_directory:
            shutil.rmtree(self._directory, ignore_errors=True)

    # -- details

    async def _run(self) -> None:
        process = self._process = await self._spawn()
        await self._wait_ready(process)

    async def _spawn(self) -> asyncio.subprocess.Process:
        command = ["prosody", "--config", str(self._directory / "prosody.cfg.lua"), "-F"]
        if shutil.which("setpriv") is not None:
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        with (self._directory / "prosody.out").open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._directory,
                env={**os.environ, "LUA_PATH": f"{self._directory / 'lua'}/?.lua;;"},
            )

    async def _wait_ready(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(self._start_timeout):
                while True:
                    if process.returncode is not None:
                        raise ProsodyError(f"prosody ended with status {process.returncode}:\n{self._log_tail()}")
                    answer = await _get(self.http_port, "/xmpp-websocket")
                    if self._plan.ready_word in answer:
                        return
                    if answer:
                        raise _PortTaken(f"port {self.http_port} is answered by another program")
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            tail = self._log_tail()
            if "already in use" in tail:
                raise _PortTaken(f"port {self.http_port} is in use:\n{tail}") from None
            raise ProsodyError(f"prosody did not answer within {self._start_timeout:g} s:\n{tail}") from None

    def _log_tail(self, lines: int = 15) -> str:
        parts = []
        for path in (self._directory / "prosody.out", self.log_path):
            if path.exists():
                parts += path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join(parts) or "(no output)"


class _PortTaken(ProsodyError):
    """Somebody took the port between our choosing it and the server's binding it."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _get(port: int, path: str) -> str:
    """The whole HTTP answer, or "" while nobody listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return ""
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        return (await reader.read()).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        writer.close()
