"""The port ``Platform`` on Zoom: which road each act takes, what is told, and what happens when a road is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import pytest

from guardian.adapters.zoom.desk import Hands
from guardian.adapters.zoom.platform import BAN, NO_PANEL, ZoomMeeting
from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_events import Delivery, Kind, Who
from guardian.adapters.zoom.wire_panel import Entry, PanelList
from guardian.core.actions import Act, ActKind
from guardian.core.events import Event, LinkChanged, MeetingEnded, Seen, Snapshot, Warned
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.incidents import IncidentKind
from guardian.errors import LoginRefusedError, NotSupportedError, PlatformError, TemporaryError
from guardian.ports import Outcome

T = 1_795_251_600.0
NUMBER = "81234567890"
HANDS = frozenset({ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.LOBBY_ON})


@dataclass
class Panel:
    """A leading panel: does what it is told, and shows what it is given."""

    shows: PanelList = field(default_factory=lambda: PanelList((), (), waiting_room=True, main_room=True))
    can: frozenset[ActKind] = HANDS
    notes: tuple[str, ...] = ()
    sees_waiting: bool = True
    done: list[tuple[str, str | None]] = field(default_factory=list)
    trouble: PlatformError | None = None
    reads: int = 0

    async def command(self, name: str, uuid: str | None = None, *, timeout: float = 3.0) -> None:
        if self.trouble:
            raise self.trouble
        self.done.append((name, uuid))

    async def read(self, timeout: float = 3.0) -> PanelList:
        self.reads += 1
        if self.trouble:
            raise self.trouble
        return self.shows


@dataclass
class Server:
    """Zoom's REST, as far as a meeting uses it."""

    refusals: list[PlatformError] = field(default_factory=list)
    done: list[tuple[str, ...]] = field(default_factory=list)

    async def login(self) -> frozenset[str]:
        if self.refusals:
            raise self.refusals.pop(0)
        return frozenset()

    async def end(self, number: str) -> None:
        self.done.append(("end", number))

    async def rotate(self, number: str) -> None:
        self.done.append(("rotate", number))

    async def remove(self, number: str, uuid: str) -> None:
        self.done.append(("remove", number, uuid))

    async def participants(self, instance: str) -> Sequence[object]:
        raise NotSupportedError("this plan has no dashboard")


@dataclass
class Stage:
    """One meeting with everything round it. ``told`` is what the guard heard."""

    meeting: ZoomMeeting
    server: Server
    told: list[Event] = field(default_factory=list)
    delivered: list[tuple[tuple[Event, ...], str, str]] = field(default_factory=list)
    woken: int = 0
    now: float = T

    async def deliver(self, events: Sequence[Event], key: str, instance: str) -> None:
        self.delivered.append((tuple(events), key, instance))

    def wake(self) -> None:
        self.woken += 1

    def hands(self, panel: Panel | None) -> None:
        self.meeting.hands_changed(cast("Hands | None", panel))

    def links(self) -> list[LinkChanged]:
        return [event for event in self.told if isinstance(event, LinkChanged)]


def stage(*refusals: PlatformError) -> Stage:
    server = Server(list(refusals))

    async def no_sleep(_: float) -> None:
        await asyncio.sleep(0)

    made = Stage(
        ZoomMeeting("robotics", "Robotics", NUMBER, cast("ZoomRest", server), clock=lambda: made.now, sleep=no_sleep),
        server,
    )
    made.meeting.deliver, made.meeting.wake = made.deliver, made.wake
    return made


@asynccontextmanager
async def running(staged: Stage) -> AsyncIterator[None]:
    up = asyncio.Event()
    task = asyncio.create_task(staged.meeting.run(staged.told.append, up.set))
    try:
        async with asyncio.timeout(5):
            await up.wait()
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def knock(uuid: str = "W-1", name: str = "Ada", kind: Kind = Kind.WAITING, at: float = T) -> Delivery:
    who = Who(uuid, f"u-{uuid}", name, Evidence(name=name, registrant="R-1"))
    return Delivery("meeting.x", NUMBER, "run-1", f"{kind}:{uuid}:{at}", at, kind, who, "HOST", None, "")


async def test_without_a_panel_only_the_server_can_act_and_it_is_said() -> None:
    staged = stage()
    can = staged.meeting.capabilities
    assert can.can == {ActKind.EXPEL, ActKind.END, ActKind.ROTATE}
    assert can.no_hands == NO_PANEL
    assert can.bans_by_address
    assert can.undo_note == BAN
    assert not can.snapshot_carries_identity


