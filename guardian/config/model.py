"""The sections of the configuration file, frozen: names, ranges and defaults. Reading the file lives in
``load``, a platform's section in a file of its own.

Every key is named, with a comment, in ``config.example.toml``. An unknown key is refused everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from guardian.config.jitsi import Jitsi
from guardian.config.policy import PolicySection
from guardian.config.roster import RosterFiles
from guardian.config.schedule import Schedule
from guardian.config.secret import Secret, SecretAddress
from guardian.config.values import LOOPBACK, FilePath, HostName, Line, MailAddress, Port, PublicAddress, Section
from guardian.config.zoom import Zoom, meeting_number
from guardian.core.policy import Policy

PLATFORMS = ("jitsi", "zoom")
"""The kinds of sections that a meeting's ``server`` may name."""

ServerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


def _some(value: object) -> object:
    # Not pydantic's own min_length: it counts sound entries only, and would complain of the faulty ones twice.
    if value == []:
        raise ValueError("name at least one meeting; config.example.toml shows how")
    return value


class Api(Section):
    """``[guardian.api]``: where the service's own HTTP listens. Port 0: any free one (tests).

    ``public_url``: how the world outside reaches it (through a proxy), for platforms that call us.
    """

    host: Annotated[str, StringConstraints(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8460
    public_url: PublicAddress | None = None


class Log(Section):
    """``[guardian.log]``: ``auto`` writes for people on a terminal and JSON lines elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Links(Section):
    """``[guardian.links]``: personal links; there are some where ``guardian.api.public_url`` is named.

    ``valid_days``: how long one lives. ``opens_before_minutes``: how long before class it opens the door.
    """

    valid_days: Annotated[int, Field(ge=1, le=400)] = 120
    opens_before_minutes: Annotated[int, Field(ge=0, le=240)] = 30


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
    links: Links = Links()
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
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError('security = "none" is only for a mail server on this machine (loopback)')
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: give both or neither")
        return self


class Meeting(Section):
    """``[[meetings]]``: one guarded series. ``call``: whom a waiting person may call, as they read it.

    ``server`` names a section of a platform. ``room``: a Jitsi room's name, a Zoom meeting's number (digits only once
    read). ``owners`` are told by mail; none named: ``mail.to``. ``roster``: the files that say who is expected.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    title: Line
    server: Line
    room: Annotated[str, StringConstraints(pattern=r"^[^\s@/\"&'<>:?#\[\]%\\\x00-\x1f]{1,120}$")]
    roster: RosterFiles
    schedule: Schedule
    owners: tuple[MailAddress, ...] = ()
    call: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    show_full_names: bool = False
    policy_section: PolicySection = Field(default=PolicySection(), alias="policy")

    @field_validator("room", mode="before")
    @classmethod
    def _number(cls, value: object, info: ValidationInfo) -> object:
        """Zoom's rooms are numbers; which servers are whose is told by whoever reads the file."""
        server, names = info.data.get("server"), info.context or {}
        if server in names.get("zoom", ()):
            return meeting_number(value)
        if server in names.get("jitsi", (server,)):
            return value
        try:  # of a server that nobody knows: that is the fault to tell, not how the number is written
            return meeting_number(value)
        except ValueError:
            return value

    @property
    def policy(self) -> Policy:
        """The policy as the core reads it."""
        return self.policy_section.to_core()


class Config(Section):
    """The whole file."""

    guardian: Guardian = Field(default=Guardian())
    mail: Mail | None = None
    jitsi: dict[ServerName, Jitsi] = Field(default={})
    zoom: dict[ServerName, Zoom] = Field(default={})
    meetings: Annotated[tuple[Meeting, ...], BeforeValidator(_some)]

    def meeting(self, meeting: str) -> Meeting | None:
        """The meeting of this id."""
        return next((found for found in self.meetings if found.id == meeting), None)

    def platform_of(self, meeting: Meeting) -> Literal["jitsi", "zoom"]:
        """The kind of platform that a meeting is on."""
        return "zoom" if meeting.server in self.zoom else "jitsi"

    def recipients(self, meeting: Meeting) -> tuple[str, ...]:
        """Who gets a meeting's mail."""
        return meeting.owners or (self.mail.to if self.mail else ())
