"""What a class wants: the gate and every setting of the decision, with its unit and default. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guardian.core.identity import STRONG_PROOFS, Proof
from guardian.core.roster import Role


class Mode(StrEnum):
    """How far the machine may go. OBSERVE decides like ENFORCE; its platform only simulates."""

    OBSERVE = "observe"
    ASSIST = "assist"
    ENFORCE = "enforce"


class Unknown(StrEnum):
    """What happens to a stranger who waits while the class is open."""

    PATIENCE = "patience"
    REFUSE = "refuse"


class Bots(StrEnum):
    """What happens to a bot or AI note-taker at the door. REFUSE: at once; HOLD: it waits and a human is asked."""

    REFUSE = "refuse"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Policy:
    """One class's settings. Times in seconds.

    ``gate``: proofs that open the door. ``lock_after``: from OPEN; None = never by time. ``brake_per_minute`` and
    ``brake_share`` (of those inside, at least one) cap the machine's removals in any 60 seconds. ``wave_knocks``
    strangers within ``wave_window`` tighten the gate for ``wave_calm``. ``end_after_empty``: nobody but the guardian
    for so long after the slot ends the occurrence. ``retry_after``: first pause after an act that failed.
    """

    gate: frozenset[Proof] = STRONG_PROOFS
    mode: Mode = Mode.ASSIST
    unknown: Unknown = Unknown.PATIENCE
    bots: Bots = Bots.REFUSE
    patience: float = 120.0
    settle: float = 2.0
    lock_after: float | None = 600.0
    lock_when_all_in: bool = True
    lobby_from_start: bool = True
    may_share: frozenset[Role] = frozenset({Role.HOST, Role.STAFF})
    brake_per_minute: int = 5
    brake_share: float = 0.1
    wave_knocks: int = 20
    wave_window: float = 60.0
    wave_calm: float = 300.0
    second_claim_patience: float = 10.0
    end_after_empty: float = 600.0
    retry_after: float = 5.0
    inform_waiting: bool = True


BRAKE_WINDOW = 60.0
