"""What a personal link needs to know of its class, why one does not open, and the codes for a second device.

May live here: values and bookkeeping with ``now`` as an argument. May not: I/O, the order of things (``links``).
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from guardian.app.link_tokens import same
from guardian.app.scheduler import Timetable
from guardian.core.memory import Slot
from guardian.core.roster import Person
from guardian.errors import GuardianError
from guardian.ports import Doorway, Opening

FRESH = 120.0
"""Seconds after "Join class" within which a join on the platform counts as that person's own."""
SKEW = 5.0
"""Seconds that the platform's clock may be behind ours (and its times are cut to whole seconds)."""
CODE_LIVES = 600.0
MOST_TRIES = 5
_CODE_EVERY, _CODES_AN_HOUR = 60.0, 3
_DEVICE_WAITS = 900.0  # seconds that a second device may wait for the teacher's tap
_MOST_WAITING = 20  # second devices of one link
_MOST_LINKS = 4096  # whose bookkeeping is in memory at a time
_KEPT_UNUSED, _KEPT_USED = 600.0, 86400.0  # seconds that an opening stays in memory


class Why(StrEnum):
    """Why a link does not open the door. The value is the stable word in logs and pages."""

    WRONG = "wrong"
    EARLY = "early"
    OVER = "over"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OTHER_BROWSER = "other_browser"
    TOO_MANY_BROWSERS = "too_many_browsers"
    NO_COOKIE = "no_cookie"
    WRONG_CODE = "wrong_code"
    CODE_TOO_SOON = "code_too_soon"
    NO_ADDRESS = "no_address"
    NOT_READY = "not_ready"
    TOO_OFTEN = "too_often"


class LinkRefusedError(GuardianError):
    """A personal link does not open now. ``title`` and ``call`` are the class's, "" where it is not known;
    ``device`` is the number by which staff may let this browser in.
    """

    def __init__(self, why: Why, *, title: str = "", call: str = "", when: str = "", device: str = "") -> None:
        """Keep what the page will say."""
        super().__init__(f"the personal link does not open: {why.value}")
        self.why, self.title, self.call, self.when, self.device = why, title, call, when, device


async def _no_addresses(_person: str) -> tuple[str, ...]:
    return ()


@dataclass
class LinkedClass:
    """One meeting that personal links lead to. ``opens_before``: seconds before its start at which they open.

    ``people``: the list in force (none known: everybody is taken for listed, the door itself still judges);
    ``addresses``: who may be written about a person's link; ``forwarded``: told in one sentence without names when a
    link is opened in another browser; ``trouble``: told what a human must do about links. They are set once the
    meeting is guarded.
    """

    meeting: str
    title: str
    call: str
    zone: ZoneInfo
    timetable: Timetable
    doorway: Doorway
    opens_before: float = 1800.0
    people: Callable[[], Sequence[Person]] = tuple
    addresses: Callable[[str], Awaitable[tuple[str, ...]]] = _no_addresses
    forwarded: Callable[[str], None] = field(default=lambda _: None)
    trouble: Callable[[str], None] = field(default=lambda _: None)

    def opens(self, now: float) -> Slot | None:
        """The slot that is open for links now. A class may run late: till its margin is over the door itself judges."""
        before, slots = self.opens_before, self.timetable.slots(now)
        return next((slot for slot in slots if slot.start - before <= now < slot.end + slot.margin), None)

    def next_time(self, now: float) -> str:
        """When the next class begins, in words and in the class's own time; "" when none is planned."""
        slot = self.timetable.following(now)
        return self.words(slot.start) if slot is not None else ""

    def words(self, at: float) -> str:
        """A time as families read it."""
        return datetime.fromtimestamp(at, tz=self.zone).strftime("%A %-d %B, %H:%M (%Z)")

    def listed(self, person: str, now: float) -> Person | None:
        """The person, if on the list now; None too while no list is known."""
        return next((one for one in self.people() if one.id == person and one.valid(now)), None)

    def refusal(self, why: Why, now: float, device: str = "") -> LinkRefusedError:
        """Why the link does not open, with everything that its page says."""
        return LinkRefusedError(why, title=self.title, call=self.call, when=self.next_time(now), device=device)


