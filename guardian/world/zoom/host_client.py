"""A host's client with the guardian's panel open in it: plays the page over the panel's real HTTP and WebSocket.

May live here: what the page says and does. May not: its connection (window.py), what the client can do (native.py).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Self

from guardian.world.zoom.acts import ActError
from guardian.world.zoom.faults import spend
from guardian.world.zoom.ledger import By
from guardian.world.zoom.meeting import Meeting
from guardian.world.zoom.native import NativeClient
from guardian.world.zoom.window import Frame, Page, Window
from guardian.world.zoom.world import ZoomWorld

_TOLD = frozenset({"open", "closed", "refused", "replaced"})


class HostClient:
    """One window of the panel. See `open`; `state` is "closed", "open", "refused", "replaced" or "away".

    product: "desktop", "mobile" (cannot work the waiting room) or "web" (sends no context: the page refuses).
    unsupported: names of Apps SDK functions. role, typ: None means as the meeting says; origin None: the page's own.
    frames: everything that came; commands, results: of those, what was to be done, and what was answered.
    """

    def __init__(  # noqa: PLR0913 - a client is all of this; who makes one names what he changes
        self,
        world: ZoomWorld,
        meeting: Meeting,
        uid: str,
        *,
        product: str = "desktop",
        version: str = "6.4.5.1",
        unsupported: Iterable[str] = (),
        origin: str | None = None,
        role: str | None = None,
        typ: str | None = None,
        main_room: bool = True,
    ) -> None:
        self.native = NativeClient(meeting, uid, product, version, unsupported, role)
        self.native.main_room = main_room
        self.uid = uid
        self.leading = False
        self.meeting_id = self.title = self.you = ""
        self.view: Any = None
        self.frames: list[Frame] = []
        self.commands: list[Frame] = []
        self.results: list[Frame] = []
        self._world = world
        self._meeting = meeting
        self._typ = typ
        self._frozen = False
        self._done: dict[str, Frame] = {}
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        page = Page(self._shown_context, self._hello, self._talk, self._became)
        self._window = Window(page, world.stage.sleep, origin)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- the window ---

    @property
    def state(self) -> str:
        """Of the window; see the class."""
        return self._window.state

    @property
    def http_status(self) -> int:
        """What the page was answered with, 0 for no answer."""
        return self._window.http_status

    @property
    def close_code(self) -> int | None:
        """How the last connection ended."""
        return self._window.close_code

    @property
    def why(self) -> str:
        """Why Zoom's client would not show the page, "" if it would."""
        return self._window.why

    async def open(self, page_url: str, timeout: float = 5.0) -> str:
        """Open the panel; the state in which it then is: "open" or "refused" (`http_status`, `close_code`, `why`)."""
        await self.close()
        await self._window.open(page_url, timeout)
        return self.state

    async def reopen(self, timeout: float = 5.0) -> str:
        """Close the window and open it again; in a replaced one: "take over here"."""
        return await self.open(self._window.url, timeout)

    async def close(self) -> None:
        """The host closes the window."""
        await self._window.close()

    def kill(self) -> None:
        """The window is gone without a word: the client crashed, or the computer sleeps."""
        self._window.kill()

    def freeze(self, frozen: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """The window stays open but does nothing any more."""
        self._frozen = frozen

    def enter_breakout(self, inside: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """The host goes to a breakout room, or comes back."""
        self.native.main_room = not inside
        self._meeting.changes.notify()

    async def until(self, condition: Callable[[HostClient], bool], timeout: float = 5.0) -> None:
        """Return once the condition holds for this window; TimeoutError after `timeout` seconds."""
        await self._window.changes.until(lambda: condition(self), timeout)

    # --- what the host does in it ---

    async def order(self, verb: str, *, timeout: float = 5.0, **fields: Any) -> Frame:
        """Press a button; the frame that answers it."""
        order = secrets.token_hex(8)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[order] = answer
        try:
            await self.say({"type": "order", "order": order, "verb": verb} | fields)
            async with asyncio.timeout(timeout):
                return await answer
        finally:
            del self._answers[order]

    async def ack(self, incident: str) -> None:
        """Acknowledge an incident."""
        await self.say({"type": "ack", "incident": incident})

    async def context_again(self) -> None:
        """Send a fresh context on the open socket."""
        await self.say({"type": "context", "context": self.make_context()})

    async def say(self, frame: Frame) -> None:
        """Send any frame, be it nonsense; a frozen window sends nothing."""
        if not self._frozen:
            await self._window.send(frame)

    def make_context(self, **changes: Any) -> str:
        """The context that Zoom's client gives the page now; in no meeting it is that of the main window."""
        in_meeting = self.native.person is not None
        typ = self._typ or ("meeting" if in_meeting else "panel")
        mid = self._meeting.panel_instance if typ == "meeting" else None
        facts = {"uid": self.uid, "mid": mid, "role": self.native.role, "typ": typ} | changes
        return self._world.context(**facts)

    async def fetch(self, page_url: str, context: str | None = None) -> tuple[int, str]:
        """Ask for the page alone; its status and text. `context`: None as the client does, "" sends none."""
        return await self._window.fetch(page_url, self._shown_context() if context is None else context)

    # --- the page ---

    def _shown_context(self) -> str:
        return "" if self.native.product == "web" else self.make_context()

    def _hello(self, proof: Frame) -> Frame:
        return {"type": "hello", "number": self._meeting.number} | proof

    def _became(self, state: str) -> None:
        if state != "open":
            self.leading = False
        if state in _TOLD:
            self._meeting.note("panel", self.native.person, By.HOST, detail=f"{state} {self.uid}")

    async def _talk(self, window: Window) -> None:
        """One connection: answers what comes, and reports by itself once it is welcome."""
        reporter: asyncio.Task[None] | None = None
        try:
            while (frame := await window.receive()) is not None:
                self.frames.append(frame)
                if not self._frozen:
                    await self._take(frame)
                if frame.get("type") == "welcome" and reporter is None:
                    reporter = asyncio.create_task(self._report())
                window.changes.notify()
        finally:
            if reporter is not None:
                reporter.cancel()
                await asyncio.gather(reporter, return_exceptions=True)

    async def _take(self, frame: Frame) -> None:
        kind = frame.get("type")
        if kind == "welcome":
            self.meeting_id, self.title, self.you = frame["meeting"], frame["title"], frame["you"]
            await self._ready()
            await self._list(None)
            self._window.becomes("open")
        elif kind == "leading":
            self.leading = frame["leading"]
        elif kind == "command":
            await self._command(frame)
        elif kind == "refresh_context":
            await self.context_again()
        elif kind == "view":
            self.view = frame["view"]
        elif kind == "answer" and (waiting := self._answers.get(frame.get("order", ""))) and not waiting.done():
            waiting.set_result(frame)

    async def _command(self, frame: Frame) -> None:
        self.commands.append(frame)
        id_, name = frame["id"], frame["name"]
        if name == "read":
            await self._list(id_)
            return
        if id_ not in self._done:
            self._done[id_] = self._run(id_, name, frame.get("uuid"))
        if spend(self._world.faults.no_answer, f"panel:{name}"):
            self._meeting.note("no_answer", None, By.PANEL, detail=name)
            return
        self.results.append(self._done[id_])
        await self.say(self._done[id_])

    def _run(self, id_: str, name: str, uuid: str | None) -> Frame:
        try:
            self.native.run(name, uuid)
        except ActError as error:
            return {"type": "result", "id": id_, "ok": False, "code": error.code, "message": error.message}
        return {"type": "result", "id": id_, "ok": True}

    async def _report(self) -> None:
        """Lists after every change, a new "ready" after a change of role; the window dies with its person."""
        said, role = self.native.lists(), self.native.role
        while True:
            await self._meeting.changes.changed()
            if self.native.person is None and self._typ is None:
                self.kill()
                return
            if self._frozen:
                continue
            if self.native.role != role:
                role = self.native.role
                await self._ready()
            if self.native.lists() != said:
                said = self.native.lists()
                await self._list(None)

    async def _ready(self) -> None:
        native = self.native
        await self.say(
            {
                "type": "ready",
                "version": native.version,
                "product": native.product,
                "context": "inMeeting" if native.person is not None else "inMainClient",
                "role": native.role,
                "number": self._meeting.number,
                "unsupported": sorted(native.unsupported),
            }
        )

    async def _list(self, answers: str | None) -> None:
        await self.say({"type": "list", "answers": answers} | self.native.lists())
