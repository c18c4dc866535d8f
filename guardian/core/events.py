"""What happened, in the past tense: everything that reaches an occurrence, whoever brought it. Values only.

Platform deliveries (``Seen``, ``Gone``, ``Snapshot``, ``NativeAct`` …), human orders, timers and outcomes are all
events in one inbox. ``at`` is seconds since the epoch, UTC: the platform's own time where it gives one, else the time
of receipt. One source's ``at`` never goes backwards and never repeats for one handle; the core drops what is older
than what it knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from guardian.core.actions import ActKind, Capabilities
from guardian.core.identity import Facts, Place
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Slot, SlotMemory
from guardian.core.roster import Roster


@dataclass(frozen=True, slots=True)
class Opened:
    """An occurrence began to be guarded. ``memory`` is what the slot already knows (refusals, overrides, lock)."""

    at: float
    occurrence: str
    meeting: str
    slot: Slot | None
    capabilities: Capabilities
    memory: SlotMemory = field(default_factory=SlotMemory)


@dataclass(frozen=True, slots=True)
class Restarted:
    """The guardian came back and folded the journal. What was in flight has an unknown outcome."""

    at: float
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class RosterLoaded:
    """A roster version came into force."""

    at: float
    roster: Roster


@dataclass(frozen=True, slots=True)
class RosterFailed:
    """A roster source could not be read; the roster in force stays. ``reason`` names lines, never people."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A connection is there, as these facts say: it knocked, joined, moved, renamed itself, began to share …"""

    at: float
    facts: Facts


@dataclass(frozen=True, slots=True)
class Gone:
    """A connection is no longer in ``place``. Ignored when it is known to be elsewhere by now."""

    at: float
    handle: str
    place: Place


@dataclass(frozen=True, slots=True)
class Began:
    """The platform's run of this occurrence is known by its own id there. ``at``: the first sign of it."""

    at: float
    instance: str


@dataclass(frozen=True, slots=True)
class CameInAs:
    """Our admission of ``instead_of`` let ``handle`` in: who came in does not show what the admitted one showed."""

    at: float
    handle: str
    instead_of: str


@dataclass(frozen=True, slots=True)
class Warned:
    """The platform, or our hand on it, says what a human must know. ``detail`` is a sentence without names."""

    at: float
    kind: IncidentKind
    detail: str


class NativeKind(StrEnum):
    """What a human moderator did with the platform's own buttons."""

    ADMITTED = "admitted"
    ADMITTED_ALL = "admitted_all"
    PUT_OUT = "put_out"
    REFUSED = "refused"
    LOBBY_OFF = "lobby_off"
    LOBBY_ON = "lobby_on"


@dataclass(frozen=True, slots=True)
class NativeAct:
    """A human acted on the platform itself. ``by`` is the moderator's handle where the platform tells."""

    at: float
    kind: NativeKind
    handle: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class LobbyChanged:
    """The platform shows the lobby as on or off (nobody in particular is known to have switched it)."""

    at: float
    on: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody whom the platform lists, as of ``as_of``.

    Absence counts only when ``complete``, in ``room`` and the places that it ``covers``, and for who was last seen
    before ``as_of``. ``carries_identity`` False: handles and names only.
    """

    at: float
    as_of: float
    connections: tuple[Facts, ...]
    complete: bool = True
    carries_identity: bool = True
    covers: frozenset[Place] = frozenset(Place)
    room: str = "main"
    lobby_on: bool | None = None


class Verb(StrEnum):
    """What a human may order, the same by every road (design: the verbs)."""

    ADMIT = "admit"
    HOLD = "hold"
    REMOVE = "remove"
    ALLOW = "allow"
    COVER = "cover"
    LOCK = "lock"
    UNLOCK = "unlock"
    PAUSE = "pause"
    RESUME = "resume"
    PANIC = "panic"
    ENFORCE = "enforce"
    ROTATE = "rotate"
    END = "end"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A human's order. ``handle`` names a connection, ``person`` a roster person; ``name``/``email`` serve ``allow``,
    ``name``/``account`` serve ``cover``.

    ``by`` names the human; ``until`` is the expiry (None: the slot); ``order`` is the caller's unique id, so that a
    repeated request is recognised. ``incident``: the key of the incident that it answers.
    """

    at: float
    order: str
    verb: Verb
    by: str
    handle: str | None = None
    person: str | None = None
    name: str | None = None
    email: str | None = None
    until: float | None = None
    reason: str = ""
    account: str | None = None
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A human has read an incident."""

    at: float
    incident: str
    by: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took the act. That is not yet the effect."""

    at: float
    ask: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The enforcer gave the act up. ``kind`` repeats what it was, for the reader of the journal."""

    at: float
    ask: str
    kind: ActKind
    reason: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """Dry run: nothing was sent. Closes the ask."""

    at: float
    ask: str


@dataclass(frozen=True, slots=True)
class NoticeSent:
    """A notice about an incident reached (or did not reach) a channel. ``revision`` tells which update it was."""

    at: float
    incident: str
    revision: int
    channel: str
    delivered: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """Our connection to the platform was lost, or is back (then a snapshot follows).

    ``capabilities`` is what the server turned out to be able to do, once known.
    """

    at: float
    up: bool
    reason: str = ""
    capabilities: Capabilities | None = None


@dataclass(frozen=True, slots=True)
class JournalChanged:
    """The journal can no longer be written, or can again."""

    at: float
    up: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ForeignSelf:
    """Another guardian acts in this meeting with our account: this one stands down."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class TaskCrashed:
    """A task of the service raised and was restarted. ``error`` is the exception's class, never its text."""

    at: float
    task: str
    error: str


@dataclass(frozen=True, slots=True)
class Woke:
    """The timer that was asked for."""

    at: float


@dataclass(frozen=True, slots=True)
class MeetingEnded:
    """The platform ended the occurrence."""

    at: float
    reason: str = ""


Event = (
    Opened
    | Restarted
    | RosterLoaded
    | RosterFailed
    | Seen
    | Gone
    | Began
    | CameInAs
    | Warned
    | NativeAct
    | LobbyChanged
    | Snapshot
    | Ordered
    | Acknowledged
    | Accepted
    | Failed
    | Simulated
    | NoticeSent
    | LinkChanged
    | JournalChanged
    | ForeignSelf
    | TaskCrashed
    | Woke
    | MeetingEnded
)
