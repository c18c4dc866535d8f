"""A webhook request of Zoom's as bytes: is it signed, is it fresh, what is its envelope. Pure.

Source: developers.zoom.us/docs/api/webhooks, "Using webhooks". What an event means stands in ``wire_events``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

import msgspec

from guardian.core.wholetext import whole_json

VALIDATION = "endpoint.url_validation"
_LONGEST_TIMESTAMP = 12  # digits; seconds since the epoch have ten


class WireError(ValueError):
    """What came is not what Zoom sends. Its text never quotes the content."""


class Envelope(msgspec.Struct):
    """What all events have in common. ``event_ts`` in milliseconds since the epoch; ``payload`` is still JSON."""

    event: str
    event_ts: int | float | str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class _Validation(msgspec.Struct):
    plain_token: str = msgspec.field(name="plainToken")


_envelopes = msgspec.json.Decoder(Envelope)
_validations = msgspec.json.Decoder(_Validation)

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading foreign JSON may raise."""


def signed_by(secrets: Iterable[str], timestamp: str, body: bytes, signature: str) -> str | None:
    """The secret that made this signature; None: none of them.

    Over the raw bytes, as parsing and writing again may change them; each comparison takes the same time wherever the
    first difference is, and every secret is tried. An empty secret signs nothing.
    """
    found = None
    message = b"v0:" + _raw(timestamp) + b":" + body
    given = _raw(signature)
    for secret in secrets:
        made = "v0=" + hmac.digest(secret.encode(), message, "sha256").hex()
        if hmac.compare_digest(made.encode(), given) and secret:
            found = secret
    return found


def verify(secrets: Iterable[str], timestamp: str, body: bytes, signature: str) -> bool:
    """Whether one of the secrets (two while they are being changed) made this signature."""
    return signed_by(secrets, timestamp, body, signature) is not None


def fresh(timestamp: str, now: float, max_age: float) -> bool:
    """Whether a request was signed at most ``max_age`` seconds ago, and no more than that in the future.

    ``timestamp`` is ``x-zm-request-timestamp``: whole seconds since the epoch. Zoom states no limit; this is ours.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        return False
    return abs(now - int(timestamp)) <= max_age


def parse(body: bytes) -> Envelope:
    """The envelope. Unknown keys are ignored: new ones come without notice. Raises WireError, nothing else."""
    try:
        envelope: Envelope = decoded(_envelopes, body)
    except UNREADABLE as error:
        raise WireError("not an event in JSON") from error
    return envelope


def decoded(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw) -> Any:
    """What ``decoder`` reads. Half a character in somebody's name is read as U+FFFD, for it must not hide them.

    Raises UNREADABLE.
    """
    try:
        return decoder.decode(body)
    except msgspec.DecodeError:
        return decoder.decode(whole_json(bytes(body)))


def validation_answer(secret: str, plain_token: str) -> bytes:
    """The body that proves to Zoom that this address knows the secret; asked at set-up and every 72 hours."""
    encrypted = hmac.new(secret.encode(), plain_token.encode(), hashlib.sha256).hexdigest()
    return msgspec.json.encode({"plainToken": plain_token, "encryptedToken": encrypted})


def plain_token(envelope: Envelope) -> str:
    """What a validation request asks us to sign. Raises WireError."""
    try:
        return _validations.decode(envelope.payload).plain_token
    except UNREADABLE as error:
        raise WireError("no token to sign") from error


def _raw(header: str) -> bytes:
    """Bytes to compare, whatever the header holds: HTTP libraries decode what is no UTF-8 with lone surrogates."""
    return header.encode("utf-8", "surrogatepass")
