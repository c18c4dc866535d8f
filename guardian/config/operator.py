"""The key that signs operators' tokens (HS256): from the configuration, or made once in the data
directory.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from guardian.config.model import Config
from guardian.errors import ConfigError

KEY_FILE = "operator.key"


def operator_key(config: Config) -> bytes:
    """The key, at least 32 bytes. Where none is configured and none was made yet, makes one that only we can
    read.

    Raises ConfigError when the file cannot be made or read, or is too short.
    """
    if config.guardian.operator_key is not None:
        return config.guardian.operator_key.get_secret_value().encode()
    path = config.guardian.data_dir / KEY_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"{path}: the operators' key cannot be made or read: {error.strerror}") from error
    if len(key) < 32:
        raise ConfigError(f"{path}: shorter than 32 bytes; remove it, a new one is made (tokens then end)")
    return key


def _make(path: Path) -> None:
    """Write beside and link: whoever comes second (``run`` and ``token mint`` at once) uses the first one's
    key.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
