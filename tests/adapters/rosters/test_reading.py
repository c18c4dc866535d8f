"""What the bytes of a roster mean, and which faults are found in them."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.rosters.reading import read
from guardian.adapters.rosters.spec import Source
from guardian.adapters.rosters.wire import LARGEST
from guardian.core.roster import Role, Roster
from guardian.errors import RosterError

BERLIN = ZoneInfo("Europe/Berlin")


def roster(text: str | bytes) -> Roster:
    raw = text.encode() if isinstance(text, str) else text
    return read([(Source(Path("roster.csv")), raw)], BERLIN, b"salt").roster


def problems(text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(RosterError) as caught:
        roster(text)
    return caught.value.problems


def attempt(raw: bytes) -> tuple[Roster | None, tuple[str, ...]]:
    try:
        return roster(raw), ()
    except RosterError as error:
        return None, error.problems


def test_a_full_row_becomes_a_person_with_everything() -> None:
    text = (
        "id,name,role,aliases,emails,accounts,phone,valid_from,valid_until\n"
        "p1,Ada Lovelace,student,Ada L;Countess | Ada K,ada@x.example;a2@x.example,ada@auth.example,"
        "+49 30 123,2026-11-30,2026-12-01\n"
    )
    person = roster(text).people[0]
    assert person.id == "p1"
    assert person.name == "Ada Lovelace"
    assert person.role is Role.PUPIL
    assert person.aliases == ("Ada L", "Countess", "Ada K")
    assert person.emails == ("ada@x.example", "a2@x.example")
    assert person.accounts == ("ada@auth.example",)
    assert person.phones == ("+49 30 123",)
    assert person.valid_from == datetime(2026, 11, 29, 23, tzinfo=UTC).timestamp()
    assert person.valid_until == datetime(2026, 12, 1, 23, tzinfo=UTC).timestamp()


def test_valid_until_a_date_means_the_end_of_that_day_also_when_the_clock_changes() -> None:
    people = roster("name,valid until\nAda,2026-10-25\nBo,2026-03-29\n").people
    assert people[0].valid_until == datetime(2026, 10, 25, 23, tzinfo=UTC).timestamp()
    assert people[1].valid_until == datetime(2026, 3, 29, 22, tzinfo=UTC).timestamp()


def test_times_are_local_unless_they_bear_an_offset() -> None:
    people = roster("name,valid from\nAda,2026-11-30 16:00\nBo,2026-11-30T16:00:00Z\n").people
    assert people[0].valid_from == datetime(2026, 11, 30, 15, tzinfo=UTC).timestamp()
    assert people[1].valid_from == datetime(2026, 11, 30, 16, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("", Role.PUPIL),
        ("Teacher", Role.HOST),
        ("host", Role.HOST),
        ("assistant", Role.STAFF),
        ("GUEST", Role.GUEST),
    ],
)
def test_roles_have_synonyms(word: str, role: Role) -> None:
    assert roster(f"name,role\nAda,{word}\n").people[0].role is role


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_common_encoding_delimiter_and_newline_gives_the_same_roster(
    delimiter: str, encoding: str, newline: str
) -> None:
    lines = [["Name", "E-Mail", "Role"], ["Zoë Müller", "zoe@x.example", "pupil"], ["Bo", "", "host"]]
    raw = newline.join(delimiter.join(cells) for cells in lines).encode(encoding)
    found = roster(raw)
    assert [person.name for person in found.people] == ["Zoë Müller", "Bo"]
    assert found.version == roster("name,email,role\nZoë Müller,zoe@x.example,pupil\nBo,,host\n").version


def test_a_spreadsheets_sep_line_is_obeyed_and_lines_still_count() -> None:
    assert roster("sep=;\nname;role\nAda;host\n").people[0].role is Role.HOST
    assert problems("sep=;\nname;role\nAda;king\n") == ("line 3: no such role; write host, staff, pupil or guest",)


def test_unknown_columns_are_passed_over_but_a_misspelt_one_is_a_fault() -> None:
    assert roster("name,class,birthday\nAda,4b,2015\n").people[0].name == "Ada"
    assert problems("name,emial\nAda,ada@x.example\n") == ("line 1: column 2: did you mean email?",)
    assert problems("name,email,e-mails\nAda,,\n") == ("line 1: column 3: a second column for emails",)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"name,role\n", "there is a header, but nobody in it"),
        (b"name,role\n,\n  ,\n", "there is a header, but nobody in it"),
        (b"who,role\nAda,host\n", "line 1: there is no column called name"),
        (b"name\nAda\x00\n", "not a text file in UTF-8 or Windows-1252"),
        (b"PK\x03\x04\x00\x81\x8d", "the zip file is damaged, or locked by a password"),
        ("name\nZoë\nZoë".encode()[:-1], "the file is cut off in the middle of a letter"),
        (b"x" * (LARGEST + 1), "larger than 16 MiB"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_in_words(raw: bytes, says: str) -> None:
    assert problems(raw) == (says,)


def test_every_fault_is_found_with_its_line_and_no_name_is_told() -> None:
    text = (
        "name,role,emails,accounts,phone,valid_from,valid_until,id\n"
        "Ada Lovelace,king,,,,,,\n"
        ",host,,,,,,\n"
        "\n"
        "Bo Diddley,,not-an-address,,,,,\n"
        "Cy Young,,,two words,x,11/30/2026,2026-11-30,no spaces\n"
        "Di Prince,,,,,2026-11-30,2026-11-29,\n"
        f"{'E' * 121},,,,,,,\n"
        "Lovelace, Fay,,,,,,,p9\n"
    )
    found = problems(text)
    assert [(p.split(":")[0], p.split(": ", 1)[1][:24]) for p in found] == [
        ("line 2", "no such role; write host"),
        ("line 3", "the name is missing"),
        ("line 5", "this is no mail address"),
        ("line 6", "an id is up to 64 letter"),
        ("line 6", "this is no account id"),
        ("line 6", "this is no telephone num"),
        ("line 6", "valid_from is no date; w"),
        ("line 7", "valid_until is before va"),
        ("line 8", "the name is longer than "),
        ("line 9", "more cells than the head"),
    ]
    for secret in ("Ada", "Lovelace", "Bo", "Diddley", "Young", "Prince", "Fay", "not-an", "king"):
        assert not any(secret in problem for problem in found)


def test_an_open_quotation_mark_is_told_with_the_other_faults() -> None:
    assert problems('name,role\nAda,king\n"Bo,host\nCy,host\n') == (
        "line 2: no such role; write host, staff, pupil or guest",
        "line 3: a quotation mark is left open or stands in a wrong place",
    )


def test_lines_are_counted_through_values_of_several_lines() -> None:
    assert problems('name,note,role\nAda,"one\ntwo",host\nBo,,king\n')[0].startswith("line 4: no such role")


def test_ten_thousand_faults_do_not_become_a_message_of_ten_thousand_lines() -> None:
    found = problems("name,role\n" + "Ada,king\n" * 10_000)
    assert len(found) == 201
    assert found[-1] == "and 9800 more"


def test_siblings_may_share_one_address() -> None:
    people = roster("name,email\nAda Lovelace,family@x.example\nByron Lovelace,family@x.example\n").people
    assert len(people) == 2
    assert people[0].id != people[1].id


def test_the_same_name_twice_needs_something_that_tells_them_apart() -> None:
    found = problems("name,email\nAda Lovelace,a@x.example\nADA  lovelace,\n")
    assert found == ("line 3: the same name as line 2; give each an e-mail or account of their own",)
    found = problems("name,email\nAda,f@x.example\nAda,f@x.example\n")
    assert [p.split(":")[0] for p in found] == ["line 2", "line 3"]
    assert len(roster("name,email\nAda,a@x.example\nAda,b@x.example\n").people) == 2
    assert len(roster("name,email,account\nAda,f@x.example,a1\nAda,f@x.example,a2\n").people) == 2


def test_one_account_cannot_belong_to_two_people() -> None:
    assert problems("name,account\nAda,Ada@x\nBo,ada@X\n") == ("line 3: an account that line 2 has already",)


def test_one_id_cannot_belong_to_two_people() -> None:
    assert problems("id,name\np1,Ada\np1,Bo\n") == ("line 3: the same person or id as line 2",)


def test_an_id_that_is_made_is_stable_opaque_and_keyed_by_the_installation() -> None:
    one = roster("name,email\nAda Lovelace,ada@x.example\nBo,\n").people[0].id
    assert roster("email;name\n;Bo\nADA@x.example; ada  Lovelace \n").people[1].id == one
    assert (
        read([(Source(Path("r")), b"name,email\nAda Lovelace,ada@x.example\n")], BERLIN, b"other").roster.people[0].id
        != one
    )
    assert "ada" not in one
    assert one.startswith("p")


def test_the_version_is_of_the_content_and_not_of_the_order() -> None:
    one = roster("name,role\nAda,host\nBo,pupil\n")
    assert roster("role;name\npupil;Bo\nhost;Ada\n").version == one.version
    assert roster("name,role\nAda,host\nBo,host\n").version != one.version


def test_hidden_characters_that_a_spreadsheet_left_are_dropped_from_names() -> None:
    assert roster("name\n\u200bAda\u00a0 Love\u00adlace\u202e\n").people[0].name == "Ada Lovelace"


def test_ten_thousand_rows_are_read() -> None:
    rows = "".join(f"Child {n} Of{n},c{n}@x.example,acc{n},\n" for n in range(10_000))
    found = roster("name,email,account,role\n" + rows)
    assert len(found.by_id) == 10_000


@given(st.binary(max_size=300) | st.text(alphabet='nameid,;\t"|\n\r ä=sp\0', max_size=200).map(str.encode))
def test_no_bytes_do_worse_than_a_roster_error(raw: bytes) -> None:
    found, told = attempt(b"name;email\n" + raw)
    assert told or (found is not None and found.people)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8))
def test_every_roster_that_is_accepted_has_distinct_ids_and_readable_names(names: list[str]) -> None:
    quoted = "\n".join('"' + name.replace('"', '""') + '"' for name in names)
    found, told = attempt(f"name,role\n{quoted}\n".encode("utf-8", "replace"))
    assert told or (found is not None and len(found.by_id) == len(found.people))
    assert all(person.name.strip() for person in (found.people if found else ()))
