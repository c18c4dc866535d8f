"""Personal links: what each is bound to, when one opens, and by which opening somebody came.

May live here: the order of things, over the ports ``LinkStore``, ``Doorway`` and ``Postman``. May not: HTTP, SQL, words
of mails and pages. A link gives no entry by itself: it makes a proof, and the class's gate judges.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from guardian.app.link_doors import (
    FreshOpenings,
    LinkedClass,
    LinkRefusedError,
    SecondDevices,
    Why,
    clock_words,
)
from guardian.app.link_tokens import LinkKeys
from guardian.core.roster import Person
from guardian.errors import GuardianError, JournalError, NotDeliveredError
from guardian.ports import Clock, Link, LinkStore, Opening, PersonalKind, PersonalLetter, Postman

MOST_BROWSERS = 5
"""Browsers that one link may be bound to; who needs more gets a new link."""
_REMEMBER = 86400.0  # seconds of openings that are read back after a restart
_FORGET_AFTER, _FORGET_EVERY = 30 * 86400.0, 86400.0
_TOGETHER = 30  # links that a platform is told of at a time: what was done is kept, should the next ones fail

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of one person's invitation: mails that went out now, had gone before, and did not go.

    ``unable``: nobody may receive this person's link.
    """

    person: str
    sent: int = 0
    before: int = 0
    failed: int = 0
    unable: bool = False


