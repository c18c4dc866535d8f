"""Stanzas that concern rooms into facts: presence, refusals, notices. Pure: no I/O, no state, no building.

Sources stand beside each rule: XEP-0045, or the Jitsi plugin (``resources/prosody-plugins``) that writes the element.
Nothing here is trusted; ``room`` decides what counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element

from guardian.adapters.jitsi.wire import CLIENT, JITMEET, MUC_USER, NICK, STANZAS, bare, resource
from guardian.core.wholetext import whole_json

LONGEST_NAME: Final = 4_096
"""Characters of a name or address that we keep; whoever types more is still shown, cut."""

_LONGEST_JSON = 65_536
_C, _U = f"{{{CLIENT}}}", f"{{{MUC_USER}}}"


@dataclass(frozen=True, slots=True)
class Item:
    """One session of an occupant (XEP-0045 ``<item/>``); ``jid`` is "" where the room hides it.

    Several sessions of one account may share a nick: then a presence holds several items.
    """

    jid: str
    affiliation: str
    role: str
    nick: str = ""
    actor_nick: str = ""
    actor_jid: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What mod_presence_identity copies from a token (``context.user``): only as true as the host that strips it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Presence:
    """An occupant as the room shows it, or its departure (``gone``). ``name`` and ``email`` are self-declared."""

    room: str
    nick: str
    gone: bool = False
    items: tuple[Item, ...] = ()
    codes: frozenset[str] = frozenset()
    name: str = ""
    email: str | None = None
    identity: Identity | None = None
    sharing: bool = False
    destroyed: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """The room did not let us in (XEP-0045 section 7.2). ``condition`` of RFC 6120 section 8.3.3."""

    room: str
    condition: str


@dataclass(frozen=True, slots=True)
class ConfigChanged:
    """Status 104: the room's configuration is another (XEP-0045 section 10.2)."""

    room: str


@dataclass(frozen=True, slots=True)
class Affiliated:
    """Somebody who is not in the room has another affiliation now (XEP-0045 section 9.3, example 195)."""

    room: str
    jid: str
    affiliation: str
    reason: str


@dataclass(frozen=True, slots=True)
class LobbyNotice:
    """mod_muc_lobby_rooms tells what moderator ``nick`` did. ``value``: an occupant's address, or true/false."""

    room: str
    nick: str
    event: str
    value: str


@dataclass(frozen=True, slots=True)
class MediaNotice:
    """mod_av_moderation_component: moderation of ``media`` is on or off now."""

    component: str
    room: str
    media: str
    on: bool


RoomFact = Presence | JoinRefused | ConfigChanged | Affiliated | LobbyNotice | MediaNotice


def read(stanza: Element) -> RoomFact | None:
    """What a presence or message means for a room; None: nothing."""
    if stanza.tag == f"{_C}presence":
        return _presence(stanza)
    if stanza.tag == f"{_C}message":
        return _message(stanza)
    return None


def error_of(stanza: Element) -> tuple[str, str]:
    """Condition and type of an error stanza (RFC 6120 section 8.3)."""
    error = stanza.find(f"{_C}error")
    if error is None:
        return "undefined-condition", "cancel"
    names = (child.tag.removeprefix(f"{{{STANZAS}}}") for child in error if child.tag.startswith(f"{{{STANZAS}}}"))
    condition = next((name for name in names if name != "text"), "undefined-condition")
    return condition, error.get("type", "cancel")


# --- presence ---------------------------------------------------------------------------------------------------------


def _presence(stanza: Element) -> Presence | JoinRefused | None:
    sender, kind = stanza.get("from", ""), stanza.get("type")
    room, nick = bare(sender), resource(sender)
    if kind == "error":
        return JoinRefused(room, error_of(stanza)[0])
    if kind not in {None, "unavailable"} or not nick:
        return None
    x = stanza.find(f"{_U}x")
    destroy = x.find(f"{_U}destroy") if x is not None else None
    return Presence(
        room=room,
        nick=nick,
        gone=kind == "unavailable",
        items=_items(x),
        codes=_codes(x),
        # XEP-0172, as lib-jitsi-meet sends it; self-declared.
        name=_text(stanza, f"{{{NICK}}}nick"),
        email=_text(stanza, f"{_C}email") or None,
        identity=_identity(stanza),
        sharing=_sharing(stanza),
        destroyed=destroy is not None,
        reason=_text(destroy, f"{_U}reason") if destroy is not None else "",
    )


