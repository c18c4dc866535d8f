"""One Jitsi room on a server that misbehaves on demand."""

import asyncio
import json

import pytest

from guardian.adapters.jitsi.platform import JitsiRoom
from guardian.adapters.jitsi.trouble import AddressUnusableError
from guardian.core.actions import Act, ActKind
from guardian.core.events import (
    Event,
    ForeignSelf,
    Gone,
    LinkChanged,
    LobbyChanged,
    MeetingEnded,
    NativeAct,
    Seen,
    Snapshot,
)
from guardian.core.identity import Place
from guardian.errors import NotSupportedError, PermanentError, TemporaryError
from tests.adapters.jitsi.scripted import settings, stream_error
from tests.adapters.jitsi.scripted_room import AV, Manner, Play, played
from tests.adapters.jitsi.stanzas import ALAN, BOT, LOBBY, MALLORY, ROOM, TEACHER, notice, recorded, shown

ANN = "ann@auth.meet.example.test/tablet"
ANN_TOO = "ann@auth.meet.example.test/phone"


def _inside(nick: str, jid: str | None, affiliation: str = "none") -> Manner:
    return Manner(people=[shown(nick, jid, affiliation=affiliation)])


def _reasons(events: list[Event]) -> list[str]:
    return [e.reason for e in events if isinstance(e, LinkChanged) and not e.up]


async def _do(play: Play, kind: ActKind, handle: str | None = None, keep: tuple[str, ...] = ()) -> None:
    await play.room.perform(Act(kind, handle, keep))


# --- going in ---------------------------------------------------------------------------------------------------------


async def test_on_a_real_jitsi_the_focus_is_asked_first_and_everything_can_be_done() -> None:
    async with played() as play:
        await play.until_told(Snapshot)
        heard = play.script.manner.heard
        assert heard.index("conference") < heard.index(f"join {ROOM}") < heard.index(f"join {LOBBY}")
        can = play.room.capabilities.can
        assert {ActKind.QUIET, ActKind.UNQUIET, ActKind.STOP_SHARE, ActKind.QUIET_ALL, ActKind.UNQUIET_ALL} <= can
        assert not any("plain" in note for note in play.room.capabilities.notes)


async def test_an_empty_meeting_gets_its_lobby_at_once() -> None:
    async with played(Manner(members_only=False)) as play:
        await play.until_told(Snapshot)
        assert "form" in play.script.manner.heard
        assert play.script.manner.members_only


async def test_a_meeting_with_people_in_it_is_left_as_it_is() -> None:
    manner = _inside("ann", ANN)
    manner.members_only = False
    async with played(manner) as play:
        await play.until_told(Snapshot)
        assert "form" not in manner.heard


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("registration-required", "before our own lobby"),
        ("not-authorized", "password"),
        ("forbidden", "banned"),
        ("not-allowed", "no such room"),
        ("resource-constraint", "resource-constraint"),
    ],
)
async def test_a_refused_join_is_told_and_tried_again(condition: str, words: str) -> None:
    async with played(Manner(refuse={ROOM: [condition]})) as play:
        await play.until_told(Snapshot)
        assert words in _reasons(play.events)[0]
        assert play.pauses == [0.125]


async def test_a_nick_that_is_taken_is_no_obstacle_and_one_that_always_is_says_so() -> None:
    async with played(Manner(refuse={ROOM: ["conflict"]})) as play:
        await play.until_told(Snapshot)
        first, second = play.script.manner.names[:2]
        assert first == "guardian"
        assert second.startswith("guardian_")
    async with played(Manner(refuse={ROOM: ["conflict"] * 6})) as play:
        await play.until_told(Snapshot)
        assert "nick is taken" in _reasons(play.events)[0]


async def test_a_join_without_an_answer_asks_the_focus_again() -> None:
    async with played(Manner(deaf=[ROOM]), join_timeout=0.15) as play:
        await play.until_told(Snapshot)
        assert play.script.manner.heard.count("conference") >= 2
        assert _reasons(play.events) == []


async def test_a_room_that_never_answers_is_told() -> None:
    async with played(Manner(deaf=[ROOM] * 3), join_timeout=0.15) as play:
        await play.until_told(Snapshot)
        assert "did not answer" in _reasons(play.events)[0]


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ({"conference": "not-allowed"}, "focus does not open the room"),
        ({"conference": "service-unavailable"}, "service-unavailable"),
    ],
)
async def test_without_the_conference_focus_we_wait_for_it(errors: dict[str, str], words: str) -> None:
    manner = Manner(errors=errors)
    async with played(manner) as play:
        await play.until(lambda events: bool(_reasons(events)))
        assert words in _reasons(play.events)[0]
        manner.errors.clear()
        await play.until_told(Snapshot)


