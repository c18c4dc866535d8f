"""The command line as a caller sees it: arguments in; exit code, output and errors out. In a thread of this process."""

import asyncio
import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guardian.cli import main

_PATIENCE = 60.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The only line of its output, read."""
        (line,) = self.out.splitlines()
        return json.loads(line)


async def guardian(*arguments: str, env: dict[str, str] | None = None) -> Done:
    """Run ``guardian`` with these arguments, while the event loop goes on serving."""
    async with asyncio.timeout(_PATIENCE):
        return await asyncio.to_thread(_run, arguments, env or {})


def _run(arguments: tuple[str, ...], env: dict[str, str]) -> Done:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with _environment(env), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Done(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _environment(env: dict[str, str]) -> Iterator[None]:
    """Only these of our own variables, as in a fresh shell."""
    before = {name: value for name, value in os.environ.items() if name.startswith("GUARDIAN_")}
    for name in before:
        del os.environ[name]
    os.environ.update(env)
    try:
        yield
    finally:
        for name in env:
            os.environ.pop(name, None)
        os.environ.update(before)


def write_config(folder: Path, *, port: int = 0, meetings: tuple[str, ...] = ("yoga",), more: str = "") -> Path:
    """A configuration of these meetings on a server that is not there, and the files that it names."""
    roster = folder / "roster.csv"
    if not roster.exists():
        roster.write_text("name,account,role\nTess Teacher,tess@school,host\nAnn Adams,ann@school,pupil\n")
    (folder / "password").write_text("a secret of the server\n")
    text = f"""
[guardian]
data_dir = "data"

[guardian.api]
port = {port}

[jitsi.school]
websocket = "ws://127.0.0.1:9/xmpp-websocket"
domain = "meet.test"
account = "guardian"
password = {{ file = "password" }}
"""
    for meeting in meetings:
        text += f"""
[[meetings]]
id = "{meeting}"
title = "The {meeting} class"
server = "school"
room = "{meeting}"
roster = "roster.csv"
owners = ["owner@school.test"]

[meetings.schedule]
timezone = "Europe/Berlin"
weekdays = ["monday"]
start = "17:00"
minutes = 60
"""
    path = folder / "config.toml"
    path.write_text(text + more)
    return path
