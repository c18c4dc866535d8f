"""XML as the players write and read it: namespaces, an escaping builder, addresses, errors.

Pure: text in, text out. Nothing here knows a connection or a room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
SM = "urn:xmpp:sm:3"
CLIENT = "jabber:client"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Xml(str):
    """Text that is already XML and is not escaped again."""

    __slots__ = ()


def tag(name: str, attributes: Mapping[str, str | None] | None = None, *content: str) -> Xml:
    """One element. Attributes that are None are left out; content is escaped unless it is `Xml`."""
    head = "".join(
        f" {key}={quoteattr(_NOT_XML.sub('', value))}" for key, value in (attributes or {}).items() if value is not None
    )
    inner = "".join(part if isinstance(part, Xml) else escape(_NOT_XML.sub("", part)) for part in content)
    return Xml(f"<{name}{head}>{inner}</{name}>")


def bare(jid: str) -> str:
    """The address without its resource."""
    return jid.partition("/")[0]


def resource(jid: str) -> str:
    """What follows the first slash; in a room, the nick."""
    return jid.partition("/")[2]


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def error_of(stanza: Element) -> tuple[str, str]:
    """Condition and text of an error stanza (RFC 6120 section 8.3)."""
    error = stanza.find(f"{{{CLIENT}}}error")
    if error is None:
        return "undefined-condition", ""
    conditions = [local_name(child) for child in error if child.tag.startswith(f"{{{STANZAS}}}")]
    named = [name for name in conditions if name != "text"]
    return (named[0] if named else "undefined-condition"), error.findtext(f"{{{STANZAS}}}text") or ""