async def test_a_server_that_does_not_answer_what_it_is_gets_another_try() -> None:
    async with played(Manner(deaf=["components"]), iq_timeout=0.05) as play:
        await play.until_told(Snapshot)
        assert "no answer" in _reasons(play.events)[0]


async def test_a_lobby_that_cannot_be_entered_takes_the_door_away_from_us_until_it_can() -> None:
    async with played(Manner(refuse={LOBBY: ["not-allowed"]})) as play:
        await play.until_told(Snapshot)
        assert ActKind.ADMIT not in play.room.capabilities.can
        assert "cannot enter the lobby" in play.room.capabilities.notes[0]
        listed = await play.room.snapshot()
        assert listed.covers == frozenset(Place)
        assert ActKind.ADMIT in play.room.capabilities.can
        ups = [e for e in play.events if isinstance(e, LinkChanged) and e.up]
        assert ups[-1].capabilities == play.room.capabilities


async def test_without_the_rank_of_an_owner_nothing_is_tried() -> None:
    manner = Manner(affiliation="none", members_only=False)
    async with played(manner) as play:
        await play.until_told(Snapshot)
        assert play.room.capabilities.can == frozenset()
        assert "form" not in manner.heard
        with pytest.raises(NotSupportedError, match="admit"):
            await _do(play, ActKind.ADMIT, ANN)


async def test_an_address_that_is_none_ends_the_run() -> None:
    told: list[Event] = []
    with pytest.raises(AddressUnusableError):
        await JitsiRoom(settings("http://127.0.0.1/"), "maths").run(told.append, lambda: None)
    assert _reasons(told) == ["the server's websocket address is not usable"]


# --- staying in -------------------------------------------------------------------------------------------------------


async def test_a_host_that_is_unknown_only_while_the_server_starts_is_waited_for() -> None:
    manner = Manner()
    async with played(manner) as play:
        await play.until_told(Snapshot)
        manner.after_login = [stream_error("host-unknown")]
        assert play.script.line is not None
        play.script.line.socket.transport.abort()
        await play.until(lambda events: any("domain" in reason for reason in _reasons(events)))
        manner.after_login = []
        await play.until_told(Snapshot, times=2)


async def test_a_connection_taken_three_times_in_a_minute_is_another_guardians_doing() -> None:
    manner = Manner()
    async with played(manner) as play:
        for times in range(1, 4):
            await play.until_told(Snapshot, times=times)
            assert not any(isinstance(e, ForeignSelf) for e in play.events)
            assert play.script.line is not None
            await play.script.line.send(stream_error("conflict"))
        await play.until_told(ForeignSelf)
        reasons = [e.reason for e in play.events if isinstance(e, ForeignSelf)]
        assert reasons == ["our connection was taken over three times in a minute"]


@pytest.mark.parametrize("alive", [True, False])
async def test_our_account_elsewhere_counts_only_if_it_lives(alive: bool) -> None:
    other = "guardian@auth.meet.example.test/other"
    manner = Manner(errors={} if alive else {f"ping {other}": "service-unavailable"})
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await play.script.show(shown("guardian", BOT, affiliation="owner", codes=("110",), others=(other,)))
        await play.script.until(lambda: f"ping {other}" in manner.heard)
        if alive:
            await play.until_told(ForeignSelf)
        await play.room.snapshot()
        assert any(isinstance(e, ForeignSelf) for e in play.events) is alive


async def test_put_out_of_the_meeting_we_say_so_and_go_in_again() -> None:
    async with played() as play:
        await play.until_told(Snapshot)
        await play.script.show(shown("guardian", BOT, kind="unavailable", codes=("110", "307"), actor=TEACHER))
        await play.until_told(Snapshot, times=2)
        assert _reasons(play.events) == ["the guardian was put out of the meeting"]


async def test_a_meeting_that_is_ended_is_opened_anew() -> None:
    async with played() as play:
        await play.until_told(Snapshot)
        await play.script.show(recorded("meeting-ended"))
        await play.until_told(MeetingEnded)
        await play.until_told(Snapshot, times=2)
        assert _reasons(play.events) == []
        assert play.script.manner.heard.count("conference") == 2


async def test_a_lobby_that_is_closed_and_still_wanted_is_entered_again() -> None:
    manner = Manner()
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await play.script.show(recorded("lobby-closed"))
        await play.script.until(lambda: manner.heard.count(f"join {LOBBY}") == 2)
        assert (await play.room.snapshot()).covers == frozenset(Place)


