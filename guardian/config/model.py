"""The sections of the configuration file, frozen: names, ranges and defaults. Reading the file lives in
``load``.

Every key is named, with a comment, in ``config.example.toml``. An unknown key is refused everywhere.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from guardian.config.policy import PolicySection
from guardian.config.schedule import Schedule
from guardian.config.secret import Secret, SecretAddress, folder
from guardian.core.policy import Policy

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    return folder(info) / path.expanduser()


def _address(text: str) -> str:
    if not text.isascii() or not re.fullmatch(
        r"[^\s@<>,;:\"'()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", text
    ):
        raise ValueError("write a bare mail address, as in teacher@school.example")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", text.lower()):
        raise ValueError("write a bare host name, without scheme, port or path")
    return text.lower()


def _some(value: object) -> object:
    # Not pydantic's own min_length: it counts sound entries only, and would complain of the faulty ones twice.
    if value == []:
        raise ValueError("name at least one meeting; config.example.toml shows how")
    return value


FilePath = Annotated[Path, AfterValidator(_beside_the_file)]
MailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_address)]
HostName = Annotated[str, StringConstraints(max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Section(BaseModel):
    """Any section: unknown keys refused, values fixed, nothing that was read shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Api(Section):
    """``[guardian.api]``: where the service's own HTTP listens. Port 0: any free one (tests)."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8460


class Log(Section):
    """``[guardian.log]``: ``auto`` writes for people on a terminal and JSON lines elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Guardian(Section):
    """``[guardian]``: the service itself. ``reconcile_every`` in seconds: how often everything is read
    afresh.
    """

    data_dir: FilePath = Field(default=Path("data"), validate_default=True)
    database: SecretAddress | None = None
    operator_key: Secret | None = None
    deadman: SecretAddress | None = None
    reconcile_every: Annotated[float, Field(ge=1, le=3600)] = 30.0
    api: Api = Api()
    log: Log = Log()

    @property
    def database_url(self) -> str:
        """Where the journal is, for SQLAlchemy: SQLite in the data directory unless another is named."""
        if self.database is None:
            return f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'journal.sqlite3'}"
        return self.database.get_secret_value()

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: SecretAddress | None) -> SecretAddress | None:
        schemes = ("sqlite+aiosqlite://", "postgresql+psycopg://")
        if value is not None and not value.get_secret_value().startswith(schemes):
            raise ValueError(f"the journal can live in {' or '.join(schemes)}…")
        return value

    @field_validator("deadman")
    @classmethod
    def _web_address(cls, value: SecretAddress | None) -> SecretAddress | None:
        if value is not None and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("write an https:// address")
        return value

    @field_validator("operator_key")
    @classmethod
    def _long_enough(cls, value: Secret | None) -> Secret | None:
        if value is not None and len(value.get_secret_value().encode()) < 32:
            raise ValueError("the key that signs operators' tokens needs 32 bytes or more (RFC 7518, 3.2)")
        return value


class Mail(Section):
    """``[mail]``: the server that takes our mail, and who reads it where a meeting names no ``owners``."""

    host: HostName
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Line | None = None
    password: Secret | None = None
    sender: MailAddress
    to: tuple[MailAddress, ...] = ()
    ca_file: FilePath | None = None
    timeout: Annotated[float, Field(gt=0, le=120)] = 20.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError('security = "none" is only for a mail server on this machine (loopback)')
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: give both or neither")
        return self


class JitsiToken(Section):
    """``[jitsi.NAME.token]``: log in by a token that we sign ourselves (HS256). ``app_id`` is its issuer."""

    app_id: Line
    secret: Secret
    audience: Line = "jitsi"


class Jitsi(Section):
    """``[jitsi.NAME]``: one Jitsi server and our login there, by account or by token.

    ``muc``, ``lobby`` and the other components are discovered where not named. ``account_hosts``: whose real
    accounts are a proof (default: ``auth_domain``). ``token_hosts``: whose ``<identity>`` is one (default:
    nobody's, since a server may pass on a forged one). ``calls_per_second`` is the pace of our acts.
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
        if parts.scheme == "ws" and parts.hostname not in _LOOPBACK:
            raise ValueError("ws:// is only for a server on this machine (loopback); use wss://")
        return value

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if (self.account is None) == (self.token is None):
            raise ValueError("log in either by account and password or by token: give one of the two")
        if (self.account is None) != (self.password is None):
            raise ValueError("account and password go together: give both or neither")
        return self


class Meeting(Section):
    """``[[meetings]]``: one guarded series. ``call``: whom a waiting person may call, as they read it.

    ``owners`` are told by mail; none named: ``mail.to``. ``roster`` is a CSV file.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    title: Line
    server: Line
    room: Annotated[str, StringConstraints(pattern=r"^[^\s@/\"&'<>:?#\[\]%\\\x00-\x1f]{1,120}$")]
    roster: FilePath
    schedule: Schedule
    owners: tuple[MailAddress, ...] = ()
    call: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    show_full_names: bool = False
    policy_section: PolicySection = Field(default=PolicySection(), alias="policy")

    @property
    def platform(self) -> str:
        """The kind of platform: by now always Jitsi."""
        return "jitsi"

    @property
    def policy(self) -> Policy:
        """The policy as the core reads it."""
        return self.policy_section.to_core()


class Config(Section):
    """The whole file."""

    guardian: Guardian = Field(default=Guardian())
    mail: Mail | None = None
    jitsi: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")], Jitsi] = Field(default={})
    meetings: Annotated[tuple[Meeting, ...], BeforeValidator(_some)]

    def meeting(self, meeting: str) -> Meeting | None:
        """The meeting of this id."""
        return next((found for found in self.meetings if found.id == meeting), None)

    def recipients(self, meeting: Meeting) -> tuple[str, ...]:
        """Who gets a meeting's mail."""
        return meeting.owners or (self.mail.to if self.mail else ())
