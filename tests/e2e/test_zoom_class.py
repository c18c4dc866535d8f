"""A class on Zoom from its first knock to its end: who is let in, who waits, and what the teacher's own hand means."""

import pytest

from guardian.core.actions import Ask, Close
from guardian.core.identity import Proof
from guardian.world.zoom import By, Face
from tests.support.e2e_zoom import KIDS, Begin, ZoomClass


async def test_nobody_is_let_in_before_the_host_and_who_waited_comes_in_when_she_opens_the_panel(
    zoom: ZoomClass,
) -> None:
    early = await zoom.child("ada")
    assert early.state == "waiting"
    await zoom.until_shown(early, "waiting", standing="proven")
    panel = await zoom.opens()
    await early.until("inside")
    assert zoom.came_in("child:ada") == [By.PANEL]
    assert [c["name"] for c in panel.commands if c["name"] != "read"] == ["admit"]
    await zoom.until_shown(early, "inside", standing="proven", do="stay")


async def test_registrants_signed_in_members_and_signed_in_addresses_come_in_each_by_the_panel_once(
    zoom: ZoomClass,
) -> None:
    mia = zoom.world.add_user("mia@school.example", "Mia Sandoval")
    zoom.write_list(f"mia,Mia Sandoval,pupil,{mia.id},,", "noor,Noor Haddad,pupil,,noor@school.example,")
    noor = zoom.world.add_user("noor@school.example", "Noor Haddad")
    await zoom.until_view(lambda view: view.roster_people == len(KIDS) + 3, "the new list")
    panel = await zoom.opens()
    by_registration = await zoom.children()
    by_account = await zoom.meeting.knock(Face("iPhone", account=mia.id, tag="child:mia"))
    by_address = await zoom.meeting.knock(Face("Noor H", account=noor.id, tag="child:noor"))
    for guest in (by_account, by_address):
        await guest.until("inside")
    await zoom.until_calm()
    assert [zoom.came_in(f"child:{key}") for key in (*KIDS, "mia", "noor")] == [[By.PANEL]] * 6
    assert {Proof.REGISTRANT} <= zoom.seen(by_registration[0]).proofs
    assert [zoom.seen(guest).person for guest in (by_account, by_address)] == ["mia", "noor"]
    assert all(Proof.VERIFIED in zoom.seen(guest).proofs for guest in (by_account, by_address))
    admits = [command["uuid"] for command in panel.commands if command["name"] == "admit"]
    assert len(admits) == len(set(admits)) == 6
    counts = zoom.shown.counts
    assert counts.asked == counts.confirmed == 6


