"""What the journal remembers of an occurrence: its state, folded again, and what the app itself must not forget.

May live here: reading. May not: writing, or deciding anything.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from guardian.codec import Record, decode
from guardian.core.actions import ActKind, Answer, Ask, AskEnd, Close
from guardian.core.events import NoticeSent, RosterLoaded
from guardian.core.meeting import Occurrence, blank, evolve
from guardian.core.roster import Roster
from guardian.ports import Journal


@dataclass
class Tally:
    """How many acts of each kind were confirmed: the numbers of the closing letter. Fed with every record."""

    confirmed: Counter[ActKind] = field(default_factory=Counter)
    _open: dict[str, ActKind] = field(default_factory=dict)

    def count(self, record: Record) -> ActKind | None:
        """The kind of act whose effect this record confirms."""
        if isinstance(record, Ask):
            self._open[record.ask] = record.act.kind
        if isinstance(record, Close):
            kind = self._open.pop(record.ask, None)
            if kind is not None and record.end is AskEnd.CONFIRMED:
                self.confirmed[kind] += 1
                return kind
        return None


@dataclass
class History:
    """A folded occurrence. ``delivered``: (incident, channel) → the newest revision that arrived there."""

    state: Occurrence = field(default_factory=blank)
    keys: set[str] = field(default_factory=set)
    answers: dict[str, Answer] = field(default_factory=dict)
    delivered: dict[tuple[str, str], int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


async def fold(journal: Journal, occurrence: str, list_now: Roster | None = None) -> History:
    """Read an occurrence again from its first record. Raises JournalError when it cannot be read.

    ``list_now``: where the journal holds the very list that was read from its source, the two share one value.
    """
    history = History()
    state = history.state
    async for row in journal.read(occurrence):
        if row.key is not None:
            history.keys.add(row.key)
        if row.body is None:
            continue
        record = decode(row.body)
        if isinstance(record, RosterLoaded) and record.roster == list_now:
            record = RosterLoaded(record.at, list_now)
        state = evolve(state, record)
        history.tally.count(record)
        if isinstance(record, Answer):
            history.answers[record.order] = record
        elif isinstance(record, NoticeSent) and record.delivered:
            thread = (record.incident, record.channel)
            history.delivered[thread] = max(record.revision, history.delivered.get(thread, 0))
    history.state = state
    return history
