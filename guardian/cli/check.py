"""``check``: go or no-go before class. The points are judged by ``bootstrap.check``; here they are shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from guardian.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from guardian.cli.terminal import FINE, REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from guardian.core.points import Finding

FixOption = Annotated[bool, typer.Option("--fix", help="First mend what the platform lets us mend, and read it back.")]
_STYLE = {"ok": "green", "risk": "yellow", "no-go": "bold red"}


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("check")(check)


def check(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False, fix: FixOption = False) -> None:
    """Say go or no-go for the next class, point by point, and what to do."""
    from guardian.bootstrap import check as look
    from guardian.config import load
    from guardian.log import configure

    loaded = load(config)
    configure("error", loaded.guardian.log.format)
    go = report(asyncio.run(look(loaded, fix=fix)), as_json=json, by_hand=fix)
    raise typer.Exit(FINE if go else REFUSED)


def report(findings: Sequence[Finding], *, as_json: bool, by_hand: bool = False) -> bool:
    """Show the findings; whether they are a go (nothing looked at is none). ``by_hand``: end with what is left."""
    from guardian.cli.terminal import console, say, write_json

    levels = [finding.level.value for finding in findings]
    go = bool(levels) and "no-go" not in levels
    if as_json:
        write_json({"go": go, "findings": findings})
    else:
        console().print(findings_table(findings))
        if by_hand:
            _say_what_is_left(findings)
        counted = ", ".join(f"{levels.count(level)} {level}" for level in _STYLE)
        say(f"{'go' if go else 'NO-GO'}: {counted}", _STYLE["ok" if go else "no-go"])
    return go


def _say_what_is_left(findings: Sequence[Finding]) -> None:
    """What nobody can mend from here, as clicks, the worst first; the same clicks for several points once."""
    from guardian.cli.terminal import say

    open_points = [f for f in findings if f.todo and f.level.value != "ok"]
    open_points.sort(key=lambda finding: finding.level.value)  # "no-go" before "risk"
    clicks = dict.fromkeys((f.level.value, f.meeting or "", f.todo) for f in open_points)
    if clicks:
        say("left to do by hand:")
    for number, (level, meeting, todo) in enumerate(clicks, 1):
        say(f"{number:>3}. {level} {meeting}: {todo}" if meeting else f"{number:>3}. {level}: {todo}")


def findings_table(findings: Sequence[Finding]) -> Table:
    """The points in the order in which they were looked at."""
    from rich.table import Table
    from rich.text import Text

    from guardian.cli.terminal import safe

    table = Table("", "meeting", "point", "what", "what to do", box=None, pad_edge=False)
    for finding in findings:
        level = finding.level.value
        table.add_row(
            Text(level, _STYLE[level]),
            safe(finding.meeting or ""),
            safe(finding.id),
            safe(finding.what, longest=500),
            safe(finding.todo, longest=500),
        )
    return table
