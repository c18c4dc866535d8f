"""``guardian roster check``: a list of people, looked at before it is used."""

from pathlib import Path

from tests.support.command_line import guardian


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
