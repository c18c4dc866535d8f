"""``guardian check`` of a meeting on Zoom: go, and each point or scope broken on its own named, with the exit code."""

from collections.abc import Callable
from typing import Any

import pytest

from guardian.world.zoom import ALL_SCOPES
from tests.support.command_line import Done
from tests.support.e2e_zoom import Begin, ZoomClass


@pytest.fixture
async def before(begin: Begin) -> ZoomClass:
    """A class that begins in ten minutes, in a meeting that is set right; nobody guards it yet."""
    return await begin(guarded=False, config={"began": -600.0}, meeting={"approval_type": 1})


async def checked(zoom: ZoomClass, *more: str) -> tuple[Done, dict[str, dict[str, Any]]]:
    told = await zoom.command("check", "--json", *more)
    assert told.out, told.err
    return told, {finding["id"]: finding for finding in told.json["findings"]}


def levels(findings: dict[str, dict[str, Any]], level: str) -> set[str]:
    return {name for name, finding in findings.items() if finding["level"] == level}


async def test_a_meeting_that_is_set_right_is_a_go_and_the_mail_says_so(before: ZoomClass) -> None:
    told, found = await checked(before)
    assert levels(found, "no-go") == set()
    assert told.code == 0
    assert told.json["go"] is True
    fine = {"login", "clock", "waiting-room", "join-before-host", "registration", "passcode", "sharing", "soft-lock"}
    assert fine <= levels(found, "ok")
    assert {f"scope-{scope}" for scope in ALL_SCOPES if not scope.startswith("dashboard")} <= levels(found, "ok")
    assert levels(found, "risk") >= {"gate-registrant", "panel"}
    assert "go (check)" in str((await before.until_mail("check"))["Subject"])
    assert [call for call in before.world.calls if call.method != "GET"] == []


def meeting(**settings: Any) -> Callable[[ZoomClass], None]:
    return lambda zoom: zoom.meeting.settings.update(settings)


def host(group: str, **settings: Any) -> Callable[[ZoomClass], None]:
    return lambda zoom: zoom.teacher.settings[group].update(settings)


def no_passcode(zoom: ZoomClass) -> None:
    zoom.meeting.passcode = ""


def no_host_account(zoom: ZoomClass) -> None:
    text = zoom.roster.read_text()
    zoom.roster.write_text(text.replace(zoom.teacher.id, "").replace("host,,", "host,,teacher@school.example"))


SOME = {"mode": "custom", "who_goes_to_waiting_room": "users_not_in_account"}
BROKEN: dict[str, tuple[str, str, Callable[[ZoomClass], None]]] = {
    "no waiting room": ("waiting-room", "no-go", meeting(waiting_room=False)),
    "members pass by the waiting room": ("waiting-room", "no-go", meeting(waiting_room_options=SOME)),
    "join before host": ("join-before-host", "no-go", meeting(join_before_host=True)),
    "open registration": ("registration", "no-go", meeting(approval_type=0)),
    "no registration": ("registration", "risk", meeting(approval_type=2)),
    "several devices": ("devices", "risk", meeting(allow_multiple_devices=True)),
    "no passcode": ("passcode", "risk", no_passcode),
    "passcode in the link": (
        "join-link",
        "risk",
        host("schedule_meeting", embed_password_in_join_link=True),
    ),
    "everybody shares": ("sharing", "no-go", host("in_meeting", who_can_share_screen="all")),
    "renaming": ("rename", "risk", host("in_meeting", allow_participants_to_rename=True)),
    "removed may come back": ("rejoin", "risk", host("in_meeting", allow_removed_participants_to_rejoin=True)),
    "a strange alternative host": ("alternative-hosts", "no-go", meeting(alternative_hosts="x@else.example")),
    "no account of any host": ("panel", "no-go", no_host_account),
}


