"""The police points of a Zoom meeting, each one broken at a stand-in of Zoom's REST; and what can be mended there."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import pytest

from guardian.adapters.zoom import wire_points
from guardian.adapters.zoom.probe import fix, probe
from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_calls import Needs
from guardian.cli.check import report
from guardian.core.points import Finding, Level
from guardian.core.roster import Person, Role, Roster
from tests.support.zoom_rest import HOST, NUMBER, ZoomStandIn, client_of, trouble, zoom_rest

TESS = Person("t", "Tess Teacher", Role.HOST, accounts=(HOST,), emails=("tess@school.example",))
SAM = Person("s", "Sam Staff", Role.STAFF, emails=("sam@school.example",))
ADA = Person("a", "Ada Example", Role.PUPIL, accounts=("registrant:R-1",))
LIST = Roster("1", (TESS, SAM, ADA))
SEEN: Mapping[str, Sequence[str]] = {HOST: ()}
Break = Callable[[ZoomStandIn], object]


@pytest.fixture
async def zoom() -> AsyncIterator[ZoomStandIn]:
    async with zoom_rest() as running:
        yield running


@pytest.fixture
async def rest(zoom: ZoomStandIn) -> AsyncIterator[ZoomRest]:
    async with client_of(zoom) as client:
        yield client


async def looked(rest: ZoomRest, roster: Roster = LIST, seen: Mapping[str, Sequence[str]] = SEEN) -> dict[str, Finding]:
    found = await probe(rest, NUMBER, roster, seen, clock=rest._clock)
    told = {finding.id: finding for finding in found}
    assert len(told) == len(found), "each point is told once"
    assert all(f.todo for f in found if f.level is not Level.OK), "whatever is wrong says what to do"
    assert all("Tess" not in f.what and "@" not in f.what for f in found), "no names, no addresses"
    return told


async def test_a_meeting_as_it_should_be_is_fine_on_every_point(rest: ZoomRest) -> None:
    told = await looked(rest)
    assert {name for name, finding in told.items() if finding.level is not Level.OK} == set()
    assert {"soft-lock", "panel-runs-in", "clock", "login", "who-is-inside"} <= told.keys()


SETTINGS: dict[str, tuple[Break, str, Level, str]] = {
    "no waiting room": (
        lambda z: z.settings.update(waiting_room=False),
        "waiting-room",
        Level.NO_GO,
        "the waiting room is off",
    ),
    "a bypass": (
        lambda z: z.settings["waiting_room_options"].update(who_goes_to_waiting_room="users_not_in_account"),
        "waiting-room",
        Level.NO_GO,
        "only users not in account go there",
    ),
    "the host's setting decides who waits": (
        lambda z: z.settings.update(waiting_room_options={"mode": "follow_setting"}),
        "waiting-room",
        Level.RISK,
        "cannot be read",
    ),
    "waiting room not told": (lambda z: z.settings.pop("waiting_room"), "waiting-room", Level.RISK, "cannot be read"),
    "before the host": (
        lambda z: z.settings.update(join_before_host=True),
        "join-before-host",
        Level.NO_GO,
        "inside before the host",
    ),
    "before the host not told": (
        lambda z: z.settings.pop("join_before_host"),
        "join-before-host",
        Level.RISK,
        "cannot be read",
    ),
    "open registration": (
        lambda z: z.settings.update(approval_type=0),
        "registration",
        Level.NO_GO,
        "registration is open",
    ),
    "no registration": (
        lambda z: z.settings.update(approval_type=2),
        "registration",
        Level.RISK,
        "nobody registers",
    ),
    "registration not told": (
        lambda z: z.settings.pop("approval_type"),
        "registration",
        Level.RISK,
        "cannot be read",
    ),
    "no passcode": (lambda z: z.meeting.update(password=""), "passcode", Level.RISK, "no passcode"),
    "a passcode in the link": (
        lambda z: z.meeting.update(join_url="https://zoom.example/j/8?pwd=x"),
        "join-link",
        Level.RISK,
        "carries the passcode",
    ),
    "several devices": (
        lambda z: z.settings.update(allow_multiple_devices=True),
        "devices",
        Level.RISK,
        "several devices",
    ),
    "devices not told": (
        lambda z: z.settings.pop("allow_multiple_devices"),
        "devices",
        Level.RISK,
        "cannot be read",
    ),
    "everybody shares": (
        lambda z: z.host.update(who_can_share_screen="all"),
        "sharing",
        Level.NO_GO,
        "everybody can share",
    ),
    "sharing not told": (lambda z: z.host.pop("who_can_share_screen"), "sharing", Level.RISK, "cannot be read"),
    "renaming": (
        lambda z: z.host.update(allow_participants_to_rename=True),
        "rename",
        Level.RISK,
        "can rename themselves",
    ),
    "renaming not told": (
        lambda z: z.host.pop("allow_participants_to_rename"),
        "rename",
        Level.RISK,
        "cannot be read",
    ),
    "rejoining": (
        lambda z: z.host.update(allow_removed_participants_to_rejoin=True),
        "rejoin",
        Level.RISK,
        "knock again",
    ),
    "rejoining not told": (
        lambda z: z.host.pop("allow_removed_participants_to_rejoin"),
        "rejoin",
        Level.RISK,
        "barred by address",
    ),
    "a stranger as alternative host": (
        lambda z: z.settings.update(alternative_hosts="sam@school.example;eve@elsewhere.example"),
        "alternative-hosts",
        Level.NO_GO,
        "1 of 2 alternative hosts",
    ),
    "a clock apart": (lambda z: setattr(z, "clock_off", 120.0), "clock", Level.NO_GO, "s apart"),
    "scopes not told": (lambda z: setattr(z, "tells_scopes", False), "scopes", Level.RISK, "does not say"),
    "the meeting of another account": (
        lambda z: z.instead.append(trouble(404, 3001)),
        "meeting",
        Level.NO_GO,
        "no such meeting",
    ),
    "a refused login": (
        lambda z: z.login_instead.append(trouble(400, 0, "invalid_client")),
        "login",
        Level.NO_GO,
        "does not accept",
    ),
    "no login just now": (
        lambda z: z.login_instead.append(trouble(503)),
        "server",
        Level.NO_GO,
        "no token just now",
    ),
    "a Zoom that fails": (
        lambda z: z.instead.extend([trouble(500), trouble(500)]),
        "server",
        Level.NO_GO,
        "just now",
    ),
}


@pytest.mark.parametrize(("wreck", "point", "level", "words"), SETTINGS.values(), ids=SETTINGS)
async def test_a_broken_point_is_told_by_name_by_weight_and_with_what_to_click(
    zoom: ZoomStandIn, rest: ZoomRest, wreck: Break, point: str, level: Level, words: str
) -> None:
    wreck(zoom)
    told = await looked(rest)
    finding = told[point]
    assert finding.level is level
    assert words in finding.what
    assert finding.todo
    assert report(list(told.values()), as_json=True) is (level is Level.RISK), (
        "one no-go is exit 1, a risk alone is not"
    )


@pytest.mark.parametrize("scope", Needs)
async def test_each_missing_scope_is_told_by_itself(zoom: ZoomStandIn, rest: ZoomRest, scope: Needs) -> None:
    zoom.scopes.discard(scope)
    told = await looked(rest)
    missing = {name for name, finding in told.items() if name.startswith("scope-") and finding.level is not Level.OK}
    assert missing == {f"scope-{scope}"}
    finding = told[f"scope-{scope}"]
    assert scope in finding.what
    assert scope in finding.todo
    assert finding.level is (Level.RISK if scope in {Needs.SETTINGS, Needs.LIVE} else Level.NO_GO)


async def test_scopes_for_registrants_are_a_risk_only_where_nobody_registers(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.settings["approval_type"] = 2
    zoom.scopes.discard(Needs.ADD_REGISTRANT)
    assert (await looked(rest))[f"scope-{Needs.ADD_REGISTRANT}"].level is Level.RISK


async def test_without_the_scope_for_the_hosts_settings_each_of_their_points_is_to_be_looked_at_by_hand(
    zoom: ZoomStandIn, rest: ZoomRest
) -> None:
    zoom.scopes.discard(Needs.SETTINGS)
    told = await looked(rest)
    assert [told[name].level for name in ("sharing", "rename", "rejoin")] == [Level.RISK] * 3
    assert all("by hand" in told[name].todo for name in ("sharing", "rename", "rejoin"))


@pytest.mark.parametrize(
    ("has", "scope", "enough"),
    [
        ("meeting:read:admin", Needs.READ, True),
        ("meeting:write:admin", Needs.CONTROLS, True),
        ("meeting:read:admin", Needs.CONTROLS, False),
        ("meeting:read:meeting", Needs.READ, True),
        ("user:read:admin", Needs.SETTINGS, True),
        ("dashboard_meetings:read:admin", Needs.LIVE, True),
        ("meeting:read:meetings:admin", Needs.READ, False),
    ],
)
def test_an_older_apps_coarse_scopes_count(has: str, scope: Needs, enough: bool) -> None:
    assert wire_points.has_scope(scope, frozenset({has})) is enough


async def test_every_alternative_host_on_the_list_is_fine(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.settings["alternative_hosts"] = f"SAM@school.example;{HOST.casefold()}"
    assert (await looked(rest))["alternative-hosts"].level is Level.OK


async def test_a_host_who_never_opened_the_panel_is_a_risk(rest: ZoomRest) -> None:
    finding = (await looked(rest, seen={}))["panel"]
    assert finding.level is Level.RISK
    assert HOST in finding.what
    assert "Add" in finding.todo


async def test_a_host_client_that_cannot_run_the_panel_is_said(rest: ZoomRest) -> None:
    cannot = ("the host is in a mobile client of Zoom, which cannot work the waiting room",)
    alone = (await looked(rest, seen={HOST: cannot}))[f"panel-{HOST}"]
    assert alone.level is Level.NO_GO
    assert "mobile client" in alone.what
    other = Person("u", "Uma Teacher", Role.HOST, accounts=("ExOther",))
    told = await looked(rest, Roster("2", (TESS, other)), {HOST: cannot, "exother": ()})
    assert told[f"panel-{HOST}"].level is Level.RISK
    assert told["panel"].level is Level.OK


async def test_a_list_whose_hosts_have_no_zoom_account_has_no_panel(rest: ZoomRest) -> None:
    bare = Roster("3", (Person("t", "Tess Teacher", Role.HOST, accounts=("registrant:R-7",)),))
    assert (await looked(rest, bare))["panel"].level is Level.NO_GO


def test_where_no_host_has_an_account_the_staff_open_the_panels() -> None:
    sam = Person("s", "Sam Staff", Role.STAFF, accounts=("ExSam",), valid_until=100.0)
    roster = Roster("4", (SAM, sam))
    assert wire_points.staff_of(roster, 0.0).hosts == ("ExSam",)
    assert wire_points.staff_of(roster, 200.0).hosts == ()


async def test_a_plan_without_a_dashboard_is_a_risk_and_needs_no_scope_for_it(zoom: ZoomStandIn) -> None:
    zoom.scopes.discard(Needs.LIVE)
    async with client_of(zoom, plan="pro") as rest:
        told = await looked(rest)
    assert told["who-is-inside"].level is Level.RISK
    assert f"scope-{Needs.LIVE}" not in told


# --- mending ---------------------------------------------------------------------------------------------------------

BROKEN = {"waiting_room": False, "join_before_host": True, "approval_type": 0, "allow_multiple_devices": True}


def levels(found: Sequence[Finding]) -> dict[str, Level]:
    return {finding.id: finding.level for finding in found}


async def test_what_the_meeting_allows_is_mended_read_back_and_then_fine(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.settings.update(BROKEN)
    zoom.meeting["password"] = ""
    names = ("waiting-room", "join-before-host", "registration", "devices", "passcode")
    assert levels(await fix(rest, NUMBER)) == {f"fixed-{name}": Level.OK for name in names}
    told = await looked(rest)
    assert {told[name].level for name in names} == {Level.OK}
    assert zoom.settings["waiting_room_options"]["who_goes_to_waiting_room"] == "everyone"


async def test_a_meeting_that_is_fine_is_left_alone(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    assert levels(await fix(rest, NUMBER)) == {"fixed": Level.OK}
    assert {asked.method for asked in zoom.asked} == {"GET"}


async def test_one_locked_setting_does_not_keep_the_others_from_being_mended(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.settings.update(BROKEN)
    zoom.locked = {"join_before_host"}
    found = await fix(rest, NUMBER)
    assert levels(found) == {
        "fixed-waiting-room": Level.OK,
        "not-fixed-join-before-host": Level.RISK,
        "fixed-registration": Level.OK,
        "fixed-devices": Level.OK,
    }
    assert "Ann" not in "".join(finding.what for finding in found)
    assert (await looked(rest))["join-before-host"].level is Level.NO_GO


async def test_a_change_that_zoom_takes_without_effect_is_not_called_mended(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.settings.update(BROKEN)
    zoom.settings_stick = False
    found = await fix(rest, NUMBER)
    assert set(levels(found).values()) == {Level.RISK}
    assert all("reads back as before" in finding.what for finding in found)


async def test_a_meeting_that_cannot_be_read_is_not_touched(zoom: ZoomStandIn, rest: ZoomRest) -> None:
    zoom.scopes.discard(Needs.READ)
    assert levels(await fix(rest, NUMBER)) == {"not-fixed": Level.RISK}
    assert {asked.method for asked in zoom.asked} == {"GET"}
