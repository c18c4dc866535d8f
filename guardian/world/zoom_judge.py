"""The judge of a class on Zoom: the world's own ledger, and who was who, to a verdict. Pure: no clock, file or socket.

Everything about people comes from the ledger. Only two facts are handed in besides it: the true cast, and when the
guardian said that it locked the door. The verdict is that of `verdict.py`, the figures mean the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from guardian.world.cast import Cast, Member, Part
from guardian.world.verdict import LONGEST_STRANGER_SECONDS, KnockToInside, Verdict, quantile
from guardian.world.zoom.ledger import By, Entry

GUARDIANS_HANDS = frozenset({By.PANEL, By.REST})
"""By which the guardian, and nobody else in the play, lets in and puts out."""

_ENDS = frozenset({"put_back", "removed", "left", "dropped"})
_CHILDREN = (Part.CHILD, Part.NAME_ONLY)
_LET_IN_BY_HUMANS = (Part.NAME_ONLY, Part.GUEST, Part.WELCOMED)


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody inside, from coming in to going out; `end` None: still there. `let_in`, `put_out`: by whose hand."""

    member: Member
    start: float
    let_in: str
    end: float | None = None
    put_out: str = ""


def stays(entries: Iterable[Entry], cast: Cast) -> list[Stay]:
    """Everybody's stays inside, in order of their beginning."""
    now: dict[str, Stay] = {}
    found: list[Stay] = []
    for entry in entries:
        if entry.what == "came_in":
            if entry.uuid in now:  # a going that was not written down
                found.append(replace(now[entry.uuid], end=entry.at))
            now[entry.uuid] = Stay(member_of(entry, cast), entry.at, entry.by)
        elif entry.what in _ENDS and entry.uuid in now:
            began = now.pop(entry.uuid)
            out = entry.by if entry.what in {"put_back", "removed"} else ""
            found.append(Stay(began.member, began.start, began.let_in, entry.at, out))
        elif entry.what == "ended":
            found += [Stay(s.member, s.start, s.let_in, entry.at) for s in now.values()]
            now.clear()
    return sorted([*found, *now.values()], key=lambda stay: stay.start)


def member_of(entry: Entry, cast: Cast) -> Member:
    """Whom an entry is about. Whom nobody in the play knows is a stranger of its own."""
    key = entry.tag or f"unknown {entry.uuid}"
    found = next((member for member in cast.members if member.key == key or key in member.addresses), None)
    return found or cast.add(key, Part.STRANGER, entry.name)


def judge(
    entries: Sequence[Entry], cast: Cast, locked_at: float | None, longest: float = LONGEST_STRANGER_SECONDS
) -> Verdict:
    """The verdict on one guarded class. `locked_at`: when the guardian said it locked the door, or None.

    `longest`: seconds that all strangers together may be inside under the guardian's eyes.
    """
    return _Judge(entries, cast, locked_at, longest).verdict()


