"""The verdict: a good class is content; every wrong that a guardian can do to people makes it complain."""

import json
from pathlib import Path

import pytest

from guardian.world.cast import Cast, Member, Part, child_name, class_list
from guardian.world.verdict import Sighting, Verdict, judge, read_sighting

GUARDIAN = "guardian@auth.test"
HOST = "teacher@auth.test"


class Class:
    """A small class as the observer would write it down; times in seconds from its beginning."""

    def __init__(self) -> None:
        self.lines: list[Sighting] = [Sighting(0.0, "watching"), Sighting(0.0, "door", shut=False)]
        self.cast = Cast()
        self.cast.add("guardian", Part.GUARDIAN, "", GUARDIAN)
        self.cast.add("teacher", Part.HOST, "", HOST)
        self.came(1.0, GUARDIAN)
        self.lines.append(Sighting(1.5, "door", shut=True))
        self.came(2.0, HOST)

    def member(self, key: str, part: Part = Part.CHILD) -> Member:
        return self.cast.add(key, part, key, f"{key}@auth.test")

    def came(self, at: float, jid: str, place: str = "inside", *, sharing: bool = False) -> None:
        self.lines.append(Sighting(at, "came", place, nick=f"{place} {jid}", jid=f"{jid}/r", sharing=sharing))

    def went(self, at: float, jid: str, place: str = "inside", *codes: str, actor: str = "") -> None:
        seen = Sighting(at, "went", place, f"{place} {jid}", f"{jid}/r", codes=frozenset(codes), actor=actor)
        self.lines.append(seen)

    def goes_in(self, key: str, knock: float, entry: float) -> None:
        self.came(knock, f"{key}@auth.test", "waiting")
        self.came(entry, f"{key}@auth.test")
        self.went(entry, f"{key}@auth.test", "waiting")

    def judged(self, *, locked_at: float | None = None, end: str = "end") -> Verdict:
        return judge([*self.lines, Sighting(100.0, end)], self.cast, locked_at)


@pytest.fixture
def school() -> Class:
    """A guardian, a host, and two children who go in at 3.1 and 4.3 seconds."""
    made = Class()
    for key, knock, entry in (("ann", 1.8, 3.1), ("bob", 4.0, 4.3)):
        made.member(key)
        made.goes_in(key, knock, entry)
    return made


def test_a_quiet_class_leaves_the_observer_content(school: Class) -> None:
    verdict = school.judged()
    assert verdict.complaints == ()
    assert (verdict.expected, verdict.admitted, verdict.removed) == (2, 2, 0)


def test_the_time_at_the_door_counts_from_the_knock_or_from_the_hosts_coming(school: Class) -> None:
    took = school.judged().knock_to_inside_ms
    assert (took.p50, took.p95, took.max) == (300, 1100, 1100)


def test_a_child_who_was_never_let_in_is_missed(school: Class) -> None:
    school.member("cleo")
    school.came(5.0, "cleo@auth.test", "waiting")
    verdict = school.judged()
    assert (verdict.expected, verdict.admitted) == (3, 2)
    assert verdict.complaints == ("cleo was never inside",)


@pytest.mark.parametrize("code", ["307", "301", "321", "322", "vanished"])
def test_a_child_put_out_by_the_guardian_counts_even_if_she_came_back(school: Class, code: str) -> None:
    school.went(10.0, "ann@auth.test", "inside", code, actor=GUARDIAN)
    school.goes_in("ann", 11.0, 12.0)
    verdict = school.judged()
    assert (verdict.children_removed, verdict.removed) == (1, 1)
    assert verdict.complaints == ("children put out by the machine: ann",)


def test_a_putting_out_that_nobody_signs_is_the_machines(school: Class) -> None:
    school.went(10.0, "ann@auth.test", "inside", "322")
    assert school.judged().children_removed == 1


def test_a_child_put_out_by_her_teacher_is_the_teachers_affair(school: Class) -> None:
    school.went(10.0, "ann@auth.test", "inside", "307", actor=HOST)
    school.goes_in("ann", 11.0, 12.0)
    assert school.judged().complaints == ()


def test_a_child_who_goes_by_herself_was_not_removed_but_is_missed_at_the_end(school: Class) -> None:
    school.went(10.0, "ann@auth.test", "inside", "333")
    verdict = school.judged()
    assert verdict.children_removed == 0
    assert verdict.complaints == ("ann is not inside at the end",)


def test_a_stranger_let_in_is_told_and_timed(school: Class) -> None:
    school.member("zed", Part.STRANGER)
    school.goes_in("zed", 5.0, 6.0)
    school.went(8.5, "zed@auth.test", "inside", "307", actor=GUARDIAN)
    verdict = school.judged()
    assert (verdict.strangers, verdict.strangers_admitted, verdict.strangers_inside_at_end) == (1, 1, 0)
    assert verdict.stranger_seconds_inside == 2.5
    assert verdict.complaints == ("strangers let in: zed",)


def test_an_address_that_nobody_in_the_cast_has_is_a_strangers(school: Class) -> None:
    school.came(5.0, "nobody@guest.test")
    verdict = school.judged()
    assert (verdict.strangers, verdict.strangers_admitted, verdict.strangers_inside_at_end) == (1, 1, 1)
    assert "strangers let in: unknown nobody@guest.test" in verdict.complaints


