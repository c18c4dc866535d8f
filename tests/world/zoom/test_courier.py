"""Webhooks: Zoom's signature, its retries, and everything that goes wrong with them on demand."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from guardian.world.zoom import Attempt, Face, Faults, Meeting, Settings, ZoomWorld
from guardian.world.zoom.signing import expected_validation, sign
from tests.world.zoom.stand_ins import Alarm, Receiver, school

VECTOR = json.loads((Path(__file__).parents[2] / "payloads" / "zoom" / "signature-vector.json").read_text())
WAITING = "meeting.participant_joined_waiting_room"


@asynccontextmanager
async def delivering(**settings: Any) -> AsyncIterator[tuple[ZoomWorld, Meeting, Receiver]]:
    world, meeting = school(Settings(**settings))
    async with Receiver(world.webhook_secret, world.settings.clock) as receiver, world:
        world.deliver_to(receiver.url)
        yield world, meeting, receiver


def numbers(attempts: list[Attempt], tag: str) -> list[tuple[int, int]]:
    return [(one.number, one.status) for one in attempts if one.tag == tag]


def test_the_signature_is_that_of_the_published_vector() -> None:
    body = VECTOR["raw_body"].encode()
    assert sign(VECTOR["secret_token"], VECTOR["x-zm-request-timestamp"], body) == VECTOR["x-zm-signature"]
    plain = VECTOR["url_validation_plainToken"]
    assert (
        expected_validation(VECTOR["secret_token"], plain)["encryptedToken"] == VECTOR["url_validation_encryptedToken"]
    )


async def test_events_arrive_signed_and_in_order() -> None:
    async with delivering() as (world, meeting, receiver):
        await meeting.start()
        for name in ("Ada", "Ben", "Cem"):
            await meeting.knock(Face(name))
        await world.drained()
    assert receiver.kinds == ["meeting.started", "meeting.participant_joined", WAITING, WAITING, WAITING]
    names = [body["payload"]["object"]["participant"]["user_name"] for body in receiver.bodies[2:]]
    assert names == ["Ada", "Ben", "Cem"]
    assert len({headers["x-zm-trackingid"] for headers in receiver.headers}) == 5


async def test_the_address_is_validated_as_zoom_does_it() -> None:
    async with delivering() as (world, _, receiver):
        assert await world.validate()
        receiver.secret = "another"
        assert not await world.validate()


async def test_a_refused_event_is_tried_again_after_5_20_and_60_minutes_and_then_dropped() -> None:
    alarm = Alarm()
    async with delivering(speed=60.0, sleep=alarm.sleep) as (world, meeting, receiver):
        receiver.answers = [503, 500, 404, 302]
        await meeting.knock(Face("Ada", tag="ada"))
        await world.settled()
        for seconds in (5.0, 20.0, 60.0):
            await alarm.ring(seconds)
        await world.drained()
        assert numbers(world.courier.attempts, "ada") == [(1, 503), (2, 500), (3, 404), (4, 302)]
    assert alarm.asked == [5.0, 20.0, 60.0]
    assert receiver.bodies == [receiver.bodies[0]] * 4


async def test_a_retry_that_is_taken_is_the_last_one() -> None:
    alarm = Alarm()
    async with delivering(sleep=alarm.sleep) as (world, meeting, receiver):
        receiver.answers = [503]
        await meeting.knock(Face("Ada", tag="ada"))
        await alarm.ring(300.0)
        await world.drained()
        assert numbers(world.courier.attempts, "ada") == [(1, 503), (2, 204)]


async def test_a_receiver_that_is_too_slow_has_not_taken_the_event() -> None:
    alarm = Alarm()
    async with delivering(sleep=alarm.sleep, attempt_timeout=0.05) as (world, meeting, receiver):
        receiver.hang = asyncio.Event()
        await meeting.knock(Face("Ada", tag="ada"))
        await world.settled()
        receiver.hang.set()
        assert numbers(world.courier.attempts, "ada") == [(1, 0)]


async def test_a_lost_first_attempt_arrives_by_the_retry() -> None:
    alarm = Alarm()
    faults = Faults(first_attempt_lost={"ada"})
    async with delivering(sleep=alarm.sleep, faults=faults) as (world, meeting, receiver):
        await meeting.knock(Face("Ada", tag="ada"))
        await world.settled()
        assert receiver.bodies == []
        await alarm.ring(300.0)
        await world.drained()
        assert receiver.kinds == [WAITING]
        assert numbers(world.courier.attempts, "ada") == [(1, -1), (2, 204)]
        assert world.ledger.of("fault", tag="ada")[0].detail == f"attempt_lost {WAITING}"


async def test_all_events_of_a_lost_guest_are_lost_and_only_his() -> None:
    async with delivering(faults=Faults(lost={"ben"})) as (world, meeting, receiver):
        for name in ("ada", "ben"):
            guest = await meeting.knock(Face(name.title(), tag=name))
            meeting.host_admits(guest)
        await world.drained()
        assert {body["payload"]["object"]["participant"]["user_name"] for body in receiver.bodies} == {"Ada"}
        assert len(world.ledger.of("fault", tag="ben")) == 3


async def test_a_single_event_can_be_lost() -> None:
    faults = Faults(lost_events={("ada", "meeting.participant_admitted")})
    async with delivering(faults=faults) as (world, meeting, receiver):
        meeting.host_admits(await meeting.knock(Face("Ada", tag="ada")))
        await world.drained()
    assert receiver.kinds == [WAITING, "meeting.participant_joined"]


async def test_doubled_events_differ_only_in_their_tracking_id() -> None:
    async with delivering(faults=Faults(doubled=1.0)) as (world, meeting, receiver):
        await meeting.knock(Face("Ada"))
        await world.drained()
    first, second = receiver.bodies
    assert first == second
    assert receiver.headers[0]["x-zm-trackingid"] != receiver.headers[1]["x-zm-trackingid"]


async def test_a_reordered_event_comes_after_the_next_one() -> None:
    faults = Faults(reordered=1.0)
    async with delivering(faults=faults, sleep=Alarm().sleep) as (world, meeting, receiver):
        guest = await meeting.knock(Face("Ada"))
        await world.ledger.until(lambda ledger: len(ledger.of("fault")) == 1)
        faults.reordered = 0.0
        guest.leave()
        await world.drained()
    assert receiver.kinds == ["meeting.participant_left_waiting_room", WAITING]


async def test_a_held_event_goes_out_even_if_nothing_follows() -> None:
    alarm = Alarm()
    async with delivering(faults=Faults(reordered=1.0), sleep=alarm.sleep) as (world, meeting, receiver):
        await meeting.knock(Face("Ada"))
        await alarm.ring(10.0)
        await world.drained()
    assert receiver.kinds == [WAITING]


async def test_a_late_event_lets_the_next_one_pass() -> None:
    alarm = Alarm()
    faults = Faults(late=1.0, late_by=(20.0, 20.0))
    async with delivering(faults=faults, sleep=alarm.sleep, speed=10.0) as (world, meeting, receiver):
        guest = await meeting.knock(Face("Ada", tag="ada"))
        await world.ledger.until(lambda ledger: len(ledger.of("fault")) == 1)
        faults.late = 0.0
        guest.leave()
        await world.courier.until(lambda attempts: len(attempts) == 1)
        await alarm.ring(2.0)
        await world.drained()
    assert receiver.kinds == ["meeting.participant_left_waiting_room", WAITING]


async def test_which_events_are_struck_depends_on_the_seed_alone() -> None:
    struck = []
    for seed in (1, 1, 2):
        faults = Faults(doubled=0.5)
        async with delivering(seed=seed, faults=faults) as (world, meeting, _):
            for number in range(12):
                await meeting.knock(Face(f"guest {number}", tag=str(number)))
            await world.drained()
            struck.append([entry.tag for entry in world.ledger.of("fault")])
    assert struck[0] == struck[1] != struck[2]


async def test_forged_and_stale_requests_are_refused_by_a_careful_receiver() -> None:
    async with delivering() as (world, _, receiver):
        assert [await world.forge(), await world.stale(600.0)] == [401, 401]
        assert receiver.bodies == []


async def test_a_replay_is_the_same_request_byte_by_byte() -> None:
    async with delivering() as (world, meeting, receiver):
        await meeting.knock(Face("Ada"))
        await world.drained()
        assert await world.replay() == 204
    assert receiver.headers[0] == receiver.headers[1]
    assert receiver.bodies[0] == receiver.bodies[1]


async def test_after_a_rotation_events_bear_the_new_secret() -> None:
    async with delivering() as (world, meeting, receiver):
        world.rotate_webhook_secret("new")
        receiver.secret = "new"
        await meeting.knock(Face("Ada"))
        await world.drained()
    assert receiver.kinds == [WAITING]


async def test_a_retry_may_carry_the_first_attempts_timestamp() -> None:
    alarm, now = Alarm(), [1_000.0]
    for keeps, status in ((False, 204), (True, 401)):
        async with delivering(sleep=alarm.sleep, clock=lambda: now[0], retry_keeps_timestamp=keeps) as found:
            world, meeting, receiver = found
            receiver.answers = [503]
            await meeting.knock(Face("Ada", tag="ada"))
            await world.settled()
            now[0] += 301
            await alarm.ring(300.0)
            await world.courier.until(lambda attempts: len(attempts) == 2)
            assert numbers(world.courier.attempts, "ada") == [(1, 503), (2, status)]
