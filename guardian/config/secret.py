"""Where a secret comes from: an environment variable or a file, never the configuration file itself.

In TOML: ``password = { env = "NAME" }`` or ``password = { file = "PATH" }``. Read once, when the
configuration is read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, SecretStr, ValidationInfo

_HOW = '{ env = "NAME" } or { file = "PATH" }'
_LARGEST = 65536  # bytes; no secret is longer


def folder(info: ValidationInfo) -> Path:
    """The folder of the configuration file: what relative paths are relative to."""
    found = (info.context or {}).get("folder", Path())
    return found if isinstance(found, Path) else Path(str(found))


def _resolve(value: object, info: ValidationInfo) -> object:
    if isinstance(value, SecretStr):
        return value
    if isinstance(value, str):
        # pydantic reports a ValueError of a validator as a fault of the file; a TypeError would fly past it.
        raise ValueError(f"a secret is never written in this file; say where it is: {_HOW}")  # noqa: TRY004
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= {"env", "file"}:
        raise ValueError(f"say where the secret is: {_HOW}")
    ((kind, place),) = value.items()
    if not isinstance(place, str) or not place:
        raise ValueError(f"say where the secret is: {_HOW}")
    return SecretStr(_from_environment(place) if kind == "env" else _from_file(folder(info) / place))


def _from_environment(name: str) -> str:
    found = os.environ.get(name, "")
    if not found:
        raise ValueError(f"the environment variable {name} is not set; set it, or name another place: {_HOW}")
    return found


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        found = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ValueError(f"the secret's file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the secret's file {path} is not UTF-8 text") from None
    if not found or len(raw) > _LARGEST:
        raise ValueError(f"the secret's file {path} is empty or too long")
    return found


def _address(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return _resolve(value, info)
    if urlsplit(value).password:
        raise ValueError(f"an address with a password in it is a secret; say where it is: {_HOW}")
    return SecretStr(value)


Secret = Annotated[SecretStr, BeforeValidator(_resolve)]
"""A secret by environment or file; written out it is refused."""

SecretAddress = Annotated[SecretStr, BeforeValidator(_address)]
"""A URL that may bear a secret: by environment or file, or written out if there is no password in it."""
