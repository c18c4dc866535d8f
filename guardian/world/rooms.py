"""Stanzas of meetings and lobbies (XEP-0045 and Jitsi's own), built and read for the players.

Pure: text in, text out. Who sends what, and when, stands in `web_client.py`, `jitsi.py`, `moderator.py`
and `jicofo.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from guardian.world.markup import CLIENT, Xml, tag

MUC = "http://jabber.org/protocol/muc"
MUC_USER = f"{MUC}#user"
MUC_ADMIN = f"{MUC}#admin"
MUC_OWNER = f"{MUC}#owner"
NICK = "http://jabber.org/protocol/nick"
FOCUS = "http://jitsi.org/protocol/focus"
JITMEET = "http://jitsi.org/jitmeet"
FORM = "jabber:x:data"


@dataclass(frozen=True, slots=True)
class Face:
    """What a player shows of herself: all of it self-declared, `identity` even forged.

    `identity` becomes an `<identity><user>` element, which only the server may write; the honest have none.
    """

    display_name: str | None = None
    email: str | None = None
    identity: Mapping[str, str] | None = None
    sharing: bool = False


@dataclass(frozen=True, slots=True)
class Occupant:
    """One person as a room shows her. `jid` is the real full address, "" if the room hides it."""

    nick: str
    jid: str
    display_name: str
    email: str
    role: str
    affiliation: str
    identity: Mapping[str, str]
    sharing: bool


@dataclass(frozen=True, slots=True)
class Exit:
    """How a presence ended: `destroyed` beats the codes; `successor` is the address in `<destroy jid>`."""

    codes: frozenset[str]
    actor: str
    reason: str
    destroyed: bool
    successor: str


def join_presence(occupant_jid: str, face: Face, *, first: bool) -> Xml:
    """Presence into a room; `first` marks a join (XEP-0045 section 7.2)."""
    nick = occupant_jid.partition("/")[2]
    parts = [tag("x", {"xmlns": MUC})] if first else []
    if face.display_name is not None:
        parts.append(tag("nick", {"xmlns": NICK}, face.display_name))
    if face.email is not None:
        parts.append(tag("email", None, face.email))
    if face.identity is not None:
        parts.append(tag("identity", None, tag("user", None, *(tag(k, None, v) for k, v in face.identity.items()))))
    if face.sharing or not first:
        parts.append(tag("SourceInfo", None, source_info(nick, sharing=face.sharing)))
    return tag("presence", {"xmlns": CLIENT, "to": occupant_jid}, *parts)


def source_info(nick: str, *, sharing: bool) -> str:
    """The sources a web client announces, named as lib-jitsi-meet does: `-a0`, `-v0` camera, `-v1` screen."""
    sources: dict[str, dict[str, object]] = {
        f"{nick}-a0": {"muted": False},
        f"{nick}-v0": {"muted": True, "videoType": "camera"},
    }
    if sharing:
        sources[f"{nick}-v1"] = {"muted": False, "videoType": "desktop"}
    return json.dumps(sources)


def leave_presence(occupant_jid: str) -> Xml:
    """Presence out of a room."""
    return tag("presence", {"xmlns": CLIENT, "to": occupant_jid, "type": "unavailable"})


def invitation(room_jid: str, jid: str, reason: str) -> Xml:
    """A mediated invitation (XEP-0045 section 7.8.2)."""
    invite = tag("invite", {"to": jid}, tag("reason", None, reason))
    return tag("message", {"xmlns": CLIENT, "to": room_jid}, tag("x", {"xmlns": MUC_USER}, invite))


def admin_query(attributes: Mapping[str, str], reason: str = "") -> Xml:
    """One item of a role or affiliation change (XEP-0045 sections 8 to 10)."""
    inner = (tag("reason", None, reason),) if reason else ()
    return tag("query", {"xmlns": MUC_ADMIN}, tag("item", attributes, *inner))


def config_query(fields: Mapping[str, str]) -> Xml:
    """A room configuration form, submitted; unnamed fields keep their value."""
    kind = tag("field", {"var": "FORM_TYPE"}, tag("value", None, f"{MUC}#roomconfig"))
    rest = [tag("field", {"var": var}, tag("value", None, value)) for var, value in fields.items()]
    return tag("query", {"xmlns": MUC_OWNER}, tag("x", {"xmlns": FORM, "type": "submit"}, kind, *rest))


def destroy_query(reason: str) -> Xml:
    """End the room for everybody (XEP-0045 section 10.9)."""
    return tag("query", {"xmlns": MUC_OWNER}, tag("destroy", None, tag("reason", None, reason)))


def mute_wish(medium: str, occupant_jid: str) -> Xml:
    """To the focus: mute this occupant; from the focus: be mute (lib-jitsi-meet `ChatRoom.ts`, `muteParticipant`)."""
    return tag("mute", {"xmlns": f"{JITMEET}/{medium}", "jid": occupant_jid}, "true")


def muted_medium(iq: Element) -> str:
    """`audio`, `video` or `desktop` where this IQ asks for silence there, else ""."""
    found = (child for child in iq if child.tag.endswith("}mute") and child.text == "true")
    return next((child.tag[1:].partition("}")[0].removeprefix(f"{JITMEET}/") for child in found), "")


def status_codes(stanza: Element) -> frozenset[str]:
    """The status codes of a room's stanza."""
    return frozenset(s.get("code", "") for s in stanza.findall(f"{{{MUC_USER}}}x/{{{MUC_USER}}}status"))


def read_occupant(presence: Element) -> Occupant:
    """A person from an available presence."""
    item = presence.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}item")
    attributes = item.attrib if item is not None else {}
    user = presence.find(f"{{{CLIENT}}}identity/{{{CLIENT}}}user")
    identity = {child.tag.rpartition("}")[2]: child.text or "" for child in user} if user is not None else {}
    return Occupant(
        nick=presence.get("from", "").partition("/")[2],
        jid=attributes.get("jid", ""),
        display_name=presence.findtext(f"{{{NICK}}}nick") or "",
        email=presence.findtext(f"{{{CLIENT}}}email") or "",
        role=attributes.get("role", ""),
        affiliation=attributes.get("affiliation", ""),
        identity=identity,
        sharing='"desktop"' in (presence.findtext(f"{{{CLIENT}}}SourceInfo") or ""),
    )


def read_exit(presence: Element) -> Exit:
    """How a presence ended, from an unavailable one."""
    item = f"{{{MUC_USER}}}x/{{{MUC_USER}}}item"
    actor = presence.find(f"{item}/{{{MUC_USER}}}actor")
    destroy = presence.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}destroy")
    reason = presence.findtext(f"{item}/{{{MUC_USER}}}reason") or ""
    if destroy is not None:
        reason = destroy.findtext(f"{{{MUC_USER}}}reason") or reason
    return Exit(
        codes=status_codes(presence),
        actor=(actor.get("nick") or actor.get("jid") or "") if actor is not None else "",
        reason=reason,
        destroyed=destroy is not None,
        successor=destroy.get("jid", "") if destroy is not None else "",
    )


def lobby_hint(presence: Element) -> str:
    """The lobby's address in Jitsi's refusal to join, "" on a plain server."""
    return (
        presence.findtext(f"{{{CLIENT}}}error/{{{JITMEET}}}lobbyroom")
        or presence.findtext(f"{{{CLIENT}}}lobbyroom")
        or ""
    )
