"""Every verb of a human, typed at the real command line, and what the people in the room see of it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from guardian.world.cast import child_name
from guardian.world.jitsi import Participant
from guardian.world.moderator import Moderator
from tests.support.e2e_process import Done, GuardianProcess
from tests.support.e2e_school import MEETING, School

pytestmark = pytest.mark.prosody

Type = Callable[..., Awaitable[Done]]


@pytest.fixture
async def teacher(school: School, guardian: GuardianProcess) -> Moderator:
    """She is inside: the class is open."""
    teacher = await school.teacher()
    await guardian.until_view(lambda view: view.phase == "open", "an open class")
    return teacher


@pytest.fixture
async def typed(school: School, guardian: GuardianProcess) -> Type:
    """Types a command as an operator whose token came from ``guardian token mint``."""
    scopes = [word for scope in ("view", "door", "panic", "admin") for word in ("--scope", scope)]
    minted = await school.said("token", "mint", "--name", "Tess Operator", *scopes)
    assert minted.code == 0, minted.err
    token = minted.out.strip()

    async def command(*arguments: str) -> Done:
        return await school.command(guardian, *arguments, token=token)

    return command


async def done(typed: Type, *arguments: str) -> str:
    """The command's words, once it says that it was done."""
    told = await typed(*arguments)
    assert told.code == 0, (arguments, told.out, told.err)
    assert told.out.startswith("done"), told.out
    return told.out


async def waiting(school: School, guardian: GuardianProcess, name: str, key: str = "") -> Participant:
    """A stranger who waits, and whom the guardian sees."""
    person = await school.stranger(name, key)
    await person.until_state("waiting")
    await guardian.until_view(lambda v: any(c.handle == person.jid for c in v.connections), "somebody at the door")
    return person


async def test_admit_hold_remove_and_undo_are_seen_by_the_one_they_are_about(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    guest = await waiting(school, guardian, "Una Known")
    await done(typed, "admit", "Una Known", "--reason", "her mother called")
    await guest.until_state("inside")

    await done(typed, "hold", "--handle", guest.jid)
    view = await guardian.view()
    assert view is not None
    assert next(c.word for c in view.connections if c.handle == guest.jid) == "hold by Tess Operator"
    assert guest.state == "inside"  # held inside: stays

    await done(typed, "remove", "Una Known")
    await guest.until_state("removed")
    await guest.begin(guest.room, guest.face)
    await guest.until_state("refused")

    await done(typed, "undo")
    await guest.begin(guest.room, guest.face)
    await guest.until_state("waiting")
    await guardian.until_view(
        lambda v: any(c.place == "waiting" and c.do != "refuse" for c in v.connections), "no longer barred"
    )


async def test_a_held_child_waits_until_a_human_says_admit(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    await done(typed, "hold", "--person", "child01")
    child = await school.child(1)
    await child.until_state("waiting")
    await guardian.until_view(lambda v: any(c.handle == child.jid and c.do == "hold" for c in v.connections), "held")
    assert child.jid not in school.invited()
    await done(typed, "admit", "--person", "child01")
    await child.until_state("inside")


async def test_an_allowed_guest_comes_in_by_the_name_that_was_said_and_after_undo_waits_as_everybody(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    await done(typed, "allow", "Vera Visitor", "--until", "90m")
    guest = await school.stranger("Vera Visitor")
    await guest.until_state("inside")
    await done(typed, "undo")
    again = await waiting(school, guardian, "Vera Visitor", key="another")
    assert (again.state, guest.state) == ("waiting", "inside")
    assert again.jid not in school.invited()


async def test_lock_and_unlock_change_what_a_stranger_meets_at_the_door(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    await done(typed, "lock")
    stranger = await school.stranger("Zed Late")
    await stranger.until_state("refused")
    child = await school.child(1)
    await child.until_state("inside")  # the late door
    await done(typed, "unlock")
    again = await waiting(school, guardian, "Zed Later")
    assert again.state == "waiting"


async def test_while_paused_nobody_is_let_in_and_after_resume_everybody_who_belongs(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    await done(typed, "pause")
    child = await school.child(1)
    await child.until_state("waiting")
    await guardian.until_view(lambda v: any(c.handle == child.jid for c in v.connections), "a child at the door")
    assert child.jid not in school.invited()
    await done(typed, "resume")
    await child.until_state("inside")


async def test_panic_puts_the_unproven_back_and_resume_lets_in_again_who_still_qualifies(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    child = await school.child(1)
    await child.until_state("inside")
    unproven = await waiting(school, guardian, child_name(2), key="name only")
    await done(typed, "admit", "--handle", unproven.jid)
    await unproven.until_state("inside")
    told = await typed("panic", "--json")
    assert told.code in {0, 1}, told.err  # plain Prosody cannot mute: said, not hidden
    await unproven.until_state("removed")
    assert (child.state, teacher.state) == ("inside", "inside")
    view = await guardian.view()
    assert view is not None
    assert (view.phase, view.panic) == ("locked", True)
    await unproven.begin(unproven.room, unproven.face)
    await unproven.until_state("waiting")
    await done(typed, "resume")
    await unproven.until_state("inside")
    assert [c.state for c in child.history] == ["joining", "waiting", "joining", "inside"]


async def test_end_ends_it_for_everybody_and_needs_a_yes(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    child = await school.child(1)
    await child.until_state("inside")
    unsure = await typed("end")
    assert unsure.code == 2
    assert "--yes" in unsure.err
    assert child.state == "inside"
    await done(typed, "end", "--yes")
    await asyncio.gather(child.until_state("ended"), teacher.until_state("ended"))


async def test_enforce_ends_a_blind_starts_assist(school: School) -> None:
    """Somebody is inside before the guardian knows anything; with a name of the list nobody may put them out."""
    early = await school.teacher()
    await early.set_lobby(on=False)
    inside = await school.stranger(child_name(3), key="early")
    await inside.until_state("inside")
    async with GuardianProcess(school.config) as guardian:
        view = await guardian.until_view(lambda v: v.blind and v.link_up, "a blind start")
        assert view.mode == "assist"
        assert (await guardian.order("enforce")).done is True
        view = await guardian.until_view(lambda v: not v.blind, "no longer blind")
        assert view.mode == "enforce"
        assert inside.state == "inside"


async def test_a_name_that_two_show_is_not_guessed_but_listed(
    school: School, guardian: GuardianProcess, teacher: Moderator, typed: Type
) -> None:
    one = await waiting(school, guardian, "Kim Same", key="one")
    two = await waiting(school, guardian, "Kim Same", key="two")
    told = await typed("admit", "Kim Same")
    assert told.code == 1
    assert one.jid in told.out
    assert two.jid in told.out
    await done(typed, "admit", "--handle", two.jid)
    await two.until_state("inside")
    assert one.state == "waiting"


async def test_status_shows_who_is_there_and_an_order_needs_its_scope(
    school: School, guardian: GuardianProcess, teacher: Moderator
) -> None:
    minted = await school.said("token", "mint", "--name", "Only Looks", "--scope", "view")
    shown = await school.command(guardian, "status", "--meeting", MEETING, "--json", token=minted.out.strip())
    assert shown.json["phase"] == "open"
    refused = await school.command(guardian, "lock", token=minted.out.strip())
    assert refused.code == 1
    assert "scope" in refused.err
    nobody = await school.command(guardian, "status", token="eyJ.not.one")
    assert nobody.code != 0
    view = await guardian.view()
    assert view is not None
    assert view.phase == "open"
