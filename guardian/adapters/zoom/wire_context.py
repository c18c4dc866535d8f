"""Who a companion panel is: Zoom's encrypted app context, and our own one-time tokens. Pure.

May live here: decrypting and checking what proves a panel. May not: which meetings we guard and who hosts them
(``desk``). Source: Zoom Apps documentation, "Zoom App Context". What is not exactly as described there raises
ValueError, whoever made it, and the text of the error never holds a part of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ISSUER = "marketplace.zoom.us"
SKEW = 5.0  # seconds by which Zoom's clock and ours may differ
SESSION_LIFE = 60.0  # seconds from serving the page to its first message
STATE_LIFE = 3600.0  # seconds from our link to the end of Zoom's dialogue on adding the app
_LONGEST = 8192  # characters; a real context has some 400
_TAG = 16  # bytes; AES-GCM would take a shorter one, and that can be guessed
_SESSION = b"guardian zoom panel session"
_STATE = b"guardian zoom panel state"
_T = TypeVar("_T")


class _Claims(msgspec.Struct):
    """The plaintext. Absent for guests: ``uid``; outside a meeting: ``mid``, ``attendrole``. Others are ignored."""

    typ: str
    aud: str
    iss: str
    exp: int
    ts: int = 0
    uid: str = ""
    mid: str = ""
    attendrole: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What Zoom's client says about who has opened our page, and where. ``ts`` and ``exp`` in seconds UTC.

    ``typ``: panel (the main window), meeting, webinar, chat. ``mid``: the run of the meeting. ``role``: "host",
    "co-host" or another word of Zoom's, true when it was issued. ``aud``: the app's client id; nobody has compared
    it, nor ``iss``.
    """

    uid: str
    mid: str
    typ: str
    role: str
    aud: str
    iss: str
    ts: float
    exp: float


@dataclass(frozen=True, slots=True)
class Session:
    """What a one-time token of ours says. ``nonce`` is its own; ``exp`` in seconds UTC."""

    uid: str
    mid: str
    role: str
    nonce: str
    exp: float


def same_role(role: str) -> str:
    """One spelling for Zoom's three of a co-host (context, user context, participant events)."""
    word = role.strip().lower().replace("-", "").replace("_", "")
    return "co-host" if word == "cohost" else word


def decode(token: str, secret: str, now: float) -> Context:
    """Decrypt ``x-zoom-app-context``, or what ``getAppContext()`` gave. Raises ValueError, nothing else.

    Layout: iv length (1 byte), iv, length of the additional data (2), data, length of the text (4), text, tag of
    exactly 16 bytes, and nothing after it. Key: SHA-256 of the app's client secret.
    """
    if not secret:
        raise ValueError("there is no secret to check with")
    iv, extra, sealed = _parts(_bytes_of(token))
    key = hashlib.sha256(secret.encode()).digest()
    try:
        claims = msgspec.json.decode(AESGCM(key).decrypt(iv, sealed, extra), type=_Claims)
    except (InvalidTag, OverflowError, ValueError, msgspec.MsgspecError, RecursionError):
        # "from None": what was decrypted stays out of every traceback.
        raise ValueError("not sealed with our secret") from None
    context = Context(
        claims.uid,
        claims.mid,
        claims.typ,
        same_role(claims.attendrole),
        claims.aud,
        claims.iss,
        claims.ts / 1000,
        claims.exp / 1000,
    )
    if context.exp + SKEW < now:
        raise ValueError("expired")
    return context


def _bytes_of(token: str) -> bytes:
    """Base64 in either alphabet, with its whole padding or none; only the one spelling that an encoder writes."""
    if not 0 < len(token) <= _LONGEST:
        raise ValueError("no context, or far too long")
    urlsafe = "-" in token or "_" in token
    encoded = token.encode("ascii")  # a UnicodeEncodeError is a ValueError
    padded = encoded if encoded.endswith(b"=") else encoded + b"=" * (-len(encoded) % 4)
    try:
        raw = base64.b64decode(padded, altchars=b"-_" if urlsafe else None, validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    # Python ignores stray bits before the padding, so that several texts would mean the same bytes.
    if base64.b64encode(raw, altchars=b"-_" if urlsafe else None) != padded:
        raise ValueError("not base64 as an encoder writes it")
    return raw


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """(iv, additional data, ciphertext with its tag)."""
    pos = 0

    def take(count: int) -> bytes:
        nonlocal pos
        if count < 0 or pos + count > len(raw):
            raise ValueError("truncated")
        pos += count
        return raw[pos - count : pos]

    iv = take(take(1)[0])
    extra = take(struct.unpack("<H", take(2))[0])
    text = take(struct.unpack("<i", take(4))[0])
    tag = take(_TAG)
    if pos != len(raw):
        raise ValueError("trailing bytes")
    return iv, extra, text + tag


def sign_session(key: bytes, context: Context, nonce: str, now: float) -> str:
    """The token that a page gets for its first message: who it is for, for ``SESSION_LIFE`` seconds."""
    return _seal(key, _SESSION, [context.uid, context.mid, context.role, nonce, now + SESSION_LIFE])


def read_session(key: bytes, token: str, now: float) -> Session:
    """What a token of ours says. Raises ValueError. That it comes for the first time is the caller's to know."""
    uid, mid, role, nonce, exp = _open(key, _SESSION, token, tuple[str, str, str, str, float])
    if exp < now:
        raise ValueError("expired")
    return Session(uid, mid, role, nonce, exp)


def sign_state(key: bytes, nonce: str, now: float) -> str:
    """The OAuth ``state`` of our own link that adds the app (RFC 6749, section 10.12)."""
    return _seal(key, _STATE, [nonce, now + STATE_LIFE])


def check_state(key: bytes, state: str, now: float) -> None:
    """Raise ValueError unless ``state`` is ours and of the last hour."""
    _, exp = _open(key, _STATE, state, tuple[str, float])
    if exp < now:
        raise ValueError("expired")


def _mac(key: bytes, purpose: bytes, body: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + body, "sha256")


def _seal(key: bytes, purpose: bytes, fields: list[str | float]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(fields).encode())
    return f"{body.decode()}.{_mac(key, purpose, body).hex()}"


def _open(key: bytes, purpose: bytes, token: str, shape: type[_T]) -> _T:
    if len(token) > _LONGEST:
        raise ValueError("far too long")
    body, _, mac = token.encode("ascii").rpartition(b".")
    if not hmac.compare_digest(_mac(key, purpose, body).hex().encode(), mac):
        raise ValueError("not ours")
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body), type=shape)
    except (ValueError, msgspec.MsgspecError):
        raise ValueError("not ours") from None
