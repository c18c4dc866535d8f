"""Who is where: the two rooms as one picture."""

import pytest

from guardian.adapters.jitsi.room import Signal, SignalKind
from guardian.core.events import LobbyChanged, MeetingEnded, Seen
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from tests.adapters.jitsi.scene import NOW, Scene
from tests.adapters.jitsi.stanzas import (
    ALAN,
    BOT,
    LOBBY,
    MALLORY,
    ROOM,
    TEACHER,
    child,
    identity,
    named,
    notice,
    recorded,
    shown,
)

ANN = "ann@auth.meet.example.test/tablet"


def _evidence(scene: Scene, jid: str) -> Evidence:
    facts = {f.handle: f for f in scene.rooms.snapshot(NOW, complete=True).connections}
    return facts[jid].evidence


def test_a_token_holder_who_knocks_is_seen_with_proof_and_claims_apart() -> None:
    event = Scene().take(recorded("token-holder-waiting")).events[0]
    assert isinstance(event, Seen)
    assert event.facts == Facts(
        handle=ALAN,
        place=Place.WAITING,
        evidence=Evidence(name="Alan T", token="alan", claimed_email="alan@home.example"),
    )


def test_a_forged_identity_from_another_host_counts_for_nothing() -> None:
    scene = Scene()
    scene.take(shown("eve", MALLORY, identity("ada", "Ada Lovelace"), named("Eve"), room=LOBBY))
    assert _evidence(scene, MALLORY) == Evidence(name="Eve")
    scene.take(shown("eve", MALLORY, identity("ada", "Ada Lovelace"), room=LOBBY))
    assert _evidence(scene, MALLORY).name == ""


def test_without_a_typed_name_a_trusted_tokens_name_is_shown() -> None:
    scene = Scene()
    scene.take(shown("alan", ALAN, identity("", "Alan Turing"), room=LOBBY))
    assert _evidence(scene, ALAN) == Evidence(name="Alan Turing", token=None)


def test_a_real_account_is_a_verified_name_on_an_account_host_only() -> None:
    scene = Scene()
    scene.take(shown("a", ANN, room=LOBBY), shown("m", MALLORY, room=LOBBY))
    assert _evidence(scene, ANN).account == "ann@auth.meet.example.test"
    assert _evidence(scene, MALLORY).account is None


def test_the_second_presence_with_the_email_is_told_and_a_doubled_one_is_not() -> None:
    scene = Scene()
    first = shown("ann", ANN, named("Ann"), room=LOBBY)
    second = shown("ann", ANN, named("Ann"), child("email", "ann@home.example"), room=LOBBY)
    assert scene.events(first, first, second, second) == [f"{ANN} is waiting", f"{ANN} is waiting"]


def test_whoever_is_in_the_meeting_is_inside_though_the_lobby_shows_them_too() -> None:
    scene = Scene()
    steps = (
        shown("ann", ANN, room=LOBBY),
        shown("ann", ANN, affiliation="member"),
        shown("ann", ANN, child("email", "ann@home.example"), room=LOBBY),
    )
    assert scene.events(*steps) == [f"{ANN} is waiting", f"{ANN} is inside"]
    assert scene.listed()[ANN] == "inside"
    assert scene.events(shown("ann", ANN, room=LOBBY, kind="unavailable")) == []
    assert scene.events(shown("ann", ANN, kind="unavailable")) == [f"{ANN} is no longer inside"]


def test_who_leaves_the_meeting_but_not_the_lobby_waits() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN, room=LOBBY), shown("ann", ANN))
    assert scene.events(shown("ann", ANN, kind="unavailable")) == [f"{ANN} is waiting"]


def test_leaving_twice_or_without_having_come_means_nothing() -> None:
    scene = Scene()
    gone = shown("ann", ANN, kind="unavailable")
    assert scene.events(gone) == []
    scene.take(shown("ann", ANN))
    assert scene.events(gone, gone) == [f"{ANN} is no longer inside"]


def test_times_never_repeat_and_never_go_backwards() -> None:
    scene = Scene()
    assert scene.rooms.stamp(NOW) < scene.rooms.stamp(NOW - 100) < scene.rooms.stamp(NOW + 1)
    stamps = [e.at for e in scene.take(shown("a", ANN), shown("a", ANN, kind="unavailable"), shown("a", ANN)).events]
    assert len(set(stamps)) == 3
    assert stamps == sorted(stamps)


def test_moderators_and_shared_screens_are_seen() -> None:
    scene = Scene()
    desktop = child("SourceInfo", '{"t-v1":{"videoType":"desktop","muted":false}}')
    event = scene.take(shown("t", TEACHER, desktop, affiliation="owner", role="moderator")).events[0]
    assert isinstance(event, Seen)
    assert (event.facts.role, event.facts.sharing) == (PlatformRole.MODERATOR, True)
    by_role = scene.take(shown("x", MALLORY, role="moderator")).events[0]
    assert isinstance(by_role, Seen)
    assert by_role.facts.role is PlatformRole.MODERATOR
    waiting = scene.take(shown("ann", ANN, desktop, room=LOBBY)).events[0]
    assert isinstance(waiting, Seen)
    assert (waiting.facts.role, waiting.facts.sharing) == (PlatformRole.ATTENDEE, False)


