"""The play, the observer and the judge together, with a guardian of a few lines in place of the real one.

It shows that the judge is content with a good guardian and objects to wrong ones, whoever wrote them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from guardian.world.cast import Cast, Part, child_key, child_name
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.rooms import Occupant
from guardian.world.sightings import ObserverProcess
from guardian.world.story import Keys, Stage, Story
from guardian.world.verdict import Verdict, judge
from guardian.world.xmpp import Account

pytestmark = pytest.mark.prosody
ROOM, CHILDREN = "maths", 12
Deed = Callable[[Moderator, Occupant], Awaitable[None]]


class TinyGuardian:
    """Admits accounts and whomever it is told to; refuses everybody but those it awaits an order about.

    `all_in`: admits everybody. `deed`: what else it does to each of those inside.
    """

    def __init__(self, server: Prosody, *, all_in: bool = False, deed: Deed | None = None) -> None:
        self._server = server
        self._all_in = all_in
        self._deed = deed
        self._names: set[str] = set()
        self._admitted: set[str] = set()
        self._done: set[str] = set()
        self._moderator: Moderator | None = None
        self._guarding: asyncio.Task[None] | None = None

    async def start_guardian(self) -> None:
        moderator = Moderator(self._server.site, Account("guardian", self._server.bot_password))
        await moderator.join(ROOM, display_name="Guardian")
        await moderator.set_lobby(on=True)
        for person in list(moderator.people.values()):
            if person.display_name == "Zed Early":
                await moderator.kick(person.nick)
        await moderator.watch_lobby()
        self._moderator = moderator
        self._guarding = asyncio.create_task(self._guard(moderator))

    async def _guard(self, moderator: Moderator) -> None:
        while True:
            await moderator.until(lambda: bool(self._new(moderator)), "somebody new", timeout=1000)
            for person in self._new(moderator):
                if self._deed is not None and person.nick in moderator.people:
                    self._done.add(person.jid)
                    await self._deed(moderator, person)
                elif not self._may(person) and self._held(person):
                    self._done.add(person.jid)
                    await moderator.tell_waiting(person.nick, "Please call the office")
                elif self._may(person):
                    self._admitted.add(person.jid)
                    await moderator.admit(person.jid)
                else:
                    await moderator.lobby_kick(person.nick)

    def _new(self, moderator: Moderator) -> list[Occupant]:
        inside = [p for p in moderator.people.values() if self._deed and p.jid not in self._done]
        waiting = [
            p
            for p in moderator.waiting_people.values()
            if p.affiliation != "owner" and p.nick not in moderator.people and p.jid not in self._admitted
        ]
        return inside + [p for p in waiting if self._may(p) or not self._held(p) or p.jid not in self._done]

    def _may(self, person: Occupant) -> bool:
        return self._all_in or "@auth." in person.jid or person.display_name in self._names

    def _held(self, person: Occupant) -> bool:
        return person.display_name in {child_name(3), child_name(CHILDREN + 1), "Oma Hildegard"}

    async def stop(self) -> None:
        if self._guarding is not None:
            self._guarding.cancel()
            with suppress(asyncio.CancelledError):
                await self._guarding
        if self._moderator is not None:
            await self._moderator.close()

    async def kill_guardian(self) -> None:
        await self.stop()

    async def order(self, verb: str, *arguments: str) -> None:
        assert self._moderator is not None
        if verb in {"admit", "allow"}:
            self._names.add(arguments[0])
            self._moderator.diary.look()
        elif verb == "remove" and arguments[1] in self._moderator.waiting_people:
            await self._moderator.lobby_kick(arguments[1])

    async def handle_of(self, name: str) -> str:
        assert self._moderator is not None
        everywhere = {**self._moderator.people, **self._moderator.waiting_people}
        return next(nick for nick, p in everywhere.items() if p.display_name == name and "guest." in p.jid)

    async def empty_list(self) -> None:
        """It has no list."""

    async def restore_list(self) -> None:
        """As before."""

    async def until_locked(self) -> None:
        """It knows no lock."""

    async def until_quiet(self) -> None:
        """It asks for nothing that takes time."""


@asynccontextmanager
async def _class(*, all_in: bool = False, deed: Deed | None = None) -> AsyncIterator[tuple[Stage, TinyGuardian]]:
    names = [*(child_key(number) for number in range(1, CHILDREN + 1)), "teacher", "assistant", "observer"]
    owners = ("teacher", "observer")
    async with (
        Prosody(accounts=dict.fromkeys(names, "pw"), owners=owners, hibernation_time=1) as server,
        ObserverProcess(server.site, ROOM, "observer", "pw") as observer,
    ):
        guardian = TinyGuardian(server, all_in=all_in, deed=deed)
        keys = Keys(lambda name: Account(name, "pw"), lambda name: name)
        try:
            yield Stage(server.site, ROOM, keys, observer, guardian, CHILDREN), guardian
        finally:
            await guardian.stop()


async def _played(stage: Stage) -> tuple[Verdict, list[str]]:
    cast = Cast()
    cast.add("guardian", Part.GUARDIAN, "", stage.site.account_jid("guardian"))
    cast.add("observer", Part.BYSTANDER, "", stage.site.account_jid("observer"))
    for_sure_locked_before_the_late_child = 0.0
    async with Story(stage, cast, lambda _: None) as story:
        await story.play()
        sightings = await stage.observer.finish()
        return judge(sightings, cast, for_sure_locked_before_the_late_child), story.troubles


async def test_with_a_good_guardian_the_play_ends_as_written_and_the_judge_is_content() -> None:
    async with _class() as (stage, _):
        verdict, troubles = await _played(stage)
    assert troubles == []
    assert verdict.complaints == ()
    assert (verdict.expected, verdict.admitted, verdict.strangers) == (CHILDREN, CHILDREN, 10)
    assert (verdict.strangers_admitted, verdict.children_removed, verdict.removed) == (0, 0, 1)


async def test_the_judge_objects_to_a_guardian_who_lets_everybody_in() -> None:
    async with _class(all_in=True) as (stage, _):
        verdict, _troubles = await _played(stage)
    assert verdict.strangers_admitted >= 8
    assert verdict.strangers_inside_at_end >= 8
    assert any(complaint.startswith("strangers let in: ") for complaint in verdict.complaints)


async def test_the_judge_objects_to_a_guardian_who_puts_a_child_out() -> None:
    async def against_the_second_child(moderator: Moderator, person: Occupant) -> None:
        if person.jid.startswith("child02@"):
            await moderator.kick(person.nick)

    async with _class(deed=against_the_second_child) as (stage, _):
        verdict, _troubles = await _played(stage)
    assert verdict.children_removed == 1
    assert "children put out by the machine: child02" in verdict.complaints
