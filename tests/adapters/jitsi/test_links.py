"""Personal links on Jitsi: a room token for each press, which names an opening and no person."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from guardian.adapters.jitsi.doorway import LIVES, JitsiDoorway, RoomTokens
from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.adapters.jitsi.seats import Trust
from guardian.adapters.jitsi.wire_facts import Identity, Item, Presence
from guardian.core.events import Seen, Snapshot
from guardian.ports import Link
from guardian.world.jitsi import Participant
from guardian.world.xmpp import Token
from tests.adapters.jitsi.stage import ROOM, staged

NOW = 1_800_000_000.0
SECRET = "s" * 32
LINK = Link("lid1", "yoga", "ann", 1, NOW, NOW + 1.0)
ANN = "ann@meet.example/abc"


def doorway(web: str = "https://meet.example") -> JitsiDoorway:
    return JitsiDoorway(web, "meet.example", "Yoga-7f3a", RoomTokens("school", SECRET), lambda: NOW)


def claims(way: str) -> dict[str, object]:
    (token,) = parse_qs(urlsplit(way).query)["jwt"]
    options = {"verify_exp": False, "verify_nbf": False}
    found: dict[str, object] = jwt.decode(token, SECRET, algorithms=["HS256"], audience="jitsi", options=options)  # type: ignore[arg-type]
    return found


def test_the_token_is_for_one_room_for_two_minutes_and_names_nobody() -> None:
    way = doorway().way(LINK, "n0nce")
    assert way.startswith("https://meet.example/yoga-7f3a?jwt=")
    assert claims(way) == {
        "iss": "school",
        "aud": "jitsi",
        "sub": "meet.example",
        "room": "yoga-7f3a",
        "nbf": int(NOW) - 60,
        "exp": int(NOW) + LIVES,
        "context": {"user": {"id": "link-n0nce", "moderator": "false"}},
    }
    assert "lid1" not in way
    assert "ann" not in repr(claims(way))


def test_where_the_browser_goes_is_one_origin() -> None:
    assert doorway("https://school.example/meet").origins == ("https://school.example",)
    assert doorway("http://127.0.0.1:8000").origins == ("http://127.0.0.1:8000",)


async def test_nothing_is_to_be_made_or_struck_beforehand() -> None:
    door = doorway()
    assert await door.enrol({"a": "Ann", "b": "Ben"}) == {"a": ("", ""), "b": ("", "")}
    await door.strike([LINK])


def trust(asked: list[tuple[str, str]]) -> Trust:
    def claim(nonce: str, handle: str) -> str | None:
        asked.append((nonce, handle))
        return "lid1" if nonce == "n0nce" else None

    return Trust(token_hosts=frozenset({"meet.example"}), claim=claim)


def presence(shown: str) -> Presence:
    return Presence(
        "yoga@muc", "ann", items=(Item(ANN, "none", "participant"),), name="x", identity=Identity(shown, "")
    )


def test_a_trusted_token_that_names_a_fresh_opening_shows_its_link() -> None:
    asked: list[tuple[str, str]] = []
    evidence = trust(asked).evidence(ANN, presence("link-n0nce"))
    assert (evidence.link, evidence.token) == ("lid1", None)
    assert asked == [("n0nce", ANN)]


@pytest.mark.parametrize("shown", ["link-used", "link-", "link-link-n0nce"])
def test_one_that_names_no_fresh_opening_proves_nothing(shown: str) -> None:
    evidence = trust([]).evidence(ANN, presence(shown))
    assert (evidence.link, evidence.token) == (None, None)


def test_another_token_is_what_it_was_and_a_forged_one_is_not_asked_about() -> None:
    asked: list[tuple[str, str]] = []
    believing = trust(asked)
    assert believing.evidence(ANN, presence("pupil-7")).token == "pupil-7"
    guest = believing.evidence("ann@guest.meet.example/abc", presence("link-n0nce"))
    assert (guest.link, guest.token, asked) == (None, None, [])


# -- Jitsi's own plugins ---------------------------------------------------------------------------------------------


class Once:
    """One opening, good for the first connection that names it."""

    def __init__(self) -> None:
        self.by = ""

    def claim(self, key: str, by: str, at: float) -> str | None:
        self.by = self.by or by
        return "lid1" if (key, by) == ("nonce:n0nce", self.by) else None


@pytest.mark.prosody
@pytest.mark.plugins
async def test_jitsis_own_server_takes_the_token_and_shows_who_came_by_it_once() -> None:
    async with staged(Path(os.environ["GUARDIAN_JITSI_PLUGINS"])) as stage:
        server = stage.server
        tokens = RoomTokens(server.app_id, server.app_secret)
        door = JitsiDoorway("https://meet.example", server.domain, ROOM, tokens, time.time)
        (token,) = parse_qs(urlsplit(door.way(LINK, "n0nce")).query)["jwt"]
        stage.start(JitsiRoom(stage.settings(), ROOM, openings=Once()))
        await stage.heard(Snapshot)
        async with Participant(server.site, Token(token)) as ann, Participant(server.site, Token(token)) as copied:
            await ann.join(ROOM, display_name="Ann")
            seen = await stage.heard(Seen, lambda event: event.facts.evidence.name == "Ann")
            assert (seen.facts.evidence.link, seen.facts.evidence.token) == ("lid1", None)
            await copied.join(ROOM, display_name="Copy")
            second = await stage.heard(Seen, lambda event: event.facts.evidence.name == "Copy")
            assert (second.facts.evidence.link, second.facts.evidence.token) == (None, None)
