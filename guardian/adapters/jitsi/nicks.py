"""How we may be called in a room: the configured nick first, then others, so that nobody keeps us out by taking it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from guardian.adapters.jitsi.server import JitsiServer, TokenLogin

_TRIES = 5


def nicks(server: JitsiServer, jid: str) -> Iterator[str]:
    """A few nicks to try, in order: letters, digits and underscore (mod_muc_resource_validate).

    Its strict mode wants a token's user to be called by the first eight characters of the address.
    """
    if isinstance(server.login, TokenLogin):
        yield jid[:8]
    yield server.nick
    for _ in range(_TRIES):
        yield f"{server.nick}_{secrets.token_hex(3)}"
