"""Orders from the command line, through a real server on a loopback socket."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from guardian.core.events import Verb
from guardian.core.identity import Place
from guardian.core.operators import Scope
from guardian.core.verbs import RULES, Aim
from guardian.web.server import Server, application
from guardian.web.tokens import mint
from tests.support.command_line import Done, guardian
from tests.support.fake_service import KEY, FakeService


@dataclass
class Desk:
    """An operator with a shell beside a running service."""

    service: FakeService
    port: int

    def env(self, *scopes: Scope) -> dict[str, str]:
        token = mint(
            KEY, name="Tess Teacher", scopes=scopes or tuple(Scope), meetings=None, lifetime=60.0, now=self.service.now
        )
        return {"GUARDIAN_API": f"127.0.0.1:{self.port}", "GUARDIAN_TOKEN": token}

    async def types(self, *arguments: str) -> Done:
        return await guardian(*arguments, env=self.env())


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    service = FakeService()
    async with Server(application(service, KEY, service.clock), "127.0.0.1", 0) as server:
        yield Desk(service, server.port)


async def test_every_verb_of_the_core_is_a_command(desk: Desk) -> None:
    desk.service.comes("yoga", "h-ann", "Ann Adams")
    whom = {
        Aim.SOMEBODY: ["Ann Adams"],
        Aim.CONNECTION: ["--handle", "h-ann"],
        Aim.GUEST: ["Gus Guest"],
        Aim.SUBSTITUTE: ["Sam Sub", "--account", "zoom-sam"],
    }
    assert set(RULES) == set(Verb)
    for verb in Verb:
        if verb is not Verb.END:
            done = await desk.types(verb.value, *whom.get(RULES[verb].aim, []), "--reason", "because")
            assert "done" in done.out, (verb, done)
    assert {ordered.verb for ordered in desk.service.orders} == set(Verb) - {Verb.END}
    assert {ordered.by for ordered in desk.service.orders} == {"Tess Teacher"}
    assert {ordered.reason for ordered in desk.service.orders} == {"because"}


async def test_a_child_is_admitted_by_name_and_the_effect_is_said(desk: Desk) -> None:
    desk.service.comes("yoga", "h-ann", "Ann Adams")
    done = await desk.types("admit", "Ann Adams", "--until", "2h")
    assert (done.code, done.out.strip()) == (0, "done: inside")
    until = desk.service.orders[0].until
    assert until is not None


async def test_json_answers_are_one_line(desk: Desk) -> None:
    done = await desk.types("lock", "--json")
    assert done.code == 0
    assert done.json["done"] is True


async def test_an_order_without_known_effect_is_not_called_done(desk: Desk) -> None:
    desk.service.silent = True
    done = await desk.types("lock")
    assert done.code == 1
    assert done.out.startswith("asked, not yet confirmed")


async def test_an_ambiguous_name_lists_whom_and_does_nothing(desk: Desk) -> None:
    desk.service.comes("yoga", "h-1", "Ann Adams")
    desk.service.comes("yoga", "h-2", "Ann\u200b Adams\x1b")
    done = await desk.types("admit", "Ann Adams")
    assert done.code == 1
    assert "h-1" in done.out
    assert "--handle" in done.err
    assert "\x1b" not in done.out
    assert desk.service.orders == []


async def test_an_ambiguous_name_in_json_names_the_candidates(desk: Desk) -> None:
    desk.service.comes("yoga", "h-1", "Ann Adams")
    desk.service.comes("yoga", "h-2", "Ann Adams", account="mallory@evil")
    done = await desk.types("admit", "Ann Adams", "--json")
    assert done.code == 1
    assert {candidate["handle"] for candidate in done.json["candidates"]} == {"h-1", "h-2"}


async def test_a_human_at_a_terminal_picks_from_the_list(desk: Desk) -> None:
    desk.service.comes("yoga", "h-1", "Ann Adams")
    desk.service.comes("yoga", "h-2", "Ann Adams", account="mallory@evil")
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "guardian",
        "admit",
        "Ann Adams",
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **desk.env()},
    )
    os.close(theirs)
    os.write(ours, b"1\n")
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    os.close(ours)
    assert process.returncode == 0, err
    assert b"done: inside" in out
    assert [ordered.handle for ordered in desk.service.orders] == ["h-1"]


async def test_nobody_of_that_name_is_said_in_one_line(desk: Desk) -> None:
    done = await desk.types("admit", "Zed")
    assert done.code == 1
    assert done.err.strip() == "guardian: nobody here or on the list is called that"


async def test_a_guest_is_allowed_by_address(desk: Desk) -> None:
    assert (await desk.types("allow", "--email", "gus@home.test")).code == 0
    assert desk.service.orders[0].email == "gus@home.test"


async def test_a_substitute_covers_for_the_host_until_a_time(desk: Desk) -> None:
    done = await desk.types("cover", "Sam Sub", "--account", "zoom-sam", "--until", "2h")
    assert (done.code, done.out.strip()) == (0, "done: counts as a host, for this class")
    ordered = desk.service.orders[0]
    assert (ordered.verb, ordered.name, ordered.account) == (Verb.COVER, "Sam Sub", "zoom-sam")
    assert ordered.until is not None
    assert (await desk.types("cover", "Sam Sub")).code == 2
    assert (await guardian("cover", "S", "--account", "x", env=desk.env(Scope.DOOR, Scope.PANIC))).code == 1


async def test_a_platform_without_a_passcode_says_so(desk: Desk) -> None:
    done = await desk.types("rotate")
    assert (done.code, done.out.strip()) == (1, "not done: this platform has no passcode that we can change")


async def test_ending_asks_back_where_nobody_can_answer_it_needs_yes(desk: Desk) -> None:
    refused = await desk.types("end")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert desk.service.orders == []
    await desk.types("end", "--yes")
    assert [ordered.verb for ordered in desk.service.orders] == [Verb.END]


async def test_the_meeting_must_be_named_where_there_are_several() -> None:
    service = FakeService(ids=("yoga", "judo"))
    async with Server(application(service, KEY, service.clock), "127.0.0.1", 0) as server:
        desk = Desk(service, server.port)
        unnamed = await desk.types("lock")
        named = await desk.types("lock", "-m", "judo")
    assert unnamed.code == 2
    assert "yoga, judo" in unnamed.err
    assert named.code == 0


async def test_an_incident_is_acknowledged(desk: Desk) -> None:
    desk.service.comes("yoga", "h-ann", "Ann Adams")
    view = desk.service.view("yoga")
    assert view is not None
    assert (await desk.types("ack", view.incidents[0].key)).code == 0
    assert desk.service.acknowledged[0][2] == "Tess Teacher"
    assert (await desk.types("ack", "nothing")).code == 1


async def test_a_token_without_the_scope_is_refused_in_one_line(desk: Desk) -> None:
    done = await guardian("panic", env=desk.env(Scope.DOOR, Scope.VIEW))
    assert done.code == 1
    assert done.err.strip() == "guardian: this token has not the scope panic"


async def test_without_a_token_the_command_says_how_to_get_one(desk: Desk) -> None:
    done = await guardian("lock", env={"GUARDIAN_API": f"127.0.0.1:{desk.port}"})
    assert done.code == 2
    assert "guardian token mint" in done.err


async def test_the_token_may_come_from_a_file(desk: Desk, tmp_path: Path) -> None:
    env = desk.env()
    file = tmp_path / "token"
    file.write_text(env.pop("GUARDIAN_TOKEN") + "\n")
    assert (await guardian("lock", "--token-file", str(file), env=env)).code == 0
    assert (await guardian("lock", env={**env, "GUARDIAN_TOKEN_FILE": str(file)})).code == 0
    missing = await guardian("lock", "--token-file", str(tmp_path / "none"), env=env)
    assert missing.code == 2


async def test_no_command_takes_a_token_as_an_argument(desk: Desk) -> None:
    for verb in Verb:
        done = await guardian(verb.value, "--help")
        assert "--token " not in done.out


async def test_a_damaged_token_is_not_sent(desk: Desk) -> None:
    done = await guardian("lock", env={**desk.env(), "GUARDIAN_TOKEN": "a\r\nX-Evil: 1"})
    assert done.code == 2
    assert "damaged" in done.err


async def test_a_service_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    done = await guardian("lock", env={"GUARDIAN_API": "127.0.0.1:9", "GUARDIAN_TOKEN": "x"})
    assert done.code == 1
    assert done.err.strip() == "guardian: no guardian answers at 127.0.0.1:9; is `guardian run` running?"


async def test_status_shows_everybody_with_hostile_names_made_harmless(desk: Desk) -> None:
    desk.service.comes("yoga", "h-x", "[bold]Zoom\x1b[2J\u202eBomber[/bold]")
    desk.service.comes("yoga", "h-ann", "Ann Adams", account="ann@school", place=Place.INSIDE)
    done = await desk.types("status")
    assert done.code == 0
    assert "Ann Adams" in done.out
    assert "[bold]Zoom\\u{1b}[2J\\u{202e}Bomber[/bold]" in done.out
    assert "\x1b" not in done.out
    assert "inside 2, waiting 1" in done.out


async def test_status_in_json_is_the_view(desk: Desk) -> None:
    desk.service.comes("yoga", "h-x", "Zoom\u202eBomber")
    done = await desk.types("status", "--json", "-m", "yoga")
    assert done.out.isascii()
    assert {c["handle"] for c in done.json["connections"]} == {"h-tess", "h-x"}
    listed = await desk.types("status", "--json")
    assert listed.json[0]["meeting"] == "yoga"


async def test_status_lists_the_meetings_where_there_are_several() -> None:
    service = FakeService(ids=("yoga", "judo"), idle=("judo",))
    async with Server(application(service, KEY, service.clock), "127.0.0.1", 0) as server:
        done = await Desk(service, server.port).types("status")
        idle = await Desk(service, server.port).types("status", "-m", "judo")
    assert "nothing going on" in done.out
    assert idle.code == 1


async def test_watch_shows_the_meeting_until_it_is_interrupted(desk: Desk) -> None:
    import signal

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "guardian",
        "watch",
        "--every",
        "0.2",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **desk.env(), "PYTHONUNBUFFERED": "1", "TTY_COMPATIBLE": "1"},
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        await process.stdout.readuntil(b"Tess Teacher")
        desk.service.comes("yoga", "h-ann", "Ann Adams")
        await process.stdout.readuntil(b"Ann Adams")
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
