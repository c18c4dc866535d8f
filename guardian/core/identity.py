"""Who a connection is: what it shows, and the strength of each fact. Values only; matching lives in ``roster``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Proof(StrEnum):
    """One fact about who a connection is. Proofs are a set, not a ladder; ``CLAIMED`` only supports a name."""

    NAME_CLOSE = "name_close"
    NAME_EXACT = "name_exact"
    CLAIMED = "claimed"
    REGISTRANT = "registrant"
    VERIFIED = "verified"
    TOKEN = "token"


NAME_PROOFS = frozenset({Proof.NAME_CLOSE, Proof.NAME_EXACT})
STRONG_PROOFS = frozenset({Proof.VERIFIED, Proof.TOKEN})


class Place(StrEnum):
    """Where a connection is: in the lobby or in the meeting."""

    WAITING = "waiting"
    INSIDE = "inside"


class PlatformRole(StrEnum):
    """The power a connection holds on the platform, whoever gave it."""

    ATTENDEE = "attendee"
    MODERATOR = "moderator"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a connection shows of itself.

    ``account``, ``email`` and ``token`` are vouched for by the platform (or a signature that we checked) and are
    trustworthy; ``name``, ``claimed_email`` and ``phone`` are whatever somebody typed. ``registrant`` is a platform
    registrant id that we made or a human pinned; ``link`` the id of our personal link, freshly
    opened. ``seen`` is False when we know that somebody is there but missed what they showed.
    """

    name: str = ""
    account: str | None = None
    email: str | None = None
    token: str | None = None
    link: str | None = None
    registrant: str | None = None
    claimed_email: str | None = None
    phone: str | None = None
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """One connection as a platform reports it now. ``handle`` is what actions are aimed at; opaque to the core."""

    handle: str
    place: Place
    evidence: Evidence = Evidence()
    role: PlatformRole = PlatformRole.ATTENDEE
    sharing: bool = False
    is_self: bool = False
    room: str = "main"


def strong_keys(evidence: Evidence) -> frozenset[str]:
    """Keys that survive a reconnect: account, verified address, token, link, registrant. Never a display name."""
    pairs = (
        ("account", evidence.account),
        ("email", evidence.email.casefold() if evidence.email else None),
        ("token", evidence.token),
        ("link", evidence.link),
        ("registrant", evidence.registrant),
    )
    return frozenset(f"{kind}:{value}" for kind, value in pairs if value)


def bound_keys(evidence: Evidence) -> frozenset[str]:
    """Strong keys that only one owner can show: account, verified address, token, our link (not a registration)."""
    return frozenset(key for key in strong_keys(evidence) if not key.startswith("registrant:"))


def keys(handle: str, evidence: Evidence) -> frozenset[str]:
    """Everything that a bar or a hold on this connection is kept under: its handle and its strong keys."""
    return strong_keys(evidence) | {f"handle:{handle}"}