async def test_a_panel_that_opens_or_closes_is_told_with_what_can_be_done_now() -> None:
    staged = stage()
    async with running(staged):
        staged.hands(Panel())
        staged.hands(None)
    able = [link.capabilities for link in staged.links()]
    assert [bool(found and ActKind.ADMIT in found.can) for found in able] == [False, True, False]
    assert all(link.up for link in staged.links()), "a closed panel is no lost link: events still come"
    assert staged.woken == 1, "with new hands everything is read afresh"


async def test_each_act_takes_its_road() -> None:
    staged, panel = stage(), Panel()
    panel.shows = PanelList((Entry("W-1", "Ada", "attendee"),), (), waiting_room=True, main_room=True)
    staged.hands(panel)
    await staged.meeting.take(knock())
    await staged.meeting.snapshot()
    for kind in (ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.EXPEL):
        assert await staged.meeting.perform(Act(kind, "W-1")) is Outcome.ACCEPTED
    for kind in (ActKind.LOBBY_ON, ActKind.END, ActKind.ROTATE):
        await staged.meeting.perform(Act(kind))
    assert panel.done == [("admit", "W-1"), ("put_back", "W-1"), ("remove", "W-1"), ("waiting_room_on", None)]
    assert staged.server.done == [("remove", NUMBER, "W-1"), ("end", NUMBER), ("rotate", NUMBER)]


async def test_without_a_panel_an_admission_waits_and_nobody_pretends() -> None:
    staged = stage()
    with pytest.raises(TemporaryError, match="no companion panel"):
        await staged.meeting.perform(Act(ActKind.ADMIT, "W-1"))


async def test_whom_the_panel_does_not_list_is_not_acted_on() -> None:
    staged, panel = stage(), Panel()
    staged.hands(panel)
    await staged.meeting.take(knock())
    with pytest.raises(TemporaryError, match="not beyond doubt"):
        await staged.meeting.perform(Act(ActKind.ADMIT, "W-1"))
    assert panel.done == []


async def test_whoever_the_panel_has_not_listed_yet_is_looked_for_there_once_for_all_who_are_sought() -> None:
    staged, entries = stage(), (Entry("W-1", "Ada", ""), Entry("W-2", "Ben", ""))
    panel = Panel(PanelList(entries, (), waiting_room=True, main_room=True))
    staged.hands(panel)
    for uuid, name in (("W-1", "Ada"), ("W-2", "Ben")):
        await staged.meeting.take(knock(uuid, name))
    await asyncio.gather(*(staged.meeting.perform(Act(ActKind.ADMIT, uuid)) for uuid in ("W-1", "W-2")))
    assert panel.done == [("admit", "W-1"), ("admit", "W-2")]
    assert panel.reads == 1


async def test_a_list_right_behind_one_that_was_read_counts_as_newer() -> None:
    staged = stage()
    entries = tuple(Entry(f"W-{n}", name, "") for n, name in enumerate(("Ada", "Ben")))
    panel = Panel(PanelList(entries[:1], (), waiting_room=True, main_room=True))
    staged.hands(panel)
    await staged.meeting.snapshot()
    async with running(staged):
        staged.meeting.listed(PanelList(entries, (), waiting_room=True, main_room=True))
        (shown,) = (event for event in staged.told if isinstance(event, Snapshot))
    assert [facts.handle for facts in shown.connections] == ["W-0", "W-1"]


async def test_a_list_of_another_panel_is_as_old_as_it_may_be() -> None:
    staged = stage()
    entries = tuple(Entry(f"W-{n}", name, "") for n, name in enumerate(("Ada", "Ben")))
    staged.hands(Panel(PanelList(entries, (), waiting_room=True, main_room=True)))
    await staged.meeting.snapshot()
    staged.hands(Panel())
    async with running(staged):
        staged.meeting.listed(PanelList(entries[:1], (), waiting_room=True, main_room=True))
        assert not [event for event in staged.told if isinstance(event, Snapshot) and event.connections]


async def test_what_zoom_cannot_do_is_refused_by_name() -> None:
    staged = stage()
    for kind in (ActKind.QUIET, ActKind.REFUSE, ActKind.STOP_SHARE, ActKind.QUIET_ALL):
        with pytest.raises(NotSupportedError):
            await staged.meeting.perform(Act(kind, "W-1"))
    with pytest.raises(NotSupportedError):
        await staged.meeting.inform("W-1", "please wait")


async def test_a_delivery_is_passed_on_durably_under_its_own_key_and_run() -> None:
    staged = stage()
    await staged.meeting.take(knock())
    ((events, key, instance),) = staged.delivered
    assert (key, instance) == (f"waiting:W-1:{T}", "run-1")
    (seen,) = events
    assert isinstance(seen, Seen)
    assert seen.facts.place is Place.WAITING