class LinkBook:
    """All personal links of this installation; ``classes`` by meeting, put in before it starts.

    ``postman`` None: no mail is sent, so no second device by code. ``public_url``: where families reach us.
    ``valid_for``: seconds that a link lives. ``look_every``: seconds between two looks for links that another process
    made. Fits ``guardian.ports.Openings``.
    """

    def __init__(
        self,
        open_store: Callable[[], Awaitable[LinkStore]],
        keys: LinkKeys,
        *,
        public_url: str,
        clock: Clock,
        postman: Postman | None = None,
        valid_for: float = 120 * 86400.0,
        look_every: float = 5.0,
    ) -> None:
        self._open_store, self.keys, self._clock, self._postman = open_store, keys, clock, postman
        self.classes: dict[str, LinkedClass] = {}
        self._opened: LinkStore | None = None
        self._public_url, self._valid_for, self._look_every = public_url, valid_for, look_every
        self._fresh, self._second = FreshOpenings(), SecondDevices()
        self._used: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._rotated: asyncio.Queue[str] = asyncio.Queue()

    # -- life --------------------------------------------------------------------------------------------------------

    @property
    def _store(self) -> LinkStore:
        if self._opened is None:
            raise JournalError("the store of personal links is not open")
        return self._opened

    async def start(self) -> None:
        """Open the store and read back what was opened of late, so that a restart takes nobody's proof.

        Raises JournalError.
        """
        self._opened, now = await self._open_store(), self._clock()
        await self._store.forget(now - _FORGET_AFTER)
        registrants = {link.lid: link.registrant for link in await self._store.links()}
        for opening in await self._store.openings(now - _REMEMBER):
            self._fresh.add(opening, registrants.get(opening.lid, ""))

    async def run(self) -> None:
        """Until cancelled: write down which openings were used (memory is what ``claim`` asks), and make new links for
        whom a new passcode has made the old ones worthless.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_uses())
            tasks.create_task(self._follow_rotations())
            tasks.create_task(self._forget())

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(_FORGET_EVERY)
            try:
                await self._store.forget(self._clock() - _FORGET_AFTER)
            except JournalError as error:
                log.warning("links_not_forgotten", error=type(error).__name__)

    async def _write_uses(self) -> None:
        while True:
            nonce, by = await self._used.get()
            try:
                await self._store.used(nonce, by)
            except JournalError as error:  # memory knows; only after a restart could it serve a second time
                log.warning("link_use_not_kept", error=type(error).__name__)
            finally:
                self._used.task_done()

    async def _follow_rotations(self) -> None:
        while True:
            meeting = await self._rotated.get()
            whole = False
            try:
                renewed = await self.renew(meeting)
                whole = not any(one.failed or one.unable for one in renewed)
                log.info("links_renewed", meeting=meeting, people=len(renewed), whole=whole)
            except GuardianError as error:
                log.warning("links_not_renewed", meeting=meeting, error=type(error).__name__)
            finally:
                if not whole:
                    self.classes[meeting].trouble("the passcode is new, but not everybody has a new personal link yet")
                self._rotated.task_done()

    def rotated(self, meeting: str) -> None:
        """The meeting has a new passcode: everybody's link is ended, made anew and mailed, as soon as may be."""
        if meeting in self.classes:
            self._rotated.put_nowait(meeting)

    async def written(self) -> None:
        """Return when every use that is known is written down, and every rotation followed."""
        await self._used.join()
        await self._rotated.join()

    async def close(self) -> None:
        """Release the store."""
        if self._opened is not None:
            await self._opened.close()

    # -- for the roster and the platforms ----------------------------------------------------------------------------

    async def accounts(self, meeting: str) -> Mapping[str, tuple[str, ...]]:
        """By person: what a connection shows that came by their link, or by its registration. Raises JournalError."""
        return {link.person: _accounts(link) for link in await self._store.links(meeting)}

    async def changes(self) -> AsyncIterator[None]:
        """Yields when links were made or revoked, by whichever process, until cancelled."""
        known: str | None = None
        while True:
            try:
                found = await self._store.revision()
            except GuardianError as error:
                log.warning("links_unreadable", error=type(error).__name__)
            else:
                if known is not None and found != known:
                    yield None
                known = found
            await asyncio.sleep(self._look_every)

    def claim(self, key: str, by: str, at: float) -> str | None:
        """See ``guardian.ports.Openings``."""
        opening, new = self._fresh.claim(key, by, at)
        if opening is not None and new:
            self._used.put_nowait((opening.nonce, by))
            log.info("link_used", link=opening.lid)
        return opening.lid if opening is not None else None

    # -- for the pages -----------------------------------------------------------------------------------------------

    async def look(self, token: str) -> tuple[Link, LinkedClass]:
        """The link and class of an address; binds nothing, changes nothing. Raises LinkRefusedError, JournalError."""
        now = self._clock()
        named = self.keys.read(token, now)
        klass = self.classes.get(named.meeting) if named is not None else None
        if named is None or klass is None:
            raise LinkRefusedError(Why.WRONG)
        if named.late:
            raise klass.refusal(Why.EXPIRED, now)
        link = await self._store.link(named.lid)
        if link is None or (link.meeting, link.version) != (named.meeting, named.version):
            raise LinkRefusedError(Why.WRONG)
        gone = klass.people() and klass.listed(link.person, now) is None
        if link.revoked_at is not None or gone:
            raise klass.refusal(Why.REVOKED, now)
        if named.early:
            raise klass.refusal(Why.EARLY, now)
        return link, klass

    async def open(self, token: str) -> tuple[Link, LinkedClass]:
        """As ``look``, and it is time for class. Raises LinkRefusedError, JournalError."""
        link, klass = await self.look(token)
        now = self._clock()
        if klass.opens(now) is None:
            raise klass.refusal(Why.EARLY if klass.timetable.following(now) else Why.OVER, now)
        return link, klass

    async def join(self, token: str, cookie: str) -> str:
        """The secret address of the class for this browser; the first one that asks is the link's own.

        Raises LinkRefusedError, JournalError.
        """
        link, klass = await self.open(token)
        browser, now = self.keys.browser(cookie, link.lid), self._clock()
        if not link.browsers:
            link = await self._store.bind(link.lid, browser, now, first=True) or link
            log.info("link_bound", link=link.lid, number=len(link.browsers))
        if browser not in link.browsers:
            await self._elsewhere(link, klass, browser)
            raise klass.refusal(Why.OTHER_BROWSER, now, self._second.waits(link.lid, browser, now))
        return await self._on(link, klass)

    async def _on(self, link: Link, klass: LinkedClass) -> str:
        """Hand over: the opening is durable before anybody can come by it."""
        now, nonce = self._clock(), secrets.token_hex(16)
        way = klass.doorway.way(link, nonce)
        if not way:
            raise klass.refusal(Why.NOT_READY, now)
        opening = Opening(nonce, link.lid, now)
        await self._store.opened(opening)
        self._fresh.add(opening, link.registrant)
        log.info("link_opened", link=link.lid, meeting=link.meeting)
        return way

    # -- second devices ----------------------------------------------------------------------------------------------

    async def send_code(self, token: str, cookie: str) -> tuple[LinkedClass, str]:
        """Mail a one-time code to the person's own addresses; the class, and the device's number for staff.

        Raises LinkRefusedError, JournalError.
        """
        link, klass = await self.open(token)
        now, browser = self._clock(), self.keys.browser(cookie, link.lid)
        device = self._second.waits(link.lid, browser, now)
        to = await self._addresses(link, klass)
        if not to or self._postman is None:
            raise klass.refusal(Why.NO_ADDRESS, now, device)
        code = self._second.code(link.lid, now)
        if code is None:
            raise klass.refusal(Why.CODE_TOO_SOON, now, device)
        letter = self._letter(PersonalKind.CODE, link, klass, code=code, mark=f"{link.lid} {now}")
        if not await self._post(letter, to):
            raise klass.refusal(Why.NO_ADDRESS, now, device)
        return klass, device

    async def check_code(self, token: str, cookie: str, code: str) -> str:
        """The same as ``join``, for another browser whose human has the code. Raises LinkRefusedError, JournalError."""
        link, klass = await self.open(token)
        now, browser = self._clock(), self.keys.browser(cookie, link.lid)
        if not self._second.fits(link.lid, code, now):
            raise klass.refusal(Why.WRONG_CODE, now, self._second.waits(link.lid, browser, now))
        return await self._on(await self._bind_one_more(link, klass, browser), klass)

    async def let_in(self, meeting: str, person: str, device: str, by: str) -> bool:
        """Staff let the browser in that waits under the number ``device``; False: none does. Raises JournalError."""
        klass, now = self.classes.get(meeting), self._clock()
        for link in await self._store.links(meeting) if klass is not None else []:
            browser = self._second.let_in(link.lid, device, now) if link.person == person else None
            if browser is not None and klass is not None:
                await self._bind_one_more(link, klass, browser)
                log.info("second_device_let_in", link=link.lid)
                # Into the record, and to the staff: every human word has a name.
                klass.forwarded(f"another device ({device}) of {person} was let in by {by}")
                return True
        return False

    async def _bind_one_more(self, link: Link, klass: LinkedClass, browser: str) -> Link:
        if browser not in link.browsers and len(link.browsers) >= MOST_BROWSERS:
            raise klass.refusal(Why.TOO_MANY_BROWSERS, self._clock())
        return await self._store.bind(link.lid, browser, self._clock(), first=False) or link

    async def _elsewhere(self, link: Link, klass: LinkedClass, browser: str) -> None:
        """The owner and the staff hear that a link was opened in a browser that is not its own."""
        now = self._clock()
        if not self._second.tell(link.lid, now):
            return
        log.warning("link_opened_elsewhere", link=link.lid, meeting=link.meeting)
        number = self._second.waits(link.lid, browser, now)
        klass.forwarded(
            f"the personal link of {link.person} was opened on another device ({number}) at {clock_words(now)};"
            " it was not let through"
        )
        to = await self._addresses(link, klass)
        letter = self._letter(PersonalKind.FORWARDED, link, klass, mark=f"{link.lid} {now}")
        await self._post(letter, to)

    # -- making and ending them --------------------------------------------------------------------------------------

    async def issue(self, meeting: str, people: Sequence[Person]) -> list[Link]:
        """A link for each who has none, known to the platform. Doing it again goes on where it broke off.

        Raises PlatformError, JournalError.
        """
        klass, now = self.classes[meeting], self._clock()
        wanted = [Link(secrets.token_hex(12), meeting, one.id, 0, now, now + self._valid_for) for one in people]
        links = await self._store.add(wanted)
        over = [link for link in links if link.until <= now]
        for link in over:
            await self._store.revoke(link.lid, now)
        if over:
            links = await self._store.add(wanted)
        names = {one.id: one.name for one in people}
        bare = {link.lid: names[link.person] for link in links if not klass.doorway.way(link, "try")}
        for some in (dict(list(bare.items())[at : at + _TOGETHER]) for at in range(0, len(bare), _TOGETHER)):
            for lid, (registrant, way) in (await klass.doorway.enrol(some)).items():
                await self._store.enrolled(lid, registrant, way)
        mine = {link.lid for link in links}
        return [link for link in await self._store.links(meeting) if link.lid in mine]

    async def invite(self, link: Link, person: Person, to: Sequence[str]) -> Mailed:
        """Mail a link to everybody who may receive it, to each address once ever. Raises JournalError."""
        if self._postman is None or not to:
            return Mailed(person.id, unable=True)
        klass, sent, before, failed = self.classes[link.meeting], 0, 0, 0
        for address in dict.fromkeys(to):
            mark = self.keys.address(address, link.lid)
            if not await self._store.mailing(link.lid, mark, self._clock()):
                before += 1
                continue
            letter = self._letter(PersonalKind.INVITATION, link, klass, name=person.name, mark=f"{link.lid} {mark}")
            gone = bool(await self._post(letter, [address]))
            await self._store.mailed(link.lid, mark, gone=gone)
            sent, failed = sent + gone, failed + (not gone)
        return Mailed(person.id, sent, before, failed)

    async def unsure(self, meeting: str) -> list[str]:
        """People whose mail may have gone out or not: we were stopped in its midst. Raises JournalError."""
        return await self._store.unsure(meeting)

    async def revoke(self, meeting: str, persons: Sequence[str] | None = None) -> list[str]:
        """End the links of these people (None: of all) here and on the platform; whose were ended.

        Raises JournalError; PlatformError when the platform did not do its part (here they are ended all the same).
        """
        ended = [link for link in await self._store.links(meeting) if persons is None or link.person in persons]
        for link in ended:
            await self._store.revoke(link.lid, self._clock())
        known = [link for link in ended if link.registrant]
        if known:
            await self.classes[meeting].doorway.strike(known)
        return [link.person for link in ended]

    async def renew(self, meeting: str, persons: Sequence[str] | None = None) -> list[Mailed]:
        """End these people's links (None: everybody's), make new ones and mail them, in one act.

        Raises JournalError, PlatformError.
        """
        klass, now = self.classes[meeting], self._clock()
        ended = await self.revoke(meeting, persons)
        people = [one for name in ended if (one := klass.listed(name, now)) is not None]
        by_id = {one.id: one for one in people}
        links = await self.issue(meeting, people)
        return [
            await self.invite(link, by_id[link.person], await self._addresses(link, klass))
            for link in links
            if link.person in by_id
        ]

    def address(self, link: Link) -> str:
        """The address to give to the person: a secret of theirs."""
        return f"{self._public_url}/j/{self.keys.sign(link)}"

    # -- mail --------------------------------------------------------------------------------------------------------

    def _letter(
        self, kind: PersonalKind, link: Link, klass: LinkedClass, *, mark: str, name: str = "", code: str = ""
    ) -> PersonalLetter:
        person = klass.listed(link.person, self._clock())
        return PersonalLetter(
            kind,
            klass.title,
            mark,
            name or (person.name if person else ""),
            address=self.address(link) if kind is PersonalKind.INVITATION else "",
            code=code,
            times=klass.next_time(self._clock()),
            call=klass.call,
        )

    async def _addresses(self, link: Link, klass: LinkedClass) -> tuple[str, ...]:
        try:
            return await klass.addresses(link.person)
        except GuardianError as error:
            log.warning("addresses_unreadable", meeting=klass.meeting, error=type(error).__name__)
            return ()

    async def _post(self, letter: PersonalLetter, to: Sequence[str]) -> int:
        """To each address by itself; how many went out."""
        gone, postman = 0, self._postman
        for address in to:
            if postman is None:
                break
            try:
                await postman.post(letter, address)
            except NotDeliveredError as error:
                log.warning("personal_mail_failed", kind=letter.kind.value, why=str(error))
            else:
                gone += 1
        return gone


def _accounts(link: Link) -> tuple[str, ...]:
    return (f"link:{link.lid}", *((f"registrant:{link.registrant}",) if link.registrant else ()))