def test_a_stranger_from_before_the_guardian_is_timed_from_its_coming() -> None:
    made = Class()
    made.member("early", Part.STRANGER)
    made.lines.insert(2, Sighting(0.2, "came", "inside", "x", "early@auth.test/r"))
    made.lines.append(Sighting(2.2, "went", "inside", "x", "early@auth.test/r", codes=frozenset({"322"})))
    verdict = made.judged()
    assert (verdict.strangers_admitted, verdict.stranger_seconds_inside, verdict.removed) == (0, 1.2, 1)
    assert verdict.complaints == ()


def test_a_stranger_left_inside_for_long_makes_it_complain_twice() -> None:
    made = Class()
    made.member("early", Part.STRANGER)
    made.lines.insert(2, Sighting(0.2, "came", "inside", "x", "early@auth.test/r"))
    complaints = made.judged().complaints
    assert complaints[0] == "strangers inside at the end: early"
    assert complaints[1].startswith("strangers were inside for 99.0 s")


def test_strangers_who_only_wait_are_held(school: Class) -> None:
    school.member("zed", Part.STRANGER)
    school.came(5.0, "zed@auth.test", "waiting")
    verdict = school.judged()
    assert (verdict.held, verdict.strangers_admitted) == (1, 0)
    assert verdict.content


def test_a_stranger_who_never_came_proves_nothing(school: Class) -> None:
    school.member("zed", Part.STRANGER)
    assert school.judged().complaints == ("zed was never seen: nothing is shown about them",)


def test_a_child_after_the_lock_is_counted_as_late(school: Class) -> None:
    school.member("cleo").late = True
    school.goes_in("cleo", 50.0, 50.2)
    assert school.judged(locked_at=40.0).late_admitted == 1
    assert school.judged(locked_at=40.0).content
    assert school.judged(locked_at=None).complaints == ("cleo should have come after the lock",)


@pytest.mark.parametrize("part", [Part.NAME_ONLY, Part.GUEST, Part.WELCOMED])
def test_who_needs_a_humans_word_must_not_be_inside_before_it(school: Class, part: Part) -> None:
    member = school.member("gil", part)
    school.goes_in("gil", 5.0, 9.0)
    member.let_in_at = 8.0
    assert school.judged().content
    member.let_in_at = 9.5
    assert school.judged().complaints == ("gil was inside before a human said so",)


def test_somebody_whom_the_teacher_let_in_must_stay(school: Class) -> None:
    school.member("granny", Part.WELCOMED).let_in_at = 4.0
    school.goes_in("granny", 3.0, 5.0)
    school.went(7.0, "granny@auth.test", "inside", "307", actor=GUARDIAN)
    assert school.judged().complaints == (
        "granny is not inside at the end",
        "put out by the machine: granny",
    )


def test_a_child_who_cut_the_line_must_have_come_back_and_one_who_shared_must_have_been_seen(school: Class) -> None:
    ann, bob = school.cast.of(Part.CHILD)
    ann.returns, bob.shares = True, True
    assert school.judged().complaints == ("ann did not come back", "bob was not seen to share")
    school.came(20.0, "ann@auth.test", "inside")
    school.lines.append(Sighting(21.0, "changed", "inside", "b", "bob@auth.test/r", sharing=True))
    assert school.judged().content


def test_an_observer_who_went_blind_is_never_content(school: Class) -> None:
    school.lines.append(Sighting(90.0, "blind", reason="cut"))
    assert school.judged().complaints == ("the observer did not see the class to its end: cut",)


def test_an_observer_without_a_last_look_is_never_content(school: Class) -> None:
    assert school.judged(end="changed").complaints == ("the observer did not see the class to its end",)


def test_an_observer_who_came_after_the_guardian_is_never_content(school: Class) -> None:
    school.lines[0] = Sighting(1.7, "watching")
    assert school.judged().complaints == ("the observer came after the guardian",)


def test_a_guardian_who_is_gone_at_the_end_is_told(school: Class) -> None:
    school.went(90.0, GUARDIAN)
    assert school.judged().complaints == ("the guardian was not there at the end",)


def test_a_door_that_is_opened_again_is_told(school: Class) -> None:
    school.lines.append(Sighting(30.0, "door", shut=False))
    assert school.judged().complaints == ("the door was opened again",)


def test_nothing_seen_is_nothing_proved() -> None:
    verdict = judge([], Cast(), None)
    assert not verdict.content
    assert verdict.knock_to_inside_ms.max == 0


def test_every_line_of_the_observer_can_be_read() -> None:
    line = json.dumps(
        {"at": 1.5, "what": "went", "place": "inside", "nick": "n", "jid": "a@b/c", "name": "x", "codes": ["307"]}
        | {"actor": GUARDIAN, "reason": "why"}
    )
    seen = read_sighting(line)
    assert (seen.at, seen.what, seen.codes, seen.actor) == (1.5, "went", frozenset({"307"}), GUARDIAN)


@pytest.mark.parametrize("line", ["", "nonsense", "[]", "{}"])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_sighting(line)


def test_the_class_list_has_sixty_children_with_names_of_their_own() -> None:
    listed = class_list(60, lambda key: f"{key}@auth.test")
    assert len({person.name for person in listed}) == len(listed) == 64
    assert len({child_name(number) for number in range(1, 901)}) == 900


def test_the_judge_and_its_cast_know_nothing_but_each_other() -> None:
    source = Path(judge.__code__.co_filename).read_text(encoding="utf-8")
    imports = [line for line in source.splitlines() if line.startswith(("from guardian", "import guardian"))]
    assert imports == ["from guardian.world.cast import Cast, Member, Part"]
