"""The one place that knows every class: a configuration in, a service (or one of its parts) out. Nothing runs here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiolimiter import AsyncLimiter

from guardian import checkup
from guardian.adapters.calendars.feed import CalendarFeed, Place
from guardian.adapters.calendars.wanted import Wanted
from guardian.adapters.email.notifier import EmailNotifier, EmailPost, MailServer
from guardian.adapters.email.wire import Letterhead
from guardian.adapters.jitsi.doorway import JitsiDoorway, RoomTokens
from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.adapters.jitsi.probe import probe
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer, TokenLogin
from guardian.adapters.journal import open_journal
from guardian.adapters.links import open_links
from guardian.adapters.pings.http import HttpPing
from guardian.adapters.rosters.files import FileRoster
from guardian.adapters.rosters.report import RosterReport, report_on, unreadable
from guardian.adapters.rosters.spec import Source
from guardian.adapters.zoom import probe as zoom_probe
from guardian.adapters.zoom.account import ZoomAccount, ZoomKeys
from guardian.adapters.zoom.doorway import ZoomDoorway
from guardian.adapters.zoom.platform import ZoomMeeting
from guardian.app.datadir import DataDirectory
from guardian.app.dryrun import DryRun
from guardian.app.guard import Guard
from guardian.app.link_doors import LinkedClass
from guardian.app.link_tokens import LinkKeys
from guardian.app.linked_roster import LinkedRoster
from guardian.app.links import LinkBook
from guardian.app.metrics import Metrics
from guardian.app.notices import Notices
from guardian.app.retention import DAY
from guardian.app.scheduler import Timetable
from guardian.app.service import Parts, Service
from guardian.app.supervisor import Supervisor
from guardian.app.texts import Briefing
from guardian.app.watch import Guarded, Tools
from guardian.config import Config, Jitsi, Mail, Meeting, Zoom, operator_key
from guardian.core.actions import Capabilities
from guardian.core.identity import Proof
from guardian.core.policy import Mode
from guardian.core.roster import Person
from guardian.errors import ConfigError, JournalError, RosterError, UnknownMeetingError
from guardian.ports import Clock, Doorway, Finding, Journal, Level, Notifier, Openings, Platform, RosterSource

OnStep = Callable[[str], None]


def build(
    config: Config,
    *,
    clock: Clock = time.time,
    wrap: Callable[[Platform], Platform] = lambda platform: platform,
    on_step: OnStep = lambda _: None,
) -> Service:
    """The whole service, not started. ``wrap`` may put another platform round each real one (the demo's planted wrong
    guardians); ``on_step`` hears every named step (crash tests). Raises ConfigError.
    """
    servers: dict[str, Jitsi | Zoom] = {**config.jitsi, **config.zoom}
    limiters = {name: _limiter(server.calls_per_second) for name, server in servers.items()}
    metrics = Metrics()
    book = _link_book(config, clock)
    account = _zoom(config, clock, lambda event: metrics.ignored.labels(event).inc(), book)
    _add_classes(book, config, account, clock)

    def guards(journal: Journal, supervisor: Supervisor, on_change: OnStep) -> Mapping[str, Guard]:
        def one(meeting: Meeting) -> Guard:
            bare = _platform(config, meeting, account, clock, book)
            real = wrap(bare)
            tools = Tools(
                platform=DryRun(real) if meeting.policy.mode is Mode.OBSERVE else real,
                journal=journal,
                notices=Notices(meeting.title, _notifiers(config, meeting, clock), clock, metrics=metrics),
                supervisor=supervisor,
                clock=clock,
                metrics=metrics,
                limiter=limiters[meeting.server],
                on_change=on_change,
                on_step=on_step,
            )
            feed = _calendar(config, meeting, clock)
            linked = book.classes.get(meeting.id) if book else None
            guard = Guard(
                _guarded(meeting, feed),
                tools,
                _linked(config, meeting, book),
                reconcile_every=config.guardian.reconcile_every,
                check=lambda: _briefing(config, meeting, account, real, clock, feed, book),
            )
            if isinstance(bare, ZoomMeeting):
                bare.deliver, bare.wake, bare.hosts = guard.deliver, guard.reread, guard.host_of
            if book and linked:
                linked.timetable, linked.people = guard.guarded.timetable, guard.people
                linked.forwarded, linked.trouble = guard.forwarded, guard.links_trouble
                if isinstance(bare, ZoomMeeting):
                    bare.rotated = partial(book.rotated, meeting.id)
            return guard

        return {meeting.id: one(meeting) for meeting in config.meetings}

    async def open_stores() -> Journal:
        if book is not None:
            await book.start()
        return await open_store(config, on_step=on_step)

    deadman = config.guardian.deadman
    events = {"zoom events": account.stream.run} if account and account.stream else {}
    return Service(
        Parts(
            data_directory=DataDirectory(config.guardian.data_dir),
            open_journal=open_stores,
            guards=guards,
            meetings=[meeting.id for meeting in config.meetings],
            metrics=metrics,
            clock=clock,
            deadman=HttpPing(deadman.get_secret_value()) if deadman else None,
            keep={meeting.id: meeting.retention_days * DAY for meeting in config.meetings},
            tasks={**events, "links": book.run} if book else events,
            hooks={"zoom": account.hook} if account and account.hook else {},
            desks={"zoom": account.desk} if account else {},
            links=book,
            closers=[one.close for one in (account, book) if one is not None],
        )
    )


async def open_store(config: Config, *, on_step: OnStep | None = None) -> Journal:
    """The journal by itself, for commands that only read or tend it. Raises JournalError, ConfigError."""
    config.guardian.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return await open_journal(config.guardian.database_url, on_step=on_step)


def roster_source(*paths: Path, group: str = "", sheet: str = "") -> FileRoster:
    """Lists of people by themselves, with no meeting around them: their dates are whole days in UTC."""
    return FileRoster([Source(path, group=group, sheet=sheet) for path in paths], ZoneInfo("UTC"))


async def roster_report(source: FileRoster) -> RosterReport:
    """What is on a list, how it was read, and what a human should know of it."""
    try:
        return report_on(await source.read())
    except RosterError as error:
        return unreadable(error)


async def roster_reports(config: Config, meeting: str | None = None) -> Mapping[str, RosterReport]:
    """The same for each meeting's list as the service reads it, or for one's. Raises UnknownMeetingError."""
    chosen = [one for one in config.meetings if meeting in {None, one.id}]
    if not chosen:
        there = ", ".join(one.id for one in config.meetings)
        raise UnknownMeetingError(f"there is no meeting {meeting}; there are: {there}")
    return {one.id: await roster_report(_roster(config, one)) for one in chosen}


def meeting_roster(config: Config, meeting: str | None = None) -> tuple[FileRoster, frozenset[Proof]]:
    """One meeting's list as the service reads it, and what its gate accepts; of several meetings one must be named.

    Raises UnknownMeetingError.
    """
    chosen = [one for one in config.meetings if meeting in {None, one.id}]
    if len(chosen) != 1:
        there = ", ".join(one.id for one in config.meetings)
        raise UnknownMeetingError(f"name one meeting; there are: {there}")
    return _roster(config, chosen[0]), chosen[0].policy.gate


async def check(config: Config, *, clock: Clock = time.time, fix: bool = False) -> list[Finding]:
    """Can the next class be guarded? Every point of every meeting, and the letter that says so. ``fix``: mend first."""
    account, book = _zoom(config, clock), _link_book(config, clock)
    _add_classes(book, config, account, clock)

    def mend(meeting: Meeting) -> checkup.Fix | None:
        if account is None or config.platform_of(meeting) != "zoom":
            return None
        return lambda one: zoom_probe.fix(account.rest, one.room)

    instruments = checkup.Instruments(
        roster=lambda meeting: _linked(config, meeting, book),
        probe=lambda meeting: _probe(config, meeting, account, clock),
        notifiers=lambda meeting: _notifiers(config, meeting, clock),
        clock=clock,
        platform=config.platform_of,
        calendar=lambda meeting: _calendar(config, meeting, clock),
        fix=mend,
    )
    try:
        if book is not None and config.guardian.data_dir.is_dir():
            with suppress(JournalError):  # then the list is looked at without the links
                await book.start()
        return await checkup.examine(config, instruments, fix=fix)
    finally:
        for one in (account, book):
            if one is not None:
                await one.close()


# --- parts -----------------------------------------------------------------------------------------------------------


def _calendar(config: Config, meeting: Meeting, clock: Clock) -> CalendarFeed | None:
    """The calendar that somebody else keeps for this meeting, if any."""
    schedule = meeting.schedule
    if schedule.calendar is None:
        return None
    if isinstance(schedule.calendar, Path):
        place = Place(file=schedule.calendar, every=10.0)
    else:
        keep = config.guardian.data_dir / "calendars" / f"{meeting.id}.ics"
        place = Place(address=schedule.calendar.get_secret_value(), keep=keep, every=schedule.reread_minutes * 60.0)
    wanted = Wanted(ZoneInfo(schedule.timezone), schedule.title, schedule.minutes or 60, schedule.margin_minutes * 60.0)
    return CalendarFeed(place, wanted, clock)


def _guarded(meeting: Meeting, feed: CalendarFeed | None) -> Guarded:
    source = meeting.schedule.slots or feed
    if source is None:
        raise ConfigError(f"{meeting.id}: the schedule has neither weekdays, dates nor a calendar")
    timetable = Timetable(
        lambda now: tuple(islice(source.slots_from(now), 3)), meeting.schedule.arm_before * 60.0, feed
    )
    return Guarded(meeting.id, meeting.title, meeting.policy, timetable, meeting.call)


def _platform(
    config: Config, meeting: Meeting, account: ZoomAccount | None, clock: Clock, openings: Openings | None = None
) -> Platform:
    if account is not None and config.platform_of(meeting) == "zoom":
        return account.meeting(meeting.id, meeting.title, meeting.room)
    server = _jitsi(config.jitsi[meeting.server])
    lobby_from_start = meeting.policy.lobby_from_start and meeting.policy.mode is not Mode.OBSERVE
    return JitsiRoom(server, meeting.room, lobby_from_start=lobby_from_start, clock=clock, openings=openings)


def _zoom(
    config: Config,
    clock: Clock,
    on_ignored: Callable[[str], None] = lambda _: None,
    openings: Openings | None = None,
) -> ZoomAccount | None:
    """The Zoom account, if any meeting is on Zoom. Raises ConfigError for a second one: hooks and panels could not
    tell whose they are.
    """
    if not config.zoom:
        return None
    if len(config.zoom) > 1:
        raise ConfigError(f"zoom: one account a guardian, but {', '.join(sorted(config.zoom))} are named; run two")
    (section,) = config.zoom.values()
    return ZoomAccount(
        ZoomKeys(
            api=section.api,
            oauth=section.oauth,
            events=section.events,
            account_id=section.account_id,
            client_id=section.client_id,
            client_secret=section.client_secret.get_secret_value(),
            webhook_secrets=tuple(secret.get_secret_value() for secret in section.webhook_secrets),
            panel_client_id=section.panel_client_id,
            panel_client_secret=section.panel_client_secret.get_secret_value(),
            public_url=config.guardian.api.public_url or "",
            subscription=section.subscription,
            plan=section.plan,
        ),
        clock=clock,
        seen=config.guardian.data_dir / "panels.json",
        on_ignored=on_ignored,
        openings=openings,
    )


def _jitsi(section: Jitsi) -> JitsiServer:
    login: AccountLogin | TokenLogin
    if section.token is not None:
        login = TokenLogin(
            section.token.app_id, section.token.secret.get_secret_value(), section.token.audience, section.nick
        )
    else:
        password = section.password.get_secret_value() if section.password else ""
        login = AccountLogin(section.account or "", password, section.login_domain)
    return JitsiServer(
        websocket=section.websocket,
        domain=section.domain,
        login=login,
        guest_domain=section.guest_domain,
        muc=section.muc,
        lobby=section.lobby,
        account_hosts=frozenset(section.trusted_account_hosts),
        token_hosts=frozenset(section.token_hosts),
        nick=section.nick,
        ca_file=section.ca_file,
    )


def _limiter(per_second: float) -> AsyncLimiter:
    """A bucket of one second's acts (at least one act)."""
    return AsyncLimiter(max(per_second, 1.0), max(1.0 / per_second, 1.0))


