"""The server's life: start, refuse, restart, die."""

from pathlib import Path

import pytest

from guardian.world.jitsi import Participant
from guardian.world.markup import tag
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.prosody_files import ProsodyError
from guardian.world.xmpp import Account, Guest, LoginRefused, StanzaError, XmppClient, XmppError

pytestmark = pytest.mark.prosody
TEACHER = Account("teacher", "chalk")


async def test_accounts_log_in_by_password_and_guests_by_none(server: Prosody) -> None:
    site = server.site
    ann = await XmppClient.connect(site.websocket_url, site.auth_domain, Account("ann", "a-secret"))
    guest = await XmppClient.connect(site.websocket_url, site.guest_domain, Guest())
    assert ann.jid.startswith("ann@auth.meet.example.test/")
    assert guest.jid.partition("@")[2].startswith("guest.meet.example.test/")
    await ann.close()
    await guest.close()


async def test_a_wrong_password_is_refused_by_name(server: Prosody) -> None:
    site = server.site
    with pytest.raises(LoginRefused, match="not-authorized"):
        await XmppClient.connect(site.websocket_url, site.auth_domain, Account("ann", "wrong"))


async def test_an_account_made_while_the_server_runs_can_log_in(server: Prosody) -> None:
    server.add_account("zoë.late", "p w")
    async with Participant(server.site, Account("zoë.late", "p w")) as late:
        await late.connect()
        assert late.jid.startswith("zoë.late@")


async def test_no_password_stands_in_a_command_line_or_in_the_data(server: Prosody) -> None:
    command = Path(f"/proc/{server.pid}/cmdline").read_text()
    assert "prosody" in command
    assert server.bot_password not in command
    stored = "".join(path.read_text() for path in (server.directory / "data").rglob("*.dat"))
    assert "stored_key" in stored
    assert "a-secret" not in stored


async def test_an_iq_error_is_raised_with_its_condition(server: Prosody) -> None:
    site = server.site
    ann = await XmppClient.connect(site.websocket_url, site.auth_domain, Account("ann", "a-secret"))
    with pytest.raises(StanzaError, match="item-not-found"):
        await ann.iq("get", site.room_jid("nowhere"), tag("query", {"xmlns": "http://jabber.org/protocol/disco#info"}))
    await ann.close()


async def test_a_restart_keeps_port_and_accounts_and_forgets_rooms(server: Prosody) -> None:
    port = server.http_port
    async with Moderator(server.site, TEACHER) as teacher:
        assert await teacher.join("maths", display_name="Teacher") == "inside"
        await teacher.set_lobby(on=True)
        await server.restart()
        await teacher.until_state("lost", "ended", "left")
        assert server.http_port == port
        assert await teacher.come_back() == "inside"
        assert "muc_membersonly" not in await teacher.disco_features()


async def test_a_killed_server_is_seen_as_a_lost_line_and_can_be_resumed(server: Prosody) -> None:
    async with Moderator(server.site, TEACHER) as teacher:
        await teacher.join("maths", display_name="Teacher")
        await server.stop(kill=True)
        await teacher.until_state("lost")
        with pytest.raises(XmppError, match="no connection"):
            await teacher.come_back()
        await server.resume()
        assert await teacher.come_back() == "inside"


async def test_a_server_that_cannot_start_shows_the_end_of_its_log() -> None:
    broken = Prosody(extra_global="this is not lua (")
    with pytest.raises(ProsodyError, match="prosody ended with status"):
        async with broken:
            pass
    assert not broken.directory.exists()


async def test_a_machine_without_prosody_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ProsodyError, match="apt-get install prosody"):
        async with Prosody():
            pass


async def test_a_folder_without_jitsi_s_plugins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProsodyError, match="does not hold Jitsi's Prosody plugins"):
        async with Prosody(plugins=tmp_path):
            pass
