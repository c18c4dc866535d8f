"""The judge of a class on Zoom, on ledgers written by hand: what it counts, and what it objects to."""

from dataclasses import replace

import pytest

from guardian.world.cast import Cast, Member, Part
from guardian.world.verdict import Verdict
from guardian.world.zoom.ledger import By, Entry
from guardian.world.zoom_judge import judge

T0 = 1_000.0
Row = tuple[float, str, str, str]  # seconds after T0, what, whose tag, by


def _entries(*rows: Row) -> list[Entry]:
    return [
        Entry(number, T0 + at, what, "81234567890", tag, tag, f"uuid of {tag}", by, "")
        for number, (at, what, tag, by) in enumerate(rows, start=1)
    ]


def _cast() -> Cast:
    cast = Cast(
        Member("teacher", Part.HOST, "Grace Hopkins", {"staff:Grace Hopkins"}),
        Member("ada", Part.CHILD, "Ada Abbot", set()),
        Member("ben", Part.CHILD, "Ben Berger", set(), late=True),
        Member("zed", Part.STRANGER, "Zed", set()),
    )
    cast.add("granny", Part.WELCOMED, "Oma").let_in_at = T0 + 5.5
    return cast


GOOD: tuple[Row, ...] = (
    (0.0, "knocked", "zed", By.SELF),
    (0.1, "came_in", "zed", By.HOST),
    (1.0, "token", "", By.SERVER),
    (2.0, "removed", "zed", By.REST),
    (3.0, "knocked", "ada", By.SELF),
    (4.0, "knocked", "staff:Grace Hopkins", By.SELF),
    (4.0, "came_in", "staff:Grace Hopkins", By.SELF),
    (4.2, "came_in", "ada", By.PANEL),
    (5.0, "knocked", "granny", By.SELF),
    (5.6, "came_in", "granny", By.HOST),
    (9.0, "knocked", "ben", By.SELF),
    (9.1, "came_in", "ben", By.PANEL),
)
LOCKED_AT = T0 + 8.0


def _judged(*more: Row, cast: Cast | None = None) -> Verdict:
    return judge(_entries(*sorted((*GOOD, *more), key=lambda row: row[0])), cast or _cast(), LOCKED_AT)


def test_a_class_that_went_as_it_should_is_counted_and_nothing_is_objected_to() -> None:
    verdict = _judged()
    assert verdict.complaints == ()
    assert (verdict.expected, verdict.admitted, verdict.late_admitted, verdict.held) == (2, 2, 1, 2)
    assert (verdict.strangers, verdict.strangers_admitted, verdict.strangers_inside_at_end) == (1, 0, 0)
    assert (verdict.children_removed, verdict.removed, verdict.stranger_seconds_inside) == (0, 1, 1.0)
    assert verdict.knock_to_inside_ms.max == 200, "a child who came before her teacher has waited since he came"


@pytest.mark.parametrize(
    ("more", "objection"),
    [
        (((10.0, "came_in", "zed", By.PANEL),), "strangers let in: zed"),
        (((10.0, "came_in", "zed", By.HOST),), "strangers inside at the end: zed"),
        (((10.0, "came_in", "nobody knows", By.PANEL),), "strangers let in: nobody knows"),
        (((10.0, "removed", "ada", By.PANEL),), "children put out by the machine: ada"),
        (((10.0, "put_back", "ada", By.PANEL),), "ada is not inside at the end"),
        (((10.0, "left", "granny", By.SELF),), "granny is not inside at the end"),
        (((10.0, "put_back", "granny", By.PANEL),), "put out by the machine: granny"),
        (((5.2, "came_in", "granny", By.PANEL),), "granny was inside before a human said so"),
        (((10.0, "came_in", "ada", By.OPEN),), "somebody came in past the waiting room"),
    ],
)
def test_what_is_wrong_is_named(more: tuple[Row, ...], objection: str) -> None:
    assert objection in _judged(*more).complaints


def test_the_waiting_room_may_not_be_switched_off() -> None:
    off = replace(_entries((7.0, "waiting_room", "", By.PANEL))[0], detail="off")
    assert "the waiting room was switched off" in judge([*_entries(*GOOD), off], _cast(), LOCKED_AT).complaints


def test_a_human_who_puts_a_child_out_is_not_the_machine() -> None:
    verdict = _judged((10.0, "removed", "ada", By.HOST), (11.0, "came_in", "ada", By.HOST))
    assert (verdict.children_removed, verdict.removed) == (0, 1)


def test_a_child_of_whom_nothing_was_known_counts_as_held_and_must_wait_for_a_human() -> None:
    cast = _cast()
    ada = cast.members[1]
    ada.unseen = True
    verdict = _judged(cast=cast)
    assert verdict.held == 3
    assert any(complaint.startswith("ada was inside before a human said so") for complaint in verdict.complaints)
    ada.let_in_at = T0 + 4.1
    assert _judged(cast=cast).complaints == ()


def test_without_a_login_nobody_guarded() -> None:
    rows = [row for row in GOOD if row[1] != "token"]
    assert "no guardian ever logged in" in judge(_entries(*rows), _cast(), LOCKED_AT).complaints


def test_a_class_that_is_over_leaves_nobody_inside() -> None:
    verdict = _judged((12.0, "ended", "", By.HOST))
    assert verdict.strangers_inside_at_end == 0
    assert "teacher is not inside at the end" in verdict.complaints


def test_a_child_with_a_name_only_may_come_in_by_herself_only_where_names_open_the_gate() -> None:
    came = ((6.0, "knocked", "nora", By.SELF), (6.1, "came_in", "nora", By.PANEL))
    held, free = _cast(), _cast()
    held.add("nora", Part.NAME_ONLY, "Nora Nagy")
    free.add("nora", Part.CHILD, "Nora Nagy")
    assert _judged(*came, cast=held).complaints == ("nora was inside before a human said so",)
    verdict = _judged(*came, cast=free)
    assert verdict.complaints == ()
    assert (verdict.expected, verdict.admitted) == (3, 3)
