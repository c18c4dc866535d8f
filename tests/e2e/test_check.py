"""``guardian check`` against a real server: go, and each point broken on its own is a no-go with that point named."""

from typing import Any

import pytest

from guardian.world.cast import child_key
from tests.support.command_line import Done
from tests.support.e2e_school import PLUGINS, School

pytestmark = pytest.mark.prosody
SOON = -600.0  # the class begins in ten minutes


@pytest.fixture(autouse=True)
def _before_class(school: School) -> None:
    school.write_config(began=SOON)


async def checked(school: School) -> tuple[Done, list[dict[str, Any]]]:
    told = await school.said("check", "--json")
    assert told.out, told.err
    return told, told.json["findings"]


def levels(findings: list[dict[str, Any]], level: str) -> dict[str, str]:
    return {f["id"]: f["what"] for f in findings if f["level"] == level}


async def test_a_class_that_can_be_guarded_is_a_go_and_the_mail_says_so(school: School) -> None:
    told, findings = await checked(school)
    assert levels(findings, "no-go") == {}
    assert told.code == 0
    assert told.json["go"] is True
    fine = levels(findings, "ok")
    assert {"owner", "lobby-works", "identity", "clock", "mail", "starts", "disk"} <= fine.keys(), fine
    assert "UTC" in fine["starts"]
    mail = await school.until_mail("go")
    assert "go (check)" in str(mail["Subject"])
    assert mail["To"] == "head@school.example"


async def test_the_check_is_readable_and_leaves_the_class_under_way_alone(school: School) -> None:
    teacher = await school.teacher()
    await teacher.set_lobby(on=True)
    before = dict(teacher.people)
    told = await school.said("check")
    assert told.code == 0, told.out + told.err
    assert told.out.splitlines()[-1].startswith("go:")
    assert "the gate" in told.out or "gate" in told.out
    assert dict(teacher.people) == before
    assert teacher.state == "inside"


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "an account that owns no room": ({"server": {"account": '"outsider"', "password": '{ file = "chalk" }'}}, "owner"),
    "a wrong password": ({"server": {"password": '{ file = "chalk" }'}}, "login"),
    "a wrong domain": ({"server": {"auth_domain": '"auth.other.example"'}}, "login"),
    "a server that is not there": ({"server": {"websocket": '"ws://127.0.0.1:9/xmpp-websocket"'}}, "server"),
    "no lobby component": ({"server": {"lobby": '"nowhere.meet.example.test"'}}, "lobby-works"),
    "a forged identity believed": ({"server": {"token_hosts": '["guest.meet.example.test"]'}}, "identity"),
    "a mail server that is not there": ({"mail": {"port": "9"}}, "mail"),
}


# Points that Jitsi's own plugins leave nobody to break.
CANNOT_BREAK = {
    "no lobby component": "Jitsi's server names its lobby itself: the setting is not used",
    "a forged identity believed": "the guest host loads presence_identity too: a forged one never comes through",
}
POINTS = [
    pytest.param(
        *case,
        id=name,
        marks=pytest.mark.skipif(PLUGINS is not None and name in CANNOT_BREAK, reason=CANNOT_BREAK.get(name, "")),
    )
    for name, case in BROKEN.items()
]


@pytest.mark.parametrize(("change", "point"), POINTS)
async def test_a_broken_point_is_a_no_go_by_name_with_what_to_do(
    school: School, change: dict[str, dict[str, str]], point: str
) -> None:
    (school.folder / "chalk").write_text("chalk")
    school.write_config(server=change.get("server"), mail=change.get("mail"), began=SOON)
    told, findings = await checked(school)
    assert told.code == 1
    assert point in levels(findings, "no-go"), findings
    assert all(f["todo"] for f in findings if f["id"] == point and f["level"] == "no-go")
    if point != "mail":
        mail = await school.until_mail("NO-GO")
        assert mail["X-Priority"] or mail["Importance"]


async def test_the_server_without_a_mail_section_is_a_no_go(school: School) -> None:
    text = school.config.read_text()
    begin, end = text.index("[mail]"), text.index("[jitsi.school]")
    school.config.write_text(text[:begin] + text[end:])
    told, findings = await checked(school)
    assert told.code == 1
    assert "nobody would be told" in levels(findings, "no-go")["mail"]


async def test_a_list_without_a_host_or_with_everybody_expired_is_a_no_go(school: School) -> None:
    school.write_list([line for line in school.lines() if line[3] != "host"])
    told, findings = await checked(school)
    assert told.code == 1
    assert "no host is on the list" in levels(findings, "no-go")["hosts"], findings

    site = school.server.site
    header = "id,name,role,accounts,valid until\n"
    rows = [f"teacher,Grace Hopkins,host,{site.account_jid('teacher')},2020-01-01"]
    rows += [f"c{n},Child {n},pupil,{school.proof(child_key(n))},2020-01-01" for n in (1, 2)]
    school.roster.write_text(header + "\n".join(rows) + "\n")
    told, findings = await checked(school)
    assert told.code == 1
    assert levels(findings, "no-go"), findings


async def test_a_list_that_cannot_be_read_is_a_no_go_and_names_the_line(school: School) -> None:
    school.roster.write_text(school.roster.read_text().replace("pupil", "chieftain", 1))
    told, findings = await checked(school)
    assert told.code == 1
    assert "line 3" in levels(findings, "no-go")["roster"]


async def test_a_wide_gate_is_a_risk_whose_price_is_said_and_still_a_go(school: School) -> None:
    school.write_config(policy={"gate": '["verified", "token", "name_exact"]'}, began=SOON)
    told, findings = await checked(school)
    assert told.code == 0, findings
    assert any("name" in what for what in levels(findings, "risk").values()), findings
