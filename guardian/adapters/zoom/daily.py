"""What Zoom allows per registrant and day, counted before Zoom refuses it ("API rate limits"). No requests here.

Counted in memory: after a restart, or where another app adds people too, Zoom's own refusal still stands behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from guardian.errors import PermanentError, TemporaryError
from guardian.ports import Clock

MOST_ADDITIONS = 3
MOST_CHANGES = 10
_DAY = 86_400.0  # Zoom's days begin at 00:00 UTC


class DailyCounts:
    """Additions per meeting and address, changes of status per meeting and registration."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._day = -1
        self._done: Counter[tuple[str, str, str]] = Counter()

    @contextmanager
    def addition(self, number: str, emails: Sequence[str]) -> Iterator[None]:
        """Round the call that registers these. Raises PermanentError instead of the fourth of a day."""
        keys = [("added", number, email.casefold()) for email in emails]
        with self._counted(keys, MOST_ADDITIONS, "registered"):
            yield

    @contextmanager
    def change(self, number: str, ids: Sequence[str]) -> Iterator[None]:
        """Round the call that changes the status of these. Raises PermanentError instead of the eleventh of a day."""
        with self._counted([("changed", number, each) for each in ids], MOST_CHANGES, "given another status"):
            yield

    @contextmanager
    def _counted(self, keys: Sequence[tuple[str, str, str]], most: int, done: str) -> Iterator[None]:
        today = int(self._clock() // _DAY)
        if today != self._day:
            self._day, self._done = today, Counter()
        asked = Counter(keys)
        over = sum(self._done[key] + times > most for key, times in asked.items())
        if over:
            raise PermanentError(
                f"Zoom lets one person be {done} {most} times a day, and {over} of these have been: "
                "nothing was asked; try again after 00:00 UTC"
            )
        self._done += asked
        try:
            yield
        except TemporaryError:
            self._done -= asked
            raise
