"""A class on a loopback Zoom, for the end-to-end tests: world, mailbox, list, configuration, and the real service.

May live here: builders, what people do, waiting for what is so. May not: rules of Zoom, assertions about the guardian.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

import aiohttp

from guardian.app.service import Readiness, Service
from guardian.bootstrap import build, open_store
from guardian.codec import Record, decode
from guardian.config import load, operator_key
from guardian.core.incidents import Incident
from guardian.core.operators import Scope
from guardian.core.view import ConnectionView, MeetingView
from guardian.errors import JournalError
from guardian.ports import Entry, Journal, Row
from guardian.web.server import Server, application
from guardian.web.tokens import mint
from guardian.world.mailbox import Mailbox
from guardian.world.zoom import (
    Face,
    Faults,
    Guest,
    HostClient,
    Meeting,
    Registrant,
    Settings,
    User,
    ZoomWorld,
    bodies,
    signing,
)
from tests.support.command_line import Done
from tests.support.command_line import guardian as guardian_command
from tests.support.e2e_process import Told

NUMBER, MEETING = "81234567890", "robotics"
KIDS = {"ada": "Ada Lovelace", "ben": "Ben Okafor", "cleo": "Cleo Martinez", "dan": "Dan Whitby"}
PATIENCE = 10.0  # seconds for any one thing to happen
_LOOK = 0.02
_WAITING = "meeting.participant_joined_waiting_room"


Begin = Callable[..., Awaitable["ZoomClass"]]


class Shaky:
    """A journal that can be away for a while."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append(self, entries: Sequence[Entry]) -> tuple[bool, ...]:
        """As the journal, while it is there."""
        if self.away:
            raise JournalError("the disk is full")
        return await self._journal.append(entries)


class ZoomClass:
    """One account, one class of ``KIDS``: each has an approved registration that the list pins to them. The teacher
    is a member of the account and host of the meeting.

    ``world``: settings of the world (waits divided by ``speed``), ``meeting``: of the meeting, as REST names them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        faults: Faults | None = None,
        world: Mapping[str, Any] | None = None,
        meeting: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        settings: dict[str, Any] = {"seed": 7, "speed": 600.0, "faults": faults or Faults(), **(world or {})}
        self.world = ZoomWorld(Settings(**settings))
        self.mailbox = Mailbox()
        self.config = folder / "guardian.toml"
        self.roster = folder / "class.csv"
        self.port = _free_port()
        self.teacher: User = self.world.add_user("teacher@school.example", "Grace Hopkins")
        about = {"approval_type": 0, "waiting_room": True} | dict(meeting or {})
        self.meeting: Meeting = self.world.schedule(NUMBER, self.teacher.id, "Robotics", **about)
        self.registered: dict[str, Registrant] = {}
        self.journal: Shaky | None = None
        self._running: tuple[Service, Server] | None = None
        self._exits = AsyncExitStack()
        self._token = ""

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self.world)
        await self._exits.enter_async_context(self.mailbox)
        for key, name in KIDS.items():
            first, _, last = name.partition(" ")
            self.registered[key] = self.world.register(self.meeting, first, last, f"{key}@home.example")
        self.write_secrets()
        self.write_list()
        self.write_config()
        self.world.deliver_to(f"{self.url}/hooks/zoom")
        self._exits.push_async_callback(self.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    @property
    def url(self) -> str:
        """Where the guardian serves."""
        return f"http://127.0.0.1:{self.port}"

    # -- files

    def write_secrets(self) -> None:
        """Each in a file of its own."""
        world = self.world
        for name, secret in (
            ("operator", "k" * 40),
            ("client", world.client_secret),
            ("hook", world.webhook_secret),
            ("panel", world.panel_client_secret),
        ):
            (self.folder / name).write_text(secret)

    def write_list(self, *more: str) -> None:
        """The class list: id, name, role, accounts, emails, phones. ``more``: further lines."""
        lines = ["id,name,role,accounts,emails,phones", f"teacher,Grace Hopkins,host,{self.teacher.id},,"]
        for key, name in KIDS.items():
            lines.append(f"{key},{name},pupil,registrant:{self.registered[key].id},{key}@home.example,")
        draft = self.roster.with_suffix(".new")
        draft.write_text("\n".join((*lines, *more)) + "\n", encoding="utf-8")
        draft.replace(self.roster)

    def write_config(
        self,
        *,
        policy: Mapping[str, str] | None = None,
        zoom: Mapping[str, str | None] | None = None,
        guardian: Mapping[str, str] | None = None,
        began: float = 120.0,
    ) -> Path:
        """An ordinary configuration; values as TOML, None leaves a key out. ``began``: seconds since class began."""
        world, start = self.world, datetime.fromtimestamp(time.time() - began, UTC)
        sections: dict[str, dict[str, str | None]] = {
            "guardian": {
                "data_dir": '"data"',
                "operator_key": '{ file = "operator" }',
                "reconcile_every": "5",
                "api": f'{{ host = "127.0.0.1", port = {self.port}, public_url = "{self.url}" }}',
                "log": '{ level = "info", format = "json" }',
                **(guardian or {}),
            },
            "mail": {
                "host": '"127.0.0.1"',
                "port": str(self.mailbox.port),
                "security": '"none"',
                "sender": '"guardian@school.example"',
            },
            "zoom.school": {
                "account_id": f'"{world.account_id}"',
                "client_id": f'"{world.client_id}"',
                "client_secret": '{ file = "client" }',
                "webhook_secrets": '[{ file = "hook" }]',
                "panel_client_id": f'"{world.panel_client_id}"',
                "panel_client_secret": '{ file = "panel" }',
                "plan": f'"{world.settings.plan}"',
                "calls_per_second": "100",
                "api": f'"{world.api_url}"',
                "oauth": f'"{world.oauth_url}"',
                "events": f'"{world.events_url}"',
                **(zoom or {}),
            },
        }
        text = "".join(f"[{title}]\n{_keys(keys)}\n" for title, keys in sections.items())
        rules: dict[str, str | None] = {
            "gate": '["verified", "token", "registrant"]',
            "mode": '"enforce"',
            "settle": "0.3",
            "second_claim_patience": "0.5",
            "retry_after": "0.5",
            "lock_when_all_in": "false",
            **(policy or {}),
        }
        text += f"""\
