"""Every command in its place. Only what `--help` needs is imported here; a group imports the rest when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from guardian import __version__
from guardian.cli import check, demo, invite, journal, match, roster, run, status, token, verbs

program = typer.Typer(
    name="guardian",
    help="A door for online classes that knows who, when, and what really happened.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"guardian {__version__}")
        raise typer.Exit


@program.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=lambda asked: _version(asked=asked), is_eager=True),
    ] = False,
) -> None:
    """A door for online classes that knows who, when, and what really happened."""


for _group in (run, demo, check, status, verbs, token, roster, match, invite, journal):
    _group.register(program)
