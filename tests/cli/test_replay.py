"""Replaying an occurrence: what was decided beside what would be, from rows as the journal keeps them."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from guardian.cli.replay import NotReplayableError, Step, compare, meeting_of, show, summary
from guardian.codec import encode
from guardian.core.actions import WakeAt
from guardian.core.decide import step
from guardian.core.events import Event, Opened, Ordered, RosterLoaded, Seen, Verb, Woke
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.meeting import blank
from guardian.core.memory import Slot
from guardian.core.policy import Policy, Unknown
from guardian.core.roster import Roster
from guardian.ports import Row
from tests.support.fake_service import CAN, NOW, PEOPLE

STRANGER = Seen(NOW + 3, Facts("h-x", Place.WAITING, Evidence(name="Zoom Bomber\x1b[2J")))
EVENTS: tuple[Event, ...] = (
    Opened(NOW, "yoga-1", "yoga", Slot(NOW - 60, NOW + 3600), CAN),
    RosterLoaded(NOW + 1, Roster("v1", PEOPLE)),
    Seen(NOW + 2, Facts("h-tess", Place.INSIDE, Evidence(name="Tess Teacher", account="tess@school"))),
    STRANGER,
    Woke(NOW + 6),
    Ordered(NOW + 7, "o-1", Verb.LOCK, "Tess Teacher"),
)


def journalled(events: Iterable[Event], policy: Policy) -> list[Row]:
    """The rows that the service would write."""
    rows: list[Row] = []
    state = blank()
    for event in events:
        state, decisions = step(state, event, policy, event.at)
        kept = [d for d in decisions if not isinstance(d, WakeAt)]
        for kind, record in (("event", event), *(("decision", d) for d in kept)):
            rows.append(Row("yoga-1", len(rows) + 1, event.at, kind, None, encode(record), ""))
    return rows


def test_the_same_policy_decides_the_same_again() -> None:
    steps = compare(journalled(EVENTS, Policy()), Policy())
    assert summary(steps)["events_that_differ"] == 0
    assert summary(steps)["decided"] == summary(steps)["would"] > 0


def test_another_policy_is_told_apart_at_the_event_where_it_matters() -> None:
    steps = compare(journalled(EVENTS, Policy()), Policy(unknown=Unknown.REFUSE))
    first = next(one for one in steps if not one.same)
    assert any(words.startswith("ask: refuse h-x") for words in first.would)
    assert not any(words.startswith("ask: refuse h-x") for words in first.decided)


def test_the_print_marks_what_would_be_otherwise_and_shows_no_control_character(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show("yoga-1", compare(journalled(EVENTS, Policy()), Policy(unknown=Unknown.REFUSE)))
    out = capsys.readouterr().out
    assert "+ ask: refuse h-x" in out
    assert "Ordered lock by Tess Teacher" in out
    assert "events where they differ" in out
    assert "\x1b" not in out


def test_the_meeting_is_read_from_the_rows() -> None:
    assert meeting_of(journalled(EVENTS, Policy())) == "yoga"
    with pytest.raises(NotReplayableError):
        meeting_of([])


def test_rows_that_begin_with_a_decision_are_refused() -> None:
    rows = journalled(EVENTS, Policy())
    headless = [row for row in rows if row.kind == "decision"][:1]
    with pytest.raises(NotReplayableError):
        compare(headless, Policy())


def test_a_step_is_the_same_whatever_the_order_of_its_decisions() -> None:
    one = Step(1, 0.0, "Seen", ("a", "b"), ("b", "a"))
    assert one.same
    assert not replace(one, would=("a", "a")).same