[[meetings]]
id = "{MEETING}"
title = "Robotics for all"
server = "school"
room = "{NUMBER}"
roster = "class.csv"
owners = ["head@school.example"]

[meetings.schedule]
timezone = "UTC"
dates = [{start:%Y-%m-%d}]
start = "{start:%H:%M}"
minutes = 60

[meetings.policy]
{_keys(rules)}
"""
        self.config.write_text(text, encoding="utf-8")
        return self.config

    # -- the guardian, in this process

    async def guard(self) -> None:
        """The real service, started and served, as ``guardian run`` does; its link is up."""
        await self.guard_before_class()
        await self.until_view(lambda view: view.link_up, "a connection")

    async def guard_before_class(self) -> None:
        """The same, where no class is due yet."""
        config = load(self.config)
        service = build(config)
        parts = service._parts

        async def opened() -> Journal:
            self.journal = Shaky(await parts.open_journal())
            return self.journal

        service._parts = replace(parts, open_journal=opened)
        await service.start()
        server = Server(application(service, operator_key(config), links=service.links), "127.0.0.1", self.port)
        self._running = service, server
        await server.start()
        await self.until(lambda: service.readiness().ok, "readiness")

    async def stop(self) -> None:
        """As ``guardian run`` does on SIGTERM."""
        if self._running is not None:
            (service, server), self._running = self._running, None
            await server.close()
            await service.drain(5.0)

    @property
    def service(self) -> Service:
        """The running one."""
        assert self._running is not None
        return self._running[0]

    # -- people

    async def opens(self, **client: Any) -> HostClient:
        """The teacher comes in, opens the panel, and it leads."""
        await self.meeting.start()
        panel = await self.panel(self.teacher.id, **client)
        await panel.until(lambda page: page.leading)
        await self.until_view(lambda view: view.phase == "open", "an open class")
        return panel

    async def panel(self, uid: str, *, meeting: Meeting | None = None, **client: Any) -> HostClient:
        """Somebody opens the panel in their client; whether that succeeds is for the test to see."""
        panel = HostClient(self.world, meeting or self.meeting, uid, **client)
        self._exits.push_async_callback(panel.close)
        await panel.open(f"{self.url}/zoom/panel", timeout=PATIENCE)
        return panel

    async def child(self, key: str, **face: Any) -> Guest:
        """A child knocks with her own registration; ``face`` changes what she shows."""
        shown = {"name": KIDS[key], "registrant": self.registered[key].id, "tag": f"child:{key}"} | face
        return await self.meeting.knock(Face(**shown))

    async def children(self, *keys: str) -> list[Guest]:
        """These children knock, one after the other, and are inside."""
        guests = [await self.child(key) for key in keys or KIDS]
        for guest in guests:
            await guest.until("inside", timeout=PATIENCE)
        return guests

    async def stranger(self, name: str = "Zed Quux", **face: Any) -> Guest:
        """Somebody knocks with no proof but what ``face`` names."""
        return await self.meeting.knock(Face(name, **({"tag": "stranger"} | face)))

    # -- what is seen

    def view(self) -> MeetingView | None:
        """The meeting as it stands."""
        return self.service.view(MEETING)

    @property
    def shown(self) -> MeetingView:
        """The same, where there must be one."""
        view = self.view()
        assert view is not None
        return view

    def of(self, guest: Guest) -> ConnectionView | None:
        """What the guardian shows of this guest, under whichever uuid."""
        view = self.view()
        handles = {guest.uuid, guest.panel_uuid}
        found = [c for c in view.connections if c.handle in handles] if view else []
        return found[0] if found else None

    def seen(self, guest: Guest) -> ConnectionView:
        """The same, where there must be one."""
        found = self.of(guest)
        assert found is not None
        return found

    def incident(self, kind: str) -> Incident | None:
        """The incident of this kind, if there is one that is not over."""
        view = self.view()
        return next((i for i in view.incidents if i.kind == kind and not i.settled), None) if view else None

    def readiness(self) -> Readiness:
        """Of the service."""
        return self.service.readiness()

    def came_in(self, tag: str) -> list[str]:
        """By whose hand this person came in, each time."""
        return [entry.by for entry in self.world.ledger.of("came_in", tag=tag)]

    def put_out(self, tag: str) -> list[tuple[str, str]]:
        """What was done to put this person out, and by whose hand."""
        return [(e.what, e.by) for e in self.world.ledger.entries if e.tag == tag and e.what in {"put_back", "removed"}]

    def mails(self, word: str) -> list[EmailMessage]:
        """Mails with this in their subject."""
        return [mail.message for mail in self.mailbox.mails if word in str(mail.message["Subject"])]

    async def rows(self) -> list[Row]:
        """What the journal holds of the running occurrence."""
        return [row async for row in self.service.journal.read(self.shown.occurrence)]

    async def stored(self) -> list[Record]:
        """Every record of a journal that nobody has open."""
        journal = await open_store(load(self.config))
        try:
            return await self._records(journal)
        finally:
            await journal.close()

    async def records(self) -> list[Record]:
        """The same, read; of every occurrence so far."""
        return await self._records(self.service.journal)

    async def _records(self, journal: Journal) -> list[Record]:
        found: list[Record] = []
        for one in await journal.occurrences():
            found += [decode(row.body) async for row in journal.read(one.occurrence) if row.body is not None]
        return found

    # -- waiting

    async def until(self, condition: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        """Wait until it holds."""
        await eventually(condition, what, within, self._shortly)

    async def until_view(
        self, condition: Callable[[MeetingView], bool], what: str, within: float = PATIENCE
    ) -> MeetingView:
        """Wait until the meeting's view fulfils the condition; that view."""
        await self.until(lambda: (view := self.view()) is not None and condition(view), what, within)
        return self.shown

    async def until_incident(self, kind: str, within: float = PATIENCE) -> Incident:
        """Wait for an incident of this kind."""
        await self.until(lambda: self.incident(kind) is not None, f"the incident {kind}", within)
        found = self.incident(kind)
        assert found is not None
        return found

    async def until_mail(self, word: str) -> EmailMessage:
        """Wait for a mail with this in its subject."""
        subjects = lambda: "; ".join(str(mail.message["Subject"]) for mail in self.mailbox.mails)  # noqa: E731
        await eventually(lambda: bool(self.mails(word)), f"a mail about {word!r}", PATIENCE, subjects)
        return self.mails(word)[-1]

    async def until_shown(self, guest: Guest, place: str, **fields: Any) -> ConnectionView:
        """Wait until the guardian shows this guest there, and with these fields."""

        def there() -> bool:
            found = self.of(guest)
            return (
                found is not None
                and found.place == place
                and all(getattr(found, field) == value for field, value in fields.items())
            )

        await self.until(there, f"{guest.tag or guest.name} {place} {fields}")
        return self.seen(guest)

    async def until_held(self, guest: Guest) -> ConnectionView:
        """Wait until the guardian has made up its mind to leave this guest at the door, and has told."""
        kinds = ("stranger_waiting", "needs_decision")

        def told() -> bool:
            found = self.of(guest)
            incidents = [i for kind in kinds if (i := self.incident(kind)) is not None]
            return (
                found is not None
                and found.place == "waiting"
                and any(subject.handle == found.handle for i in incidents for subject in i.subjects)
            )

        await self.until(told, f"{guest.tag or guest.name} held")
        return self.seen(guest)

    async def until_calm(self) -> None:
        """Wait until every event of Zoom's has come in once and nothing is being done."""
        await self.world.settled(PATIENCE)
        await self.until(lambda: (view := self.view()) is None or view.pending == 0, "an end of every act")

    def _shortly(self) -> str:
        view = self.view() if self._running else None
        if view is None:
            return "no view"
        people = [f"{c.name[:20]!a} {c.place} {c.standing} {c.do} ({c.reason})" for c in view.connections]
        incidents = [f"{i.kind}{' (over)' if i.settled else ''}" for i in view.incidents]
        return f"{view.phase} {view.counts} pending={view.pending} {people} {incidents}"

    # -- orders and hostile requests

    async def order(self, verb: str, **body: Any) -> Told:
        """A human's order by the HTTP API."""
        if not self._token:
            key = operator_key(load(self.config))
            self._token = mint(
                key, name="Tess Operator", scopes=list(Scope), meetings=None, lifetime=600, now=time.time()
            )
        sent = {"verb": verb, "order": secrets.token_hex(8), **body}
        headers = {"Authorization": f"Bearer {self._token}"}
        began = asyncio.get_running_loop().time()
        async with (
            aiohttp.ClientSession(self.url, headers=headers) as web,
            web.post(f"/api/v1/meetings/{MEETING}/orders", json=sent) as answer,
        ):
            told = await answer.json()
            assert answer.status == 200, told
        return Told(told["done"], told["text"], asyncio.get_running_loop().time() - began)

    async def command(self, *arguments: str) -> Done:
        """A command of the guardian, in a thread of this process."""
        return await guardian_command(*arguments, env={"GUARDIAN_CONFIG": str(self.config)})

    def ended_body(self) -> bytes:
        """An event that would end the class, if it were believed."""
        place, now = self.meeting.place(), time.time()
        return signing.encode(bodies.about("meeting.ended", place, now, end_time=bodies.rfc3339(now)))

    def knock_body(self, key: str) -> bytes:
        """An event by which this child would be let in, if it were believed."""
        registrant, now = self.registered[key], time.time()
        who = bodies.Who("16778240", KIDS[key], "", f"forged-{key}", registrant.email, registrant.id)
        knocked = bodies.identity(who) | {"date_time": bodies.rfc3339(now)}
        return signing.encode(bodies.about(_WAITING, self.meeting.place(), now, participant=knocked))

    async def post(
        self,
        body: bytes,
        *,
        secret: str | None = None,
        age: float = 0.0,
        kind: str = "application/json",
        signature: str | None = None,
    ) -> int:
        """One request to ``/hooks/zoom``, signed rightly unless told otherwise; the status answered."""
        at = str(int(time.time() - age))
        signed = signing.sign(self.world.webhook_secret if secret is None else secret, at, body)
        headers = {
            "Content-Type": kind,
            "x-zm-request-timestamp": at,
            "x-zm-signature": signed if signature is None else signature,
        }
        async with (
            aiohttp.ClientSession() as web,
            web.post(f"{self.url}/hooks/zoom", data=body, headers=headers) as answer,
        ):
            return answer.status


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


def _free_port() -> int:
    """The guardian's: Zoom and the panel must know it before it runs, and after its restart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _keys(keys: Mapping[str, str | None]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
