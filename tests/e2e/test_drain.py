"""Told to stop amid sixty knocks, by SIGTERM or Ctrl-C: what was accepted is finished, the rest is not lost."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from guardian.core.actions import ActKind, Ask
from guardian.core.events import Accepted
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School, confirmed

pytestmark = pytest.mark.prosody
CLASS = range(1, 61)


@pytest.fixture
async def big_school(tmp_path: Path) -> AsyncIterator[School]:
    async with School(tmp_path, children=60) as made:
        yield made


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stopped_in_the_middle_of_sixty_knocks_it_ends_well_and_the_next_one_lets_the_rest_in(
    big_school: School, number: signal.Signals
) -> None:
    school = big_school
    async with GuardianProcess(school.config) as first:
        await first.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await first.until_view(lambda view: view.phase == "open", "an open class")
        knocks = asyncio.gather(*(school.child(n) for n in CLASS))
        await school.until_one_is_inside()
        first.process.send_signal(number)
        assert await first.ended() == 0
        await knocks

    assert "stopping: finishing what was accepted" in "\n".join(first.words)
    records = await school.records()
    done = {ask.act.handle for ask in confirmed(records) if ask.act.kind is ActKind.ADMIT}
    asked = {record.ask: record.act.handle for record in records if isinstance(record, Ask)}
    before = school.invited()
    # Of everybody whom it asked in, it wrote down what the server said: nothing was left under way.
    assert set(before) <= {asked[record.ask] for record in records if isinstance(record, Accepted)}

    async with GuardianProcess(school.config) as second:
        await school.all_inside(CLASS)
        view = await second.until_view(lambda view: view.pending == 0 and view.link_up, "an end of every act")
        counts = view.counts
        second.process.terminate()
        assert await second.ended() == 0
    after = school.invited()
    assert after[: len(before)] == before
    assert len(set(after)) == 60
    # Whom it saw inside is not asked in again; whom it only asked for may be.
    assert all(after.count(handle) == before.count(handle) for handle in done if handle)
    assert counts.asked == counts.confirmed + counts.superseded + counts.escalated
    assert len(await school.records()) > len(records)


async def test_a_second_signal_stops_it_at_once(school: School, guardian: GuardianProcess) -> None:
    await school.teacher()
    guardian.process.send_signal(signal.SIGINT)
    guardian.process.send_signal(signal.SIGINT)
    assert await guardian.ended() is not None
    assert await school.rows()
