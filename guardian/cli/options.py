"""Options that several commands share, said once. No command lives here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("config.toml")

ConfigOption = Annotated[Path, typer.Option("--config", "-c", envvar="GUARDIAN_CONFIG", help="The configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One line of JSON instead of text.")]
MeetingOption = Annotated[
    str | None, typer.Option("--meeting", "-m", help="The meeting's id; may be left out where there is one only.")
]
ApiOption = Annotated[
    str | None,
    typer.Option(
        "--api", envvar="GUARDIAN_API", help="Where the service listens, HOST:PORT; else from the configuration."
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="GUARDIAN_TOKEN_FILE",
        help="A file with the operator token; else the variable GUARDIAN_TOKEN holds it.",
    ),
]
