"""How soon `guardian run` guards: the command as people start it, on a journal that is there already.

Its server does not answer, which it does not wait for; reading the configuration and the class list, opening the
journal and the port are what is measured, from the start of the process to the line that says what it guards.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.rows import Goal, Row, Scale

ROWS = ("floor-start-up", "start-up")
_CONFIGURATION = """\
[guardian]
data_dir = "data"

[guardian.api]
port = 0

[jitsi.school]
websocket = "ws://127.0.0.1:9/xmpp-websocket"
domain = "meet.example.test"
account = "guardian"
password = { file = "password" }

[[meetings]]
id = "bench"
title = "A class"
server = "school"
room = "bench"
roster = "class.csv"

[meetings.schedule]
timezone = "UTC"
weekdays = ["mon"]
start = "17:00"
minutes = 60
"""


async def measure(scale: Scale) -> list[Row]:
    """Seconds; the floor is a Python that starts its event loop and says so."""
    bare = [sys.executable, "-c", "import asyncio; asyncio.run(asyncio.sleep(0)); print('here')"]
    floors, starts = [], []
    with tempfile.TemporaryDirectory(prefix="guardian-bench-") as name:
        folder = Path(name)
        (folder / "guardian.toml").write_text(_CONFIGURATION, encoding="utf-8")
        (folder / "password").write_text("of nobody\n", encoding="utf-8")
        (folder / "class.csv").write_text("name,account,role\nGrace Hopkins,grace@school,host\n", encoding="utf-8")
        run = [sys.executable, "-m", "guardian", "run", "--config", str(folder / "guardian.toml")]
        await _first_line(run)  # makes the journal
        for _ in range(scale.repetitions):
            floors.append(await _first_line(bare))
            starts.append(await _first_line(run))
    return [
        Row(ROWS[0], "an empty Python program with an event loop", "s", tuple(floors)),
        Row(ROWS[1], "`guardian run` until it says what it guards", "s", tuple(starts), ROWS[0], Goal("≤ 1 s", 1.0)),
    ]


async def _first_line(command: list[str]) -> float:
    """Seconds from the start of the process to its first line; then it is told to stop. Raises RuntimeError."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=Path(__file__).parents[1],
        env={key: value for key, value in os.environ.items() if not key.startswith("GUARDIAN_")},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    line = await process.stdout.readline()
    passed = time.perf_counter() - began
    if process.returncode is None and "run" in command:
        process.terminate()
    await process.communicate()
    if not line:
        message = f"it said nothing and ended with {process.returncode}"
        raise RuntimeError(message)
    return passed
