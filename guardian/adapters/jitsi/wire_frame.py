"""Frames into trees, safely. Pure: no I/O, no meaning; what a tree says is read in ``wire_facts`` and ``wire_disco``.

RFC 7395 section 3.3: one text frame is one XML element. RFC 6120 section 11.1 forbids DTDs, entities, comments and
processing instructions; we refuse the dangerous ones and frames over a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, fromstring

from guardian.errors import PlatformError

FRAME_LIMIT: Final = 262_144
"""Bytes of one frame that we read: Prosody's own limit for what a client may send (``c2s_stanza_size_limit``)."""

_HEAD = 4_096  # characters in which a start tag must end


class FrameRefusedError(PlatformError):
    """A frame that we do not read: too large, not text, or no well-formed XML without a DTD."""


@dataclass(frozen=True, slots=True)
class Head:
    """The start tag of a frame that was refused: enough to know that somebody is there."""

    name: str
    sender: str
    kind: str


def parse(frame: str | bytes, limit: int = FRAME_LIMIT) -> Element:
    """The tree of one frame. ``limit`` in bytes. Raises FrameRefusedError."""
    if isinstance(frame, bytes):
        raise FrameRefusedError("a binary frame")
    if len(frame) > limit or (len(frame) * 4 > limit and len(frame.encode(errors="replace")) > limit):
        raise FrameRefusedError(f"a frame over {limit} bytes")
    try:
        tree: Element = fromstring(frame, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FrameRefusedError("a frame with a DTD or entity") from error
    except (ParseError, ValueError) as error:
        raise FrameRefusedError("a frame that is no XML") from error
    return tree


def head(frame: str | bytes) -> Head | None:
    """Who sent a refused frame, from its start tag alone; None where even that cannot be read."""
    if isinstance(frame, bytes):
        return None
    found: list[Head] = []

    class _First:
        """Keeps the first start tag."""

        def start(self, tag: str, attributes: dict[str, str]) -> None:
            if not found:
                name = tag.rpartition("}")[2]
                found.append(Head(name, attributes.get("from", ""), attributes.get("type", "")))

        def close(self) -> None:
            """Nothing to hand back."""

    parser = DefusedXMLParser(target=_First(), forbid_dtd=True)
    try:
        parser.feed(frame[:_HEAD])
    except (ParseError, DefusedXmlException, ValueError):
        return found[0] if found else None
    return found[0] if found else None
