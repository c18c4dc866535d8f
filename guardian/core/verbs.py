"""The table of human verbs: at whom each aims, which scope it needs, and its one line of help. Values only.

Routes and commands are made from it, so that every road offers the same verbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guardian.core.events import Verb
from guardian.core.operators import Scope


class Aim(StrEnum):
    """At whom a verb aims. SOMEBODY: a connection or a roster person. GUEST: a name or address to be let in.
    SUBSTITUTE: a name and the platform account that is to count as a host.
    """

    MEETING = "meeting"
    SOMEBODY = "somebody"
    CONNECTION = "connection"
    GUEST = "guest"
    SUBSTITUTE = "substitute"


class Door(StrEnum):
    """Where a human's order may come in."""

    CLI = "cli"
    API = "api"
    PAGE = "page"
    PANEL = "panel"
    SLACK = "slack"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class VerbRule:
    """One verb. ``scopes``: all of them are needed. ``grave``: cannot be taken back, or touches everybody, so a person
    is asked first. ``closed``: doors that do not take it, with the reason in words. ``label``: its button.
    """

    verb: Verb
    aim: Aim
    scopes: frozenset[Scope]
    says: str
    label: str
    grave: bool = False
    closed: tuple[tuple[Door, str], ...] = ()

    def open_at(self, door: Door) -> bool:
        """Whether it may come in there."""
        return all(door is not closed for closed, _ in self.closed)


_DOOR = frozenset({Scope.DOOR})
_PANIC = frozenset({Scope.PANIC})
_ADMIN = frozenset({Scope.ADMIN})

_NO_MORE_HOSTS = (
    (Door.PANEL, "a substitute must not be able to make more substitutes, nor to lengthen their own time"),
)

RULES: dict[Verb, VerbRule] = {
    rule.verb: rule
    for rule in (
        VerbRule(Verb.ADMIT, Aim.SOMEBODY, _DOOR, "Let somebody in, for this class.", "Admit"),
        VerbRule(Verb.HOLD, Aim.SOMEBODY, _DOOR, "Keep somebody out until a human says otherwise.", "Hold"),
        VerbRule(Verb.REMOVE, Aim.CONNECTION, _DOOR, "Put somebody out, for the rest of this class.", "Remove"),
        VerbRule(Verb.ALLOW, Aim.GUEST, _DOOR, "Expect a guest today, by name or address.", "Allow for today"),
        VerbRule(
            Verb.COVER,
            Aim.SUBSTITUTE,
            _ADMIN,
            "Let somebody stand in for the host, by their account.",
            "Substitute host",
            closed=_NO_MORE_HOSTS,
        ),
        VerbRule(Verb.LOCK, Aim.MEETING, _DOOR, "Lock the door: only the proven come in late.", "Lock"),
        VerbRule(Verb.UNLOCK, Aim.MEETING, _DOOR, "Unlock the door, and keep it unlocked for this class.", "Unlock"),
        VerbRule(Verb.PAUSE, Aim.MEETING, _PANIC, "Let the guardian stop acting; the door stays as it is.", "Pause"),
        VerbRule(Verb.RESUME, Aim.MEETING, _PANIC, "Let the guardian act again; also ends a panic.", "Resume"),
        VerbRule(
            Verb.PANIC, Aim.MEETING, _PANIC, "Lock, silence everybody, and send all unproven back to wait.", "Panic"
        ),
        VerbRule(
            Verb.ENFORCE, Aim.MEETING, _ADMIN, "Let the guardian put strangers out without asking first.", "Enforce"
        ),
        VerbRule(
            Verb.ROTATE,
            Aim.MEETING,
            _DOOR,
            "Give the meeting a new passcode: links that got about stop working.",
            "New passcode",
        ),
        VerbRule(Verb.END, Aim.MEETING, _ADMIN, "End the meeting for everybody.", "End for all", grave=True),
        # It may take back a panic as well as an admission.
        VerbRule(Verb.UNDO, Aim.MEETING, _DOOR | _PANIC, "Take back the last order.", "Undo"),
    )
}
