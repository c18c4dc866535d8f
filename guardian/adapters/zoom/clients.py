"""What a host's Zoom client can do for us, from what it says of itself, and in words what it cannot. Pure.

Source: type file of @zoom/appssdk 0.16 and "Zoom Apps for Mobile": the waiting room's functions are for desktop clients
from 5.15.10, its events from 5.16.0; removing is for desktop from 6.4.5, and for mobile clients.
"""

from __future__ import annotations

import re

from guardian.adapters.zoom.wire_panel import Ready
from guardian.core.actions import ActKind

_WAITING_ROOM = frozenset({ActKind.ADMIT, ActKind.PUT_BACK, ActKind.LOBBY_ON})
_EVERY = _WAITING_ROOM | {ActKind.REMOVE}
_EVENTS_FROM = (5, 16, 0)
_REMOVE_FROM = (6, 4, 5)
_VERSION = re.compile(r"([0-9]{1,5})\.([0-9]{1,5})(?:\.([0-9]{1,5}))?", re.ASCII)
_IN_A_MEETING = frozenset({"inMeeting", "inImmersive", "inCollaborate", "inCamera"})
_NEEDS = {
    ActKind.ADMIT: ("admitParticipantFromWaitingRoom", "getWaitingRoomParticipants"),
    ActKind.PUT_BACK: ("putParticipantToWaitingRoom",),
    ActKind.LOBBY_ON: ("setWaitingRoomState",),
    ActKind.REMOVE: ("removeParticipant",),
}
_WATCHES = ("getMeetingParticipants", "onWaitingRoomParticipantJoin", "onParticipantChange")
_DESKTOP = "open the panel in Zoom for Windows, macOS or Linux"


def in_a_meeting(context: str) -> bool:
    """Whether a page in this running context may act at all; not so in the main window ("inMainClient")."""
    return context in _IN_A_MEETING


def abilities(ready: Ready) -> tuple[frozenset[ActKind], tuple[str, ...]]:
    """(what this client can do, what it cannot and what to do about it, as sentences)."""
    can = set(_EVERY)
    notes: list[str] = []
    if ready.product not in {"", "desktop"}:
        can -= _WAITING_ROOM
        kind = "mobile" if ready.product in {"mobile", "ios", "android"} else "web or other"
        if kind != "mobile":
            can.discard(ActKind.REMOVE)
        notes.append(f"the host is in a {kind} client of Zoom, which cannot work the waiting room: {_DESKTOP}")
    else:
        _by_age(ready.version, can, notes)
    for kind_of_act, apis in _NEEDS.items():
        missing = [api for api in apis if api in ready.unsupported]
        if missing and kind_of_act in can:
            can.discard(kind_of_act)
            notes.append(_not_allowed(missing))
    unseen = [api for api in _WATCHES if api in ready.unsupported]
    if unseen:
        notes.append(_not_allowed(unseen))
    return frozenset(can), tuple(notes)


def sees_waiting(ready: Ready) -> bool:
    """Whether this client can tell who waits; of one that cannot, an empty list of the waiting means nothing."""
    desktop = ready.product in {"", "desktop"}
    return desktop and _age(ready.version) >= _EVENTS_FROM and "getWaitingRoomParticipants" not in ready.unsupported


def _age(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)


def _by_age(version: str, can: set[ActKind], notes: list[str]) -> None:
    found = _VERSION.match(version)
    age = _age(version)
    told = f"version {found[0]}" if found else "of unknown version"
    if age < _EVENTS_FROM:
        can.clear()
        notes.append(f"the host's Zoom client is {told}, too old to work the waiting room (5.16.0): update it")
    elif age < _REMOVE_FROM:
        can.discard(ActKind.REMOVE)
        notes.append(f"the host's Zoom client is {told}, too old to remove anybody (6.4.5): update it")


def _not_allowed(apis: list[str]) -> str:
    return (
        f"the host's Zoom client does not allow {', '.join(apis)}: tick it in the app's settings, or update the client"
    )
