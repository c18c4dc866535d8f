"""Frames of Zoom's event WebSocket: what we say, what comes. Pure.

Source: developers.zoom.us/docs/api/websockets; key names and refusal texts as github.com/Jericho/ZoomNet reads them.
The ``content`` of the good replies is not documented, so it is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from guardian.adapters.zoom.wire import UNREADABLE, WireError, decoded

HEARTBEAT = '{"module":"heartbeat"}'


class FrameKind(StrEnum):
    """What a frame is for."""

    BUILT = "build_connection"
    BEAT = "heartbeat"
    EVENT = "message"
    BAD_TOKEN = "bad_token"  # noqa: S105 - the name of a refusal
    REFUSED = "refused"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. ``body``: EVENT: the event's JSON, as a webhook would bring it."""

    kind: FrameKind
    body: bytes = b""


class _Frame(msgspec.Struct):
    module: str = ""
    success: bool = True
    content: msgspec.Raw = msgspec.Raw(b'""')


_frames = msgspec.json.Decoder(_Frame)
_contents = msgspec.json.Decoder(str)
_BAD_TOKEN = frozenset({"invalid token", "token is invalid"})
_GOOD = {kind.value: kind for kind in (FrameKind.BUILT, FrameKind.BEAT, FrameKind.EVENT)}


def address(url: str, subscription: str, token: str) -> str:
    """Where to connect. Secret: it holds the token."""
    query = urlencode({"subscriptionId": subscription, "access_token": token})
    return f"{url}{'&' if '?' in url else '?'}{query}"


def decode(text: str | bytes) -> Frame:
    """One frame. Unknown modules are OTHER. Raises WireError, nothing else."""
    try:
        frame = _frames.decode(text)
        kind = _GOOD.get(frame.module, FrameKind.OTHER)
        if not frame.success:
            return Frame(_refusal(bytes(frame.content)))
        if kind is not FrameKind.EVENT:
            return Frame(kind)
        content: str = decoded(_contents, frame.content)
        return Frame(kind, content.encode())
    except (*UNREADABLE, UnicodeEncodeError) as error:
        raise WireError("not a frame of the event socket") from error


def _refusal(content: bytes) -> FrameKind:
    try:
        said = _contents.decode(content).strip().rstrip(".").casefold()
    except UNREADABLE:
        return FrameKind.REFUSED
    return FrameKind.BAD_TOKEN if said in _BAD_TOKEN else FrameKind.REFUSED
