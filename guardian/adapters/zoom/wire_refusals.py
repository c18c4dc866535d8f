"""What a refusal of Zoom's REST means, as our errors. Pure.

Zoom's own error texts can hold addresses of people: only status, codes and names of scopes are passed on.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from guardian.adapters.zoom.wire_calls import Call
from guardian.errors import LoginRefusedError, NotSupportedError, PermanentError, PlatformError, TemporaryError

_LONGEST_WAIT = 86_400.0  # seconds; daily caps name the next midnight
_SCOPE = re.compile(r"[a-z_]{1,40}(?::[a-z_]{1,40}){1,4}")
_NO_SCOPE = 4711  # "Invalid access token, does not contain scopes:[…]"; seen with status 400 and 401
_NOT_IN_PLAN = 200  # "Only available for Paid or ZMP account"
_UNKNOWN = {3001: "no such meeting, or it is not running", 1001: "no such user in this account"}


class _Trouble(msgspec.Struct):
    code: int = 0
    message: str = ""


def refusal(call: Call, status: int, body: bytes, retry_after: str | None, now: float) -> PlatformError | None:
    """What an answer means as an error; None: the call was taken. No text of Zoom's and no address is in it."""
    if 200 <= status < 300:
        return None
    if status == 429:
        return TemporaryError(f"Zoom limits our calls just now ({call.what})", seconds(retry_after, now))
    if status >= 500 or status == 408:
        return TemporaryError(f"Zoom cannot {call.what} just now (status {status})", seconds(retry_after, now))
    code, missing = _trouble(body)
    if code == _NO_SCOPE or missing or status == 403:
        named = ", ".join(missing) or call.scope
        return NotSupportedError(f"the app may not {call.what}: it lacks the scope {named}")
    if code == _NOT_IN_PLAN:
        return NotSupportedError(f"this account's plan cannot {call.what} (scope {call.scope})")
    if status == 401:
        return LoginRefusedError(f"Zoom does not accept our token ({call.what}, code {code}; scope {call.scope})")
    words = _UNKNOWN.get(code) or ("not found" if status == 404 else "refused")
    return PermanentError(f"Zoom: {words} ({call.what}, status {status}, code {code})")


def login_refusal(status: int, retry_after: str | None, now: float) -> PlatformError | None:
    """The same for the token address, whose refusals are about our credentials."""
    if status == 200:
        return None
    if status == 429 or status >= 500 or status == 408:
        return TemporaryError(f"Zoom gives no token just now (status {status})", seconds(retry_after, now))
    return LoginRefusedError(
        f"Zoom does not accept account_id, client_id and client_secret (status {status}); is the app activated?"
    )


def seconds(retry_after: str | None, now: float) -> float | None:
    """``Retry-After`` in seconds: a number, an HTTP date (RFC 9110, 10.2.3), or the ISO date that Zoom also sends."""
    text = (retry_after or "").strip()[:60]
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", text):
        return min(float(text), _LONGEST_WAIT)
    for read in (_http_date, _iso_date):
        try:
            return min(max(read(text) - now, 0.0), _LONGEST_WAIT)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _http_date(text: str) -> float:
    return parsedate_to_datetime(text).timestamp()


def _iso_date(text: str) -> float:
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _trouble(body: bytes) -> tuple[int, tuple[str, ...]]:
    """Zoom's own code, and the scopes that it misses."""
    try:
        read = msgspec.json.decode(body, type=_Trouble, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0, ()
    _, said, names = read.message.partition("does not contain scopes")
    return read.code, tuple(dict.fromkeys(_SCOPE.findall(names[:1000])))[:5] if said else ()
