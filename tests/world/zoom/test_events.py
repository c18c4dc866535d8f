"""Every body that the world sends has the keys, and the kinds of values, of the published samples."""

import json
from pathlib import Path
from typing import Any

import pytest

from guardian.world.zoom import Face, Meeting, Settings, ZoomWorld
from tests.world.zoom.stand_ins import Caught, school

SAMPLES = Path(__file__).parents[2] / "payloads" / "zoom"
NAMES = sorted(path.name for path in SAMPLES.glob("meeting.*.json"))


def shape(value: Any) -> Any:
    """Keys and kinds of values, without the values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


async def one_of_everything(world: ZoomWorld, meeting: Meeting) -> list[dict[str, Any]]:
    caught = Caught(world)
    ada = world.register(meeting, "Ada", "Example", "ada.parent@example.org")
    child = await meeting.knock(Face("Ada Example", registrant=ada.id))
    await meeting.start()
    stranger = await meeting.knock(Face("iPhone"))
    keyed = await meeting.knock(Face("Ben Sample", customer_key="roster-0002"))
    caller = await meeting.knock(Face("15550100123", phone="15550100123"))
    meeting.host_admits(child)
    meeting.host_admits(stranger)
    meeting.host_admits(keyed)
    stranger.says("hello")
    meeting.host_puts_back(child)
    meeting.host_admits(child)
    meeting.host_promotes(child)
    child.share_on()
    child.share_off()
    waiting = await meeting.knock(Face("iPhone"))
    waiting.leave()
    caller.leave()
    stranger.leave()
    meeting.risk_alert()
    meeting.quality_alert()
    await meeting.ends()
    meeting.host_waiting_room(on=False)
    early = await meeting.knock(Face("Ada Example", registrant=ada.id))
    early.leave()
    meeting.settings["join_before_host"] = True
    await meeting.knock(Face("Ada Example", registrant=ada.id))
    return caught.bodies


@pytest.fixture
async def sent() -> list[dict[str, Any]]:
    world, meeting = school(approval_type=0)
    async with world:
        return await one_of_everything(world, meeting)


def test_there_are_samples_to_compare_with() -> None:
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
async def test_the_world_sends_a_body_just_like_each_sample(name: str, sent: list[dict[str, Any]]) -> None:
    sample = json.loads((SAMPLES / name).read_text())
    ours = [shape(body) for body in sent if body["event"] == sample["event"]]
    assert shape(sample) in ours


async def test_the_world_sends_nothing_unlike_all_samples(sent: list[dict[str, Any]]) -> None:
    samples = [json.loads((SAMPLES / name).read_text()) for name in NAMES]
    known: dict[str, set[str]] = {}
    for sample in samples:
        keys = known.setdefault(sample["event"], set())
        keys |= set(sample["payload"]["object"]) | set(sample["payload"]["object"].get("participant", {}))
    for body in sent:
        keys = set(body["payload"]["object"]) | set(body["payload"]["object"].get("participant", {}))
        optional = {"registrant_id", "customer_key", "phone_number"}
        assert keys - optional <= known[body["event"]], body["event"]
        assert known[body["event"]] - optional <= keys, body["event"]


async def test_inner_times_are_cut_to_seconds_and_the_outer_one_is_in_milliseconds() -> None:
    world, meeting = school(Settings(clock=lambda: 1795251661.987))
    async with world:
        caught = Caught(world)
        await meeting.knock(Face("iPhone"))
    body = caught.bodies[-1]
    assert body["event_ts"] == 1795251661987
    assert body["payload"]["object"]["participant"]["date_time"] == "2026-11-21T09:01:01Z"


async def test_an_outsider_brings_no_address_and_a_member_does() -> None:
    world, meeting = school()
    world.add_user("colleague@example.org", uid="U2")
    async with world:
        caught = Caught(world)
        for account in ("U2", "elsewhere"):
            await meeting.knock(Face("somebody", account=account))
    people = [body["payload"]["object"]["participant"] for body in caught.bodies]
    assert [(one["id"], one["participant_user_id"], one["email"]) for one in people] == [
        ("U2", "U2", "colleague@example.org"),
        ("elsewhere", "elsewhere", ""),
    ]


async def test_a_forwarded_link_shows_the_registrant_under_any_name() -> None:
    world, meeting = school(approval_type=0)
    async with world:
        caught = Caught(world)
        ada = world.register(meeting, "Ada", "Example", "ada.parent@example.org")
        await meeting.knock(Face("Somebody Else", registrant=ada.id))
    person = caught.bodies[-1]["payload"]["object"]["participant"]
    assert (person["user_name"], person["registrant_id"], person["email"]) == (
        "Somebody Else",
        ada.id,
        "ada.parent@example.org",
    )
