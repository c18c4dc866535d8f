"""The signed part of a personal link's address, and the marks of browsers. Pure values in and out; keys are arguments.

A token names a link and a meeting, never a person: no name, no address. Times are judged by the caller's ``now``.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
import msgspec

from guardian.ports import Link

ALGORITHM = "HS256"
AUDIENCE = "join"
LONGEST_TOKEN = 1024  # characters; ours are some 250
_SKEW = 60.0  # seconds that the clock may have been set back since the link was made

_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Claims(msgspec.Struct):
    m: _Short
    l: _Short  # noqa: E741 - the claim's name; an address should be short
    v: int
    nbf: int
    exp: int


@dataclass(frozen=True, slots=True)
class Named:
    """What a token that we signed says. ``early`` and ``late``: outside its window."""

    lid: str
    meeting: str
    version: int
    early: bool
    late: bool


@dataclass(frozen=True)
class LinkKeys:
    """One key for each purpose, derived from the operators' key: none can stand in for another."""

    tokens: bytes
    forms: bytes
    marks: bytes

    @classmethod
    def derive(cls, secret: bytes) -> LinkKeys:
        """The keys of this installation."""
        return cls(*(_derived(secret, purpose) for purpose in (b"link tokens", b"link forms", b"link marks")))

    def __repr__(self) -> str:
        return "LinkKeys()"

    def sign(self, link: Link) -> str:
        """The token of a link; the same each time."""
        claims = {
            "aud": AUDIENCE,
            "m": link.meeting,
            "l": link.lid,
            "v": link.version,
            "nbf": int(link.made_at),
            "exp": int(link.until),
        }
        return jwt.encode(claims, self.tokens, algorithm=ALGORITHM)

    def read(self, token: str, now: float) -> Named | None:
        """What a token says; None: it is not ours, or was altered."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        options: Any = {"require": ["aud", "nbf", "exp"], "verify_exp": False, "verify_nbf": False}
        try:
            payload = jwt.decode(token, self.tokens, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)
            claims = msgspec.convert(payload, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            return None
        early, late = now < claims.nbf - _SKEW, claims.exp <= now
        return Named(claims.l, claims.m, claims.v, early, late)

    def browser(self, cookie: str, lid: str) -> str:
        """The mark under which a browser is kept for one link: two links of one browser cannot be told to be that."""
        return _digest(self.marks, f"browser\0{lid}\0{cookie}")

    def address(self, address: str, lid: str) -> str:
        """The mark under which it is kept that an address was mailed a link."""
        return _digest(self.marks, f"address\0{lid}\0{address.casefold()}")

    def form(self, cookie: str, lid: str) -> str:
        """What a form of ours carries, so that no other site's form is taken for it."""
        return _digest(self.forms, f"{lid}\0{cookie}")


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in constant time."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(secret, person=purpose, digest_size=32).digest()


def _digest(key: bytes, text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), key=key, digest_size=16).hexdigest()
