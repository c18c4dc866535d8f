"""Who gets where, and by whose hand: the world's own rules and its ledger."""

import asyncio
import json
from pathlib import Path

import pytest

from guardian.world.zoom import ActError, By, Face, Faults, Settings, acts
from tests.world.zoom.stand_ins import Alarm, Caught, school


async def test_a_guest_waits_until_the_host_admits_him() -> None:
    world, meeting = school()
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("Ada", tag="child:ada"))
        assert guest.state == "waiting"
        asyncio.get_running_loop().call_soon(meeting.host_admits, guest)
        await guest.until("inside")
    (entry,) = world.ledger.of("came_in", tag="child:ada")
    assert (entry.by, entry.name, entry.uuid) == (By.HOST, "Ada", guest.uuid)


async def test_without_a_waiting_room_anybody_walks_in_and_the_ledger_says_so() -> None:
    world, meeting = school(waiting_room=False)
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("stranger", tag="stranger"))
    assert guest.state == "inside"
    assert [entry.by for entry in world.ledger.of("came_in", tag="stranger")] == [By.OPEN]


async def test_with_join_before_host_the_first_comer_starts_the_meeting() -> None:
    world, meeting = school(waiting_room=False, join_before_host=True)
    async with world:
        caught = Caught(world)
        guest = await meeting.knock(Face("early", tag="early"))
    assert (guest.state, meeting.status) == ("inside", "started")
    assert caught.kinds == ["started", "participant_jbh_joined", "participant_joined"]
    assert world.ledger.of("came_in")[0].by == By.BEFORE


async def test_whoever_waits_for_the_host_comes_in_when_the_meeting_starts() -> None:
    world, meeting = school(waiting_room=False)
    async with world:
        guest = await meeting.knock(Face("early"))
        assert guest.state == "waiting"
        await meeting.start()
    assert guest.state == "inside"


async def test_an_alternative_host_skips_the_waiting_room_and_is_a_co_host() -> None:
    world, meeting = school(alternative_hosts="deputy@example.org")
    deputy = world.add_user("deputy@example.org")
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("Deputy", account=deputy.id))
    assert (guest.state, guest.role) == ("inside", "co-host")


async def test_a_setting_may_let_members_of_the_account_pass_the_waiting_room() -> None:
    options = {"mode": "custom", "who_goes_to_waiting_room": "users_not_in_account"}
    world, meeting = school(waiting_room_options=options)
    member = world.add_user("colleague@example.org")
    async with world:
        await meeting.start()
        inside = await meeting.knock(Face("Colleague", account=member.id))
        waits = await meeting.knock(Face("Colleague"))
    assert (inside.state, waits.state) == ("inside", "waiting")


async def test_the_removed_cannot_come_back_with_the_same_address_but_the_nameless_can() -> None:
    world, meeting = school(approval_type=0)
    async with world:
        await meeting.start()
        ada = world.register(meeting, "Ada", "Example", "Ada@Example.org")
        child = await meeting.knock(Face("Ada", registrant=ada.id))
        stranger = await meeting.knock(Face("iPhone"))
        for guest in (child, stranger):
            meeting.host_removes(guest)
        again = [await meeting.knock(Face("Ada", registrant=ada.id)), await meeting.knock(Face("iPhone"))]
        assert [(one.state, one.why) for one in again] == [("out", "removed before"), ("waiting", "")]
        await meeting.ends()
        assert (await meeting.knock(Face("Ada", registrant=ada.id))).state == "waiting"


async def test_where_the_settings_forgive_the_removed_may_come_back() -> None:
    world, meeting = school(approval_type=0)
    world.users[meeting.host_id].settings["in_meeting"]["allow_removed_participants_to_rejoin"] = True
    async with world:
        ada = world.register(meeting, "Ada", "Example", "ada@example.org")
        meeting.host_removes(await meeting.knock(Face("Ada", registrant=ada.id)))
        again = await meeting.knock(Face("Ada", registrant=ada.id))
    assert again.state == "waiting"


async def test_a_pending_registrant_a_wrong_passcode_and_a_locked_meeting_turn_people_away() -> None:
    world, meeting = school(approval_type=1)
    async with world:
        old = meeting.passcode
        pending = world.register(meeting, "Ada", "Example", "ada@example.org")
        first = await meeting.knock(Face("Ada", registrant=pending.id))
        meeting.passcode = "another"
        second = await meeting.knock(Face("stranger", passcode=old))
        meeting.host_locks()
        third = await meeting.knock(Face("late"))
    assert [one.why for one in (first, second, third)] == ["registration not approved", "wrong passcode", "locked"]
    assert len(world.ledger.of("turned_away")) == 3


