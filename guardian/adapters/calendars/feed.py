"""A calendar from a file or an address: fetched, kept, looked at again. What its bytes mean lives in ``ical``.

An address may be a secret (anybody who has it reads the calendar): no message, log line or file of ours shows it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog

from guardian.adapters.calendars.wanted import Found, Wanted
from guardian.core.memory import Slot
from guardian.errors import ScheduleError

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)

AHEAD = 120 * 86400.0  # seconds; looked at again every day
BEHIND = 2 * 86400.0
_EXPAND_EVERY = 86400.0
PATIENCE = 3600.0
"""Seconds that an address may be away before a human is told; the copy that is kept does until then, and after."""

_LARGEST = 8 * 1024 * 1024  # bytes
_WITHIN = 30.0  # seconds for one fetch
_FIRST_WITHIN = 10.0  # seconds that the service's start waits for it, if there is no copy
_RETRY = 60.0  # seconds after a fetch that failed
_REDIRECTS = 5
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Place:
    """Where the calendar is: ``file`` or ``address``. ``keep``: the file in which a copy of the address is kept.

    ``every`` in seconds: how often it is read again.
    """

    file: Path | None = None
    address: str = ""
    keep: Path | None = None
    every: float = 900.0

    @property
    def name(self) -> str:
        """As messages call it: never the address."""
        return self.file.name if self.file else f"the calendar at {urlsplit(self.address).hostname}"


class CalendarFeed:
    """Implements the app's ``Calendar``."""

    def __init__(self, place: Place, wanted: Wanted, clock: Callable[[], float]) -> None:
        self.trouble = ""
        self.notes: tuple[str, ...] = ()
        self._place, self._wanted, self._clock = place, wanted, clock
        self._slots: tuple[Slot, ...] = ()
        self._raw: bytes | None = None
        self._tags: dict[str, str] = {}
        self._expanded = float("-inf")
        self._lock = asyncio.Lock()

    def slots_from(self, now: float) -> tuple[Slot, ...]:
        """Every slot that is not over at ``now``, in order, as far as the calendar was looked at."""
        return tuple(slot for slot in self._slots if slot.end > now)

    async def start(self) -> None:
        """Be ready at once: with the copy that is kept, or what can be fetched in a moment. Never raises."""
        if await self._take_copy():
            return
        with suppress(ScheduleError, TimeoutError):
            async with asyncio.timeout(_FIRST_WITHIN):
                await self.load()

    async def load(self) -> None:
        """Read it now. If that fails, what was read before (or the copy) stays, and ``trouble`` says so.

        Raises ScheduleError if there is nothing to fall back on.
        """
        async with self._lock:
            try:
                raw, tags = await self._get()
                await self._understand(raw)
                self._tags = tags
                await asyncio.to_thread(self._keep, raw)
            except ScheduleError as error:
                self.trouble = str(error)
                log.warning("calendar_failed", source=self._place.name)
                if self._raw is None and not await self._take_copy():
                    raise
                self.trouble = f"{error}; what was read before is used"
            else:
                self.trouble = ""

    async def run(self, tell: Callable[[str], None]) -> None:
        """Until cancelled: read it again and again. ``tell`` hears, once each time, of trouble that lasts and of a
        calendar that has suddenly nothing to come.
        """
        since: float | None = None
        told = False
        while True:
            had = bool(self.slots_from(self._clock()))
            with suppress(ScheduleError):
                await self.load()
            now = self._clock()
            if not self.trouble:
                since, told = None, False
                if had and not self.slots_from(now):
                    tell("The calendar has no class to come any more. If that is wrong, mend it: nothing is guarded.")
            else:
                since = now if since is None else since
                if not told and (now - since >= PATIENCE or self._raw is None):
                    told = True
                    tell(f"The calendar cannot be read: {self.trouble}.")
            await asyncio.sleep(min(self._place.every, _RETRY) if self.trouble else self._place.every)

    async def _understand(self, raw: bytes) -> None:
        """Take over these bytes, or leave everything as it was. Raises ScheduleError."""
        now = self._clock()
        if raw == self._raw and 0 <= now - self._expanded < _EXPAND_EVERY:
            return
        found = await asyncio.to_thread(_read, raw, self._place.name, self._wanted, now)
        self._slots, self.notes = _steady(self._slots, found.slots, now), found.notes
        self._raw, self._expanded = raw, now

    # -- getting it ----------------------------------------------------------------------------------------------

    async def _get(self) -> tuple[bytes, dict[str, str]]:
        """Its bytes, and what to ask with the next time, so that it is sent only when changed. Raises ScheduleError."""
        if self._place.file is not None:
            return await asyncio.to_thread(_file, self._place.file), {}
        try:
            return await self._fetch()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ScheduleError(f"{self._place.name} could not be fetched ({type(error).__name__})") from None

    async def _fetch(self) -> tuple[bytes, dict[str, str]]:
        asked = {"Accept": "text/calendar", "User-Agent": "meeting-guardian"}
        if self._raw is not None:
            asked |= self._tags
        address = self._place.address
        timeout = aiohttp.ClientTimeout(total=_WITHIN, connect=_FIRST_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for _ in range(_REDIRECTS):
                async with session.get(address, headers=asked, allow_redirects=False) as answer:
                    if answer.status in {301, 302, 303, 307, 308} and "Location" in answer.headers:
                        address = self._safe(urljoin(address, answer.headers["Location"]))
                        continue
                    if answer.status == 304 and self._raw is not None:
                        return self._raw, self._tags
                    if answer.status != 200:
                        raise ScheduleError(f"{self._place.name} answers {answer.status}")
                    raw = await self._body(answer)
                    tags = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
                    return raw, {ask: answer.headers[tag] for ask, tag in tags.items() if tag in answer.headers}
        raise ScheduleError(f"{self._place.name} leads in circles")

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        found = bytearray()
        async for chunk in answer.content.iter_chunked(65536):
            found += chunk
            if len(found) > _LARGEST:
                raise ScheduleError(f"{self._place.name} is larger than {_LARGEST // 1024 // 1024} MiB")
        return bytes(found)

    def _safe(self, address: str) -> str:
        """A redirect's target, if nobody on the way can read it. Raises ScheduleError."""
        parts, own = urlsplit(address), urlsplit(self._place.address)
        here = parts.scheme == "http" and parts.hostname in _LOOPBACK and own.hostname in _LOOPBACK
        if parts.scheme != "https" and not here:
            raise ScheduleError(f"{self._place.name} leads to an address that is not https")
        return address

    # -- the copy ------------------------------------------------------------------------------------------------

    def _keep(self, raw: bytes) -> None:
        """Keep a copy. If the disk is full the calendar is none the worse today."""
        keep = self._place.keep
        if keep is None:
            return
        about = {"of": self._digest(), "tags": self._tags}
        try:
            keep.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            head = json.dumps(about).encode() + b"\n"
            draft = keep.with_suffix(".new")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(head + raw)
            draft.replace(keep)
        except OSError as error:
            log.warning("calendar_not_kept", error=type(error).__name__)

    async def _take_copy(self) -> bool:
        """Use the copy that is kept, if it is of this address and still understood."""
        keep = self._place.keep
        if keep is None or not keep.is_file():
            return False
        try:
            head, _, raw = (await asyncio.to_thread(keep.read_bytes)).partition(b"\n")
            about = json.loads(head)
            if about["of"] != self._digest():
                return False
            await self._understand(raw)
            self._tags = dict(about["tags"])
        except (OSError, ValueError, KeyError, TypeError, ScheduleError):
            return False
        return True

    def _digest(self) -> str:
        return hashlib.sha256(self._place.address.encode()).hexdigest()


def _steady(before: Sequence[Slot], after: Sequence[Slot], now: float) -> tuple[Slot, ...]:
    """The new slots; but one that runs keeps its start, by which it is known: a class whose event is edited while it
    runs goes on as it is, locked and with everybody's word, and only its end may change.
    """
    own = next((slot for slot in before if _runs(slot, now)), None)
    return tuple(replace(slot, start=own.start) if own is not None and _runs(slot, now) else slot for slot in after)


def _runs(slot: Slot, now: float) -> bool:
    return slot.start - slot.margin <= now < slot.end


def _read(raw: bytes, name: str, wanted: Wanted, now: float) -> Found:
    from guardian.adapters.calendars import ical  # noqa: PLC0415 - takes a third of a second, and few need it

    return ical.read(raw, name, wanted, now - BEHIND, now + AHEAD)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise ScheduleError(f"{path.name} cannot be read: {os.strerror(error.errno or 0)}") from error