async def test_a_changed_configuration_is_read_and_one_that_cannot_be_read_costs_nothing() -> None:
    manner = Manner()
    async with played(manner) as play:
        await play.until_told(Snapshot)
        manner.errors["config"] = "internal-server-error"
        asked = manner.heard.count("config")
        await play.script.show(recorded("config-changed"))
        await play.script.until(lambda: manner.heard.count("config") > asked)
        manner.errors.clear()
        manner.members_only = False
        await play.script.show(recorded("config-changed"))
        await play.until_told(LobbyChanged)
        assert _reasons(play.events) == []


async def test_who_was_thrown_out_by_the_lobbys_switch_is_found_missing() -> None:
    manner = _inside("eve", MALLORY)
    manner.members_only = False
    async with played(manner) as play:
        await play.until_told(Snapshot)
        manner.members_only = True
        manner.people.clear()
        await play.script.show(recorded("config-changed"))
        await play.until_told(LobbyChanged, Gone)


async def test_a_reading_in_which_the_meeting_is_ended_is_none() -> None:
    manner = Manner()
    async with played(manner) as play:
        await play.until_told(Snapshot)
        manner.deaf.append(ROOM)
        reading = asyncio.create_task(play.room.snapshot())
        await play.script.until(lambda: manner.deaf == [])
        mine = shown("guardian", BOT, affiliation="owner", role="moderator", codes=("110",))
        await play.script.show(recorded("meeting-ended"), mine)
        with pytest.raises(TemporaryError, match="ended meanwhile"):
            await reading
        await play.until_told(Snapshot, times=2)


async def test_a_broken_frame_during_a_reading_makes_it_incomplete() -> None:
    manner = Manner()
    async with played(manner) as play:
        await play.until_told(Snapshot)
        manner.deaf.append(ROOM)
        reading = asyncio.create_task(play.room.snapshot())
        await play.script.until(lambda: manner.deaf == [])
        assert play.script.line is not None
        await play.script.line.send("<broken")
        await play.script.show(shown("guardian", BOT, affiliation="owner", role="moderator", codes=("110",)))
        assert not (await reading).complete


async def test_an_unreadable_presence_of_somebody_new_is_somebody_new() -> None:
    async with played() as play:
        await play.until_told(Snapshot)
        assert play.script.line is not None
        await play.script.line.send(f"<presence xmlns='jabber:client' from='{ROOM}/eve'>&bomb;</presence>")
        await play.until_told(Seen)
        seen = next(e for e in play.events if isinstance(e, Seen))
        assert (seen.facts.handle, seen.facts.evidence.seen) == (f"{ROOM}/eve", False)


async def test_before_going_in_nothing_can_be_asked() -> None:
    async with played(run=False) as play:
        assert play.room.capabilities.can == frozenset()
        for work in (play.room.snapshot(), play.room.perform(Act(ActKind.END)), play.room.inform(ANN, "hi")):
            with pytest.raises(TemporaryError):
                await work


# --- acts -------------------------------------------------------------------------------------------------------------


async def test_one_of_two_connections_of_an_account_is_kicked_and_the_last_one_loses_its_membership() -> None:
    manner = Manner(people=[shown("a1", ANN, affiliation="member"), shown("a2", ANN_TOO, affiliation="member")])
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.PUT_BACK, ANN)
        assert manner.heard[-1] == "a1 none"
        await play.script.show(shown("a1", ANN, kind="unavailable", codes=("307",), actor=BOT))
        await play.until_told(Gone)
        await _do(play, ActKind.PUT_BACK, ANN_TOO)
        assert manner.heard[-2:] == ["ann@auth.meet.example.test none", "a2 none"]
        assert not any(isinstance(e, NativeAct) for e in play.events)


async def test_one_whose_address_is_hidden_can_only_be_kicked() -> None:
    manner = Manner(people=[shown("eve", None)])
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.REMOVE, f"{ROOM}/eve")
        assert manner.heard[-1] == "eve none"
        await _do(play, ActKind.LOBBY_ON, keep=(f"{ROOM}/eve",))
        assert not any("member" in asked for asked in manner.heard if asked != "members")


async def test_the_lobby_is_not_switched_on_before_everybody_kept_is_a_member() -> None:
    manner = _inside("ann", ANN)
    manner.members_only = False
    async with played(manner) as play:
        await play.until_told(Snapshot)
        with pytest.raises(TemporaryError, match="did not make everybody a member"):
            await _do(play, ActKind.LOBBY_ON, keep=(ANN,))
        assert "form" not in manner.heard
        await play.script.show(shown("ann", ANN, affiliation="member"))
        await _do(play, ActKind.LOBBY_ON, keep=(ANN,))
        assert manner.members_only


