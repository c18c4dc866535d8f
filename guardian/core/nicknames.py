"""Whether two first names may be one person's. Pure look-ups in published tables (``names_tables``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from enum import Enum
from functools import cache

from guardian.core.names_tables import MAYBE_NICKNAMES, NICKNAMES


class Relation(Enum):
    """NICKNAME: what is typed is surely a nickname of what is listed. LOOSE: perhaps; or the other way round; or both
    are nicknames of a third.
    """

    NICKNAME = "nickname"
    LOOSE = "loose"


def relation(typed: str, listed: str) -> Relation | None:
    """How a first name as typed is related to a listed one; None when it is another name."""
    return _related().get(typed, {}).get(listed)


def related(typed: str) -> Collection[str]:
    """Every listed name that a typed one may stand for."""
    return _related().get(typed, {}).keys()


@cache
def _related() -> dict[str, dict[str, Relation]]:
    agreed, single = _pairs(NICKNAMES), _pairs(MAYBE_NICKNAMES)
    found: dict[str, dict[str, Relation]] = defaultdict(dict)
    nicks: dict[str, set[str]] = defaultdict(set)
    for formal, nick in agreed:
        found[nick][formal] = Relation.NICKNAME
    for formal, nick in (*agreed, *single):
        nicks[formal].add(nick)
        found[nick].setdefault(formal, Relation.LOOSE)
        found[formal].setdefault(nick, Relation.LOOSE)
    for shared in nicks.values():
        for one in shared:
            for other in shared - {one}:
                found[one].setdefault(other, Relation.LOOSE)
    return dict(found)


def _pairs(table: str) -> list[tuple[str, str]]:
    entries = (entry.partition(":") for entry in table.split())
    return [(formal, nick) for formal, _, nicks in entries for nick in nicks.split(",")]