def test_the_conference_focus_is_nobody_but_its_nick_alone_hides_no_one() -> None:
    scene = Scene()
    focus = shown("focus", "focus@auth.meet.example.test/abc", affiliation="owner", role="moderator")
    assert scene.events(focus) == []
    assert scene.rooms.others_inside() == frozenset()
    assert scene.events(shown("focus", MALLORY)) == [f"{MALLORY} is inside"]


def test_we_ourselves_are_listed_as_such_and_inside_alone() -> None:
    scene = Scene()
    listed = scene.rooms.snapshot(NOW, complete=True).connections
    assert [(f.handle, f.place, f.is_self, f.role) for f in listed] == [
        (BOT, Place.INSIDE, True, PlatformRole.MODERATOR)
    ]
    assert scene.rooms.may_act
    assert scene.rooms.in_lobby


def test_without_the_rank_of_an_owner_we_may_not_act() -> None:
    scene = Scene()
    scene.take(shown("guardian", BOT, affiliation="member", codes=("110",)))
    assert not scene.rooms.may_act


def test_our_account_elsewhere_is_told_once_and_an_old_address_of_ours_is_not() -> None:
    scene = Scene()
    other = "guardian@auth.meet.example.test/other"
    signals = scene.take(
        shown("guardian", BOT, others=(other,), codes=("110",)),
        shown("guardian", BOT, others=(other,), codes=("110",)),
    ).signals
    assert [s for s in signals if s.kind is SignalKind.FOREIGN] == [Signal(SignalKind.FOREIGN, ROOM, other)]
    scene.rooms.begin("guardian@auth.meet.example.test/new")
    signals = scene.take(shown("guardian", "guardian@auth.meet.example.test/new", others=(BOT,))).signals
    assert signals == []


def test_two_sessions_under_one_nick_are_two_connections() -> None:
    scene = Scene()
    second = "ann@auth.meet.example.test/phone"
    assert scene.events(shown("ann", ANN, others=(second,))) == [f"{ANN} is inside", f"{second} is inside"]
    assert scene.rooms.inside_of(ANN) == {ANN, second}
    assert scene.events(shown("ann", second)) == [f"{ANN} is no longer inside"]
    assert scene.rooms.main.nick(second) == "ann"


def test_one_whose_address_is_hidden_is_known_by_the_seat() -> None:
    scene = Scene()
    assert scene.events(shown("eve", None)) == [f"{ROOM}/eve is inside"]
    assert _evidence(scene, f"{ROOM}/eve").seen
    assert scene.rooms.main.jid("eve") == ""


def test_a_new_nick_is_the_same_connection() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN))
    renamed = shown("ann", ANN, kind="unavailable", codes=("303",), new_nick="annie")
    assert scene.events(renamed, shown("annie", ANN)) == []
    assert scene.rooms.main.nick(ANN) == "annie"
    unknown = shown("nobody", MALLORY, kind="unavailable", codes=("303",), new_nick="else")
    assert scene.events(unknown) == []


def test_the_end_of_the_meeting_empties_the_picture() -> None:
    scene = Scene()
    scene.rooms.lobby_state(on=True, now=NOW)
    scene.take(recorded("token-holder-waiting"), shown("ann", ANN))
    taken = scene.take(recorded("meeting-ended"))
    assert [type(e) for e in taken.events] == [MeetingEnded]
    assert [s.kind for s in taken.signals] == [SignalKind.ENDED]
    assert scene.listed() == {}
    assert scene.rooms.lobby_on is None


def test_a_closed_lobby_empties_the_lobby_alone() -> None:
    scene = Scene()
    scene.take(recorded("token-holder-waiting"), shown("ann", ANN))
    taken = scene.take(recorded("lobby-closed"))
    assert [s.kind for s in taken.signals] == [SignalKind.LOBBY_GONE]
    assert len(taken.events) == 1
    assert scene.listed() == {BOT: "inside", ANN: "inside"}
    assert not scene.rooms.in_lobby


def test_being_put_out_ourselves_is_a_signal_and_no_event() -> None:
    taken = Scene().take(shown("guardian", BOT, kind="unavailable", codes=("110", "307"), actor=TEACHER))
    assert taken.events == []
    assert taken.signals == [Signal(SignalKind.PUT_OUT, ROOM, "307")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("registration-required", SignalKind.REFUSED), ("config-changed", SignalKind.CONFIG)],
)
def test_what_the_session_must_look_after_is_signalled(name: str, kind: SignalKind) -> None:
    assert Scene().signals(recorded(name)) == [kind]


def test_a_refusal_is_signalled_before_anybody_is_known() -> None:
    scene = Scene()
    scene.rooms.begin("guardian@auth.meet.example.test/new")
    assert scene.take(recorded("password-wanted")).signals == [Signal(SignalKind.REFUSED, ROOM, "not-authorized")]


