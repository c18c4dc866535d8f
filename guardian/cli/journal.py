"""``verify``, ``purge``, ``legal-hold`` and ``replay``: keeping the journal. What a row means is ``replay``'s work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from guardian.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from guardian.errors import ConfigError

if TYPE_CHECKING:
    from guardian.config import Config
    from guardian.core.policy import Policy
    from guardian.ports import Journal

T = TypeVar("T")

OccurrenceArgument = Annotated[
    str, typer.Argument(help="The occurrence's id, as the closing mail and `status` name it.")
]
_DAY = 86400.0


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.command("verify")(verify)
    program.command("purge")(purge)
    program.command("legal-hold")(legal_hold)
    program.command("replay")(replay)


def verify(
    occurrence: Annotated[str | None, typer.Argument(help="One occurrence; else all.")] = None,
    head: Annotated[
        str | None, typer.Option("--head", help="The chain's head from the closing mail: it must be in the chain.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Check that no row of the journal was altered."""
    from guardian.cli.terminal import say, write_json

    if head is not None and occurrence is None:
        raise ConfigError("--head belongs to one occurrence: name it")

    async def check(journal: Journal) -> dict[str, int]:
        wanted = [occurrence] if occurrence is not None else [o.occurrence for o in await journal.occurrences()]
        return {one: await journal.verify(one, head) for one in wanted}

    checked = _with_journal(config, check)
    if json:
        write_json({"ok": True, "rows": checked})
        return
    for one, rows in checked.items():
        say(f"{one}: {rows} rows verify" + (", the head is in the chain" if head else ""))
    if not checked:
        say("the journal is empty")


def purge(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Blank what each meeting no longer has to keep.

    That is what ended longer ago than its retention and is on no legal hold. The chain still verifies.
    """
    from guardian.cli.terminal import say, write_json

    loaded = _load(config)

    async def blank(journal: Journal) -> dict[str, int]:
        now = time.time()
        return {m.id: await journal.purge(now - m.retention_days * _DAY, meeting=m.id) for m in loaded.meetings}

    blanked = _with_journal(config, blank)
    if json:
        write_json({"rows": blanked})
        return
    for meeting, rows in blanked.items():
        say(f"{meeting}: {rows} rows blanked")


def legal_hold(
    occurrence: OccurrenceArgument,
    on: Annotated[bool, typer.Option("--on/--off", help="Keep it, or let purge have it again.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Keep an occurrence from being purged, as evidence."""
    from guardian.cli.terminal import say

    async def hold(journal: Journal) -> None:
        await journal.hold(occurrence, on=on)

    _with_journal(config, hold)
    say(f"{occurrence}: {'on legal hold' if on else 'no longer on legal hold'}")


def replay(
    occurrence: OccurrenceArgument,
    policy: Annotated[Path | None, typer.Option("--policy", help="A TOML file with another policy's keys.")] = None,
    json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print what was decided, and what would be."""
    from guardian.cli.replay import compare, meeting_of, read_rows, show, summary
    from guardian.cli.terminal import write_json

    loaded = _load(config)
    rows = _with_journal(config, lambda journal: read_rows(journal, occurrence))
    steps = compare(rows, _policy(loaded, meeting_of(rows), policy))
    if json:
        write_json({"occurrence": occurrence, **summary(steps), "steps": [step for step in steps if step.told]})
    else:
        show(occurrence, steps)


def _policy(config: Config, meeting: str, file: Path | None) -> Policy:
    from guardian.config import load_policy

    if file is not None:
        return load_policy(file)
    configured = config.meeting(meeting)
    if configured is None:
        raise ConfigError(f"the meeting {meeting} is no longer configured: give its policy with --policy")
    return configured.policy


def _load(config: Path) -> Config:
    from guardian.config import load
    from guardian.log import configure

    loaded = load(config)
    configure("warning", loaded.guardian.log.format)
    return loaded


def _with_journal(config: Path, work: Callable[[Journal], Awaitable[T]]) -> T:
    """Open the journal, work, close it."""
    from guardian.bootstrap import open_store

    loaded = _load(config)

    async def through() -> T:
        journal = await open_store(loaded)
        try:
            return await work(journal)
        finally:
            await journal.close()

    return asyncio.run(through())
