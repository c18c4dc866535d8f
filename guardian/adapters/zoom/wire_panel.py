"""The messages between our companion panel and its desk: JSON objects to values and back. Pure.

May live here: shapes, bounds, and what a code of Zoom's means. May not: who leads, when something is due, who may sit
here. All that a page says is a claim from a teacher's computer, and the names in it are the attacker's text: what is
not as agreed raises ValueError without a word of it, but a long *name* is cut and never costs the host her panel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from guardian.adapters.zoom.wire_context import same_role
from guardian.errors import PermanentError, TemporaryError

Frame = dict[str, object]

CLOSE_GOING_AWAY = 1001  # the page comes back with a new context
CLOSE_MALFORMED = 4400
CLOSE_UNPROVEN = 4401  # the page does not try again
CLOSE_REPLACED = 4409  # a newer window of the same host has the seat

ADMIT = "admit"
PUT_BACK = "put_back"
REMOVE = "remove"
WAITING_ROOM_ON = "waiting_room_on"
READ = "read"

LONGEST_NAME = 1000  # characters; longer ones are cut
_Word = Annotated[str, msgspec.Meta(max_length=64)]
_Name = Annotated[str, msgspec.Meta(max_length=100)]
_Uuid = Annotated[str, msgspec.Meta(max_length=200)]
_Token = Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]
_Number = Annotated[str, msgspec.Meta(max_length=32)] | Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
_UNSAFE = re.compile(r"[^ -~]+")


class _Person(msgspec.Struct):
    uuid: _Uuid | None = None
    name: str | None = None
    role: _Word | None = None


_People = Annotated[list[_Person], msgspec.Meta(max_length=2000)]  # Zoom's largest meeting has 1,000


class _Hello(msgspec.Struct, tag_field="type", tag="hello"):
    token: _Token | None = None
    context: _Token | None = None
    number: _Number | None = None


class _Ready(msgspec.Struct, tag_field="type", tag="ready"):
    version: _Word | None = None
    product: _Word | None = None
    context: _Word | None = None
    role: _Word | None = None
    number: _Number | None = None
    unsupported: Annotated[list[_Name], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)


class _List(msgspec.Struct, tag_field="type", tag="list"):
    waiting: _People
    inside: _People
    answers: _Word | None = None
    waiting_room: bool | None = None
    main_room: bool = True


class _Result(msgspec.Struct, tag_field="type", tag="result"):
    id: _Word
    ok: bool
    code: _Word | int | None = None
    message: str | None = None


class _Renewed(msgspec.Struct, tag_field="type", tag="context"):
    context: _Token


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. ``role``: "host", "co-host", another word of Zoom's, or "" (so in the waiting room)."""

    uuid: str
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class PanelList:
    """Who waits and who is inside, whole, as the host's client shows it. ``waiting_room``: on, off, or not known.

    ``main_room`` False: these are only the people of a breakout room. ``without_uuid``: people whom the client lists
    without an id; they are in no list here, for nothing could be aimed at them.
    """

    waiting: tuple[Entry, ...] = ()
    inside: tuple[Entry, ...] = ()
    waiting_room: bool | None = None
    main_room: bool = True
    without_uuid: int = 0


@dataclass(frozen=True, slots=True)
class Hello:
    """A page's first message: exactly one of ``token`` and ``context``, the other is "". ``number``: "" not said."""

    token: str
    context: str
    number: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What client the page runs in, as it says. Every text is "" where it said nothing; ``number`` only digits."""

    version: str
    product: str
    context: str
    role: str
    number: str
    unsupported: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """Whole lists; ``answers``: the command that asked for them, or None."""

    answers: str | None
    found: PanelList


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. ``code``: Zoom's, or None when the client gave no answer in time."""

    id: str
    ok: bool
    code: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A fresh app context, as asked for."""

    context: str


Said = Ready | Listed | Result | Renewed


def _convert(frame: Mapping[str, object], shape: Any) -> Any:
    try:
        return msgspec.convert(dict(frame), type=shape)
    except (msgspec.MsgspecError, TypeError, RecursionError):
        # "from None": the library's words quote what they were given.
        raise ValueError("not a message that was agreed on") from None


def read_hello(frame: Mapping[str, object]) -> Hello:
    """A page's first message. Raises ValueError."""
    hello = _convert(frame, _Hello)
    if frame.get("type") != "hello":  # a lone shape is taken without its tag, too
        raise ValueError("the first message is no hello")
    if (hello.token is None) == (hello.context is None):
        raise ValueError("a first message has a token or a context")
    return Hello(hello.token or "", hello.context or "", digits(hello.number))


