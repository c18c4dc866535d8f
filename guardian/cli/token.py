"""``token``: tokens for operators. Whoever can read the key may mint; the token goes to standard output only."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from guardian.cli.options import DEFAULT_CONFIG, ConfigOption
from guardian.core.operators import Scope

_BY_DEFAULT = [Scope.VIEW, Scope.DOOR, Scope.PANIC]


def register(program: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Tokens for operators.", no_args_is_help=True)
    group.command("mint")(mint)
    program.add_typer(group, name="token")


def mint(
    name: Annotated[str, typer.Option("--name", help="The human who will use it; every order bears this name.")],
    scope: Annotated[
        list[Scope], typer.Option("--scope", help="What it allows; may be given several times.")
    ] = _BY_DEFAULT,
    meeting: Annotated[
        list[str] | None, typer.Option("--meeting", "-m", help="A meeting's id, several times; '*' for every meeting.")
    ] = None,
    hours: Annotated[float, typer.Option("--hours", help="How long it lives.")] = 12.0,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a token for one human. The door and panic scopes together also allow undo."""
    from guardian.config import load, operator_key
    from guardian.errors import ConfigError
    from guardian.web.tokens import mint as sign

    loaded = load(config)
    known = [configured.id for configured in loaded.meetings]
    wanted = meeting or (known[:1] if len(known) == 1 else [])
    if not wanted:
        raise ConfigError("say for which meeting with --meeting, or --meeting '*' for every one")
    for one in wanted:
        if one != "*" and one not in known:
            raise ConfigError(f"--meeting: {one} is not configured; configured are {', '.join(known)}")
    minted = sign(
        operator_key(loaded),
        name=name,
        scopes=scope,
        meetings=None if wanted == ["*"] else wanted,
        lifetime=hours * 3600,
        now=time.time(),
    )
    typer.echo(minted)
