"""The data directory belongs to one guardian: an exclusive lock that the kernel drops when the process dies."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from guardian.errors import DataDirectoryInUseError

LOCK_FILE = "guardian.lock"


class DataDirectory:
    """``path``, made if it is not there (for our user only). Locked between ``lock`` and ``unlock``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def lock(self) -> None:
        """Take the lock. Raises DataDirectoryInUseError naming who holds it (process and host)."""
        if self._file is not None:
            return
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(file, 200, 0).decode(errors="replace").strip() or "another process"
            os.close(file)
            message = f"the data directory {self.path} is already used by {holder}; one guardian at a time"
            raise DataDirectoryInUseError(message) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        self._file = file

    def unlock(self) -> None:
        """Give the lock back. The file stays: removing it would let two hold locks on two files of one name."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
