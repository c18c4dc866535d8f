"""One Jitsi server and our login there, as values. No I/O; who reads the configuration file is not our business."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class AccountLogin:
    """A real account. ``host`` None: ``auth.DOMAIN``, as Jitsi's packages have it."""

    name: str
    password: str = field(repr=False)
    host: str | None = None


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A room token that we sign afresh for each connection (HS256, lib-jitsi-meet ``doc/tokens.md``).

    ``app_id`` is the issuer. ``lifetime`` in seconds: the server looks at it only at login.
    """

    app_id: str
    secret: str = field(repr=False)
    audience: str = "jitsi"
    user: str = "guardian"
    lifetime: float = 300.0


@dataclass(frozen=True, slots=True)
class JitsiServer:
    """Where a server answers and what we believe of it.

    ``muc`` and ``lobby`` None: discovered, or named after ``domain``. ``account_hosts``: whose real accounts are a
    proof. ``token_hosts``: whose ``<identity>`` is one. ``guest_domain``: where people without an account come from
    (the probe tries it). ``nick``: how we are called in the room's addresses; letters, digits and underscore
    (mod_muc_resource_validate). ``iq_timeout``, ``join_timeout``, ``ping_every`` in seconds, ``frame_limit`` in bytes.
    """

    websocket: str
    domain: str
    login: AccountLogin | TokenLogin
    guest_domain: str | None = None
    muc: str | None = None
    lobby: str | None = None
    account_hosts: frozenset[str] = frozenset()
    token_hosts: frozenset[str] = frozenset()
    nick: str = "guardian"
    display_name: str = "Guardian"
    ca_file: Path | None = None
    iq_timeout: float = 4.0
    join_timeout: float = 10.0
    ping_every: float = 15.0
    frame_limit: int = 262_144

    @property
    def login_host(self) -> str:
        """The virtual host that our login goes to."""
        if isinstance(self.login, TokenLogin):
            return self.domain
        return self.login.host or f"auth.{self.domain}"

    @property
    def own_account(self) -> str | None:
        """Our bare address; None with a token, when each connection has another."""
        if isinstance(self.login, TokenLogin):
            return None
        return f"{self.login.name.lower()}@{self.login_host}"

    @property
    def on_this_machine(self) -> bool:
        """Whether the line does not leave this machine."""
        return urlsplit(self.websocket).hostname in _LOOPBACK

    @property
    def confidential(self) -> bool:
        """Whether a password may go over the line in clear text."""
        return self.websocket.startswith("wss://") or self.on_this_machine
