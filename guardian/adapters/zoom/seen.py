"""Whose companion panel has been open, and what their client could not do: kept in a small file for ``check``.

``run`` writes it, ``check`` (another process) reads it. Zoom user ids of hosts only; a file that cannot be used costs
nothing but a point of the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)

_MOST = 500  # hosts of one account that are remembered


class SeenPanels:
    """The file at ``path``; None: nothing is kept beyond this process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: dict[str, tuple[str, ...]] = self._read()

    @property
    def clients(self) -> Mapping[str, tuple[str, ...]]:
        """Zoom user id -> what that host's client cannot do, in sentences; none: it can everything."""
        return dict(self._seen)

    def note(self, uid: str, notes: tuple[str, ...]) -> None:
        """A host's panel is open, and says what it is."""
        if self._seen.get(uid) == notes or (uid not in self._seen and len(self._seen) >= _MOST):
            return
        self._seen[uid] = notes
        self._write()

    def _read(self) -> dict[str, tuple[str, ...]]:
        if self._path is None:
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, tuple[str, ...]])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("seen_panels_unreadable", error=type(error).__name__)
            return {}

    def _write(self) -> None:
        if self._path is None:
            return
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_bytes(msgspec.json.encode(self._seen))
            beside.chmod(0o600)
            beside.replace(self._path)
        except OSError as error:
            log.warning("seen_panels_not_written", error=type(error).__name__)
