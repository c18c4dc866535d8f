"""The addresses of one Jitsi site, as everybody in the loopback world needs them.

Only names and pure formatting live here; no process, no socket.
"""

from __future__ import annotations

from dataclasses import dataclass


class WorldError(Exception):
    """The loopback world itself failed (never the guardian under test); the message says what to do."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a Jitsi site answers. Layout of Jitsi's own packages: `conference.`, `lobby.`, `auth.`, `guest.`.

    `focus_domain` is None on a plain Prosody, where nobody plays Jitsi's conference focus.
    """

    websocket_url: str
    domain: str
    auth_domain: str
    guest_domain: str
    muc_domain: str
    lobby_domain: str
    focus_domain: str | None = None
    endconference_domain: str | None = None
    avmoderation_domain: str | None = None

    def room_jid(self, room: str) -> str:
        """The meeting's address."""
        return f"{room.lower()}@{self.muc_domain}"

    def lobby_jid(self, room: str) -> str:
        """The address of the meeting's lobby, whether or not it exists now."""
        return f"{room.lower()}@{self.lobby_domain}"

    def account_jid(self, name: str) -> str:
        """The bare address of a real account."""
        return f"{name}@{self.auth_domain}"
