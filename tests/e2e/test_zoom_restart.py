"""The guardian is killed, or stopped, in the middle of a class on Zoom, and comes back to it."""

import signal

import pytest

from guardian.core.actions import Ask, AskEnd, Close
from guardian.world.zoom import By
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_zoom import KIDS, MEETING, Begin, ZoomClass


@pytest.fixture
async def unguarded(begin: Begin) -> ZoomClass:
    """A class whose guardian will be a process of its own. Zoom tries again after 4 s, then after 16."""
    return await begin(guarded=False, world={"speed": 75.0})


async def test_killed_in_mid_class_it_comes_back_to_everybody_and_asks_nobody_twice(unguarded: ZoomClass) -> None:
    zoom = unguarded
    async with GuardianProcess(zoom.config) as doomed:
        await zoom.meeting.start()
        panel = await zoom.panel(zoom.teacher.id)
        await zoom.children("ada", "ben")
        stranger = await zoom.stranger()
        await doomed.until_view(
            lambda view: view.pending == 0 and "stranger_waiting" in [i.kind for i in view.incidents],
            "a stranger told",
            meeting=MEETING,
        )
        assert (await doomed.order("lock", meeting=MEETING)).done is True
        doomed.process.send_signal(signal.SIGKILL)
        assert await doomed.ended() == -signal.SIGKILL
        await panel.until(lambda page: page.state == "away")
        cleo = await zoom.child("cleo")  # while nobody is there; Zoom's first attempt fails
        dan = await zoom.child("dan")
        dan.leave()
    async with GuardianProcess(zoom.config) as again:
        await panel.until(lambda page: page.leading, timeout=10.0)
        view = await again.until_view(
            lambda view: view.phase == "locked" and len(view.connections) >= 4, "everybody", meeting=MEETING
        )
        await cleo.until("inside", timeout=30.0)
        await zoom.world.drained(60.0)
        view = await again.until_view(
            lambda view: view.pending == 0 and "cleo" in {c.person for c in view.connections if c.place == "inside"},
            "an end of every act",
            meeting=MEETING,
        )
        inside = {c.person for c in view.connections if c.place == "inside"}
        assert inside == {"teacher", "ada", "ben", "cleo"}
        assert [c.standing for c in view.connections if c.name == "Zed Quux"] == ["none"]
        assert not view.blind
        again.process.send_signal(signal.SIGTERM)
        assert await again.ended() == 0
    assert [zoom.came_in(f"child:{key}") for key in KIDS] == [[By.PANEL], [By.PANEL], [By.PANEL], []]
    assert zoom.came_in("stranger") == []
    assert stranger.state == "waiting"
    assert zoom.put_out("child:ada") == zoom.put_out("child:ben") == []
    records = await zoom.stored()
    confirmed = {r.ask for r in records if isinstance(r, Close) and r.end is AskEnd.CONFIRMED}
    handles = [r.act.handle for r in records if isinstance(r, Ask) and r.ask in confirmed]
    assert len(handles) == len(set(handles)) == 3


async def test_stopped_and_started_again_the_panel_comes_back_by_itself_and_nothing_is_told_twice(
    zoom: ZoomClass,
) -> None:
    panel = await zoom.opens()
    await zoom.children("ada")
    stranger = await zoom.stranger()
    await zoom.until_held(stranger)
    await zoom.until_calm()
    await zoom.until_mail("at the door")
    mails = len(zoom.mailbox.mails)
    connections = {c.handle: (c.place, c.standing, c.person) for c in zoom.shown.connections}
    await zoom.stop()
    await zoom.guard()
    await panel.until(lambda page: page.leading, timeout=10.0)
    await zoom.children("ben")
    await zoom.until_calm()
    after = {c.handle: (c.place, c.standing, c.person) for c in zoom.shown.connections if c.person != "ben"}
    assert after == connections
    assert zoom.came_in("child:ada") == zoom.came_in("child:ben") == [By.PANEL]
    told = [str(mail.message["Subject"]) for mail in zoom.mailbox.mails[mails:]]
    assert [subject for subject in told if "door" in subject or "open" in subject] == []