class FreshOpenings:
    """Who pressed "Join class" of late: what ``guardian.ports.Openings`` asks, from memory."""

    def __init__(self) -> None:
        self._by_nonce: OrderedDict[str, tuple[Opening, str]] = OrderedDict()

    def add(self, opening: Opening, registrant: str) -> None:
        """A new one, or one that the store remembers."""
        self._tidy(opening.at)
        self._by_nonce[opening.nonce] = (opening, registrant)

    def claim(self, key: str, by: str, at: float) -> tuple[Opening | None, bool]:
        """The opening by which this connection came, and whether that is new. The newest fitting one."""
        kind, _, value = key.partition(":")
        mine = [
            opening
            for opening, registrant in reversed(self._by_nonce.values())
            if value and value == {"nonce": opening.nonce, "registrant": registrant}.get(kind)
        ]
        for opening in mine:
            if opening.used_by == by:
                return opening, False
        for opening in mine:
            if not opening.used_by and -SKEW <= at - opening.at <= FRESH:
                return self._use(opening, by), True
        return None, False

    def _use(self, opening: Opening, by: str) -> Opening:
        used = Opening(opening.nonce, opening.lid, opening.at, by)
        self._by_nonce[opening.nonce] = (used, self._by_nonce[opening.nonce][1])
        return used

    def _tidy(self, now: float) -> None:
        for nonce, (opening, _) in list(self._by_nonce.items()):
            if now - opening.at > (_KEPT_USED if opening.used_by else _KEPT_UNUSED):
                del self._by_nonce[nonce]


@dataclass
class _Second:
    """A link's second devices: those that wait, and the code on its way to the owner."""

    waiting: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)
    code: str = ""
    until: float = 0.0
    tries: int = 0
    sent: deque[float] = field(default_factory=lambda: deque(maxlen=_CODES_AN_HOUR))
    told: float = float("-inf")


class SecondDevices:
    """Codes and waiting browsers, by link; bounded. Lost with the process: then one is asked for again."""

    def __init__(self) -> None:
        self._by_link: OrderedDict[str, _Second] = OrderedDict()

    def _of(self, lid: str) -> _Second:
        found = self._by_link.setdefault(lid, _Second())
        self._by_link.move_to_end(lid)
        if len(self._by_link) > _MOST_LINKS:
            self._by_link.popitem(last=False)
        return found

    def waits(self, lid: str, browser: str, now: float) -> str:
        """The number by which staff may let this browser in: short, so that it can be said aloud."""
        waiting = self._of(lid).waiting
        for number, (known, since) in list(waiting.items()):
            if now - since > _DEVICE_WAITS:
                del waiting[number]
            elif known == browser:
                return number
        if len(waiting) >= _MOST_WAITING:
            waiting.popitem(last=False)
        number = next(n for n in iter(_number, "") if n not in waiting)
        waiting[number] = (browser, now)
        return number

    def let_in(self, lid: str, number: str, now: float) -> str | None:
        """Take the browser that waits under this number out of the queue; None: there is none."""
        browser, since = self._of(lid).waiting.pop(number.strip(), ("", 0.0))
        return browser if browser and now - since <= _DEVICE_WAITS else None

    def code(self, lid: str, now: float) -> str | None:
        """A new code for the owner; None: the last one was too little ago, or there were too many."""
        second = self._of(lid)
        if second.sent and now - second.sent[-1] < _CODE_EVERY:
            return None
        if len(second.sent) == _CODES_AN_HOUR and now - second.sent[0] < 3600.0:
            return None
        second.sent.append(now)
        second.code, second.until, second.tries = f"{secrets.randbelow(10**6):06}", now + CODE_LIVES, 0
        return second.code

    def fits(self, lid: str, code: str, now: float) -> bool:
        """Whether that is the code; each serves once, and is void after five wrong ones."""
        second = self._of(lid)
        typed = "".join(c for c in code if c.isascii() and c.isdigit())
        if not second.code or now > second.until:
            return False
        second.tries += 1
        right = same(second.code, typed)
        if right or second.tries >= MOST_TRIES:
            second.code = ""
        return right

    def tell(self, lid: str, now: float) -> bool:
        """Whether people should hear that this link was opened elsewhere: once a day for each."""
        second = self._of(lid)
        if now - second.told < 86400.0:
            return False
        second.told = now
        return True


def _number() -> str:
    return f"{secrets.randbelow(9000) + 1000}"


def clock_words(seconds: float) -> str:
    """``16:05 UTC``, for a sentence in the journal."""
    return time.strftime("%H:%M UTC", time.gmtime(seconds))
