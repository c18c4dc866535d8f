"""The one place that knows every class: a configuration in, a service (or one of its parts) out. Nothing runs here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from aiolimiter import AsyncLimiter

from guardian import checkup
from guardian.adapters.email.notifier import EmailNotifier, MailServer
from guardian.adapters.email.wire import Letterhead
from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.adapters.jitsi.probe import probe
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer, TokenLogin
from guardian.adapters.journal import open_journal
from guardian.adapters.pings.http import HttpPing
from guardian.adapters.rosters.csv_file import CsvRoster
from guardian.app.datadir import DataDirectory
from guardian.app.dryrun import DryRun
from guardian.app.guard import Guard
from guardian.app.metrics import Metrics
from guardian.app.notices import Notices
from guardian.app.retention import DAY
from guardian.app.scheduler import Timetable
from guardian.app.service import Parts, Service
from guardian.app.supervisor import Supervisor
from guardian.app.texts import Briefing
from guardian.app.watch import Guarded, Tools
from guardian.config import Config, Jitsi, Mail, Meeting, operator_key
from guardian.core.actions import Capabilities
from guardian.core.policy import Mode
from guardian.ports import Clock, Finding, Journal, Level, Notifier, Platform, RosterSource

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
    limiters = {name: _limiter(server.calls_per_second) for name, server in config.jitsi.items()}
    metrics = Metrics()

    def guards(journal: Journal, supervisor: Supervisor, on_change: OnStep) -> Mapping[str, Guard]:
        def one(meeting: Meeting) -> Guard:
            real = wrap(_platform(config, meeting, clock))
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
            roster = _roster(config, meeting)
            return Guard(
                _guarded(meeting),
                tools,
                roster,
                reconcile_every=config.guardian.reconcile_every,
                check=lambda: _briefing(config, meeting, real, clock),
            )

        return {meeting.id: one(meeting) for meeting in config.meetings}

    deadman = config.guardian.deadman
    return Service(
        Parts(
            data_directory=DataDirectory(config.guardian.data_dir),
            open_journal=lambda: open_store(config, on_step=on_step),
            guards=guards,
            meetings=[meeting.id for meeting in config.meetings],
            metrics=metrics,
            clock=clock,
            deadman=HttpPing(deadman.get_secret_value()) if deadman else None,
            keep={meeting.id: meeting.retention_days * DAY for meeting in config.meetings},
        )
    )


async def open_store(config: Config, *, on_step: OnStep | None = None) -> Journal:
    """The journal by itself, for commands that only read or tend it. Raises JournalError, ConfigError."""
    config.guardian.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return await open_journal(config.guardian.database_url, on_step=on_step)


def roster_source(path: Path) -> RosterSource:
    """A list of people by itself, with no meeting around it: its dates are whole days in UTC."""
    return CsvRoster(path, ZoneInfo("UTC"))


async def check(config: Config, *, clock: Clock = time.time) -> list[Finding]:
    """Can the next class be guarded? Every point of every meeting, and the letter that says so."""
    instruments = checkup.Instruments(
        roster=lambda meeting: _roster(config, meeting),
        probe=lambda meeting: _probe(config, meeting, clock),
        notifiers=lambda meeting: _notifiers(config, meeting, clock),
        clock=clock,
    )
    return await checkup.examine(config, instruments)


# --- parts -----------------------------------------------------------------------------------------------------------


def _guarded(meeting: Meeting) -> Guarded:
    calendar = meeting.schedule.slots
    timetable = Timetable(lambda now: tuple(islice(calendar.slots_from(now), 3)))
    return Guarded(meeting.id, meeting.title, meeting.policy, timetable, meeting.call)


def _platform(config: Config, meeting: Meeting, clock: Clock) -> Platform:
    server = _jitsi(config.jitsi[meeting.server])
    lobby_from_start = meeting.policy.lobby_from_start and meeting.policy.mode is not Mode.OBSERVE
    return JitsiRoom(server, meeting.room, lobby_from_start=lobby_from_start, clock=clock)


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


def _roster(config: Config, meeting: Meeting) -> CsvRoster:
    salt = hashlib.blake2b(operator_key(config)[:64], person=b"roster ids", digest_size=32).digest()
    return CsvRoster(meeting.roster, ZoneInfo(meeting.schedule.timezone), salt)


# --- looking before class --------------------------------------------------------------------------------------------


async def _briefing(config: Config, meeting: Meeting, platform: Platform, clock: Clock) -> Briefing:
    """The points of the running service: its own connection is looked through, so that no second login disturbs it."""

    async def live(_: Meeting) -> tuple[Capabilities, Sequence[Finding]]:
        await platform.snapshot()
        return platform.capabilities, ()

    instruments = checkup.Instruments(lambda m: _roster(config, m), live, lambda _: (), clock)
    found = await checkup.of_meeting(meeting, instruments, tell=False)
    return Briefing(all(point.level is not Level.NO_GO for point in found), checkup.lines(found))


async def _probe(config: Config, meeting: Meeting, clock: Clock) -> tuple[Capabilities | None, Sequence[Finding]]:
    found, capabilities = await probe(_jitsi(config.jitsi[meeting.server]), meeting.room, clock=clock)
    return capabilities, found
