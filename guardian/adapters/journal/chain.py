"""What the digests cover, and how a chain is followed. Pure: no database, no clock, no randomness.

digest(n) = SHA-256(digest(n-1) ‖ seq ‖ at ‖ kind ‖ key ‖ body digest), body digest = SHA-256(salt ‖ body). The chain
starts from a digest of what the occurrence is. Every part has a fixed length or its length before it, so that nothing
can be moved from one part into its neighbour. The body digest is stored: once body and salt are blanked it tells
nothing (the salt is gone), yet the chain still verifies.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import NamedTuple

from guardian.errors import JournalDamagedError

SALT_BYTES = 32
_PLACE = struct.Struct(">qd")
_LENGTH = struct.Struct(">q")
_TIME = struct.Struct(">d")
_NONE = _LENGTH.pack(-1)
_STORED_TYPES = (int, float, str, str | None, bytes | None, bytes | None, bytes, bytes, bytes)
"""Of a ``Link``'s fields, in order."""


class Link(NamedTuple):
    """A stored row as the chain sees it. ``body`` and ``salt`` are None once blanked."""

    seq: int
    at: float
    kind: str
    key: str | None
    body: bytes | None
    salt: bytes | None
    body_digest: bytes
    prev: bytes
    digest: bytes

    def well_typed(self) -> bool:
        """SQLite takes a value of any type into any column; only somebody else's hand would put one there."""
        return all(map(isinstance, self, _STORED_TYPES))


def _text(value: str | None) -> bytes:
    if value is None:
        return _NONE
    coded = value.encode()
    return _LENGTH.pack(len(coded)) + coded


def genesis(occurrence: str, meeting: str, slot_start: float | None, opened_at: float) -> bytes:
    """The head of a chain without rows. Times in seconds UTC."""
    slot = _NONE if slot_start is None else _LENGTH.pack(8) + _TIME.pack(slot_start)
    return hashlib.sha256(
        b"guardian journal 1" + _text(occurrence) + _text(meeting) + slot + _TIME.pack(opened_at)
    ).digest()


def body_digest(salt: bytes, body: bytes) -> bytes:
    """Without the salt a digest over one of sixty names could be guessed."""
    return hashlib.sha256(salt + body).digest()


def row_digest(prev: bytes, seq: int, at: float, kind: str, key: str | None, body_digest: bytes) -> bytes:
    """The digest of a row, which is the head of the chain up to it."""
    return hashlib.sha256(prev + _PLACE.pack(seq, at) + _text(kind) + _text(key) + body_digest).digest()


@dataclass(slots=True)
class Walk:
    """Follows one chain, row by row in order of ``seq``. ``blanked``: rows 1 to this one have no body any more."""

    occurrence: str
    last: bytes
    blanked: int = 0
    seq: int = 0

    def step(self, row: Link) -> None:
        """Take the next row. Raises JournalDamagedError naming the first row that is not as it was written."""
        expected = self.seq + 1
        if not row.well_typed():
            raise self._damaged(f"row {expected}: a value has another type than what was written")
        if row.seq != expected:
            raise self._damaged(
                f"row {expected} is missing" if row.seq > expected else f"row {row.seq} does not belong"
            )
        if row.prev != self.last:
            raise self._damaged(
                f"row {expected} does not continue row {self.seq}: rows were removed, inserted or put in another order"
            )
        self._check_body(row)
        if row.digest != row_digest(row.prev, row.seq, row.at, row.kind, row.key, row.body_digest):
            raise self._damaged(f"row {expected}: its time, kind, key or digest was changed")
        self.seq, self.last = expected, row.digest

    def finish(self, count: int, head: bytes) -> None:
        """After the last row: the chain must be as long as the journal says, and end in the head it says."""
        if self.seq < count:
            raise self._damaged(f"row {self.seq + 1} is missing: {count} rows were written")
        if self.seq > count:
            raise self._damaged(f"row {count + 1} does not belong: {count} rows were written")
        if self.last != head:
            raise self._damaged(f"row {self.seq}: its digest is not the head that was kept")

    def _check_body(self, row: Link) -> None:
        if row.body is None or row.salt is None:
            if row.seq > self.blanked or row.body is not row.salt:
                raise self._damaged(f"row {row.seq}: its body or salt was removed")
        elif row.seq <= self.blanked:
            raise self._damaged(f"row {row.seq}: it was blanked, yet has a body")
        elif len(row.salt) != SALT_BYTES or row.body_digest != body_digest(row.salt, row.body):
            raise self._damaged(f"row {row.seq}: its body was changed")

    def _damaged(self, what: str) -> JournalDamagedError:
        return JournalDamagedError(f"the journal of {self.occurrence} is damaged: {what}")
