"""``guardian roster check``: a list of people, looked at before it is used."""

from pathlib import Path

from tests.support.command_line import guardian, write_config


async def test_a_sound_list_is_counted_by_role(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("name,account,role\nTess Teacher,tess@school,host\nAnn Adams,ann@school,pupil\nBen Brown,,pupil\n")
    done = await guardian("roster", "check", str(file))
    assert done.code == 0
    assert "3 people: 1 host, 2 pupil" in done.out
    assert "1 of them" in done.out
    assert (await guardian("roster", "check", str(file), "--json")).json["roles"] == {"host": 1, "pupil": 2}


async def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("name,role\nTess Teacher,host\nAnn Adams,wizard\n,pupil\n")
    done = await guardian("roster", "check", str(file))
    assert done.code == 1
    assert "line 3" in done.err
    assert "line 4" in done.err
    assert "Traceback" not in done.err
    assert len((await guardian("roster", "check", str(file), "--json")).json["problems"]) == 2


async def test_a_list_that_is_not_there_is_a_clear_message(tmp_path: Path) -> None:
    done = await guardian("roster", "check", str(tmp_path / "none.csv"))
    assert done.code == 1
    assert "none.csv" in done.err


async def test_columns_are_shown_and_what_a_human_should_know_is_told(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes("Vorname;Nachname;E-Mail;Hobby\nZoë;Größmann;;x\nZoë;Brück;zoe@x.example;\n".encode("cp1252"))
    done = await guardian("roster", "check", str(file))
    assert done.code == 0
    assert "liste.csv: Windows-1252, semicolons, 2 people" in done.out
    assert "Vorname: given name" in done.out
    assert "not read: Hobby" in done.out
    assert "line 2 (Zoë G.)" in done.out
    assert "Zoë: line 2, line 3" in done.out
    assert "Größmann" not in done.out
    found = (await guardian("roster", "check", str(file), "--json")).json
    assert found["sources"][0]["columns"][3] == {"heading": "Hobby", "field": None}
    assert found["without_strong_proof"] == ["line 2 (Zoë G.)"]


async def test_several_files_are_one_list_and_hostile_cells_obey_no_terminal(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("name,email,\x1b[2Jx\nAnn\u202e Adams,a@x.example,\n")
    two.write_text("name,registrant,email\nAnn Adams,r1,a@x.example\n")
    done = await guardian("roster", "check", str(one), str(two))
    assert done.code == 0
    assert "1 people: 1 pupil" in done.out
    assert "\x1b" not in done.out


async def test_a_class_of_a_bundle_is_chosen_and_without_one_the_choices_are_told() -> None:
    bundle = str(Path(__file__).parents[1] / "payloads" / "rosters" / "oneroster-1.1")
    done = await guardian("roster", "check", bundle, "--class", "cls-4b")
    assert done.code == 0
    assert "OneRoster 1.1, class Form 4B (cls-4b, Hillside Primary), 5 people" in done.out
    done = await guardian("roster", "check", bundle)
    assert done.code == 1
    assert "which class?" in done.err


async def test_the_lists_of_a_configuration_are_read_as_the_service_reads_them(tmp_path: Path) -> None:
    config = write_config(tmp_path, meetings=("yoga", "judo"))
    text = config.read_text().replace('roster = "roster.csv"', 'roster = { path = "roster.csv", role = "guest" }', 1)
    config.write_text(text)
    found = (await guardian("roster", "check", "--config", str(config), "--json")).json
    assert found["yoga"]["roles"] == found["judo"]["roles"] == {"host": 1, "pupil": 1}
    assert "judo: 2 people" in (await guardian("roster", "check", "-c", str(config), "-m", "judo")).out
    done = await guardian("roster", "check", "-c", str(config), "-m", "chess")
    assert done.code == 1
    assert "there are: yoga, judo" in done.err


async def test_neither_file_nor_configuration_is_wrong_use() -> None:
    assert (await guardian("roster", "check")).code == 2
