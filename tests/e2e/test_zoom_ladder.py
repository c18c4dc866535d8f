"""Putting somebody out: step by step when Zoom says "ok" and does nothing, and never further than is right."""

from guardian.core.actions import ActKind, Ask
from guardian.world.zoom import By, Face, Guest
from tests.support.e2e_zoom import KIDS, Begin, ZoomClass


async def asked(zoom: ZoomClass, guest: Guest) -> list[ActKind]:
    """What was asked for, about this guest, in order."""
    handles = {guest.uuid, guest.panel_uuid}
    return [r.act.kind for r in await zoom.records() if isinstance(r, Ask) and r.act.handle in handles]


async def walks_in(zoom: ZoomClass, **face: str) -> Guest:
    """A stranger is inside whom nobody let in: for a moment there was no waiting room."""
    zoom.meeting.waiting_room = False
    guest = await zoom.stranger(**face)
    zoom.meeting.waiting_room = True
    zoom.meeting.changes.notify()
    assert guest.how == By.OPEN
    return guest


async def test_a_stranger_inside_is_put_back_first_and_waits_from_then_on(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada")
    guest = await walks_in(zoom)
    await guest.until("waiting")
    await zoom.until_calm()
    assert zoom.put_out("stranger") == [("put_back", By.PANEL)]
    assert await asked(zoom, guest) == [ActKind.PUT_BACK]
    assert await zoom.until_mail("stranger")
    assert zoom.came_in("stranger") == [By.OPEN]


async def test_what_has_no_effect_is_followed_by_the_next_step_until_the_server_removes_them(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada")
    zoom.world.faults.no_effect |= {"panel:put_back": 9, "panel:remove": 9}
    guest = await walks_in(zoom)
    await guest.until("out", timeout=20.0)
    await zoom.until_calm()
    assert zoom.put_out("stranger") == [("removed", By.REST)]
    assert await asked(zoom, guest) == [ActKind.PUT_BACK, ActKind.REMOVE, ActKind.EXPEL]
    counts = zoom.shown.counts
    assert (counts.confirmed, counts.escalated) == (2, 2)
    assert zoom.put_out("child:ada") == []


async def test_when_every_step_fails_a_human_is_paged_and_the_stranger_stays_named(zoom: ZoomClass) -> None:
    panel = await zoom.opens()
    await zoom.children("ada")
    panel.native.unsupported |= {"putParticipantToWaitingRoom", "removeParticipant"}
    zoom.world.faults.trip(500, 99, path="live_meetings")
    guest = await walks_in(zoom)
    await zoom.until_incident("act_failed")
    await zoom.until(lambda: zoom.shown.counts.escalated >= 3, "the ladder's end", within=20.0)
    mail = await zoom.until_mail("could not do it")
    assert mail["X-Priority"] or mail["Importance"]
    assert guest.state == "inside"
    inside = await zoom.until_incident("stranger_inside")
    assert [subject.handle for subject in inside.subjects] == [zoom.seen(guest).handle]


async def test_in_assist_a_stranger_inside_is_asked_about_and_stays(begin: Begin) -> None:
    zoom = await begin(config={"policy": {"mode": '"assist"'}})
    await zoom.opens()
    guest = await walks_in(zoom)
    told = await zoom.until_incident("stranger_inside")
    assert "remove" in told.verbs
    await zoom.until_calm()
    assert guest.state == "inside"
    answer = await zoom.order("remove", handle=zoom.seen(guest).handle)
    assert answer.done is True
    assert zoom.put_out("stranger") == [("removed", By.PANEL)]


async def test_a_stranger_on_a_childs_link_is_only_put_back_even_when_that_has_no_effect(zoom: ZoomClass) -> None:
    """Zoom's ban goes by the address, and that would be the child's."""
    await zoom.opens()
    (ada,) = await zoom.children("ada")
    guest = await walks_in(zoom, name=KIDS["ada"], registrant=zoom.registered["ada"].id)
    await zoom.until_incident("second_claim")
    await zoom.until_shown(guest, "inside")
    assert zoom.put_out("stranger") == []  # the machine puts nobody out for being claimed twice
    zoom.world.faults.no_effect["panel:put_back"] = 1
    answer = await zoom.order("remove", handle=zoom.seen(guest).handle)
    await guest.until("waiting", timeout=20.0)
    await zoom.until_calm()
    assert answer.done is not False
    assert zoom.put_out("stranger") == [("put_back", By.PANEL)]
    assert set(await asked(zoom, guest)) == {ActKind.PUT_BACK}
    assert zoom.meeting.banned == set()
    assert ada.state == "inside"


async def test_undo_of_a_removal_tells_of_zooms_own_ban(zoom: ZoomClass) -> None:
    await zoom.opens()
    eve = zoom.world.add_user("eve@school.example", "Eve Adder")
    guest = await zoom.meeting.knock(Face("Eve Adder", account=eve.id, tag="stranger"))
    await zoom.until_held(guest)
    assert (await zoom.order("admit", handle=zoom.seen(guest).handle)).done is True
    assert (await zoom.order("remove", handle=zoom.seen(guest).handle)).done is True
    assert guest.state == "out"
    told = await zoom.order("undo")
    assert told.done is True
    assert "Allow removed participants to rejoin" in told.text
    again = await zoom.meeting.knock(Face("Eve Adder", account=eve.id, tag="stranger"))
    assert again.why == "removed before"


async def test_the_brake_keeps_a_host_of_unproven_people_and_puts_strangers_out_one_by_one(begin: Begin) -> None:
    zoom = await begin(config={"policy": {"brake_per_minute": "2", "brake_share": "1"}})
    await zoom.opens()
    await zoom.children("ada", "ben")
    guests = [await walks_in(zoom, name=name) for name in ("Zed Quux", "Ivo Brandt", "Uwe Stolz", "Kim Park")]
    await zoom.until_incident("brake")
    await zoom.until_calm()
    assert len(zoom.world.ledger.of("put_back")) == 2
    assert sum(guest.state == "inside" for guest in guests) == 2
    assert zoom.put_out("child:ada") == zoom.put_out("child:ben") == []
    zoom.world.ledger.entries.clear()
    told = await zoom.order("panic")
    assert told.done is True
    assert {e.tag for e in zoom.world.ledger.of("put_back")} == {"stranger"}
    assert all(guest.state == "waiting" for guest in guests)
