"""A companion panel's page without a browser, and a meeting without Zoom, to test the desk with."""

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guardian.adapters.zoom.desk import Hands, PanelDesk, PanelSeat
from guardian.adapters.zoom.wire_panel import PanelList
from tests.support.virtual import clock

SECRET = "ExampleClientSecret0123456789"
CLIENT = "exClient"
MID = "AAAAAAAAAAAAAAAAAAAAAA=="
NUMBER = "81234567890"


def seal(
    claims: object,
    *,
    secret: str = SECRET,
    iv: bytes = bytes(range(12)),
    extra: bytes = b"ctx",
    urlsafe: bool = False,
    tag: int = 16,
) -> str:
    """Zoom's side of the context: what its cloud would put into the header."""
    text = claims if isinstance(claims, bytes) else json.dumps(claims, separators=(",", ":")).encode()
    sealed = AESGCM(hashlib.sha256(secret.encode()).digest()).encrypt(iv, text, extra)
    head = bytes([len(iv)]) + iv + struct.pack("<H", len(extra)) + extra + struct.pack("<i", len(text))
    raw = head + sealed[: len(text) + tag]
    return (base64.urlsafe_b64encode if urlsafe else base64.b64encode)(raw).decode()


def context(now: float, **changed: object) -> str:
    """A context as Zoom gives it to the host of the class, unless changed; None leaves a field out. Not a field is
    ``secret``: what it is sealed with.
    """
    secret = str(changed.pop("secret", SECRET))
    claims: dict[str, object] = {
        "typ": "meeting",
        "uid": "uid-grace",
        "mid": MID,
        "aud": CLIENT,
        "iss": "marketplace.zoom.us",
        "ts": int(now * 1000),
        "exp": int(now * 1000) + 120_000,
        "attendrole": "host",
        "entitlements": [],
    } | changed
    return seal({name: value for name, value in claims.items() if value is not None}, secret=secret)


class FakeRoom:
    """A guarded meeting that notes what it is told."""

    def __init__(self, meeting: str = "robotics", number: str = NUMBER, instance: str = MID) -> None:
        self.meeting, self.title, self.number, self.instance = meeting, "Saturday Robotics", number, instance
        self.hosts = {"uid-grace": "Grace Hopper", "uid-alan": "Alan Turing"}
        self.hands: Hands | None = None
        self.told: list[str | None] = []
        self.lists: list[PanelList] = []

    def host(self, uid: str) -> str | None:
        return self.hosts.get(uid)

    def hands_changed(self, hands: Hands | None) -> None:
        self.hands = hands
        self.told.append(None if hands is None else hands.who)

    def listed(self, found: PanelList) -> None:
        self.lists.append(found)


def desk_of(*rooms: FakeRoom) -> PanelDesk:
    return PanelDesk(CLIENT, SECRET, "https://panel.example.org", lambda: rooms, clock)


class Page:
    """What the page's script does, by hand. ``got``: every message so far."""

    def __init__(self, seat: PanelSeat) -> None:
        self.seat = seat
        self.got: list[Mapping[str, object]] = []
        self.waiting: list[dict[str, str]] = []
        self.inside: list[dict[str, str]] = []
        self.main_room = True
        self.frozen = False
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, desk: PanelDesk, **changed: object) -> "Page":
        """Say hello; ``number`` is what the page reports, all else is in its context."""
        number = changed.pop("number", None)
        hello: dict[str, object] = {"type": "hello", "context": context(clock(), **changed)}
        return cls(desk.seat(hello | ({} if number is None else {"number": number})))

    def say(self, kind: str, **fields: object) -> None:
        self.seat.receive({"type": kind, **fields})

    def ready(self, **changed: object) -> None:
        said: dict[str, object] = {
            "version": "6.4.5.1",
            "product": "desktop",
            "context": "inMeeting",
            "role": "host",
            "number": NUMBER,
            "unsupported": [],
        }
        self.say("ready", **(said | changed))

    def tell_lists(self, answers: object = None) -> None:
        self.say(
            "list",
            answers=answers,
            waiting=self.waiting,
            inside=self.inside,
            waiting_room=True,
            main_room=self.main_room,
        )

    async def pump(self) -> None:
        """Take messages as they come, and answer what asks for the lists."""
        while (frame := await self.seat.next()) is not None:
            self.got.append(frame)
            if frame.get("name") == "read" and not self.frozen:
                self.tell_lists(frame["id"])

    def run(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self.pump())

    async def ended(self) -> int:
        """Wait until the desk has closed the connection; its close code."""
        assert self._task is not None
        await asyncio.wait_for(self._task, 60)
        return self.seat.close_code

    @property
    def commands(self) -> list[Mapping[str, object]]:
        """The orders so far, but for those to read."""
        return [frame for frame in self.got if frame["type"] == "command" and frame["name"] != "read"]

    @property
    def leads(self) -> object:
        """What it was last told about leading; None: nothing yet."""
        said = [frame["leading"] for frame in self.got if frame["type"] == "leading"]
        return said[-1] if said else None

    def result(self, **fields: object) -> None:
        """Answer the last order."""
        self.say("result", id=self.commands[-1]["id"], **fields)