def _notifiers(config: Config, meeting: Meeting, clock: Clock) -> Sequence[Notifier]:
    mail, to = config.mail, config.recipients(meeting)
    if mail is None or not to:
        return ()
    zone = ZoneInfo(meeting.schedule.timezone)
    head = Letterhead(meeting.id, mail.sender, to, zone, full_names=meeting.show_full_names)
    return (EmailNotifier(_mail_server(mail), head, clock),)


def _mail_server(mail: Mail) -> MailServer:
    return MailServer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        username=mail.username,
        password=mail.password.get_secret_value() if mail.password else None,
        ca_file=mail.ca_file,
        timeout=mail.timeout,
    )


def _roster(config: Config, meeting: Meeting) -> FileRoster:
    salt = hashlib.blake2b(operator_key(config)[:64], person=b"roster ids", digest_size=32).digest()
    return FileRoster([part.source for part in meeting.roster], ZoneInfo(meeting.schedule.timezone), salt)


# --- personal links --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkDesk:
    """What commands on personal links work with, beside the service: one meeting's book, and for each listed person
    who may receive their link.
    """

    book: LinkBook
    meeting: str
    people: tuple[tuple[Person, tuple[str, ...]], ...]


@asynccontextmanager
async def link_desk(config: Config, meeting: str, *, clock: Clock = time.time) -> AsyncIterator[LinkDesk]:
    """The desk for one meeting, open. Raises ConfigError where it has no personal links, RosterError, JournalError."""
    found = config.meeting(meeting)
    if found is None:
        there = ", ".join(one.id for one in config.meetings)
        raise UnknownMeetingError(f"there is no meeting {meeting}; there are: {there}")
    book, account = _link_book(config, clock), _zoom(config, clock)
    try:
        _add_classes(book, config, account, clock)
        linked = book.classes.get(meeting) if book else None
        if book is None or linked is None:
            raise ConfigError(
                f"{meeting} has no personal links: they need guardian.api.public_url, and on Jitsi jitsi.NAME.web"
            )
        source = _roster(config, found)
        listed, allowed = (await source.load()).people, await source.recipients()
        people = tuple((person, allowed.get(person.id, ())) for person in listed)
        linked.people = lambda: listed
        config.guardian.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        await book.start()
        yield LinkDesk(book, meeting, people)
    finally:
        for one in (book, account):
            if one is not None:
                await one.close()


