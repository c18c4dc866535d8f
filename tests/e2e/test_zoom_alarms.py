"""A published link, a panic: what humans are told, and what one tap does."""

from guardian.world.zoom import By
from tests.support.e2e_zoom import KIDS, Begin, ZoomClass


async def test_a_published_link_outside_class_is_a_mail_and_one_verb_makes_it_worthless(begin: Begin) -> None:
    zoom = await begin(guarded=False)
    zoom.write_config(began=-7200.0)  # the class begins in two hours
    await zoom.guard_before_class()
    old = zoom.meeting.passcode
    zoom.meeting.risk_alert("twitter")
    mail = await zoom.until_mail("link")
    assert "twitter" in str(mail.get_body(("plain",)))
    told = await zoom.until_incident("public_link")
    assert "rotate" in told.verbs
    answer = await zoom.order("rotate")
    assert answer.done is True
    assert "passcode" in answer.text
    assert zoom.meeting.passcode != old
    assert [entry.by for entry in zoom.world.ledger.of("passcode")] == [By.REST]
    stranger = await zoom.stranger(passcode=old)
    assert (stranger.state, stranger.why) == ("out", "wrong passcode")


async def test_a_passcode_that_zoom_does_not_change_is_not_reported_as_changed(begin: Begin) -> None:
    zoom = await begin()
    zoom.world.faults.trip(500, 99, path="/meetings/", method="PATCH")
    old = zoom.meeting.passcode
    answer = await zoom.order("rotate")
    assert answer.done is not True
    assert zoom.meeting.passcode == old


async def test_panic_puts_everybody_unproven_back_and_resume_lets_those_in_who_qualify(zoom: ZoomClass) -> None:
    panel = await zoom.opens()
    await zoom.children("ada", "ben")
    guest = await zoom.stranger("Una Known")
    await zoom.until_held(guest)
    assert (await panel.order("admit", handle=zoom.seen(guest).handle))["done"] is True
    assert guest.state == "inside"
    answer = await panel.order("panic", timeout=10.0)
    assert answer["done"] is True, answer
    assert guest.state == "waiting"
    assert zoom.shown.panic
    assert zoom.shown.phase == "locked"
    assert zoom.put_out("child:ada") == zoom.put_out("child:ben") == []
    assert await zoom.until_mail("anic")
    late = await zoom.child("cleo")
    await zoom.until_shown(late, "inside")
    answer = await panel.order("resume", timeout=10.0)
    assert answer["done"] is True
    await guest.until("inside")
    assert zoom.came_in("stranger") == [By.PANEL, By.PANEL]
    assert not zoom.shown.panic


async def test_panic_without_a_panel_says_what_it_could_not_do_and_removes_strangers_by_the_server(
    begin: Begin,
) -> None:
    zoom = await begin(meeting={"waiting_room": False}, config={"policy": {"mode": '"assist"'}})
    await zoom.meeting.start()
    ada = await zoom.child("ada")
    stranger = await zoom.stranger()
    by_name = await zoom.stranger(KIDS["ben"], tag="name only")
    for guest in (ada, stranger, by_name):
        await zoom.until_shown(guest, "inside")
    answer = await zoom.order("panic")
    await stranger.until("out")
    await by_name.until("out")
    assert answer.done is False
    assert "no companion panel" in answer.text
    assert zoom.put_out("stranger") == zoom.put_out("name only") == [("removed", By.REST)]
    assert ada.state == "inside"


async def test_end_ends_it_for_all(zoom: ZoomClass) -> None:
    await zoom.opens()
    await zoom.children("ada")
    answer = await zoom.order("end")
    assert answer.done is True
    assert zoom.world.ledger.of("ended")[0].by == By.REST
    await zoom.until(lambda: zoom.view() is None, "an end")
