"""Recorded stanzas, and builders for those that were not recorded."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, canonicalize

from guardian.adapters.jitsi import wire
from guardian.adapters.jitsi.wire_facts import Presence, RoomFact, read
from guardian.adapters.jitsi.wire_frame import parse

PAYLOADS = Path(__file__).parents[2] / "payloads" / "jitsi"
ROOM = "maths@conference.meet.example.test"
LOBBY = "maths@lobby.meet.example.test"
BOT = "guardian@auth.meet.example.test/K13pMG_xR8Fr"
ALAN = "1d3c765e-1b26-46d2-9aa3-d340b057aa1b@meet.example.test/eygWIUo-Yb5j"
MALLORY = "dbb4fff0-d841-486b-af1a-b0d34b77c006@guest.meet.example.test/pjroU4Ow9AUN"
TEACHER = "teacher@auth.meet.example.test/desk"


def recorded(name: str) -> Element:
    """The stanza of ``tests/payloads/jitsi/NAME.xml``."""
    return parse((PAYLOADS / f"{name}.xml").read_text(encoding="utf-8").strip())


def fact(name: str) -> RoomFact:
    """What a recorded stanza means."""
    found = read(recorded(name))
    assert found is not None
    return found


def told(stanza: Element) -> RoomFact | None:
    """What a stanza means after a journey over the wire."""
    return read(parse(wire.render(stanza)))


def presence(name: str) -> Presence:
    """A recorded presence."""
    found = fact(name)
    assert isinstance(found, Presence)
    return found


def canonical(stanza: Element) -> str:
    """A form in which equal stanzas are equal texts (C14N 2.0)."""
    return canonicalize(wire.render(stanza), strip_text=True, rewrite_prefixes=True)


def shown(
    nick: str,
    jid: str | None,
    *inner: Element,
    room: str = ROOM,
    kind: str | None = None,
    affiliation: str = "none",
    role: str = "participant",
    codes: tuple[str, ...] = (),
    actor: str = "",
    others: tuple[str, ...] = (),
    new_nick: str = "",
) -> Element:
    """A presence as a room sends it. ``jid`` None: the room hides addresses; ``others``: more sessions of the nick."""
    items = []
    for address in (jid, *others):
        attributes = {"affiliation": affiliation, "role": role}
        if address is not None:
            attributes["jid"] = address
        if new_nick:
            attributes["nick"] = new_nick
        item = wire.element("item", None, attributes)
        if actor:
            item.append(wire.element("actor", None, {"jid": actor}))
        items.append(item)
    statuses = [wire.element("status", None, {"code": code}) for code in codes]
    x = wire.element("x", wire.MUC_USER, None, *items, *statuses)
    attributes = {"from": f"{room}/{nick}", "to": BOT, **({"type": kind} if kind else {})}
    return wire.element("presence", wire.CLIENT, attributes, *inner, x)


def seat(
    nick: str,
    jid: str | None,
    *inner: Element,
    room: str = ROOM,
    kind: str | None = None,
    affiliation: str = "none",
    role: str = "participant",
    codes: tuple[str, ...] = (),
    actor: str = "",
    others: tuple[str, ...] = (),
    new_nick: str = "",
) -> Presence:
    """The fact of ``shown``, after a journey over the wire."""
    stanza = shown(
        nick,
        jid,
        *inner,
        room=room,
        kind=kind,
        affiliation=affiliation,
        role=role,
        codes=codes,
        actor=actor,
        others=others,
        new_nick=new_nick,
    )
    found = told(stanza)
    assert isinstance(found, Presence)
    return found


def child(name: str, text: str = "") -> Element:
    """An element in the stanza's own namespace."""
    return wire.element(name, None, None, text)


def named(text: str) -> Element:
    """A display name (XEP-0172)."""
    return wire.element("nick", wire.NICK, None, text)


def identity(user: str, name: str = "") -> Element:
    """What mod_presence_identity writes, or a liar forges."""
    user_element = wire.element("user", None, None, child("id", user), child("name", name))
    return wire.element("identity", None, None, user_element)


def notice(text: str, sender: str = f"{ROOM}/teacher", kind: str | None = "groupchat") -> Element:
    """A JSON message as Jitsi's plugins send it."""
    attributes = {"from": sender, **({"type": kind} if kind else {})}
    return wire.element("message", wire.CLIENT, attributes, wire.element("json-message", wire.JITMEET, None, text))


def affiliated(jid: str, affiliation: str, reason: str = "", sender: str = ROOM) -> Element:
    """A message about somebody who is not in the room (XEP-0045 example 195)."""
    item = wire.element("item", None, {"jid": jid, "affiliation": affiliation}, child("reason", reason))
    return wire.element("message", wire.CLIENT, {"from": sender}, wire.element("x", wire.MUC_USER, None, item))