async def test_a_published_link_belongs_to_no_run() -> None:
    staged = stage()
    risk = Delivery("meeting.risk_alert", NUMBER, "run-1", "risk", T, Kind.RISK, None, "HOST", None, "on a forum")
    await staged.meeting.take(risk)
    ((events, _, instance),) = staged.delivered
    assert instance == ""
    assert isinstance(events[0], Warned)


async def test_the_end_is_passed_on_and_an_ignored_event_is_not() -> None:
    staged = stage()
    end = Delivery("meeting.ended", NUMBER, "run-1", "end", T, Kind.ENDED, None, "HOST", None, "")
    other = Delivery("meeting.alert", NUMBER, "run-1", "alert", T, Kind.IGNORED, None, "HOST", None, "")
    await staged.meeting.take(end)
    await staged.meeting.take(other)
    assert [events for events, _, _ in staged.delivered] == [(MeetingEnded(T, "the meeting was ended"),)]


async def test_the_panel_is_read_again_while_it_does_not_know_whom_a_webhook_named() -> None:
    staged, panel = stage(), Panel()
    async with running(staged):
        staged.hands(panel)
        await staged.meeting.take(knock())
        async with asyncio.timeout(5):
            while not any(isinstance(event, Snapshot) for event in staged.told):
                await asyncio.sleep(0)
    assert panel.reads >= 1


async def test_a_panel_that_does_not_answer_leaves_things_as_they_are() -> None:
    staged, panel = stage(), Panel(trouble=TemporaryError("silence"))
    async with running(staged):
        staged.hands(panel)
        await staged.meeting.take(knock())
        async with asyncio.timeout(5):
            while not panel.reads:
                await asyncio.sleep(0)
    assert not any(isinstance(event, Snapshot) for event in staged.told)


async def test_lists_of_the_leading_panel_are_told_as_they_come() -> None:
    staged = stage()
    async with running(staged):
        staged.meeting.listed(PanelList((Entry("P-1", "Ada", ""),), (), waiting_room=False, main_room=True))
    (listed,) = [event for event in staged.told if isinstance(event, Snapshot)]
    assert listed.lobby_on is False
    assert [facts.handle for facts in listed.connections] == ["P-1"]
    assert not listed.carries_identity


async def test_the_third_stale_delivery_is_told_and_each_has_everything_read_afresh() -> None:
    staged = stage()
    async with running(staged):
        for _ in range(3):
            staged.now += 1
            staged.meeting.stale()
    warned = [event for event in staged.told if isinstance(event, Warned)]
    assert [event.kind for event in warned] == [IncidentKind.STALE_DELIVERIES]
    assert staged.woken == 3


async def test_three_stale_ones_in_a_day_are_no_incident() -> None:
    staged = stage()
    async with running(staged):
        for _ in range(3):
            staged.now += 3600 * 4
            staged.meeting.stale()
    assert not any(isinstance(event, Warned) for event in staged.told)


async def test_a_server_that_is_away_is_told_once_and_tried_until_it_answers() -> None:
    staged = stage(TemporaryError("no answer"), TemporaryError("no answer"))
    async with running(staged):
        pass
    assert [link.up for link in staged.links()] == [False, True]


async def test_refused_credentials_are_for_nobody_to_retry() -> None:
    staged = stage(LoginRefusedError("the client secret is wrong"))
    with pytest.raises(LoginRefusedError):
        await staged.meeting.run(staged.told.append, lambda: None)


async def test_events_that_cannot_reach_us_are_a_lost_link() -> None:
    staged = stage()
    async with running(staged):
        staged.meeting.events_changed("the socket is down")
        staged.meeting.events_changed("the socket is down")
        staged.meeting.events_changed("")
    assert [(link.up, link.reason) for link in staged.links()] == [
        (True, ""),
        (False, "the socket is down"),
        (True, ""),
    ]


async def test_after_a_restart_those_whom_the_journal_knew_are_recognised() -> None:
    staged, panel = stage(), Panel()
    panel.shows = PanelList((), (Entry("W-1", "Ada", ""),), waiting_room=True, main_room=True)
    staged.meeting.recall([Facts("W-1", Place.INSIDE, Evidence(name="Ada", registrant="R-1"))])
    staged.hands(panel)
    listed = await staged.meeting.snapshot()
    assert [facts.handle for facts in listed.connections] == ["W-1"]


async def test_without_panel_and_dashboard_nobody_can_be_listed() -> None:
    staged = stage()
    await staged.meeting.take(knock())
    with pytest.raises(TemporaryError, match="dashboard"):
        await staged.meeting.snapshot()
