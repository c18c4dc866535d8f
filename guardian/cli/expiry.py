"""Reading an expiry as people write it. Pure but for the machine's time zone: ``now`` is an argument."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from guardian.errors import ConfigError

_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_until(text: str, now: float) -> float:
    """``90m``, ``2h``, ``1d``; a local time of day (the next one); or a local date and time. Seconds UTC.

    Raises ConfigError.
    """
    wanted = text.strip()
    span = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", wanted)
    if span:
        return now + float(span[1]) * _UNITS[span[2]]
    here = datetime.fromtimestamp(now).astimezone()
    try:
        if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", wanted):
            clock = time.fromisoformat(wanted.zfill(5))
            when = datetime.combine(here.date(), clock)
            if when.timestamp() <= now:
                when += timedelta(days=1)
        else:
            when = datetime.fromisoformat(wanted)
    except ValueError as error:
        raise ConfigError("--until: write 90m, 2h, 18:30 or 2026-11-30T18:30") from error
    if when.timestamp() <= now:
        raise ConfigError("--until: that time is past")
    return when.timestamp()
