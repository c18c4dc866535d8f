"""The service's HTTP API as the commands use it: blocking, one request a call, over loopback. No printing here.

The standard library's client: a human in a hurry must not wait for a bigger one to load.
"""

from __future__ import annotations

import http.client
import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from guardian.core.view import MeetingView
from guardian.errors import ConfigError, GuardianError
from guardian.ports import Candidate

T = TypeVar("T")

DEFAULT_ADDRESS = ("127.0.0.1", 8460)
_PATIENCE = 15.0  # seconds; the service itself waits 5 for the effect of an order
_LARGEST_ANSWER = 16 * 1024 * 1024


class ServiceAwayError(GuardianError):
    """Nobody answers at the service's address."""


class RefusedError(GuardianError):
    """The service refused; its text is the service's own."""


class AmbiguousError(GuardianError):
    """A typed name may mean one of ``candidates``."""

    def __init__(self, detail: str, candidates: tuple[Candidate, ...]) -> None:
        """Keep whom to pick from."""
        super().__init__(detail)
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Told:
    """What really became of an order; ``done`` None: not known yet."""

    order: str
    done: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """One configured meeting in short."""

    meeting: str
    live: bool
    phase: str | None = None
    inside: int | None = None
    waiting: int | None = None


class Api:
    """One service, one operator's token."""

    def __init__(self, address: tuple[str, int], token: str) -> None:
        self._address = address
        self._token = token

    def meetings(self) -> list[MeetingLine]:
        """The meetings that the token covers."""
        return _shaped(self._ask("GET", "/api/v1/meetings"), list[MeetingLine])

    def view(self, meeting: str) -> MeetingView:
        """One meeting as it stands. Raises RefusedError when nothing is going on there."""
        return _shaped(self._ask("GET", f"/api/v1/meetings/{quote(meeting, safe='')}"), MeetingView)

    def order(self, meeting: str, body: dict[str, Any]) -> Told:
        """Give an order. Raises AmbiguousError, RefusedError, ServiceAwayError."""
        path = f"/api/v1/meetings/{quote(meeting, safe='')}/orders"
        return _shaped(self._ask("POST", path, body), Told)

    def acknowledge(self, meeting: str, incident: str) -> None:
        """Say that an incident was read."""
        path = f"/api/v1/meetings/{quote(meeting, safe='')}/incidents/{quote(incident, safe='')}/ack"
        self._ask("POST", path, {})

    def let_device_in(self, meeting: str, person: str, device: str) -> None:
        """Let a second device of somebody use their personal link. Raises RefusedError, ServiceAwayError."""
        where = f"/api/v1/meetings/{quote(meeting, safe='')}/links/{quote(person, safe='')}/second-device"
        self._ask("POST", where, {"device": device})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        host, port = self._address
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            raw = answer.read(_LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise ServiceAwayError(f"no guardian answers at {host}:{port}; is `guardian run` running?") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise _refusal(raw)
        return raw


def _refusal(raw: bytes) -> GuardianError:
    try:
        problem = msgspec.json.decode(raw, type=dict[str, Any])
        detail = str(problem["detail"])
        candidates = msgspec.convert(problem.get("candidates", []), tuple[Candidate, ...])
    except (msgspec.MsgspecError, KeyError):
        return RefusedError("the service refused in words that this command does not know")
    return AmbiguousError(detail, candidates) if candidates else RefusedError(detail)


def _shaped(raw: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.MsgspecError as error:
        raise RefusedError("the service's answer cannot be read; is it another version?") from error


def connect(config: Path, api: str | None, token_file: Path | None) -> Api:
    """The service that the configuration (or ``api``) names, with the operator's token. Raises ConfigError."""
    return Api(address(config, api), token(token_file))


def token(file: Path | None) -> str:
    """The operator's token: from a file, or the environment; never from the arguments, which others can list."""
    if file is not None:
        try:
            found = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: the operator token cannot be read") from error
    else:
        found = os.environ.get("GUARDIAN_TOKEN", "").strip()
    if not found:
        raise ConfigError(
            "no operator token: set GUARDIAN_TOKEN or GUARDIAN_TOKEN_FILE; `guardian token mint` makes one"
        )
    if not found.isascii() or not found.isprintable():
        raise ConfigError("the operator token is damaged: copy it again")
    return found


def address(config: Path, api: str | None) -> tuple[str, int]:
    """Host and port of the service.

    Of the configuration only this is read: whoever gives an order need not be able to read the service's secrets.
    """
    if api is not None:
        host, _, port = api.removeprefix("http://").rstrip("/").rpartition(":")
        if host and port.isdecimal() and 0 < int(port) < 65536:
            return host.strip("[]"), int(port)
        raise ConfigError("--api: write HOST:PORT, as in 127.0.0.1:8460")
    section = _api_section(config)
    host = os.environ.get("GUARDIAN_API_HOST") or section.get("host", DEFAULT_ADDRESS[0])
    port = os.environ.get("GUARDIAN_API_PORT") or section.get("port", DEFAULT_ADDRESS[1])
    if not isinstance(host, str) or not str(port).isdecimal():
        raise ConfigError(f"{config}: guardian.api: host and port cannot be read")
    return host, int(port)


def _api_section(config: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{config}: {error.strerror}; name it with --config, or the service with --api") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{config}: is not TOML: {error}") from error
    guardian = data.get("guardian", {})
    section = guardian.get("api", {}) if isinstance(guardian, dict) else {}
    return section if isinstance(section, dict) else {}