async def test_acts_that_make_no_sense_are_refused_with_zooms_codes() -> None:
    world, meeting = school()
    async with world:
        host = await meeting.start()
        guest = await meeting.knock(Face("Ada"))
        codes: list[str] = []
        for act, whom in ((acts.put_back, guest), (acts.put_back, host), (acts.admit, host)):
            with pytest.raises(ActError) as refused:
                act(meeting, whom, By.HOST)
            codes.append(refused.value.code)
        with pytest.raises(ActError) as refused:
            meeting.host_waiting_room(on=True)
        codes.append(refused.value.code)
        meeting.waiting_room_locked = True
        with pytest.raises(ActError) as refused:
            meeting.host_waiting_room(on=False)
        codes.append(refused.value.code)
    assert codes == ["10237", "10239", "10238", "10234", "10233"]


async def test_a_killed_client_is_noticed_late_and_then_has_left() -> None:
    alarm = Alarm()
    world, meeting = school(Settings(sleep=alarm.sleep, speed=10))
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("Ada"))
        meeting.host_admits(guest)
        caught = Caught(world)
        guest.drop(after=75)
        back = await meeting.knock(Face("Ada"))
        assert (guest.state, guest.gone, caught.kinds) == ("inside", True, ["participant_joined_waiting_room"])
        await alarm.ring(7.5)
        await guest.until("out")
        assert back.uuid != guest.uuid
    assert caught.kinds[-1] == "participant_left"


async def test_a_late_notice_does_not_touch_one_who_was_removed_meanwhile() -> None:
    alarm = Alarm()
    world, meeting = school(Settings(sleep=alarm.sleep))
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("Ada"))
        guest.drop()
        meeting.host_removes(guest)
        caught = Caught(world)
        await alarm.ring(75.0)
    assert caught.kinds == []
    assert guest.why == "Removed by host"


async def test_a_guest_of_the_meetings_next_run_sees_a_new_instance() -> None:
    world, meeting = school()
    async with world:
        first = meeting.instance
        await meeting.start()
        guest = await meeting.knock(Face("Ada"))
        await meeting.ends()
    assert guest.state == "out"
    assert meeting.instance != first


async def test_sharing_is_for_hosts_unless_the_settings_let_all() -> None:
    world, meeting = school()
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("stranger"))
        meeting.host_admits(guest)
        assert not guest.share_on()
        world.users[meeting.host_id].settings["in_meeting"]["who_can_share_screen"] = "all"
        assert guest.share_on()
        meeting.host_puts_back(guest)
    assert not guest.sharing


async def test_uuids_differ_where_the_faults_want_it() -> None:
    world, meeting = school(Settings(faults=Faults(uuids={"panel", "admission", "instance"})))
    async with world:
        await meeting.start()
        guest = await meeting.knock(Face("Ada"))
        before = guest.uuid
        caught = Caught(world)
        meeting.host_admits(guest)
        people = [body["payload"]["object"]["participant"] for body in caught.bodies]
        assert guest.panel_uuid != guest.uuid
        assert meeting.panel_instance != meeting.instance
    assert [one["participant_uuid"] for one in people] == [before, guest.uuid]
    assert len({before, guest.uuid}) == 2


async def test_the_same_seed_gives_the_same_ids() -> None:
    made = []
    for _ in range(2):
        world, meeting = school(Settings(seed=7))
        async with world:
            guest = await meeting.knock(Face("Ada"))
            made.append((world.account_id, world.client_secret, meeting.instance, guest.uuid))
    assert made[0] == made[1]


async def test_the_ledger_is_written_as_json_lines(tmp_path: Path) -> None:
    world, meeting = school()
    async with world:
        await meeting.start()
        await meeting.knock(Face("Ada", tag="child:ada"))
    world.ledger.write(tmp_path / "ledger.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert [line["what"] for line in lines] == ["knocked", "started", "came_in", "knocked"]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]


async def test_what_the_documents_leave_open_can_be_had_both_ways() -> None:
    settings = Settings(left_waiting_on_admission=True, one_registrant_per_email=True)
    world, meeting = school(settings, approval_type=0)
    async with world:
        first = world.register(meeting, "Ada", "Example", "ada@example.org")
        second = world.register(meeting, "Some", "Body", "ADA@example.org")
        guest = await meeting.knock(Face("Ada", registrant=first.id))
        caught = Caught(world)
        meeting.host_admits_all()
    assert first is second
    assert guest.state == "inside"
    assert caught.kinds == ["participant_left_waiting_room", "participant_admitted", "participant_joined"]


async def test_nobody_acts_on_one_who_is_out_nor_removes_the_host() -> None:
    world, meeting = school()
    async with world:
        host = await meeting.start()
        guest = await meeting.knock(Face("Ada"))
        guest.leave()
        for act, whom in ((acts.put_back, guest), (acts.remove, guest), (acts.remove, host)):
            with pytest.raises(ActError):
                act(meeting, whom, By.HOST)
    assert host.state == "inside"


async def test_a_meeting_that_asks_for_a_login_turns_strangers_away() -> None:
    world, meeting = school(meeting_authentication=True)
    async with world:
        stranger = await meeting.knock(Face("stranger"))
        signed_in = await meeting.knock(Face("somebody", account="elsewhere"))
    assert (stranger.why, signed_in.state) == ("not signed in", "waiting")
