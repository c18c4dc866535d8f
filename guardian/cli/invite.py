"""``invite`` and ``link``: personal links are made, mailed, ended and let in on a second device. No address is shown.

Works beside a running service, on the same store; the service sees within seconds what was done here.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
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
from guardian.cli.terminal import FINE, REFUSED

if TYPE_CHECKING:
    from guardian.app.links import Mailed
    from guardian.bootstrap import LinkDesk
    from guardian.config import Config
    from guardian.core.roster import Person

    Receivers = Sequence[tuple[Person, tuple[str, ...]]]

MeetingArgument = Annotated[str | None, typer.Argument(help="The meeting's id; may be left out where there is one.")]
PersonArgument = Annotated[str, typer.Argument(help="The person's id, as on the list or in `guardian status`.")]
PersonsOption = Annotated[
    list[str] | None, typer.Option("--person", "-p", help="Only this person's id; may be given several times.")
]
_MOST_NAMED = 20


def register(program: typer.Typer) -> None:
    """Add the command and the group."""
    program.command("invite")(invite)
    group = typer.Typer(help="Personal links of single people.", no_args_is_help=True)
    group.callback()(_group)
    group.command("revoke")(revoke)
    group.command("allow")(allow)
    program.add_typer(group, name="link")


def _group() -> None:
    """Personal links of single people."""


def invite(
    meeting: MeetingArgument = None,
    person: PersonsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be written to.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Mail everybody on the list their personal link, once to each address that may have it. Run it again to go on."""
    loaded, named = _loaded(config, meeting)
    told = asyncio.run(_invite(loaded, named, person or [], dry_run=dry_run))
    _tell(told, as_json=json)


def revoke(
    person: PersonArgument,
    meeting: MeetingOption = None,
    no_new: Annotated[bool, typer.Option("--no-new", help="Send no new link in its place.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End somebody's personal link; its owner gets a new one in the same act."""
    from guardian.cli.terminal import complain, say

    loaded, named = _loaded(config, meeting)
    ended, renewed = asyncio.run(_revoke(loaded, named, person, new=not no_new))
    if not ended:
        complain(f"{person} has no personal link to {named}")
        raise typer.Exit(REFUSED)
    sent, unable = sum(one.sent for one in renewed), [one.person for one in renewed if one.unable]
    new = "; a new one was made" + ("" if unable else f" and mailed ({sent} mails)")
    say(f"the link of {person} has ended{new if renewed else ''}")
    if unable:
        complain(f"nobody was sent the link of: {_shown(unable)}; the list allows no address, or [mail] is missing")
    raise typer.Exit(REFUSED if any(one.failed or one.unable for one in renewed) else FINE)


def allow(
    person: PersonArgument,
    device: Annotated[str, typer.Argument(help="The number that the device shows.")],
    meeting: MeetingOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    api: ApiOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Let a second device of somebody use their personal link."""
    from guardian.cli.client import connect
    from guardian.cli.status import the_meeting
    from guardian.cli.terminal import say

    service = connect(config, api, token_file)
    service.let_device_in(the_meeting(service, meeting), person, device)
    say("done: the device may join now; press the button there again", "green")


def _loaded(path: Path, meeting: str | None) -> tuple[Config, str]:
    from guardian.config import load
    from guardian.errors import ConfigError
    from guardian.log import configure

    loaded = load(path)
    configure("error", loaded.guardian.log.format)
    if meeting is None and len(loaded.meetings) > 1:
        raise ConfigError(f"say which meeting: {', '.join(one.id for one in loaded.meetings)}")
    return loaded, meeting or loaded.meetings[0].id


async def _revoke(config: Config, meeting: str, person: str, *, new: bool) -> tuple[list[str], list[Mailed]]:
    from guardian.bootstrap import link_desk

    async with link_desk(config, meeting) as desk:
        if not new or all(one.id != person for one, _ in desk.people):
            return await desk.book.revoke(meeting, [person]), []
        renewed = await desk.book.renew(meeting, [person])
        return [one.person for one in renewed], renewed


async def _invite(config: Config, meeting: str, persons: Sequence[str], *, dry_run: bool) -> dict[str, object]:
    from guardian.bootstrap import link_desk

    async with link_desk(config, meeting) as desk:
        wanted = _chosen(desk, persons)
        able = [(person, to) for person, to in wanted if to]
        told: dict[str, object] = {
            "meeting": meeting,
            "people": len(able),
            "nobody_to_write_to": [person.id for person, to in wanted if not to],
        }
        if dry_run:
            return {**told, "dry_run": True, "mails": sum(len(to) for _, to in able)}
        results = [done async for done in _mailing(desk, able)]
        return {
            **told,
            "sent": sum(one.sent for one in results),
            "before": sum(one.before for one in results),
            "failed": [one.person for one in results if one.failed or one.unable],
            "unsure": await desk.book.unsure(meeting),
        }


def _chosen(desk: LinkDesk, persons: Sequence[str]) -> Receivers:
    """Those who were named; else pupils and guests: hosts and staff sign in, which is the stronger proof."""
    import time

    from guardian.core.roster import Role
    from guardian.errors import ConfigError

    listed = {person.id for person, _ in desk.people}
    for one in persons:
        if one not in listed:
            raise ConfigError(f"--person: nobody on the list has the id {one}")
    now = time.time()
    return [
        (person, to)
        for person, to in desk.people
        if (person.id in persons if persons else person.role in {Role.PUPIL, Role.GUEST})
        and (person.valid_until is None or now < person.valid_until)
    ]


async def _mailing(desk: LinkDesk, able: Receivers) -> AsyncIterator[Mailed]:
    """Make what links are missing, then mail one after the other, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    links = {link.person: link for link in await desk.book.issue(desk.meeting, [person for person, _ in able])}
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("inviting", total=len(able))
        for person, to in able:
            if person.id in links:
                yield await desk.book.invite(links[person.id], person, to)
            bar.advance(task)


def _tell(told: dict[str, object], *, as_json: bool) -> None:
    from guardian.cli.terminal import complain, say, write_json

    failed, unsure = _ids(told, "failed"), _ids(told, "unsure")
    if as_json:
        write_json(told)
    else:
        head = f"{told['meeting']}: {told['people']} people"
        if told.get("dry_run"):
            say(f"{head} would get a link, in {told['mails']} mails; nothing was sent")
        else:
            say(f"{head}; {told['sent']} mails sent, {told['before']} had gone before")
        if _ids(told, "nobody_to_write_to"):
            say(f"nobody may receive the link of: {_shown(_ids(told, 'nobody_to_write_to'))}", "yellow")
        if failed:
            complain(f"not sent to: {_shown(failed)}; run the command again to go on")
        if unsure:
            complain(
                f"stopped in the midst of mailing, perhaps not sent to: {_shown(unsure)};"
                " `guardian link revoke PERSON` sends each a new one"
            )
    raise typer.Exit(REFUSED if failed or unsure else FINE)


def _ids(told: dict[str, object], key: str) -> list[str]:
    found = told.get(key)
    return [str(one) for one in found] if isinstance(found, list) else []


def _shown(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(ids[:_MOST_NAMED]) + more
