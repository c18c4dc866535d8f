"""Reading the lists of a whole school: a text file, and a OneRoster bundle, of five thousand people each.

From bytes to the list that the guardian uses, with every fault looked for; opening the file is not measured. The floor
is the csv module alone on the same bytes.
"""

from __future__ import annotations

import csv
import io
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.rows import Goal, Row, Scale
from guardian.adapters.rosters.oneroster import EVERYBODY
from guardian.adapters.rosters.reading import read
from guardian.adapters.rosters.spec import Source

PEOPLE = 5_000
ROWS = ("floor-csv", "roster-csv", "roster-oneroster")
_ZONE = ZoneInfo("Europe/Berlin")
_GOAL = Goal("≤ 2 s", 2.0)


async def measure(scale: Scale) -> list[Row]:
    """Seconds for each reading."""
    text, bundle = _text(), _bundle()
    floors, lists, bundles = [], [], []
    for _ in range(scale.repetitions):
        floors.append(_timed(lambda: _rows(text)))
        lists.append(_timed(lambda: _read(Source(Path("school.csv")), text)))
        bundles.append(_timed(lambda: _read(Source(Path("school.zip"), group=EVERYBODY), bundle)))
    return [
        Row("floor-csv", f"{PEOPLE} lines by the csv module alone", "s", tuple(floors)),
        Row("roster-csv", f"a list of {PEOPLE} people read and checked", "s", tuple(lists), "floor-csv", _GOAL),
        Row("roster-oneroster", f"OneRoster, {PEOPLE} users", "s", tuple(bundles), "floor-csv", _GOAL),
    ]


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _rows(raw: bytes) -> None:
    assert sum(1 for _ in csv.reader(io.StringIO(raw.decode("utf-8")), delimiter=";")) == PEOPLE + 1


def _read(source: Source, content: bytes | Mapping[str, bytes]) -> None:
    assert len(read([(source, content)], _ZONE, b"salt").roster.people) == PEOPLE


def _names() -> list[tuple[str, str]]:
    """Given and family names of nobody; a tenth of the families have several children."""
    chance = random.Random(5)
    syllables = "ka lo mi ren tas vel dor in sha bre qui ono zar elu pim".split()

    def word(count: int) -> str:
        return "".join(chance.choice(syllables) for _ in range(count)).capitalize()

    return [(word(2), f"{word(3)}-{number // 2 if number % 10 == 1 else number}") for number in range(PEOPLE)]


def _text() -> bytes:
    lines = ["Schülernummer;Vorname;Nachname;E-Mail;Klasse;Mutter E-Mail;Mutter darf Link erhalten"]
    lines += [
        f"{n};{given};{family};p{n}@school.example;{n % 200};m{n}@family.example;ja"
        for n, (given, family) in enumerate(_names())
    ]
    return "\n".join(lines).encode()


def _bundle() -> dict[str, bytes]:
    users = ["sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email"]
    users += [
        f"u{n},,,true,o1,student,p{n},{given},{family},p{n}@school.example"
        for n, (given, family) in enumerate(_names())
    ]
    classes = ["sourcedId,status,title,classCode,schoolSourcedId", *(f"c{n},,Class {n},C{n},o1" for n in range(200))]
    enrolled = ["sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate"]
    enrolled += [f"e{n}-{c},,c{(n + c) % 200},u{n},student,," for n in range(PEOPLE) for c in range(4)]
    texts = {"users.csv": users, "classes.csv": classes, "enrollments.csv": enrolled}
    return {name: "\n".join(lines).encode() for name, lines in texts.items()}
