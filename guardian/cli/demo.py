"""``demo``: a guarded class, with progress while it runs and a table at the end.

Printing only: what happens is in ``play.py`` and the stages beside it, who plays and who judges in ``guardian/world``.
"""

from __future__ import annotations

import asyncio
import json as json_format
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer

from guardian.cli.options import JsonOption
from guardian.cli.terminal import FINE, REFUSED

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from guardian.cli.play import Outcome, Stay
    from guardian.cli.process import Settings

PLUGINS_VARIABLE = "GUARDIAN_JITSI_PLUGINS"


class DemoPlatform(StrEnum):
    """What can be demonstrated."""

    ZOOM = "zoom"
    JITSI = "jitsi"


class Sabotage(StrEnum):
    """Planted wrong guardians; the judge must notice each."""

    ADMIT_ALL = "admit-all"
    REMOVE_CHILD = "remove-child"


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("demo")(demo)


def demo(
    platform: Annotated[
        DemoPlatform, typer.Option("--platform", help="Which kind of server; jitsi needs Debian's prosody.")
    ] = DemoPlatform.ZOOM,
    json: JsonOption = False,
    faults: Annotated[
        bool, typer.Option("--faults", help="Zoom misbehaves: events doubled, late, lost; 429; no panel for a while.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Who comes when, and what goes wrong; for Zoom.")] = 0,
    names: Annotated[
        bool, typer.Option("--names", help="The other policy: an exact name opens the gate as well.")
    ] = False,
    sabotage: Annotated[
        Sabotage | None, typer.Option("--sabotage", help="Run a planted wrong guardian; the judge must object.")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="A class of twelve and shorter waits.")] = False,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Stay up until Ctrl-C; a file says where, with a token. Its folder is kept."),
    ] = False,
) -> None:
    """Guard a class of sixty with strangers at the door, and let a judge who sees only the world decide.

    On a loopback Zoom that is part of this program, or on a real XMPP server (Jitsi). The exit code is 0 only if the
    judge is content. For Jitsi: where GUARDIAN_JITSI_PLUGINS names a folder of Jitsi's own Prosody plugins, the server
    runs with them.
    """
    from rich.console import Console

    from guardian.cli.play import play
    from guardian.errors import ConfigError
    from guardian.world.site import WorldError

    if faults and platform is not DemoPlatform.ZOOM:
        raise ConfigError("--faults: only the loopback Zoom misbehaves on demand; leave out --platform")
    if faults and names:
        raise ConfigError("--faults: a bad day of Zoom is written for the usual gate; leave out --names")
    console = Console(stderr=json, highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="guardian-demo-"))
    settings = _settings(platform, sabotage, fast=fast, faults=faults, seed=seed, names=names)
    began = time.monotonic()
    try:
        with _Progress(console) as progress:
            outcome = asyncio.run(play(folder, settings, progress.scene, _stay(folder, progress, keep=keep)))
    except WorldError as error:
        Console(stderr=True, highlight=False).print(f"the demo cannot run: {error}", markup=False)
        raise typer.Exit(REFUSED) from error
    finally:
        if keep:
            console.print(f"kept: {folder}", markup=False, soft_wrap=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    gate = ", names open the gate" if names else ""
    console.print(_table(outcome, f"{platform.value}: a guarded class{gate}, in {time.monotonic() - began:.0f} s"))
    for complaint in outcome.complaints:
        console.print(f"✗ {complaint}", style="red", markup=False)
    if json:
        sys.stdout.write(json_format.dumps(outcome.figures) + "\n")
    raise typer.Exit(FINE if outcome.ok else REFUSED)


def _settings(
    platform: DemoPlatform, sabotage: Sabotage | None, *, fast: bool, faults: bool, seed: int, names: bool
) -> Settings:
    from guardian.cli.process import Settings

    folder = os.environ.get(PLUGINS_VARIABLE)
    settings = Settings(
        platform=platform.value,
        lock_after=15.0 if platform is DemoPlatform.ZOOM else 20.0,
        sabotage=sabotage.value if sabotage else None,
        plugins=Path(folder) if folder and platform is DemoPlatform.JITSI else None,
        faults=faults,
        seed=seed,
        names=names,
    )
    return replace(settings, children=12, patience=2.0, settle=0.5, lock_after=12.0) if fast else settings


def _stay(folder: Path, progress: _Progress, *, keep: bool) -> Stay:
    """What happens when the play is over: with ``--keep``, the class goes on until Ctrl-C."""
    from guardian.cli.keep import until_interrupted, write_live
    from guardian.cli.process import GuardianProcess

    async def stay(guardian: GuardianProcess) -> None:
        if not keep:
            return
        path = await write_live(folder, guardian)
        progress.say(f"live; the address and an operator's token are in {path}")
        progress.scene("the class goes on until Ctrl-C")
        await until_interrupted()

    return stay


class _Progress:
    """A line for each scene, with the seconds that it took; the running one turns a spinner on a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("")
        self._title = ""
        self._began = 0.0

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        self._status.stop()

    def scene(self, title: str) -> None:
        """The next scene begins."""
        self._finish()
        self._title, self._began = title, time.monotonic()
        self._status.update(title)

    def say(self, line: str) -> None:
        """A line of its own, whole however long it is."""
        self._finish()
        self._title = ""
        self._console.print(line, markup=False, soft_wrap=True)

    def _finish(self) -> None:
        if self._title:
            self._console.print(f"{time.monotonic() - self._began:5.1f} s  {self._title}", markup=False)


_ROWS = (
    ("children expected, and seen inside by the judge", "{expected}, {admitted}"),
    ("of them after the lock", "{late_admitted}"),
    ("children put out by the machine", "{children_removed}"),
    ("strangers who came", "{strangers}"),
    ("strangers let in by the guardian; inside at the end", "{strangers_admitted}; {strangers_inside_at_end}"),
    ("seconds that strangers were inside under its eyes", "{stranger_seconds_inside}"),
    ("people held at the door; put out", "{held}; {removed}"),
    ("from knock to inside, in ms: median, 95 %, longest", "{p50}, {p95}, {max}"),
    ("door locked", "{locked}"),
    ("incidents; mails", "{incidents}; {mails}"),
    ("kill -9 and restart", "{restarts}"),
    ("asked = confirmed + superseded + escalated", "{asked} = {confirmed} + {superseded} + {escalated}"),
    ("journal rows; the chain verifies", "{journal_events}; {verified}"),
)


def _table(outcome: Outcome, title: str) -> Table:
    from rich.table import Table

    figures = outcome.figures | outcome.figures["knock_to_inside_ms"]
    caption = "the judge is content" if outcome.ok else "the judge objects"
    table = Table(title=title, caption=caption, show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for label, value in _ROWS:
        table.add_row(label, value.format(**figures))
    return table
