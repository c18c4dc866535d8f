"""Operator tokens: who may give which orders in which meetings, signed by this installation's own key.

Minting and verifying only: pure values in and out, ``now`` is an argument. The key comes from the configuration.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import jwt
import msgspec

from guardian.core.names import normalise
from guardian.core.operators import Operator, Scope
from guardian.errors import ConfigError, DeniedError

ALGORITHM = "HS256"
AUDIENCE = "guardian"
ISSUER = "meeting-guardian"
LONGEST_LIFE = 31 * 86400.0  # seconds; a token that is never renewed is a password
SHORTEST_KEY = 32  # bytes: RFC 7518, section 3.2, for HS256
_LONGEST_TOKEN = 4096  # characters; ours are some 400
_SKEW = 60.0  # seconds that "issued at" may lie ahead: the clock may have been set back since
_LONGEST_NAME = 80
_EVERY = "*"


_ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Claims(msgspec.Struct):
    """The payload, by its claim names (RFC 7519, section 4.1). Other types than these are refused."""

    sub: _ShortText
    jti: _ShortText
    iat: int
    exp: int
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=16)]
    meetings: Literal["*"] | Annotated[list[_ShortText], msgspec.Meta(min_length=1, max_length=1000)]


def mint(
    key: bytes,
    *,
    name: str,
    scopes: Iterable[Scope],
    meetings: Iterable[str] | None,
    lifetime: float,
    now: float,
) -> str:
    """A signed token for one human. ``meetings`` None: every meeting; ``lifetime`` in seconds.

    Raises ConfigError for a blank or hidden name, no scope, no meeting, or a lifetime out of range.
    """
    _check_key(key)
    shown = " ".join(name.split())
    if not shown or len(shown) > _LONGEST_NAME or not shown.isprintable() or not normalise(shown):
        raise ConfigError(f"a token needs the name of a human: 1 to {_LONGEST_NAME} visible characters")
    if not 1.0 <= lifetime <= LONGEST_LIFE:
        raise ConfigError(f"a token lives at most {LONGEST_LIFE / 3600:.0f} hours, and at least a second")
    granted = sorted(set(scopes))
    if not granted:
        raise ConfigError("a token needs at least one scope: " + ", ".join(Scope))
    covered: list[str] | str = _EVERY if meetings is None else sorted(set(meetings))
    if not covered or (covered != _EVERY and _EVERY in covered):
        raise ConfigError("a token is for named meetings, or for every meeting")
    payload = {
        "aud": AUDIENCE,
        "iss": ISSUER,
        "sub": shown,
        "jti": secrets.token_urlsafe(12),
        "iat": int(now),
        "exp": int(now + lifetime),
        "scopes": granted,
        "meetings": covered,
    }
    return jwt.encode(payload, key, algorithm=ALGORITHM)


def verify(token: str, key: bytes, now: float) -> Operator:
    """Whose token this is. Raises DeniedError; its text says what is wrong, never what the token said."""
    _check_key(key)
    if len(token) > _LONGEST_TOKEN:
        raise DeniedError("that is not an operator token")
    claims = _claims(token, key)
    if claims.exp <= now:
        raise DeniedError("this token has expired")
    if claims.iat > now + _SKEW or claims.exp - claims.iat > LONGEST_LIFE:
        raise DeniedError("this token lives longer than a token may")
    return Operator(
        name=claims.sub,
        scopes=frozenset(claims.scopes),
        meetings=None if claims.meetings == _EVERY else frozenset(claims.meetings),
        token_id=claims.jti,
        expires=float(claims.exp),
    )


def _claims(token: str, key: bytes) -> _Claims:
    # Times are judged above against ``now``, not against the library's own clock.
    options: Any = {
        "require": ["aud", "iss", "sub", "jti", "iat", "exp"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        payload = jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options)
        return msgspec.convert(payload, _Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
        raise DeniedError("this token is not valid here") from error


def _check_key(key: bytes) -> None:
    if len(key) < SHORTEST_KEY:
        raise ConfigError(f"the operators' key is shorter than {SHORTEST_KEY} bytes")