def _linked(config: Config, meeting: Meeting, book: LinkBook | None) -> RosterSource:
    """A meeting's list, with its people's personal links if it has any."""
    roster = _roster(config, meeting)
    return LinkedRoster(roster, book, meeting.id) if book and meeting.id in book.classes else roster


def _link_book(config: Config, clock: Clock) -> LinkBook | None:
    """The personal links; None where no address is known at which families reach us."""
    public_url, mail = config.guardian.api.public_url, config.mail
    if public_url is None:
        return None
    return LinkBook(
        lambda: open_links(config.guardian.database_url),
        LinkKeys.derive(operator_key(config)),
        public_url=public_url,
        clock=clock,
        postman=EmailPost(_mail_server(mail), mail.sender, UTC, clock) if mail else None,
        valid_for=config.guardian.links.valid_days * DAY,
    )


def _add_classes(book: LinkBook | None, config: Config, account: ZoomAccount | None, clock: Clock) -> None:
    """Every meeting to whose platform personal links can lead."""
    for meeting in config.meetings if book else ():
        doorway = _doorway(config, meeting, account, clock)
        if book is None or doorway is None:
            continue

        async def addresses(person: str, meeting: Meeting = meeting) -> tuple[str, ...]:
            # Raises when a line is faulty, too: it might be the one that bars somebody.
            return (await _roster(config, meeting).recipients()).get(person, ())

        book.classes[meeting.id] = LinkedClass(
            meeting.id,
            meeting.title,
            meeting.call,
            ZoneInfo(meeting.schedule.timezone),
            _guarded(meeting, _calendar(config, meeting, clock)).timetable,
            doorway,
            opens_before=config.guardian.links.opens_before_minutes * 60.0,
            addresses=addresses,
        )