def read(frame: Mapping[str, object]) -> Said:
    """Any later message of a page. Raises ValueError."""
    said = _convert(frame, _Ready | _List | _Result | _Renewed)
    if isinstance(said, _Ready):
        return Ready(
            said.version or "",
            (said.product or "").lower(),
            said.context or "",
            same_role(said.role or ""),
            digits(said.number),
            frozenset(said.unsupported),
        )
    if isinstance(said, _List):
        return Listed(said.answers, _found(said))
    if isinstance(said, _Result):
        code = None if said.code is None else str(said.code)
        return Result(said.id, said.ok, code, _plain(said.message or ""))
    return Renewed(said.context)


def _found(said: _List) -> PanelList:
    waiting, inside = _entries(said.waiting), _entries(said.inside)
    without = sum(1 for person in (*said.waiting, *said.inside) if not person.uuid)
    return PanelList(waiting, inside, said.waiting_room, said.main_room, without)


def _entries(people: Sequence[_Person]) -> tuple[Entry, ...]:
    """One entry an id: the first that the client shows."""
    entries: dict[str, Entry] = {}
    for person in people:
        if person.uuid:
            entry = Entry(person.uuid, (person.name or "")[:LONGEST_NAME], same_role(person.role or ""))
            entries.setdefault(person.uuid, entry)
    return tuple(entries.values())


def digits(number: str | int | None) -> str:
    """A meeting number without the spaces and dashes that people and Zoom write; "" when it is none."""
    text = "" if number is None else str(number).replace(" ", "").replace("-", "")
    return text if text.isascii() and text.isdigit() else ""


def _plain(text: str) -> str:
    """What is safe in a log line: printable ASCII, 80 characters."""
    return _UNSAFE.sub("?", text[:80])


def welcome(meeting: str, title: str, you: str) -> Frame:
    """The seat is taken."""
    return {"type": "welcome", "meeting": meeting, "title": title, "you": you}


def leading(*, leads: bool) -> Frame:
    """Whether this page is the one that acts."""
    return {"type": "leading", "leading": leads}


def command(id_: str, name: str, uuid: str | None, within: float) -> Frame:
    """An order to the page, to be done within so many seconds; a page does an id at most once."""
    frame: Frame = {"type": "command", "id": id_, "name": name, "within_ms": max(1, round(within * 1000))}
    if uuid is not None:
        frame["uuid"] = uuid
    return frame


def refresh_context() -> Frame:
    """The page shall prove its role anew."""
    return {"type": "refresh_context"}


# Error codes of the Zoom Apps SDK (type file of @zoom/appssdk 0.16).
_ALREADY = frozenset({"10234", "10237", "10238"})  # in that state, in the waiting room, not in it any more
BREAKOUT = "10236"
_REFUSED = {
    "10233": "the account's policy locks the waiting room's setting",
    "10235": "this meeting has no waiting room setting",
    "10239": "a host or co-host cannot be put back",
    "10240": "this meeting has no waiting room",
}


def judge(result: Result) -> None:
    """Return if the command is done or was so already; else say what to do about it.

    Raises PermanentError (the client refused, in words), TemporaryError (it did not answer: the outcome is unknown;
    or it is in a breakout room: nothing was done).
    """
    if result.ok or result.code in _ALREADY:
        return
    if result.code is None:
        raise TemporaryError("the host's Zoom client did not answer: what became of it is unknown")
    if result.code == BREAKOUT:
        raise TemporaryError("the host's panel is in a breakout room")
    words = _REFUSED.get(result.code) or _plain(result.message) or "no reason given"
    raise PermanentError(f"the host's Zoom client refused: {words} (code {_plain(result.code)})")
