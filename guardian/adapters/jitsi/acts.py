"""What an act is here: which stanzas it sends, in which order, and when it counts as taken. No decision lives here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from guardian.adapters.jitsi import wire, wire_disco
from guardian.adapters.jitsi.session import Session
from guardian.core.actions import Act, ActKind, Capabilities
from guardian.errors import NotSupportedError, PermanentError, TemporaryError

_CONFIRM_WITHIN = 1.0  # seconds; the rooms show an effect at once

# Those who wait hear it too (mod_muc_lobby_rooms passes departures on with their reason): neutral words.
_NOT_LET_IN = "The host has not let you in."
_LET_IN = "The host has let you in."
_OUT = "The host has asked you to leave."
_OVER = "The meeting is over."

_VOICE, _SCREEN = ("audio", "video"), ("desktop",)
_OWNED = frozenset({ActKind.PUT_BACK, ActKind.REMOVE, ActKind.DEMOTE, ActKind.LOBBY_ON, ActKind.END, ActKind.REVOKE})
_LOBBY = frozenset({ActKind.ADMIT, ActKind.REFUSE})
_MEDIA = frozenset({ActKind.QUIET, ActKind.UNQUIET, ActKind.STOP_SHARE, ActKind.QUIET_ALL, ActKind.UNQUIET_ALL})


def capabilities(session: Session | None) -> Capabilities:
    """What can be done, with our rights, on this server; before the first connection: nothing yet."""
    can: set[ActKind] = set()
    notes: list[str] = []
    if session is not None and session.rooms.may_act:
        can |= _OWNED
        can |= _MEDIA if session.components.av_moderation else frozenset()
        can |= frozenset() if session.lobby_trouble else _LOBBY
        notes += _notes(session)
    elif session is not None:
        notes.append("our account does not own the room: the guardian can only watch")
    return Capabilities(
        platform="jitsi",
        can=frozenset(can),
        confirm_within=_CONFIRM_WITHIN,
        snapshot_carries_identity=True,
        can_inform=ActKind.ADMIT in can,
        notes=tuple(notes),
    )


def _notes(session: Session) -> list[str]:
    """What a person must know about this server before class."""
    notes = [session.lobby_trouble] if session.lobby_trouble else []
    if not session.components.real_jitsi:
        notes.append("a plain Prosody without Jitsi's lobby: those who wait see each other")
    if session.rooms.trust.own_account is None:
        notes.append("logged in by token: after a lost connection the guardian stands before its own lobby")
    if session.components.av_moderation:
        notes.append("muting a person is up to the server's conference focus and their own client")
    return notes


async def perform(session: Session, act: Act) -> None:
    """Send an act; returns when the server took it. Raises TemporaryError, PermanentError, NotSupportedError."""
    if act.kind not in capabilities(session).can:
        raise NotSupportedError(f"this server, with our rights, cannot do that: {act.kind}")
    await _HOW[act.kind](session, act)


async def inform(session: Session, handle: str, text: str) -> None:
    """Write to one person in the lobby. Raises TemporaryError, PermanentError."""
    nick = session.rooms.lobby.nick(handle)
    if nick is None:
        raise PermanentError("that person does not wait any more")
    await session.stream.send(wire.say(f"{session.rooms.lobby.address}/{nick}", text))


# --- the door ---------------------------------------------------------------------------------------------------------


async def _admit(session: Session, act: Act) -> None:
    """No answer ever comes to an invitation; the person's coming is the proof."""
    rooms, handle = session.rooms, act.handle or ""
    if rooms.main.nick(handle) is not None:
        return
    if rooms.lobby.nick(handle) is None:
        raise PermanentError("that person does not wait any more")
    rooms.hand.letting_in(handle)
    await session.stream.send(wire.invite(rooms.main.address, handle, _LET_IN))


async def _refuse(session: Session, act: Act) -> None:
    """Jitsi's lobby never answers this IQ (its filter lets no IQ out but disco#info): nothing is waited for."""
    nick = session.rooms.lobby.nick(act.handle or "")
    if nick is None:
        raise PermanentError("that person does not wait any more")
    kick = wire.iq("set", f"refuse-{nick}", session.rooms.lobby.address, wire.put_out(nick, _NOT_LET_IN))
    await session.stream.send(kick)


async def _put_out(session: Session, act: Act) -> None:
    """Out, and the way back leads to the lobby: in a members-only room taking the membership does both at once.

    Where the same account is inside twice only this connection goes, by a kick. With Jitsi's plugins a kick takes the
    membership as well (mod_muc_meeting_id).
    """
    rooms, handle = session.rooms, act.handle or ""
    if rooms.main.nick(handle) is None:
        raise PermanentError("that person is not inside any more")
    if rooms.inside_of(handle) == {handle} and not _hidden(session, handle):
        rooms.hand.revoked(handle)
        await _affiliate(session, wire.bare(handle), "none", _OUT)
    nick = rooms.main.nick(handle)
    if nick is not None:
        await session.stream.iq("set", rooms.main.address, wire.put_out(nick, _OUT))


