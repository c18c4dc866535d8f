"""Who is at work in the meeting for the guardian: no panel, one, two, those that cannot, those that may not."""

import time
from typing import Any

import pytest

from guardian.world.zoom import By, HostClient
from tests.support.e2e_zoom import KIDS, Begin, ZoomClass


async def test_without_a_panel_admissions_queue_nothing_is_loosened_and_a_human_is_told(zoom: ZoomClass) -> None:
    await zoom.meeting.start()
    await zoom.until_view(lambda view: view.phase == "open", "an open class")
    web = await zoom.panel(zoom.teacher.id, product="web")  # it sends no context, so it gets no page
    assert (web.state, web.http_status) == ("refused", 403)
    kids = [await zoom.child(key) for key in KIDS]
    stranger = await zoom.stranger()
    incident = await zoom.until_incident("no_hands")
    assert "no companion panel is open" in incident.detail
    assert await zoom.until_mail("cannot reach the door")
    told = await zoom.order("admit", handle=zoom.seen(stranger).handle)
    assert told.done is False
    assert "panel" in told.text
    assert [guest.state for guest in (*kids, stranger)] == ["waiting"] * 5
    assert zoom.meeting.waiting_room is True
    assert zoom.world.ledger.of("settings") == zoom.world.ledger.of("waiting_room") == []
    assert zoom.shown.counts.asked == 0
    panel = await zoom.panel(zoom.teacher.id)
    await panel.until(lambda page: page.leading)
    for guest in (*kids, stranger):
        await guest.until("inside")
    await zoom.until(lambda: zoom.incident("no_hands") is None, "an end of the incident")
    await zoom.until_calm()
    assert [zoom.came_in(f"child:{key}") for key in KIDS] == [[By.PANEL]] * 4
    counts = zoom.shown.counts
    assert counts.asked == counts.confirmed == 5


async def test_a_panel_closed_in_mid_class_is_told_within_seconds_and_one_opened_again_catches_up(
    zoom: ZoomClass,
) -> None:
    panel = await zoom.opens()
    await zoom.children("ada")
    await panel.close()
    ben = await zoom.child("ben")
    await zoom.until_incident("no_hands", within=5.0)
    assert ben.state == "waiting"
    assert await panel.reopen() == "open"
    await ben.until("inside")
    assert zoom.came_in("child:ben") == [By.PANEL]


async def test_without_a_panel_a_stranger_whom_nobody_let_in_is_removed_by_the_server(begin: Begin) -> None:
    zoom = await begin(meeting={"waiting_room": False})
    await zoom.meeting.start()
    ada = await zoom.child("ada")
    assert ada.state == "inside"
    stranger = await zoom.stranger()
    await stranger.until("out")
    await zoom.until_calm()
    assert zoom.put_out("stranger") == [("removed", By.REST)]
    assert zoom.put_out("child:ada") == []
    assert ada.state == "inside"
    counts = zoom.shown.counts
    assert counts.asked == counts.confirmed == 1


async def test_of_two_panels_one_acts_and_the_other_takes_over_when_it_dies(begin: Begin) -> None:
    zoom, first, second = await two_panels(begin)
    await zoom.children("ada")
    assert [c["name"] for c in second.commands if c["name"] != "read"] == []
    ben = await zoom.child("ben")
    await ben.until("inside")
    first.kill()
    await second.until(lambda page: page.leading, timeout=3.0)
    await zoom.children("cleo", "dan")
    await zoom.until_calm()
    assert [zoom.came_in(f"child:{key}") for key in KIDS] == [[By.PANEL]] * 4
    admits = [c["uuid"] for page in (first, second) for c in page.commands if c["name"] == "admit"]
    assert len(admits) == len(set(admits)) == 4
    assert zoom.incident("no_hands") is None


async def test_a_frozen_panel_loses_the_lead_within_seconds_and_nobody_is_let_in_twice(begin: Begin) -> None:
    zoom, first, second = await two_panels(begin)
    first.freeze()
    ada = await zoom.child("ada")
    await second.until(lambda page: page.leading, timeout=5.0)
    await ada.until("inside")
    await zoom.until_calm()
    first.freeze(False)
    ben = await zoom.child("ben")
    await ben.until("inside")
    assert zoom.came_in("child:ada") == zoom.came_in("child:ben") == [By.PANEL]
    assert second.leading


async def two_panels(begin: Begin) -> tuple[ZoomClass, HostClient, HostClient]:
    """The teacher's and her assistant's, both in the meeting."""
    zoom = await begin(meeting={"alternative_hosts": "aide@school.example"})
    aide = zoom.world.add_user("aide@school.example", "Ola Aide")
    zoom.write_list(f"aide,Ola Aide,staff,{aide.id},,")
    await zoom.until_view(lambda view: view.roster_people == len(KIDS) + 2, "the new list")
    first = await zoom.opens()
    await zoom.meeting.start(aide.id)
    second = await zoom.panel(aide.id)
    assert (second.state, second.leading, first.leading) == ("open", False, True)
    return zoom, first, second


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ({"product": "mobile"}, "mobile client"),
        ({"version": "5.14.2"}, "too old"),
        ({"unsupported": ["admitParticipantFromWaitingRoom"]}, "does not allow"),
    ],
    ids=["mobile", "old", "not ticked"],
)
async def test_a_client_that_cannot_do_it_is_named_and_nothing_is_loosened(
    zoom: ZoomClass, client: dict[str, Any], words: str
) -> None:
    await zoom.meeting.start()
    panel = await zoom.panel(zoom.teacher.id, **client)
    await zoom.until_view(lambda view: any(words in sentence for sentence in view.cannot), "the client's trouble")
    ada = await zoom.child("ada")
    await zoom.until_shown(ada, "waiting", standing="proven", do="admit")
    await zoom.until_calm()
    assert ada.state == "waiting"
    assert zoom.meeting.waiting_room is True
    assert [c for c in panel.commands if c["name"] not in {"read", "put_back"}] == []
    able = await zoom.panel(zoom.teacher.id)
    await able.until(lambda page: page.leading)
    await ada.until("inside")
    assert panel.state == "replaced"


