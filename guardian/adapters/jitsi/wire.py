"""Every stanza that we send, built as trees and never by formatting text. Pure: no I/O, no state, no parsing.

Reading stands in ``wire_frame`` (bytes to trees), ``wire_facts`` and ``wire_disco`` (trees to facts). Each builder
names its source. All names and reasons may be the attacker's text: the serialiser escapes them, and characters that
XML 1.0 cannot carry are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, tostring

CLIENT: Final = "jabber:client"
FRAMING: Final = "urn:ietf:params:xml:ns:xmpp-framing"
SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND: Final = "urn:ietf:params:xml:ns:xmpp-bind"
STANZAS: Final = "urn:ietf:params:xml:ns:xmpp-stanzas"
STREAMS: Final = "urn:ietf:params:xml:ns:xmpp-streams"
PING: Final = "urn:xmpp:ping"
DISCO_INFO: Final = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS: Final = "http://jabber.org/protocol/disco#items"
MUC: Final = "http://jabber.org/protocol/muc"
MUC_USER: Final = f"{MUC}#user"
MUC_ADMIN: Final = f"{MUC}#admin"
MUC_OWNER: Final = f"{MUC}#owner"
NICK: Final = "http://jabber.org/protocol/nick"
FORM: Final = "jabber:x:data"
FOCUS: Final = "http://jitsi.org/protocol/focus"
JITMEET: Final = "http://jitsi.org/jitmeet"

MEDIA: Final = ("audio", "video", "desktop")
"""What Jitsi's A/V moderation governs (mod_av_moderation_component)."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without what XML 1.0 section 2.2 forbids: control characters, lone surrogates, U+FFFE and U+FFFF."""
    return _NOT_XML.sub("", text)


def bare(jid: str) -> str:
    """The address without its resource (RFC 7622)."""
    return jid.partition("/")[0]


def resource(jid: str) -> str:
    """What follows the first slash; in a room, the nick."""
    return jid.partition("/")[2]


def host(jid: str) -> str:
    """The domain of an address."""
    return bare(jid).rpartition("@")[2]


def element(
    name: str, namespace: str | None = None, attributes: Mapping[str, str] | None = None, *content: Element | str
) -> Element:
    """One element, its namespace declared in place so that no prefixes arise. Text content is cleaned."""
    made = Element(name, {"xmlns": namespace} if namespace else {})
    for key, value in (attributes or {}).items():
        made.set(key, clean(value))
    for part in content:
        if isinstance(part, str):
            made.text = (made.text or "") + clean(part)
        else:
            made.append(part)
    return made


def render(stanza: Element) -> str:
    """The text of one frame."""
    return tostring(stanza, encoding="unicode")


# --- the stream: RFC 7395 and RFC 6120 --------------------------------------------------------------------------------


def open_stream(to: str) -> Element:
    """RFC 7395 section 3.4; ``to`` picks the virtual host whatever the URL was."""
    return element("open", FRAMING, {"to": to, "version": "1.0"})


def close_stream() -> Element:
    """RFC 7395 section 3.6."""
    return element("close", FRAMING)


def auth(mechanism: str, payload: str) -> Element:
    """RFC 6120 section 6.4.2; ``payload`` is base64 already."""
    return element("auth", SASL, {"mechanism": mechanism}, payload)


def response(payload: str) -> Element:
    """RFC 6120 section 6.4.3; ``payload`` is base64 already."""
    return element("response", SASL, None, payload)


def iq(kind: str, stanza_id: str, to: str | None, *payload: Element) -> Element:
    """RFC 6120 section 8.2.3."""
    attributes = {"type": kind, "id": stanza_id, **({"to": to} if to else {})}
    return element("iq", CLIENT, attributes, *payload)


def refusal(stanza_id: str, to: str | None) -> Element:
    """Our answer to a request that we do not know (RFC 6120 section 8.4)."""
    condition = element("service-unavailable", STANZAS)
    return iq("error", stanza_id, to, element("error", None, {"type": "cancel"}, condition))


def bind() -> Element:
    """RFC 6120 section 7: the server picks the resource."""
    return element("bind", BIND)


def ping() -> Element:
    """XEP-0199."""
    return element("ping", PING)


# --- rooms: XEP-0045 --------------------------------------------------------------------------------------------------


def join(room: str, nick: str, display_name: str) -> Element:
    """Enter, or ask for everybody afresh when we are in already (XEP-0045 section 7.2); without old messages."""
    history = element("history", None, {"maxstanzas": "0"})
    muc = element("x", MUC, None, history)
    name = element("nick", NICK, None, display_name)
    return element("presence", CLIENT, {"to": f"{room}/{nick}"}, muc, name)