def _hidden(session: Session, handle: str) -> bool:
    """Whether we know a person only by their seat in the room: then there is no address to take a membership from."""
    return wire.bare(handle) == session.rooms.main.address


async def _demote(session: Session, act: Act) -> None:
    await _affiliate(session, act.handle or "", "member")


async def _affiliate(session: Session, account: str, affiliation: str, reason: str = "") -> None:
    query = wire.set_affiliation(account, affiliation, reason)
    await session.stream.iq("set", session.rooms.main.address, query)


async def _lobby_on(session: Session, act: Act) -> None:
    """Members stay inside; whoever is none is thrown out at the switch (status 322). So: grant, read back, switch."""
    rooms = session.rooms
    kept = [h for h in act.keep if rooms.main.nick(h) is not None and not _hidden(session, h)]
    needy = {wire.bare(h) for h in kept if rooms.main.item(h).affiliation == "none"}
    for account in needy:
        rooms.hand.granting(account)
    await asyncio.gather(*(_affiliate(session, account, "member") for account in sorted(needy)))
    left = [h for h in kept if rooms.main.nick(h) is not None and rooms.main.item(h).affiliation == "none"]
    if left:
        raise TemporaryError("the server did not make everybody a member who is to stay")
    await session.switch_lobby_on()


async def _revoke(session: Session, _: Act) -> None:
    """Take back memberships of those who are not inside: all of a temporary room's, else those that we granted.

    Nobody is put out by that.
    """
    rooms = session.rooms
    reply = await session.stream.iq("get", rooms.main.address, wire.list_affiliated("member"))
    listed = wire_disco.affiliated(reply)
    ours = listed & rooms.hand.granted if session.info.persistent else listed
    for account in sorted(ours):
        if not rooms.inside_of(account):
            rooms.hand.revoked(account)
            await _affiliate(session, account, "none")


async def _end(session: Session, _: Act) -> None:
    await session.stream.iq("set", session.rooms.main.address, wire.destroy(_OVER))


# --- media ------------------------------------------------------------------------------------------------------------


async def _quiet(session: Session, act: Act) -> None:
    await _mute(session, act.handle or "", _VOICE)


async def _stop_share(session: Session, act: Act) -> None:
    await _mute(session, act.handle or "", _SCREEN)


async def _unquiet(session: Session, act: Act) -> None:
    await _give_leave(session, act.handle or "", _VOICE, on=True)


async def _mute(session: Session, handle: str, media: tuple[str, ...]) -> None:
    """Take back the leave to unmute, then have the conference focus mute. Its answer is waited for."""
    nick = await _give_leave(session, handle, media, on=False)
    room = session.rooms.main.address
    for medium in media:
        await session.stream.iq("set", f"{room}/focus", wire.mute(medium, f"{room}/{nick}"))


async def _give_leave(session: Session, handle: str, media: Iterable[str], *, on: bool) -> str:
    nick, component = session.rooms.main.nick(handle), session.components.av_moderation
    if nick is None or component is None:
        raise PermanentError("that person is not inside any more")
    for medium in media:
        if medium in session.media.on:
            occupant = f"{session.rooms.main.address}/{nick}"
            await session.stream.send(wire.allow_media(component, medium, occupant, on=on))
    return nick


async def _quiet_all(session: Session, act: Act) -> None:
    """Moderators keep their leave by themselves (mod_av_moderation_component, ``start_av_moderation``)."""
    for media in wire.MEDIA:
        await session.media.switch(media, on=True)
    for handle in act.keep:
        if session.rooms.main.nick(handle) is not None:
            await _give_leave(session, handle, wire.MEDIA, on=True)


async def _unquiet_all(session: Session, _: Act) -> None:
    for media in wire.MEDIA:
        await session.media.switch(media, on=False)


_HOW: dict[ActKind, Callable[[Session, Act], Awaitable[None]]] = {
    ActKind.ADMIT: _admit,
    ActKind.REFUSE: _refuse,
    ActKind.PUT_BACK: _put_out,
    ActKind.REMOVE: _put_out,
    ActKind.DEMOTE: _demote,
    ActKind.LOBBY_ON: _lobby_on,
    ActKind.END: _end,
    ActKind.REVOKE: _revoke,
    ActKind.QUIET: _quiet,
    ActKind.UNQUIET: _unquiet,
    ActKind.STOP_SHARE: _stop_share,
    ActKind.QUIET_ALL: _quiet_all,
    ActKind.UNQUIET_ALL: _unquiet_all,
}
