"""A class that runs: a real Prosody, a mailbox, a class list, people, and the guardian's configuration for them.

Where GUARDIAN_JITSI_PLUGINS names a folder, every school's server runs with Jitsi's own plugins and the stand-in for
jicofo, and children bring signed room tokens instead of accounts: there an account gets in only as a moderator.

May live here: builders and what people do. May not: the guardian's process (``e2e_process``), assertions about it.
"""

from __future__ import annotations

import asyncio
import csv
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from guardian.bootstrap import open_store
from guardian.codec import Record, decode
from guardian.config import load
from guardian.core.actions import Ask, AskEnd, Close
from guardian.ports import OccurrenceRow, Row
from guardian.world.cast import child_key, child_name
from guardian.world.jicofo import Jicofo
from guardian.world.jitsi import Participant
from guardian.world.mailbox import Mailbox
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.rooms import Face
from guardian.world.tokens import room_token
from guardian.world.xmpp import Account, Guest, Login, Token
from tests.support.command_line import Done as Said
from tests.support.command_line import guardian as guardian_command
from tests.support.e2e_process import PATIENCE, Done, GuardianProcess, command
from tests.support.stores import by_hand

ROOM, MEETING, TEACHER = "maths-7f3a", "maths", "Grace Hopkins"
_PASSWORD = "chalk"  # of everybody but the guardian
_LOOK = 0.05
_FOLDER = os.environ.get("GUARDIAN_JITSI_PLUGINS")
PLUGINS = Path(_FOLDER) if _FOLDER else None  # None: a plain Prosody

Header = ("id", "name", "aliases", "role", "accounts", "email")
Line = tuple[str, ...]


class Post(Mailbox):
    """A mailbox whose server can go away and come back on the same port."""

    async def away(self) -> None:
        """Nobody listens there any more."""
        await self.__aexit__(None, None, None)

    async def back(self) -> None:
        """Somebody listens there again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)


class School:
    """One server, one class. Children prove themselves as ``child01`` …, the teacher is a moderator of every room."""

    def __init__(self, folder: Path, *, children: int = 8, **server: Any) -> None:
        self.folder = folder
        self.children = children
        pupils = [] if PLUGINS else [child_key(n) for n in range(1, children + 1)]
        accounts = dict.fromkeys((*pupils, "teacher", "outsider"), _PASSWORD)
        self.server = Prosody(accounts=accounts, hibernation_time=1, plugins=PLUGINS, **server)
        self._focus: Jicofo | None = None
        self.mailbox = Post()
        self.config = folder / "guardian.toml"
        self.roster = folder / "class.csv"
        self.people: dict[str, Participant] = {}
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self.mailbox)
        await self._exits.enter_async_context(self.server)
        if PLUGINS:
            self._focus = await self._exits.enter_async_context(Jicofo(self.server.site, self.server.focus_password))
        (self.folder / "password").write_text(self.server.bot_password)
        self.write_list(self.lines())
        self.write_config()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def server_back(self) -> None:
        """The server that was stopped runs again, with empty rooms; on a Jitsi its focus is back as well."""
        await self.server.resume()
        if self._focus is not None:
            await self._focus.start()

    # -- files

    def proof(self, key: str) -> str:
        """What stands in the class list's column ``accounts`` for a child: an account, or a token's opaque user id."""
        return key if PLUGINS else self.server.site.account_jid(key)

    def lines(self) -> list[Line]:
        """The class list: the teacher, and every child with what proves it."""
        site = self.server.site
        listed: list[Line] = [("teacher", TEACHER, "", "host", site.account_jid("teacher"), "")]
        for n in range(1, self.children + 1):
            key = child_key(n)
            listed.append((key, child_name(n), "", "pupil", self.proof(key), f"{key}@home.example"))
        return listed

    def write_list(self, lines: Iterable[Line]) -> None:
        """The class list, replaced as editors do it."""
        draft = self.roster.with_suffix(".new")
        with draft.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(Header)
            rows.writerows(lines)
        draft.replace(self.roster)

    def write_config(
        self,
        *,
        policy: Mapping[str, str] | None = None,
        server: Mapping[str, str] | None = None,
        guardian: Mapping[str, str] | None = None,
        mail: Mapping[str, str] | None = None,
        began: float = 120.0,
        more: str = "",
        name: str = "guardian.toml",
    ) -> Path:
        """An ordinary configuration; values as TOML. ``began``: seconds since the class began."""
        site, start = self.server.site, datetime.fromtimestamp(time.time() - began, UTC)
        sections = {
            "guardian": {
                "data_dir": '"data"',
                "reconcile_every": "5",
                "api": '{ host = "127.0.0.1", port = 0 }',
                "log": '{ level = "info", format = "json" }',
            }
            | dict(guardian or {}),
            "mail": {
                "host": '"127.0.0.1"',
                "port": str(self.mailbox.port),
                "security": '"none"',
                "sender": '"guardian@school.example"',
            }
            | dict(mail or {}),
            "jitsi.school": {
                "websocket": f'"{site.websocket_url}"',
                "domain": f'"{site.domain}"',
                "auth_domain": f'"{site.auth_domain}"',
                "guest_domain": f'"{site.guest_domain}"',
                "account": '"guardian"',
                "password": '{ file = "password" }',
                "calls_per_second": "100",
            }
            | ({"token_hosts": f'["{site.domain}"]'} if PLUGINS else {})
            | dict(server or {}),
        }
        text = "".join(f"[{title}]\n{_keys(keys)}\n" for title, keys in sections.items())
        rules = {"mode": '"enforce"', "settle": "0.2", "lock_when_all_in": "false"} | dict(policy or {})
        text += f"""\
