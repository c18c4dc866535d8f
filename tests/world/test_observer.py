"""The observer: alone in its process, a looker-on who sees everything and touches nothing."""

import ast
import sys
from collections.abc import AsyncIterator

import pytest

from guardian.world.jitsi import Participant
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.sightings import PROGRAM, ObserverProcess
from guardian.world.site import WorldError
from guardian.world.verdict import PUT_OUT
from guardian.world.xmpp import Account, Guest

ANN = Account("ann", "a-secret")


def _imported() -> set[str]:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Name):
            assert node.id not in {"__import__", "exec", "eval"}
    return {name.partition(".")[0] for name in names}


def test_the_observer_imports_nothing_of_the_guardian() -> None:
    foreign = _imported() - set(sys.stdlib_module_names)
    assert foreign == {"websockets", "defusedxml"}
    assert "importlib" not in _imported()


@pytest.fixture
async def server() -> AsyncIterator[Prosody]:
    passwords = {"teacher": "chalk", "ann": "a-secret", "observer": "o-secret"}
    async with Prosody(accounts=passwords, owners=("teacher", "observer"), hibernation_time=1) as running:
        yield running


@pytest.fixture
async def observer(server: Prosody) -> AsyncIterator[ObserverProcess]:
    async with ObserverProcess(server.site, "maths", "observer", "o-secret") as running:
        yield running


@pytest.fixture
async def teacher(server: Prosody, observer: ObserverProcess) -> AsyncIterator[Moderator]:
    """A moderator in the room that the observer has made, with the lobby on."""
    async with Moderator(server.site, Account("teacher", "chalk")) as moderator:
        await moderator.join("maths", display_name="Teacher")
        await moderator.set_lobby(on=True)
        await moderator.watch_lobby()
        await observer.until(lambda: observer.door_shut and observer.sees_lobby, "a shut door and a lobby")
        yield moderator


def _story(observer: ObserverProcess, jid: str) -> list[tuple[str, str]]:
    return [(seen.what, seen.place) for seen in observer.sightings if seen.jid == jid]


@pytest.mark.prosody
async def test_it_sees_a_knock_an_admission_a_share_and_a_leave(
    server: Prosody, observer: ObserverProcess, teacher: Moderator
) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        jid = ann.jid
        await observer.until(lambda: ("went", "waiting") in _story(observer, jid), "her leaving the lobby")
        assert observer.inside("ann@auth.meet.example.test")
        await ann.share()
        await observer.until(lambda: any(s.sharing and s.jid == jid for s in observer.sightings), "the share")
        await ann.leave()
        await observer.until(lambda: _story(observer, jid)[-1] == ("went", "inside"), "her leaving")
        assert observer.sightings[-1].codes == frozenset()
        assert sorted(_story(observer, jid)) == [
            ("came", "inside"),
            ("came", "waiting"),
            ("changed", "inside"),
            ("went", "inside"),
            ("went", "waiting"),
        ]


@pytest.mark.prosody
async def test_a_kick_bears_the_code_and_the_hand_that_did_it(
    server: Prosody, observer: ObserverProcess, teacher: Moderator
) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.kick(ann.nick, reason="bye")
        await observer.until(lambda: ("went", "inside") in _story(observer, ann.jid), "the kick")
        kicked = next(s for s in observer.sightings if (s.what, s.place) == ("went", "inside"))
        assert (sorted(kicked.codes), kicked.actor) == (["307"], "teacher@auth.meet.example.test")
        assert kicked.reason == "bye"


@pytest.mark.prosody
async def test_switching_the_lobby_on_over_a_stranger_is_seen_as_a_putting_out(
    server: Prosody, observer: ObserverProcess
) -> None:
    async with (
        Participant(server.site, Guest()) as stranger,
        Moderator(server.site, Account("teacher", "chalk")) as moderator,
    ):
        assert await stranger.join("maths", display_name="Zed") == "inside"
        await moderator.join("maths", display_name="Teacher")
        await moderator.configure({"muc#roomconfig_membersonly": "true"})
        await stranger.until_state("removed")
        await observer.until(lambda: ("went", "inside") in _story(observer, stranger.jid), "the stranger's exit")
        went = next(s for s in observer.sightings if s.what == "went")
        assert went.codes & PUT_OUT


@pytest.mark.prosody
async def test_it_makes_no_lobby_and_opens_or_shuts_no_door(server: Prosody, observer: ObserverProcess) -> None:
    async with Moderator(server.site, Account("teacher", "chalk")) as moderator:
        await moderator.join("maths", display_name="Teacher")
        await observer.until(lambda: observer.inside("teacher@auth.meet.example.test"), "the teacher")
        sightings = await observer.finish()
    assert not any(seen.what == "lobby" for seen in sightings)
    assert [seen.shut for seen in sightings if seen.what == "door"] == [False]
    assert [call for call in server.calls() if call.sender.startswith("observer@")] == []


@pytest.mark.prosody
async def test_its_last_line_says_that_it_saw_the_end(observer: ObserverProcess, teacher: Moderator) -> None:
    sightings = await observer.finish()
    assert sightings[-1].what == "end"
    assert teacher.state == "inside"


@pytest.mark.prosody
async def test_without_a_server_it_says_that_it_is_blind(server: Prosody, observer: ObserverProcess) -> None:
    await server.stop(kill=True)
    await observer.until(lambda: observer.sightings[-1].what == "blind", "its last word")
    assert observer.sightings[-1].reason


@pytest.mark.prosody
async def test_when_the_meeting_ends_around_it_it_says_that_it_is_blind(
    observer: ObserverProcess, teacher: Moderator
) -> None:
    await teacher.end()
    await observer.until(lambda: observer.sightings[-1].what == "blind", "its last word")
    assert "unavailable" in observer.sightings[-1].reason


@pytest.mark.prosody
async def test_a_wrong_password_is_told_at_once(server: Prosody) -> None:
    with pytest.raises(WorldError, match="login"):
        async with ObserverProcess(server.site, "maths", "observer", "wrong"):
            pass
