"""How a connection is dialled: its address, with room and token, and the options of the websocket."""

from __future__ import annotations

import ssl
import time
from typing import Any
from urllib.parse import urlencode

import jwt
from websockets.typing import Subprotocol

from guardian.adapters.jitsi.server import JitsiServer, TokenLogin

CLOSING = 1.0  # seconds for a goodbye
_LARGEST = 16  # frame limits that one frame may hold before the line is cut; below that it is only not read


def address(server: JitsiServer, room: str, guest_of: str | None) -> str:
    """Secret, as it may hold a token. ``?room=`` always: Jitsi finds the room by it (mod_jitsi_session)."""
    query = {"room": room}
    if isinstance(server.login, TokenLogin) and guest_of is None:
        query["token"] = _token(server.login, server.domain, room)
    return f"{server.websocket}?{urlencode(query)}"


def _token(login: TokenLogin, domain: str, room: str) -> str:
    """lib-jitsi-meet ``doc/tokens.md``; every value under ``context.user`` is text."""
    now = time.time()
    claims = {
        "iss": login.app_id,
        "aud": login.audience,
        "sub": domain,
        "room": room,
        "nbf": int(now) - 60,
        "exp": int(now + login.lifetime),
        "context": {"user": {"id": login.user, "name": "Guardian", "moderator": "true"}},
    }
    return jwt.encode(claims, login.secret, algorithm="HS256")


def options(server: JitsiServer) -> dict[str, Any]:
    """For ``websockets.connect``. XMPP pings, so the websocket need not."""
    options: dict[str, Any] = {
        "subprotocols": [Subprotocol("xmpp")],
        "compression": None,
        "open_timeout": None,
        "ping_interval": None,
        "close_timeout": CLOSING,
        "max_size": server.frame_limit * _LARGEST,
        "proxy": None if server.on_this_machine else True,
    }
    if server.ca_file is not None:
        options["ssl"] = ssl.create_default_context(cafile=str(server.ca_file))
    return options
