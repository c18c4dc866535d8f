"""One guarded Zoom meeting as the port ``Platform``: events come in by the account, acts go out by panel or REST.

May live here: which road an act takes, and what to say when one is closed. May not: payload fields (``wire_*``), who
is who (``people``), sockets (``desk``, ``stream``) or requests (``rest``).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from guardian.adapters.zoom.desk import Hands
from guardian.adapters.zoom.people import People
from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_events import Delivery, Kind, Who
from guardian.adapters.zoom.wire_panel import PanelList
from guardian.core.actions import ON_CONNECTION, Act, ActKind, Capabilities
from guardian.core.events import Event, ForeignSelf, LinkChanged, Snapshot, Warned
from guardian.core.identity import Evidence, Facts
from guardian.core.incidents import IncidentKind
from guardian.errors import LoginRefusedError, NotSupportedError, PlatformError, TemporaryError
from guardian.ports import Clock, Deliver, Emit, Openings, Outcome

COMMANDS = {
    ActKind.ADMIT: "admit",
    ActKind.PUT_BACK: "put_back",
    ActKind.REMOVE: "remove",
    ActKind.LOBBY_ON: "waiting_room_on",
}
"""Acts that only a hand inside the meeting can do, and what the panel calls them."""

BY_SERVER = frozenset({ActKind.EXPEL, ActKind.END, ActKind.ROTATE})
NO_PANEL = "no companion panel is open in a host's Zoom client: the guardian can let nobody in and put nobody back"
SOFT_LOCK = (
    "Zoom's own lock cannot be set by us: the lock is soft, the waiting room stays on and nobody new is let in"
    " but those whose proof is strong enough"
)
NO_SHARE = "a share, microphone or camera of somebody else cannot be stopped on Zoom: let only hosts share"
NO_REFUSE = "nobody can be refused on Zoom: strangers stay in the waiting room"
BAN = (
    "Zoom lets nobody rejoin with an address that was removed, unless 'Allow removed participants to rejoin' was on"
    " before the meeting began"
)
_PANEL_WITHIN = 3.0  # seconds for the panel to answer
_LIST_EVERY = 0.25  # least seconds between two readings of the panel that we ask for by ourselves
_UNSOLICITED_AGE = 0.25  # seconds that a list may have been on its way
_REPEAT_AFTER = 20.0  # seconds after which an unchanged list is told again
_STALE_TIMES, _STALE_WITHIN = 3, 3600.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class ZoomMeeting:
    """Guards the meeting ``number`` with ``rest`` and, while one is open, a companion panel.

    ``hosts`` answers which host or staff member, by name, has a Zoom account now. ``deliver``, ``wake`` and ``rotated``
    (the passcode is new) are set before anything runs. ``openings`` tells whose personal link was opened just now.
    ``clock``, ``sleep`` and ``jitter`` (0 to 1) are arguments for the tests.
    """

    def __init__(
        self,
        meeting: str,
        title: str,
        number: str,
        rest: ZoomRest,
        *,
        clock: Clock = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        openings: Openings | None = None,
    ) -> None:
        self.meeting, self.title, self.number = meeting, title, number
        self.hosts: Callable[[str], str | None] = lambda _: None
        self.deliver: Deliver = _nobody
        self.wake: Callable[[], None] = lambda: None
        self.rotated: Callable[[], None] = lambda: None
        self._rest, self._clock, self._sleep, self._jitter = rest, clock, sleep, jitter
        self._people = People(openings)
        self._hands: Hands | None = None
        self._read_by: Hands | None = None  # whose answer the last list that was read is
        self._emit: Emit = lambda _: None
        self._running = False
        self._events_down = ""
        self._look = asyncio.Event()
        self._finding = asyncio.Lock()
        self._last_list: PanelList | None = None
        self._listed_at = 0.0
        self._stale: deque[float] = deque(maxlen=_STALE_TIMES)

    # -- the port ----------------------------------------------------------------------------------------------------

    @property
    def capabilities(self) -> Capabilities:
        """See the port: what the server does always, and what our hand in the meeting does while there is one."""
        hands = self._hands
        return Capabilities(
            platform="zoom",
            can=BY_SERVER | (hands.can if hands else frozenset()),
            confirm_within=_PANEL_WITHIN,
            snapshot_carries_identity=False,
            notes=(SOFT_LOCK, NO_SHARE, NO_REFUSE, *(hands.notes if hands else ())),
            confirm_kind=((ActKind.EXPEL, 10.0), (ActKind.END, 10.0)),
            no_hands=_no_hands(hands),
            bans_by_address=True,
            undo_note=BAN,
        )

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """See the port. Being up means: Zoom's server takes our orders, and events can reach us."""
        self._emit = emit
        await self._log_in()
        self._running = True
        try:
            self._tell_link()
            if not self._events_down:
                ready()
            while True:
                await self._look.wait()
                self._look.clear()
                await self._read_again()
                await self._sleep(_LIST_EVERY)
        finally:
            self._running = False

    async def perform(self, act: Act) -> Outcome:
        """See the port."""
        if act.kind is ActKind.END:
            await self._rest.end(self.number)
        elif act.kind is ActKind.ROTATE:
            await self._rest.rotate(self.number)
            self.rotated()
        elif act.kind is ActKind.EXPEL:
            await self._rest.remove(self.number, self._people.server_address(act.handle or ""))
        elif act.kind in COMMANDS:
            await self._by_hand(act)
        else:
            raise NotSupportedError(f"Zoom knows no {act.kind}")
        return Outcome.ACCEPTED

    async def inform(self, handle: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See the port: nobody in a waiting room can be written to."""
        raise NotSupportedError("people in Zoom's waiting room cannot be written to")

    async def snapshot(self) -> Snapshot:
        """See the port: the panel's list; without one what the dashboard says of those inside, if there is one."""
        if self._hands is not None:
            asked_at = self._clock()
            return self._list(await self._read(self._hands), asked_at)
        return await self._dashboard()

    def recall(self, known: Sequence[Facts]) -> None:
        """See the port."""
        self._people.recall(known)

    # -- events ------------------------------------------------------------------------------------------------------

    async def take(self, delivery: Delivery) -> None:
        """One delivery about this meeting, by webhook or socket. Raises JournalError when it is not durable."""
        news = self._people.told(delivery, self._clock())
        if news.look and self._hands is not None:
            self._look.set()
        if news.events:
            instance = "" if isinstance(news.events[0], Warned) else delivery.instance
            await self.deliver(news.events, delivery.key, instance)

    def stale(self) -> None:
        """A signed but old delivery was refused unread: everything is read afresh; a human hears of the third."""
        now = self._clock()
        self._stale.append(now)
        self.wake()
        if len(self._stale) == _STALE_TIMES and now - self._stale[0] <= _STALE_WITHIN:
            words = "signed deliveries came too late to be believed: is our clock right, or does somebody replay them?"
            self._emit(Warned(now, IncidentKind.STALE_DELIVERIES, words))

    def events_changed(self, down: str) -> None:
        """Events reach us no more (``down`` says why), or (``down`` empty) do again: then everything is read afresh."""
        if down == self._events_down:
            return
        self._events_down = down
        if self._running:
            self._tell_link()
        if not down:
            self.wake()

    def taken_over(self) -> None:
        """Another guardian takes our events."""
        self._emit(ForeignSelf(self._clock(), "another guardian takes this account's event socket"))

    # -- the panel (``desk.Room``) -----------------------------------------------------------------------------------

    @property
    def instance(self) -> str:
        """Zoom's uuid of the run that we last heard of."""
        return self._people.instance

    def host(self, uid: str) -> str | None:
        """The name of the host or staff member with this account, if they may lead now."""
        return self.hosts(uid)

    def hands_changed(self, hands: Hands | None) -> None:
        """Another panel leads, or none does."""
        self._hands = hands
        log.info("hands_changed", meeting=self.meeting, there=hands is not None)
        if self._running:
            self._tell_link()
        if hands is not None:
            self.wake()

    def listed(self, found: PanelList) -> None:
        """The leading panel tells who is there, by itself."""
        now = self._clock()
        if found == self._last_list and now - self._listed_at < _REPEAT_AFTER:
            return  # the panel's heartbeat; nothing has changed
        self._last_list, self._listed_at = found, now
        as_of = now - _UNSOLICITED_AGE
        if self._read_by is self._hands:  # one socket keeps its order: this is newer than what was read there
            as_of = max(as_of, self._people.behind_last_list())
        shown = self._list(found, as_of)
        if shown.covers:
            self._emit(shown)
        else:
            self._look.set()  # perhaps older than one that was read just now, perhaps not: it may be news all the same

    # -- parts -------------------------------------------------------------------------------------------------------

    async def _log_in(self) -> None:
        failures = 0
        while True:
            try:
                await self._rest.login()
            except LoginRefusedError:
                raise
            except PlatformError as error:
                failures += 1
                if failures == 1:
                    self._emit(LinkChanged(self._clock(), up=False, reason=f"Zoom's server: {error}"))
                longest = min(_FIRST_PAUSE * 2.0 ** (failures - 1), _LONGEST_PAUSE)
                await self._sleep(longest * (0.5 + self._jitter() / 2))
            else:
                return

    def _tell_link(self) -> None:
        down = self._events_down
        self._emit(LinkChanged(self._clock(), up=not down, reason=down, capabilities=self.capabilities))

    async def _by_hand(self, act: Act) -> None:
        hands = self._hands
        if hands is None:
            raise TemporaryError(NO_PANEL)
        uuid = None
        if act.kind in ON_CONNECTION:
            uuid = await self._address(act.handle or "")
            if uuid is None:
                raise TemporaryError("the panel does not list this person, or not beyond doubt")
            self._people.acted(act.kind, act.handle or "", self._clock())
        await hands.command(COMMANDS[act.kind], uuid, timeout=_PANEL_WITHIN)

    async def _address(self, handle: str) -> str | None:
        """The panel's uuid; it is read once more where the webhook was quicker than its list. One reads for all."""
        if self._people.address(handle) is None:
            async with self._finding:
                if self._people.address(handle) is None:
                    await self._read_again()
        return self._people.address(handle)

    async def _read_again(self) -> None:
        hands = self._hands
        if hands is None:
            return
        asked_at = self._clock()
        try:
            found = await self._read(hands)
        except PlatformError as error:
            log.info("panel_not_read", meeting=self.meeting, error=type(error).__name__)
            return
        self._emit(self._list(found, asked_at))

    async def _read(self, hands: Hands) -> PanelList:
        found = await hands.read(timeout=_PANEL_WITHIN)
        self._read_by = hands
        return found

    def _list(self, found: PanelList, as_of: float) -> Snapshot:
        """The list as a snapshot; what it makes known besides goes ahead of it."""
        sees_waiting = self._hands is None or self._hands.sees_waiting
        news = self._people.listed(found, as_of, sees_waiting=sees_waiting, received=self._clock())
        if news.look:
            self._look.set()
        before: list[Event] = [event for event in news.events if not isinstance(event, Snapshot)]
        for event in before:
            self._emit(event)
        listed = next((event for event in news.events if isinstance(event, Snapshot)), None)
        # An older list than the last one says nothing: it covers no place.
        return listed or Snapshot(as_of, as_of, (), complete=False, carries_identity=False, covers=frozenset())

    async def _dashboard(self) -> Snapshot:
        instance, as_of = self._people.instance, self._clock()
        if not instance:
            raise TemporaryError("no panel is open, and no run of this meeting is known")
        try:
            live = await self._rest.participants(instance)
        except NotSupportedError as error:
            raise TemporaryError(f"no panel is open, and {error}") from error
        # How far the dashboard lags is not known, so nobody's absence, and nobody's move, is read out of it.
        for one in live:
            evidence = Evidence(name=one.name, account=one.account or None, registrant=one.registrant or None)
            who = Who(one.uuid, one.user_id, one.name, evidence)
            shown = Delivery("", self.number, instance, "", as_of, Kind.ROLE, who, moderator=one.moderator or None)
            for event in self._people.told(shown, as_of).events if one.uuid else ():
                self._emit(event)
        return Snapshot(as_of, as_of, (), complete=False, carries_identity=False, covers=frozenset())


def _no_hands(hands: Hands | None) -> str:
    """Why nobody can be let in by us now; "" when they can."""
    if hands is None:
        return NO_PANEL
    if ActKind.ADMIT in hands.can:
        return ""
    return next(iter(hands.notes), "the open companion panel cannot let anybody in")


async def _nobody(events: Sequence[Event], key: str, instance: str) -> None:  # noqa: ARG001 - the port's shape
    raise TemporaryError("nobody guards this meeting yet")
