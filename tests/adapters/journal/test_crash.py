"""Killed by SIGKILL, at every named step and at any moment, the journal has lost nothing that it
acknowledged.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.journal import JOURNAL_STEPS, open_journal
from guardian.ports import Entry
from tests.support.stores import fresh_schema

_CHILD = Path(__file__).with_name("crash_child.py")
_ROOT = Path(__file__).parents[3]
_BEFORE_COMMIT = JOURNAL_STEPS[: JOURNAL_STEPS.index("committed")]


@pytest.fixture
def file_address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journal.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, file_address: str) -> Iterator[str]:
    if request.param == "sqlite":
        yield file_address
        return
    with fresh_schema(request.getfixturevalue("postgres_url")) as url:
        yield url


async def start(address: str, step: str, nth: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        _CHILD,
        address,
        step,
        str(nth),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )


async def kept(address: str, acknowledged: list[int]) -> list[int]:
    """The numbers in the journal, having seen that it is whole, holds all that was acknowledged, and goes
    on.
    """
    journal = await open_journal(address)
    # On PostgreSQL this waits for the dead process's last transaction to be over, one way or the other.
    await journal.hold("o1", on=False)
    found = [row.body.decode() async for row in journal.read("o1") if row.body is not None]
    numbers = [int(text.split()[0]) for text in found]
    assert len(found) == len(set(found)), "stored twice"
    assert found == [f"{number} {part}" for number in numbers[::2] for part in "ab"], "half a call"
    assert set(acknowledged) <= set(numbers), "acknowledged, yet missing"
    assert await journal.verify("o1") == len(found)
    # The caller that lives on repeats what it has no answer for: what is there is known, what is not is new.
    for number in range(max([*numbers, *acknowledged, 0]) + 3):
        entries = [Entry("o1", 2.0, "event", f"{number} {part}".encode(), f"k{number} {part}") for part in "ab"]
        assert await journal.append(entries) == (number not in numbers,) * 2
    total = await journal.verify("o1")
    assert total == len({row.key async for row in journal.read("o1")})
    await journal.close()
    return numbers[::2]


@pytest.mark.parametrize("step", _BEFORE_COMMIT)
async def test_killed_before_the_first_commit_nothing_is_stored(file_address: str, step: str) -> None:
    child = await start(file_address, step, 1)
    told, _ = await child.communicate()
    assert (child.returncode, told) == (-signal.SIGKILL, b"")
    assert await kept(file_address, []) == []


@pytest.mark.parametrize("step", JOURNAL_STEPS)
async def test_killed_at_a_step_nothing_acknowledged_is_missing(address: str, step: str) -> None:
    child = await start(address, step, 8)
    told, _ = await child.communicate()
    assert child.returncode == -signal.SIGKILL
    acknowledged = [int(line) for line in told.split()]
    stored = await kept(address, acknowledged)
    if step == "committed":
        assert len(stored) > len(acknowledged)


@pytest.mark.parametrize("lines", [1, 10, 200])
async def test_killed_at_any_moment_nothing_acknowledged_is_missing(address: str, lines: int) -> None:
    child = await start(address, "-", 0)
    assert child.stdout is not None
    told = [await child.stdout.readline() for _ in range(lines)]
    child.kill()
    told.append(await child.stdout.read())
    assert await child.wait() == -signal.SIGKILL
    acknowledged = [int(line) for line in b"".join(told).split(b"\n")[:-1]]
    assert len(acknowledged) >= lines
    stored = await kept(address, acknowledged)
    assert len(stored) >= lines
