"""Logging in, step by step: SCRAM (RFC 5802, RFC 7677), PLAIN (RFC 4616), ANONYMOUS (RFC 4505). Pure: no I/O.

May live here: what to answer to which challenge. May not: sending, waiting, tokens in URLs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Set as AbstractSet
from typing import Protocol

from scramp import ScramClient, ScramException

from guardian.adapters.jitsi.wire import clean
from guardian.errors import LoginRefusedError

_SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-1")


class Exchange(Protocol):
    """One login under way. Texts are base64, as they stand in the stanzas."""

    mechanism: str

    def first(self) -> str:
        """What goes with ``<auth>``."""
        ...

    def answer(self, challenge: str) -> str:
        """What goes into ``<response>``. Raises LoginRefusedError."""
        ...

    def finish(self, proof: str) -> None:
        """The server's last word, from ``<success>``. Raises LoginRefusedError."""
        ...


def for_account(
    offered: AbstractSet[str], name: str, password: str, *, confidential: bool, nonce: str | None = None
) -> Exchange:
    """The best login that the server offers. PLAIN only where ``confidential``: over TLS or on this machine.

    Raises LoginRefusedError where nothing fits.
    """
    for mechanism in _SCRAM:
        if mechanism in offered:
            try:
                return _Scram(mechanism, name, password, nonce)
            except ScramException as error:
                # RFC 4013 forbids some characters: a control character in the file of a password, for one.
                raise LoginRefusedError("the account or password holds a character that a login cannot") from error
    if "PLAIN" in offered and confidential:
        return _Plain(name, password)
    why = "only in clear text over an open line" if "PLAIN" in offered else "by none of SCRAM or PLAIN"
    raise LoginRefusedError(f"the server lets accounts log in {why}")


def anonymous(offered: AbstractSet[str]) -> Exchange:
    """Without an account; a token in the URL may decide. Raises LoginRefusedError."""
    if "ANONYMOUS" not in offered:
        raise LoginRefusedError("the server offers no login without an account on this host")
    return _Anonymous()


def refused(condition: str, text: str) -> LoginRefusedError:
    """What a SASL failure means for the person who set up the login (RFC 6120 section 6.5)."""
    known = {"not-authorized": "wrong account or password", "account-disabled": "the account is disabled"}
    if condition in known:
        return LoginRefusedError(known[condition])
    words = {"not-allowed": "the server does not accept the token"}.get(
        condition, f"the server refused the login ({clean(condition)[:40]})"
    )
    # Of a token the server says what is wrong: expired, wrong issuer …
    return LoginRefusedError(f"{words}: {clean(text)[:200]}" if text else words)


class _Scram:
    def __init__(self, mechanism: str, name: str, password: str, nonce: str | None) -> None:
        self.mechanism = mechanism
        self._client = ScramClient([mechanism], name, password, c_nonce=nonce)

    def first(self) -> str:
        return _encode(self._client.get_client_first())

    def answer(self, challenge: str) -> str:
        try:
            self._client.set_server_first(_decode(challenge))
            return _encode(self._client.get_client_final())
        except ScramException as error:
            raise LoginRefusedError("the server's part of the login makes no sense") from error

    def finish(self, proof: str) -> None:
        try:
            self._client.set_server_final(_decode(proof))
        except ScramException as error:
            raise LoginRefusedError("the server could not prove that it knows our account") from error


class _Plain:
    mechanism = "PLAIN"

    def __init__(self, name: str, password: str) -> None:
        self._payload = _encode(f"\0{name}\0{password}")

    def first(self) -> str:
        return self._payload

    def answer(self, challenge: str) -> str:  # noqa: ARG002 - the protocol's shape
        raise LoginRefusedError("the server asks something that this login has no answer to")

    def finish(self, proof: str) -> None:
        """PLAIN gives no proof of the server."""


class _Anonymous(_Plain):
    mechanism = "ANONYMOUS"

    def __init__(self) -> None:
        self._payload = ""


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise LoginRefusedError("the server's part of the login is not base64") from error
