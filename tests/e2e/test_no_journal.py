"""The disk is full in mid-class (design 4.10): nobody new by the machine, humans obeyed and told; then room again."""

import os
import resource
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School

pytestmark = pytest.mark.prosody

Fill = Callable[[GuardianProcess, Path], AbstractContextManager[None]]


@contextmanager
def no_file_may_grow(guardian: GuardianProcess, data: Path) -> Iterator[None]:
    """RLIMIT_FSIZE from outside: every write beyond the limit fails, whoever runs the test."""
    pid = guardian.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def no_space_left(guardian: GuardianProcess, data: Path) -> Iterator[None]:
    """A file that takes all that is left of a small disk: ENOSPC, as in life."""
    stuffing = data / "stuffing"
    with stuffing.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    yield
    stuffing.unlink()


def _may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["/bin/mount", "-t", "tmpfs", "tmpfs", folder], check=False, capture_output=True)
        if tried.returncode == 0:
            subprocess.run(["/bin/umount", folder], check=True)
    return tried.returncode == 0


# The second way needs the right to mount a small disk; where nobody has it the first one stands for both.
FULL: dict[str, Fill] = {"file size limit": no_file_may_grow}
if _may_mount():
    FULL["small disk"] = no_space_left


@pytest.fixture
async def small_disk(school: School) -> AsyncIterator[Path]:
    """The data directory, on a disk of its own of 4 MB where that can be had."""
    data = school.folder / "data"
    data.mkdir()
    mounted = len(FULL) > 1
    if mounted:
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", str(data)], check=True)
    yield data
    if mounted:
        subprocess.run(["/bin/umount", "--lazy", str(data)], check=True)


@pytest.mark.parametrize("full", FULL.values(), ids=FULL.keys())
async def test_on_a_full_disk_the_machine_admits_nobody_humans_are_obeyed_and_room_again_heals_it(
    school: School, small_disk: Path, full: Fill, record_property: Callable[[str, object], None]
) -> None:
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        for number in (1, 2):
            await school.child(number)
        await school.all_inside([1, 2])
        guest = await school.stranger("Una Known", key="una")
        await guest.until_state("waiting")
        await guardian.until_view(lambda view: any(c.handle == guest.jid for c in view.connections), "the guest")
        assert (await guardian.order("admit", handle=guest.jid)).done is True
        await guest.until_state("inside")
        await guardian.until_view(lambda view: view.pending == 0, "quiet")

        with full(guardian, small_disk):
            before = len(school.invited())
            child = await school.child(3)
            await child.until_state("waiting")
            await guardian.until_view(lambda view: not view.journal_up, "a journal that is gone")
            problems = await guardian.until_ready(503)
            assert any("the journal cannot be written" in problem for problem in problems)
            mail = await school.until_mail("cannot write its journal")
            assert mail["X-Priority"] or mail["Importance"]

            told = [
                await guardian.order("hold", person="child02"),
                await guardian.order("lock"),
                await guardian.order("remove", handle=guest.jid),
            ]
            record_property("longest order without a journal, in seconds", round(max(t.seconds for t in told), 3))
            assert [t.done for t in told] == [True, True, True], told
            await guest.until_state("removed")
            panic = await guardian.order("panic")
            record_property("panic without a journal, in seconds", round(panic.seconds, 3))
            view = await guardian.until_view(lambda view: view.panic and view.phase == "locked", "a panic")
            assert not view.journal_up
            await school.child(4)
            await guardian.until_view(
                lambda view: sum(c.place == "waiting" and c.person is not None for c in view.connections) == 2,
                "two children at the door",
            )
            assert len(school.invited()) == before  # nobody new by the machine
            assert (await guardian.order("resume")).done is True

        await guardian.until_view(lambda view: view.journal_up, "a journal again")
        await school.all_inside([3, 4])
        await guardian.until_ready(200)
        await guardian.until_view(lambda view: view.pending == 0, "quiet")
        guardian.process.terminate()
        assert await guardian.ended() == 0
        kinds = [type(record).__name__ for record in await school.records()]
    # What humans ordered meanwhile was remembered, and is in the journal now.
    assert kinds.count("Ordered") == 6
    assert kinds.count("JournalChanged") == 2
    assert all(change.state != "removed" for key in ("child01", "child02") for change in school.people[key].history)


async def test_a_data_directory_that_cannot_be_one_is_refused_in_words(school: School) -> None:
    (school.folder / "data").write_text("a file where the folder should be")
    guardian = GuardianProcess(school.config)
    await guardian.spawn()
    assert await guardian.ended() in {1, 2}
    assert str(school.folder / "data") in guardian.errors
    assert "Traceback" not in guardian.errors
