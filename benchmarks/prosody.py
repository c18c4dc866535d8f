"""The same over a real server: Debian's Prosody, Jitsi's own protocol, and people in a process of their own.

Two stretches are told apart: from the moment the guardian's connection tells of a knock to the call (as in the rows
without a server), and from a person's knock to their being inside, as that person sees it. The second is
mostly the server's own work, everybody's presence to everybody: its floor is the same people entering an open room that
nobody guards. The crowd says how busy it
was; a crowd without time to spare measures itself.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.crowd import Told, Wish
from benchmarks.people import name_of
from benchmarks.rows import Row, Scale
from benchmarks.stage import staged
from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer
from guardian.core.actions import Act, ActKind, Capabilities
from guardian.core.events import Event, Seen, Snapshot
from guardian.core.identity import Facts, Place
from guardian.ports import Emit, Outcome, Platform
from guardian.world.jitsi import Participant
from guardian.world.prosody import Prosody
from guardian.world.xmpp import Account

ROOM = "bench-class"
FEW, CROWD = 20, 60
ROWS = (
    "prosody-call",
    "floor-prosody-inside",
    "prosody-inside",
    "prosody-crowd-call",
    "floor-prosody-crowd",
    "prosody-crowd-inside",
)


class Recorder:
    """A platform as it is, with a note of when it told of each knock and when it was asked to admit."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.knocked: dict[str, float] = {}
        self.called: dict[str, float] = {}

    @property
    def capabilities(self) -> Capabilities:
        """See the port."""
        return self._platform.capabilities

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """See the port."""

        def noted(event: Event) -> None:
            if isinstance(event, Seen) and event.facts.place is Place.WAITING:
                self.knocked.setdefault(event.facts.handle, time.perf_counter())
            emit(event)

        await self._platform.run(noted, ready)

    async def perform(self, act: Act) -> Outcome:
        """See the port."""
        if act.kind is ActKind.ADMIT and act.handle:
            self.called.setdefault(act.handle, time.perf_counter())
        return await self._platform.perform(act)

    async def inform(self, handle: str, text: str) -> None:
        """See the port."""
        await self._platform.inform(handle, text)

    async def snapshot(self) -> Snapshot:
        """See the port."""
        return await self._platform.snapshot()

    def recall(self, known: Sequence[Facts]) -> None:
        """See the port."""
        self._platform.recall(known)

    def waits(self) -> list[float]:
        """Milliseconds from each knock to its call."""
        return [(self.called[handle] - at) * 1000 for handle, at in self.knocked.items() if handle in self.called]


async def measure(scale: Scale) -> list[Row]:
    """One after the other, and a class of sixty at once. Nothing where there is no Prosody."""
    if shutil.which("prosody") is None:
        print("no row over Prosody: it is not installed (apt-get install prosody)")
        return []
    few, many = min(FEW, scale.knocks), min(CROWD, scale.knocks)
    taken: dict[str, list[float]] = {name: [] for name in ROWS}
    busy: dict[str, float] = {}
    for _ in range(min(3, scale.repetitions)):
        open_one, (one, told_one) = await _open_room(few, together=False), await _class(few, together=False)
        open_all, (all_, told_all) = await _open_room(many, together=True), await _class(many, together=True)
        found = (
            (statistics.median(one.waits()), told_one),
            (statistics.median(open_one.waits), open_one),
            (statistics.median(told_one.waits), told_one),
            (max(all_.waits()), told_all),
            (max(open_all.waits), open_all),
            (max(told_all.waits), told_all),
        )
        for name, (value, by) in zip(ROWS, found, strict=True):
            taken[name].append(value)
            busy[name] = max(by.busy, busy.get(name, 0.0))
    crowd = f"Prosody, {many} at once"
    whats = (
        "Prosody, one joiner: told of → call, p50",
        "Prosody, one joiner: into an open room, p50",
        "Prosody, one joiner: knock → inside, p50",
        f"{crowd}: told of → call, the longest",
        f"{crowd}: into an open room, the last",
        f"{crowd}: knock → inside, the last",
    )
    floors = {
        "prosody-call": "floor-knock-p50",
        "prosody-inside": "floor-prosody-inside",
        "prosody-crowd-inside": "floor-prosody-crowd",
    }
    return [
        Row(name, what, "ms", tuple(taken[name]), floors.get(name), None, busy[name])
        for name, what in zip(ROWS, whats, strict=True)
    ]


@asynccontextmanager
async def _server(people: int) -> AsyncIterator[tuple[Prosody, dict[str, str], Participant]]:
    """A server with so many accounts (and their passwords), and the host, who is not inside yet."""
    passwords = {f"pupil{n}": secrets.token_urlsafe(9) for n in range(people)}
    teacher = secrets.token_urlsafe(9)
    async with (
        Prosody(accounts={**passwords, "grace": teacher}, owners=("grace",)) as server,
        Participant(server.site, Account("grace", teacher)) as host,
    ):
        yield server, passwords, host


async def _open_room(people: int, *, together: bool) -> Told:
    """The same with no lobby and no guardian: how quick the server alone is."""
    async with _server(people) as (server, passwords, host):
        await host.join(ROOM, display_name="Grace Hopkins")
        await host.until_state("inside")
        return await _crowd(_wish(server, passwords, together=together))


async def _class(people: int, *, together: bool) -> tuple[Recorder, Told]:
    """What the guardian's connection told and was asked, and what the crowd saw."""
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as folder:
        async with _server(people) as (server, passwords, host):
            site = server.site
            where = JitsiServer(
                site.websocket_url,
                site.domain,
                AccountLogin("guardian", server.bot_password),
                guest_domain=site.guest_domain,
                account_hosts=frozenset({site.auth_domain}),
            )
            recorder = Recorder(JitsiRoom(where, ROOM))
            # One more on the list than comes: the door stays open.
            async with staged(Path(folder), recorder, people + 1, at=f"@{site.auth_domain}") as stage:
                await host.join(ROOM, display_name="Grace Hopkins")
                await host.until_state("inside")
                await stage.until_calm("bench")
                told = await _crowd(_wish(server, passwords, together=together))
        return recorder, told


def _wish(server: Prosody, passwords: dict[str, str], *, together: bool) -> Wish:
    people = [(name, password, name_of(n)) for n, (name, password) in enumerate(passwords.items())]
    return Wish(asdict(server.site), ROOM, people, together)


async def _crowd(wish: Wish) -> Told:
    """Let them play in a process of their own. Raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.crowd"),
        cwd=Path(__file__).parents[1],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(wish.coded().encode())
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError("the crowd did not get ready")
        process.stdin.write(b"go\n")
        told = await asyncio.wait_for(process.stdout.readline(), 120.0)
    finally:
        if process.returncode is None and not process.stdout.at_eof():
            process.stdin.close()
        await process.wait()
    if not told:
        raise RuntimeError("the crowd told nothing")
    return Told(**json.loads(told))
