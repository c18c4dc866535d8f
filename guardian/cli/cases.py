"""The lines of ``guardian match``: rosters and cases in, decisions out. Reading, deciding and telling; no command here.

The format is that of ``benchmarks/names/README.md``: a roster line before its cases. ``known``: one person by a close
name or better; ``unsure``: somebody may be meant; ``unknown``: nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from guardian.core.identity import Evidence
from guardian.core.roster import Match, MatchKind, Person, Role, Roster
from guardian.errors import ConfigError

_ROLES = {"pupil": Role.PUPIL, "assistant": Role.STAFF, "teacher": Role.HOST}


class Account(msgspec.Struct, frozen=True):
    """An account on one platform."""

    platform: str
    id: str


class Listed(msgspec.Struct, frozen=True):
    """Somebody on a roster line."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    role: str = "pupil"


class RosterLine(msgspec.Struct, frozen=True, tag="roster", tag_field="type"):
    """A roster."""

    roster: str
    people: tuple[Listed, ...]


class Joiner(msgspec.Struct, frozen=True):
    """What somebody shows. ``email_verified``: the platform vouches for the address; else the joiner typed it."""

    name: str = ""
    email: str | None = None
    email_verified: bool = False
    account_id: str | None = None
    platform: str = ""


class CaseLine(msgspec.Struct, frozen=True, tag="case", tag_field="type"):
    """A question. What else stands on the line (the truth, what is accepted) is not looked at."""

    case: str
    roster: str
    joiner: Joiner
    present: tuple[str, ...] = ()


class Decider:
    """Rosters by name, each as one platform sees it, so that an account elsewhere says nothing here."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[Listed, ...]] = {}
        self._rosters: dict[tuple[str, str], Roster] = {}

    def take(self, line: RosterLine) -> None:
        """Remember a roster; a later one of the same name takes its place."""
        self._lists[line.roster] = line.people
        for key in [key for key in self._rosters if key[0] == line.roster]:
            del self._rosters[key]

    def match(self, case: CaseLine) -> Match:
        """Whom the joiner fits. Raises ConfigError when the roster was not given before."""
        return self.roster(case.roster, case.joiner.platform).match(evidence_of(case.joiner), case.present)

    def roster(self, name: str, platform: str) -> Roster:
        """The roster of this name as the platform sees it. Raises ConfigError when it was not given before."""
        found = self._rosters.get((name, platform))
        if found is None:
            if name not in self._lists:
                raise ConfigError(f"roster {name!r} was not given before its case")
            people = tuple(_person(listed, platform) for listed in self._lists[name])
            found = self._rosters[name, platform] = Roster(name, people)
        return found


def _person(listed: Listed, platform: str) -> Person:
    return Person(
        listed.id,
        listed.name,
        _ROLES.get(listed.role, Role.PUPIL),
        aliases=listed.aliases,
        emails=listed.emails,
        accounts=tuple(account.id for account in listed.accounts if account.platform == platform),
    )


def evidence_of(joiner: Joiner) -> Evidence:
    """What the joiner shows, as the core takes it."""
    return Evidence(
        joiner.name,
        account=joiner.account_id,
        email=joiner.email if joiner.email_verified else None,
        claimed_email=None if joiner.email_verified else joiner.email,
    )


def decision_of(match: Match) -> str:
    """``known``, ``unsure`` or ``unknown``, before any gate. A refused name that somebody on the list has is unsure."""
    if match.kind is MatchKind.PERSON:
        return "known"
    return "unsure" if match.kind is MatchKind.DOUBT or match.candidates else "unknown"


def plain(match: Match) -> dict[str, Any]:
    """A match as it is written for programs."""
    return {
        "decision": decision_of(match),
        "person": match.person.id if match.person else None,
        "proofs": sorted(proof.value for proof in match.proofs),
        "reason": match.reason,
    }


def decisions(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One decision for each case line, as the lines come. Raises ConfigError naming the line that is at fault."""
    decider = Decider()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = _line(line)
            if isinstance(told, RosterLine):
                decider.take(told)
                continue
            match = decider.match(told)
        except (msgspec.MsgspecError, ValueError, ConfigError) as error:
            raise ConfigError(f"line {number}: {error}") from error
        yield {"case": told.case, **plain(match)}


_DECODER: msgspec.json.Decoder[RosterLine | CaseLine] = msgspec.json.Decoder(RosterLine | CaseLine)


def _line(line: bytes) -> RosterLine | CaseLine:
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError:
        # Half a surrogate pair is no text, but somebody may well show it.
        told: RosterLine | CaseLine = msgspec.convert(json.loads(line), RosterLine | CaseLine)
        return told
