"""Core records to bytes and back: what the journal stores. JSON with the record's class name, readable by a human.

Only the mapping lives here; no I/O. A record of an unknown name or shape raises JournalError.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from guardian.core.actions import Decision
from guardian.core.events import Event
from guardian.errors import JournalError

Record = Event | Decision
_CLASSES: dict[str, Any] = {cls.__name__: cls for cls in (*get_args(Event), *get_args(Decision))}


class _Coded(msgspec.Struct):
    t: str
    d: msgspec.Raw


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(_Coded)
_bodies: dict[str, msgspec.json.Decoder[Any]] = {}


def encode(record: Record) -> bytes:
    """A record as JSON bytes."""
    return _encoder.encode({"t": type(record).__name__, "d": record})


def decode(body: bytes) -> Record:
    """The record that ``encode`` was given. Raises JournalError."""
    try:
        coded = _decoder.decode(body)
        if coded.t not in _bodies:
            _bodies[coded.t] = msgspec.json.Decoder(_CLASSES[coded.t])
        record: Record = _bodies[coded.t].decode(coded.d)
    except (msgspec.MsgspecError, KeyError) as error:
        message = f"a journal row cannot be read: {error}"
        raise JournalError(message) from error
    return record
