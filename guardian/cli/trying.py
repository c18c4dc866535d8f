"""``roster try``: whom a list would take somebody for, and why. Nobody is admitted by it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from guardian.cli.options import DEFAULT_CONFIG, JsonOption, MeetingOption


def try_name(
    name: Annotated[str, typer.Argument(help="The display name, as somebody would show it.")],
    *,
    email: Annotated[
        str | None, typer.Option("--email", help="The address that the platform vouches for (signed in).")
    ] = None,
    typed: Annotated[str | None, typer.Option("--typed-email", help="An address that somebody only typed.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="The account on the platform.")] = None,
    inside: Annotated[list[str] | None, typer.Option("--inside", help="The id of a person who is inside.")] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--list", "-l", help="The list itself, a file as for check.")
    ] = None,
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="GUARDIAN_CONFIG", help="Else the configuration whose list it is.")
    ] = DEFAULT_CONFIG,
    meeting: MeetingOption = None,
    json: JsonOption = False,
) -> None:
    """Show whom the list would take this name for: who, by what proofs, why, and whether the gate would open."""
    from guardian.bootstrap import meeting_roster, roster_source
    from guardian.cli.cases import decision_of, plain
    from guardian.cli.terminal import say, write_json
    from guardian.config import load
    from guardian.core.identity import Evidence
    from guardian.core.policy import Policy

    if files:
        source, gate = roster_source(*files), Policy().gate
    else:
        source, gate = meeting_roster(load(config), meeting)
    roster = asyncio.run(source.load())
    found = roster.match(Evidence(name, account=account, email=email, claimed_email=typed), inside or ())
    admits = found.person is not None and bool(found.proofs & gate)
    if json:
        write_json({**plain(found), "candidates": found.candidates, "gate": admits})
        return
    say(f"{decision_of(found)}: {found.reason}")
    for who, what in (
        (found.person.id if found.person else None, "taken for"),
        *((one, "may be") for one in found.candidates),
    ):
        if who is not None:
            say(f"  {what} {roster.by_id[who].name} ({roster.by_id[who].role.value}, {who})")
    if found.proofs:
        say("  proofs: " + ", ".join(sorted(proof.value for proof in found.proofs)))
    if found.shows:
        say(f"  but shows the name of {roster.by_id[found.shows].name}")
    door = ", ".join(sorted(proof.value for proof in gate))
    say(f"  the gate ({door}) " + ("would open" if admits else "stays shut: a human decides"))
