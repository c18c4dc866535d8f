"""How often one link, or one address, may ask. Pure bookkeeping; ``now`` is an argument, memory is bounded."""

from __future__ import annotations

from collections import OrderedDict, deque

WINDOW = 60.0  # seconds
_MOST_KEYS = 4096


class Pace:
    """At most ``most`` requests a minute for each key. The key heard of longest ago is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def over(self, key: str, now: float) -> bool:
        """Note a request; whether it is one too many. What is too much is not noted: waiting always helps."""
        times = self._times.setdefault(key, deque(maxlen=self._most))
        self._times.move_to_end(key)
        if len(self._times) > _MOST_KEYS:
            self._times.popitem(last=False)
        if len(times) == self._most and now - times[0] < WINDOW:
            return True
        times.append(now)
        return False