class _Judge:
    def __init__(self, entries: Sequence[Entry], cast: Cast, locked_at: float | None, longest: float) -> None:
        self.longest = longest
        self.entries = entries
        self.cast = cast
        self.locked_at = locked_at
        self.inside = stays(entries, cast)
        self.knocks = [(member_of(e, cast), e.at) for e in entries if e.what == "knocked"]
        self.guarded_from = min((e.at for e in entries if e.what == "token"), default=math.inf)
        self.end = entries[-1].at if entries else 0.0

    def verdict(self) -> Verdict:
        seconds = sum(
            (stay.end or self.end) - max(stay.start, self.guarded_from)
            for stay in self.inside
            if stay.member.part is Part.STRANGER and (stay.end or self.end) > self.guarded_from
        )
        children = self.cast.of(Part.CHILD)
        return Verdict(
            expected=len(children),
            admitted=sum(bool(self._stays_of(child)) for child in children),
            late_admitted=sum(self._came_late(child) for child in children),
            held=len({id(member) for member, _ in self.knocks if self._for_a_human(member)}),
            strangers=len({id(member) for member in self._came() if member.part is Part.STRANGER}),
            strangers_admitted=len({id(stay.member) for stay in self._let_in_strangers()}),
            strangers_inside_at_end=sum(s.member.part is Part.STRANGER and s.end is None for s in self.inside),
            stranger_seconds_inside=round(seconds, 3),
            children_removed=sum(stay.member.part in _CHILDREN for stay in self._removals()),
            removed=len(self._removals()),
            knock_to_inside_ms=self._knock_to_inside(),
            complaints=tuple(self._complaints(seconds)),
        )

    # -- what happened

    def _came(self) -> list[Member]:
        return [*(member for member, _ in self.knocks), *(stay.member for stay in self.inside)]

    @staticmethod
    def _for_a_human(member: Member) -> bool:
        return member.unseen or member.part in {Part.STRANGER, Part.NAME_ONLY, Part.WELCOMED}

    def _stays_of(self, member: Member) -> list[Stay]:
        return [stay for stay in self.inside if stay.member is member]

    def _came_late(self, child: Member) -> bool:
        knocks = [at for member, at in self.knocks if member is child]
        return self.locked_at is not None and bool(self._stays_of(child)) and min(knocks, default=0) > self.locked_at

    def _let_in_strangers(self) -> list[Stay]:
        """Strangers who came in while the guardian kept the door (no human in the play lets one in then)."""
        return [s for s in self.inside if s.member.part is Part.STRANGER and s.start > self.guarded_from]

    def _removals(self) -> list[Stay]:
        return [stay for stay in self.inside if stay.put_out in GUARDIANS_HANDS]

    def _knock_to_inside(self) -> KnockToInside:
        opened = min((s.start for s in self.inside if s.member.part is Part.HOST), default=math.inf)
        took: list[float] = []
        for child in self.cast.of(Part.CHILD):
            knock = next((at for member, at in self.knocks if member is child), math.inf)
            entry = next((stay.start for stay in self._stays_of(child) if stay.start >= knock), None)
            if entry is not None:
                took.append(max(0.0, entry - max(knock, opened)) * 1000)
        took.sort()
        return KnockToInside(*(round(quantile(took, share)) for share in (0.5, 0.95, 1.0)))

    # -- what is wrong with it

    def _complaints(self, seconds: float) -> Iterable[str]:
        yield from self._about_the_door()
        yield from self._about_children()
        yield from self._about_strangers(seconds)
        yield from self._about_the_others()

    def _about_the_door(self) -> Iterable[str]:
        if math.isinf(self.guarded_from):
            yield "no guardian ever logged in"
        if any(e.what == "waiting_room" and e.detail == "off" for e in self.entries):
            yield "the waiting room was switched off"
        if any(stay.let_in == By.OPEN for stay in self.inside):
            yield "somebody came in past the waiting room"

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
            if child.shares and not any(e.what == "share_on" and e.tag == child.key for e in self.entries):
                yield f"{child.key} was not seen to share"
            if child.unseen and (child.let_in_at is None or mine[0].start < child.let_in_at):
                yield f"{child.key} was inside before a human said so, though nothing was known of her"
        removed = sorted({s.member.key for s in self._removals() if s.member.part in _CHILDREN})
        if removed:
            yield f"children put out by the machine: {', '.join(removed)}"

    def _about_strangers(self, seconds: float) -> Iterable[str]:
        let_in = sorted({stay.member.key for stay in self._let_in_strangers()})
        if let_in:
            yield f"strangers let in: {', '.join(let_in)}"
        left = sorted({s.member.key for s in self.inside if s.member.part is Part.STRANGER and s.end is None})
        if left:
            yield f"strangers inside at the end: {', '.join(left)}"
        if seconds > self.longest:
            yield f"strangers were inside for {seconds:.1f} s while the guardian was there"
        came = {id(member) for member in self._came()}
        for stranger in self.cast.of(Part.STRANGER):
            if id(stranger) not in came:
                yield f"{stranger.key} was never seen: nothing is shown about them"

    def _about_the_others(self) -> Iterable[str]:
        for member in self.cast.of(*_LET_IN_BY_HUMANS):
            mine = self._stays_of(member)
            if mine and (member.let_in_at is None or mine[0].start < member.let_in_at):
                yield f"{member.key} was inside before a human said so"
        for member in self.cast.of(Part.HOST, Part.STAFF, Part.GUEST, Part.WELCOMED):
            if not any(stay.end is None for stay in self._stays_of(member)):
                yield f"{member.key} is not inside at the end"
        others = {s.member.key for s in self._removals() if s.member.part not in {*_CHILDREN, Part.STRANGER}}
        if others:
            yield f"put out by the machine: {', '.join(sorted(others))}"
