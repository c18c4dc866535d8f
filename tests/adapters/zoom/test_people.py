"""Who is behind which handle, from webhooks and the panel's lists, in any order and with uuids equal or not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from guardian.adapters.zoom.people import News, People
from guardian.adapters.zoom.wire_events import Delivery, Kind, Who
from guardian.adapters.zoom.wire_panel import Entry, PanelList
from guardian.core.actions import ActKind
from guardian.core.events import CameInAs, Gone, MeetingEnded, NativeAct, NativeKind, Seen, Snapshot, Warned
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from guardian.core.incidents import IncidentKind

T = 1_795_251_600.0
HOST = "ExHostUserAAAAAAAAAAAA"


def who(
    uuid: str,
    name: str = "Ada Example",
    *,
    account: str | None = None,
    registrant: str | None = None,
    claimed_email: str | None = None,
) -> Who:
    evidence = Evidence(name=name, account=account, registrant=registrant, claimed_email=claimed_email)
    return Who(uuid, f"u-{uuid}", name, evidence)


def delivery(
    kind: Kind, someone: Who | None = None, at: float = T, *, instance: str = "run-1", detail: str = ""
) -> Delivery:
    key = f"{kind}:{someone.uuid if someone else ''}:{at}"
    return Delivery(f"meeting.{kind}", "81234567890", instance, key, at, kind, someone, HOST, None, detail)


def entries(*pairs: tuple[str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(uuid, name, "attendee") for uuid, name in pairs)


def panel(waiting: tuple[tuple[str, str], ...] = (), inside: tuple[tuple[str, str], ...] = ()) -> PanelList:
    return PanelList(entries(*waiting), entries(*inside), waiting_room=True, main_room=True)


def seens(news: News) -> list[Facts]:
    return [event.facts for event in news.events if isinstance(event, Seen)]


def snapshot(news: News) -> Snapshot:
    (found,) = [event for event in news.events if isinstance(event, Snapshot)]
    return found


def handles(news: News) -> dict[str, Place]:
    return {facts.handle: facts.place for facts in snapshot(news).connections}


ADA = who("W-ada", registrant="R-ada", claimed_email="ada@example.org")


class TestOneUuid:
    def test_a_webhook_first_then_the_list_is_one_person(self) -> None:
        people = People()
        (facts,) = seens(people.told(delivery(Kind.WAITING, ADA), T))
        assert (facts.handle, facts.place, facts.evidence.registrant) == ("W-ada", Place.WAITING, "R-ada")
        news = people.listed(panel((("W-ada", "Ada Example"),)), T + 1)
        assert handles(news) == {"W-ada": Place.WAITING}
        assert people.address("W-ada") == "W-ada"

    def test_the_list_first_shows_somebody_whose_identity_was_missed(self) -> None:
        people = People()
        news = people.listed(panel((("W-ada", "Ada Example"),)), T + 1)
        (shown,) = snapshot(news).connections
        assert not shown.evidence.seen
        assert shown.evidence.name == "Ada Example"

    def test_a_webhook_that_comes_later_than_the_list_is_not_too_old_to_tell_who_it_is(self) -> None:
        people = People()
        people.listed(panel((("W-ada", "Ada Example"),)), T + 5)
        news = people.told(delivery(Kind.WAITING, ADA, at=T), T + 6)
        (event,) = [e for e in news.events if isinstance(e, Seen)]
        assert event.at > T + 5
        assert event.facts.evidence.registrant == "R-ada"

    def test_an_event_without_the_registrant_takes_nothing_back(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        (facts,) = seens(people.told(delivery(Kind.JOINED, who("W-ada"), at=T + 3), T + 3))
        assert facts.place is Place.INSIDE
        assert facts.evidence.registrant == "R-ada"

    def test_a_late_knock_does_not_bring_back_who_is_inside_by_now(self) -> None:
        people = People()
        people.told(delivery(Kind.JOINED, ADA, at=T + 10), T + 10)
        (facts,) = seens(people.told(delivery(Kind.WAITING, ADA, at=T), T + 300))
        assert facts.place is Place.INSIDE

    def test_a_departure_older_than_the_return_is_ignored(self) -> None:
        people = People()
        people.told(delivery(Kind.JOINED, ADA, at=T), T)
        people.told(delivery(Kind.JOINED, ADA, at=T + 60), T + 60)
        assert people.told(delivery(Kind.LEFT, ADA, at=T + 30), T + 90).events == ()

    def test_an_admission_in_the_second_of_the_list_is_believed_though_its_time_was_cut(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA, at=T), T)
        people.listed(panel((("W-ada", "Ada Example"),)), T + 5.5)
        (facts,) = seens(people.told(delivery(Kind.JOINED, ADA, at=T + 5.1), T + 5.8))
        assert facts.place is Place.INSIDE

    def test_a_tie_by_name_is_never_made_where_uuids_were_seen_to_be_equal(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.listed(panel((("W-ada", "Ada Example"),)), T + 1)
        people.told(delivery(Kind.WAITING, who("W-ben", "Ben", registrant="R-ben"), at=T + 2), T + 2)
        people.listed(panel((("W-ada", "Ada Example"), ("P-other", "Ben"))), T + 3)
        assert people.address("W-ben") is None
        assert people.address("P-other") == "P-other"

    def test_the_host_is_known_by_account_and_holds_the_role(self) -> None:
        people = People()
        (facts,) = seens(people.told(delivery(Kind.JOINED, who("W-h", "Teacher", account=HOST)), T))
        assert facts.role is PlatformRole.MODERATOR

    def test_a_share_is_told_by_the_user_id_alone(self) -> None:
        people = People()
        people.told(delivery(Kind.JOINED, ADA), T)
        sharer = Who("", "u-W-ada", "Ada Example", Evidence(name="Ada Example"))
        (facts,) = seens(people.told(delivery(Kind.SHARE_ON, sharer, at=T + 9), T + 9))
        assert (facts.handle, facts.sharing) == ("W-ada", True)
        (facts,) = seens(people.told(delivery(Kind.SHARE_OFF, sharer, at=T + 12), T + 12))
        assert not facts.sharing

    def test_a_connection_whose_uuid_changes_is_known_by_its_user_id_and_its_registration(self) -> None:
        people = People()
        people.told(delivery(Kind.JOINED, ADA, at=T + 5), T + 5)
        again = replace(ADA, uuid="W-before-she-came-in")
        (facts,) = seens(people.told(delivery(Kind.WAITING, again), T + 300))
        assert (facts.handle, facts.place) == ("W-ada", Place.INSIDE)
        other = replace(who("W-other", registrant="R-other"), user_id=ADA.user_id)
        (facts,) = seens(people.told(delivery(Kind.WAITING, other, at=T + 9), T + 301))
        assert facts.handle == "W-other"

    def test_a_share_that_is_told_before_the_coming_is_not_lost(self) -> None:
        people = People()
        sharer = Who("", "u-W-ada", "Ada Example", Evidence(name="Ada Example"))
        assert people.told(delivery(Kind.SHARE_ON, sharer, at=T + 9), T + 9).events == ()
        (facts,) = seens(people.told(delivery(Kind.JOINED, ADA), T + 12))
        assert facts.sharing

    def test_a_share_by_who_is_still_taken_to_wait_lasts_when_they_are_seen_inside(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.told(
            delivery(Kind.SHARE_ON, Who("", "u-W-ada", "Ada Example", Evidence(name="Ada Example")), at=T + 9), T + 9
        )
        listed = people.listed(panel((), (("W-ada", "Ada Example"),)), T + 10)
        assert [facts.sharing for facts in snapshot(listed).connections] == [True]
        (facts,) = seens(people.told(delivery(Kind.PUT_BACK, ADA, at=T + 20), T + 20))
        assert not facts.sharing

    def test_a_removal_by_the_host_shows_only_in_the_reason(self) -> None:
        people = People()
        people.told(delivery(Kind.JOINED, ADA), T)
        left = delivery(Kind.LEFT, ADA, at=T + 9, detail="Ada left the meeting.<br>Reason: Removed by host.")
        news = people.told(left, T + 9)
        assert any(isinstance(e, Gone) for e in news.events)
        assert any(isinstance(e, NativeAct) and e.kind is NativeKind.PUT_OUT for e in news.events)

    def test_a_breakouts_list_is_not_complete(self) -> None:
        found = replace(panel((("W-ada", "Ada Example"),)), main_room=False)
        assert not snapshot(People().listed(found, T)).complete

    def test_an_older_list_than_the_last_says_nothing(self) -> None:
        people = People()
        people.listed(panel(), T + 2)
        assert people.listed(panel((("W-ada", "Ada Example"),)), T + 1).events == ()


class TestUuidsDiffer:
    def test_one_of_that_name_on_each_side_is_tied(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        news = people.listed(panel((("P-1", "Ada Example"),)), T + 1)
        assert handles(news) == {"W-ada": Place.WAITING}
        assert people.address("W-ada") == "P-1"
        assert people.server_address("W-ada") == "W-ada"

    def test_tied_under_the_entrys_handle_when_that_was_shown_first(self) -> None:
        people = People()
        people.listed(panel((("P-1", "Ada Example"),)), T)
        people.told(delivery(Kind.WAITING, ADA, at=T), T + 1)
        news = people.listed(panel((("P-1", "Ada Example"),)), T + 2)
        (facts,) = seens(news)
        assert (facts.handle, facts.evidence.registrant) == ("P-1", "R-ada")
        assert people.server_address("P-1") == "W-ada"

    def test_a_list_that_was_read_before_the_webhook_came_ties_nobody(self) -> None:
        people = People()
        people.listed(panel((("P-stranger", "Ada Example"),)), T)
        news = people.told(delivery(Kind.WAITING, ADA, at=T), T + 1)
        assert news.look
        assert people.address("W-ada") is None

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_two_of_one_name_are_told_apart_by_nobody(self, order: tuple[int, ...]) -> None:
        people = People()
        stranger = who("W-stranger")
        steps = [
            lambda: people.told(delivery(Kind.WAITING, ADA), T),
            lambda: people.told(delivery(Kind.WAITING, stranger), T),
            lambda: people.listed(panel((("P-1", "Ada Example"), ("P-2", "Ada Example"))), T + 1),
        ]
        for number in order:
            steps[number]()
        news = people.listed(panel((("P-1", "Ada Example"), ("P-2", "Ada Example"))), T + 2)
        assert set(handles(news)) == {"P-1", "P-2"}
        assert not any(f.evidence.seen for f in snapshot(news).connections if f.handle != "W-ada")
        assert people.address("W-ada") is None

    @pytest.mark.parametrize("shown_first", [False, True])
    def test_a_second_one_of_the_name_unties_the_first(self, *, shown_first: bool) -> None:
        people = People()
        if shown_first:
            people.listed(panel((("P-1", "Ada Example"),)), T)
        people.told(delivery(Kind.WAITING, ADA), T + 1)
        people.listed(panel((("P-1", "Ada Example"),)), T + 2)
        second = people.told(delivery(Kind.WAITING, who("W-stranger"), at=T + 3), T + 3)
        assert people.address("W-ada") is None
        bare = [facts.handle for facts in seens(second) if not facts.evidence.seen]
        assert bare == (["P-1"] if shown_first else []), "what was said of the entry is taken back at once"
        news = people.listed(panel((("P-1", "Ada Example"), ("P-2", "Ada Example"))), T + 4)
        assert all(not facts.evidence.seen for facts in snapshot(news).connections)

    @pytest.mark.parametrize("shown_first", [False, True])
    def test_when_the_other_one_leaves_the_tie_is_made_again(self, *, shown_first: bool) -> None:
        people = People()
        if shown_first:
            people.listed(panel((("P-1", "Ada Example"),)), T)
        people.told(delivery(Kind.WAITING, ADA), T + 1)
        people.listed(panel((("P-1", "Ada Example"),)), T + 2)
        people.told(delivery(Kind.WAITING, who("W-stranger"), at=T + 3), T + 3)
        people.listed(panel((("P-1", "Ada Example"), ("P-2", "Ada Example"))), T + 4)
        people.told(delivery(Kind.LEFT_WAITING, who("W-stranger"), at=T + 5), T + 5)
        news = people.listed(panel((("P-1", "Ada Example"),)), T + 6)
        (handle,) = handles(news)
        assert people.address(handle) == "P-1"
        assert people.server_address(handle) == "W-ada"

    def test_whoever_comes_in_on_a_tie_of_names_must_be_who_was_meant(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.listed(panel((("P-1", "Ada Example"),)), T + 1)
        people.acted(ActKind.ADMIT, "W-ada", T + 2)
        admitted = people.told(delivery(Kind.ADMITTED, who("W-stranger"), at=T + 2), T + 2.2)
        assert not any(isinstance(e, NativeAct) for e in admitted.events), "it is not the teacher's own hand"
        news = people.told(delivery(Kind.JOINED, who("W-stranger"), at=T + 3), T + 3.2)
        assert [e for e in news.events if isinstance(e, CameInAs)] == [
            CameInAs(seen_at(news), "W-stranger", "W-ada"),
        ]

    def test_the_right_one_comes_in_under_another_uuid(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.listed(panel((("P-1", "Ada Example"),)), T + 1)
        people.acted(ActKind.ADMIT, "W-ada", T + 2)
        news = people.told(delivery(Kind.JOINED, who("W-ada-2", registrant="R-ada"), at=T + 3), T + 3)
        assert not any(isinstance(e, CameInAs) for e in news.events)
        (facts,) = seens(news)
        assert (facts.handle, facts.place) == ("W-ada", Place.INSIDE)
        listed = people.listed(panel((), (("P-9", "Ada Example"),)), T + 4)
        assert handles(listed) == {"W-ada": Place.INSIDE}

    def test_our_own_admission_that_is_told_late_is_nobody_elses_though_the_handle_has_changed(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.listed(panel((("P-ada", "Ada Example"),)), T + 1)
        people.acted(ActKind.ADMIT, "W-ada", T + 2)
        people.told(delivery(Kind.JOINED, who("W2-ada", registrant="R-ada"), T + 3), T + 3)
        people.listed(panel(inside=(("P2-ada", "Ada Example"),)), T + 4)
        late = people.told(delivery(Kind.ADMITTED, ADA, T + 2), T + 5)
        assert not [event for event in late.events if isinstance(event, NativeAct)]
        by_hand = people.told(delivery(Kind.ADMITTED, ADA, T + 900), T + 900)
        assert [event.kind for event in by_hand.events if isinstance(event, NativeAct)] == [NativeKind.ADMITTED]

    def test_whom_we_let_in_is_found_inside_under_a_new_entry_before_any_webhook_says_so(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.listed(panel((("P-1", "Ada Example"),)), T + 1)
        people.acted(ActKind.ADMIT, "W-ada", T + 2)
        assert handles(people.listed(panel((), (("P-2", "Ada Example"),)), T + 3)) == {"W-ada": Place.INSIDE}
        stranger = people.told(delivery(Kind.JOINED, who("W-stranger"), at=T + 3), T + 4)
        assert [e.instead_of for e in stranger.events if isinstance(e, CameInAs)] == ["W-ada"]
        bare = people.listed(panel((), (("P-2", "Ada Example"),)), T + 5)
        assert handles(bare) == {"W-stranger": Place.INSIDE} or not any(
            f.evidence.seen for f in snapshot(bare).connections
        ), "it is the stranger, or nobody known"

    def test_a_forwarded_link_that_waits_beside_the_child_is_not_taken_for_the_child(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.told(delivery(Kind.WAITING, who("W-thief", "Ada E", registrant="R-ada"), at=T + 1), T + 1)
        people.listed(panel((("P-1", "Ada Example"), ("P-2", "Ada E"))), T + 2)
        people.acted(ActKind.ADMIT, "W-ada", T + 3)
        (facts,) = seens(
            people.told(delivery(Kind.JOINED, who("W-thief", "Ada E", registrant="R-ada"), at=T + 4), T + 4)
        )
        assert facts.handle == "W-thief"


def seen_at(news: News) -> float:
    (event,) = [e for e in news.events if isinstance(e, Seen)]
    return event.at


class TestRuns:
    def test_a_new_run_forgets_the_one_before(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA), T)
        people.told(delivery(Kind.WAITING, who("W-ben", "Ben"), at=T + 4000, instance="run-2"), T + 4000)
        assert people.instance == "run-2"
        assert people.server_address("W-ada") == "W-ada"
        assert people.listed(panel((("W-ada", "Ada Example"),)), T + 4001).events

    def test_a_late_delivery_of_an_earlier_run_changes_nothing(self) -> None:
        people = People()
        people.told(delivery(Kind.WAITING, ADA, at=T + 4000, instance="run-2"), T + 4000)
        people.told(delivery(Kind.JOINED, who("W-old", "Old"), at=T), T + 4100)
        assert people.instance == "run-2"
        assert set(handles(people.listed(panel((("W-ada", "Ada Example"),)), T + 4200))) == {"W-ada"}

    def test_the_end_and_the_warnings(self) -> None:
        people = People()
        assert people.told(delivery(Kind.ENDED, at=T), T).events == (MeetingEnded(T, "the meeting was ended"),)
        (risk,) = people.told(delivery(Kind.RISK, at=T, detail="posted on a forum"), T).events
        assert risk == Warned(T, IncidentKind.PUBLIC_LINK, "posted on a forum")
        (before,) = people.told(delivery(Kind.BEFORE_HOST, at=T), T).events
        assert isinstance(before, Warned)
        assert before.kind is IncidentKind.BEFORE_HOST

    def test_after_a_restart_the_list_finds_those_whom_the_journal_knew(self) -> None:
        people = People()
        known = Facts("W-ada", Place.INSIDE, Evidence(name="Ada Example", registrant="R-ada"))
        people.recall([known])
        news = people.listed(panel((), (("P-7", "Ada Example"),)), T)
        assert handles(news) == {"W-ada": Place.INSIDE}
        assert people.address("W-ada") == "P-7"

    def test_a_raid_beyond_memory_forgets_who_is_gone_first(self) -> None:
        people = People()
        people.told(delivery(Kind.JOINED, ADA), T)
        for number in range(3000):
            someone = who(f"W-{number}", f"Zed {number}")
            people.told(delivery(Kind.WAITING, someone, at=T + number), T + number)
            people.told(delivery(Kind.LEFT_WAITING, someone, at=T + number + 0.5), T + number)
        (facts,) = seens(people.told(delivery(Kind.ROLE, ADA, at=T + 9000), T + 9000))
        assert facts.evidence.registrant == "R-ada"
