"""A Zoom meeting as its hosts' clients know it, and one such client: a browser page over a stub of the native bridge.

May live here: the waiting room, the lists, what the SDK's functions answer. May not: anything of the guardian's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from guardian.world.zoom.context import ISSUER, seal

APP, SECRET = "panel-app", "panel-app-secret-0123456789"
MID, NUMBER = "run/of+class==", "81234567890"
BRIDGE = Path(__file__).with_name("zoom_bridge.js")
SUCCESS = {"result": "Success"}
ACTS = {"admitParticipantFromWaitingRoom", "putParticipantToWaitingRoom", "removeParticipant", "setWaitingRoomState"}


@dataclass
class ZoomMeeting:
    """One running meeting. ``acts``: what was done by the SDK, as (host, function, uuid), in order."""

    waiting: dict[str, str] = field(default_factory=dict)
    inside: dict[str, tuple[str, str]] = field(default_factory=dict)
    waiting_room: bool = True
    acts: list[tuple[str, str, str]] = field(default_factory=list)
    clients: list[HostClient] = field(default_factory=list)
    happened: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def knocks(self, uuid: str, name: str) -> None:
        self.waiting[uuid] = name
        await self.tell("onWaitingRoomParticipantJoin", uuid, name)

    async def leaves(self, uuid: str) -> None:
        if uuid in self.waiting:
            await self.tell("onWaitingRoomParticipantLeave", uuid, self.waiting.pop(uuid))
        else:
            await self.tell("onParticipantChange", uuid, self.inside.pop(uuid)[0])

    async def act(self, host: str, api: str, data: dict[str, Any]) -> dict[str, Any]:
        """Do what a host's client was told to, and let every client know."""
        uuid = str(data.get("participantUUID", ""))
        async with self.happened:
            self.acts.append((host, api, uuid))
            self.happened.notify_all()
        if api == "admitParticipantFromWaitingRoom":
            if uuid not in self.waiting:
                return {"errorCode": 10238, "errorMessage": "Participant is not in the waiting room"}
            name = self.waiting.pop(uuid)
            self.inside[uuid] = (name, "attendee")
            self._soon("onWaitingRoomParticipantLeave", uuid, name)
        elif api == "putParticipantToWaitingRoom":
            if uuid in self.waiting:
                return {"errorCode": 10237, "errorMessage": "Participant is already in the waiting room"}
            self.waiting[uuid] = self.inside.pop(uuid)[0]
            self._soon("onWaitingRoomParticipantJoin", uuid, self.waiting[uuid])
        elif api == "removeParticipant":
            self._soon("onParticipantChange", uuid, self.inside.pop(uuid)[0])
        else:
            self.waiting_room = bool(data["waitingRoom"])
        return SUCCESS

    def _soon(self, event: str, uuid: str, name: str) -> None:
        task = asyncio.create_task(self.tell(event, uuid, name))
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def tell(self, event: str, uuid: str, name: str) -> None:
        participant = {"action": "", "screenName": name, "participantUUID": uuid}
        for client in list(self.clients):
            await client.event(event, {"timestamp": 1, "participant": participant, "participants": [participant]})

    async def done(self, *acts: tuple[str, str, str]) -> None:
        """Wait until exactly these acts were done since the last call."""
        async with asyncio.timeout(20), self.happened:
            await self.happened.wait_for(lambda: len(self.acts) >= len(acts))
        assert sorted(self.acts) == sorted(acts)
        self.acts.clear()


_running: set[asyncio.Task[None]] = set()


@dataclass
class HostClient:
    """A host's Zoom client with the panel open. ``overrides``: other answers by function; None: no answer at all."""

    meeting: ZoomMeeting
    uid: str
    now: float
    role: str = "host"
    secret: str = SECRET
    overrides: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    page: Page | None = None

    def context(self) -> str:
        claims = {"typ": "meeting", "uid": self.uid, "mid": MID, "aud": APP, "iss": ISSUER, "attendrole": self.role}
        times = {"ts": int(self.now * 1000), "exp": int(self.now * 1000) + 120_000}
        return seal({**claims, **times}, self.secret, iv=bytes(12))

    async def opens(self, browser: Browser, address: str, **looks: Any) -> Page:
        """Open the panel as the client does: with the context in a header of the page's request."""
        surroundings = await browser.new_context(**looks)
        self.page = page = await surroundings.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.expose_function("__nativeCall", self._native)
        await page.add_init_script(path=BRIDGE)
        await page.set_extra_http_headers({"x-zoom-app-context": self.context()})
        self.meeting.clients.append(self)
        await page.goto(f"{address}/zoom/panel")
        return page

    async def closes(self) -> None:
        self.meeting.clients.remove(self)
        if self.page is not None:
            await self.page.context.close()

    async def event(self, name: str, data: dict[str, Any]) -> None:
        if self.page is not None and not self.page.is_closed():
            await self.page.evaluate("([name, data]) => { window.__native.event(name, data); }", [name, data])

    async def _native(self, api: str, data: dict[str, Any] | None) -> dict[str, Any] | None:
        self.calls.append((api, data))
        if api in self.overrides:
            return self.overrides[api]
        if api in ACTS:
            return await self.meeting.act(self.uid, api, data or {})
        return {"result": self._answers()[api]}

    def _answers(self) -> dict[str, Any]:
        config = {
            "clientVersion": "6.4.5.1",
            "runningContext": "inMeeting",
            "unsupportedApis": [],
            "product": "desktop",
        }
        return {
            "config": {**config, "auth": {"status": "authorized"}},
            "getAppContext": {"context": self.context()},
            "getMeetingContext": {"meetingTopic": "Yoga", "meetingID": "812 3456 7890"},
            "getMeetingUUID": {"meetingUUID": MID},
            "getUserContext": {"status": "authorized", "screenName": "Tess", "participantUUID": "h", "role": self.role},
            "getWaitingRoomState": {"waitingRoom": self.meeting.waiting_room},
            "getWaitingRoomParticipants": {
                "participants": _people((u, n, "") for u, n in self.meeting.waiting.items())
            },
            "getMeetingParticipants": {"participants": _people((u, n, r) for u, (n, r) in self.meeting.inside.items())},
        }


def _people(people: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"participantUUID": uuid, "screenName": name, "role": role} for uuid, name, role in people]