async def test_a_form_without_effect_is_no_lobby() -> None:
    manner = _inside("ann", ANN)
    manner.members_only, manner.obeys_forms = False, False
    async with played(manner) as play:
        await play.until_told(Snapshot)
        with pytest.raises(TemporaryError, match="the lobby is not on"):
            await _do(play, ActKind.LOBBY_ON)


async def test_an_act_without_the_right_fails_for_good() -> None:
    async with played(_inside("ann", ANN)) as play:
        await play.until_told(Snapshot)
        play.script.manner.errors["ann@auth.meet.example.test member"] = "not-allowed"
        with pytest.raises(PermanentError, match="not-allowed"):
            await _do(play, ActKind.DEMOTE, ANN)


@pytest.mark.parametrize(("persistent", "revoked"), [(False, ["bob@m none", "carl@m none"]), (True, ["bob@m none"])])
async def test_in_a_lasting_room_only_our_own_grants_are_revoked(persistent: bool, revoked: list[str]) -> None:
    manner = Manner(persistent=persistent, members=("ann@auth.meet.example.test", "bob@m", "carl@m"))
    manner.people = [shown("ann", ANN, affiliation="member"), shown("bob", "bob@m/x", room=LOBBY)]
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.ADMIT, "bob@m/x")
        await _do(play, ActKind.REVOKE)
        assert [asked for asked in manner.heard if asked.endswith(" none")] == revoked


async def test_an_invitation_goes_to_the_full_address_through_the_meeting() -> None:
    manner = Manner(people=[recorded("token-holder-waiting")])
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.ADMIT, ALAN)
        await play.script.until(lambda: f"invite {ALAN}" in manner.heard)
        await play.room.inform(ALAN, "wait")
        await play.script.until(lambda: "say" in manner.heard)


async def test_the_meeting_is_ended_by_destroying_the_room() -> None:
    async with played() as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.END)
        assert play.script.manner.heard[-1] == "destroy"


async def test_one_is_muted_by_the_focus_and_loses_the_leave_to_unmute_where_that_is_needed() -> None:
    manner = _inside("ann", ANN)
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.QUIET, ANN)
        assert manner.heard[-2:] == [f"mute audio {ROOM}/ann", f"mute video {ROOM}/ann"]
        await _do(play, ActKind.STOP_SHARE, ANN)
        assert manner.heard[-1] == f"mute desktop {ROOM}/ann"
        await _do(play, ActKind.QUIET_ALL)
        await _do(play, ActKind.QUIET, ANN)
        assert f"audio   {ROOM}/ann" in manner.heard
        for kind in (ActKind.QUIET, ActKind.STOP_SHARE, ActKind.UNQUIET):
            with pytest.raises(PermanentError, match="not inside"):
                await _do(play, kind, "nobody@m/x")


async def test_all_are_silenced_but_those_who_may_speak_and_get_their_voice_back() -> None:
    manner = _inside("ann", ANN)
    async with played(manner) as play:
        await play.until_told(Snapshot)
        await _do(play, ActKind.UNQUIET, ANN)
        await _do(play, ActKind.QUIET_ALL, keep=(ANN, "left@m/x"))
        await _do(play, ActKind.UNQUIET, ANN)
        await _do(play, ActKind.QUIET_ALL)
        await _do(play, ActKind.UNQUIET_ALL)
        await _do(play, ActKind.UNQUIET_ALL)
        leave = [f"{medium}  {ROOM}/ann" for medium in ("audio", "video", "desktop")]
        assert [asked for asked in manner.heard if asked.split()[0] in {"audio", "video", "desktop"}] == [
            *("audio true", "video true", "desktop true"),
            *leave,
            *leave[:2],
            *("audio false", "video false", "desktop false"),
        ]


async def test_what_the_server_does_not_confirm_is_not_done_and_foreign_notices_confirm_nothing() -> None:
    manner = Manner(deaf=["switch"])
    async with played(manner, iq_timeout=0.2) as play:
        await play.until_told(Snapshot)
        asked = asyncio.create_task(_do(play, ActKind.QUIET_ALL))
        await play.script.until(lambda: "audio true" in manner.heard)
        told = {"type": "av_moderation", "enabled": True, "room": ROOM, "mediaType": "audio"}
        await play.script.show(
            notice(json.dumps(told), sender="elsewhere.example", kind=None),
            notice(json.dumps({**told, "room": "other@conference.meet.example.test"}), sender=AV, kind=None),
        )
        with pytest.raises(TemporaryError, match="did not switch the moderation of audio"):
            await asked
