"""A class whose times somebody else keeps: ready at the start, followed when it moves, told when it cannot be read."""

import asyncio
from collections.abc import Callable

import pytest

from guardian.app.texts import Briefing
from guardian.core.memory import Slot
from tests.support.stage import EPOCH, NOW, Stage, clock, later, until

pytestmark = pytest.mark.looptime

SetStage = Callable[..., Stage]
TOMORROW = Slot(EPOCH + 86400.0, EPOCH + 90000.0)


class Diary:
    """A calendar in memory. What it says at the start is known only once ``start`` has been awaited."""

    def __init__(self, *slots: Slot) -> None:
        self.slots: tuple[Slot, ...] = ()
        self.trouble, self.notes = "", ()
        self.says: asyncio.Queue[str] = asyncio.Queue()
        self._first = slots

    def slots_from(self, now: float) -> list[Slot]:
        return [slot for slot in self.slots if slot.end > now]

    async def start(self) -> None:
        await later(1.0)
        self.slots = self._first

    async def load(self) -> None:
        """It is as it is."""

    async def run(self, tell: Callable[[str], None]) -> None:
        while True:
            tell(await self.says.get())


async def test_the_guardian_knows_the_slot_before_it_looks_at_the_room(set_stage: SetStage) -> None:
    stage = set_stage(calendar=Diary(NOW))
    await stage.open()
    assert stage.watch.slot == NOW
    assert len(stage.journal.rows) == 1


async def test_a_class_that_is_moved_is_guarded_at_its_new_time(set_stage: SetStage) -> None:
    diary = Diary(TOMORROW)
    stage = set_stage(calendar=diary)
    await stage.service.start()
    await until(lambda: stage.room.up)
    moved = Slot(EPOCH + 3600.0, EPOCH + 7200.0)
    diary.slots = (moved, TOMORROW)
    await until(lambda: stage.guard.watch is not None, within=7200.0)
    assert stage.watch.slot == moved
    assert moved.start - moved.margin <= clock() <= moved.start + 60.0


async def test_what_the_calendar_has_to_tell_is_a_letter(set_stage: SetStage) -> None:
    diary = Diary(TOMORROW)
    stage = set_stage(calendar=diary)
    await stage.service.start()
    diary.says.put_nowait("The calendar cannot be read: school.ics is gone.")
    await until(lambda: any("the calendar needs you" in letter.subject for letter in stage.mail.letters))
    (letter,) = (letter for letter in stage.mail.letters if "calendar" in letter.subject)
    assert letter.urgent
    assert letter.lines[0] == "The calendar cannot be read: school.ics is gone."


async def test_the_go_or_no_go_letter_comes_as_early_as_the_configuration_says(set_stage: SetStage) -> None:
    async def check() -> Briefing:
        return Briefing(go=True, lines=("all is well",))

    stage = set_stage(slots=(TOMORROW,), check=check, lead=7200.0)
    await stage.service.start()
    await until(lambda: stage.mail.letters, within=86400.0)
    assert stage.mail.letters[0].subject == "Yoga: go"
    sent = EPOCH + stage.mail.messages[0][0]
    assert 7100.0 < TOMORROW.start - sent <= 7200.0
