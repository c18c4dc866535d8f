"""The Protocols that the app needs from the outside. One to a few methods each; no vendor words, no I/O here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Protocol

import msgspec

from guardian.core.actions import Act, Capabilities
from guardian.core.events import Event, Snapshot, Verb
from guardian.core.identity import Facts
from guardian.core.incidents import Incident
from guardian.core.operators import Operator
from guardian.core.points import Finding, Level
from guardian.core.roster import Roster
from guardian.core.view import MeetingView

__all__ = [
    "Candidate",
    "Clock",
    "Deliver",
    "Desk",
    "Doorway",
    "Emit",
    "Entry",
    "Finding",
    "Hook",
    "HookReply",
    "Journal",
    "Letter",
    "Level",
    "Link",
    "LinkStore",
    "Notice",
    "Notifier",
    "OccurrenceRow",
    "Opening",
    "Openings",
    "OrderBody",
    "Outcome",
    "Overrides",
    "PersonalKind",
    "PersonalLetter",
    "Platform",
    "Postman",
    "RosterSource",
    "Row",
    "Seat",
    "Told",
]

Emit = Callable[[Event], None]
"""Puts one event into the inbox of the occurrence. Never blocks, never raises."""


class Deliver(Protocol):
    """Takes what one delivery of a platform says, durably."""

    async def __call__(self, events: Sequence[Event], key: str, instance: str) -> None:
        """Return when ``events`` are durable: only then may the platform be told that we have them.

        ``key`` identifies the happening, not the delivery: a second delivery with the same key changes nothing.
        ``instance`` is the platform's own id of the run that they belong to; those of a run that is over are dropped.
        Raises JournalError when nothing may be acknowledged.
        """
        ...


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

    def recall(self, known: Sequence[Facts]) -> None:
        """After a restart, before ``run``: who was there when the journal was last written."""
        ...


@dataclass(frozen=True, slots=True)
class HookReply:
    """What a vendor's delivery by HTTP is answered with."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


class Hook(Protocol):
    """Takes one vendor's deliveries by HTTP."""

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookReply:
        """Verify, parse, make durable, answer. ``headers`` ignore case. Never raises for what the sender did."""
        ...


class Seat(Protocol):
    """One open companion panel: a page of ours in a host's own client, which acts there on our command."""

    @property
    def meeting(self) -> str:
        """The guarded meeting whose panel this is."""
        ...

    @property
    def who(self) -> str:
        """The human before it, as overrides name them."""
        ...

    def receive(self, frame: Mapping[str, object]) -> None:
        """One message of the page. Raises DeniedError when it breaks the protocol or its proof has run out."""
        ...

    async def next(self) -> Mapping[str, object] | None:
        """The next message for the page, when there is one; None: the seat is over, with ``close_code``."""
        ...

    @property
    def close_code(self) -> int:
        """Why the seat is over (WebSocket close code)."""
        ...

    def leave(self) -> None:
        """The page is gone."""
        ...


class Desk(Protocol):
    """Where the companion panels of one platform account come to."""

    @property
    def origin(self) -> str:
        """Scheme, host and port under which the page is served, as a browser names it in ``Origin``."""
        ...

    def page(self, headers: Mapping[str, str]) -> str:
        """The one-time token that the page gets, for a request that proves whose client sent it. Raises DeniedError."""
        ...

    def seat(self, hello: Mapping[str, object]) -> Seat:
        """Take a seat on the page's first message. Raises DeniedError."""
        ...

    async def added(self, query: Mapping[str, str]) -> None:
        """A host has added our page to their client (OAuth redirect). Raises DeniedError."""
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


