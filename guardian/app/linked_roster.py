"""A roster whose people may also be known by their personal links. Nothing else is added or taken away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import replace

import structlog

from guardian.app.links import LinkBook
from guardian.core.roster import Roster
from guardian.errors import JournalError
from guardian.ports import RosterSource

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class LinkedRoster:
    """See ``guardian.ports.RosterSource``: ``source``, and what ``book`` has made for its people in ``meeting``."""

    def __init__(self, source: RosterSource, book: LinkBook, meeting: str) -> None:
        self._source, self._book, self._meeting = source, book, meeting

    async def load(self) -> Roster:
        """See the port. Where links cannot be read, the list stands without them: nobody is lost by that."""
        roster = await self._source.load()
        try:
            known = await self._book.accounts(self._meeting)
        except JournalError as error:
            log.warning("links_unreadable", meeting=self._meeting, error=type(error).__name__)
            return roster
        added = {one.id: known[one.id] for one in roster.people if one.id in known}
        if not added:
            return roster
        people = tuple(
            replace(one, accounts=tuple(dict.fromkeys((*one.accounts, *added.get(one.id, ())))))
            for one in roster.people
        )
        mark = hashlib.sha256(repr(sorted(added.items())).encode()).hexdigest()[:8]
        return Roster(f"{roster.version}-{mark}", people)

    async def changes(self) -> AsyncGenerator[None, None]:
        """See the port: the list has changed, or the links have."""
        news = asyncio.Event()
        watchers = [
            asyncio.create_task(_note(self._source.changes(), news)),
            asyncio.create_task(_note(self._book.changes(), news)),
        ]
        try:
            while True:
                waiting = asyncio.create_task(news.wait())
                await asyncio.wait({waiting, *watchers}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                for watcher in watchers:
                    if watcher.done():
                        watcher.result()  # a source that ended or broke ends this one in the same way
                        return
                news.clear()
                yield None
        finally:
            for watcher in watchers:
                watcher.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*watchers, return_exceptions=True)


async def _note(source: AsyncIterator[None], news: asyncio.Event) -> None:
    async for _ in source:
        news.set()
