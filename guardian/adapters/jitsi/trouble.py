"""Foreign troubles of one connection, mapped to our errors: what the server says, what the network says.

Nothing that a URL holds may get into a text here: it may carry a token.
"""

from __future__ import annotations

import os
from xml.etree.ElementTree import Element

from guardian.adapters.jitsi import wire, wire_facts, wire_sasl
from guardian.errors import LoginRefusedError, PermanentError, TemporaryError

_PASSING = frozenset(
    "internal-server-error recipient-unavailable remote-server-not-found remote-server-timeout resource-constraint"
    " service-unavailable unexpected-request".split()
)
"""Conditions of RFC 6120 section 8.3.3 that may be gone at the next try."""


class StanzaRefusedError(PermanentError):
    """The server answered an IQ with an error that the next try will meet as well."""

    def __init__(self, condition: str) -> None:
        super().__init__(f"the server refused: {condition}")
        self.condition = condition


class HostUnknownError(PermanentError):
    """The server does not know the host that we want to log in to."""


class AddressUnusableError(PermanentError):
    """The websocket address can never be connected to."""


class ConflictError(TemporaryError):
    """Somebody else took our connection's address."""


class NoAnswerError(TemporaryError):
    """Nothing came back in time."""


class JoinRefusedError(TemporaryError):
    """A room did not let us in; ``condition`` of RFC 6120 section 8.3.3."""

    def __init__(self, condition: str) -> None:
        super().__init__(_WHY.get(condition, f"the room does not let us in: {wire.clean(condition)[:40]}"))
        self.condition = condition


_WHY = {
    "registration-required": "we stand before our own lobby: a moderator must let the guardian in",
    "not-authorized": "the room has a password, and our account is not exempt from it",
    "forbidden": "our account is banned from the room",
    "not-allowed": "there is no such room, and our account may not create it (or the token is for another room)",
    "conflict": "our nick is taken in the room",
}


def answered(reply: Element) -> None:
    """The error in an answer to an IQ is raised: StanzaRefusedError, TemporaryError (RFC 6120 section 8.3)."""
    if reply.get("type") != "error":
        return
    condition, kind = wire_facts.error_of(reply)
    if kind == "wait" or condition in _PASSING:
        raise TemporaryError(f"the server answered: {condition}")
    raise StanzaRefusedError(condition)


def of_stream(element: Element) -> TemporaryError | PermanentError | None:
    """A stream error (RFC 6120 section 4.9); None for any other element."""
    if element.tag != "{http://etherx.jabber.org/streams}error":
        return None
    names = [child.tag.removeprefix(f"{{{wire.STREAMS}}}") for child in element]
    if "host-unknown" in names:
        return HostUnknownError("the server does not know our domain")
    if "conflict" in names:
        return ConflictError("our connection was taken over by another one")
    condition = next((name for name in names if name != "text"), "")
    return TemporaryError(f"the server ended the connection: {wire.clean(condition)[:40]}")


def of_login(answer: Element) -> LoginRefusedError | TemporaryError:
    """A SASL failure (RFC 6120 section 6.5)."""
    names = [child.tag.removeprefix(f"{{{wire.SASL}}}") for child in answer]
    condition = next((name for name in names if name != "text"), "")
    if condition == "temporary-auth-failure":
        return TemporaryError("the server cannot check our login just now")
    return wire_sasl.refused(condition, answer.findtext(f"{{{wire.SASL}}}text") or "")


def words(error: BaseException) -> str:
    """What went wrong, without anything that the URL holds."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"HTTP {status}"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return type(error).__name__
