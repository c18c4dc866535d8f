"""Counting failed logins per address. Pure bookkeeping; ``now`` is an argument, memory is bounded."""

from __future__ import annotations

from collections import OrderedDict, deque

MOST_FAILURES = 10
WINDOW = 60.0  # seconds
_MOST_ADDRESSES = 1024


class FailedLogins:
    """How often each address failed lately. The address heard of longest ago is forgotten first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def failed(self, address: str, now: float) -> float:
        """Note a failure; seconds until this address may fail again, 0 while it is within its limit."""
        times = self._failures.setdefault(address, deque(maxlen=MOST_FAILURES))
        self._failures.move_to_end(address)
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)
        if len(times) == MOST_FAILURES and now - times[0] < WINDOW:
            return max(1.0, WINDOW - (now - times[0]))
        times.append(now)
        return 0.0
