"""The platform is wrong, absent or goes away: the guardian stays up, says so, moves nobody, repairs what it missed."""

from contextlib import AsyncExitStack

import pytest

from guardian.world.cast import child_key
from tests.support.e2e_line import HostileLine
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School

pytestmark = pytest.mark.prosody


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"password": '{ file = "wrong" }'}, "wrong account or password"),
        ({"password": '{ file = "class.csv" }'}, "a character that a login cannot"),
        ({"account": '"nobody-of-that-name"'}, "wrong account or password"),
        ({"auth_domain": '"auth.other.example"'}, "auth.other.example"),
    ],
    ids=["wrong password", "unusable password", "unknown account", "wrong domain"],
)
async def test_a_login_that_cannot_work_is_told_in_words_and_the_service_stays_up(
    school: School, wrong: dict[str, str], word: str
) -> None:
    (school.folder / "wrong").write_text("not the password")
    school.write_config(server=wrong)
    async with GuardianProcess(school.config) as guardian:
        await guardian.until(lambda: bool(guardian.logged("room_lost")), "the news in the log")
        problems = await guardian.until_ready(503)
        (problem,) = [p for p in problems if "not connected to its platform" in p]
        assert word in problem
        assert school.server.bot_password not in "\n".join(guardian.said)
        assert guardian.process.returncode is None
        mail = await school.until_mail("part of the guardian broke")
        assert school.server.bot_password not in mail.as_string()


async def test_after_a_wrong_password_is_mended_on_the_server_the_guardian_comes_in_by_itself(school: School) -> None:
    (school.folder / "password").write_text("another password")
    async with GuardianProcess(school.config) as guardian:
        await guardian.until(lambda: bool(guardian.logged("task_crashed")), "a refused login")
        school.server.add_account("guardian", "another password")
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await school.child(1)
        await school.all_inside([1])


async def test_a_server_that_is_not_there_at_the_start_is_waited_for(school: School) -> None:
    await school.server.stop()
    async with GuardianProcess(school.config) as guardian:
        problems = await guardian.until_ready(503)
        assert any("no connection to the server" in problem for problem in problems)
        await school.server_back()
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await school.child(1)
        await school.all_inside([1])
        assert await guardian.until_ready(200) == []


async def test_a_line_that_breaks_in_mid_class_moves_nobody_and_what_was_missed_is_repaired(school: School) -> None:
    """The server and the class go on; only the guardian is cut off for a while."""
    async with HostileLine(school.server.websocket_url) as line, AsyncExitStack() as stack:
        school.write_config(server={"websocket": f'"{line.url}"'})
        guardian = await stack.enter_async_context(GuardianProcess(school.config))
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        for number in (1, 2, 3):
            await school.child(number)
        await school.all_inside([1, 2, 3])
        line.away = True
        await line.cut()
        await guardian.until_view(lambda view: not view.link_up, "a lost line")
        child = await school.child(4)
        await child.until_state("waiting")
        stranger = await school.stranger("Zed Quux")
        await school.people["child03"].leave()
        await school.until_mail("lost the meeting server")
        line.away = False
        await school.all_inside([4])
        view = await guardian.until_view(
            lambda view: (
                view.link_up
                and view.pending == 0
                and sum(c.place == "inside" and c.person is not None for c in view.connections) == 4
            ),
            "a repaired view",
        )
        assert view.phase == "open"
        assert stranger.state == "waiting"
        assert all(p.state == "inside" for k, p in school.people.items() if k in {"child01", "child02", "teacher"})
        assert await guardian.until_ready(200) == []
    moved = {"removed", "ended", "refused"}
    assert not [c for p in school.people.values() for c in p.history if c.state in moved]


async def test_a_server_that_dies_and_comes_back_in_mid_class_finds_the_door_guarded_again(school: School) -> None:
    """Its rooms are gone with it: everybody comes back, and only who belongs gets in again."""
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        for number in (1, 2, 3):
            await school.child(number)
        await school.all_inside([1, 2, 3])
        await school.server.stop(kill=True)
        await guardian.until_view(lambda view: not view.link_up, "a lost server")
        before = school.invited()
        await school.server_back()
        await guardian.until_view(lambda view: view.link_up and view.lobby_on is True, "a shut door again")
        await school.teacher()
        stranger = await school.stranger("Zed Quux")
        for number in (1, 2, 3):
            person = school.people[child_key(number)]
            await person.close()
            await person.begin(person.room, person.face, patience=30)
        await school.all_inside([1, 2, 3])
        view = await guardian.until_view(lambda view: view.pending == 0, "quiet")
        assert view.counts.asked == view.counts.confirmed + view.counts.superseded + view.counts.escalated
        assert stranger.state in {"waiting", "joining"}
        assert len(school.invited()) == len(before) + 3
    assert not [c for p in school.people.values() for c in p.history if c.state in {"removed", "refused"}]


async def test_mails_wait_for_a_mail_server_that_is_away(school: School) -> None:
    await school.mailbox.away()
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await school.child(1)
        await school.all_inside([1])
        await guardian.until(lambda: bool(guardian.logged("notice_failed")), "a mail that did not arrive")
        await school.mailbox.back()
        await school.until_mail("The class is open")
