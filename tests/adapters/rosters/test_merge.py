"""Several lists as one: who is who, what each adds, and which contradictions are faults."""

from pathlib import Path
from zoneinfo import ZoneInfo

from guardian.adapters.rosters.entries import Reading
from guardian.adapters.rosters.reading import read
from guardian.adapters.rosters.report import report_on
from guardian.adapters.rosters.spec import Source
from guardian.core.roster import Role


def reading(*texts: str, role: Role | None = None) -> Reading:
    sources = [(Source(Path(f"{n}.csv"), role=role if n else None), text.encode()) for n, text in enumerate(texts)]
    return read(sources, ZoneInfo("UTC"), b"salt")


def test_the_same_id_account_or_name_with_address_is_one_person() -> None:
    found = reading(
        "id,name,email,account\np1,Ada Lovelace,ada@x.example,\n,Bo Diddley,bo@x.example,\n,Cy Young,,cy@auth\n",
        "id,name,email,account,registrant\np1,Ada King,,,reg1\n,Bo Diddley,BO@x.example,bo@auth,\n"
        ",Cy Young,cy@x.example,cy@auth,\n",
    )
    ada, bo, cy = found.roster.people
    assert (ada.id, ada.accounts, ada.aliases) == ("p1", ("registrant:reg1",), ("Ada King",))
    assert (bo.emails, bo.accounts) == (("bo@x.example",), ("bo@auth",))
    assert cy.emails == ("cy@x.example",)
    assert found.notes == ("1.csv line 2 is 0.csv line 2 under another name: both names are theirs now",)
    assert [len(entry.origins) for entry in found.entries] == [2, 2, 2]


def test_siblings_with_one_address_on_two_lists_stay_two() -> None:
    found = reading("name,email\nAda Lovelace,f@x.example\n", "name,email\nByron Lovelace,f@x.example\n")
    assert len(found.roster.people) == 2
    assert found.notes == ()


def test_a_list_that_knows_names_only_adds_to_whoever_has_that_name() -> None:
    found = reading("name,email\nAda,a@x.example\n", "name,registrant\nAda,r1\nBo,r2\n", "name,role\nAda,guest\n")
    ada, bo = found.roster.people
    assert (ada.emails, ada.accounts, ada.role) == (("a@x.example",), ("registrant:r1",), Role.GUEST)
    assert (bo.name, bo.accounts) == ("Bo", ("registrant:r2",))


def test_namesakes_with_nothing_in_common_are_two_people_and_a_human_is_told() -> None:
    found = reading("name,email\nAda,a@x.example\n", "name,email\nAda,b@x.example\n")
    assert len(found.roster.people) == 2
    assert found.notes[0].startswith("1.csv line 2 has the name of 0.csv line 2, but nothing else in common")


def test_a_name_that_fits_two_people_is_a_fault() -> None:
    told = reading("name,email\nAda,a@x.example\nAda,b@x.example\n", "name,role\nAda,staff\n").told
    assert "1.csv line 2: the name fits several people of the other lists; add their id or address" in told


def test_one_row_that_is_two_people_is_a_fault() -> None:
    told = reading("id,name,account\np1,Ada,a\np2,Bo,b\n", "id,name,account\np1,Ada,b\n").told
    assert told == ("1.csv line 2: is at once 0.csv line 2 and 0.csv line 3, by id, account or address",)


def test_contradictions_of_role_account_and_dates_are_faults_with_both_places() -> None:
    told = reading(
        "name,email,account,role,valid until\nAda,a@x.example,,pupil,\nBo,,b,,2026-12-01\nCy,,c,,\n",
        "name,email,account,role,valid until\nAda,a@x.example,,host,\nBo,,b,,2026-12-02\nDi,,c,,\n",
    ).told
    assert told == (
        "1.csv line 2: another role (host and not pupil) than 0.csv line 2",
        "1.csv line 3: another valid_until than 0.csv line 3",
        "1.csv line 4: the same account, but another name than 0.csv line 4",
    )


def test_a_role_that_no_list_states_contradicts_nothing() -> None:
    (ada,) = reading("name,email\nAda,a@x.example\n", "name,email\nAda,a@x.example\n", role=Role.HOST).roster.people
    assert ada.role is Role.HOST


def test_who_is_barred_on_one_list_is_barred_on_all() -> None:
    found = reading(
        "name,email,barred\nAda,a@x.example,f@x.example\n",
        "name,email,send link to\nAda,a@x.example,m@x.example;f@x.example\n",
    )
    (entry,) = found.entries
    assert entry.links_to == ("m@x.example",)
    told = reading("name,account,barred\nAda,a,f@x.example\n", "name,account,email\nAda,a,f@x.example\n").told
    assert told[0].startswith("1.csv line 2: a barred address that is the person's own")


def test_a_fault_in_one_list_names_the_list_and_refuses_all() -> None:
    assert reading("name\nAda\n", "name,role\nBo,king\n", "").told == (
        "2.csv: the file is empty",
        "1.csv line 2: no such role; write host, staff, pupil or guest",
    )


def test_the_order_of_lists_changes_no_proof() -> None:
    one, two = (
        "name,email\nAda,a@x.example\nBo,b@x.example\n",
        "name,email,account\nBo,b@x.example,b\nCy,c@x.example,c\n",
    )
    there, back = reading(one, two).roster, reading(two, one).roster
    assert {(p.name, p.emails, p.accounts) for p in there.people} == {
        (p.name, p.emails, p.accounts) for p in back.people
    }


# --- the report ----------------------------------------------------------------------------------------------


def test_the_report_says_what_a_human_should_know() -> None:
    report = report_on(
        reading(
            "name,email,registrant,role\nAda Lovelace,f@x.example,,\nByron Lovelace,f@x.example,,\n"
            "Ada King,,,\nCy Young,,r1,\n"
        )
    )
    assert report.ok
    assert report.roles == {"pupil": 4}
    assert report.without_strong_proof == ("line 4 (Ada K.)",)
    assert report.registrant_only == ("line 5 (Cy Y.)",)
    assert report.shared_first_names == {"Ada": ("line 2", "line 4")}
    assert report.shared_addresses == (("line 2", "line 3"),)
    assert report.without_link_address == ("line 4 (Ada K.)", "line 5 (Cy Y.)")
    assert any("nobody is a host" in line for line in report.advice)
    assert not any("Lovelace" in line for line in report.advice)


def test_the_report_shows_what_each_column_was_read_as() -> None:
    report = report_on(reading("Vorname;Nachname;Hobby\nAda;Lovelace;Mathe\n"))
    assert report.read_as == (
        "0.csv: UTF-8, semicolons, 1 people",
        "  Vorname: given name",
        "  Nachname: family name",
        "  not read: Hobby",
    )


def test_a_long_list_of_one_kind_is_cut_in_words_and_whole_for_machines() -> None:
    report = report_on(reading("name\n" + "".join(f"Child Of{n}\n" for n in range(50))))
    assert len([line for line in report.advice if "(Child O.)" in line]) <= 40
    assert len(report.without_strong_proof) == 50
    assert report.plain()["people"] == 50
