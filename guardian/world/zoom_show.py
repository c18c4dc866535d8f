"""A loopback Zoom with its players and its judge, as a process: ``python -m guardian.world.zoom_show``.

Settings come as one JSON line on standard input; what is said besides goes by `wings.py`. May live here: putting the
pieces together. May not: the play, the judgement.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from guardian.world.cast import Cast, child_key
from guardian.world.verdict import LONGEST_STRANGER_SECONDS
from guardian.world.wings import Wings, standard_wings
from guardian.world.zoom import Faults, Settings, ZoomWorld
from guardian.world.zoom_judge import judge
from guardian.world.zoom_players import NUMBER, Hall
from guardian.world.zoom_story import ZoomStory

SPEED = 600.0
"""Zoom's first retry, 5 minutes after the first attempt, comes after half a second, the next 2 seconds later."""

_BAD_DAY = 2.0  # as long may a stranger be inside when removals are confirmed and do nothing


@dataclass(frozen=True, slots=True)
class Playbill:
    """What is played. `guardian`: where Zoom and the panel reach the guardian, as in http://127.0.0.1:8460.

    `names`: an exact name opens the gate.
    """

    guardian: str
    children: int
    seed: int = 0
    faults: bool = False
    names: bool = False


def faults(playbill: Playbill) -> Faults:
    """How the world misbehaves; the storms of 429 and the acts without effect come with their scenes."""
    if not playbill.faults:
        return Faults()
    dice = random.Random(f"{playbill.seed}:faults")  # noqa: S311 - dice, no secret
    uuids = {"panel", "instance", *(["admission"] if dice.random() < 0.5 else [])}
    return Faults(
        doubled=dice.uniform(0.1, 0.4),
        late=dice.uniform(0.05, 0.3),
        late_by=(5.0, 240.0),
        reordered=dice.uniform(0.05, 0.3),
        attempt_lost=dice.uniform(0.05, 0.2),
        lost={child_key(4)},
        uuids=uuids,
    )


async def show(playbill: Playbill, wings: Wings) -> None:
    """Play it, judge it, and stay until told to end the class."""
    settings = Settings(seed=playbill.seed, speed=SPEED, plan="business", faults=faults(playbill))
    async with ZoomWorld(settings) as world:
        cast = Cast()
        book = playbill
        hall = Hall(world, wings, book.guardian, book.children, book.seed, book.faults, book.names)
        story = ZoomStory(hall, cast, lambda title: wings.say(scene=title))
        wings.say(ready=_ways_in(world), listed=[asdict(one) for one in story.listed])
        await story.play()
        longest = LONGEST_STRANGER_SECONDS * (_BAD_DAY if playbill.faults else 1)
        verdict = judge(world.ledger.entries, cast, await wings.locked_at(), longest)
        wings.say(verdict=asdict(verdict), troubles=[*story.troubles, *(_spared(world) if playbill.faults else ())])
        await wings.word()
        await story.end_class()
        wings.say(ended=True)
        await wings.word()


def _spared(world: ZoomWorld) -> list[str]:
    """What should have gone wrong and did not: then nothing is shown about it."""
    struck = {entry.detail.split(" ", 1)[0] for entry in world.ledger.of("fault")}
    struck |= {entry.what for entry in world.ledger.entries if entry.what == "no_effect"}
    struck |= {"panel closed" for entry in world.ledger.of("panel") if entry.detail.startswith("closed")}
    wanted = ("doubled", "late", "reordered", "attempt_lost", "lost", "trip", "no_effect", "panel closed")
    return [f"the world did not misbehave: {fault}" for fault in wanted if fault not in struck]


def _ways_in(world: ZoomWorld) -> dict[str, Any]:
    """What a configuration says of this Zoom."""
    names = (
        *("api_url", "oauth_url", "events_url", "account_id", "client_id", "client_secret", "webhook_secret"),
        *("panel_client_id", "panel_client_secret"),
    )
    return {"number": NUMBER} | {name: getattr(world, name) for name in names}


async def main() -> None:
    """As long as somebody holds the other end of the pipe."""
    wings = await standard_wings()
    playbill = Playbill(**json.loads(await wings.first_line()))
    listening = asyncio.create_task(wings.run())
    playing = asyncio.create_task(show(playbill, wings))
    await asyncio.wait({listening, playing}, return_when=asyncio.FIRST_COMPLETED)
    for task in (listening, playing):
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    if playing.done() and not playing.cancelled():
        playing.result()


if __name__ == "__main__":
    asyncio.run(main())
