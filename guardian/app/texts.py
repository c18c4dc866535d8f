"""Every sentence that the app itself writes to people: to those who wait, and the two letters about a class.

Incidents are worded by each channel. No display name of the platform stands in any of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guardian.core.actions import ActKind
from guardian.core.meeting import Counts
from guardian.ports import Letter


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a check before class found: whether it can be guarded, and its points in words."""

    go: bool
    lines: tuple[str, ...]


def waiting(call: str) -> str:
    """For somebody in the lobby. Neutral: it says the same to a child and to a stranger."""
    text = (
        "You are in the waiting room. Only people on the class list come in by themselves; the teacher has been told."
    )
    return f"{text} If you belong here, call {call}." if call else text


def briefing(title: str, occurrence: str, found: Briefing) -> Letter:
    """The go / no-go message before class; it is at once the test that this channel works."""
    word = "go" if found.go else "NO-GO"
    return Letter(title, occurrence, f"{title}: {word}", found.lines, urgent=not found.go)


def closing(title: str, occurrence: str, counts: Counts, confirmed: Mapping[ActKind, int], head: str | None) -> Letter:
    """The summary after class: numbers only, and the journal's head, by which the journal can be checked later."""
    ends = f"confirmed {counts.confirmed}, overtaken {counts.superseded}, handed to a human {counts.escalated}"
    lines = (
        f"Let in by the guardian: {confirmed.get(ActKind.ADMIT, 0)}",
        f"Refused at the door: {confirmed.get(ActKind.REFUSE, 0)}",
        f"Put back to the lobby: {confirmed.get(ActKind.PUT_BACK, 0)}",
        f"Removed: {confirmed.get(ActKind.REMOVE, 0) + confirmed.get(ActKind.EXPEL, 0)}",
        f"Asked of the platform: {counts.asked} ({ends})",
        f"Occurrence: {occurrence}",
        f"Journal head: {head or 'not known, the journal could not be read'}",
    )
    return Letter(title, occurrence, f"{title}: closed", lines)


def crashed(title: str, occurrence: str, task: str, error: str, in_a_row: int) -> Letter:
    """A part of the guardian broke and no live meeting could carry the news."""
    times = "once" if in_a_row == 1 else f"{in_a_row} times in a row"
    lines = (f"The task {task} stopped {times} with {error} and was started again.", "Please look at the log.")
    return Letter(title, occurrence, f"{title}: a part of the guardian broke", lines, urgent=True)


def unreadable(title: str, occurrence: str, reason: str) -> Letter:
    """The journal of a run that was under way cannot be read: it is guarded as if it had just begun."""
    lines = (
        f"The record of {occurrence} cannot be read ({reason}).",
        "The meeting is guarded as if the guardian had only now arrived: nobody is removed until a human says so.",
    )
    return Letter(title, occurrence, f"{title}: the journal cannot be read", lines, urgent=True)


def forwarded(title: str, meeting: str, what: str) -> Letter:
    """A personal link was opened in a browser that is not its own, while no class is on."""
    lines = (
        f"{what[:1].upper()}{what[1:]}.",
        "Ask the owner, who was written to. `guardian link revoke PERSON` sends a new one.",
    )
    return Letter(title, f"{meeting}.links", f"{title}: a personal link was opened on another device", lines)


def links_trouble(title: str, meeting: str, what: str) -> Letter:
    """Personal links need a human."""
    lines = (f"{what[:1].upper()}{what[1:]}.", f"Run `guardian invite {meeting}`: it goes on where that broke off.")
    return Letter(title, f"{meeting}.links", f"{title}: personal links need you", lines, urgent=True)


def calendar(title: str, meeting: str, what: str) -> Letter:
    """The calendar from which the class's times come cannot be read, or has nothing to come."""
    lines = (what, "As long as this lasts the class is guarded at the times that were read before, if there are any.")
    return Letter(title, f"{meeting}.calendar", f"{title}: the calendar needs you", lines, urgent=True)
