"""The whole error tree, split by what the caller can do about it. Nothing else lives here.

Expected refusals inside the core are values, not exceptions. Foreign errors are mapped to these at the edge, with the
original chained.
"""

from __future__ import annotations

from typing import Any


class GuardianError(Exception):
    """Everything we raise on purpose. Its text is written for the person who has to act on it."""


class ConfigError(GuardianError):
    """The configuration cannot be used: wrong key, missing secret, value out of range. Nothing was started."""


class RosterError(GuardianError):
    """A roster source cannot be read. ``problems`` lists each fault with its line; the old roster stays in use."""

    def __init__(self, source: str, problems: tuple[str, ...]) -> None:
        """Name the source and every fault found in it."""
        super().__init__(f"{source}: " + "; ".join(problems[:5]) + (" …" if len(problems) > 5 else ""))
        self.source = source
        self.problems = problems


class ScheduleError(GuardianError):
    """A calendar cannot be read or fetched. What was read of it before stays in use."""


class PlatformError(GuardianError):
    """A platform did not do what it was asked."""


class TemporaryError(PlatformError):
    """Worth trying again. ``delay`` is the platform's own wish in seconds, or None."""

    def __init__(self, message: str, delay: float | None = None) -> None:
        """Keep the platform's wish for a pause, in seconds."""
        super().__init__(message)
        self.delay = delay


class PermanentError(PlatformError):
    """Trying again will not help: no right, no such person, not supported."""


class LoginRefusedError(PermanentError):
    """The platform does not accept our account or token."""


class NotSupportedError(PermanentError):
    """This platform, or this server, cannot do that at all."""


class JournalError(GuardianError):
    """The journal cannot be written or read: disk full, database gone. Nothing was acknowledged."""


class JournalDamagedError(JournalError):
    """The chain of digests does not verify: rows were changed, removed or put in another order."""


class DataDirectoryInUseError(GuardianError):
    """Another guardian holds the exclusive lock on this data directory."""


class DeniedError(GuardianError):
    """An operator's token is missing, wrong, expired, or has not the scope."""


class OrderError(GuardianError):
    """A human's order cannot be given as it stands; nothing was done. Its text says what to change."""


class NobodyMeantError(OrderError):
    """Nobody here or on the list is called that; or no such incident, or meeting."""


class SeveralMeantError(OrderError):
    """More than one may be meant. ``candidates`` (``guardian.ports.Candidate``) are those to pick from."""

    def __init__(self, message: str, candidates: tuple[Any, ...]) -> None:
        """Keep whom to pick from."""
        super().__init__(message)
        self.candidates = candidates


class NotDeliveredError(GuardianError):
    """A notice did not leave by this channel."""


class UnknownMeetingError(GuardianError):
    """No meeting of this id is configured here."""