async def test_strangers_wait_and_humans_hear_of_them_once(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada")
    waiting = [
        await zoom.stranger("Zed Quux"),
        # The public form takes any name and any address: that gives a registration which nobody pinned.
        await zoom.stranger(
            KIDS["ben"], registrant=zoom.world.register(zoom.meeting, "Ben", "Okafor", "ben@home.example").id
        ),
        await zoom.stranger(KIDS["cleo"], email="cleo@home.example"),  # no account: an address that somebody typed
        await zoom.stranger("+44 20 7946 0000", phone="442079460000"),
        await zoom.stranger("Otter.ai Notetaker"),
    ]
    for guest in waiting:
        await zoom.until_held(guest)
    await zoom.until_calm()
    assert [guest.state for guest in waiting] == ["waiting"] * len(waiting)
    assert zoom.came_in("stranger") == []
    standings = [zoom.seen(guest).standing for guest in waiting]
    assert standings[:3] == ["none", "weak", "weak"]
    assert standings[3] in {"none", "ambiguous"}  # a caller shows a number, in which nobody's name is to be read
    assert standings[4] == "none"
    assert Proof.CLAIMED in zoom.seen(waiting[2]).proofs
    assert not any({Proof.REGISTRANT, Proof.VERIFIED} & zoom.seen(guest).proofs for guest in waiting)
    assert "note" in zoom.seen(waiting[4]).reason
    assert zoom.world.ledger.of("removed") == []
    for kind in ("stranger_waiting", "needs_decision"):
        assert len([i for i in zoom.shown.incidents if i.kind == kind]) == 1
    assert await zoom.until_mail("wait")


async def test_a_late_child_comes_through_the_lock_and_the_lock_is_soft(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada", "ben")
    told = await zoom.order("lock")
    assert told.done is True
    assert zoom.shown.phase == "locked"
    assert zoom.meeting.locked is False
    assert any("lock" in sentence for sentence in zoom.shown.cannot)
    late = await zoom.child("cleo")
    await late.until("inside")
    stranger = await zoom.stranger(KIDS["dan"])
    await zoom.until_held(stranger)
    assert zoom.came_in("stranger") == []


async def test_when_all_are_in_the_class_is_locked_and_a_second_device_of_a_member_still_comes_in(
    begin: Begin,
) -> None:
    zoom = await begin(config={"policy": {"lock_when_all_in": "true"}})
    mia = zoom.world.add_user("mia@school.example", "Mia Sandoval")
    zoom.write_list(f"mia,Mia Sandoval,pupil,{mia.id},,")
    await zoom.until_view(lambda view: view.roster_people == len(KIDS) + 2, "the new list")
    await zoom.opens()
    await zoom.children()
    first = await zoom.meeting.knock(Face("Mia", account=mia.id, tag="child:mia"))
    await first.until("inside")
    await zoom.until_view(lambda view: view.phase == "locked", "a locked class")
    again = await zoom.meeting.knock(Face("Mia's phone", account=mia.id, tag="child:mia"))
    await again.until("inside")
    assert zoom.came_in("child:mia") == [By.PANEL, By.PANEL]
    assert first.state == "inside"


async def test_the_hosts_own_hand_is_a_word_both_ways(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada")
    guest = await zoom.stranger("Zed Quux")
    await zoom.until_held(guest)
    zoom.meeting.host_admits(guest)
    shown = await zoom.until_shown(guest, "inside", rule="a human admits")
    assert shown.word is not None
    told = await zoom.until_incident("native_admit")
    assert "remove" in told.verbs
    zoom.meeting.host_puts_back(guest)
    shown = await zoom.until_shown(guest, "waiting", do="hold")
    assert shown.word is not None
    await zoom.until_calm()
    assert guest.state == "waiting"
    assert zoom.came_in("stranger") == [By.HOST]
    assert zoom.put_out("stranger") == [("put_back", By.HOST)]


async def test_a_child_put_out_by_the_host_is_held_until_a_human_admits_her(zoom: ZoomClass) -> None:
    await zoom.opens()
    ada, ben = await zoom.children("ada", "ben")
    zoom.meeting.host_puts_back(ada)
    await zoom.until_shown(ada, "waiting", do="hold")
    zoom.meeting.host_removes(ben)
    back = await zoom.child("ben")
    assert back.state == "out"  # Zoom's own ban goes by the address
    assert back.why == "removed before"
    await zoom.until_calm()
    assert ada.state == "waiting"
    told = await zoom.order("admit", handle=zoom.seen(ada).handle)
    assert told.done is True
    assert ada.state == "inside"
    assert zoom.came_in("child:ada") == [By.PANEL, By.PANEL]


async def test_admit_all_is_one_incident_that_lists_the_unproven(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada")
    strangers = [await zoom.stranger(name, tag=f"stranger:{name}") for name in ("Zed Quux", "Ivo Brandt")]
    for guest in strangers:
        await zoom.until_held(guest)
    zoom.meeting.host_admits_all()
    for guest in strangers:
        await zoom.until_shown(guest, "inside", do="stay")
    await zoom.until_calm()
    told = [i for i in zoom.shown.incidents if i.kind in {"native_admit", "native_admit_all"}]
    assert len(told) == 1
    assert {subject.handle for subject in told[0].subjects} == {zoom.seen(guest).handle for guest in strangers}
    assert [guest.state for guest in strangers] == ["inside", "inside"]


@pytest.mark.parametrize("mode", ["enforce", "assist"])
async def test_a_share_by_a_child_is_told_and_nobody_is_put_out_for_it(begin: Begin, mode: str) -> None:
    zoom = await begin(config={"policy": {"mode": f'"{mode}"'}})
    zoom.teacher.settings["in_meeting"]["who_can_share_screen"] = "all"
    await zoom.opens()
    (ada,) = await zoom.children("ada")
    await zoom.until_shown(ada, "inside")
    assert ada.share_on()
    await zoom.until_shown(ada, "inside", sharing=True)
    await zoom.until_incident("sharing")
    ada.share_off()
    await zoom.until_shown(ada, "inside", sharing=False)
    assert zoom.put_out("child:ada") == []


async def test_a_child_made_co_host_is_an_incident_and_a_rename_is_seen_at_the_next_list(zoom: ZoomClass) -> None:
    await zoom.opens()
    ada, ben = await zoom.children("ada", "ben")
    await zoom.until_shown(ben, "inside")
    zoom.meeting.host_promotes(ada)
    await zoom.until_incident("unproven_moderator")
    ben.rename(KIDS["cleo"])
    await zoom.until_shown(ben, "inside", name=KIDS["cleo"])
    told = await zoom.until_incident("renamed")
    assert [subject.person for subject in told.subjects] == ["ben"]
    assert (ada.state, ben.state) == ("inside", "inside")


async def test_a_dropped_child_comes_back_past_her_own_ghost(begin: Begin) -> None:
    zoom = await begin(world={"speed": 60.0})
    mia = zoom.world.add_user("mia@school.example", "Mia Sandoval")
    zoom.write_list(f"mia,Mia Sandoval,pupil,{mia.id},,")
    await zoom.until_view(lambda view: view.roster_people == len(KIDS) + 2, "the new list")
    await zoom.opens()
    first = await zoom.meeting.knock(Face("Mia", account=mia.id, tag="child:mia"))
    (ada,) = await zoom.children("ada")
    await first.until("inside")
    await zoom.until_shown(first, "inside")
    first.drop(after=30.0)  # half a second of ours
    ada.drop(after=30.0)
    again, bare = await zoom.meeting.knock(Face("Mia", account=mia.id, tag="child:mia")), await zoom.child("ada")
    await again.until("inside")
    await bare.until("inside")
    await first.until("out")
    await zoom.until_calm()
    assert zoom.put_out("child:mia") == zoom.put_out("child:ada") == []


async def test_the_class_ends_when_zoom_says_so_and_every_act_has_an_end(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children()
    await zoom.stranger()
    await zoom.meeting.ends()
    await zoom.until(lambda: zoom.view() is None, "an end")
    records = await zoom.records()
    asked = {record.ask for record in records if isinstance(record, Ask)}
    assert len(asked) == len(KIDS)
    assert {record.ask for record in records if isinstance(record, Close)} == asked
    assert await zoom.until_mail("closed")
