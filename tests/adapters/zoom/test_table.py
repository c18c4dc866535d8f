"""Which panel acts, what becomes of orders, and that another takes over. Virtual time."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from guardian.adapters.zoom.desk import PanelDesk
from guardian.core.actions import ActKind
from guardian.errors import DeniedError, PermanentError, TemporaryError
from tests.adapters.zoom.panel_page import FakeRoom, Page, context, desk_of
from tests.support.virtual import clock, later, until

pytestmark = pytest.mark.looptime


@pytest.fixture
def room() -> FakeRoom:
    return FakeRoom()


@pytest.fixture
async def desk(room: FakeRoom) -> AsyncIterator[PanelDesk]:
    made = desk_of(room)
    yield made
    made.close()
    await asyncio.sleep(0)


async def _opened(desk: PanelDesk, *, uid: str = "uid-grace", **changed: object) -> Page:
    """A page that is ready and answers what it is asked."""
    page = Page.open(desk, uid=uid)
    page.run()
    page.ready(**changed)
    await until(lambda: page.leads is not None)
    return page


def _started(order: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(order)


async def _ordered(room: FakeRoom, page: Page, name: str = "admit", uuid: str | None = "P-1") -> asyncio.Task[Any]:
    """An order that has reached the page."""
    assert room.hands is not None
    task = _started(room.hands.command(name, uuid))
    count = len(page.commands)
    await until(lambda: len(page.commands) > count)
    return task


# Leading.


async def test_the_first_ready_panel_leads_and_its_lists_are_read_at_once(desk: PanelDesk, room: FakeRoom) -> None:
    page = Page.open(desk)
    page.waiting = [{"uuid": "P-1", "name": "Ada"}]
    page.run()
    assert room.told == []
    page.ready()
    assert room.told == ["Grace Hopper"]
    await until(lambda: room.lists, within=0.1)
    assert [entry.name for entry in room.lists[0].waiting] == ["Ada"]
    assert [frame["type"] for frame in page.got] == ["welcome", "leading", "command"]


async def test_the_second_panel_stands_by_and_leads_as_soon_as_the_first_is_gone(
    desk: PanelDesk, room: FakeRoom
) -> None:
    first = await _opened(desk)
    second = await _opened(desk, uid="uid-alan")
    assert (first.leads, second.leads, room.told) == (True, False, ["Grace Hopper"])
    first.seat.leave()
    assert room.told == ["Grace Hopper", "Alan Turing"]
    await until(lambda: second.leads, within=0.1)


async def test_the_last_panel_gone_is_told_at_once(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    page.seat.leave()
    assert room.told == ["Grace Hopper", None]
    with pytest.raises(DeniedError):
        page.ready()


async def test_a_leader_that_falls_silent_is_relieved_within_three_seconds(desk: PanelDesk, room: FakeRoom) -> None:
    first = await _opened(desk)
    await _opened(desk, uid="uid-alan")
    first.frozen = True
    await until(lambda: room.told[-1] == "Alan Turing", within=3.1)
    assert room.told == ["Grace Hopper", "Alan Turing"]


async def test_a_lone_leader_that_falls_silent_is_told_and_leads_again_once_it_answers(
    desk: PanelDesk, room: FakeRoom
) -> None:
    page = await _opened(desk)
    await later(60)
    assert room.told == ["Grace Hopper"]
    page.frozen = True
    await until(lambda: room.told[-1] is None, within=7.1)
    await later(30)
    page.frozen = False
    await until(lambda: room.told[-1] == "Grace Hopper", within=6)
    assert page.leads


async def test_the_quiet_of_a_meeting_is_no_silence_and_the_lists_are_read_now_and_then(
    desk: PanelDesk, room: FakeRoom
) -> None:
    await _opened(desk)
    await _opened(desk, uid="uid-alan")
    await later(600)
    assert room.told == ["Grace Hopper"]
    assert len(room.lists) > 100


async def test_a_page_that_lives_before_a_client_that_does_not_is_relieved(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    await _opened(desk, uid="uid-alan")
    page.frozen = True
    count = len(page.got)
    await until(lambda: len(page.got) > count)
    page.say("result", id=page.got[-1]["id"], ok=False, code=None, message="timeout")
    assert room.told == ["Grace Hopper", "Alan Turing"]


async def test_a_standby_that_speaks_does_not_put_off_the_leaders_heartbeat(desk: PanelDesk, room: FakeRoom) -> None:
    first = await _opened(desk)
    second = await _opened(desk, uid="uid-alan")
    first.frozen = True
    for _ in range(31):
        second.tell_lists()
        await later(0.1)
    assert room.told == ["Grace Hopper", "Alan Turing"]


async def test_lists_of_a_panel_that_stands_by_are_not_believed(desk: PanelDesk, room: FakeRoom) -> None:
    await _opened(desk)
    second = await _opened(desk, uid="uid-alan")
    second.waiting = [{"uuid": "P-9", "name": "Eve"}]
    second.tell_lists()
    assert all(not found.waiting for found in room.lists)


async def test_a_newer_window_of_the_same_host_replaces_the_older(desk: PanelDesk, room: FakeRoom) -> None:
    old = await _opened(desk)
    new = await _opened(desk)
    assert await old.ended() == 4409
    assert (new.leads, room.told) == (True, ["Grace Hopper", None, "Grace Hopper"])


async def test_a_panel_of_an_earlier_run_gives_way_to_one_of_this_run(desk: PanelDesk, room: FakeRoom) -> None:
    room.instance = "first=="
    stale = Page.open(desk, mid="first==")
    stale.ready()
    room.instance = "second=="
    fresh = Page.open(desk, mid="second==", uid="uid-alan")
    fresh.ready()
    assert room.told == ["Grace Hopper", "Alan Turing"]


async def test_when_we_go_away_the_pages_are_told_to_come_back(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    desk.close()
    assert await page.ended() == 1001
    assert room.hands is None


# Who may lead.


async def test_a_panel_in_a_breakout_room_stands_by_until_it_is_back(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    read = len(room.lists)
    page.main_room = False
    page.tell_lists()
    assert room.told == ["Grace Hopper", None]
    await later(12)
    assert len(room.lists) == read
    page.main_room = True
    await until(lambda: room.told[-1] == "Grace Hopper", within=6)


async def test_the_code_for_a_breakout_room_hands_over_too(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    await _opened(desk, uid="uid-alan")
    order = await _ordered(room, page, "waiting_room_on", None)
    page.result(ok=False, code="10236", message="in a breakout room")
    with pytest.raises(TemporaryError, match="breakout"):
        await order
    assert room.told[-1] == "Alan Turing"


@pytest.mark.parametrize("where", ["inMainClient", "inWebinar", ""])
async def test_a_page_outside_a_meeting_gets_no_orders(desk: PanelDesk, room: FakeRoom, where: str) -> None:
    page = await _opened(desk, context=where)
    assert (page.leads, room.told) == (False, [])


async def test_who_is_no_more_a_host_stands_by_at_once_and_leads_again_only_with_proof(
    desk: PanelDesk, room: FakeRoom
) -> None:
    page = await _opened(desk)
    page.ready(role="participant")
    assert room.told == ["Grace Hopper", None]
    await until(lambda: page.got[-1] == {"type": "refresh_context"} or page.got[-2] == {"type": "refresh_context"})
    page.say("context", context=context(clock(), attendrole="participant"))
    page.ready(role="host")
    assert room.told == ["Grace Hopper", None]
    page.say("context", context=context(clock(), attendrole="co-host"))
    assert room.told == ["Grace Hopper", None, "Grace Hopper"]


@pytest.mark.parametrize(
    "changed", [{"uid": "uid-alan"}, {"mid": "other=="}, {"aud": "another"}, {"typ": "panel"}, {"exp": 1}, {"iss": "x"}]
)
async def test_a_new_context_of_somebody_or_something_else_ends_the_seat(
    desk: PanelDesk, room: FakeRoom, changed: dict[str, object]
) -> None:
    page = await _opened(desk)
    with pytest.raises(DeniedError):
        page.say("context", context=context(clock(), **changed))
    assert await page.ended() == 4401
    assert room.hands is None


async def test_a_substitute_whose_time_is_over_loses_the_seat_without_saying_a_word(
    desk: PanelDesk, room: FakeRoom
) -> None:
    page = await _opened(desk)
    hands = room.hands
    assert hands is not None
    del room.hosts["uid-grace"]
    with pytest.raises(TemporaryError, match="nothing was sent"):
        await hands.command("admit", "P-1")
    assert await page.ended() == 4401
    assert room.hands is None


async def test_a_number_that_shows_another_meeting_ends_the_seat(desk: PanelDesk, room: FakeRoom) -> None:
    room.instance = ""
    page = Page.open(desk)
    page.run()
    with pytest.raises(DeniedError, match="another meeting"):
        page.ready(number="70000000000")
    assert await page.ended() == 4401


async def test_while_neither_run_nor_number_is_known_nobody_leads(desk: PanelDesk, room: FakeRoom) -> None:
    room.instance = ""
    page = await _opened(desk, number=None)
    assert room.told == []
    page.ready()
    assert room.told == ["Grace Hopper"]


async def test_a_meeting_that_is_guarded_no_more_ends_its_seats() -> None:
    rooms = [FakeRoom()]
    desk = PanelDesk("exClient", "ExampleClientSecret0123456789", "https://p.example.org", lambda: rooms, clock)
    page = await _opened(desk)
    rooms.clear()
    with pytest.raises(DeniedError):
        page.tell_lists()
    assert await page.ended() == 4401


@pytest.mark.parametrize("frame", [{}, {"type": "hello", "token": "t"}, {"type": "list", "waiting": 7, "inside": []}])
async def test_a_message_that_was_not_agreed_on_ends_the_seat(
    desk: PanelDesk, room: FakeRoom, frame: dict[str, object]
) -> None:
    page = await _opened(desk)
    with pytest.raises(DeniedError):
        page.seat.receive(frame)
    assert await page.ended() == 4400
    assert room.hands is None


async def test_a_page_that_reads_nothing_does_not_pile_up_messages(desk: PanelDesk, room: FakeRoom) -> None:
    page = Page.open(desk)
    for _ in range(2000):
        if page.seat.close_code == 1000:
            page.ready(role="co-host")
    assert page.seat.close_code == 1001
    assert room.hands is None
    assert await page.seat.next() is None


# What a client can do.


async def test_a_mobile_client_leads_only_until_a_desktop_client_comes(desk: PanelDesk, room: FakeRoom) -> None:
    await _opened(desk, product="mobile")
    assert room.hands is not None
    assert room.hands.can == {ActKind.REMOVE}
    assert "mobile" in room.hands.notes[0]
    await _opened(desk, uid="uid-alan")
    assert room.told == ["Grace Hopper", "Alan Turing"]
    assert room.hands.can == {ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.LOBBY_ON}
    assert (room.hands.version, room.hands.product, room.hands.unsupported) == ("6.4.5.1", "desktop", frozenset())


async def test_a_leader_that_can_do_less_than_before_is_told_again(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    page.ready()
    assert room.told == ["Grace Hopper"]
    page.ready(unsupported=["removeParticipant"])
    assert room.told == ["Grace Hopper", "Grace Hopper"]
    assert room.hands is not None
    assert ActKind.REMOVE not in room.hands.can


# Orders.


async def test_an_order_goes_out_once_with_its_deadline_and_ends_with_its_result(
    desk: PanelDesk, room: FakeRoom
) -> None:
    page = await _opened(desk)
    order = await _ordered(room, page)
    page.result(ok=True)
    page.result(ok=False, code="10240")
    await order
    frame = page.commands[0]
    assert (frame["name"], frame["uuid"], frame["within_ms"], len(page.commands)) == ("admit", "P-1", 3000, 1)


@pytest.mark.parametrize("code", ["10234", 10237, "10238"])
async def test_what_was_so_already_counts_as_done(desk: PanelDesk, room: FakeRoom, code: object) -> None:
    page = await _opened(desk)
    order = await _ordered(room, page)
    page.result(ok=False, code=code, message="already")
    await order
    assert order.done()


@pytest.mark.parametrize("code", ["10239", "10240", "10235", "10233", "77"])
async def test_what_the_client_refuses_is_final(desk: PanelDesk, room: FakeRoom, code: str) -> None:
    page = await _opened(desk)
    order = await _ordered(room, page, "put_back")
    page.result(ok=False, code=code)
    with pytest.raises(PermanentError, match=code):
        await order


async def test_an_order_without_an_answer_is_given_up_in_time_and_never_sent_again(
    desk: PanelDesk, room: FakeRoom
) -> None:
    page = await _opened(desk)
    order = await _ordered(room, page)
    page.tell_lists()
    begun = asyncio.get_running_loop().time()
    with pytest.raises(TemporaryError, match="unknown"):
        await order
    assert asyncio.get_running_loop().time() - begun <= 3.1
    page.result(ok=True)
    await later(30)
    assert (len(page.commands), room.told) == (1, ["Grace Hopper"])


async def test_an_unknown_outcome_in_the_client_is_told_as_such(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    order = await _ordered(room, page)
    page.result(ok=False, code=None, message="timeout")
    with pytest.raises(TemporaryError, match="unknown"):
        await order


async def test_an_order_to_a_panel_that_vanished_is_not_sent_to_the_next_one(desk: PanelDesk, room: FakeRoom) -> None:
    first = await _opened(desk)
    second = await _opened(desk, uid="uid-alan")
    order = await _ordered(room, first)
    first.seat.leave()
    with pytest.raises(TemporaryError, match="went away"):
        await order
    await later(30)
    assert (second.leads, second.commands) == (True, [])


async def test_an_order_that_had_not_left_yet_is_taken_back_at_the_hand_over(desk: PanelDesk, room: FakeRoom) -> None:
    first = Page.open(desk)
    first.ready()
    second = await _opened(desk, uid="uid-alan")
    assert room.hands is not None
    order = _started(room.hands.command("admit", "P-1"))
    await asyncio.sleep(0)
    first.main_room = False
    first.tell_lists()
    first.run()
    with pytest.raises(TemporaryError):
        await order
    assert (first.commands, second.commands) == ([], [])


async def test_an_order_that_was_given_up_does_not_leave_later(desk: PanelDesk, room: FakeRoom) -> None:
    page = Page.open(desk)
    page.ready()
    assert room.hands is not None
    with pytest.raises(TemporaryError):
        await room.hands.command("admit", "P-1", timeout=0.5)
    page.run()
    await until(lambda: page.leads)
    assert page.commands == []


async def test_hands_that_lead_no_more_send_nothing(desk: PanelDesk, room: FakeRoom) -> None:
    first = await _opened(desk)
    hands = room.hands
    assert hands is not None
    await _opened(desk, uid="uid-alan")
    first.main_room = False
    first.tell_lists()
    with pytest.raises(TemporaryError, match="nothing was sent"):
        await hands.command("admit", "P-1")
    assert first.commands == []


async def test_sixty_orders_at_once_each_get_their_own_answer(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    assert room.hands is not None
    orders = [_started(room.hands.command("admit", f"P-{count}")) for count in range(60)]
    await until(lambda: len(page.commands) == 60)
    for frame in reversed(page.commands):
        refused = frame["uuid"] == "P-7"
        page.say("result", id=frame["id"], ok=not refused, code="10240" if refused else None)
    ended = await asyncio.gather(*orders, return_exceptions=True)
    assert [isinstance(one, PermanentError) for one in ended] == [count == 7 for count in range(60)]
    assert len({frame["id"] for frame in page.commands}) == 60


async def test_no_id_comes_again_after_a_restart(room: FakeRoom) -> None:
    ids = set()
    for _ in range(2):
        page = await _opened(desk_of(room))
        order = await _ordered(room, page)
        page.result(ok=True)
        await order
        ids.add(page.commands[0]["id"])
    assert len(ids) == 2


async def test_lists_can_be_read_when_they_are_wanted(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    await until(lambda: room.lists)
    told = len(room.lists)
    page.inside = [{"uuid": "P-2", "name": "Grace", "role": "host"}]
    assert room.hands is not None
    found = await room.hands.read()
    assert [entry.role for entry in found.inside] == ["host"]
    assert len(room.lists) == told


async def test_lists_that_come_too_late_for_the_reader_are_passed_on(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    await until(lambda: room.lists)
    page.frozen = True
    assert room.hands is not None
    reading = _started(room.hands.read(timeout=0.2))
    with pytest.raises(TemporaryError):
        await reading
    assert room.told == ["Grace Hopper"]
    told = len(room.lists)
    page.tell_lists(page.got[-1]["id"])
    assert len(room.lists) == told + 1


async def test_an_order_that_meets_utter_silence_hands_over(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    await later(0.5)
    page.frozen = True
    order = await _ordered(room, page)
    with pytest.raises(TemporaryError, match="in time"):
        await order
    assert room.told == ["Grace Hopper", None]


async def test_a_reading_that_fails_says_why(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    await until(lambda: room.lists)
    page.frozen = True
    assert room.hands is not None
    reading = _started(room.hands.read())
    count = len(page.got)
    await until(lambda: len(page.got) > count)
    page.say("result", id=page.got[-1]["id"], ok=False, code="10240")
    with pytest.raises(PermanentError, match="no waiting room"):
        await reading


async def test_a_reading_in_a_breakout_room_is_none_of_the_meeting(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    page.main_room = False
    assert room.hands is not None
    with pytest.raises(TemporaryError, match="breakout"):
        await room.hands.read()
    assert room.hands is None


async def test_a_cancelled_order_leaves_nothing_behind(desk: PanelDesk, room: FakeRoom) -> None:
    page = await _opened(desk)
    order = await _ordered(room, page)
    order.cancel()
    with pytest.raises(asyncio.CancelledError):
        await order
    page.result(ok=True)
    page.seat.leave()
    assert room.hands is None
