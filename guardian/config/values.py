"""What the sections are made of: the section itself, and kinds of values with their rules. No section lives here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

from guardian.config.secret import folder

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


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


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (read for its error)
    except ValueError:
        raise ValueError("not an address; write scheme://HOST[:PORT]/path") from None
    if not text.isascii() or re.search(r"[\s\x00-\x1f\x7f]", text) or not parts.hostname:
        raise ValueError("not an address; write scheme://HOST[:PORT]/path")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment or text[-1] in "?#":
        raise ValueError("write the address without user, password, ?query or #fragment")
    return parts


def _safe(text: str, secure: str, plain: str) -> SplitResult:
    """The address split, if nobody on the way can read what goes there: ``plain`` only on this machine."""
    parts = _split(text)
    if parts.scheme not in {secure, plain}:
        raise ValueError(f"write an {secure}:// address" if secure[0] in "aeioh" else f"write a {secure}:// address")
    if parts.scheme == plain and parts.hostname not in LOOPBACK:
        raise ValueError(f"{plain}:// is only for a server on this machine (loopback); use {secure}://")
    return parts


def web(text: str) -> str:
    """An https:// address (http:// on this machine), without anything secret in it. Raises ValueError."""
    _safe(text, "https", "http")
    return text.rstrip("/")


def _socket(text: str) -> str:
    _safe(text, "wss", "ws")
    return text


def _public(text: str) -> str:
    parts = _safe(text, "https", "http")
    if parts.path not in {"", "/"}:
        raise ValueError("write scheme and host only, without a path: https://HOST")
    port = "" if parts.port in {None, 443 if parts.scheme == "https" else 80} else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{parts.scheme}://{host}{port}"


FilePath = Annotated[Path, AfterValidator(_beside_the_file)]
MailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_address)]
HostName = Annotated[str, StringConstraints(max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
WebAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(web)]
SocketAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_socket)]
PublicAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_public)]
"""Scheme, host and port as a browser names them in ``Origin``."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Section(BaseModel):
    """Any section: unknown keys refused, values fixed, nothing that was read shown in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
