"""The human verbs as commands, made from the one table of verbs. Picking from a list when a name is ambiguous.

Orders go through the service's API; what a verb does is the core's business.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guardian.cli.options import (
    DEFAULT_CONFIG,
    ApiOption,
    ConfigOption,
    JsonOption,
    MeetingOption,
    TokenFileOption,
)
from guardian.cli.terminal import FINE, REFUSED
from guardian.core.verbs import RULES, Aim, VerbRule

if TYPE_CHECKING:
    from guardian.cli.client import Api, Told
    from guardian.ports import Candidate

WhoArgument = Annotated[str | None, typer.Argument(help="The name as typed or as shown.")]
HandleOption = Annotated[str | None, typer.Option("--handle", help="A connection's id, as in `status --json`.")]
PersonOption = Annotated[str | None, typer.Option("--person", help="A roster person's id.")]
EmailOption = Annotated[str | None, typer.Option("--email", help="The guest's address.")]
SubstituteArgument = Annotated[str, typer.Argument(help="The substitute's name.")]
AccountOption = Annotated[
    str, typer.Option("--account", help="Their account on the platform: its id, or the address they sign in with.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="When it ends: 90m, 2h, 18:30 or 2026-11-30T18:30; else with the class.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask back.")]


def register(program: typer.Typer) -> None:
    """Add one command a verb, and ``ack``."""
    makers: dict[Aim, Callable[[VerbRule], Callable[..., None]]] = {
        Aim.MEETING: _on_meeting,
        Aim.SOMEBODY: _on_somebody,
        Aim.CONNECTION: _on_connection,
        Aim.GUEST: _on_guest,
        Aim.SUBSTITUTE: _on_substitute,
    }
    for verb, rule in RULES.items():
        program.command(verb.value, help=rule.says)(makers[rule.aim](rule))
    program.command("ack")(_ack)


def _on_meeting(rule: VerbRule) -> Callable[..., None]:
    def command(
        meeting: MeetingOption = None,
        reason: ReasonOption = "",
        yes: YesOption = False,
        json: JsonOption = False,
        config: ConfigOption = DEFAULT_CONFIG,
        api: ApiOption = None,
        token_file: TokenFileOption = None,
    ) -> None:
        if rule.grave and not yes:
            _ask_back(rule)
        _order(rule, _connected(config, api, token_file), meeting, {"reason": reason}, as_json=json)

    return command


def _on_somebody(rule: VerbRule) -> Callable[..., None]:
    def command(  # noqa: PLR0917 - typer's options
        who: WhoArgument = None,
        handle: HandleOption = None,
        person: PersonOption = None,
        meeting: MeetingOption = None,
        until: UntilOption = None,
        reason: ReasonOption = "",
        json: JsonOption = False,
        config: ConfigOption = DEFAULT_CONFIG,
        api: ApiOption = None,
        token_file: TokenFileOption = None,
    ) -> None:
        body = {"name": who, "handle": handle, "person": person, "reason": reason, "until": _until(until)}
        _order(rule, _connected(config, api, token_file), meeting, body, as_json=json)

    return command


def _on_connection(rule: VerbRule) -> Callable[..., None]:
    def command(
        who: WhoArgument = None,
        handle: HandleOption = None,
        meeting: MeetingOption = None,
        reason: ReasonOption = "",
        json: JsonOption = False,
        config: ConfigOption = DEFAULT_CONFIG,
        api: ApiOption = None,
        token_file: TokenFileOption = None,
    ) -> None:
        body = {"name": who, "handle": handle, "reason": reason}
        _order(rule, _connected(config, api, token_file), meeting, body, as_json=json)

    return command


def _on_guest(rule: VerbRule) -> Callable[..., None]:
    def command(  # noqa: PLR0917 - typer's options
        who: WhoArgument = None,
        email: EmailOption = None,
        meeting: MeetingOption = None,
        until: UntilOption = None,
        reason: ReasonOption = "",
        json: JsonOption = False,
        config: ConfigOption = DEFAULT_CONFIG,
        api: ApiOption = None,
        token_file: TokenFileOption = None,
    ) -> None:
        body = {"name": who, "email": email, "reason": reason, "until": _until(until)}
        _order(rule, _connected(config, api, token_file), meeting, body, as_json=json)

    return command


def _on_substitute(rule: VerbRule) -> Callable[..., None]:
    def command(  # noqa: PLR0917 - typer's options
        who: SubstituteArgument,
        account: AccountOption,
        meeting: MeetingOption = None,
        until: UntilOption = None,
        reason: ReasonOption = "",
        json: JsonOption = False,
        config: ConfigOption = DEFAULT_CONFIG,
        api: ApiOption = None,
        token_file: TokenFileOption = None,
    ) -> None:
        body = {"name": who, "account": account, "reason": reason, "until": _until(until)}
        _order(rule, _connected(config, api, token_file), meeting, body, as_json=json)

    return command


def _ack(
    incident: Annotated[str, typer.Argument(help="The incident's key, as in `status`.")],
    meeting: MeetingOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    api: ApiOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Say that an incident was read."""
    from guardian.cli.status import the_meeting
    from guardian.cli.terminal import say

    service = _connected(config, api, token_file)
    service.acknowledge(the_meeting(service, meeting), incident)
    say("acknowledged")


