"""``roster``: looking at a list of people before it is used. Reading it is the adapter's work, by bootstrap."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from guardian.cli.options import JsonOption, MeetingOption
from guardian.cli.terminal import REFUSED
from guardian.cli.trying import try_name


def register(program: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Lists of people.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check)
    group.command("try")(try_name)
    program.add_typer(group, name="roster")


def _group() -> None:
    """Lists of people."""


def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV or XLSX files, OneRoster bundles (zip or folder); read as one list."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A configuration file: its meetings' lists, as they are read.")
    ] = None,
    meeting: MeetingOption = None,
    group: Annotated[str, typer.Option("--class", help="Only this class; * for a whole school.")] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="The sheet of a workbook.")] = "",
    json: JsonOption = False,
) -> None:
    """Read a list and say how it was read, who is on it, what is wrong in which line, and who has no strong proof."""
    from guardian.bootstrap import roster_report, roster_reports, roster_source
    from guardian.cli.terminal import complain, say, write_json
    from guardian.config import load

    if bool(files) == bool(config):
        raise typer.BadParameter("name the files, or --config")
    name = ", ".join(str(file) for file in files or ())
    if config:
        reports = asyncio.run(roster_reports(load(config), meeting))
    else:
        reports = {name: asyncio.run(roster_report(roster_source(*(files or ()), group=group, sheet=sheet)))}
    for told, report in () if json else reports.items():
        for line in (*report.read_as, *((f"{told}: {report.summary}", *report.advice) if report.ok else ())):
            say(line)
        if not report.ok:
            count = "1 fault" if len(report.problems) == 1 else f"{len(report.problems)} faults"
            complain("\n  ".join([f"{told}: {count}; the list is not used", *report.problems]))
    if json:
        plain = {told: report.plain() for told, report in reports.items()}
        write_json(plain if config else plain[name])
    if not all(report.ok for report in reports.values()):
        raise typer.Exit(REFUSED)