def knock_forged(room: str, nick: str, display_name: str, user: str) -> Element:
    """A join with an ``<identity>`` that only the server may write (mod_presence_identity): for the probe."""
    stanza = join(room, nick, display_name)
    stanza.append(element("identity", None, None, element("user", None, None, element("id", None, None, user))))
    return stanza


def leave(room: str, nick: str) -> Element:
    """XEP-0045 section 7.14."""
    return element("presence", CLIENT, {"to": f"{room}/{nick}", "type": "unavailable"})


def set_affiliation(jid: str, affiliation: str, reason: str = "") -> Element:
    """One bare address (XEP-0045 sections 9 and 10). One item an IQ: a plain Prosody reads only the first."""
    return _admin({"jid": bare(jid), "affiliation": affiliation}, reason)


def put_out(nick: str, reason: str = "") -> Element:
    """Role none: out of the room, whatever the affiliation (XEP-0045 section 8.2)."""
    return _admin({"nick": nick, "role": "none"}, reason)


def _admin(item: Mapping[str, str], reason: str) -> Element:
    inner = (element("reason", None, None, reason),) if reason else ()
    return element("query", MUC_ADMIN, None, element("item", None, item, *inner))


def list_affiliated(affiliation: str) -> Element:
    """Everybody with this affiliation, present or not (XEP-0045 section 9.5)."""
    return element("query", MUC_ADMIN, None, element("item", None, {"affiliation": affiliation}))


def configure(*, members_only: bool, without_password: bool = False) -> Element:
    """The room's form (XEP-0045 section 10.2, XEP-0004).

    Every form repeats ``membersonly``: one that leaves it out destroys the lobby (mod_muc_lobby_rooms,
    "muc-config-submitted"). A password would be a way past the lobby.
    """
    fields = {
        "FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig",
        "muc#roomconfig_membersonly": "true" if members_only else "false",
    }
    if without_password:
        fields |= {"muc#roomconfig_roomsecret": "", "muc#roomconfig_passwordprotectedroom": "false"}
    made = [element("field", None, {"var": k}, element("value", None, None, v)) for k, v in fields.items()]
    return element("query", MUC_OWNER, None, element("x", FORM, {"type": "submit"}, *made))


def destroy(reason: str) -> Element:
    """End the meeting for all (XEP-0045 section 10.9)."""
    return element("query", MUC_OWNER, None, element("destroy", None, None, element("reason", None, None, reason)))


def invite(room: str, jid: str, reason: str) -> Element:
    """Let one person in: a mediated invitation to the real full address (XEP-0045 section 7.8.2, lib-jitsi-meet
    ``Lobby.js``). One a message: a plain Prosody reads only the first.
    """
    invitation = element("invite", None, {"to": jid}, element("reason", None, None, reason))
    return element("message", CLIENT, {"to": room}, element("x", MUC_USER, None, invitation))


def say(to: str, text: str) -> Element:
    """A private message to one occupant (XEP-0045 section 7.5)."""
    return element("message", CLIENT, {"to": to, "type": "chat"}, element("body", None, None, text))


# --- discovery, and Jitsi's own ---------------------------------------------------------------------------------------


def disco_info() -> Element:
    """XEP-0030 section 3."""
    return element("query", DISCO_INFO)


def disco_items() -> Element:
    """XEP-0030 section 4."""
    return element("query", DISCO_ITEMS)


def conference(room: str) -> Element:
    """Ask Jitsi's conference focus for the room: only it may create one (jicofo, ``ConferenceIq``)."""
    return element("conference", FOCUS, {"room": room})


def end_conference(component: str) -> Element:
    """mod_end_conference."""
    return element("message", CLIENT, {"to": component}, element("end_conference"))


def moderate_media(component: str, media: str, *, on: bool) -> Element:
    """Nobody may unmute or share without leave; or everybody again (mod_av_moderation_component)."""
    attributes = {"enable": "true" if on else "false", "mediaType": media}
    return element("message", CLIENT, {"to": component}, element("av_moderation", None, attributes))


def allow_media(component: str, media: str, occupant: str, *, on: bool) -> Element:
    """Give one occupant (ROOM/nick) leave while moderation is on, or take it back (mod_av_moderation_component)."""
    attributes = {"mediaType": media, "jidToWhitelist" if on else "jidToBlacklist": occupant}
    return element("message", CLIENT, {"to": component}, element("av_moderation", None, attributes))


def mute(media: str, occupant: str) -> Element:
    """Ask the conference focus to mute one occupant (lib-jitsi-meet ``ChatRoom.ts``, ``muteParticipant``)."""
    return element("mute", f"{JITMEET}/{media}", {"jid": occupant}, "true")
