"""What a human must know: kinds, severity and grouping. Texts for people live in each channel's own wire file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How soon a human must look. CRITICAL pages at once, by every channel."""

    INFO = 10
    NOTICE = 20
    WARNING = 30
    CRITICAL = 40


class IncidentKind(StrEnum):
    """Every sort of incident. The value is the stable word used in logs, metrics and threads."""

    STRANGER_WAITING = "stranger_waiting"
    NEEDS_DECISION = "needs_decision"
    STRANGER_INSIDE = "stranger_inside"
    UNPROVEN_INSIDE = "unproven_inside"
    BARRED_BACK = "barred_back"
    IMPERSONATION = "impersonation"
    UNPROVEN_MODERATOR = "unproven_moderator"
    SECOND_CLAIM = "second_claim"
    SHARING = "sharing"
    RENAMED = "renamed"
    NO_LONGER_VALID = "no_longer_valid"
    ROSTER_BROKEN = "roster_broken"
    ROSTER_DOUBTED = "roster_doubted"
    BRAKE = "brake"
    WAVE = "wave"
    BLIND_START = "blind_start"
    OUTSIDE_SLOT = "outside_slot"
    HOST_LOST = "host_lost"
    LINK_LOST = "link_lost"
    JOURNAL_LOST = "journal_lost"
    FOREIGN_SELF = "foreign_self"
    TASK_CRASHED = "task_crashed"
    NOT_CONFIRMED = "not_confirmed"
    ACT_FAILED = "act_failed"
    NATIVE_ADMIT = "native_admit"
    NATIVE_ADMIT_ALL = "native_admit_all"
    NATIVE_PUT_OUT = "native_put_out"
    LOBBY_SWITCHED_OFF = "lobby_switched_off"
    PANIC = "panic"
    LOCKED = "locked"
    OPENED = "opened"
    NO_HANDS = "no_hands"
    CAME_IN_AS = "came_in_as"
    BEFORE_HOST = "before_host"
    PUBLIC_LINK = "public_link"
    STALE_DELIVERIES = "stale_deliveries"
    FORWARDED_LINK = "forwarded_link"
    OVERRULED = "overruled"


SEVERITY: dict[IncidentKind, Severity] = {
    IncidentKind.STRANGER_WAITING: Severity.NOTICE,
    IncidentKind.NEEDS_DECISION: Severity.WARNING,
    IncidentKind.STRANGER_INSIDE: Severity.CRITICAL,
    IncidentKind.UNPROVEN_INSIDE: Severity.WARNING,
    IncidentKind.BARRED_BACK: Severity.WARNING,
    IncidentKind.IMPERSONATION: Severity.WARNING,
    IncidentKind.UNPROVEN_MODERATOR: Severity.CRITICAL,
    IncidentKind.SECOND_CLAIM: Severity.WARNING,
    IncidentKind.SHARING: Severity.WARNING,
    IncidentKind.RENAMED: Severity.NOTICE,
    IncidentKind.NO_LONGER_VALID: Severity.NOTICE,
    IncidentKind.ROSTER_BROKEN: Severity.WARNING,
    IncidentKind.ROSTER_DOUBTED: Severity.WARNING,
    IncidentKind.BRAKE: Severity.CRITICAL,
    IncidentKind.WAVE: Severity.WARNING,
    IncidentKind.BLIND_START: Severity.WARNING,
    IncidentKind.OUTSIDE_SLOT: Severity.WARNING,
    IncidentKind.HOST_LOST: Severity.NOTICE,
    IncidentKind.LINK_LOST: Severity.WARNING,
    IncidentKind.JOURNAL_LOST: Severity.CRITICAL,
    IncidentKind.FOREIGN_SELF: Severity.CRITICAL,
    IncidentKind.TASK_CRASHED: Severity.WARNING,
    IncidentKind.NOT_CONFIRMED: Severity.WARNING,
    IncidentKind.ACT_FAILED: Severity.CRITICAL,
    IncidentKind.NATIVE_ADMIT: Severity.INFO,
    IncidentKind.NATIVE_ADMIT_ALL: Severity.WARNING,
    IncidentKind.NATIVE_PUT_OUT: Severity.INFO,
    IncidentKind.LOBBY_SWITCHED_OFF: Severity.CRITICAL,
    IncidentKind.PANIC: Severity.CRITICAL,
    IncidentKind.LOCKED: Severity.INFO,
    IncidentKind.OPENED: Severity.INFO,
    IncidentKind.NO_HANDS: Severity.CRITICAL,
    IncidentKind.CAME_IN_AS: Severity.CRITICAL,
    IncidentKind.BEFORE_HOST: Severity.WARNING,
    IncidentKind.PUBLIC_LINK: Severity.CRITICAL,
    IncidentKind.STALE_DELIVERIES: Severity.WARNING,
    IncidentKind.FORWARDED_LINK: Severity.WARNING,
    IncidentKind.OVERRULED: Severity.NOTICE,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One connection that an incident is about, as it stood when it was told: the name as typed (attacker's text!),
    the roster person's id and name if it matched one, the reason in words and where they were.
    """

    handle: str
    name: str
    person: str | None
    place: str
    reason: str
    person_name: str | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What a human did about an incident: the order (its id) with what really became of it, or (verb "acknowledge")
    that they saw it. ``text`` bears names of operators only.
    """

    at: float
    order: str
    by: str
    verb: str
    done: bool
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One thread: grouped by kind within an occurrence (a raid is one incident with a count, not sixty).

    ``revision`` counts the updates; ``verbs`` are the orders that it offers; ``detail`` is a sentence without names of
    people in the meeting. ``asks_since``: since when somebody is asked to acknowledge it.
    """

    key: str
    kind: IncidentKind
    severity: Severity
    opened_at: float
    changed_at: float
    revision: int = 1
    subjects: tuple[Subject, ...] = ()
    detail: str = ""
    verbs: tuple[str, ...] = ()
    acknowledged_by: str | None = None
    settled: bool = False
    asks_since: float = 0.0
    deeds: tuple[Deed, ...] = ()
