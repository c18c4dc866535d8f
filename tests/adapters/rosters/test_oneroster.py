"""OneRoster bundles, 1.1 and 1.2, as a folder and as a zip: one class of a school."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from guardian.adapters.rosters.entries import Reading
from guardian.adapters.rosters.files import FileRoster
from guardian.adapters.rosters.oneroster import EVERYBODY
from guardian.adapters.rosters.reading import read
from guardian.adapters.rosters.spec import Source
from guardian.core.roster import Role
from guardian.errors import RosterError

PAYLOADS = Path(__file__).parents[2] / "payloads" / "rosters"
OLD, NEW = PAYLOADS / "oneroster-1.1", PAYLOADS / "oneroster-1.2"
UTC_ZONE = ZoneInfo("UTC")


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "demographics.csv"}


def zipped(folder: Path, inside: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in folder.iterdir():
            file.write(name, f"{inside}{name.name}")
    return packed.getvalue()


def reading(content: dict[str, bytes] | bytes, group: str = "", **said: str) -> Reading:
    return read([(Source(Path("school.zip"), group=group, columns=said), content)], UTC_ZONE, b"salt")


def test_one_class_of_a_1_1_bundle_with_its_teacher_aide_and_pupils() -> None:
    found = reading(files(OLD), "cls-4b")
    people = {person.id: person for person in found.roster.people}
    assert found.sources[0].kind == "OneRoster 1.1, class Form 4B (cls-4b, Hillside Primary)"
    assert {key: person.role for key, person in people.items()} == {
        "usr-t1": Role.HOST,
        "usr-a1": Role.STAFF,
        "usr-s1": Role.PUPIL,
        "usr-s2": Role.PUPIL,
        "usr-s3": Role.PUPIL,
    }
    assert people["usr-s1"].name == "Odette Larkspur"
    assert people["usr-s1"].aliases == ("Odette June Larkspur",)
    assert people["usr-s2"].phones == ()
    assert people["usr-s3"].name == "Inès Vane van der"
    assert people["usr-s3"].phones == ("+44 20 7946 0000",)


def test_an_enrollment_holds_from_its_begin_until_its_end_without_that_day() -> None:
    pupil = reading(files(OLD), "cls-4b").roster.by_id["usr-s1"]
    assert pupil.valid_from == datetime(2026, 9, 1, tzinfo=UTC).timestamp()
    assert pupil.valid_until == datetime(2027, 7, 20, tzinfo=UTC).timestamp()


def test_parents_are_contacts_without_a_right_to_the_link_and_no_classmates() -> None:
    entries = {entry.person.id: entry for entry in reading(files(OLD), "cls-4b").entries}
    assert [(c.name, c.email, c.may) for c in entries["usr-s1"].contacts] == [
        ("Rowan Larkspur", "rowan@family.example", False),
        ("Sable Marsh", "sable@other.example", False),
    ]
    assert entries["usr-s1"].links_to == ("odette@hillside.example",)
    assert entries["usr-s2"].links_to == ()
    assert not any("Marsh" in person.name for person in reading(files(OLD), EVERYBODY).roster.people)


@pytest.mark.parametrize("group", ["cls-5a", "form 5a", "5A-PE"])
def test_a_class_is_chosen_by_id_title_or_code(group: str) -> None:
    assert {p.id for p in reading(files(OLD), group).roster.people} == {"usr-t1", "usr-s5"}


def test_a_class_that_is_not_clear_is_refused_with_the_choices() -> None:
    assert reading(files(OLD)).told[0] == (
        "which class? name it by its id or title: Form 4B (cls-4b, Hillside Primary),"
        " Form 4B (cls-4b-sea, Seaview School), Form 5A (cls-5a, Hillside Primary)"
    )
    assert reading(files(OLD), "Form 4B").told[0].startswith("several classes are called that; name one by its id")
    assert reading(files(OLD), "Form 3B").told[0].startswith("there is no such class; there are: Form 4B")


def test_what_was_left_out_is_said() -> None:
    assert reading(files(OLD), "cls-4b").sources[0].left_out == (
        "1 users who are switched off or to be deleted",
        "2 enrollments that are over, or of users who are",
    )


def test_a_1_2_bundle_with_byte_order_marks_roles_of_their_own_and_preferred_names() -> None:
    found = reading(zipped(NEW, "export/"))
    people = {person.id: person for person in found.roster.people}
    assert found.sources[0].kind == "OneRoster 1.2, class Robotik (7c1e, Ostufer-Schule)"
    assert people["u2"].aliases == ("Jo Schönfeld",)
    assert (people["u3"].valid_from, people["u3"].valid_until) == (None, None)  # two enrollments, each open at one end
    (aylin,) = (entry for entry in found.entries if entry.person.id == "u3")
    assert [(contact.name, contact.email) for contact in aylin.contacts] == [("Deniz Kaya", "deniz@family.example")]
    school = reading(files(NEW), EVERYBODY).roster
    assert {person.id: person.role for person in school.people} == {
        "u1": Role.HOST,
        "u2": Role.PUPIL,
        "u3": Role.PUPIL,
    }


def test_a_further_column_may_be_read_as_the_account() -> None:
    found = reading(files(NEW), username="accounts")
    assert found.roster.by_id["u2"].accounts == ("jschoen",)
    assert reading(files(NEW), usernam="accounts").told[0].endswith("there is no column 'usernam'")


def change(name: str, to: Callable[[str], str]) -> dict[str, bytes]:
    found = files(OLD)
    found[name] = to(found[name].decode()).encode()
    return found


def test_a_bundle_of_changes_only_is_refused() -> None:
    told = reading(change("manifest.csv", lambda text: text.replace("file.users,bulk", "file.users,delta"))).told
    assert told == ("users.csv hold only what has changed (delta); export the bundle in bulk",)


def test_an_enrollment_of_nobody_is_a_fault_with_its_line() -> None:
    told = reading(change("enrollments.csv", lambda text: text.replace("usr-s3", "usr-x")), "cls-4b").told
    assert told == ("school.zip/enrollments.csv line 6: an enrollment of a user who is not in users.csv",)


def test_a_fault_of_a_user_is_told_by_the_line_of_users_csv() -> None:
    told = reading(change("users.csv", lambda text: text.replace("ines@hillside.example", "ines")), "cls-4b").told
    assert told == ("school.zip/users.csv line 6: this is no mail address",)


def test_a_zip_of_something_else_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("holiday.jpg", b"x")
    assert reading(packed.getvalue()).told == ("no OneRoster bundle: there is no users.csv in it",)


async def test_a_folder_is_read_and_watched_and_demographics_are_never_opened(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, raw in files(OLD).items():
        (folder / name).write_bytes(raw)
    (folder / "demographics.csv").mkdir()  # whoever opened it as a file would fail
    source = FileRoster([Source(folder, group="cls-5a")], UTC_ZONE, look_every=0.05)
    assert len((await source.load()).people) == 2
    changes = source.changes()
    users = folder / "users.csv"
    users.write_text(users.read_text().replace("Faye", "Fay"))
    async for _ in changes:
        break
    await changes.aclose()
    assert "Fay Ive" in {person.name for person in (await source.load()).people}


async def test_a_folder_that_is_no_bundle_is_told(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="no OneRoster bundle"):
        await FileRoster([Source(tmp_path)], UTC_ZONE).load()


def test_a_school_of_five_thousand_is_read_whole() -> None:
    rows = "".join(f"s{n},,,true,org-1,student,,,Child{n},Of{n % 700},,,c{n}@x.example,,,,,\n" for n in range(5000))
    found = files(OLD)
    found["users.csv"] = found["users.csv"].split(b"\n")[0] + b"\n" + rows.encode()
    school = reading(found, EVERYBODY)
    assert len(school.roster.people) == 5000
    assert school.sources[0].kind == "OneRoster 1.1, whole school, 3 classes"
