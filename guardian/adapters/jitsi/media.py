"""Jitsi's A/V moderation of one meeting: which media are moderated now, and switching that.

Source: mod_av_moderation_component. It tells everybody of each switch; a switch to what already is, is told to nobody.
"""

from __future__ import annotations

import asyncio

from guardian.adapters.jitsi import wire
from guardian.adapters.jitsi.stream import Stream
from guardian.adapters.jitsi.trouble import NoAnswerError
from guardian.adapters.jitsi.wire_facts import MediaNotice


class Media:
    """``on`` holds the media that are moderated: nobody may unmute or share them without leave. ``patience``: seconds
    that the server has to say that it switched one.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self.on: set[str] = set()
        self._stream: Stream | None = None
        self._component: str | None = None
        self._room = ""
        self._waiting: list[tuple[str, bool, asyncio.Future[None]]] = []

    def begin(self, stream: Stream, component: str | None, room: str) -> None:
        """A meeting begins for us; what is moderated there already will be told on entry."""
        self.on.clear()
        self._stream, self._component, self._room = stream, component, room

    def told(self, notice: MediaNotice) -> None:
        """The component says what is so now."""
        if notice.component != self._component or notice.room != self._room:
            return
        (self.on.add if notice.on else self.on.discard)(notice.media)
        for media, on, waiting in self._waiting:
            if (media, on) == (notice.media, notice.on) and not waiting.done():
                waiting.set_result(None)

    async def switch(self, media: str, *, on: bool) -> None:
        """Switch the moderation of one medium, and wait until the server says so. Raises TemporaryError."""
        if self._stream is None or self._component is None or (media in self.on) is on:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (media, on, waiting)
        self._waiting.append(entry)
        try:
            await self._stream.send(wire.moderate_media(self._component, media, on=on))
            async with asyncio.timeout(self._patience):
                await waiting
        except TimeoutError:
            raise NoAnswerError(f"the server did not switch the moderation of {media}") from None
        finally:
            self._waiting.remove(entry)
