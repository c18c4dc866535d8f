"""``[jitsi.NAME]``: a Jitsi server as it may be written in TOML. Nothing else."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from guardian.config.secret import Secret
from guardian.config.values import LOOPBACK, FilePath, HostName, Line, Section, WebAddress


class JitsiToken(Section):
    """``[jitsi.NAME.token]``: log in by a token that we sign ourselves (HS256). ``app_id`` is its issuer."""

    app_id: Line
    secret: Secret
    audience: Line = "jitsi"


class Jitsi(Section):
    """``[jitsi.NAME]``: one Jitsi server and our login there, by account or by token.

    ``muc``, ``lobby`` and the other components are discovered where not named. ``account_hosts``: whose real
    accounts are a proof (default: ``auth_domain``). ``token_hosts``: whose ``<identity>`` is one (default:
    nobody's, since a server may pass on a forged one). ``calls_per_second`` is the pace of our acts. ``web``: where
    families open rooms, which makes personal links; ``links`` signs their room tokens (default: as ``token``).
    """

    websocket: Annotated[str, StringConstraints(max_length=2000)]
    domain: HostName
    auth_domain: HostName | None = None
    guest_domain: HostName | None = None
    muc: HostName | None = None
    lobby: HostName | None = None
    account: Annotated[str, StringConstraints(pattern=r"^[^\s@/\"&'<>:]{1,64}$")] | None = None
    password: Secret | None = None
    token: JitsiToken | None = None
    account_hosts: tuple[HostName, ...] = ()
    token_hosts: tuple[HostName, ...] = ()
    nick: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]{0,30}$")] = "guardian"
    ca_file: FilePath | None = None
    calls_per_second: Annotated[float, Field(gt=0, le=1000)] = 100.0
    web: WebAddress | None = None
    links: JitsiToken | None = None

    @property
    def link_tokens(self) -> JitsiToken | None:
        """What signs the room tokens of personal links; None: there are none on this server."""
        return (self.links or self.token) if self.web else None

    @property
    def login_domain(self) -> str:
        """The virtual host that our login goes to."""
        return self.domain if self.token else self.auth_domain or f"auth.{self.domain}"

    @property
    def trusted_account_hosts(self) -> tuple[str, ...]:
        """Hosts whose real accounts are a proof."""
        return self.account_hosts or (self.auth_domain or f"auth.{self.domain}",)

    @field_validator("websocket")
    @classmethod
    def _safe_socket(cls, value: str) -> str:
        parts = urlsplit(value)
        if not parts.hostname or parts.scheme not in {"ws", "wss"} or parts.query or parts.username:
            raise ValueError("write wss://HOST/xmpp-websocket, without user, password or ?query")
        if parts.scheme == "ws" and parts.hostname not in LOOPBACK:
            raise ValueError("ws:// is only for a server on this machine (loopback); use wss://")
        return value

    @model_validator(mode="after")
    def _links_can_work(self) -> Self:
        if self.links is not None and self.web is None:
            raise ValueError("personal links need web, the address at which families open rooms: https://HOST")
        if self.web is not None and self.links is None and self.token is None:
            raise ValueError("web is for personal links: name what signs their room tokens, in [jitsi.NAME.links]")
        signs = self.link_tokens
        if signs is not None and len(signs.secret.get_secret_value().encode()) < 32:
            # Every family gets tokens: who can guess the secret from one signs any other.
            raise ValueError("the secret that signs room tokens for personal links needs 32 bytes or more")
        if self.web is not None and not self.token_hosts:
            raise ValueError("personal links prove nothing unless token_hosts names the host whose tokens are believed")
        return self

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if (self.account is None) == (self.token is None):
            raise ValueError("log in either by account and password or by token: give one of the two")
        if (self.account is None) != (self.password is None):
            raise ValueError("account and password go together: give both or neither")
        return self
