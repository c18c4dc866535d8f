"""Who may order what: the scopes, and a human as whichever door let them in names them. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guardian.errors import DeniedError


class Scope(StrEnum):
    """What an operator may do. They do not contain one another: a panic button need not see names."""

    VIEW = "view"
    DOOR = "door"
    PANIC = "panic"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Operator:
    """A human, as a verified token, a signed Slack request, a mail's link or a panel's context names them.

    ``meetings`` None: every meeting. ``expires`` in seconds UTC. ``token_id``: what the right rests on, for the audit.
    """

    name: str
    scopes: frozenset[Scope]
    meetings: frozenset[str] | None
    token_id: str
    expires: float

    def may_enter(self, meeting: str) -> bool:
        """Whether this meeting is covered."""
        return self.meetings is None or meeting in self.meetings

    def require(self, scope: Scope) -> None:
        """Raise DeniedError unless ``scope`` is there."""
        if scope not in self.scopes:
            raise DeniedError(f"this token has not the scope {scope.value}")

    def require_in(self, meeting: str) -> None:
        """Raise DeniedError unless this meeting is covered."""
        if not self.may_enter(meeting):
            raise DeniedError("this token is not for that meeting")

    def require_everywhere(self) -> None:
        """Raise DeniedError unless every meeting is covered."""
        if self.meetings is not None:
            raise DeniedError("this token is not for every meeting")