def _doorway(config: Config, meeting: Meeting, account: ZoomAccount | None, clock: Clock) -> Doorway | None:
    if account is not None and config.platform_of(meeting) == "zoom":
        return ZoomDoorway(account.rest, meeting.room, urlsplit(config.guardian.api.public_url or "").hostname or "")
    server = config.jitsi[meeting.server]
    signs = server.link_tokens
    if server.web is None or signs is None:
        return None
    tokens = RoomTokens(signs.app_id, signs.secret.get_secret_value(), signs.audience)
    return JitsiDoorway(server.web, server.domain, meeting.room, tokens, clock)


# --- looking before class --------------------------------------------------------------------------------------------


async def _briefing(
    config: Config,
    meeting: Meeting,
    account: ZoomAccount | None,
    platform: Platform,
    clock: Clock,
    feed: CalendarFeed | None,
    book: LinkBook | None,
) -> Briefing:
    """The points of the running service: its own connection is looked through, so that no second login disturbs it."""

    async def live(_: Meeting) -> tuple[Capabilities, Sequence[Finding]]:
        if account is not None and config.platform_of(meeting) == "zoom":
            # Nobody is there before class, and no panel: the settings and rights tell what can be known now.
            found = (await _probe(config, meeting, account, clock))[1]
            return platform.capabilities, found
        await platform.snapshot()
        return platform.capabilities, ()

    instruments = checkup.Instruments(
        lambda m: _linked(config, m, book),
        live,
        lambda _: (),
        clock,
        platform=config.platform_of,
        calendar=lambda _: feed,
    )
    found = await checkup.of_meeting(meeting, instruments, tell=False)
    return Briefing(all(point.level is not Level.NO_GO for point in found), checkup.lines(found))


async def _probe(
    config: Config, meeting: Meeting, account: ZoomAccount | None, clock: Clock
) -> tuple[Capabilities | None, Sequence[Finding]]:
    if account is not None and config.platform_of(meeting) == "zoom":
        roster = await _roster(config, meeting).load()
        found = await zoom_probe.probe(account.rest, meeting.room, roster, account.panels.clients, clock=clock)
        return None, found
    found, capabilities = await probe(_jitsi(config.jitsi[meeting.server]), meeting.room, clock=clock)
    return capabilities, found
