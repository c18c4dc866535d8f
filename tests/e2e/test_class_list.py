"""The class list is missing, broken, empty, huge or strange: nobody is put out for it, and a human is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guardian.world.cast import child_key, child_name
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School

pytestmark = pytest.mark.prosody


async def guarded(school: School, guardian: GuardianProcess) -> None:
    """Open, and three children inside."""
    await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
    await school.teacher()
    for number in (1, 2, 3):
        await school.child(number)
    await school.all_inside([1, 2, 3])


def nobody_was_moved(school: School) -> bool:
    moved = {"removed", "refused", "ended"}
    return not [c for person in school.people.values() for c in person.history if c.state in moved]


def broken(path: Path) -> None:
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace("pupil", "headmaster of everything")
    path.write_text("\n".join(lines) + "\n")


def emptied(path: Path) -> None:
    path.write_text(path.read_text().splitlines()[0] + "\n")


def truncated(path: Path) -> None:
    path.write_text("")


def no_text(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


SPOILS: list[Callable[[Path], None]] = [broken, emptied, truncated, no_text, Path.unlink]


@pytest.mark.parametrize("spoil", SPOILS, ids=["a broken row", "no rows", "no bytes", "no text", "missing"])
async def test_a_list_that_goes_bad_in_mid_class_puts_nobody_out_and_is_told_and_may_be_mended(
    school: School, guardian: GuardianProcess, spoil: Callable[[Path], None]
) -> None:
    await guarded(school, guardian)
    spoil(school.roster)
    view = await guardian.until_view(
        lambda view: any(i.kind in {"roster_broken", "roster_doubted"} and not i.settled for i in view.incidents),
        "doubts about the list",
    )
    assert view.phase == "open"
    mail = await school.until_mail("The list of people")
    assert child_name(4) not in mail.as_string()
    # The door stays useful with the old list where the new one cannot be read; nobody is put out in any case.
    await school.child(5)
    school.write_list(school.lines())
    await school.all_inside([5])
    await guardian.until_view(
        lambda view: all(i.settled for i in view.incidents if i.kind in {"roster_broken", "roster_doubted"}), "trust"
    )
    assert nobody_was_moved(school)


async def test_a_broken_row_keeps_the_old_list_and_the_child_of_the_old_list_gets_in(
    school: School, guardian: GuardianProcess
) -> None:
    await guarded(school, guardian)
    broken(school.roster)
    await guardian.until_view(lambda view: any(i.kind == "roster_broken" for i in view.incidents), "a broken list")
    problems = await guardian.until_ready(503)
    assert any("line 5" in problem for problem in problems), problems
    await school.child(4)
    await school.all_inside([4])
    assert nobody_was_moved(school)


async def test_without_any_list_at_the_start_nobody_is_let_in_or_put_out_until_there_is_one(school: School) -> None:
    school.roster.unlink()
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        problems = await guardian.until_ready(503)
        assert any("class list" in problem for problem in problems)
        child = await school.child(1)
        await child.until_state("waiting")
        await school.teacher()
        await school.until_mail("The list of people")
        school.write_list(school.lines())
        await school.all_inside([1])
        assert await guardian.until_ready(200) == []
    assert nobody_was_moved(school)


async def test_ten_thousand_rows_are_read_and_the_class_starts(school: School) -> None:
    more = [
        (f"extra{n}", f"{child_name(1 + n % 900)} {n}", "", "pupil", f"extra{n}@x.example", "") for n in range(9_991)
    ]
    school.write_list([*school.lines(), *more])
    async with GuardianProcess(school.config) as guardian:
        await guarded(school, guardian)
        view = await guardian.view()
        assert view is not None
        assert view.roster_people == 10_000
        zed = await school.stranger("Zed Quux")
        await zed.until_state("waiting")
    assert nobody_was_moved(school)


async def test_duplicate_persons_are_refused_with_both_lines_and_the_old_list_stays(
    school: School, guardian: GuardianProcess
) -> None:
    await guarded(school, guardian)
    twice = ("child02b", child_name(2), "", "pupil", school.proof(child_key(2)), "")
    school.write_list([*school.lines(), twice])
    view = await guardian.until_view(
        lambda view: any(i.kind == "roster_broken" for i in view.incidents), "a list with a person twice"
    )
    detail = next(i.detail for i in view.incidents if i.kind == "roster_broken")
    assert "line" in detail
    assert child_name(2) not in detail
    assert nobody_was_moved(school)


async def test_siblings_with_one_address_both_get_in_by_their_accounts(school: School) -> None:
    lines = [
        (*line[:5], "family@home.example") if line[0] in {"child01", "child02"} else line for line in school.lines()
    ]
    school.write_list(lines)
    async with GuardianProcess(school.config) as guardian:
        await guarded(school, guardian)
        await guardian.until_view(lambda view: view.pending == 0, "quiet")
        assert guardian.logged("roster_failed") == []
    assert nobody_was_moved(school)
