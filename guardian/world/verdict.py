"""The judge: what the observer saw, and who was who, to a verdict and its figures. Pure: no clock, no file, no socket.

Everything about people comes from the observer's lines. Only two facts are handed in besides them: the true cast,
and when the guardian said that it locked the door.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from guardian.world.cast import Cast, Member, Part

PUT_OUT = frozenset({"301", "307", "321", "322", "vanished"})
"""Banned, kicked, affiliation taken away, thrown out by the lobby (XEP-0045 section 15.6), with or without a word."""

LONGEST_STRANGER_SECONDS = 15.0
"""All strangers together, inside while the guardian was there. The demo's policy looks at each for one second."""

_CHILDREN = (Part.CHILD, Part.NAME_ONLY)
_HUMANS_IN_CHARGE = (Part.HOST, Part.STAFF)
_LET_IN_BY_HAND = (Part.NAME_ONLY, Part.GUEST, Part.WELCOMED)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One line of the observer's. `at` in seconds UTC; the rest by `what`, see `observer.py`."""

    at: float
    what: str
    place: str = ""
    nick: str = ""
    jid: str = ""
    sharing: bool = False
    codes: frozenset[str] = frozenset()
    actor: str = ""
    shut: bool = False
    there: bool = False
    reason: str = ""


def read_sighting(line: str) -> Sighting:
    """One line of the observer's output. Raises ValueError, KeyError or TypeError when it is none."""
    fields: dict[str, Any] = json.loads(line)
    return Sighting(
        at=float(fields["at"]),
        what=str(fields["what"]),
        place=str(fields.get("place", "")),
        nick=str(fields.get("nick", "")),
        jid=str(fields.get("jid", "")),
        sharing=bool(fields.get("sharing", False)),
        codes=frozenset(map(str, fields.get("codes", ()))),
        actor=str(fields.get("actor", "")),
        shut=bool(fields.get("shut", False)),
        there=bool(fields.get("there", False)),
        reason=str(fields.get("reason", "")),
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """One connection in one place, from its coming to its going; `end` None: still there."""

    member: Member
    place: str
    start: float
    end: float | None
    codes: frozenset[str]
    actor: str

    @property
    def put_out(self) -> bool:
        """Whether it did not end by the person's own going."""
        return bool(self.codes & PUT_OUT)


@dataclass(frozen=True, slots=True)
class KnockToInside:
    """Milliseconds from a child's knock, or from the host's coming in where she knocked before, to her being inside."""

    p50: int
    p95: int
    max: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The observer's figures, and its complaints in words; content when there is none."""

    expected: int
    admitted: int
    late_admitted: int
    held: int
    strangers: int
    strangers_admitted: int
    strangers_inside_at_end: int
    stranger_seconds_inside: float
    children_removed: int
    removed: int
    knock_to_inside_ms: KnockToInside
    complaints: tuple[str, ...] = field(default=())

    @property
    def content(self) -> bool:
        """Whether everything was as it should be."""
        return not self.complaints


def stays(sightings: Iterable[Sighting], cast: Cast) -> list[Stay]:
    """Everybody's stays, in order of their beginning."""
    open_stays: dict[tuple[str, str], Sighting] = {}
    found: list[Stay] = []

    def close(began: Sighting, end: float | None, codes: frozenset[str], actor: str) -> None:
        found.append(Stay(cast.who(began.jid), began.place, began.at, end, codes, actor))

    for seen in sightings:
        key = (seen.place, seen.nick)
        if seen.what == "came":
            if key in open_stays:  # another person took the nick; the going was not shown
                close(open_stays[key], seen.at, frozenset(), "")
            open_stays[key] = seen
        elif seen.what == "went" and key in open_stays:
            close(open_stays.pop(key), seen.at, seen.codes, seen.actor)
    for began in open_stays.values():
        close(began, None, frozenset(), "")
    return sorted(found, key=lambda stay: stay.start)


def judge(sightings: Sequence[Sighting], cast: Cast, locked_at: float | None) -> Verdict:
    """The verdict on one guarded class. `locked_at`: when the guardian said it locked the door, or None."""
    return _Judge(sightings, cast, locked_at).verdict()


class _Judge:
    def __init__(self, sightings: Sequence[Sighting], cast: Cast, locked_at: float | None) -> None:
        self.sightings = sightings
        self.cast = cast
        self.locked_at = locked_at
        self.stays = stays(sightings, cast)
        self.inside = [stay for stay in self.stays if stay.place == "inside"]
        self.waiting = [stay for stay in self.stays if stay.place == "waiting"]
        self.guarded_from = min((s.start for s in self.inside if s.member.part is Part.GUARDIAN), default=math.inf)
        self.end = sightings[-1].at if sightings else 0.0

    def verdict(self) -> Verdict:
        strangers = {id(s.member) for s in self.stays if s.member.part is Part.STRANGER}
        seconds = sum(
            (stay.end or self.end) - max(stay.start, self.guarded_from)
            for stay in self.inside
            if stay.member.part is Part.STRANGER and (stay.end or self.end) > self.guarded_from
        )
        return Verdict(
            expected=len(self.cast.of(Part.CHILD)),
            admitted=sum(bool(self._stays_of(child)) for child in self.cast.of(Part.CHILD)),
            late_admitted=sum(self._came_late(child) for child in self.cast.of(Part.CHILD)),
            held=len(
                {id(s.member) for s in self.waiting if s.member.part in {Part.STRANGER, Part.NAME_ONLY, Part.WELCOMED}}
            ),
            strangers=len(strangers),
            strangers_admitted=len({id(stay.member) for stay in self._let_in_strangers()}),
            strangers_inside_at_end=sum(s.member.part is Part.STRANGER and s.end is None for s in self.inside),
            stranger_seconds_inside=round(seconds, 3),
            children_removed=sum(stay.member.part in _CHILDREN for stay in self._machine_removals()),
            removed=len(self._machine_removals()),
            knock_to_inside_ms=self._knock_to_inside(),
            complaints=tuple(self._complaints(seconds)),
        )

    # -- what was seen

    def _stays_of(self, member: Member) -> list[Stay]:
        return [stay for stay in self.inside if stay.member is member]

    def _came_late(self, child: Member) -> bool:
        knocks = [stay.start for stay in self.stays if stay.member is child]
        return self.locked_at is not None and bool(self._stays_of(child)) and min(knocks) > self.locked_at

    def _let_in_strangers(self) -> list[Stay]:
        """Strangers who came in while the guardian kept the door (no human in the play lets one in)."""
        return [s for s in self.inside if s.member.part is Part.STRANGER and s.start > self.guarded_from]

    def _machine_removals(self) -> list[Stay]:
        """Exits made neither by the person nor by a human in charge."""
        return [
            stay
            for stay in self.inside
            if stay.put_out and not (stay.actor and self.cast.who(stay.actor).part in _HUMANS_IN_CHARGE)
        ]

    def _knock_to_inside(self) -> KnockToInside:
        opened = min((s.start for s in self.inside if s.member.part is Part.HOST), default=math.inf)
        took: list[float] = []
        for child in self.cast.of(Part.CHILD):
            knocks = [stay.start for stay in self.waiting if stay.member is child]
            entries = [stay.start for stay in self._stays_of(child) if knocks and stay.start > knocks[0]]
            if entries:
                took.append(max(0.0, entries[0] - max(knocks[0], opened)) * 1000)
        took.sort()
        return KnockToInside(*(round(quantile(took, share)) for share in (0.5, 0.95, 1.0)))

    # -- what is wrong with it

    def _complaints(self, seconds: float) -> Iterable[str]:
        yield from self._about_the_evidence()
        yield from self._about_children()
        yield from self._about_strangers(seconds)
        yield from self._about_the_others()

    def _about_the_evidence(self) -> Iterable[str]:
        kinds = [seen.what for seen in self.sightings]
        if not kinds or kinds[-1] != "end" or "blind" in kinds:
            why = "".join(f": {seen.reason}" for seen in self.sightings if seen.what == "blind")
            yield f"the observer did not see the class to its end{why}"
        watching = next((seen.at for seen in self.sightings if seen.what == "watching"), math.inf)
        if watching > self.guarded_from:
            yield "the observer came after the guardian"
        if not any(s.end is None for s in self.inside if s.member.part is Part.GUARDIAN):
            yield "the guardian was not there at the end"
        doors = [seen for seen in self.sightings if seen.what == "door"]
        shut = [place for place, seen in enumerate(doors) if seen.shut]
        if not shut:
            yield "the door was never shut"
        elif any(not seen.shut for seen in doors[shut[0] :]):
            yield "the door was opened again"

    def _about_children(self) -> Iterable[str]:
        for child in self.cast.of(*_CHILDREN):
            mine = self._stays_of(child)
            if not mine:
                yield f"{child.key} was never inside"
                continue
            if not any(stay.end is None for stay in mine):
                yield f"{child.key} is not inside at the end"
            if child.returns and len(mine) < 2:
                yield f"{child.key} did not come back"
            if child.late and not self._came_late(child):
                yield f"{child.key} should have come after the lock"
            if child.shares and not self._shared(child):
                yield f"{child.key} was not seen to share"
        removed = sorted({s.member.key for s in self._machine_removals() if s.member.part in _CHILDREN})
        if removed:
            yield f"children put out by the machine: {', '.join(removed)}"

    def _about_strangers(self, seconds: float) -> Iterable[str]:
        let_in = sorted({stay.member.key for stay in self._let_in_strangers()})
        if let_in:
            yield f"strangers let in: {', '.join(let_in)}"
        left = sorted({s.member.key for s in self.inside if s.member.part is Part.STRANGER and s.end is None})
        if left:
            yield f"strangers inside at the end: {', '.join(left)}"
        if seconds > LONGEST_STRANGER_SECONDS:
            yield f"strangers were inside for {seconds:.1f} s while the guardian was there"
        for stranger in self.cast.of(Part.STRANGER):
            if not any(stay.member is stranger for stay in self.stays):
                yield f"{stranger.key} was never seen: nothing is shown about them"

    def _about_the_others(self) -> Iterable[str]:
        for member in self.cast.of(*_LET_IN_BY_HAND):
            mine = self._stays_of(member)
            early = member.let_in_at is None or any(stay.start < member.let_in_at for stay in mine)
            if mine and early:
                yield f"{member.key} was inside before a human said so"
        for member in self.cast.of(Part.HOST, Part.STAFF, Part.GUEST, Part.WELCOMED):
            if not any(stay.end is None for stay in self._stays_of(member)):
                yield f"{member.key} is not inside at the end"
        others = [s.member.key for s in self._machine_removals() if s.member.part not in {*_CHILDREN, Part.STRANGER}]
        if others:
            yield f"put out by the machine: {', '.join(others)}"

    def _shared(self, child: Member) -> bool:
        return any(seen.sharing and self.cast.who(seen.jid) is child for seen in self.sightings if seen.jid)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed; 0 for no values."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
