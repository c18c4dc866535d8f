"""People who knock, in a process of their own, at a real server: the load of the rows over Prosody.

Reads one JSON object (see ``Wish``) and then a line that says go; prints ``ready`` when everybody is logged in, and at
the end one JSON object: how long each waited (milliseconds from the knock to being inside) and how busy this process
was meanwhile, as a share of one core.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

from benchmarks.rows import share
from guardian.world.jitsi import Participant
from guardian.world.site import Site
from guardian.world.xmpp import Account

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Who knocks where: ``people`` are (account, password, name). ``together``: all at once; else each when the one
    before is inside.
    """

    site: dict[str, str | None]
    room: str
    people: list[tuple[str, str, str]]
    together: bool

    def coded(self) -> str:
        """As one line."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What the crowd saw."""

    waits: list[float]
    busy: float


async def _play(wish: Wish) -> Told:
    site = Site(**wish.site)  # type: ignore[arg-type]
    people = [(Participant(site, Account(account, password)), name) for account, password, name in wish.people]
    for person, _ in people:
        await person.connect(wish.room)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began, cpu = time.perf_counter(), time.process_time()
    if wish.together:
        waits = await asyncio.gather(*(_knock(person, name, wish.room) for person, name in people))
    else:
        waits = [await _knock(person, name, wish.room) for person, name in people]
    busy = share(time.process_time() - cpu, time.perf_counter() - began)
    for person, _ in people:
        await person.close()
    return Told(waits, busy)


async def _knock(person: Participant, name: str, room: str) -> float:
    began = time.perf_counter()
    await person.join(room, display_name=name, timeout=PATIENCE)
    await person.until_state("inside", timeout=PATIENCE)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Play the wish on standard input."""
    told = json.loads(sys.stdin.readline())
    print(json.dumps(asdict(asyncio.run(_play(Wish(**told))))), flush=True)


if __name__ == "__main__":
    main()
