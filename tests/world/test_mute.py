"""A moderator's wish that somebody stop sharing, passed on by the conference focus (Jitsi's own plugins only)."""

import pytest

from guardian.world.jitsi import Participant
from guardian.world.markup import Xml
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.rooms import mute_wish
from guardian.world.tokens import room_token
from guardian.world.xmpp import Account, StanzaError, Token

pytestmark = [pytest.mark.prosody, pytest.mark.plugins]
ROOM = "maths"


def _token(server: Prosody, name: str) -> Token:
    return Token(room_token(name, app_id=server.app_id, app_secret=server.app_secret, domain=server.domain))


async def _ask_focus(asking: Participant, wish: Xml) -> None:
    await asking._connected().iq("set", f"{asking.room_jid}/focus", wish)


async def test_the_focus_stops_a_share_for_a_moderator_and_for_nobody_else(jitsi: Prosody) -> None:
    async with (
        Moderator(jitsi.site, Account("teacher", "chalk")) as teacher,
        Participant(jitsi.site, _token(jitsi, "ann")) as ann,
        Participant(jitsi.site, _token(jitsi, "bob")) as bob,
    ):
        await teacher.join(ROOM, display_name="Teacher")
        for child, name in ((ann, "Ann"), (bob, "Bob")):
            assert await child.join(ROOM, display_name=name) == "inside"
            await teacher.until_seen(name)
        await ann.share()
        await teacher.until(lambda: teacher.people[ann.nick].sharing, "the share")
        wish = mute_wish("desktop", f"{ann.room_jid}/{ann.nick}")
        with pytest.raises(StanzaError, match="forbidden"):
            await _ask_focus(bob, wish)
        assert teacher.people[ann.nick].sharing
        await _ask_focus(teacher, wish)
        await teacher.until(lambda: not teacher.people[ann.nick].sharing, "no share")
        assert ann.state == "inside"
