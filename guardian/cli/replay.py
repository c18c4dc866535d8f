"""What was decided, and what would be: the journalled events once more through the core. Only ``read_rows`` reads,
only ``show`` prints; the rest is pure.

Under another policy the events stay what they were: what the platform did in answer to other acts cannot be known.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from guardian.cli.terminal import console, safe, say
from guardian.codec import decode
from guardian.core.actions import (
    Again,
    Answer,
    Ask,
    Close,
    Considered,
    EnterPhase,
    Grant,
    Inform,
    Raise,
    Reread,
    Settle,
    Tighten,
    WakeAt,
)
from guardian.core.decide import TOGETHER, steps
from guardian.core.events import Event, Opened, Ordered
from guardian.core.meeting import blank
from guardian.core.policy import Policy
from guardian.errors import GuardianError
from guardian.ports import Journal, Row


class NotReplayableError(GuardianError):
    """The occurrence has no rows, or they were purged."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event, what was decided because of it, and what would be; in words. ``at`` in seconds UTC."""

    seq: int
    at: float
    event: str
    decided: tuple[str, ...]
    would: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both are alike, whatever the order."""
        return Counter(self.decided) == Counter(self.would)

    @property
    def told(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.decided or self.would)


async def read_rows(journal: Journal, occurrence: str) -> list[Row]:
    """Every row, whole. Raises NotReplayableError."""
    rows = [row async for row in journal.read(occurrence)]
    if not rows:
        raise NotReplayableError(f"the journal has no occurrence {occurrence}")
    if any(row.body is None for row in rows):
        raise NotReplayableError(f"{occurrence} was purged: what happened there can no longer be replayed")
    return rows


def meeting_of(rows: Iterable[Row]) -> str:
    """The meeting that the rows belong to."""
    for row in rows:
        record = decode(row.body or b"")
        if isinstance(record, Opened):
            return record.meeting
    raise NotReplayableError("the rows do not say which meeting they belong to")


def compare(rows: Sequence[Row], policy: Policy) -> list[Step]:
    """Fold the events under ``policy``, each at its own time, beside what the journal says was decided."""
    made: list[Step] = []
    state = blank()
    left = deque((row, decode(row.body or b"")) for row in rows)
    while left:
        row, record = left.popleft()
        if row.kind == "decision":
            if not made:
                raise NotReplayableError("the journal begins with a decision: its first rows are missing")
            last = made.pop()
            made.append(Step(last.seq, last.at, last.event, (*last.decided, *_words([record])), last.would))
            continue
        crowd: list[Event] = [record]  # type: ignore[list-item]  # the row's kind says that it is an event
        while left and isinstance(record, TOGETHER) and _together(left[0], row):
            crowd.append(left.popleft()[1])  # type: ignore[arg-type]  # as above
        state, would = steps(state, crowd, policy, row.at)
        made += [Step(row.seq + i, row.at, _event_words(event), (), ()) for i, event in enumerate(crowd[:-1])]
        made.append(Step(row.seq + len(crowd) - 1, row.at, _event_words(crowd[-1]), (), _words(would)))
    return made


def _together(follower: tuple[Row, object], row: Row) -> bool:
    """Whether the next row was judged in one look with this one: deliveries that came at once."""
    other, record = follower
    return other.kind != "decision" and other.at == row.at and isinstance(record, TOGETHER)


def summary(steps: Iterable[Step]) -> dict[str, int]:
    """How many decisions there were and would be, and at how many events they differ."""
    listed = list(steps)
    return {
        "decided": sum(len(one.decided) for one in listed),
        "would": sum(len(one.would) for one in listed),
        "events_that_differ": sum(not one.same for one in listed),
    }


def show(occurrence: str, steps: Iterable[Step]) -> None:
    """Print: ``=`` decided and would be again, ``-`` decided but would not be, ``+`` would be but was not."""
    listed = list(steps)
    out = console()
    for one in listed:
        if not one.told:
            continue
        clock = datetime.fromtimestamp(one.at, UTC).strftime("%H:%M:%S.%f")[:-3]
        out.print(Text.assemble((f"{one.seq:>6} {clock} ", "dim"), safe(one.event, longest=200)))
        for mark, style, words in _marked(one):
            out.print(Text.assemble("       ", (f"{mark} ", style), safe(words, style, longest=300)))
    counted = summary(listed)
    say(
        f"{occurrence}: {counted['decided']} decided, {counted['would']} would be decided,"
        f" {counted['events_that_differ']} events where they differ"
    )


def _marked(one: Step) -> Iterable[tuple[str, str, str]]:
    left = Counter(one.would)
    for words in one.decided:
        if left[words]:
            left[words] -= 1
            yield "=", "", words
        else:
            yield "-", "red", words
    for words in left.elements():
        yield "+", "green", words


def _event_words(event: Event) -> str:
    if isinstance(event, Ordered):
        return f"Ordered {event.verb.value} {event.handle or event.person or ''} by {event.by}".replace("  ", " ")
    facts = getattr(event, "facts", None)
    handle = facts.handle if facts is not None else getattr(event, "handle", None)
    return type(event).__name__ + (f" {handle}" if handle else "")


def _words(decisions: Iterable[object]) -> tuple[str, ...]:
    said = (_say(decision) for decision in decisions)
    return tuple(words for words in said if words)


def _say(decision: object) -> str:
    words = _WORDS.get(type(decision))
    return words(decision) if words is not None else type(decision).__name__.lower()


_WORDS: dict[type, Callable[[Any], str]] = {
    Ask: lambda d: f"ask: {d.act.kind.value} {d.act.handle or 'the meeting'} ({d.rule}; {d.reason})",
    Again: lambda d: f"ask again: {d.ask}",
    Close: lambda d: f"{d.end.value}: {d.ask} ({d.why})",
    EnterPhase: lambda d: f"phase: {d.phase.value} ({d.why})",
    Grant: lambda d: f"a human's own act counts as {d.word.kind.value} ({d.word.reason or d.word.by})",
    Considered: lambda _: "a human's own act was looked at",
    Tighten: lambda _: "the gate is tightened",
    Inform: lambda d: f"tell {d.handle} why they wait",
    Raise: lambda d: f"incident: {d.incident.key}, update {d.incident.revision} ({d.incident.kind.value})",
    Settle: lambda d: f"incident settled: {d.incident} ({d.why})",
    Answer: lambda d: f"answer: {'done' if d.done else 'not done'}, {d.text}",
    Reread: lambda d: f"read afresh ({d.why})",
    WakeAt: lambda _: "",  # a timer decides nothing about anybody, and is not journalled
}
