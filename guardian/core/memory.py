"""What belongs to a slot, not to one run on the platform: words of humans, guests, the lock, the brake's count.

A meeting that is ended by mistake and restarted within its slot stays guarded as it was, because this value is handed
from one occurrence to the next. Values only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guardian.core.roster import Person, Roster


@dataclass(frozen=True, slots=True)
class Slot:
    """One scheduled run: start and end (seconds, UTC) and how long before the start the door may open (seconds)."""

    start: float
    end: float
    margin: float = 900.0


class Phase(StrEnum):
    """BEFORE → OPEN → LOCKED → ENDED."""

    BEFORE = "before"
    OPEN = "open"
    LOCKED = "locked"
    ENDED = "ended"


class WordKind(StrEnum):
    """What a human said about a person or connection; OPEN_DOOR: they switched the platform's lobby off."""

    ADMIT = "admit"
    HOLD = "hold"
    REMOVE = "remove"
    OPEN_DOOR = "open_door"


@dataclass(frozen=True, slots=True)
class Word:
    """A human's standing word on a connection (by its keys) or on a roster person.

    ``order`` is the order's id ("native:…" for an act on the platform itself). A withdrawn word stays, with ``live``
    False, so that the audit trail can show it.
    """

    order: str
    kind: WordKind
    by: str
    at: float
    keys: frozenset[str] = frozenset()
    person: str | None = None
    until: float | None = None
    reason: str = ""
    native: bool = False
    live: bool = True


@dataclass(frozen=True, slots=True)
class DoneOrder:
    """An order that was carried out, as ``undo`` needs it: what it was, whom it named, which order took it back.

    ``over``: the word of another human that it stands over, as "hold by Ms Lee".
    """

    order: str
    verb: str
    by: str
    at: float
    handle: str | None = None
    person: str | None = None
    undone_by: str | None = None
    over: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """The machine asked to put a connection out. A further step on the same connection is the same removal."""

    at: float
    handle: str


@dataclass(frozen=True, slots=True)
class SlotMemory:
    """Everything that outlives an occurrence within its slot. Times in seconds, UTC.

    ``known`` are strong keys and handles of connections that were ever admitted or ever fitted a roster version: the
    machine puts none of them out. ``put_out`` are keys of those whom the machine put out as strangers.
    ``rosters``: every version of the list, the newest last: who fitted one of them is put out by no machine.
    ``removals`` are the machine's removals of late, for the brake. ``door_open``: a proven moderator switched the
    lobby off by hand. ``auto_lock`` is False once a human unlocked. ``panic_order`` is the order that began the panic.
    """

    phase: Phase = Phase.BEFORE
    opened_at: float | None = None
    auto_lock: bool = True
    door_open: bool = False
    words: tuple[Word, ...] = ()
    guests: tuple[Person, ...] = ()
    orders: tuple[DoneOrder, ...] = ()
    known: frozenset[str] = frozenset()
    put_out: frozenset[str] = frozenset()
    removals: tuple[Removal, ...] = ()
    paused: bool = False
    panic_at: float | None = None
    panic_order: str | None = None
    locked_at: float | None = None
    enforced: bool = False
    accepted_roster: str | None = None
    tight_until: float | None = None
    rosters: tuple[Roster, ...] = ()
