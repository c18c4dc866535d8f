"""Personal links on Jitsi: each press of "Join class" gets a room token of its own, for two minutes. The port
``Doorway``.

The token names an opening, no person: Jitsi's server learns nothing, and the name is what the browser sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

import jwt

from guardian.adapters.jitsi.seats import LINK
from guardian.ports import Clock, Link

LIVES = 120  # seconds
_SKEW = 60  # seconds that the server's clock may be behind ours


@dataclass(frozen=True, slots=True)
class RoomTokens:
    """How the server's room tokens are signed (HS256, lib-jitsi-meet ``doc/tokens.md``). ``app_id`` is the issuer."""

    app_id: str
    secret: str = field(repr=False)
    audience: str = "jitsi"


class JitsiDoorway:
    """``web``: where families open rooms, as ``https://HOST``; ``domain``: the server's, as tokens name it."""

    def __init__(self, web: str, domain: str, room: str, tokens: RoomTokens, clock: Clock) -> None:
        self._web, self._domain, self._room, self._tokens, self._clock = web, domain, room.lower(), tokens, clock

    @property
    def origins(self) -> tuple[str, ...]:
        """See the port."""
        parts = urlsplit(self._web)
        return (f"{parts.scheme}://{parts.netloc}",)

    async def enrol(self, people: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
        """See the port: Jitsi needs to know of nobody beforehand."""
        return dict.fromkeys(people, ("", ""))

    async def strike(self, links: Sequence[Link]) -> None:
        """See the port: what was handed out is worthless after two minutes."""

    def way(self, link: Link, nonce: str) -> str:  # noqa: ARG002 - the port's shape
        """See the port. The token stands in the address: that is where Jitsi's page looks for it."""
        now = int(self._clock())
        claims = {
            "iss": self._tokens.app_id,
            "aud": self._tokens.audience,
            "sub": self._domain,
            "room": self._room,
            "nbf": now - _SKEW,
            "exp": now + LIVES,
            "context": {"user": {"id": f"{LINK}{nonce}", "moderator": "false"}},
        }
        token = jwt.encode(claims, self._tokens.secret, algorithm="HS256")
        return f"{self._web}/{quote(self._room)}?{urlencode({'jwt': token})}"