# --- personal links --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A personal link of one person to one meeting. ``lid`` is random and opaque; times in seconds UTC.

    ``version`` counts the links that this person got there. ``registrant``: the platform's registration that we made
    for it, with ``way``, the address that it lets in by (secret); "" where the platform needs none. ``browsers``:
    marks of the browsers that it is bound to, the first one first.
    """

    lid: str
    meeting: str
    person: str
    version: int
    made_at: float
    until: float
    registrant: str = ""
    way: str = field(default="", repr=False)
    revoked_at: float | None = None
    browsers: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """One press of "Join class". ``used_by``: the connection that came by it; "" as long as none did."""

    nonce: str = field(repr=False)
    lid: str
    at: float
    used_by: str = ""


class LinkStore(Protocol):
    """Where links are kept. What a method has returned from survives a crash. Every method raises JournalError."""

    async def links(self, meeting: str | None = None) -> list[Link]:
        """Those that are not revoked, of one meeting or of all."""
        ...

    async def link(self, lid: str) -> Link | None:
        """One, even if revoked."""
        ...

    async def add(self, links: Sequence[Link]) -> list[Link]:
        """Keep new ones. Who has one in that meeting already keeps it. Returns what is in force for each."""
        ...

    async def enrolled(self, lid: str, registrant: str, way: str) -> None:
        """The platform knows it now."""
        ...

    async def revoke(self, lid: str, at: float) -> bool:
        """End it; False: it was over already."""
        ...

    async def bind(self, lid: str, browser: str, at: float, *, first: bool) -> Link | None:
        """Bind it to one more browser; with ``first``: only if it has none. Returns it as it stands then."""
        ...

    async def opened(self, opening: Opening) -> None:
        """Keep an opening."""
        ...

    async def used(self, nonce: str, by: str) -> None:
        """A connection came by an opening."""
        ...

    async def openings(self, since: float) -> list[Opening]:
        """Those of this time and later, oldest first."""
        ...

    async def mailing(self, lid: str, mark: str, at: float) -> bool:
        """Take it on to mail the link to the address that ``mark`` stands for; False: that was done, or begun."""
        ...

    async def mailed(self, lid: str, mark: str, *, gone: bool) -> None:
        """The mail has gone out; or (``gone`` False) surely has not, and may be tried again."""
        ...

    async def unsure(self, meeting: str) -> list[str]:
        """People to whom a mail was begun and never told of: it may have gone out, or not."""
        ...

    async def revision(self) -> str:
        """Another text whenever links were added, revoked or enrolled."""
        ...

    async def forget(self, before: float) -> None:
        """Drop links that were over, and openings that were made, before this."""
        ...

    async def close(self) -> None:
        """Release the store."""
        ...


class Openings(Protocol):
    """Who pressed "Join class" just now, as a platform's adapter asks it."""

    def claim(self, key: str, by: str, at: float) -> str | None:
        """The id of the link by which connection ``by`` came at ``at``, if it was freshly opened; each opening serves
        one connection. ``key``: "registrant:ID" or "nonce:N". From memory, at once.
        """
        ...


class Doorway(Protocol):
    """How one meeting's platform is told who comes by a personal link."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Where a browser may be sent on to: origins, as a page's policy names them."""
        ...

    async def enrol(self, people: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
        """Make the links known there: link's id to the person's name; back come registration and secret address, both
        "" where the platform needs none. Raises PlatformError.
        """
        ...

    async def strike(self, links: Sequence[Link]) -> None:
        """Make them worthless there. Raises PlatformError."""
        ...

    def way(self, link: Link, nonce: str) -> str:
        """The address to send the browser on to; a secret. "": this link is not known there yet."""
        ...


class PersonalKind(StrEnum):
    """What a person is written about their link."""

    INVITATION = "invitation"
    CODE = "code"
    FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True)
class PersonalLetter:
    """A mail to the owner of a link. ``address`` and ``code`` are secrets; ``mark`` is the same for one happening."""

    kind: PersonalKind
    meeting: str
    mark: str
    name: str = field(repr=False)
    address: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    times: str = ""
    call: str = ""


class Postman(Protocol):
    """Takes mail to single people."""

    async def post(self, letter: PersonalLetter, to: str) -> None:
        """Deliver to one address. Raises NotDeliveredError; its text bears no address."""
        ...


Clock = Callable[[], float]
"""Seconds since the epoch, UTC."""


# --- people's orders -------------------------------------------------------------------------------------------------

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
# No colon: "native:…" is how the core names acts of the platform's own moderators.
_Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{8,64}$")]


class OrderBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a human asks for, the same at every door. ``name`` is a name as typed; ``handle`` and ``person`` are ids, as
    in a view.

    ``account`` is a platform account (id or address), as ``cover`` takes it. ``until`` in seconds UTC; ``order`` is the
    idempotency key; ``incident``: the key of the incident that the order answers.
    """

    verb: Verb
    handle: _Text | None = None
    person: _Text | None = None
    name: _Text | None = None
    email: _Text | None = None
    account: _Text | None = None
    until: float | None = None
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    order: _Key | None = None
    incident: Annotated[str, msgspec.Meta(max_length=100)] = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be meant: a connection (``handle``), or a roster person who is not here (``person`` alone).

    ``name`` is shown as typed by its bearer (attacker's text); ``person_name`` is the roster's.
    """

    handle: str | None
    person: str | None
    name: str
    person_name: str | None = None
    place: str | None = None
    standing: str | None = None


class Told(Protocol):
    """What really became of an order."""

    @property
    def order(self) -> str:
        """The order's id."""
        ...

    @property
    def done(self) -> bool | None:
        """Done, refused, or (None) not known yet."""
        ...

    @property
    def text(self) -> str:
        """The same in words, for the human who ordered."""
        ...


class Overrides(Protocol):
    """The one road of every human's word, whichever door it came in by."""

    def meetings(self) -> tuple[str, ...]:
        """Ids of the configured meetings."""
        ...

    def view(self, meeting: str) -> MeetingView | None:
        """The meeting as it stands; None: nothing is going on there now. Whoever asks must have checked the scope."""
        ...

    async def order(self, meeting: str, body: OrderBody, operator: Operator, wait: float = 5.0) -> Told:
        """Check the scopes, find whom it means, carry it out; wait so long (seconds) for what becomes of it.

        A repeated order id is not carried out twice. Raises DeniedError, OrderError, GuardianError.
        """
        ...

    async def acknowledge(self, meeting: str, incident: str, operator: Operator) -> None:
        """This human has read it and sees to it. Raises DeniedError, NobodyMeantError, GuardianError."""
        ...
