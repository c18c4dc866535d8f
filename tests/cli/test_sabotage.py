"""The planted wrong guardians: each does its one wrong, once a person, and is otherwise the platform it wraps."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from guardian.cli.sabotage import WRONGS, WrongHand, main
from guardian.core.actions import Act, ActKind, Capabilities
from guardian.core.events import Event, Seen, Snapshot
from guardian.core.identity import Evidence, Facts, Place
from guardian.errors import ConfigError, TemporaryError
from guardian.ports import Emit, Outcome, Platform


def _facts(handle: str, place: Place, account: str | None = None, *, is_self: bool = False) -> Facts:
    return Facts(handle, place, Evidence(account=account), is_self=is_self)


SCENE = (
    Seen(1.0, _facts("zed", Place.WAITING)),
    Seen(2.0, _facts("zed", Place.WAITING)),
    Snapshot(
        3.0,
        3.0,
        (
            _facts("c1", Place.INSIDE, "child01@auth.test"),
            _facts("c2", Place.INSIDE, "child02@auth.test"),
            _facts("me", Place.WAITING, is_self=True),
        ),
    ),
)


class Room:
    """A platform that shows one scene and remembers what it was asked."""

    def __init__(self, *, fails: bool = False) -> None:
        self.capabilities = Capabilities("room", frozenset(ActKind))
        self.asked: list[Act] = []
        self.told: list[str] = []
        self.recalled: list[Facts] = []
        self.idle = asyncio.Event()
        self._fails = fails

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        ready()
        for event in SCENE:
            emit(event)

    async def perform(self, act: Act) -> Outcome:
        self.asked.append(act)
        self.idle.set()
        if self._fails:
            raise TemporaryError("not now")
        return Outcome.ACCEPTED

    async def inform(self, handle: str, text: str) -> None:
        self.told.append(f"{handle}: {text}")

    async def snapshot(self) -> Snapshot:
        return SCENE[2]

    def recall(self, known: Sequence[Facts]) -> None:
        self.recalled.extend(known)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    ("wrong", "act"),
    [("admit-all", Act(ActKind.ADMIT, "zed")), ("remove-child", Act(ActKind.REMOVE, "c2"))],
)
async def test_each_does_its_wrong_once_and_passes_everything_on(wrong: str, act: Act, fails: bool) -> None:
    room = Room(fails=fails)
    hand: Platform = WrongHand(room, WRONGS[wrong])
    emitted: list[Event] = []
    await hand.run(emitted.append, lambda: None)
    await asyncio.wait_for(room.idle.wait(), 5)
    assert room.asked == [act]
    assert tuple(emitted) == SCENE


async def test_what_the_service_asks_goes_to_the_platform_itself() -> None:
    room = Room()
    hand = WrongHand(room, WRONGS["admit-all"])
    assert await hand.perform(Act(ActKind.END)) is Outcome.ACCEPTED
    await hand.inform("zed", "please call")
    assert (room.asked, room.told) == ([Act(ActKind.END)], ["zed: please call"])
    assert await hand.snapshot() is SCENE[2]
    assert hand.capabilities is room.capabilities
    known = Facts("zed", Place.WAITING)
    hand.recall([known])
    assert room.recalled == [known]


@pytest.mark.parametrize("arguments", [[], ["admit-all"], ["be-nice", "run", "--config", "x.toml"]])
def test_it_cannot_be_started_by_chance(arguments: list[str]) -> None:
    with pytest.raises(ConfigError, match="admit-all or remove-child"):
        main(arguments)
