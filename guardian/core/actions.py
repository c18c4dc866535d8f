"""What is wanted, in the imperative: acts for a platform, and everything else that a decision can be. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guardian.core.identity import Proof
from guardian.core.incidents import Incident
from guardian.core.memory import Phase, Word


class ActKind(StrEnum):
    """What a platform may be asked to do. ``put_back``, ``remove``, ``expel`` and ``end`` are removals; so is
    ``lobby_on`` for those whom it does not keep. ``remove`` is done by our hand in the meeting, ``expel`` by the
    platform's own server (where the two differ). ``rotate``: the meeting gets a new passcode.
    """

    ADMIT = "admit"
    REFUSE = "refuse"
    PUT_BACK = "put_back"
    REMOVE = "remove"
    EXPEL = "expel"
    QUIET = "quiet"
    UNQUIET = "unquiet"
    STOP_SHARE = "stop_share"
    DEMOTE = "demote"
    LOBBY_ON = "lobby_on"
    QUIET_ALL = "quiet_all"
    UNQUIET_ALL = "unquiet_all"
    END = "end"
    REVOKE = "revoke"
    ROTATE = "rotate"


REMOVALS = frozenset({ActKind.PUT_BACK, ActKind.REMOVE, ActKind.EXPEL})
ON_CONNECTION = frozenset(
    {
        ActKind.ADMIT,
        ActKind.REFUSE,
        ActKind.PUT_BACK,
        ActKind.REMOVE,
        ActKind.EXPEL,
        ActKind.QUIET,
        ActKind.UNQUIET,
        ActKind.STOP_SHARE,
        ActKind.DEMOTE,
    }
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform (this server, with our rights) can do, and how soon an effect shows, in seconds.

    ``confirm_within`` holds for every act that ``confirm_kind`` does not name. ``no_hands``: why acts that the
    platform knows cannot be done just now, as a sentence; "" when our hands are there. ``bans_by_address``: who is
    removed here cannot come back with the same address, whoever uses it; ``undo_note`` says so to a human.
    """

    platform: str
    can: frozenset[ActKind]
    confirm_within: float = 3.0
    snapshot_carries_identity: bool = True
    can_inform: bool = False
    notes: tuple[str, ...] = ()
    confirm_kind: tuple[tuple[ActKind, float], ...] = ()
    no_hands: str = ""
    bans_by_address: bool = False
    undo_note: str = ""

    def within(self, kind: ActKind) -> float:
        """Seconds in which the effect of such an act shows."""
        return dict(self.confirm_kind).get(kind, self.confirm_within)


@dataclass(frozen=True, slots=True)
class Act:
    """One wish to a platform. ``handle`` names the connection; ``keep`` is for ``lobby_on`` (who must stay inside)
    and ``quiet_all`` (who may still speak).
    """

    kind: ActKind
    handle: str | None = None
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """The platform is to be asked. ``rule`` is the named rule, ``reason`` its words; ``order`` set: a human's order.

    ``proofs`` and ``person`` are what the decision rested on, for the audit trail.
    """

    at: float
    ask: str
    act: Act
    rule: str
    reason: str
    order: str | None = None
    person: str | None = None
    proofs: frozenset[Proof] = frozenset()


@dataclass(frozen=True, slots=True)
class Again:
    """The effect did not show within its time: the same ask is sent once more."""

    at: float
    ask: str


class AskEnd(StrEnum):
    """How an ask ended. asked = confirmed + superseded + escalated."""

    CONFIRMED = "confirmed"
    SUPERSEDED = "superseded"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Close:
    """An ask came to its end. ``not_before``: nothing of the kind is asked for that connection until then."""

    at: float
    ask: str
    end: AskEnd
    why: str
    not_before: float | None = None


@dataclass(frozen=True, slots=True)
class EnterPhase:
    """The meeting enters a phase."""

    at: float
    phase: Phase
    why: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A human's act on the platform itself becomes a standing word."""

    at: float
    word: Word


@dataclass(frozen=True, slots=True)
class Considered:
    """A native act was looked at; it is not looked at again."""

    at: float


@dataclass(frozen=True, slots=True)
class Tighten:
    """A wave of unknowns: until then only strong proofs open the door."""

    at: float
    until: float


@dataclass(frozen=True, slots=True)
class Inform:
    """A waiting person is told, once, why they wait and whom to call. Best effort; not an ask."""

    at: float
    handle: str


@dataclass(frozen=True, slots=True)
class Raise:
    """An incident is opened, or changed (``incident.revision`` counts)."""

    at: float
    incident: Incident


@dataclass(frozen=True, slots=True)
class Settle:
    """An incident's cause is over; its thread is closed."""

    at: float
    incident: str
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What really became of a human's order, given back where it came from."""

    at: float
    order: str
    done: bool
    text: str


@dataclass(frozen=True, slots=True)
class Reread:
    """A fresh snapshot is needed."""

    at: float
    why: str


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send ``Woke`` at this time, if nothing happens before. Not journalled."""

    at: float
    when: float


Decision = (
    Ask | Again | Close | EnterPhase | Grant | Considered | Tighten | Inform | Raise | Settle | Answer | Reread | WakeAt
)
