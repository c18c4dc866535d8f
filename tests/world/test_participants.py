"""People on a plain Prosody: the members-only meeting and the lobby room beside it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from guardian.world.jitsi import Participant
from guardian.world.moderator import Moderator
from guardian.world.prosody import Prosody
from guardian.world.rooms import Face
from guardian.world.xmpp import Account, Guest

pytestmark = pytest.mark.prosody
ANN = Account("ann", "a-secret")


@pytest.fixture
async def teacher(server: Prosody) -> AsyncIterator[Moderator]:
    """Inside a class with the lobby on, looking at the lobby."""
    async with Moderator(server.site, Account("teacher", "chalk")) as moderator:
        await moderator.join("maths", display_name="Teacher")
        await moderator.set_lobby(on=True)
        await moderator.watch_lobby()
        yield moderator


async def test_a_child_knocks_waits_and_walks_in_when_admitted(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        assert await ann.join("maths", display_name="Ann Lee", email="ann@school.example") == "waiting"
        shown = await teacher.admit_by_name("Ann Lee")
        assert shown.jid == ann.jid
        assert await ann.until_state("inside") == "inside"
        await teacher.until_seen("Ann Lee")
        await teacher.until_gone(ann.nick, lobby=True)
        assert [change.state for change in ann.history] == ["joining", "waiting", "joining", "inside"]


async def test_the_email_comes_in_a_second_presence_as_from_the_web_client(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann Lee", email="ann@school.example")
        await teacher.until(
            lambda: any(o.email == "ann@school.example" for o in teacher.waiting_people.values()),
            "the e-mail",
        )
        assert ann.state == "waiting"


async def test_a_refused_guest_learns_by_whom_and_why_and_may_knock_again(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, Guest()) as stranger:
        await stranger.join("maths", display_name="Ann Lee")
        await teacher.until_seen("Ann Lee", lobby=True)
        await teacher.lobby_kick(stranger.nick, reason="Not on the list")
        assert await stranger.until_state("refused") == "refused"
        assert stranger.last is not None
        assert (stranger.last.actor, stranger.last.reason) == (teacher.nick, "Not on the list")
        assert await stranger.join("maths", display_name="Ann Lee") == "waiting"


async def test_a_message_reaches_one_who_waits(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, Guest()) as stranger:
        await stranger.join("maths", display_name="Guest")
        await teacher.until_seen("Guest", lobby=True)
        await teacher.tell_waiting(stranger.nick, "Please call the office")
        assert (await stranger.until_message()).text == "Please call the office"


async def test_a_rename_and_a_share_are_seen_by_the_room(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await ann.rename("Bob <b>")
        assert (await teacher.until_seen("Bob <b>")).jid == ann.jid
        await ann.share(on=True)
        await teacher.until(lambda: teacher.people[ann.nick].sharing, "the screen")
        await ann.share(on=False)
        await teacher.until(lambda: not teacher.people[ann.nick].sharing, "no screen")
        assert teacher.people[ann.nick].display_name == "Bob <b>"


async def test_a_kicked_child_knows_who_did_it(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.kick(ann.nick, reason="Removed")
        assert await ann.until_state("removed") == "removed"
        assert ann.last is not None
        assert (ann.last.actor, ann.last.reason) == (teacher.nick, "Removed")
        assert "307" in ann.last.codes


async def test_a_cut_line_leaves_a_ghost_and_the_child_returns_past_it(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.until_seen("Ann")
        ghost, old_jid = ann.nick, ann.jid
        await ann.drop()
        assert await ann.come_back() == "inside"
        assert ghost in ann.people
        assert teacher.people[ghost].jid == old_jid != ann.jid
        await teacher.until_gone(ghost)
        assert ann.nick in teacher.people


async def test_a_client_without_resumption_leaves_no_ghost(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.connect("maths", resume=False)
        await ann.join("maths", display_name="Ann")
        person = await teacher.until_seen("Ann", lobby=True)
        await ann.drop()
        await teacher.until_gone(person.nick, lobby=True)
        assert ann.state == "lost"


async def test_leaving_is_orderly_and_the_same_client_may_come_again(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await ann.leave()
        assert ann.state == "left"
        await teacher.until_gone(ann.nick)
        assert await ann.join("maths", display_name="Ann") == "inside"


async def test_the_class_ends_for_everybody_when_the_teacher_ends_it(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.end(reason="Bye")
        assert await ann.until_state("ended") == "ended"
        assert ann.last is not None
        assert ann.last.reason == "Bye"


async def test_a_child_before_the_room_exists_keeps_asking_until_it_does(server: Prosody) -> None:
    async with (
        Participant(server.site, ANN) as ann,
        Moderator(server.site, Account("teacher", "chalk")) as teacher,
    ):
        await ann.begin("physics", Face("Ann"), retry_interval=0.01)
        assert ann.state == "joining"
        assert await teacher.join("physics", display_name="Teacher") == "inside"
        assert await ann.until_state("inside", "waiting") == "inside"


async def test_a_child_who_asks_for_a_room_that_never_comes_gives_up(server: Prosody) -> None:
    async with Participant(server.site, ANN) as ann:
        assert await ann.join("physics", display_name="Ann", retry_interval=0.01, timeout=0.05) == "refused"


async def test_the_server_s_own_log_tells_who_asked_for_what(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.kick(ann.nick, reason="bye")
        calls = [call for call in server.calls() if call.sender == teacher.jid]
        assert [(call.act, call.target) for call in calls] == [
            ("config", server.site.room_jid("maths")),
            ("invite", ann.jid),
            ("role", ann.nick),
        ]
        assert calls[2].reason == "bye"


async def test_a_banned_child_is_put_out_and_not_let_in_again(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await teacher.set_affiliation(server.site.account_jid("ann"), "outcast", reason="Enough")
        assert await ann.until_state("removed") == "removed"
        assert ann.last is not None
        assert "301" in ann.last.codes
        assert await ann.join("maths", display_name="Ann") in ("refused", "waiting")


async def test_what_is_said_to_the_room_is_heard_by_all(server: Prosody, teacher: Moderator) -> None:
    async with Participant(server.site, ANN) as ann:
        await ann.join("maths", display_name="Ann")
        await teacher.admit_by_name("Ann")
        await ann.until_state("inside")
        await ann.say("Good morning")
        await teacher.until(lambda: [m.text for m in teacher.messages] == ["Good morning"], "the text")
        assert teacher.messages[0].private is False


async def test_sixty_children_wait_and_are_let_in(server: Prosody, teacher: Moderator) -> None:
    async with AsyncExitStack() as stack:
        children = []
        for number in range(60):
            server.add_account(f"child{number}", "p")
            child = Participant(server.site, Account(f"child{number}", "p"))
            children.append(await stack.enter_async_context(child))
            await child.begin("maths", Face(f"Child {number}"))
        for child in children:
            await child.until_state("waiting")
        await teacher.until(lambda: len(teacher.waiting_people) == 61, "all of them")
        await teacher.admit(*(child.jid for child in children))
        for child in children:
            assert await child.until_state("inside") == "inside"
        await teacher.until(lambda: len(teacher.people) == 61, "a full room")
