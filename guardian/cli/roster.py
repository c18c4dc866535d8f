"""``roster``: looking at a list of people before it is used. Reading it is the adapter's work, by bootstrap."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from guardian.cli.options import JsonOption
from guardian.cli.terminal import REFUSED


def register(program: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Lists of people.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check)
    program.add_typer(group, name="roster")


def _group() -> None:
    """Lists of people."""


def check(
    file: Annotated[Path, typer.Argument(help="A CSV file.")],
    json: JsonOption = False,
) -> None:
    """Read a list and say who is on it by role, or what is wrong and in which line."""
    from guardian.bootstrap import roster_source
    from guardian.cli.terminal import complain, say, write_json
    from guardian.errors import RosterError

    try:
        roster = asyncio.run(roster_source(file).load())
    except RosterError as error:
        if json:
            write_json({"ok": False, "problems": error.problems})
        else:
            complain("\n  ".join([f"{file}: {len(error.problems)} faults", *error.problems]))
        raise typer.Exit(REFUSED) from error
    roles = Counter(person.role.value for person in roster.people)
    if json:
        write_json({"ok": True, "people": len(roster.people), "roles": roles, "version": roster.version})
        return
    say(f"{file}: {len(roster.people)} people: " + ", ".join(f"{n} {role}" for role, n in sorted(roles.items())))
    bare = sum(not (person.accounts or person.emails) for person in roster.people)
    if bare:
        say(f"{bare} of them have neither account nor e-mail: only a human can let them in by the default gate")
