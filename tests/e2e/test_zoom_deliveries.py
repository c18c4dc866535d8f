"""Events that come late, twice, out of order or never, by webhook, by socket or by both: the same people come in."""

import pytest

from guardian.core.events import ForeignSelf
from guardian.world.zoom import By, Faults
from tests.support.e2e_zoom import KIDS, Begin, ZoomClass

SOCKET = {"webhook_secrets": None}


async def whole_class(zoom: ZoomClass) -> None:
    """Everybody comes; the children are inside once each, the stranger never."""
    await zoom.opens()
    guests = [await zoom.child(key) for key in KIDS]
    stranger = await zoom.stranger()
    for guest in guests:
        await guest.until("inside", timeout=10.0)
    await zoom.until_held(stranger)
    await zoom.world.drained(20.0)
    await zoom.until_calm()
    for guest in guests:
        await zoom.until_shown(guest, "inside", standing="proven")
    assert [zoom.came_in(f"child:{key}") for key in KIDS] == [[By.PANEL]] * 4
    assert zoom.came_in("stranger") == []
    counts = zoom.shown.counts
    assert (counts.asked, counts.escalated) == (4, 0)
    assert [i.kind for i in zoom.shown.incidents if i.kind.startswith("native")] == []


FAULTS = {
    "late": {"late": 0.7},
    "doubled": {"doubled": 1.0},
    "reordered": {"reordered": 0.6},
    "lost at first": {"attempt_lost": 0.4},
    "all of it": {"late": 0.3, "doubled": 0.3, "reordered": 0.3, "attempt_lost": 0.3},
}


@pytest.mark.parametrize(
    ("faults", "seed"),
    [*((faults, 1) for faults in FAULTS.values()), (FAULTS["all of it"], 2), (FAULTS["all of it"], 3)],
    ids=[*FAULTS, "all of it, again", "all of it, a third time"],
)
async def test_whatever_happens_to_deliveries_the_same_people_come_in(
    begin: Begin, faults: dict[str, float], seed: int
) -> None:
    await whole_class(await begin(faults=Faults(**faults), world={"seed": seed}))  # type: ignore[arg-type]


async def test_a_child_whose_knock_is_told_only_by_the_retry_waits_unseen_and_then_comes_in(begin: Begin) -> None:
    zoom = await begin(faults=Faults(first_attempt_lost={"child:ada"}), world={"speed": 200.0})
    await zoom.opens()
    ada = await zoom.child("ada")
    await zoom.until_shown(ada, "waiting", standing="unseen")
    assert ada.state == "waiting"
    await ada.until("inside")
    assert zoom.came_in("child:ada") == [By.PANEL]


async def test_a_child_of_whom_every_word_is_lost_is_held_and_let_in_by_a_human(begin: Begin) -> None:
    zoom = await begin(faults=Faults(lost={"child:ada"}))
    await zoom.opens()
    ada = await zoom.child("ada")
    shown = await zoom.until_held(ada)
    assert shown.standing == "unseen"
    assert ada.state == "waiting"
    answer = await zoom.order("admit", handle=shown.handle)
    assert (answer.done, ada.state) == (True, "inside")
    await zoom.until_calm()
    assert zoom.put_out("child:ada") == []


async def test_a_child_whose_coming_in_is_never_told_is_still_known_by_the_panel(begin: Begin) -> None:
    lost = {("child:ada", "meeting.participant_joined"), ("child:ada", "meeting.participant_admitted")}
    zoom = await begin(faults=Faults(lost_events=lost), world={"left_waiting_on_admission": True})
    await zoom.opens()
    ada = await zoom.child("ada")
    await ada.until("inside")
    await zoom.until_shown(ada, "inside", standing="proven")
    await zoom.until_calm()
    counts = zoom.shown.counts
    assert (counts.asked, counts.escalated) == (1, 0)


async def test_the_hosts_hand_is_known_by_the_panel_alone_when_the_webhook_is_lost(begin: Begin) -> None:
    zoom = await begin(faults=Faults(lost_events={("child:ada", "meeting.participant_put_in_waiting_room")}))
    await zoom.opens()
    (ada,) = await zoom.children("ada")
    await zoom.until_shown(ada, "inside")
    await zoom.until_calm()
    zoom.meeting.host_puts_back(ada)
    await zoom.until_shown(ada, "waiting", do="hold")
    await zoom.until_calm()
    assert zoom.came_in("child:ada") == [By.PANEL]
    assert zoom.incident("native_put_out") is not None


