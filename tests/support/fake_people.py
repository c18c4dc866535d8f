"""Small real implementations of the other ports: a channel to people, and a list of who is expected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from guardian.core.roster import Person, Role, Roster
from guardian.errors import NotDeliveredError
from guardian.ports import Letter, Notice


class Mailbox:
    """A channel. ``refuses``: how many deliveries fail from now on. ``gate``: while cleared, ``send`` hangs."""

    def __init__(self, channel: str = "mail") -> None:
        self.channel = channel
        self.refuses = 0
        self.tries = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.messages: list[tuple[float, Notice | Letter]] = []

    async def send(self, notice: Notice | Letter) -> None:
        self.tries += 1
        await self.gate.wait()
        if self.refuses:
            self.refuses -= 1
            raise NotDeliveredError("the server said no")
        self.messages.append((asyncio.get_running_loop().time(), notice))

    @property
    def letters(self) -> list[Letter]:
        return [message for _, message in self.messages if isinstance(message, Letter)]

    @property
    def notices(self) -> list[Notice]:
        return [message for _, message in self.messages if isinstance(message, Notice)]

    def kinds(self) -> list[str]:
        """The kinds of incident that arrived, in order."""
        return [notice.incident.kind.value for notice in self.notices]


class ListSource:
    """A roster in memory. ``change`` puts another in its place; ``broken`` is raised instead."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.broken: Exception | None = None
        self.loads = 0
        self._changes: asyncio.Queue[None] = asyncio.Queue()

    async def load(self) -> Roster:
        self.loads += 1
        if self.broken is not None:
            raise self.broken
        return self.roster

    async def changes(self) -> AsyncIterator[None]:
        while True:
            await self._changes.get()
            yield

    def change(self, roster: Roster | None = None, broken: Exception | None = None) -> None:
        self.roster, self.broken = roster or self.roster, broken
        self._changes.put_nowait(None)


def class_list(*pupils: str, version: str = "1") -> Roster:
    """A host with the account ``ada`` and pupils whose account is their own lower-case first name."""
    people = [Person("host", "Ada Host", Role.HOST, accounts=("ada",))]
    people += [Person(f"p-{name.split()[0].lower()}", name, accounts=(name.split()[0].lower(),)) for name in pupils]
    return Roster(version, tuple(people))
