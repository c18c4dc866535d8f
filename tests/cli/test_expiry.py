"""An expiry as people write it."""

from datetime import datetime

import pytest

from guardian.cli.expiry import parse_until
from guardian.errors import ConfigError

NOW = datetime(2026, 11, 24, 12, 0, 0).astimezone().timestamp()


@pytest.mark.parametrize(("text", "seconds"), [("90m", 5400), ("2h", 7200), ("1d", 86400), (" 5m ", 300)])
def test_a_span_counts_from_now(text: str, seconds: float) -> None:
    assert parse_until(text, NOW) == NOW + seconds


def test_a_time_of_day_is_the_next_one_here() -> None:
    assert parse_until("18:30", NOW) == NOW + 6.5 * 3600
    assert parse_until("9:00", NOW) == NOW + 21 * 3600


def test_a_date_and_time_is_taken_as_written() -> None:
    assert parse_until("2026-11-24T12:10", NOW) == NOW + 600
    utc = datetime.fromisoformat("2026-11-30T18:30+00:00").timestamp()
    assert parse_until("2026-11-30T18:30+00:00", NOW) == utc


@pytest.mark.parametrize("text", ["", "soon", "25:99", "0m", "10", "-5m", "2026-11-24T11:00", "1e3m", "٣m"])
def test_what_is_no_time_to_come_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_until(text, NOW)
