"""`guardian run` as people start it, for classes on a Zoom whose REST is the loopback Zoom of `guardian/world/zoom`.

Processes and files only; what is sent to it, and what is measured, is elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.children import ROOT
from benchmarks.people import name_of
from benchmarks.webhooks import HOST
from guardian.world.zoom import ZoomWorld

ORIGIN = "https://guardian.example"
START_WITHIN = 60.0
SECRETS = ("client_secret", "webhook_secret", "panel_client_secret")
_UVLOOP = "import uvloop; uvloop.install(); from guardian.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a Zoom is reached, and its secrets."""

    api: str
    oauth: str
    account_id: str
    client_id: str
    panel_client_id: str
    client_secret: str
    webhook_secret: str
    panel_client_secret: str

    @classmethod
    def to(cls, world: ZoomWorld) -> Ways:
        """Those of this world."""
        return cls(
            world.api_url,
            world.oauth_url,
            world.account_id,
            world.client_id,
            world.panel_client_id,
            world.client_secret,
            world.webhook_secret,
            world.panel_client_secret,
        )


def write_site(folder: Path, ways: Ways, numbers: Sequence[str], people: int, calls_per_second: float) -> Path:
    """A configuration with one class a number, all with the same list of ``people`` pupils; its path."""
    began = datetime.fromtimestamp(time.time() - 120.0, UTC)
    pupils = "".join(f"{name_of(n)},pupil{n},pupil\n" for n in range(people))
    (folder / "class.csv").write_text(f"name,account,role\nGrace Hopkins,{HOST},host\n{pupils}", encoding="utf-8")
    lines = [
        "[guardian]",
        'data_dir = "data"',
        f'api = {{ host = "127.0.0.1", port = 0, public_url = "{ORIGIN}" }}',
        'log = { level = "error", format = "json" }',
        "[zoom.bench]",
        f'account_id = "{ways.account_id}"',
        f'client_id = "{ways.client_id}"',
        'client_secret = { env = "GUARDIAN_BENCH_CLIENT_SECRET" }',
        'webhook_secrets = [{ env = "GUARDIAN_BENCH_WEBHOOK_SECRET" }]',
        f'panel_client_id = "{ways.panel_client_id}"',
        'panel_client_secret = { env = "GUARDIAN_BENCH_PANEL_CLIENT_SECRET" }',
        'plan = "business"',
        f"calls_per_second = {calls_per_second:g}",
        f'api = "{ways.api}"',
        f'oauth = "{ways.oauth}"',
    ]
    for number in numbers:
        lines += [
            "[[meetings]]",
            f'id = "class-{number}"',
            f'title = "Class {number}"',
            'server = "bench"',
            f'room = "{number}"',
            'roster = "class.csv"',
            "[meetings.schedule]",
            'timezone = "UTC"',
            f"dates = [{began:%Y-%m-%d}]",
            f'start = "{began:%H:%M}"',
            "minutes = 60",
            "[meetings.policy]",
            'mode = "enforce"',
        ]
    path = folder / "guardian.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@asynccontextmanager
async def guarding(config: Path, ways: Ways, *, uvloop: bool = False) -> AsyncIterator[int]:
    """The service runs; its port. It is killed at the end: what it has answered for is on the disk. Raises RuntimeError
    when it has ended before.
    """
    program = ["-c", _UVLOOP] if uvloop else ["-m", "guardian"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *program, "run", "--config", str(config)),
        cwd=ROOT,
        env=_environment(ways),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_WITHIN):
            line = await process.stdout.readline()
        found = re.search(rb"API on \S+:(\d+)", line)
        if found is None:
            raise RuntimeError(f"the guardian does not start: {line!r}")
        yield int(found[1])
    finally:
        ended = process.returncode
        if ended is None:
            process.kill()
        await process.communicate()
    if ended is not None:
        raise RuntimeError(f"the guardian ended with {ended}")


def _environment(ways: Ways) -> Mapping[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GUARDIAN_")}
    return clean | {f"GUARDIAN_BENCH_{name.upper()}": getattr(ways, name) for name in SECRETS}
