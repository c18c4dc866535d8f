"""A part of the guardian raises in mid-class: it is started again, the class goes on, and a human reads of it."""

import pytest

from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School

pytestmark = pytest.mark.prosody
_WORD = "Breaking Word"


async def test_a_task_that_raises_is_restarted_and_the_mail_about_it_arrives(school: School) -> None:
    async with GuardianProcess(school.config, extra={"E2E_BREAK": _WORD}, runner=True) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await school.child(1)
        await school.all_inside([1])
        await school.stranger(_WORD)
        await guardian.until(lambda: bool(guardian.logged("task_crashed")), "a crash")
        mail = await school.until_mail("A part of the guardian crashed")
        await school.child(2)
        await school.all_inside([2])
        view = await guardian.until_view(lambda view: view.link_up and view.pending == 0, "a guardian at work")
    (crash,) = guardian.logged("task_crashed")
    assert (crash["task"], crash["error"], crash["text"]) == ("maths:platform", "RuntimeError", None)
    assert _WORD not in mail.as_string()
    assert _WORD not in "\n".join(guardian.said)
    assert any(incident.kind == "task_crashed" for incident in view.incidents)
    assert [change.state for change in school.people["child01"].history][-1] == "inside"
