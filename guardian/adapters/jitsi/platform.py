"""One Jitsi room as the port ``Platform``: keeps a session alive for ever, and passes acts to it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from guardian.adapters.jitsi import acts
from guardian.adapters.jitsi.room import Rooms
from guardian.adapters.jitsi.seats import Trust
from guardian.adapters.jitsi.server import JitsiServer
from guardian.adapters.jitsi.session import Session
from guardian.adapters.jitsi.trouble import AddressUnusableError, ConflictError, HostUnknownError
from guardian.core.actions import Act, Capabilities
from guardian.core.events import ForeignSelf, LinkChanged, Snapshot
from guardian.core.identity import Facts
from guardian.errors import LoginRefusedError, PlatformError, TemporaryError
from guardian.ports import Clock, Emit, Openings, Outcome

_FIRST_PAUSE = 0.25  # seconds; doubled at each failure
_LONGEST_PAUSE = 30.0
_STEADY = 10.0  # seconds of being up after which the next failure counts as the first
_TAKEN_TIMES = 3
_TAKEN_WITHIN = 60.0

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class JitsiRoom:
    """Guards ``room`` on ``server``. ``lobby_from_start``: the lobby is switched on as soon as we are in, where
    nobody is inside who could be thrown out by that (else the core decides who stays).

    ``openings`` tells whose personal link was opened just now. ``clock``, ``sleep`` and ``jitter`` (0 to 1) are
    arguments for the tests.
    """

    def __init__(
        self,
        server: JitsiServer,
        room: str,
        *,
        lobby_from_start: bool = True,
        clock: Clock = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        openings: Openings | None = None,
    ) -> None:
        self._server = server
        self._room = room.lower()
        self._lobby_from_start = lobby_from_start
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._rooms = Rooms(
            "",
            Trust(
                account_hosts=server.account_hosts,
                token_hosts=server.token_hosts,
                own_account=server.own_account,
                claim=self._claim,
            ),
        )
        self._openings = openings
        self._emit: Emit = lambda _: None
        self._session: Session | None = None
        self._capabilities = acts.capabilities(None)
        self._taken: deque[float] = deque(maxlen=_TAKEN_TIMES)
        self._told: tuple[bool, str] | None = None
        self._was_up = False

    @property
    def capabilities(self) -> Capabilities:
        """As of the last time that we were in the room; before: nothing can be done."""
        return self._capabilities

    async def run(self, emit: Emit, ready: Callable[[], None]) -> None:
        """See the port. The lobby is never switched off on the way out."""
        self._emit = emit
        failures = 0
        while True:
            began = self._clock()
            session = Session(self._server, self._room, self._rooms, self._clock, emit, self._foreign)
            try:
                await session.enter(lobby_wanted=self._lobby_from_start)
                first = not self._was_up
                self._up(session)
                if first:
                    ready()
                await session.live(self._begin_again)
            except (LoginRefusedError, AddressUnusableError) as error:
                self._down(str(error))
                raise
            except HostUnknownError as error:
                # A server that is starting up does not know its hosts yet; one that never did is misconfigured.
                self._down(str(error))
                if not self._was_up:
                    raise
            except PlatformError as error:
                if isinstance(error, ConflictError):
                    self._note_taken()
                self._down(str(error))
            finally:
                self._session = None
                await session.close()
            failures = 1 if self._clock() - began > _STEADY else failures + 1
            await self._sleep(self._pause(failures))

    async def perform(self, act: Act) -> Outcome:
        """See the port."""
        await acts.perform(self._connected(), act)
        return Outcome.ACCEPTED

    async def inform(self, handle: str, text: str) -> None:
        """See the port: one message to somebody who waits."""
        await acts.inform(self._connected(), handle, text)

    async def snapshot(self) -> Snapshot:
        """See the port: both rooms are asked to show everybody once more."""
        session = self._connected()
        listed = await session.snapshot()
        self._refresh(session)
        return listed

    def recall(self, known: Sequence[Facts]) -> None:
        """See the port: presence tells everything anew."""

    def _claim(self, nonce: str, handle: str) -> str | None:
        if self._openings is None:
            return None
        return self._openings.claim(f"nonce:{nonce}", handle, self._clock())

    # -- up and down

    def _connected(self) -> Session:
        if self._session is None or not self._session.up:
            raise TemporaryError("not in the meeting just now")
        return self._session

    def _up(self, session: Session) -> None:
        self._session, self._was_up = session, True
        session.up = True
        self._capabilities = acts.capabilities(session)
        self._told = (True, "")
        log.info("room_entered", lobby_on=self._rooms.lobby_on, people=len(self._rooms.others_inside()))
        self._emit(LinkChanged(self._rooms.stamp(self._clock()), up=True, capabilities=self._capabilities))
        self._emit(session.listed())

    def _refresh(self, session: Session) -> None:
        """Our rights may have changed meanwhile."""
        now_can = acts.capabilities(session)
        if now_can != self._capabilities:
            self._capabilities = now_can
            self._emit(LinkChanged(self._rooms.stamp(self._clock()), up=True, capabilities=now_can))

    def _down(self, reason: str) -> None:
        """Told once for each reason, not at every try."""
        if self._told == (False, reason):
            return
        self._told = (False, reason)
        log.warning("room_lost", reason=reason)
        self._emit(LinkChanged(self._rooms.stamp(self._clock()), up=False, reason=reason))

    async def _begin_again(self, session: Session) -> None:
        """Somebody ended the meeting: open it anew, with the lobby on, before anybody else does."""
        await session.enter_meeting(lobby_wanted=self._lobby_from_start)
        self._up(session)

    def _pause(self, failures: int) -> float:
        longest = min(_FIRST_PAUSE * 2.0 ** (failures - 1), _LONGEST_PAUSE)
        return longest * (0.5 + self._jitter() / 2)

    # -- two guardians

    def _foreign(self) -> None:
        self._emit(ForeignSelf(self._rooms.stamp(self._clock()), "our account is in this meeting a second time"))

    def _note_taken(self) -> None:
        now = self._clock()
        self._taken.append(now)
        if len(self._taken) == _TAKEN_TIMES and now - self._taken[0] <= _TAKEN_WITHIN:
            self._emit(ForeignSelf(self._rooms.stamp(now), "our connection was taken over three times in a minute"))
