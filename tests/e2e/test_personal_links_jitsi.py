"""Personal links on Jitsi's own plugins: the real service, a mail, a press, a room token of two minutes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from guardian.core.identity import Proof
from guardian.world.jitsi import Participant
from guardian.world.xmpp import Token
from tests.support.e2e_process import PATIENCE, GuardianProcess
from tests.support.e2e_school import ROOM, TEACHER, School
from tests.support.link_browser import Browser

pytestmark = [pytest.mark.prosody, pytest.mark.plugins]


async def test_who_comes_by_a_fresh_room_token_is_let_in_and_a_copy_of_it_waits(tmp_path: Path) -> None:
    async with School(tmp_path, children=2) as school:
        site = school.server.site
        (tmp_path / "rooms").write_text(school.server.app_secret)
        school.write_list(
            [
                ("teacher", TEACHER, "", "host", site.account_jid("teacher"), ""),
                ("ada", "Ada Lovelace", "", "pupil", "", "ada@home.example"),
            ]
        )
        school.write_config(
            server={
                "web": '"https://meet.example"',
                "links": f'{{ app_id = "{school.server.app_id}", secret = {{ file = "rooms" }} }}',
            },
            guardian={"api": '{ host = "127.0.0.1", port = 0, public_url = "https://guardian.example" }'},
        )
        async with GuardianProcess(school.config) as guardian:
            await guardian.until_view(lambda view: view.link_up and view.lobby_on is True, "a shut door")
            await school.teacher()
            invited = await school.command(None, "invite")
            assert invited.code == 0, invited.err
            (mail,) = [one.message for one in school.mailbox.mails if "ada@home.example" in one.recipients]
            text = mail.get_body(("plain",))
            assert text is not None
            found = re.search(r"https://guardian\.example/j/(\S+)", text.get_content())
            assert found is not None
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
                phone = Browser(f"http://{guardian.address}", session)
                await phone.opens(found[1])
                sent = await phone.presses(found[1])
            assert sent.status == 303
            way = urlsplit(sent.headers["Location"])
            assert (way.netloc, way.path) == ("meet.example", f"/{ROOM}")
            (jwt,) = parse_qs(way.query)["jwt"]
            async with Participant(site, Token(jwt)) as ada, Participant(site, Token(jwt)) as copied:
                await ada.join(ROOM, display_name="iPad")
                async with asyncio.timeout(PATIENCE):
                    assert await ada.until_state("inside") == "inside"
                await copied.join(ROOM, display_name="Ada Lovelace")
                view = await guardian.until_view(
                    lambda view: len([c for c in view.connections if c.name in {"iPad", "Ada Lovelace"}]) == 2, "both"
                )
            by_name = {connection.name: connection for connection in view.connections}
            assert (by_name["iPad"].person, Proof.TOKEN in by_name["iPad"].proofs) == ("ada", True)
            assert Proof.TOKEN not in by_name["Ada Lovelace"].proofs
            assert by_name["Ada Lovelace"].place == "waiting"
            assert len(guardian.logged("link_opened")) == len(guardian.logged("link_used")) == 1
            for secret in (found[1], jwt, phone.cookie, "ada@home.example", "Lovelace"):
                assert secret not in str(guardian.log) + guardian.errors
