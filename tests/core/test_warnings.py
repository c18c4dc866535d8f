"""What the platform itself warns of, and by which id it knows this run."""

from __future__ import annotations

import pytest

from guardian.core.events import Began
from guardian.core.incidents import IncidentKind as I
from guardian.core.incidents import Severity
from tests.core.script import given
from tests.core.vocabulary import OPEN, Rotate, event, human, warned

LINK = "posted on a public web site"


def test_a_public_link_is_told_at_once_with_a_new_passcode_one_tap_away() -> None:
    script = given().at(OPEN).when(warned(I.PUBLIC_LINK, LINK))
    script.incident(I.PUBLIC_LINK, severity=Severity.CRITICAL, offers="rotate").incident(I.PUBLIC_LINK, offers="lock")
    script.when(human.rotate()).then(Rotate()).answered()


@pytest.mark.parametrize("kind", [I.PUBLIC_LINK, I.BEFORE_HOST, I.STALE_DELIVERIES])
def test_the_same_warning_again_is_one_warning(kind: I) -> None:
    script = given().at(OPEN).when(warned(kind, LINK), warned(kind, LINK)).after(600).when(warned(kind, LINK))
    script.told_again(kind, 1)


def test_another_detail_goes_into_the_same_thread() -> None:
    script = given().at(OPEN).when(warned(I.PUBLIC_LINK, LINK), warned(I.PUBLIC_LINK, "posted in a chat group"))
    script.told_times(I.PUBLIC_LINK, 1).told_again(I.PUBLIC_LINK, 2)
    assert script.state.incidents[I.PUBLIC_LINK].detail == "posted in a chat group"


def test_two_sorts_of_warnings_are_two_threads() -> None:
    script = given().at(OPEN).when(warned(I.PUBLIC_LINK, LINK), warned(I.BEFORE_HOST)).after(60)
    script.told_again(I.PUBLIC_LINK, 1).told_again(I.BEFORE_HOST, 1)


def test_a_warning_moves_nobody() -> None:
    given().at(OPEN).when(warned(I.PUBLIC_LINK), warned(I.BEFORE_HOST)).after(600).then_nothing()


def test_the_platforms_own_id_of_a_run_is_taken_once() -> None:
    script = given().at(OPEN).when(event(lambda at: Began(at, "run-1")), event(lambda at: Began(at, "run-2")))
    assert script.state.instance == "run-1"
    assert script.state.began < script.now
    script.then_nothing()