@pytest.mark.parametrize(("point", "level", "spoil"), BROKEN.values(), ids=BROKEN.keys())
async def test_each_broken_point_is_named(
    before: ZoomClass, point: str, level: str, spoil: Callable[[ZoomClass], None]
) -> None:
    spoil(before)
    told, found = await checked(before)
    assert found[point]["level"] == level, found[point]
    assert found[point]["todo"]
    assert told.code == (1 if level == "no-go" else 0)
    assert levels(found, "no-go") == ({point} if level == "no-go" else set())


OPTIONAL = {"user:read:settings:admin", "dashboard:read:list_meeting_participants:admin"}


@pytest.mark.parametrize("scope", sorted(ALL_SCOPES))
async def test_each_missing_scope_is_named(begin: Begin, scope: str) -> None:
    zoom = await begin(
        guarded=False,
        config={"began": -600.0},
        meeting={"approval_type": 1},
        world={"plan": "business", "scopes": ALL_SCOPES - {scope}},
    )
    told, found = await checked(zoom)
    point = found[f"scope-{scope}"]
    assert point["level"] == ("risk" if scope in OPTIONAL else "no-go")
    assert scope in point["what"]
    assert scope in point["todo"]
    assert told.code == (0 if scope in OPTIONAL else 1)
    missing = {name for name, f in found.items() if name.startswith("scope-") and f["level"] != "ok"}
    assert missing == {f"scope-{scope}"}


async def test_a_refused_login_and_a_wrong_number_are_a_no_go_each(before: ZoomClass) -> None:
    before.write_config(began=-600.0, zoom={"account_id": '"another-account"'})
    told, found = await checked(before)
    assert (told.code, found["login"]["level"]) == (1, "no-go")
    before.write_config(began=-600.0)
    before.config.write_text(before.config.read_text().replace("81234567890", "89999999999"))
    told, found = await checked(before)
    assert (told.code, found["meeting"]["level"]) == (1, "no-go")


async def test_fix_mends_what_the_api_allows_reads_it_back_and_lists_the_rest_as_clicks(before: ZoomClass) -> None:
    zoom = before
    zoom.meeting.settings |= {
        "waiting_room": False,
        "join_before_host": True,
        "approval_type": 0,
        "allow_multiple_devices": True,
    }
    zoom.meeting.passcode = ""
    zoom.teacher.settings["in_meeting"]["who_can_share_screen"] = "all"
    told, found = await checked(zoom, "--fix")
    mended = {"waiting-room", "join-before-host", "registration", "devices", "passcode"}
    assert {f"fixed-{point}" for point in mended} <= levels(found, "ok")
    assert mended <= levels(found, "ok")
    settings = zoom.meeting.settings
    assert settings["waiting_room"] is True
    assert settings["join_before_host"] is settings["allow_multiple_devices"] is False
    assert settings["approval_type"] == 1
    assert zoom.meeting.passcode
    assert levels(found, "no-go") == {"sharing"}
    assert "Screen sharing" in found["sharing"]["todo"]
    assert told.code == 1
    shown = await zoom.command("check", "--fix")
    assert "left to do by hand" in shown.out
    assert "Screen sharing" in shown.out


async def test_a_setting_that_does_not_take_is_not_called_mended(before: ZoomClass) -> None:
    before.meeting.settings["join_before_host"] = True
    before.world.faults.no_effect["rest:patch"] = 9
    told, found = await checked(before, "--fix")
    assert found["not-fixed-join-before-host"]["level"] == "risk"
    assert found["join-before-host"]["level"] == "no-go"
    assert told.code == 1


async def test_a_panel_that_was_open_before_is_known_to_the_check(begin: Begin) -> None:
    zoom = await begin(meeting={"approval_type": 1})
    await zoom.meeting.start()
    panel = await zoom.panel(zoom.teacher.id, product="mobile")
    await zoom.until_view(lambda view: any("mobile" in sentence for sentence in view.cannot), "a mobile client")
    await panel.close()
    await zoom.stop()
    told, found = await checked(zoom)
    point = found[f"panel-{zoom.teacher.id}"]
    assert point["level"] == "no-go"
    assert "mobile" in point["what"]
    assert told.code == 1
