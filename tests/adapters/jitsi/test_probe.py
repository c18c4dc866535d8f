"""Go or no-go: what the probe finds out by trying, and that a class under way notices nothing."""

import os
import time
from pathlib import Path

import pytest

from guardian.adapters.jitsi.probe import probe
from guardian.adapters.jitsi.server import AccountLogin, JitsiServer
from guardian.core.actions import ActKind
from guardian.core.points import Level
from tests.adapters.jitsi.scripted import settings
from tests.adapters.jitsi.stage import ROOM, staged


async def _levels(server: JitsiServer, room: str = ROOM, ahead: float = 0.0) -> dict[str, tuple[Level, str]]:
    found, _ = await probe(server, room, clock=lambda: time.time() + ahead)
    return {finding.id: (finding.level, finding.what) for finding in found}


@pytest.mark.prosody
async def test_a_plain_server_with_all_rights_is_a_go() -> None:
    async with staged() as stage:
        found, capabilities = await probe(stage.settings(), ROOM)
        assert {f.id: f.level for f in found} == dict.fromkeys(
            ["clock", "server", "owner", "lobby-works", "identity"], Level.OK
        )
        assert capabilities is not None
        assert ActKind.ADMIT in capabilities.can
        assert not any(stage.server.bot_password in str(f) for f in found)
        ended = [call.to for call in stage.server.calls() if call.act == "destroy"]
        assert len(ended) == 1
        assert not ended[0].startswith(f"{ROOM}@")


@pytest.mark.prosody
async def test_a_class_under_way_is_not_disturbed() -> None:
    async with staged() as stage:
        await stage.begin()
        before = len(stage.events)
        assert (await _levels(stage.settings()))["server"][0] is Level.OK
        listed = await stage.room.snapshot()
        assert [f.is_self for f in listed.connections] == [True]
        assert stage.events[before:] == []


@pytest.mark.prosody
async def test_a_forged_identity_that_would_be_believed_is_a_no_go() -> None:
    async with staged() as stage:
        guests = stage.server.guest_domain
        believed = await _levels(stage.settings(token_hosts=frozenset({guests})))
        assert believed["identity"][0] is Level.NO_GO
        elsewhere = await _levels(stage.settings(token_hosts=frozenset({"meet.example.test"})))
        assert elsewhere["identity"][0] is Level.RISK
        untried = await _levels(stage.settings(token_hosts=frozenset({"m"}), guest_domain=None))
        assert untried["identity"] == (Level.RISK, "whether a guest can forge an identity was not tried")
        nobody = await _levels(stage.settings(guest_domain=None))
        assert nobody["identity"][0] is Level.OK


@pytest.mark.prosody
async def test_where_no_guest_gets_in_nobody_can_forge_an_identity() -> None:
    async with staged() as stage:
        closed = await _levels(stage.settings(guest_domain=stage.server.auth_domain))
        assert closed["identity"][0] is Level.OK
        assert "nobody gets in" in closed["identity"][1]
        wrong = await _levels(stage.settings(guest_domain="no.such.example"))
        assert "could not be tried" in wrong["identity"][1]


@pytest.mark.prosody
async def test_missing_rights_are_a_no_go() -> None:
    async with staged() as stage:
        found = await _levels(stage.settings(login=AccountLogin("ann", "a-secret")))
        assert found["owner"][0] is Level.NO_GO
        assert "may not create it" in found["owner"][1]


@pytest.mark.prosody
async def test_a_clock_that_is_off_by_more_than_a_minute_is_a_no_go() -> None:
    async with staged() as stage:
        assert (await _levels(stage.settings()))["clock"][0] is Level.OK
        assert (await _levels(stage.settings(), ahead=100.0))["clock"][0] is Level.NO_GO


@pytest.mark.prosody
@pytest.mark.parametrize(
    ("login", "words"),
    [
        (AccountLogin("guardian", "wrong"), "wrong account or password"),
        (AccountLogin("guardian", "wrong", host="no.such.example"), "does not know our domain"),
    ],
)
async def test_a_login_that_is_refused_is_a_no_go_and_says_what_to_look_at(login: AccountLogin, words: str) -> None:
    async with staged() as stage:
        found, capabilities = await probe(stage.settings(login=login), ROOM)
        refused = found[-1]
        assert (refused.id, refused.level) == ("login", Level.NO_GO)
        assert words in refused.what
        assert refused.todo
        assert capabilities is None


async def test_a_server_that_is_not_there_is_a_no_go() -> None:
    found = await _levels(settings("ws://127.0.0.1:1/xmpp-websocket"))
    assert found["server"][0] is Level.NO_GO
    assert found["clock"][0] is Level.RISK


@pytest.mark.prosody
@pytest.mark.plugins
async def test_jitsis_own_plugins_remove_a_forged_identity() -> None:
    async with staged(Path(os.environ["GUARDIAN_JITSI_PLUGINS"])) as stage:
        found = await _levels(stage.settings())
        assert found["identity"] == (Level.OK, "an identity forged by a guest is removed by the server")
        assert "lobby, A/V moderation, end meeting" in found["server"][1]
        assert all(level is Level.OK for level, _ in found.values())
