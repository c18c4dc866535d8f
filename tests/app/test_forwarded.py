"""A personal link that was opened elsewhere: an incident while a class is on, else a letter."""

from collections.abc import Callable

import pytest

from tests.support.stage import Stage, until

pytestmark = pytest.mark.looptime

WHAT = "the personal link of p1 was opened on another device (4821) at 08:00 UTC; it was not let through"


async def test_while_a_class_is_on_it_is_one_incident(stage: Stage) -> None:
    await stage.open()
    stage.guard.forwarded(WHAT)
    stage.guard.forwarded(WHAT.replace("p1", "p2"))
    await until(lambda: "forwarded_link" in stage.mail.kinds())
    view = stage.service.view("yoga")
    assert view is not None
    assert [i.detail for i in view.incidents if i.kind == "forwarded_link"] == [WHAT.replace("p1", "p2")]


async def test_between_classes_it_is_a_letter_and_so_is_trouble(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(slots=())
    await stage.service.start()
    stage.guard.forwarded(WHAT)
    stage.guard.links_trouble("the passcode is new, but not everybody has a new personal link yet")
    await until(lambda: len(stage.mail.letters) == 2)
    second, first = sorted(stage.mail.letters, key=lambda letter: letter.urgent, reverse=True)
    assert first.subject.endswith("a personal link was opened on another device")
    assert "p1" in first.lines[0]
    assert "guardian invite yoga" in second.lines[1]
    assert stage.journal.rows == {}
