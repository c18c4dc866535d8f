"""``guardian run`` against a running server: its one line, its start, its end, and that there is only one."""

import signal
from collections.abc import Callable

import pytest

from tests.support.e2e_process import GuardianProcess, command
from tests.support.e2e_school import School

pytestmark = pytest.mark.prosody


async def test_it_says_in_one_line_what_it_guards_and_how_long_the_start_took(
    school: School, record_property: Callable[[str, object], None]
) -> None:
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        assert guardian.line.startswith("guarding Maths for all (maths) on jitsi school; API on 127.0.0.1:")
        assert guardian.words == [guardian.line]
        assert guardian.started_in > 0
        record_property("guardian run started in, seconds", guardian.started_in)
        assert await guardian.until_ready(200) == []
        guardian.process.send_signal(signal.SIGINT)
        assert await guardian.ended() == 0
    assert school.server.bot_password not in "\n".join([*guardian.said, *guardian.words])


async def test_a_second_one_on_the_same_data_directory_is_refused_by_name_and_the_first_goes_on(
    school: School, guardian: GuardianProcess
) -> None:
    second = await command("run", "--config", str(school.config))
    assert second.code == 1
    assert second.out == ""
    assert f"process {guardian.process.pid}" in second.err
    assert str(school.folder / "data") in second.err
    await school.teacher()
    await school.child(1)
    await school.all_inside([1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": {"gait": '["token"]'}}, ("meetings.0.policy.gait", "did you mean gate")),
        ({"server": {"password": '{ env = "GUARDIAN_NO_SUCH" }'}}, ("jitsi.school.password", "GUARDIAN_NO_SUCH")),
        ({"mail": {"password": '{ file = "not-there" }', "username": '"me"'}}, ("mail.password", "not-there")),
        ({"server": {"websocket": '"ws://meet.school.example/xmpp-websocket"'}}, ("jitsi.school.websocket", "wss://")),
    ],
    ids=["unknown key", "secret not in the environment", "secret's file missing", "open line"],
)
async def test_a_configuration_that_cannot_be_used_starts_nothing_and_is_named(
    school: School, change: dict[str, dict[str, str]], words: tuple[str, ...]
) -> None:
    school.write_config(policy=change.get("policy"), server=change.get("server"), mail=change.get("mail"))
    refused = await command("run", "--config", str(school.config))
    assert refused.code == 2
    assert all(word in refused.err for word in words), refused.err
    assert "Traceback" not in refused.err
    assert not (school.folder / "data").exists()


async def test_two_guardians_with_one_account_and_two_data_directories_the_second_hand_is_noticed(
    school: School, guardian: GuardianProcess
) -> None:
    await school.teacher()
    await school.child(1)
    await school.all_inside([1])
    elsewhere = school.write_config(guardian={"data_dir": '"elsewhere"'}, name="other.toml")
    async with GuardianProcess(elsewhere) as other:
        one = guardian.until_view(lambda view: bool(view.standing_down), "one that stands down")
        view = await one
        assert any(incident.kind == "foreign_self" for incident in view.incidents)
        problems = await guardian.until_ready(503)
        assert any("stood down" in problem for problem in problems)
        assert other.process.returncode is None
        await school.until_mail("Another guardian")
    assert school.people["child01"].state == "inside"
