"""A Zoom with one host's panel and a class that knocks, in a process of its own.

First prints where its REST is (see ``zoom_site.Ways``); then plays one lesson after the other, each a line of JSON on
standard input, and prints for each what was seen (see ``zoom_lesson``). The panel is our page's protocol
as the page speaks it; the client behind it answers an order after ``answer`` seconds, and refuses what is beyond its
limit. Webhooks go out at the moment of what they tell, over kept-open connections.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from dataclasses import asdict
from typing import Any

from benchmarks.people import name_of
from benchmarks.rows import share
from benchmarks.webhooks import HOST, host_of, opening, place_of, request, told, who_of
from benchmarks.wires import Post
from benchmarks.zoom_lesson import Bucket, Lesson, Seen
from benchmarks.zoom_site import ORIGIN, Ways
from guardian.world.zoom import ZoomWorld
from guardian.world.zoom.window import Page, Window

PATIENCE = 60.0
WIRES = 64
_SEEN_BEFORE = 0.02  # seconds from the panel's list that shows somebody to the webhook that says who they are
_LIST_PAUSE = 0.02  # seconds between two lists that the page sends by itself
_REFUSED = "10236"

Frame = dict[str, Any]


class Class:
    """One meeting as the host's client sees it, its panel, and the webhooks about it."""

    def __init__(self, world: ZoomWorld, lesson: Lesson, post: Post) -> None:
        self.place = place_of(lesson.number)
        self.knocked: dict[str, float] = {}
        self.called: dict[str, float] = {}
        self.came_in: dict[str, float] = {}
        self.refused = 0
        self._world, self._lesson, self._post = world, lesson, post
        self._limit = Bucket(lesson.limit, lesson.limit) if lesson.limit else None
        self._waiting: dict[str, int] = {}
        self._inside: dict[str, int] = {}
        self._moved, self._leading = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        page = Page(
            self._context, lambda proof: {"type": "hello", "number": lesson.number} | proof, self._talk, _nobody
        )
        self.window = Window(page, asyncio.sleep, ORIGIN)

    async def open(self) -> None:
        """The meeting begins, its host opens the panel, and it leads."""
        for body in opening(self.place, time.time()):
            self._tell(body)
        await self._post.answers()
        await self.window.open(f"http://127.0.0.1:{self._lesson.port}/zoom/panel", PATIENCE)
        async with asyncio.timeout(PATIENCE):
            await self._leading.wait()

    async def close(self) -> None:
        """Everything has been told; the window closes."""
        for task in self._tasks:
            task.cancel()
        await self._post.answers()
        await self.window.close()

    async def shown(self, *people: tuple[int, str]) -> None:
        """The panel lists them as waiting."""
        self._waiting |= {uuid: person for person, uuid in people}
        await self._list(self.window, None)
        await asyncio.sleep(_SEEN_BEFORE)

    def knocks(self, person: int, uuid: str) -> None:
        """Zoom tells who they are."""
        body = request(told("waiting", self.place, who_of(person, uuid), time.time()), self._secret, time.time())
        self.knocked[uuid] = time.perf_counter()
        self._post.send(body)

    async def until_inside(self, count: int) -> None:
        """Return when so many have been let in. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while len(self.came_in) < count:
                self._moved.clear()
                await self._moved.wait()

    async def leaves(self, person: int, uuid: str) -> None:
        """Somebody goes, and all of it has been taken."""
        await self._post.answers()
        del self._inside[uuid]
        self._tell(told("left", self.place, who_of(person, uuid), time.time()))
        await self._list(self.window, None)
        await self._post.answers()

    @property
    def _secret(self) -> str:
        return self._world.webhook_secret

    def _tell(self, body: bytes) -> None:
        self._post.send(request(body, self._secret, time.time()))

    # -- the page ----------------------------------------------------------------------------------------------------

    def _context(self) -> str:
        return self._world.context(HOST, self.place.uuid)

    async def _talk(self, window: Window) -> None:
        lister: asyncio.Task[None] | None = None
        try:
            while (frame := await window.receive()) is not None:
                kind = frame["type"]
                if kind == "welcome":
                    await window.send(_ready(self.place.number))
                    await self._list(window, None)
                    lister = asyncio.create_task(self._lists(window))
                    window.becomes("open")
                elif kind == "leading" and frame["leading"]:
                    self._leading.set()
                elif kind == "refresh_context":
                    await window.send({"type": "context", "context": self._context()})
                elif kind == "command":
                    await self._command(window, frame)
        finally:
            if lister is not None:
                lister.cancel()

    async def _command(self, window: Window, frame: Frame) -> None:
        called = time.perf_counter()
        if frame["name"] == "read":
            await self._list(window, frame["id"])
            return
        if frame["name"] == "admit":
            self.called.setdefault(frame["uuid"], called)
        task = asyncio.create_task(self._obey(window, frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _obey(self, window: Window, frame: Frame) -> None:
        if self._limit is not None and not self._limit.take():
            self.refused += 1
            await window.send({"type": "result", "id": frame["id"], "ok": False, "code": _REFUSED, "message": "busy"})
            return
        if self._lesson.answer:
            await asyncio.sleep(self._lesson.answer)
        uuid = frame.get("uuid", "")
        if frame["name"] == "admit" and uuid in self._waiting:
            self._inside[uuid] = person = self._waiting.pop(uuid)
            self.came_in[uuid] = time.perf_counter()
            for what in ("admitted", "joined"):
                self._tell(told(what, self.place, who_of(person, uuid), time.time()))
            self._moved.set()
        await window.send({"type": "result", "id": frame["id"], "ok": True})

    async def _lists(self, window: Window) -> None:
        """Both lists after every change, as far as the page finds the time."""
        said: list[str] = []
        while True:
            await asyncio.sleep(_LIST_PAUSE)
            if said != list(self._inside):
                said = list(self._inside)
                await self._list(window, None)

    async def _list(self, window: Window, answers: str | None) -> None:
        host = host_of(self.place)
        inside = [{"uuid": host.uuid, "name": host.user_name, "role": "host"}]
        inside += [{"uuid": uuid, "name": name_of(n), "role": "attendee"} for uuid, n in self._inside.items()]
        waiting = [{"uuid": uuid, "name": name_of(n)} for uuid, n in self._waiting.items()]
        lists: Frame = {"waiting": waiting, "inside": inside, "waiting_room": True, "main_room": True}
        await window.send({"type": "list", "answers": answers} | lists)


def _ready(number: str) -> Frame:
    client = {"version": "6.4.5.1", "product": "desktop", "unsupported": []}
    return {"type": "ready", "context": "inMeeting", "role": "host", "number": number} | client


def _nobody(_state: str) -> None:
    """Nobody is told of a window's state."""