async def test_a_delivery_of_an_earlier_run_changes_nothing_and_a_restarted_meeting_stays_locked(
    begin: Begin,
) -> None:
    # What is told of the first run's knock comes by the retry, when the second run is under way.
    zoom = await begin(faults=Faults(first_attempt_lost={"child:ada"}), world={"speed": 200.0})
    await zoom.opens()
    await zoom.children("ben")
    ada = await zoom.child("ada")
    assert (await zoom.order("lock")).done is True
    await zoom.meeting.ends()
    await zoom.until(lambda: zoom.view() is None, "an end")
    assert ada.state == "out"
    await zoom.meeting.start()
    await zoom.until_view(lambda view: view.phase == "locked", "a locked class")
    panel = await zoom.panel(zoom.teacher.id)
    await panel.until(lambda page: page.leading)
    before = len(zoom.shown.connections)
    await zoom.world.drained(10.0)
    await zoom.until_calm()
    late = [a for a in zoom.world.courier.attempts if a.tag == "child:ada" and a.number == 2]
    assert [a.status for a in late] == [204]
    assert len(zoom.shown.connections) == before
    assert zoom.shown.phase == "locked"
    again = await zoom.child("cleo")
    await again.until("inside")  # the late door
    by_name = await zoom.stranger(KIDS["dan"])
    await zoom.until_held(by_name)
    assert zoom.came_in("stranger") == []


# --- the event WebSocket ---------------------------------------------------------------------------------------------


async def test_the_socket_alone_carries_a_class(begin: Begin) -> None:
    zoom = await begin(guarded=False)
    zoom.write_config(zoom={**SOCKET, "subscription": f'"{zoom.world.subscription}"'})
    zoom.world.deliver_to("")
    await zoom.guard()
    await zoom.world.stream.until(lambda stream: stream.connected)
    await whole_class(zoom)
    assert zoom.world.courier.attempts == []


async def test_what_was_missed_while_the_socket_was_away_is_told_and_read_afresh(begin: Begin) -> None:
    zoom = await begin(guarded=False)
    zoom.write_config(zoom={**SOCKET, "subscription": f'"{zoom.world.subscription}"'})
    zoom.world.deliver_to("")
    await zoom.guard()
    await zoom.opens()
    await zoom.children("ada")
    zoom.world.enable_socket(False)
    await zoom.world.stream.drop()
    await zoom.until_view(lambda view: not view.link_up, "a lost connection")
    assert not zoom.readiness().ok
    assert zoom.incident("link_lost") is not None
    ben = await zoom.child("ben")
    zoom.world.enable_socket(True)
    await zoom.until_view(lambda view: view.link_up, "a connection")
    await zoom.until_held(ben)
    assert zoom.seen(ben).standing == "unseen"  # the panel has the name, and nothing but the name
    cleo = await zoom.child("cleo")
    await cleo.until("inside")


async def test_both_ways_at_once_do_no_harm(begin: Begin) -> None:
    zoom = await begin(guarded=False)
    zoom.write_config(zoom={"subscription": f'"{zoom.world.subscription}"'})
    await zoom.guard()
    await zoom.world.stream.until(lambda stream: stream.connected)
    before = zoom.world.stream.lost
    await whole_class(zoom)
    assert zoom.world.stream.lost == before
    assert {attempt.status for attempt in zoom.world.courier.attempts} == {204}
    await zoom.world.stream.drop()
    assert zoom.shown.link_up


async def test_a_socket_taken_over_three_times_means_another_guardian_and_this_one_stands_down(begin: Begin) -> None:
    zoom = await begin(guarded=False)
    zoom.write_config(zoom={"subscription": f'"{zoom.world.subscription}"'})
    await zoom.guard()
    await zoom.opens()
    await zoom.children("ada")
    for number in (1, 2, 3):
        await zoom.world.stream.until(lambda stream, number=number: stream.opened == number, timeout=10.0)  # type: ignore[misc]
        await zoom.until(lambda: zoom.world.stream.connected, "a connection")
        await zoom.world.stream.drop()
    await zoom.until_view(lambda view: bool(view.standing_down), "a guardian that stands down")
    await zoom.until_incident("foreign_self")
    ben = await zoom.child("ben")
    await zoom.until_shown(ben, "waiting", standing="proven")
    await zoom.until_calm()
    assert ben.state == "waiting"
    assert any(isinstance(record, ForeignSelf) for record in await zoom.records())
    assert (await zoom.order("resume")).done is True
    await ben.until("inside")
