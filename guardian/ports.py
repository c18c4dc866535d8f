"""The Protocols that the app needs from the outside. One to a few methods each; no vendor words, no I/O here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from guardian.core.actions import Act, Capabilities
from guardian.core.events import Event, Snapshot
from guardian.core.incidents import Incident
from guardian.core.points import Finding, Level
from guardian.core.roster import Roster

__all__ = [
    "Clock",
    "Emit",
    "Entry",
    "Finding",
    "Journal",
    "Letter",
    "Level",
    "Notice",
    "Notifier",
    "OccurrenceRow",
    "Outcome",
    "Platform",
    "RosterSource",
    "Row",
]

Emit = Callable[[Event], None]
"""Puts one event into the inbox of the occurrence. Never blocks, never raises."""


class Outcome(StrEnum):
    """How a platform took an act. SIMULATED: a dry run, nothing was sent."""

    ACCEPTED = "accepted"
    SIMULATED = "simulated"


class Platform(Protocol):
    """One guarded meeting on one conferencing platform, with our rights there."""

    @property
    def capabilities(self) -> Capabilities:
        """What can be done here. May grow once ``run`` has discovered the server."""
        ...

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """Stay connected until cancelled; emit what happens. Reconnects by itself, emits ``LinkChanged``.

        Calls ``ready`` after the first login and join. Raises LoginRefusedError or PermanentError only for what no
        retry can heal (wrong password, no such domain); everything else is retried.
        """
        ...

    async def perform(self, act: Act) -> Outcome:
        """Ask the platform. Returns when it took the order (its effect is confirmed by events or a snapshot).

        Raises TemporaryError, PermanentError, NotSupportedError.
        """
        ...

    async def inform(self, handle: str, text: str) -> None:
        """Tell one waiting person something. Raises as ``perform``."""
        ...

    async def snapshot(self) -> Snapshot:
        """Everybody present now, read afresh. Raises TemporaryError when not connected."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One record on its way into the journal. ``kind``: "event", "decision" or "outcome"; ``key`` (not None): a
    second entry of the same occurrence with the same key is not stored again. ``body`` is the coded record.
    """

    occurrence: str
    at: float
    kind: str
    body: bytes
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One stored record. ``seq`` counts from 1 without gaps within its occurrence. ``body`` is None once blanked."""

    occurrence: str
    seq: int
    at: float
    kind: str
    key: str | None
    body: bytes | None
    digest: str


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """What the journal keeps about an occurrence as a whole. Times in seconds UTC; ``ended_at`` None: live."""

    occurrence: str
    meeting: str
    slot_start: float | None
    opened_at: float
    ended_at: float | None
    head: str
    rows: int
    legal_hold: bool


class Journal(Protocol):
    """The one append-only store. When ``append`` returns, the entries survive a crash of the machine."""

    async def open_occurrence(self, occurrence: str, meeting: str, slot_start: float | None, at: float) -> None:
        """Begin a chain. Idempotent."""
        ...

    async def append(self, entries: Sequence[Entry]) -> tuple[bool, ...]:
        """Store all or nothing, in order; per entry whether it was new (False: its key was already there).

        Raises JournalError (disk full, database gone); then nothing of this call is stored.
        """
        ...

    def read(self, occurrence: str) -> AsyncIterator[Row]:
        """Every row of an occurrence, in order."""
        ...

    async def end_occurrence(self, occurrence: str, at: float) -> str:
        """Mark as ended; returns the chain's head. More rows may still follow (a late outcome)."""
        ...

    async def occurrences(self, *, live: bool | None = None, meeting: str | None = None) -> list[OccurrenceRow]:
        """Occurrences, oldest first; ``live`` True: not ended only."""
        ...

    async def hold(self, occurrence: str, *, on: bool) -> None:
        """Legal hold: purge passes it by. Raises JournalError if unknown."""
        ...

    async def purge(self, before: float, meeting: str | None = None) -> int:
        """Blank bodies and salts of ended occurrences that ended before ``before`` and are not on hold; rows blanked.

        ``meeting``: of this one only (each has its own retention).
        The chain still verifies afterwards.
        """
        ...

    async def verify(self, occurrence: str, head: str | None = None) -> int:
        """Check the chain (and that ``head`` is in it); rows checked. Raises JournalDamagedError naming the row."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and release the store."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """An incident on its way to people. ``meeting`` is its title, ``occurrence`` the thread's root.

    Names are as typed (attacker's text): each channel shortens and escapes them in its own way.
    """

    meeting: str
    occurrence: str
    incident: Incident


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is no incident: the go / no-go before class, the closing summary. ``lines`` are plain text."""

    meeting: str
    occurrence: str
    subject: str
    lines: tuple[str, ...]
    urgent: bool = False


class Notifier(Protocol):
    """One channel to people."""

    @property
    def channel(self) -> str:
        """Its name in logs, metrics and journal."""
        ...

    async def send(self, notice: Notice | Letter) -> None:
        """Deliver. Raises NotDeliveredError when the channel did not take it."""
        ...


class RosterSource(Protocol):
    """Where a roster comes from."""

    async def load(self) -> Roster:
        """Read it whole. Raises RosterError naming every faulty line."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields each time the source may have changed, until cancelled."""
        ...


Clock = Callable[[], float]
"""Seconds since the epoch, UTC."""
