"""The port ``Platform`` on a loopback Zoom: the real account, its web address and a host's client, and no guard."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from guardian.adapters.zoom.account import ZoomAccount, ZoomKeys
from guardian.adapters.zoom.platform import ZoomMeeting
from guardian.core.actions import Act, ActKind
from guardian.core.events import Event, Gone, LinkChanged, MeetingEnded, NativeAct, NativeKind, Seen, Snapshot
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from guardian.errors import LoginRefusedError, NotSupportedError, TemporaryError
from guardian.ports import Outcome
from guardian.web.server import Server, application
from guardian.world.zoom import ALL_SCOPES, By, Face, Guest, HostClient, Settings, ZoomWorld
from tests.support.fake_service import KEY, FakeService

NUMBER = "81234567890"
WAITING, INSIDE = Place.WAITING, Place.INSIDE
SERVER = {ActKind.EXPEL, ActKind.END, ActKind.ROTATE}
HANDS = {ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.LOBBY_ON}
PATIENCE = 5.0
E = TypeVar("E", bound=Event)


@dataclass
class Stage:
    """One meeting under the port, and all that it said."""

    world: ZoomWorld
    room: ZoomMeeting
    url: str
    exits: AsyncExitStack
    events: list[Event] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.meeting = self.world.meetings[NUMBER]
        self.host = self.world.users[self.meeting.host_id]

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self.news.set()

    async def deliver(self, events: Sequence[Event], key: str, instance: str) -> None:
        assert key
        for event in events:
            self.emit(event)

    async def begin(self) -> None:
        """The port runs, and is ready."""
        task = asyncio.create_task(self.room.run(self.emit, self.ready.set))
        self.exits.callback(task.cancel)
        async with asyncio.timeout(PATIENCE):
            await self.ready.wait()

    async def open(self, **client: Any) -> HostClient:
        """The host is in, and her panel leads."""
        if self.meeting.status != "started":
            await self.meeting.start()
        panel = HostClient(self.world, self.meeting, self.host.id, **client)
        self.exits.push_async_callback(panel.close)
        assert await panel.open(f"{self.url}/zoom/panel") == "open"
        await panel.until(lambda page: page.leading)
        return panel

    async def heard(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, after: int = 0) -> E:
        """The first such event; waited for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.news.clear()
                for event in self.events[after:]:
                    if isinstance(event, kind) and fits(event):
                        return event
                await self.news.wait()

    async def seen(self, guest: Guest, place: Place) -> Facts:
        """What was said of this guest, with who it is."""
        fits: Callable[[Seen], bool] = lambda e: e.facts.handle == guest.uuid and e.facts.place is place  # noqa: E731
        return (await self.heard(Seen, fits)).facts

    async def knock(self, name: str = "Ann", **face: Any) -> Guest:
        guest = await self.meeting.knock(Face(name, **face))
        await self.seen(guest, WAITING)
        return guest