def test_rooms_that_are_not_ours_change_nothing() -> None:
    scene = Scene()
    other = "physics@conference.meet.example.test"
    refused = recorded("locked-out")
    refused.set("from", f"{other}/grace")
    changed = recorded("config-changed")
    changed.set("from", other)
    taken = scene.take(
        shown("eve", MALLORY, room=other),
        refused,
        changed,
        notice('{"type":"lobby-notify","event":"LOBBY-ENABLED","value":true}', sender=f"{other}/t"),
    )
    assert (taken.events, taken.signals) == ([], [])
    assert scene.rooms.unseen(f"{other}/eve", NOW).events == []


def test_the_room_that_we_created_is_known_as_such() -> None:
    scene = Scene()
    assert not scene.rooms.created
    scene.take(shown("guardian", BOT, affiliation="owner", codes=("110", "201")))
    assert scene.rooms.created


def test_the_lobbys_state_is_told_when_it_changes() -> None:
    scene = Scene()
    assert [e.on for e in scene.rooms.lobby_state(on=True, now=NOW) if isinstance(e, LobbyChanged)] == [True]
    assert scene.rooms.lobby_state(on=True, now=NOW) == []
    assert len(scene.rooms.lobby_state(on=False, now=NOW)) == 1


# --- reading afresh ---------------------------------------------------------------------------------------------------


def test_who_is_not_shown_by_the_end_of_a_reading_has_gone() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN), shown("eve", MALLORY))
    scene.rooms.reading(ROOM)
    assert scene.events(shown("ann", ANN), shown("guardian", BOT, affiliation="owner", codes=("110",))) == []
    events = scene.rooms.read(ROOM, NOW)
    assert len(events) == 1
    assert scene.listed() == {BOT: "inside", ANN: "inside"}
    assert scene.rooms.read(ROOM, NOW) == []


def test_who_comes_or_goes_during_a_reading_is_counted_right() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN))
    scene.rooms.reading(ROOM)
    scene.take(
        shown("guardian", BOT, affiliation="owner"),
        shown("ann", ANN),
        shown("eve", MALLORY),
        shown("ann", ANN, kind="unavailable"),
    )
    assert scene.rooms.read(ROOM, NOW) == []
    assert scene.listed() == {BOT: "inside", MALLORY: "inside"}


def test_a_reading_of_a_room_that_is_not_ours_does_nothing() -> None:
    scene = Scene()
    scene.rooms.reading("other@m")
    assert scene.rooms.read("other@m", NOW) == []


def test_a_snapshot_covers_the_lobby_only_where_we_see_it() -> None:
    scene = Scene()
    scene.rooms.lobby_state(on=True, now=NOW)
    assert scene.rooms.snapshot(NOW, complete=True).covers == frozenset(Place)
    scene.rooms.lobby_is_at("elsewhere@lobby.meet.example.test")
    listed = scene.rooms.snapshot(NOW, complete=True)
    assert listed.covers == {Place.INSIDE}
    assert listed.lobby_on is True
    assert listed.as_of == listed.at


def test_after_an_incomplete_snapshot_a_departure_is_still_told() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN, room=LOBBY))
    scene.rooms.snapshot(NOW, complete=False)
    assert scene.events(shown("ann", ANN, room=LOBBY, kind="unavailable")) == [f"{ANN} is no longer waiting"]


def test_a_new_connection_begins_with_an_empty_picture() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN))
    scene.rooms.begin("guardian@auth.meet.example.test/new")
    assert scene.listed() == {}
    assert scene.rooms.lobby.address == ""
    assert scene.rooms.main.item(ANN).affiliation == "none"


def test_before_the_first_connection_nothing_is_ours() -> None:
    scene = Scene()
    scene.rooms.trust.own_jids.clear()
    assert not scene.rooms.may_act
    scene.rooms.meeting_is_at("maths@muc.meet.example.test")
    assert scene.rooms.main.address == "maths@muc.meet.example.test"


# --- what could not be read -------------------------------------------------------------------------------------------


def test_somebody_whose_presence_was_refused_is_there_all_the_same() -> None:
    scene = Scene()
    event = scene.rooms.unseen(f"{ROOM}/eve", NOW).events[0]
    assert isinstance(event, Seen)
    assert event.facts == Facts(f"{ROOM}/eve", Place.INSIDE, Evidence(seen=False))
    assert scene.rooms.unseen(f"{ROOM}/eve", NOW).events == []
    assert scene.events(shown("eve", MALLORY)) == [f"{ROOM}/eve is no longer inside", f"{MALLORY} is inside"]


def test_a_known_person_who_sends_rubbish_stays_as_they_were() -> None:
    scene = Scene()
    scene.take(shown("ann", ANN))
    assert scene.rooms.unseen(f"{ROOM}/ann", NOW).events == []
    scene.rooms.reading(ROOM)
    scene.take(shown("guardian", BOT, affiliation="owner"))
    scene.rooms.unseen(f"{ROOM}/ann", NOW)
    assert scene.rooms.read(ROOM, NOW) == []
    assert scene.listed() == {BOT: "inside", ANN: "inside"}
    assert scene.rooms.unseen(ROOM, NOW).events == []
