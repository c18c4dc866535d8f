"""Personal links on Zoom: a registration for each, and a proof only for who comes just after the press."""

from collections.abc import AsyncIterator

import pytest

from guardian.adapters.zoom.doorway import ZoomDoorway
from guardian.adapters.zoom.people import People
from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_events import Delivery, Kind, Who
from guardian.core.actions import ActKind
from guardian.core.events import Event, Seen
from guardian.core.identity import Evidence
from guardian.ports import Link
from tests.support.zoom_rest import NUMBER, Hands, ZoomStandIn, client_of, zoom_rest

T = 1_800_000_000.0


class Fresh:
    """One opening for each registration named; what was asked."""

    def __init__(self, **links: str) -> None:
        self.links = links
        self.used: dict[str, str] = {}
        self.asked: list[tuple[str, str, float]] = []

    def claim(self, key: str, by: str, at: float) -> str | None:
        self.asked.append((key, by, at))
        registrant = key.removeprefix("registrant:")
        if self.used.setdefault(registrant, by) != by:
            return None
        return self.links.get(registrant)


def delivery(kind: Kind, uuid: str, at: float, registrant: str | None = "R1", name: str = "iPad") -> Delivery:
    who = Who(uuid, f"u-{uuid}", name, Evidence(name=name, registrant=registrant))
    return Delivery(f"meeting.{kind}", NUMBER, "run", f"{kind}:{uuid}:{at}", at, kind, who)


def shown(events: tuple[Event, ...]) -> Evidence:
    return next(event.facts.evidence for event in events if isinstance(event, Seen))


def test_who_comes_by_a_fresh_opening_shows_the_link_from_the_first_event_on() -> None:
    fresh = Fresh(R1="link-1")
    people = People(fresh)
    first = shown(people.told(delivery(Kind.WAITING, "w", T), T).events)
    assert (first.link, first.registrant) == ("link-1", "R1")
    assert shown(people.told(delivery(Kind.JOINED, "w", T + 5), T).events).link == "link-1"
    assert fresh.asked == [("registrant:R1", "w", T)]


def test_the_same_person_under_another_uuid_keeps_the_link() -> None:
    people = People(Fresh(R1="link-1"))
    people.told(delivery(Kind.WAITING, "before", T), T)
    people.acted(ActKind.ADMIT, "before", T + 1)
    assert shown(people.told(delivery(Kind.JOINED, "after", T + 2), T + 2).events).link == "link-1"


def test_a_second_one_with_the_same_registration_shows_the_registration_only() -> None:
    people = People(Fresh(R1="link-1"))
    people.told(delivery(Kind.JOINED, "first", T), T)
    second = shown(people.told(delivery(Kind.WAITING, "second", T + 1), T + 1).events)
    assert (second.link, second.registrant) == (None, "R1")


def test_without_an_opening_or_a_registration_there_is_no_link() -> None:
    fresh = Fresh()
    people = People(fresh)
    assert shown(people.told(delivery(Kind.WAITING, "a", T), T).events).link is None
    assert shown(people.told(delivery(Kind.WAITING, "b", T, registrant=None), T).events).link is None
    assert [key for key, _, _ in fresh.asked] == ["registrant:R1"]


def test_only_who_comes_in_asks() -> None:
    fresh = Fresh(R1="link-1")
    people = People(fresh)
    people.told(delivery(Kind.ROLE, "w", T), T)
    people.told(delivery(Kind.SHARE_ON, "w", T + 1), T)
    people.told(delivery(Kind.LEFT, "w", T + 2), T)
    assert fresh.asked == []


# -- registrations ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def zoom() -> AsyncIterator[ZoomStandIn]:
    async with zoom_rest() as running:
        yield running


@pytest.fixture
async def rest(zoom: ZoomStandIn) -> AsyncIterator[ZoomRest]:
    async with client_of(zoom, Hands()) as client:
        yield client


async def test_each_link_gets_a_registration_of_its_own_under_an_address_that_is_nobodys(
    zoom: ZoomStandIn, rest: ZoomRest
) -> None:
    door = ZoomDoorway(rest, NUMBER, "guardian.example")
    made = await door.enrol({"lid1": "Ann Adams", "lid2": "Björk", "lid3": "Ann Mary Adams"})
    assert set(made) == {"lid1", "lid2", "lid3"}
    assert len({registrant for registrant, _ in made.values()}) == 3
    assert all(way.startswith("https://") for _, way in made.values())
    (sent,) = [asked.body for asked in zoom.asked if asked.path.endswith("/batch_registrants")]
    assert sent["auto_approve"] is True
    assert sent["registrants"] == [
        {"first_name": "Ann", "last_name": "Adams", "email": "lid1@guardian.example"},
        {"first_name": "Björk", "last_name": "", "email": "lid2@guardian.example"},
        {"first_name": "Ann", "last_name": "Mary Adams", "email": "lid3@guardian.example"},
    ]


async def test_a_registration_that_was_made_before_is_found_and_not_made_again(
    zoom: ZoomStandIn, rest: ZoomRest
) -> None:
    before = {
        "id": "R1",
        "status": "approved",
        "email": "LID1@guardian.example",
        "join_url": "https://zoom.example/w/1",
    }
    zoom.registrants.append(before)
    made = await ZoomDoorway(rest, NUMBER, "guardian.example").enrol({"lid1": "Ann Adams"})
    assert made == {"lid1": ("R1", "https://zoom.example/w/1")}
    assert {asked.method for asked in zoom.asked if "/registrants" in asked.path} == {"GET"}


async def test_a_struck_link_is_cancelled_at_zoom(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    door = ZoomDoorway(rest, NUMBER, "guardian.example")
    link = Link("lid1", "yoga", "ann", 1, T, T + 1.0, "R1", "https://zoom.example/w/1")
    assert door.way(link, "nonce") == link.way
    await door.strike([link])
    assert zoom.asked[-1].body == {"action": "cancel", "registrants": [{"id": "R1"}]}