[[meetings]]
id = "{MEETING}"
title = "Maths for all"
server = "school"
room = "{ROOM}"
roster = "class.csv"
owners = ["head@school.example"]
call = "the office, 030 123456"
{more}
[meetings.schedule]
timezone = "UTC"
dates = [{start:%Y-%m-%d}]
start = "{start:%H:%M}"
minutes = 60

[meetings.policy]
{_keys(rules)}
"""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    # -- people

    async def teacher(self) -> Moderator:
        """She comes, is inside (a moderator passes the lobby) and looks at the lobby, where there is one already."""
        teacher = await self._exits.enter_async_context(Moderator(self.server.site, Account("teacher", _PASSWORD)))
        await teacher.join(ROOM, display_name=TEACHER)
        await teacher.until_state("inside")
        # A Jitsi has a lobby only while it is switched on; plain Prosody makes the room for whoever asks.
        if PLUGINS is None or "muc_membersonly" in await teacher.disco_features():
            await teacher.watch_lobby()
        self.people["teacher"] = teacher
        return teacher

    def _login(self, key: str) -> Login:
        """A child's own: an account, or a signed token for this room."""
        if PLUGINS is None:
            return Account(key, _PASSWORD)
        server = self.server
        return Token(
            room_token(
                self.proof(key), app_id=server.app_id, app_secret=server.app_secret, domain=server.domain, room=ROOM
            )
        )

    async def knock(self, key: str, face: Face, *, proven: bool) -> Participant:
        """Somebody sends the first presence; what comes of it is not waited for."""
        login = self._login(key) if proven else Guest()
        person = await self._exits.enter_async_context(Participant(self.server.site, login))
        self.people[key] = person
        await person.begin(ROOM, face, patience=PATIENCE)
        return person

    async def child(self, number: int) -> Participant:
        """A child knocks, with what proves who she is."""
        return await self.knock(child_key(number), Face(child_name(number)), proven=True)

    async def stranger(self, name: str, key: str = "") -> Participant:
        """Somebody without any proof knocks under this name."""
        return await self.knock(key or f"stranger {name[:20]}", Face(name), proven=False)

    async def all_inside(self, numbers: Iterable[int], within: float = PATIENCE) -> None:
        """Wait until these children are inside."""
        keys = [child_key(n) for n in numbers]
        await asyncio.gather(*(self.people[key].until_state("inside", timeout=within) for key in keys))

    async def until_one_is_inside(self, within: float = PATIENCE) -> None:
        """Wait until the first child is inside."""

        def one() -> bool:
            return any(p.state == "inside" for key, p in self.people.items() if key.startswith("child"))

        await eventually(one, "a child inside", within)

    # -- what is seen

    def mails(self, word: str) -> list[EmailMessage]:
        """Mails that came with this in their subject."""
        return [mail.message for mail in self.mailbox.mails if word in str(mail.message["Subject"])]

    async def until_mail(self, word: str, within: float = PATIENCE) -> EmailMessage:
        """Wait for a mail with this in its subject; the newest of them."""
        await eventually(lambda: bool(self.mails(word)), f"a mail about {word!r}", within, self._subjects)
        return self.mails(word)[-1]

    def _subjects(self) -> str:
        return "; ".join(str(mail.message["Subject"]) for mail in self.mailbox.mails)

    def invited(self) -> list[str]:
        """Whom the guardian asked the server to let in, in order, as the server saw it."""
        return [call.target for call in self.calls("invite")]

    def calls(self, act: str) -> list[Any]:
        """The guardian's calls of one kind, in order."""
        return [c for c in self.server.calls() if c.act == act and c.sender.startswith(self.server.bot_jid)]

    # -- the journal, read when nobody writes it

    async def occurrences(self) -> list[OccurrenceRow]:
        """Every occurrence that the journal knows."""
        journal = await open_store(load(self.config))
        try:
            return await journal.occurrences()
        finally:
            await journal.close()

    async def rows(self) -> list[Row]:
        """Every row of the journal, each chain verified on the way."""
        journal = await open_store(load(self.config))
        try:
            found: list[Row] = []
            for one in await journal.occurrences():
                assert await journal.verify(one.occurrence) == one.rows
                found += [row async for row in journal.read(one.occurrence)]
            return found
        finally:
            await journal.close()

    async def records(self) -> list[Record]:
        """Every record of the journal."""
        return [decode(row.body) for row in await self.rows() if row.body is not None]

    async def tamper(self, statement: str) -> None:
        """Change the journal behind the guardian's back, as somebody with the file could."""
        by_hand(f"sqlite:///{self.folder / 'data' / 'journal.sqlite3'}", statement)

    async def age_journal(self, days: float) -> None:
        """As if everything had ended so long ago. The end of an occurrence stands in no row of the chain."""
        seconds = days * 86400.0
        await self.tamper(f"UPDATE journal_occurrences SET ended_at = opened_at - {seconds:.0f}")  # noqa: S608

    async def said(self, *arguments: str) -> Said:
        """A command on files and journal, quicker: in a thread of this process."""
        return await guardian_command(*arguments, env={"GUARDIAN_CONFIG": str(self.config)})

    async def command(self, guardian: GuardianProcess | None, *arguments: str, token: str = "") -> Done:
        """A command of the guardian as a human types it, in a process of its own."""
        extra = {"GUARDIAN_CONFIG": str(self.config), "GUARDIAN_TOKEN": token}
        if guardian is not None:
            extra["GUARDIAN_API"] = guardian.address
        return await command(*arguments, extra=extra)


def confirmed(records: Iterable[Record]) -> list[Ask]:
    """The asks whose end is recorded as confirmed."""
    asks: dict[str, Ask] = {}
    done: list[Ask] = []
    for record in records:
        if isinstance(record, Ask):
            asks[record.ask] = record
        elif isinstance(record, Close) and record.end is AskEnd.CONFIRMED:
            done.append(asks[record.ask])
    return done


async def eventually(
    condition: Callable[[], bool], what: str, within: float = PATIENCE, shown: Callable[[], str] = str
) -> None:
    """Wait until it holds; for what nobody tells us about."""
    loop = asyncio.get_running_loop()
    end, never = loop.time() + within, asyncio.Event()
    while not condition():
        if loop.time() > end:
            raise AssertionError(f"not within {within:g} s: {what}; {shown()}")
        try:
            async with asyncio.timeout(_LOOK):
                await never.wait()
        except TimeoutError:
            continue


def _keys(keys: Mapping[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in keys.items())
