"""Zoom names one person differently in its panel and its webhooks, or anew at admission: nobody wrong comes of it."""

import pytest

from guardian.world.zoom import By, Faults
from tests.support.e2e_zoom import KIDS, Begin

EVERY = [{"panel"}, {"admission"}, {"instance"}, {"panel", "admission", "instance"}]


@pytest.mark.parametrize("uuids", EVERY, ids="+".join)
async def test_the_class_comes_in_once_each_and_strangers_wait_whatever_uuids_differ(
    begin: Begin, uuids: set[str]
) -> None:
    zoom = await begin(faults=Faults(uuids=uuids))
    early = await zoom.child("ada")
    await zoom.opens()
    await early.until("inside")
    await zoom.children("ben", "cleo", "dan")
    strangers = [await zoom.stranger("Zed Quux"), await zoom.stranger("Otter.ai", tag="bot")]
    for guest in strangers:
        await zoom.until_held(guest)
    await zoom.until_calm()
    assert [zoom.came_in(f"child:{key}") for key in KIDS] == [[By.PANEL]] * 4
    assert zoom.came_in("stranger") == zoom.came_in("bot") == []
    assert zoom.incident("came_in_as") is None
    counts = zoom.shown.counts
    assert (counts.asked, counts.escalated) == (counts.confirmed + counts.superseded, 0)
    assert {c.person for c in zoom.shown.connections if c.place == "inside"} == {"teacher", *KIDS}


async def test_of_two_entries_with_one_name_nobody_is_let_in_until_a_human_points(begin: Begin) -> None:
    zoom = await begin(faults=Faults(uuids={"panel"}))
    await zoom.opens()
    await zoom.children("ben")
    impostor = await zoom.stranger(KIDS["ada"])
    ada = await zoom.child("ada")
    await zoom.world.settled()
    await zoom.until(
        lambda: sum(c.name == KIDS["ada"] and c.place == "waiting" for c in zoom.shown.connections) >= 2, "both"
    )
    await zoom.until_incident("needs_decision")
    await zoom.until_calm()
    assert (ada.state, impostor.state) == ("waiting", "waiting")
    assert zoom.came_in("child:ada") == zoom.came_in("stranger") == []
    impostor.leave()
    await ada.until("inside")
    assert zoom.came_in("stranger") == []


async def test_a_stranger_who_knocks_as_the_child_a_moment_before_her_never_stays(begin: Begin) -> None:
    zoom = await begin(faults=Faults(uuids={"panel"}, lost={"stranger"}))
    await zoom.opens()
    impostor = await zoom.stranger(KIDS["ada"])  # and Zoom never says so: only the panel shows them
    await zoom.until_held(impostor)
    zoom.world.faults.lost_events.add(("child:ada", "nothing"))
    ada = await zoom.child("ada")
    await zoom.until_calm()
    await zoom.until_incident("needs_decision")
    assert zoom.came_in("stranger") == []
    assert (impostor.state, ada.state) == ("waiting", "waiting")


@pytest.mark.parametrize("mode", ["enforce", "assist"])
async def test_whoever_comes_in_on_a_childs_admission_goes_back_or_is_asked_about(begin: Begin, mode: str) -> None:
    """The child has left the door without a word, and the one entry of her name is the stranger's."""
    zoom = await begin(
        faults=Faults(
            uuids={"panel"},
            lost_events={
                ("stranger", "meeting.participant_joined_waiting_room"),
                ("child:ada", "meeting.participant_left_waiting_room"),
            },
        ),
        config={"policy": {"mode": f'"{mode}"'}},
    )
    await zoom.meeting.start()
    await zoom.until_view(lambda view: view.phase == "open", "an open class")
    ada = await zoom.child("ada")
    await zoom.until_shown(ada, "waiting", standing="proven")
    ada.leave()
    impostor = await zoom.stranger(KIDS["ada"])
    await zoom.world.settled()
    panel = await zoom.panel(zoom.teacher.id)
    await panel.until(lambda page: page.leading)
    told = await zoom.until_incident("came_in_as")
    assert told.severity.name == "CRITICAL"
    assert zoom.came_in("stranger") == [By.PANEL]
    if mode == "enforce":
        await impostor.until("waiting")
        await zoom.until_calm()
        assert zoom.put_out("stranger") == [("put_back", By.PANEL)]
        assert zoom.came_in("stranger") == [By.PANEL]
    else:
        assert "remove" in told.verbs
        await zoom.until_calm()
        assert impostor.state == "inside"
        assert (await zoom.order("remove", handle=told.subjects[0].handle)).done is True
        assert impostor.state == "out"
    assert zoom.meeting.banned == set()
