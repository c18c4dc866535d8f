"""Room tokens (JWT) as a school's own system would issue them to Jitsi. Only that."""

from __future__ import annotations

import time

import jwt


def room_token(  # noqa: PLR0913 - one keyword a claim
    user_id: str,
    *,
    app_id: str,
    app_secret: str,
    domain: str,
    room: str = "*",
    name: str = "",
    email: str = "",
    moderator: bool = False,
    lifetime: float = 3600.0,
) -> str:
    """A token signed HS256. `lifetime` in seconds from now, negative for an expired one.

    Every value under `context.user` is text, `moderator` too (lib-jitsi-meet `doc/tokens.md`).
    """
    now = time.time()
    user = {"id": user_id, "name": name, "email": email, "moderator": "true" if moderator else "false"}
    claims = {
        "iss": app_id,
        "aud": "jitsi",
        "sub": domain,
        "room": room,
        "nbf": int(now) - 60,
        "exp": int(now + lifetime),
        "context": {"user": user},
    }
    return jwt.encode(claims, app_secret, algorithm="HS256")
