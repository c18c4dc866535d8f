"""SIGKILL at every named step while children knock: nothing acknowledged missing, nothing confirmed done twice."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from guardian.adapters.journal import JOURNAL_STEPS
from guardian.app.actor import ACTOR_STEPS
from guardian.app.enforcer import ENFORCER_STEPS
from guardian.core.actions import Act, ActKind
from guardian.world.cast import child_name
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_runner import fingerprint
from tests.support.e2e_school import ROOM, School, confirmed

pytestmark = pytest.mark.prosody

STEPS = tuple(dict.fromkeys((*JOURNAL_STEPS, *ACTOR_STEPS, *ENFORCER_STEPS)))


def times_called(school: School, act: Act) -> int:
    """How often the server's own log shows this act; acts of other kinds are not counted."""
    if act.kind is ActKind.ADMIT:
        return school.invited().count(act.handle or "")
    if act.kind is ActKind.LOBBY_ON:
        room = school.server.site.room_jid(ROOM)
        return sum("membersonly" in c.value for c in school.calls("config") if c.to == room)
    return 0


def witnessed(path: Path) -> Counter[str]:
    return Counter(path.read_text().splitlines())


async def stored(school: School) -> Counter[str]:
    return Counter(fingerprint(row.occurrence, row.body) for row in await school.rows() if row.body is not None)


async def everybody_knocks(school: School, numbers: Iterable[int]) -> None:
    """At once: children with accounts, a stranger, and one with a child's name but nothing else."""
    knocks = [school.child(n) for n in numbers]
    await asyncio.gather(*knocks, school.stranger("Zed Quux"), school.stranger(child_name(1), key="impostor"))


async def comes(school: School, doomed: GuardianProcess, number: int) -> None:
    """One more child knocks, and is inside, or the guardian is dead before that."""
    child = await school.child(number)
    await doomed.until(lambda: child.state == "inside" or doomed.process.returncode is not None, "a child inside")


def test_there_are_enough_named_steps(record_property: Callable[[str, object], None]) -> None:
    record_property("named steps at which the guardian is killed", len(STEPS))
    assert len(STEPS) >= 8


@pytest.mark.parametrize("nth", [3])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_this_step_nothing_is_lost_and_nothing_is_done_twice(
    school: School, tmp_path: Path, step: str, nth: int
) -> None:
    armed, witness = tmp_path / "armed", tmp_path / "witness"
    extra = {"E2E_KILL": f"{step}:{nth}", "E2E_ARMED": str(armed), "E2E_WITNESS": str(witness)}
    async with GuardianProcess(school.config, extra=extra, runner=True) as doomed:
        await doomed.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await doomed.until_view(lambda view: view.phase == "open" and view.pending == 0, "an open class")
        armed.touch()
        await everybody_knocks(school, range(1, 5))
        knocked = 4
        # A crowd may be one step; whoever comes alone is one at least.
        while doomed.process.returncode is None and knocked < 7:
            knocked += 1
            await comes(school, doomed, knocked)
        assert await doomed.ended() == -signal.SIGKILL

    acknowledged = witnessed(witness)
    assert acknowledged
    assert acknowledged <= await stored(school)
    done = [ask.act for ask in confirmed(await school.records())]
    before = {act: times_called(school, act) for act in done}

    async with GuardianProcess(school.config) as again:
        for number in range(knocked + 1, 9):
            await school.child(number)
        await school.all_inside(range(1, 9))
        await again.until_view(lambda view: view.pending == 0 and view.link_up, "an end of every act")
        again.process.send_signal(signal.SIGTERM)
        assert await again.ended() == 0

    assert {act: times_called(school, act) for act in done} == before
    assert acknowledged <= await stored(school)
    strangers = (school.people["stranger Zed Quux"], school.people["impostor"])
    assert all(change.state != "inside" for one in strangers for change in one.history)
