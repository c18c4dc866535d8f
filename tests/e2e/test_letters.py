"""What people are sent about a class from start to end, and what the journal of that class is good for after it."""

import re

import pytest

from guardian.world.cast import child_name
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import MEETING, School

pytestmark = pytest.mark.prosody


async def played(school: School) -> str:
    """A whole short class, ended by the teacher; its occurrence. The guardian is stopped."""
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        teacher = await school.teacher()
        for number in (1, 2):
            await school.child(number)
        await school.all_inside([1, 2])
        zed = await school.stranger("Zed Quux")
        await zed.until_state("waiting")
        name_only = await school.stranger(child_name(3), key="name only")
        await name_only.until_state("waiting")
        await school.until_mail("Somebody waits for your decision")
        handles = {zed.jid, name_only.jid}
        await guardian.until_view(lambda view: handles <= {c.handle for c in view.connections}, "both at the door")
        assert (await guardian.order("admit", handle=name_only.jid)).done is True
        await name_only.until_state("inside")
        view = await guardian.until_view(lambda view: view.pending == 0, "quiet")
        occurrence = view.occurrence
        assert (await guardian.order("end")).done is True
        await teacher.until_state("ended")
        await school.until_mail("closed")
        guardian.process.terminate()
        assert await guardian.ended() == 0
    return occurrence


async def test_the_letters_of_a_class_and_what_its_journal_proves_afterwards(school: School) -> None:
    occurrence = await played(school)

    # Incidents by first name and initial only, in one thread each under the class.
    (asked,) = [m for m in school.mails("Somebody waits for your decision") if m["Message-ID"]][:1]
    first, _, last = child_name(3).partition(" ")
    assert f"{first} {last[0]}." in asked.as_string()
    assert last not in asked.as_string()
    assert asked["In-Reply-To"]
    kinds = {part.get_content_type() for part in asked.walk()}
    assert {"text/plain", "text/html"} <= kinds

    # The closing letter: numbers and the journal's head, which verifies.
    closing = school.mails("closed")[-1]
    text = closing.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Let in by the guardian: 3" in text
    found = re.search(r"Journal head: ([0-9a-f]{64})", text)
    assert found is not None, text
    head = found[1]
    verified = await school.said("verify", occurrence, "--head", head, "--json")
    assert (verified.code, verified.json["ok"]) == (0, True)
    every = await school.said("verify")
    assert occurrence in every.out
    other = await school.said("verify", occurrence, "--head", "0" * 64)
    assert other.code == 1

    # What was decided, and what would be with another policy.
    same = await school.said("replay", occurrence, "--json")
    assert same.code == 0, same.err
    assert same.json["occurrence"] == occurrence
    stricter = school.folder / "strict.toml"
    stricter.write_text('unknown = "refuse"\nmode = "enforce"\nsettle = 0\n')
    changed = await school.said("replay", occurrence, "--policy", str(stricter), "--json")
    assert changed.code == 0, changed.err
    assert "refuse" in changed.out
    assert changed.json["steps"] != same.json["steps"]

    # A legal hold keeps it; else it is blanked, and still verifies.
    assert (await school.said("legal-hold", occurrence, "--on")).code == 0
    assert (await school.said("purge", "--json")).json["rows"] == {MEETING: 0}
    assert (await school.said("legal-hold", occurrence, "--off")).code == 0


async def test_after_its_time_a_class_is_blanked_and_its_chain_still_verifies_against_the_letter(
    school: School,
) -> None:
    occurrence = await played(school)
    text = school.mails("closed")[-1].as_string()
    head = re.search(r"Journal head: ([0-9a-f]{64})", text.replace("=\n", ""))
    assert head is not None
    await school.age_journal(days=40)
    assert (await school.said("legal-hold", occurrence, "--on")).code == 0
    assert (await school.said("purge", "--json")).code == 0
    assert all(row.body is not None for row in await school.rows() if row.occurrence == occurrence)
    assert (await school.said("legal-hold", occurrence, "--off")).code == 0
    blanked = (await school.said("purge", "--json")).json["rows"][MEETING]
    verified = await school.said("verify", occurrence, "--head", head[1], "--json")
    assert verified.json["rows"] == {occurrence: blanked}
    assert not [row for row in await school.rows() if row.body is not None]
    raw = (school.folder / "data" / "journal.sqlite3").read_bytes()
    assert child_name(3).encode() not in raw
    assert child_name(1).encode() not in raw


async def test_a_row_changed_behind_its_back_is_found_by_name(school: School) -> None:
    occurrence = await played(school)
    for change in ("CAST(replace(body, 'Zed Quux', 'Zed Quuy') AS BLOB)", "replace(body, 'Zed Quux', 'Zed Quuy')"):
        await school.tamper(f"UPDATE journal_rows SET body = {change} WHERE body IS NOT NULL")  # noqa: S608
        told = await school.said("verify", occurrence)
        assert told.code == 1
        assert re.search(r"is damaged: row \d+", told.err), told.err
        assert "Traceback" not in told.err


async def test_the_go_no_go_letter_comes_before_the_class_and_says_what_is_wrong(school: School) -> None:
    """The class begins in ten minutes: the letter is due."""
    school.write_config(began=-600)
    school.write_list([line for line in school.lines() if line[3] != "host"])
    async with GuardianProcess(school.config) as guardian:
        mail = await school.until_mail("NO-GO")
        assert "host" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert guardian.process.returncode is None


async def test_the_go_letter_comes_before_a_class_that_can_be_guarded(school: School) -> None:
    school.write_config(began=-600)
    async with GuardianProcess(school.config) as guardian:
        await guardian.until(lambda: bool(guardian.logged("room_entered")), "the room")
        mail = await school.until_mail("Maths for all: ")
        assert str(mail["Subject"]).endswith(": go"), mail["Subject"]
