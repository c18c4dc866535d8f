"""What one cell of a roster may hold, pure. A fault is a sentence about the cell that never quotes it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guardian.core.names import LONGEST_NAME, normalise
from guardian.core.roster import Role

_ROLES = {
    "": Role.PUPIL,
    "host": Role.HOST,
    "teacher": Role.HOST,
    "staff": Role.STAFF,
    "assistant": Role.STAFF,
    "pupil": Role.PUPIL,
    "student": Role.PUPIL,
    "guest": Role.GUEST,
}
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")
_ACCOUNT = re.compile(r"[^\s\"'<>&|;]{1,256}")
_PHONE = re.compile(r"\+?[0-9 ()/.-]{3,40}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_JOINERS = "\u200c\u200d"  # Persian and Indian names are spelled with them


def several(cell: str) -> tuple[str, ...]:
    """The values of a cell that may hold several, apart by ``;`` or ``|``; each once."""
    parts = (part.strip() for part in re.split(r"[;|]", cell))
    return tuple(dict.fromkeys(part for part in parts if part))


def name(cell: str, wrong: list[str], what: str = "the name") -> str:
    """A name: NFC, spaces collapsed; hidden characters (left by a spreadsheet) dropped."""
    spaced = " ".join(unicodedata.normalize("NFC", cell).split())
    kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C" or c in _JOINERS)
    if not normalise(kept):
        wrong.append(f"{what} is missing")
    elif len(kept) > LONGEST_NAME:
        wrong.append(f"{what} is longer than {LONGEST_NAME} characters")
    return kept


def role(cell: str, wrong: list[str]) -> Role:
    """A role by its word; empty: a pupil."""
    found = _ROLES.get(cell.strip().casefold())
    if found is None:
        wrong.append("no such role; write host, staff, pupil or guest")
    return found or Role.PUPIL


def email(cell: str, wrong: list[str]) -> str:
    """A bare mail address."""
    if not _EMAIL.fullmatch(cell) or not cell.isprintable():
        wrong.append("this is no mail address")
    return cell


def account(cell: str, wrong: list[str]) -> str:
    """A platform's account or token id; opaque to us."""
    if not _ACCOUNT.fullmatch(cell) or not cell.isprintable():
        wrong.append("this is no account id")
    return cell


def phone(cell: str, wrong: list[str]) -> str:
    """A telephone number as people write it."""
    if not _PHONE.fullmatch(cell) or sum(c.isdigit() for c in cell) < 3:
        wrong.append("this is no telephone number")
    return cell


def identifier(cell: str, wrong: list[str]) -> str | None:
    """An id of the school's own; empty: one is made. It is written to logs, so it should name nobody."""
    found = cell.strip()
    if found and not _ID.fullmatch(found):
        wrong.append("an id is up to 64 letters, digits, dots, hyphens or underscores")
    return found or None


def moment(cell: str, zone: ZoneInfo, wrong: list[str], what: str, *, whole_day: bool = False) -> float | None:
    """A date or a time in seconds UTC; local to ``zone`` unless it bears an offset. Empty: None.

    ``whole_day``: a bare date means the end of that day, not its begin.
    """
    found = cell.strip()
    if not found:
        return None
    try:
        if _DAY.fullmatch(found):
            day = date.fromisoformat(found) + timedelta(days=1 if whole_day else 0)
            return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        time = datetime.fromisoformat(found)
        return (time if time.tzinfo else time.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        wrong.append(f"{what} is no date; write 2026-11-30 or 2026-11-30 16:00")
        return None
