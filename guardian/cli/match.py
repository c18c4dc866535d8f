"""``match``: who each of many joiners is. Lines in, one decision a line out; their format stands in ``cases``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command()(match)


def match(
    file: Annotated[Path, typer.Argument(help="JSON Lines, rosters before their cases; - is standard input.")],
) -> None:
    """Say who each joiner is, by what they show alone: known, unsure or unknown. Admits nobody."""
    from guardian.cli.cases import decisions
    from guardian.errors import ConfigError

    try:
        source = sys.stdin.buffer if str(file) == "-" else file.open("rb")
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    with source:
        for decision in decisions(source):
            sys.stdout.write(json.dumps(decision, separators=(",", ":")) + "\n")
            sys.stdout.flush()