async def test_a_host_of_another_account_and_another_class_gets_no_panel_here(zoom: ZoomClass) -> None:
    await zoom.opens()
    foreign = zoom.world.add_user("foreign@school.example", "Frank Foreign")
    other = zoom.world.schedule("82222222222", foreign.id, "Another class")
    await other.start()
    panel = await zoom.panel(foreign.id, meeting=other)
    assert (panel.state, panel.http_status) == ("refused", 403)
    # The teacher herself, in a meeting that nobody guards.
    await other.start(zoom.teacher.id)
    own = await zoom.panel(zoom.teacher.id, meeting=other)
    assert own.state == "refused"
    assert own.close_code == 4401


async def test_a_cover_grant_lets_a_substitutes_panel_in_until_it_expires(zoom: ZoomClass) -> None:
    sub = zoom.world.add_user("sub@school.example", "Sub Stitute")
    zoom.meeting.settings["alternative_hosts"] = "sub@school.example"
    client = HostClient(zoom.world, zoom.meeting, sub.id)
    shown = zoom.world.context(sub.id, zoom.meeting.panel_instance)
    assert (await client.fetch(f"{zoom.url}/zoom/panel", shown))[0] == 403
    end = time.time() + 1.5
    told = await zoom.order("cover", account=sub.id, name="Sub Stitute", until=end)
    assert told.done is True
    await zoom.meeting.start(sub.id)
    await zoom.until_view(lambda view: view.phase == "open", "an open class")
    panel = await zoom.panel(sub.id)
    await panel.until(lambda page: page.leading)
    await zoom.children("ada")
    await zoom.until(lambda: time.time() > end, "the end of the grant")
    ben = await zoom.child("ben")
    await panel.until(lambda page: page.state == "refused")
    assert panel.close_code == 4401
    await zoom.until_shown(ben, "waiting", standing="proven")
    await zoom.until_calm()
    assert ben.state == "waiting"
    assert (await zoom.panel(sub.id)).state == "refused"


async def test_a_panel_follows_its_humans_role(begin: Begin) -> None:
    zoom = await begin(meeting={"alternative_hosts": "aide@school.example"})
    aide = zoom.world.add_user("aide@school.example", "Ola Aide")
    zoom.write_list(f"aide,Ola Aide,staff,{aide.id},,")
    await zoom.until_view(lambda view: view.roster_people == len(KIDS) + 2, "the new list")
    await zoom.meeting.start()
    helper = await zoom.meeting.start(aide.id)
    panel = await zoom.panel(aide.id)
    await panel.until(lambda page: page.leading)
    helper.role = "attendee"  # the host takes it back by her own hand
    zoom.meeting.changes.notify()
    await panel.until(lambda page: not page.leading)
    ada = await zoom.child("ada")
    await zoom.until_shown(ada, "waiting", standing="proven", do="admit")
    await zoom.until_calm()
    assert ada.state == "waiting"
    zoom.meeting.host_promotes(helper)
    await panel.until(lambda page: page.leading)
    await ada.until("inside")


async def test_a_panel_in_a_breakout_room_tells_nothing_of_the_main_room_and_comes_back_to_work(
    zoom: ZoomClass,
) -> None:
    panel = await zoom.opens()
    await zoom.children("ada")
    panel.enter_breakout()
    await panel.until(lambda page: not page.leading)
    ben = await zoom.child("ben")
    await zoom.until_shown(ben, "waiting", standing="proven", do="admit")
    await zoom.until_calm()
    assert ben.state == "waiting"
    panel.enter_breakout(False)
    await ben.until("inside")


async def test_the_hosts_own_buttons_in_the_panel_do_what_they_say(zoom: ZoomClass) -> None:
    panel = await zoom.opens()
    stranger = await zoom.stranger("Una Known")
    await zoom.until_held(stranger)
    await panel.until(lambda page: page.view and len(page.view["connections"]) == 2)
    answer = await panel.order("admit", handle=zoom.seen(stranger).handle)
    assert (answer["done"], answer["text"]) == (True, "inside")
    assert stranger.state == "inside"
    answer = await panel.order("allow", name="Gustav Guest")
    assert answer["done"] is True
    guest = await zoom.stranger("Gustav Guest", tag="guest")
    await guest.until("inside")
    answer = await panel.order("remove", handle=zoom.seen(stranger).handle)
    assert answer["done"] is True
    assert stranger.state == "out"
    assert zoom.put_out("stranger") == [("removed", By.PANEL)]
