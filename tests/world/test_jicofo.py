"""The stand-in for the conference focus, asked directly, on a plain Prosody."""

import asyncio
from dataclasses import replace

import pytest

from guardian.world.jicofo import Jicofo
from guardian.world.jitsi import Participant
from guardian.world.markup import tag
from guardian.world.prosody import Prosody
from guardian.world.rooms import FOCUS
from guardian.world.xmpp import Account, XmppClient

pytestmark = pytest.mark.prosody


async def test_it_opens_a_room_when_asked_and_leaves_when_the_last_one_goes() -> None:
    async with Prosody(accounts={"focus": "f", "ann": "a", "bob": "b"}, owners=("focus",)) as server:
        site = server.site
        room = site.room_jid("maths")
        async with (
            Jicofo(replace(site, focus_domain=site.muc_domain), "f") as focus,
            Participant(site, Account("ann", "a")) as ann,
        ):
            asker = await XmppClient.connect(site.websocket_url, site.auth_domain, Account("bob", "b"))
            question = tag("conference", {"xmlns": FOCUS, "room": room})
            for _ in range(2):
                answer = await asker.iq("set", focus.jid, question)
                found = answer.find(f"{{{FOCUS}}}conference")
                assert found is not None
                assert (found.get("ready"), found.get("focusjid")) == ("true", focus.jid)
            await asker.close()
            assert await ann.join("maths", display_name="Ann") == "inside"
            assert "focus" in ann.people
            assert focus.rooms == {room}
            await ann.leave()
            async with asyncio.timeout(5):
                while focus.rooms:
                    await asyncio.sleep(0)
            assert focus.rooms == frozenset()
