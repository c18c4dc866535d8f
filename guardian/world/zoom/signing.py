"""Zoom's signatures as documented under "Using webhooks": written for this world alone, on purpose.

May live here: HMACs over bytes. May not: any code shared with the receiver that is tested against it.
"""

from __future__ import annotations

import hashlib
import hmac
import json


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The header `x-zm-signature`: "v0=" and the HMAC-SHA256 of "v0:timestamp:body" in hex."""
    return "v0=" + _hex(secret, b"v0:" + timestamp.encode() + b":" + body)


def expected_validation(secret: str, plain_token: str) -> dict[str, str]:
    """What a right answer to `endpoint.url_validation` says."""
    return {"plainToken": plain_token, "encryptedToken": _hex(secret, plain_token.encode())}


def encode(value: object) -> bytes:
    """A body as Zoom sends it: compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
