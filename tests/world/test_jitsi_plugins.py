"""The same people on a Prosody with Jitsi's own plugins (GUARDIAN_JITSI_PLUGINS=DIR)."""

from collections.abc import AsyncIterator

import pytest

from guardian.world.jicofo import Jicofo
from guardian.world.jitsi import Participant
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.tokens import room_token
from guardian.world.xmpp import Account, Guest, LoginRefused, Token

pytestmark = [pytest.mark.prosody, pytest.mark.plugins]


def pupil(server: Prosody, user_id: str, *, moderator: bool = False, lifetime: float = 600.0) -> Token:
    """A token for the room `maths`."""
    jwt = room_token(
        user_id,
        app_id=server.app_id,
        app_secret=server.app_secret,
        domain=server.domain,
        room="maths",
        moderator=moderator,
        lifetime=lifetime,
    )
    return Token(jwt)


@pytest.fixture
async def teacher(jitsi: Prosody) -> AsyncIterator[Moderator]:
    """Inside a class with the lobby on, looking at the lobby."""
    async with Moderator(jitsi.site, Account("teacher", "chalk")) as moderator:
        assert await moderator.join("maths", display_name="Teacher") == "inside"
        await moderator.set_lobby(on=True)
        await moderator.watch_lobby()
        yield moderator


async def test_the_focus_opens_the_room_for_the_first_who_asks(jitsi: Prosody) -> None:
    async with Participant(jitsi.site, pupil(jitsi, "ann")) as ann:
        assert await ann.join("maths", display_name="Ann") == "inside"
        assert "focus" in ann.people


async def test_a_token_with_the_moderator_claim_owns_the_room(jitsi: Prosody) -> None:
    async with Moderator(jitsi.site, pupil(jitsi, "t", moderator=True)) as owner:
        assert await owner.join("maths", display_name="T") == "inside"
        await owner.set_lobby(on=True)
        await owner.until(lambda: any(n.get("event") == "LOBBY-ENABLED" for n in owner.notices), "the lobby notice")
        assert "muc_membersonly" in await owner.disco_features()


async def test_a_pupil_s_token_is_shown_as_identity_and_she_is_admitted(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, pupil(jitsi, "ann")) as ann:
        assert await ann.join("maths", display_name="Ann") == "waiting"
        shown = await teacher.admit_by_name("Ann")
        assert shown.identity["id"] == "ann"
        assert await ann.until_state("inside") == "inside"


async def test_a_guest_s_forged_identity_is_removed_by_the_server(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, Guest()) as liar:
        assert await liar.join("maths", display_name="Ann", identity={"id": "ann"}) == "waiting"
        assert (await teacher.until_seen("Ann", lobby=True)).identity == {}


async def test_one_who_is_refused_in_the_lobby_is_told_why(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, Guest()) as stranger:
        await stranger.join("maths", display_name="Stranger")
        await teacher.until_seen("Stranger", lobby=True)
        await teacher.lobby_kick(stranger.nick, reason="Not expected")
        assert await stranger.until_state("refused") == "refused"
        assert stranger.last is not None
        assert stranger.last.reason == "Not expected"


async def test_a_kicked_pupil_is_sent_back_to_the_lobby(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, pupil(jitsi, "ann")) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.kick(ann.nick)
        assert await ann.until_state("removed") == "removed"
        assert await ann.join("maths", display_name="Ann") == "waiting"


async def test_a_pupil_whose_line_was_cut_is_a_new_person_beside_her_ghost(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, pupil(jitsi, "ann")) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.until_seen("Ann")
        ghost = ann.nick
        await ann.drop()
        assert await ann.come_back() == "waiting"
        assert ghost in teacher.people
        await teacher.until_gone(ghost)
        assert (await teacher.until_seen("Ann", lobby=True)).identity["id"] == "ann"


async def test_switching_the_lobby_off_lets_everybody_who_waits_walk_in(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, Guest()) as stranger:
        await stranger.join("maths", display_name="Stranger")
        await teacher.set_lobby(on=False)
        assert await stranger.until_state("inside") == "inside"


async def test_one_without_a_name_is_refused(jitsi: Prosody, teacher: Moderator) -> None:
    async with Participant(jitsi.site, Guest()) as nobody:
        assert await nobody.join("maths") == "refused"
        assert nobody.last is not None
        assert nobody.last.reason.startswith("not-acceptable")
        assert teacher.state == "inside"


async def test_an_expired_token_is_refused_at_the_login(jitsi: Prosody) -> None:
    async with Participant(jitsi.site, pupil(jitsi, "ann", lifetime=-600)) as ann:
        with pytest.raises(LoginRefused, match="exp"):
            await ann.join("maths", display_name="Ann")


async def test_the_end_of_the_class_reaches_inside_and_lobby(jitsi: Prosody, teacher: Moderator) -> None:
    async with (
        Participant(jitsi.site, pupil(jitsi, "ann")) as ann,
        Participant(jitsi.site, Guest()) as stranger,
    ):
        await ann.join("maths", display_name="Ann")
        await stranger.join("maths", display_name="Stranger")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.end()
        assert await ann.until_state("ended") == "ended"
        assert await stranger.until_state("ended") == "ended"


async def test_after_a_restart_the_focus_serves_again(jitsi: Prosody) -> None:
    async with Participant(jitsi.site, pupil(jitsi, "ann")) as ann:
        await ann.join("maths", display_name="Ann")
        await jitsi.restart()
        await ann.until_state("lost", "ended", "left")
        async with Jicofo(jitsi.site, jitsi.focus_password):
            assert await ann.come_back() == "inside"


async def test_acts_towards_jitsi_s_components_are_in_the_server_s_log(jitsi: Prosody, teacher: Moderator) -> None:
    await teacher.moderate_media("audio", on=True)
    await teacher.until(lambda: any(n.get("type") == "av_moderation" for n in teacher.notices), "the notice")
    asked = [call for call in jitsi.calls() if call.act == "av"]
    assert [call.value for call in asked] == ["enable=true;mediaType=audio"]
