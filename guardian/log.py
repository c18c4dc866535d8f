"""How the log is written: events with fields, as JSON lines or for people; never a sentence, a person or a
secret.

Whatever a caller passes by mistake is withheld here: fields that may name somebody, secrets, queries of URLs,
mail addresses, the text of exceptions. Opaque ids pass. Nothing else lives here; callers use
``structlog.get_logger()``.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import PurePath
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import Processor

WITHHELD = "[withheld]"
LONGEST = 500  # characters of one value
_DEEPEST = 4  # levels of a nested value

# A field is withheld when its last word is one of these: "name", "display_name", "access_token" …
_PRIVATE = frozenset(
    "name names nick alias aliases email emails mail phone phones address addresses account accounts title"
    " password passwords secret secrets token tokens jwt cookie authorization header headers"
    " body text subject subjects person_name recipient recipients sender".split()
)
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#]*)[?#]\S*", re.IGNORECASE)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@]*@", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@:/<>\"']+@[^\s@<>\"']+")
_BEARER = re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_FRAMEWORK = frozenset({"event", "level", "timestamp", "logger"})

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "console", "json"]


def configure(level: Level = "info", form: Format = "auto", stream: TextIO | None = None) -> None:
    """Send our events and the libraries' warnings to ``stream`` (default: standard error).

    ``auto`` writes for people on a terminal and JSON lines elsewhere. May be called again.
    """
    out = stream if stream is not None else sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        flatten_exception,
        withhold,
    ]
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if console
        else structlog.processors.JSONRenderer(sort_keys=False)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(out, [*shared, last])


def flatten_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """An exception becomes its class and where it was raised; its text may quote anything and is left out."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(given, BaseException):
        error: BaseException | None = given
    elif isinstance(given, tuple):
        error = given[1]
    else:
        error = sys.exc_info()[1] if given else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        event["error"] = type(error).__name__
        event["trace"] = [f"{PurePath(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames]
    return event


def withhold(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Fields that may name a person or hold a secret are withheld; every text is bounded and made inert."""
    return {key: clean(value) if key in _FRAMEWORK else _field(key, value, _DEEPEST) for key, value in event.items()}


def clean(value: object) -> object:
    """A text without secrets, addresses, control or invisible characters, and of bounded length."""
    if not isinstance(value, str):
        return value
    text = value[: LONGEST * 2]
    text = _BEARER.sub(WITHHELD, _QUERY.sub(rf"\1?{WITHHELD}", _USERINFO.sub(r"\1", text)))
    text = _MAIL.sub(WITHHELD, text)
    inert = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return inert if len(inert) <= LONGEST else inert[:LONGEST] + "…"


def _field(key: str, value: object, deep: int) -> object:
    if key.casefold().replace("-", "_").rsplit("_", 1)[-1] in _PRIVATE and value is not None:
        return WITHHELD
    return _value(value, deep)


def _value(value: object, deep: int) -> object:
    """Numbers and clean text; a container by its parts; of anything else (it might show a name) only its
    class.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | PurePath):
        return clean(str(value))
    if deep and isinstance(value, Mapping):
        return {str(clean(str(k))): _field(str(k), v, deep - 1) for k, v in value.items()}
    if deep and isinstance(value, list | tuple | set | frozenset):
        return [_value(part, deep - 1) for part in value]
    return f"<{type(value).__name__}>"


class _Adopted(logging.Handler):
    """A library's record as one of our events: its message's template, never the arguments put into it."""

    def __init__(self, out: TextIO, processors: list[Processor]) -> None:
        super().__init__()
        self._out = out
        self._processors = processors

    def emit(self, record: logging.LogRecord) -> None:
        event: Any = {
            "event": "library",
            "logger": record.name,
            "says": record.msg if isinstance(record.msg, str) else "",
        }
        if record.exc_info:
            event["exc_info"] = record.exc_info
        for processor in self._processors:
            event = processor(None, record.levelname.lower(), event)
        self._out.write(f"{event}\n")
        self._out.flush()


def _adopt_libraries(out: TextIO, processors: list[Processor]) -> None:
    root = logging.getLogger()
    for handler in [found for found in root.handlers if isinstance(found, _Adopted)]:
        root.removeHandler(handler)
    root.addHandler(_Adopted(out, processors))
    root.setLevel(logging.WARNING)
