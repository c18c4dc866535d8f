"""Hostile requests to a running guardian: forged, stale, oversized, cut short, replayed; and panels of nobody's."""

import base64
import time
from collections.abc import Awaitable, Callable

import pytest

from guardian.web.hooks import LARGEST_DELIVERY
from guardian.world.zoom.courier import Parcel
from tests.support.e2e_zoom import Begin, ZoomClass

Send = Callable[[ZoomClass, bytes], Awaitable[int]]


async def picture(zoom: ZoomClass) -> tuple[object, ...]:
    """All that a believed request would change: what people see, what is written, what was done."""
    await zoom.until_calm()
    view = zoom.shown
    people = [(c.handle, c.place, c.standing, c.do) for c in view.connections]
    decided = [row.seq for row in await zoom.rows() if row.kind == "decision"]
    done = [(e.what, e.tag, e.by) for e in zoom.world.ledger.entries]
    return view.phase, people, view.counts, [(i.kind, i.revision) for i in view.incidents], decided, done


HOSTILE: dict[str, tuple[int, Send]] = {
    "forged": (401, lambda zoom, body: zoom.post(body, secret="not the secret at all")),
    "unsigned": (401, lambda zoom, body: zoom.post(body, signature="")),
    "with a signature of another version": (401, lambda zoom, body: zoom.post(body, signature="v1=" + "0" * 64)),
    "stale": (401, lambda zoom, body: zoom.post(body, age=600)),
    "from the future": (401, lambda zoom, body: zoom.post(body, age=-600)),
    "oversized": (413, lambda zoom, body: zoom.post(body + b" " * LARGEST_DELIVERY)),
    "truncated": (400, lambda zoom, body: zoom.post(body[: len(body) // 2])),
    "of another type": (400, lambda zoom, body: zoom.post(body, kind="text/plain")),
    "of no meaning": (400, lambda zoom, body: zoom.post(b"[" * 50_000)),
    "without a byte": (400, lambda zoom, body: zoom.post(b"")),
}


@pytest.mark.parametrize(("status", "send"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_request_is_refused_and_nothing_is_decided_from_it(
    zoom: ZoomClass, status: int, send: Send
) -> None:
    await zoom.opens()
    await zoom.children("ada")
    before = await picture(zoom)
    assert await send(zoom, zoom.knock_body("ben")) == status
    assert await send(zoom, zoom.ended_body()) == status
    assert await picture(zoom) == before
    assert [attempt.status for attempt in zoom.world.courier.attempts if attempt.status != 204] == []


async def test_what_was_delivered_once_is_taken_again_byte_by_byte_and_changes_nothing(zoom: ZoomClass) -> None:
    await zoom.opens()
    (ada,) = await zoom.children("ada")
    await zoom.until_shown(ada, "inside")
    zoom.meeting.host_puts_back(ada)
    await zoom.until_shown(ada, "waiting", do="hold")
    last = zoom.world.courier.last
    assert last is not None
    before = await picture(zoom)
    deliveries = [row.key for row in await zoom.rows() if row.key]
    for _ in range(3):
        assert await zoom.world.replay() == 204
    assert await picture(zoom) == before
    assert [row.key for row in await zoom.rows() if row.key] == deliveries
    # With another body under the same signature it is a forgery.
    assert await zoom.world.courier.carry(Parcel(last.body.replace(b"Ada", b"Eve"), last.headers)) == 401


async def test_a_delivery_of_another_meeting_or_of_no_use_is_taken_and_changes_nothing(zoom: ZoomClass) -> None:
    await zoom.opens()
    before = await picture(zoom)
    assert await zoom.post(zoom.knock_body("ben").replace(b"81234567890", b"89999999999")) == 204
    assert await zoom.post(b'{"event":"user.created","event_ts":1,"payload":{"account_id":"a","object":{}}}') == 204
    zoom.meeting.quality_alert()
    assert await picture(zoom) == before


async def test_stale_requests_wake_a_reading_and_the_third_is_told(begin: Begin) -> None:
    zoom = await begin(world={"plan": "business"}, config={"guardian": {"reconcile_every": "600"}})
    await zoom.meeting.start()
    await zoom.until_view(lambda view: view.phase == "open", "an open class")
    for number in (1, 2):
        before = len(readings(zoom))
        assert await zoom.world.stale(600.0) == 401
        await zoom.until(lambda before=before: len(readings(zoom)) > before, "a reading")  # type: ignore[misc]
        assert zoom.incident("stale_deliveries") is None, number
    assert await zoom.world.stale(600.0) == 401
    told = await zoom.until_incident("stale_deliveries")
    assert "clock" in told.detail
    assert await zoom.until_mail("too late")


def readings(zoom: ZoomClass) -> list[object]:
    """What was asked of Zoom about who is inside."""
    return [call for call in zoom.world.calls if "/metrics/" in call.path]


async def test_while_the_secret_is_changed_both_hold_and_afterwards_only_the_new_one(begin: Begin) -> None:
    zoom = await begin(guarded=False)
    new = "a-new-secret-token-0123456789"
    (zoom.folder / "new").write_text(new)
    zoom.write_config(zoom={"webhook_secrets": '[{ file = "hook" }, { file = "new" }]'})
    await zoom.guard()
    assert await zoom.world.validate()
    await zoom.opens()
    ada = await zoom.child("ada")
    await ada.until("inside")
    old = zoom.world.webhook_secret
    zoom.world.rotate_webhook_secret(new)
    assert await zoom.world.validate()
    ben = await zoom.child("ben")
    await ben.until("inside")
    await zoom.stop()
    zoom.write_config(zoom={"webhook_secrets": '[{ file = "new" }]'})
    await zoom.guard()
    assert await zoom.post(zoom.ended_body(), secret=old) == 401
    assert await zoom.world.validate()
    assert {attempt.status for attempt in zoom.world.courier.attempts if attempt.status > 0} == {204}


async def test_without_a_journal_nothing_is_taken_and_the_later_retry_is(begin: Begin) -> None:
    zoom = await begin(world={"speed": 75.0})  # the first retry comes after 4 s, the journal is tried every 3 s
    await zoom.opens()
    await zoom.children("ada")
    assert zoom.journal is not None
    zoom.journal.away = True
    ben = await zoom.child("ben")
    await zoom.world.courier.until(lambda attempts: any(a.tag == "child:ben" for a in attempts))
    assert [a.status for a in zoom.world.courier.attempts if a.tag == "child:ben"] == [503]
    await zoom.until_view(lambda view: not view.journal_up, "a journal that is gone")
    assert not zoom.readiness().ok
    assert ben.state == "waiting"
    assert zoom.incident("journal_lost") is not None
    zoom.journal.away = False
    await ben.until("inside", timeout=10.0)
    await zoom.world.drained(10.0)
    knocks = [a for a in zoom.world.courier.attempts if a.tag == "child:ben" and a.event.endswith("waiting_room")]
    assert [a.status for a in knocks] == [503, 204]
    assert zoom.came_in("child:ben") == ["panel command"]


# --- panels ----------------------------------------------------------------------------------------------------------


def cut_tag(zoom: ZoomClass) -> str:
    """A right context whose tag has its first 4 bytes only: GCM would take it, and that can be guessed."""
    text = zoom.world.context(zoom.teacher.id, zoom.meeting.panel_instance)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return base64.urlsafe_b64encode(raw[:-12]).decode().rstrip("=")


CONTEXTS: dict[str, Callable[[ZoomClass], str]] = {
    "no context": lambda zoom: "",
    "an expired one": lambda zoom: zoom.world.context(
        zoom.teacher.id, zoom.meeting.panel_instance, exp=int(time.time() * 1000) - 60_000
    ),
    "one of another app": lambda zoom: zoom.world.context(
        zoom.teacher.id, zoom.meeting.panel_instance, aud="another-app"
    ),
    "one of a stranger's account": lambda zoom: zoom.world.context("a-strange-uid", zoom.meeting.panel_instance),
    "one of a guest": lambda zoom: zoom.world.context(None, zoom.meeting.panel_instance),
    "one of an attendee": lambda zoom: zoom.world.context(
        zoom.teacher.id, zoom.meeting.panel_instance, role="attendee"
    ),
    "one of the main window": lambda zoom: zoom.world.context(zoom.teacher.id, None, typ="panel"),
    "one with a tag of 4 bytes": cut_tag,
    "nonsense": lambda zoom: "AAAA" * 40,
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
async def test_a_panel_that_proves_nothing_is_refused(zoom: ZoomClass, context: Callable[[ZoomClass], str]) -> None:
    panel = await zoom.opens()
    status, text = await panel.fetch(f"{zoom.url}/zoom/panel", context(zoom))
    assert status == 403
    assert "guardian-token" not in text
    assert (await panel.fetch(f"{zoom.url}/zoom/panel"))[0] == 200