async def play(world: ZoomWorld, lesson: Lesson) -> Seen:
    """One lesson. Raises RuntimeError, TimeoutError."""
    post = await Post.to(lesson.port, WIRES)
    room = Class(world, lesson, post)
    try:
        await room.open()
        gc.collect()
        cpu, began = time.process_time(), time.perf_counter()
        await _all_come(room, lesson)
        if lesson.again:
            room.knocked.clear()
            for turn in range(lesson.again):
                await _one_comes(room, lesson.people, f"{lesson.number}-again-{turn}")
        busy = share(time.process_time() - cpu, time.perf_counter() - began)
        await room.close()
    finally:
        post.close()
    first = min(room.knocked.values())
    return Seen(
        [(room.called[uuid] - at) * 1000 for uuid, at in room.knocked.items()],
        (max(room.called.values()) - first) * 1000,
        max(room.came_in.values()) - first,
        room.refused,
        busy,
    )


async def _all_come(room: Class, lesson: Lesson) -> None:
    people = [(person, f"{lesson.number}-{person}") for person in range(lesson.people)]
    if lesson.seconds:
        began = time.perf_counter() + 2 * _SEEN_BEFORE
        pause = lesson.seconds / max(1, lesson.people - 1)
        await asyncio.gather(*(_comes_at(room, person, began + pause * person[0]) for person in people))
    else:
        await room.shown(*people)
        for person in people:
            room.knocks(*person)
    await room.until_inside(lesson.people)


async def _comes_at(room: Class, person: tuple[int, str], due: float) -> None:
    await asyncio.sleep(max(0.0, due - _SEEN_BEFORE - time.perf_counter()))
    await room.shown(person)
    room.knocks(*person)


async def _one_comes(room: Class, person: int, uuid: str) -> None:
    await room.shown((person, uuid))
    room.knocks(person, uuid)
    await room.until_inside(len(room.came_in) + 1)
    await room.leaves(person, uuid)


async def _serve() -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with ZoomWorld() as world:
        print(json.dumps(asdict(Ways.to(world))), flush=True)
        while line := await reader.readline():
            print(json.dumps(asdict(await play(world, Lesson(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    gc.disable()
    asyncio.run(_serve())