@pytest.fixture
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A scheduled meeting; the port is not running yet."""
    settings = Settings(**({"seed": 3, "speed": 600.0} | getattr(request, "param", {})))
    async with AsyncExitStack() as exits:
        world = await exits.enter_async_context(ZoomWorld(settings))
        host = world.add_user("tess@school.example", "Tess")
        world.schedule(NUMBER, host.id, approval_type=0)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        url = f"http://127.0.0.1:{port}"
        account = ZoomAccount(keys(world, url))
        room = account.meeting("class", "The class", NUMBER)
        room.hosts = lambda uid: "Tess" if uid == host.id else None
        exits.push_async_callback(account.close)
        assert account.hook is not None
        service = FakeService(hooks={"zoom": account.hook}, desks={"zoom": account.desk})
        await exits.enter_async_context(Server(application(service, KEY), "127.0.0.1", port))
        world.deliver_to(f"{url}/hooks/zoom")
        made = Stage(world, room, url, exits)
        room.deliver = made.deliver
        yield made


def keys(world: ZoomWorld, url: str, **other: Any) -> ZoomKeys:
    ways: dict[str, Any] = {
        "api": world.api_url,
        "oauth": world.oauth_url,
        "events": world.events_url,
        "account_id": world.account_id,
        "client_id": world.client_id,
        "client_secret": world.client_secret,
        "webhook_secrets": (world.webhook_secret,),
        "panel_client_id": world.panel_client_id,
        "panel_client_secret": world.panel_client_secret,
        "public_url": url,
        "plan": world.settings.plan,
    }
    return ZoomKeys(**(ways | other))


# --- coming and going -------------------------------------------------------------------------------------------------


async def test_it_comes_up_with_the_servers_rights_and_has_hands_while_a_panel_leads(stage: Stage) -> None:
    await stage.begin()
    assert stage.room.capabilities.can == SERVER
    assert "no companion panel" in stage.room.capabilities.no_hands
    assert stage.room.capabilities.snapshot_carries_identity is False
    link = await stage.heard(LinkChanged)
    assert (link.up, link.capabilities) == (True, stage.room.capabilities)
    panel = await stage.open()
    up = await stage.heard(LinkChanged, lambda e: e.capabilities is not None and not e.capabilities.no_hands)
    assert up.capabilities is not None
    assert up.capabilities.can == SERVER | HANDS
    mark = len(stage.events)
    await panel.close()
    await stage.heard(LinkChanged, lambda e: e.capabilities is not None and bool(e.capabilities.no_hands), mark)
    assert stage.room.capabilities.can == SERVER


async def test_a_wrong_secret_is_a_login_refused_and_no_retry(stage: Stage) -> None:
    account = ZoomAccount(keys(stage.world, stage.url, client_secret="wrong"))
    room = account.meeting("class", "The class", NUMBER)
    try:
        with pytest.raises(LoginRefusedError):
            await room.run(stage.emit, stage.ready.set)
    finally:
        await account.close()
    assert not stage.ready.is_set()


async def test_a_knock_is_told_with_what_the_person_proves_and_what_they_claim(stage: Stage) -> None:
    await stage.begin()
    await stage.meeting.start()
    member = stage.world.add_user("mia@school.example", "Mia")
    registered = stage.world.register(stage.meeting, "Ann", "Lee", "ann@home.example")
    ann = await stage.knock("Ann", registrant=registered.id)
    eve = await stage.knock("Ann", email="ann@home.example")
    mia = await stage.knock("phone", account=member.id)
    dial = await stage.knock("+44 20", phone="442079460000")
    expected = [
        (ann, Evidence(name="Ann", registrant=registered.id, claimed_email="ann@home.example")),
        (eve, Evidence(name="Ann", claimed_email="ann@home.example")),
        (mia, Evidence(name="phone", account=member.id, email="mia@school.example")),
        (dial, Evidence(name="+44 20", phone="442079460000")),
    ]
    for guest, evidence in expected:
        assert (await stage.seen(guest, WAITING)).evidence == evidence
    host = await stage.heard(Seen, lambda e: e.facts.evidence.account == stage.host.id)
    assert host.facts.role is PlatformRole.MODERATOR


async def test_whoever_is_admitted_put_back_and_removed_is_told_at_each_place_and_no_hand_but_ours(
    stage: Stage,
) -> None:
    await stage.begin()
    await stage.open()
    ann = await stage.knock()
    assert await stage.room.perform(Act(ActKind.ADMIT, ann.uuid)) is Outcome.ACCEPTED
    await stage.seen(ann, INSIDE)
    assert (ann.state, ann.how) == ("inside", By.PANEL)
    mark = len(stage.events)
    await stage.room.perform(Act(ActKind.PUT_BACK, ann.uuid))
    fits: Callable[[Seen], bool] = lambda e: e.facts.handle == ann.uuid and e.facts.place is WAITING  # noqa: E731
    await stage.heard(Seen, fits, mark)
    assert ann.state == "waiting"
    await stage.room.perform(Act(ActKind.REMOVE, ann.uuid))
    gone = await stage.heard(Gone, lambda e: e.handle == ann.uuid)
    assert (ann.state, gone.place) == ("out", WAITING)


async def test_admitting_somebody_who_is_inside_already_is_no_failure(stage: Stage) -> None:
    await stage.begin()
    await stage.open()
    ann = await stage.knock()
    await stage.room.perform(Act(ActKind.ADMIT, ann.uuid))
    await stage.seen(ann, INSIDE)
    assert await stage.room.perform(Act(ActKind.ADMIT, ann.uuid)) is Outcome.ACCEPTED
    assert ann.came_in == 1


async def test_without_a_panel_acts_of_hands_fail_for_now_and_the_server_still_acts(stage: Stage) -> None:
    await stage.begin()
    await stage.meeting.start()
    ann = await stage.knock()
    for kind in HANDS:
        with pytest.raises(TemporaryError):
            await stage.room.perform(Act(kind, ann.uuid))
    with pytest.raises(TemporaryError):
        await stage.room.snapshot()
    old = stage.meeting.passcode
    await stage.room.perform(Act(ActKind.ROTATE))
    assert stage.meeting.passcode != old
    await stage.room.perform(Act(ActKind.EXPEL, ann.uuid))
    assert (ann.state, stage.world.ledger.of("removed")[-1].by) == ("out", By.REST)
    await stage.room.perform(Act(ActKind.END))
    assert await stage.heard(MeetingEnded) is not None


@pytest.mark.parametrize("kind", [ActKind.REFUSE, ActKind.QUIET, ActKind.STOP_SHARE, ActKind.DEMOTE])
async def test_what_zoom_does_not_know_is_said_to_be_so(stage: Stage, kind: ActKind) -> None:
    await stage.begin()
    await stage.open()
    ann = await stage.knock()
    with pytest.raises(NotSupportedError):
        await stage.room.perform(Act(kind, ann.uuid))
    with pytest.raises(NotSupportedError):
        await stage.room.inform(ann.uuid, "hello")


@pytest.mark.parametrize(
    "stage", [{"scopes": ALL_SCOPES - {"meeting:update:in_meeting_controls:admin"}}], indirect=True
)
async def test_a_missing_scope_is_named(stage: Stage) -> None:
    await stage.begin()
    await stage.meeting.start()
    ann = await stage.knock()
    with pytest.raises(NotSupportedError, match="meeting:update:in_meeting_controls"):
        await stage.room.perform(Act(ActKind.EXPEL, ann.uuid))


async def test_the_lobby_is_switched_on_and_a_snapshot_says_so(stage: Stage) -> None:
    stage.meeting.waiting_room = False
    await stage.begin()
    await stage.open()
    assert (await stage.room.snapshot()).lobby_on is False
    await stage.room.perform(Act(ActKind.LOBBY_ON))
    assert stage.meeting.waiting_room is True
    assert (await stage.room.snapshot()).lobby_on is True
    await stage.room.perform(Act(ActKind.LOBBY_ON))


# --- snapshots --------------------------------------------------------------------------------------------------------


async def test_a_snapshot_is_read_afresh_and_whole_and_carries_no_identity_of_its_own(stage: Stage) -> None:
    await stage.begin()
    await stage.open()
    ann, eve = await stage.knock("Ann"), await stage.knock("Eve")
    await stage.room.perform(Act(ActKind.ADMIT, ann.uuid))
    await stage.seen(ann, INSIDE)
    first = await stage.room.snapshot()
    assert {f.evidence.name: f.place for f in first.connections} == {"Tess": INSIDE, "Ann": INSIDE, "Eve": WAITING}
    assert (first.complete, first.carries_identity, first.covers) == (True, False, frozenset(Place))
    second = await stage.room.snapshot()
    assert second.as_of > first.as_of
    eve.leave()
    third = await stage.room.snapshot()
    assert {f.evidence.name for f in third.connections} == {"Tess", "Ann"}


async def test_a_client_that_cannot_look_into_the_waiting_room_says_nothing_of_it(stage: Stage) -> None:
    await stage.begin()
    await stage.meeting.start()
    ann = await stage.knock()
    await stage.open(product="mobile")
    found = await stage.room.snapshot()
    assert found.covers == frozenset({INSIDE})
    assert found.lobby_on is None
    assert ann.state == "waiting"


async def test_the_panel_tells_of_changes_by_itself(stage: Stage) -> None:
    await stage.begin()
    await stage.open()
    ann = await stage.knock()
    await stage.room.perform(Act(ActKind.ADMIT, ann.uuid))
    await stage.seen(ann, INSIDE)
    mark = len(stage.events)
    ann.rename("]]><b>Bob</b>")
    fits: Callable[[Snapshot], bool] = lambda s: any(f.evidence.name == "]]><b>Bob</b>" for f in s.connections)  # noqa: E731
    assert (await stage.heard(Snapshot, fits, mark)).complete


@pytest.mark.parametrize("stage", [{"plan": "business"}], indirect=True)
async def test_without_a_panel_the_dashboard_names_those_inside_with_who_they_are(stage: Stage) -> None:
    await stage.begin()
    stage.meeting.waiting_room = False
    await stage.meeting.start()
    member = stage.world.add_user("mia@school.example", "Mia")
    mia = await stage.meeting.knock(Face("Mia", account=member.id))
    await stage.seen(mia, INSIDE)
    mark = len(stage.events)
    found = await stage.room.snapshot()
    assert found.complete is False
    told = await stage.heard(Seen, lambda e: e.facts.handle == mia.uuid, mark)
    assert told.facts.evidence.account == member.id


# --- a human's hand, and restarts -------------------------------------------------------------------------------------


async def test_the_hosts_own_admission_and_putting_back_are_told_before_the_place(stage: Stage) -> None:
    await stage.begin()
    await stage.open()
    ann = await stage.knock()
    stage.meeting.host_admits(ann)
    await stage.seen(ann, INSIDE)
    mark = len(stage.events)
    stage.meeting.host_puts_back(ann)
    fits: Callable[[Seen], bool] = lambda e: e.facts.handle == ann.uuid and e.facts.place is WAITING  # noqa: E731
    await stage.heard(Seen, fits, mark)
    acts = [e for e in stage.events if isinstance(e, NativeAct)]
    assert [(a.kind, a.handle) for a in acts] == [(NativeKind.ADMITTED, ann.uuid), (NativeKind.PUT_OUT, ann.uuid)]
    moves = [
        e for e in stage.events if isinstance(e, NativeAct) or (isinstance(e, Seen) and e.facts.handle == ann.uuid)
    ]
    assert isinstance(moves[moves.index(acts[1]) + 1], Seen)


async def test_a_share_and_a_role_are_told(stage: Stage) -> None:
    await stage.begin()
    stage.host.settings["in_meeting"]["who_can_share_screen"] = "all"
    await stage.open()
    ann = await stage.knock()
    await stage.room.perform(Act(ActKind.ADMIT, ann.uuid))
    await stage.seen(ann, INSIDE)
    assert ann.share_on()
    assert (await stage.heard(Seen, lambda e: e.facts.sharing)).facts.handle == ann.uuid
    stage.meeting.host_promotes(ann)
    told = await stage.heard(Seen, lambda e: e.facts.handle == ann.uuid and e.facts.role is PlatformRole.MODERATOR)
    assert told.facts.place is INSIDE


async def test_after_a_restart_those_whom_the_journal_knew_are_known_and_can_be_acted_upon(stage: Stage) -> None:
    await stage.meeting.start()
    ann = await stage.meeting.knock(Face("Ann"))
    await stage.world.settled()
    stage.room.recall([Facts(ann.uuid, WAITING, Evidence(name="Ann", registrant="R-ann"))])
    await stage.begin()
    await stage.open()
    found = await stage.room.snapshot()
    (shown,) = [f for f in found.connections if f.handle == ann.uuid]
    assert shown.evidence.registrant == "R-ann"
    await stage.room.perform(Act(ActKind.ADMIT, ann.uuid))
    await ann.until("inside")
    assert stage.world.ledger.of("came_in", by=By.PANEL)
