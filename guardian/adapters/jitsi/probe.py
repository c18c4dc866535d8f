"""``guardian check`` for one Jitsi server: go or no-go before class, found out by trying.

It works in a throw-away room beside the class's own, so that a class under way notices nothing, and a guardian at
work does not take it for a second one.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

import aiohttp

from guardian.adapters.jitsi import acts, wire, wire_facts
from guardian.adapters.jitsi.room import Rooms
from guardian.adapters.jitsi.seats import Trust
from guardian.adapters.jitsi.server import JitsiServer
from guardian.adapters.jitsi.session import Session
from guardian.adapters.jitsi.stream import Stream
from guardian.adapters.jitsi.trouble import AddressUnusableError, HostUnknownError, JoinRefusedError
from guardian.core.actions import Act, ActKind, Capabilities
from guardian.errors import LoginRefusedError, PlatformError, TemporaryError
from guardian.ports import Clock, Finding, Level

_CLOCK_LIMIT = 60.0  # seconds between the server's clock and ours
_PATIENCE = 10.0  # seconds for one question
_FORGED = "forged-by-the-guardian"
_MAKE_OWNER = "add the account to `admins` of the conference component (docs/platforms.md)"


async def probe(
    server: JitsiServer, room: str, *, clock: Clock = time.time
) -> tuple[list[Finding], Capabilities | None]:
    """Every point that only the server can tell, and what could be done there (None: we did not get in).

    Never raises for what it finds.
    """
    findings = [await _clock(server, clock)]
    trial = f"{room.lower()}-check-{secrets.token_hex(3)}"
    trust = Trust(server.account_hosts, server.token_hosts, server.own_account)
    session = Session(server, trial, Rooms("", trust), clock, lambda _: None, lambda: None)
    try:
        await session.enter(lobby_wanted=False)
    except PlatformError as error:
        await session.close()
        return [*findings, _not_in(error)], None
    try:
        findings += [_in(session), _owner(session)]
        findings.append(await _lobby(session))
        findings.append(await _identity(session, trial))
        return findings, acts.capabilities(session)
    finally:
        with suppress(PlatformError):
            if session.rooms.may_act:
                await acts.perform(session, Act(ActKind.END))
        await session.close()


def _not_in(error: PlatformError) -> Finding:
    if isinstance(error, LoginRefusedError):
        return Finding("login", Level.NO_GO, str(error), "check account, password or token of this server")
    if isinstance(error, HostUnknownError | AddressUnusableError):
        return Finding("login", Level.NO_GO, str(error), "check domain, auth_domain and websocket of this server")
    if isinstance(error, JoinRefusedError):
        return Finding("owner", Level.NO_GO, str(error), _MAKE_OWNER)
    return Finding("server", Level.NO_GO, str(error), "see that the server runs and is reachable from here")


def _in(session: Session) -> Finding:
    if session.components.real_jitsi:
        named = [name for name, found in _named(session) if found]
        return Finding("server", Level.OK, f"logged in; Jitsi's components found: {', '.join(named)}")
    return Finding("server", Level.OK, "logged in; a plain Prosody, without Jitsi's own components")


def _named(session: Session) -> list[tuple[str, str | None]]:
    found = session.components
    return [("lobby", found.lobby), ("A/V moderation", found.av_moderation), ("end meeting", found.end_conference)]


def _owner(session: Session) -> Finding:
    if session.rooms.may_act:
        return Finding("owner", Level.OK, "our account owns the rooms")
    return Finding("owner", Level.NO_GO, "our account does not own the rooms: it can only watch", _MAKE_OWNER)


async def _lobby(session: Session) -> Finding:
    todo = "load mod_muc_lobby_rooms, or a second MUC component for the lobby (docs/platforms.md)"
    if not session.rooms.may_act:
        return Finding("lobby-works", Level.NO_GO, "the lobby could not be tried without the rights of an owner", todo)
    try:
        await session.switch_lobby_on()
    except PlatformError as error:
        return Finding("lobby-works", Level.NO_GO, f"the lobby cannot be switched on: {error}", todo)
    if session.lobby_trouble:
        return Finding("lobby-works", Level.NO_GO, session.lobby_trouble, todo)
    return Finding("lobby-works", Level.OK, "the lobby can be switched on, and we see who waits there")


# --- a forged identity ------------------------------------------------------------------------------------------------


async def _identity(session: Session, trial: str) -> Finding:
    """A guest claims to be somebody by an ``<identity>`` of their own (mod_presence_identity must remove it)."""
    server = session.server
    believed = bool(server.token_hosts)
    if server.guest_domain is None:
        if not believed:
            return Finding("identity", Level.OK, "no token's identity is believed on this server")
        todo = "name guest_domain, so that it can be tried"
        return Finding("identity", Level.RISK, "whether a guest can forge an identity was not tried", todo)
    try:
        forged = await _forge(server, session, trial)
    except LoginRefusedError:
        return Finding("identity", Level.OK, "nobody gets in without an account or token, so nobody can forge one")
    except PlatformError as error:
        words = f"whether a guest can forge an identity could not be tried: {error}"
        return Finding("identity", Level.RISK if believed else Level.OK, words)
    if not forged:
        return Finding("identity", Level.OK, "an identity forged by a guest is removed by the server")
    todo = f"load mod_presence_identity on {server.guest_domain}, and on every other client host"
    words = "an identity forged by a guest is passed on by the server"
    if server.guest_domain in server.token_hosts:
        return Finding("identity", Level.NO_GO, f"{words}, and token_hosts says to believe it", todo)
    level = Level.RISK if believed else Level.OK
    return Finding("identity", level, f"{words}; the guardian does not believe it", todo if believed else "")


async def _forge(server: JitsiServer, session: Session, trial: str) -> bool:
    """Whether the room shows what the throw-away guest forged."""
    shown: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def look(stanza: Element) -> None:
        fact = wire_facts.read(stanza)
        if shown.done():
            return
        if isinstance(fact, wire_facts.Presence) and "110" in fact.codes:
            shown.set_result(fact.identity is not None and fact.identity.id == _FORGED)
        elif isinstance(fact, wire_facts.JoinRefused):
            shown.set_exception(TemporaryError(f"the guest was not let in ({fact.condition})"))

    where = session.rooms.lobby.address or session.rooms.main.address
    guest = await Stream.open(server, trial, look, guest_of=server.guest_domain)
    try:
        await guest.send(wire.knock_forged(where, guest.jid[:8], "Guardian check", _FORGED))
        async with asyncio.timeout(_PATIENCE):
            return await shown
    except TimeoutError:
        raise TemporaryError("the guest got no answer") from None
    finally:
        await guest.close()


# --- the clock --------------------------------------------------------------------------------------------------------


async def _clock(server: JitsiServer, clock: Clock) -> Finding:
    """Our clock against the server's ``Date`` (RFC 9110 section 6.6.1)."""
    try:
        stated = await _date(server)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return Finding(
            "clock", Level.RISK, "the server did not tell its time", "see that this machine keeps time (NTP)"
        )
    apart = abs(stated - clock())
    words = f"our clock and the server's are {apart:.0f} s apart"
    if apart > _CLOCK_LIMIT:
        return Finding("clock", Level.NO_GO, words, "set the clock of this machine (NTP)")
    return Finding("clock", Level.OK, words)


async def _date(server: JitsiServer) -> float:
    """Seconds since the epoch, as the web server says. Raises ValueError where it says nothing usable."""
    context = ssl.create_default_context(cafile=str(server.ca_file)) if server.ca_file else True
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    url = server.websocket.replace("ws", "http", 1)
    async with aiohttp.ClientSession(timeout=timeout) as web, web.get(url, ssl=context) as answer:
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