def _text(parent: Element, path: str) -> str:
    return (parent.findtext(path) or "")[:LONGEST_NAME]


def _items(x: Element | None) -> tuple[Item, ...]:
    found = x.findall(f"{_U}item") if x is not None else []
    return tuple(_item(item) for item in found)


def _item(item: Element) -> Item:
    actor = item.find(f"{_U}actor")
    return Item(
        jid=item.get("jid", ""),
        affiliation=item.get("affiliation", "none"),
        role=item.get("role", "none"),
        nick=item.get("nick", ""),
        actor_nick=actor.get("nick", "") if actor is not None else "",
        actor_jid=actor.get("jid", "") if actor is not None else "",
        reason=_text(item, f"{_U}reason"),
    )


def _codes(x: Element | None) -> frozenset[str]:
    found = x.findall(f"{_U}status") if x is not None else []
    return frozenset(status.get("code", "") for status in found)


def _identity(stanza: Element) -> Identity | None:
    """mod_presence_identity: ``<identity><user><id/><name/>…``."""
    user = stanza.find(f"{_C}identity/{_C}user")
    if user is None:
        return None
    return Identity(id=_text(user, f"{_C}id").strip(), name=_text(user, f"{_C}name"))


def _sharing(stanza: Element) -> bool:
    """A screen that is not muted: ``<SourceInfo>`` (lib-jitsi-meet ``RTC/SignalingLayerImpl``), or the older
    ``<videoType>``.
    """
    sources = _json(stanza.findtext(f"{_C}SourceInfo") or "")
    for source in sources.values():
        if isinstance(source, dict) and source.get("videoType") == "desktop" and source.get("muted") is not True:
            return True
    legacy = (stanza.findtext(f"{_C}videoType") or "").strip() == "desktop"
    return legacy and (stanza.findtext(f"{_C}videomuted") or "").strip() != "true"


def _json(text: str) -> dict[str, Any]:
    """An object, or an empty one for anything else; bounded in size, and in depth by the parser."""
    if not text or len(text) > _LONGEST_JSON:
        return {}
    try:
        value = json.loads(whole_json(text.encode()))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


# --- messages ---------------------------------------------------------------------------------------------------------


def _message(stanza: Element) -> RoomFact | None:
    sender, kind = stanza.get("from", ""), stanza.get("type", "normal")
    room, nick = bare(sender), resource(sender)
    if kind == "error":
        return None
    notice = _json(stanza.findtext(f"{{{JITMEET}}}json-message") or "")
    if notice:
        return _notice(notice, room, nick, kind)
    x = stanza.find(f"{_U}x")
    if x is None or nick:  # only the room itself speaks of its configuration and members
        return None
    if "104" in _codes(x):
        return ConfigChanged(room)
    for item in _items(x):
        if item.jid:
            return Affiliated(room, bare(item.jid), item.affiliation, item.reason)
    return None


def _notice(notice: dict[str, Any], sender: str, nick: str, kind: str) -> LobbyNotice | MediaNotice | None:
    subject = notice.get("type")
    # mod_muc_lobby_rooms, broadcast_json_msg: a groupchat message in the moderator's name.
    if subject == "lobby-notify" and kind == "groupchat" and nick:
        value = notice.get("value")
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)[:LONGEST_NAME]
        return LobbyNotice(sender, nick, str(notice.get("event"))[:64], text)
    # mod_av_moderation_component, notify_occupants_enable: from the component itself, which has no "@".
    if subject == "av_moderation" and isinstance(notice.get("enabled"), bool) and not nick and "@" not in sender:
        return MediaNotice(sender, str(notice.get("room")), str(notice.get("mediaType")), on=notice["enabled"])
    return None