def _connected(config: Path, api: str | None, token_file: Path | None) -> Api:
    from guardian.cli.client import connect

    return connect(config, api, token_file)


def _until(text: str | None) -> float | None:
    if text is None:
        return None
    from guardian.cli.expiry import parse_until

    return parse_until(text, time.time())


def _ask_back(rule: VerbRule) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("this cannot be taken back: say --yes")
    typer.confirm(f"{rule.says} This cannot be taken back. Go on?", abort=True)


def _order(rule: VerbRule, service: Api, meeting: str | None, given: dict[str, Any], *, as_json: bool) -> None:
    """Give the order; pick from the list when the name is ambiguous; say what really happened."""
    from guardian.cli.client import AmbiguousError
    from guardian.cli.status import the_meeting

    where = the_meeting(service, meeting)
    body = {word: value for word, value in given.items() if value not in (None, "")}
    body |= {"verb": rule.verb.value, "order": secrets.token_hex(12)}
    try:
        told = service.order(where, body)
    except AmbiguousError as error:
        chosen = _picked(error.candidates, str(error), as_json=as_json)
        body = {word: value for word, value in body.items() if word != "name"}
        body |= {"handle": chosen.handle} if chosen.handle is not None else {"person": chosen.person}
        told = service.order(where, body)
    _tell(told, as_json=as_json)


def _tell(told: Told, *, as_json: bool) -> None:
    from guardian.cli.terminal import say, write_json

    if as_json:
        write_json(told)
    else:
        mark = {True: "done", False: "not done", None: "asked, not yet confirmed"}[told.done]
        say(f"{mark}: {told.text}" if told.text else mark, "green" if told.done else "yellow")
    raise typer.Exit(FINE if told.done else REFUSED)


def _picked(candidates: tuple[Candidate, ...], detail: str, *, as_json: bool) -> Candidate:
    """The human's choice; without a human at the terminal the list is shown and nothing is done.

    There is no option to give a number: the list may be another one by the time the command runs.
    """
    from guardian.cli.tables import candidate_table
    from guardian.cli.terminal import complain, console, write_json

    if as_json:
        write_json({"ambiguous": detail, "candidates": candidates})
        raise typer.Exit(REFUSED)
    console().print(candidate_table(candidates))
    if not sys.stdin.isatty():
        complain(f"{detail}: --handle or --person says whom, by the id above")
        raise typer.Exit(REFUSED)
    number: int = typer.prompt("Which one", type=int)
    if not 1 <= number <= len(candidates):
        raise typer.Abort
    return candidates[number - 1]
