"""The demo's stage on Jitsi: a real server, what the configuration says of it, and who logs in there how.

The guardian's own side is in `process.py`, the play itself in `guardian/world/story.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from guardian.cli.process import GuardianProcess, Place, Settings, configuration, free_port, reached_at
from guardian.world.cast import Cast, Part, child_key, class_list, linked_child
from guardian.world.jicofo import Jicofo
from guardian.world.mailbox import Mailbox
from guardian.world.prosody import Prosody
from guardian.world.sightings import ObserverProcess
from guardian.world.story import Keys, Stage, Story
from guardian.world.tokens import room_token
from guardian.world.verdict import judge
from guardian.world.xmpp import Account, Token

ROOM = "demo-class"
_OWNERS = ("teacher", "observer")
_PASSWORD = "GUARDIAN_DEMO_PASSWORD"  # noqa: S105 - the variable's name
_LINK_KEY = "GUARDIAN_DEMO_LINK_KEY"
GHOST_SECONDS = 4.0  # how long the server keeps a child whose line was cut


@dataclass(frozen=True, slots=True)
class Judged:
    """The judge's figures, and what is wrong: its complaints, and what did not go as written."""

    figures: dict[str, Any]
    complaints: tuple[str, ...]


class Show(Protocol):
    """A play on one platform, and the guardian whom it tries."""

    guardian: GuardianProcess

    async def play(self, tell: Callable[[str], None]) -> Judged:
        """Play it to its last scene and ask the judge. The class is still going on then. Raises WorldError."""
        ...

    async def end_class(self) -> None:
        """The host ends the meeting for all."""
        ...


@asynccontextmanager
async def jitsi_show(folder: Path, settings: Settings, mailbox: Mailbox) -> AsyncIterator[Show]:
    """A real server with its observer; personal links where it believes tokens. Raises WorldError."""
    children = [child_key(number) for number in range(1, settings.children + 1)]
    known = _passwords([] if settings.plugins else children, "teacher", "assistant", "observer")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            Prosody(accounts=known, owners=_OWNERS, plugins=settings.plugins, hibernation_time=GHOST_SECONDS)
        )
        if settings.plugins:
            await stack.enter_async_context(Jicofo(server.site, server.focus_password))
        written = configuration(_place(server, settings), mailbox.port, settings)
        known_to_it = {_PASSWORD: server.bot_password, _LINK_KEY: server.app_secret}
        guardian = GuardianProcess(folder, settings, written, known_to_it, mailbox)
        stack.push_async_callback(guardian.close)
        observer = await stack.enter_async_context(ObserverProcess(server.site, ROOM, "observer", known["observer"]))
        keys = _keys(server, known, tokens=settings.plugins is not None)
        links = guardian if settings.plugins else None
        by_link = [linked_child(settings.children)] if links else []
        guardian.write_list([*class_list(settings.children, keys.proof), *by_link])
        stage = Stage(server.site, ROOM, keys, observer, guardian, settings.children, links, settings.names)
        yield _JitsiShow(guardian, stage, _cast(server), stack)


class _JitsiShow:
    def __init__(self, guardian: GuardianProcess, stage: Stage, cast: Cast, stack: AsyncExitStack) -> None:
        self.guardian = guardian
        self._stage = stage
        self._cast = cast
        self._stack = stack
        self._story: Story | None = None

    async def play(self, tell: Callable[[str], None]) -> Judged:
        story = self._story = await self._stack.enter_async_context(Story(self._stage, self._cast, tell))
        await story.play()
        sightings = await self._stage.observer.finish()
        verdict = judge(sightings, self._cast, self.guardian.locked_at(await self.guardian.view()))
        return Judged(asdict(verdict), (*verdict.complaints, *story.troubles))

    async def end_class(self) -> None:
        if self._story is not None:
            await self._story.end_class()


def _passwords(children: list[str], *others: str) -> dict[str, str]:
    """A random password for each account."""
    return {name: secrets.token_urlsafe(12) for name in (*children, *others)}


def _place(server: Prosody, settings: Settings) -> Place:
    """What an ordinary configuration says of this server."""
    site = server.site
    tokens = f"""\
token_hosts = ["{site.domain}"]
web = "https://{site.domain}"
links = {{ app_id = "{server.app_id}", secret = {{ env = "{_LINK_KEY}" }} }}
"""
    section = f"""\
[jitsi.loopback]
websocket = "{site.websocket_url}"
domain = "{site.domain}"
auth_domain = "{site.auth_domain}"
guest_domain = "{site.guest_domain}"
account = "guardian"
password = {{ env = "{_PASSWORD}" }}
calls_per_second = 100
{tokens if server.flavour == "plugins" else ""}
"""
    policy = 'gate = ["verified", "token", "name_exact"]\n' if settings.names else ""
    return Place("loopback", ROOM, section, reached_at(free_port()), policy)


def _cast(server: Prosody) -> Cast:
    """Those who are not in the play."""
    found = Cast()
    found.add("guardian", Part.GUARDIAN, "", server.bot_jid)
    found.add("observer", Part.BYSTANDER, "", server.site.account_jid("observer"), server.site.account_jid("focus"))
    return found


def _keys(server: Prosody, known: dict[str, str], *, tokens: bool) -> Keys:
    """Accounts on plain Prosody. Where Jitsi's own plugins check tokens, whoever owns no room has one.

    Such a token names nobody: its id is opaque, since Jitsi's lobby shows identities to those who wait.
    """

    def account(name: str) -> bool:
        return not tokens or name in _OWNERS

    def login(name: str) -> Account | Token:
        if account(name):
            return Account(name, known[name])
        return Token(
            room_token(name, app_id=server.app_id, app_secret=server.app_secret, domain=server.domain, room=ROOM)
        )

    return Keys(login, lambda name: server.site.account_jid(name) if account(name) else name)
