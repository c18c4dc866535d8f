"""``status`` and ``watch``: the service's view of its meetings, once or again and again. They only read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from guardian.cli.options import (
    DEFAULT_CONFIG,
    ApiOption,
    ConfigOption,
    JsonOption,
    MeetingOption,
    TokenFileOption,
)
from guardian.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from guardian.cli.client import Api


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.command("status")(status)
    program.command("watch")(watch)


def status(
    meeting: MeetingOption = None,
    json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    api: ApiOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Show the meetings, or one of them with everybody in it."""
    from guardian.cli.client import connect
    from guardian.cli.terminal import console, write_json

    service = connect(config, api, token_file)
    if json:
        write_json(service.view(meeting) if meeting is not None else service.meetings())
    else:
        console().print(_screen(service, meeting))


def watch(
    meeting: MeetingOption = None,
    every: Annotated[float, typer.Option("--every", min=0.2, help="Seconds between two looks.")] = 1.0,
    config: ConfigOption = DEFAULT_CONFIG,
    api: ApiOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Show a meeting live, until Ctrl-C."""
    from rich.live import Live

    from guardian.cli.client import connect
    from guardian.cli.terminal import console

    service = connect(config, api, token_file)
    try:
        with Live(_screen(service, meeting), console=console(), auto_refresh=False, screen=False) as live:
            while True:
                time.sleep(every)
                live.update(_watched(service, meeting), refresh=True)
    except KeyboardInterrupt:
        return


def _watched(service: Api, meeting: str | None) -> RenderableType:
    """As ``_screen``; a service that is away for a while does not end the watch."""
    from guardian.cli.client import RefusedError, ServiceAwayError
    from guardian.cli.terminal import safe

    try:
        return _screen(service, meeting)
    except (ServiceAwayError, RefusedError) as error:
        return safe(str(error), "bold red", longest=200)


def _screen(service: Api, meeting: str | None) -> RenderableType:
    """One meeting's screen where it is named or the only one going on; else the list."""
    from guardian.cli.tables import meeting_screen, meetings_table

    if meeting is not None:
        return meeting_screen(service.view(meeting), time.time())
    lines = service.meetings()
    if len(lines) == 1 and lines[0].live:
        return meeting_screen(service.view(lines[0].meeting), time.time())
    return meetings_table(lines)


def the_meeting(service: Api, named: str | None) -> str:
    """The meeting that is named, or the only one there is. Raises ConfigError."""
    if named is not None:
        return named
    known = [line.meeting for line in service.meetings()]
    if len(known) != 1:
        raise ConfigError("say which meeting with --meeting: " + (", ".join(known) or "none is open to this token"))
    return known[0]
