"""``guardian check`` for one Zoom meeting: asks Zoom's REST, and mends what may be mended there.

What an answer is worth stands in ``wire_points``. Mended are settings of the one meeting only: the host's own settings
hold for all their meetings, so they are left to the host, as clicks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guardian.adapters.zoom import wire_points
from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_rest import EVERYONE, HostSettings, MeetingSettings
from guardian.core.points import Finding, Level
from guardian.core.roster import Roster
from guardian.errors import LoginRefusedError, NotSupportedError, PlatformError, TemporaryError
from guardian.ports import Clock

_CLOCK_LIMIT = 60.0  # seconds between Zoom's clock and ours
_APP = "see account_id, client_id and client_secret of this Zoom account, and that its app is activated"


async def probe(
    rest: ZoomRest, number: str, roster: Roster, seen: Mapping[str, Sequence[str]], *, clock: Clock
) -> list[Finding]:
    """Every point that Zoom, the list and the panels tell of the meeting ``number``. Never raises for what it finds.

    ``seen``: Zoom user id -> what that host's client could not do (sentences; none: it can everything), of every panel
    that was open so far. Who is missing has not added it, as far as we know.
    """
    staff = wire_points.staff_of(roster, clock())
    found = [await _clock(rest, clock)]
    try:
        scopes = await rest.login()
    except PlatformError as error:
        return [*found, _not_in(error), *wire_points.of_panels(staff, seen)]
    found.append(Finding("login", Level.OK, "Zoom accepts the app's login"))
    meeting, trouble = await _meeting(rest, number)
    found += trouble
    found += wire_points.of_scopes(scopes, meeting, rest.plan)
    if meeting is not None:
        found += wire_points.of_door(meeting)
        found += wire_points.of_host(await _host(rest, meeting))
        found.append(wire_points.of_hosts(meeting, staff))
    found += wire_points.of_panels(staff, seen)
    return [*found, *wire_points.of_zoom(rest.plan)]


def _not_in(error: PlatformError) -> Finding:
    if isinstance(error, LoginRefusedError):
        return Finding("login", Level.NO_GO, str(error), _APP)
    return Finding("server", Level.NO_GO, str(error), "see that Zoom is reachable from here")


async def _meeting(rest: ZoomRest, number: str) -> tuple[MeetingSettings | None, list[Finding]]:
    todo = "see that room is the meeting's number, and that the meeting belongs to this account"
    try:
        return await rest.meeting(number), []
    except NotSupportedError as error:
        todo = "add the scope to the app"
        return None, [Finding("meeting", Level.NO_GO, f"the meeting cannot be read: {error}", todo)]
    except TemporaryError as error:
        return None, [Finding("server", Level.NO_GO, str(error), "see that Zoom is reachable from here")]
    except PlatformError as error:
        return None, [Finding("meeting", Level.NO_GO, f"the meeting cannot be read: {error}", todo)]


async def _host(rest: ZoomRest, meeting: MeetingSettings) -> HostSettings | None:
    """None where they cannot be read: each of their points then says to look by hand."""
    if not meeting.host:
        return None
    try:
        return await rest.host_settings(meeting.host)
    except PlatformError:
        return None


async def _clock(rest: ZoomRest, clock: Clock) -> Finding:
    ntp = "see that this machine keeps time (NTP)"
    try:
        stated = await rest.server_time()
    except PlatformError:
        stated = None
    if stated is None:
        return Finding("clock", Level.RISK, "Zoom did not tell its time", ntp)
    apart = abs(stated - clock())
    words = f"our clock and Zoom's are {apart:.0f} s apart"
    if apart > _CLOCK_LIMIT:
        todo = "set the clock of this machine (NTP): Zoom's events are refused as stale otherwise"
        return Finding("clock", Level.NO_GO, words, todo)
    return Finding("clock", Level.OK, words)


# --- mending ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mend:
    """One thing that may be mended. ``wrong`` judges the settings before, and again after. ``settings`` empty: a new
    passcode mends it.
    """

    point: str
    what: str
    wrong: Callable[[MeetingSettings], bool]
    settings: Mapping[str, Any] = field(default_factory=dict)


_EVERYBODY_WAITS = {"mode": "custom", "who_goes_to_waiting_room": EVERYONE}
_MENDS = (
    _Mend(
        "waiting-room",
        "everybody goes to the waiting room",
        lambda m: not m.waiting_room or m.waits != EVERYONE,
        {"waiting_room": True, "waiting_room_options": _EVERYBODY_WAITS},
    ),
    _Mend(
        "join-before-host",
        "nobody is inside before the host",
        lambda m: m.join_before_host is not False,
        {"join_before_host": False},
    ),
    _Mend("registration", "a human approves each registration", lambda m: m.approval == 0, {"approval_type": 1}),
    _Mend(
        "devices",
        "one registration works on one device at a time",
        lambda m: m.multiple_devices is True,
        {"allow_multiple_devices": False},
    ),
    _Mend("passcode", "the meeting has a passcode", lambda m: not m.passcode),
)


async def fix(rest: ZoomRest, number: str) -> list[Finding]:
    """Mend what the meeting's own settings allow, and read it back. Never raises for what it finds.

    Each finding names what was mended (ok), or could not be (risk). What remains is told by ``probe``, as clicks.
    """
    try:
        before = await rest.meeting(number)
        wanted = [mend for mend in _MENDS if mend.wrong(before)]
        if not wanted:
            return [Finding("fixed", Level.OK, "nothing to mend in the meeting's settings")]
        refused = await _mended(rest, number, wanted)
        after = await rest.meeting(number)
    except PlatformError as error:
        return [Finding("not-fixed", Level.RISK, f"nothing could be mended: {error}", "see the points below")]
    return [_told(mend, refused.get(mend.point, ""), after) for mend in wanted]


def _told(mend: _Mend, refused: str, after: MeetingSettings) -> Finding:
    if not mend.wrong(after):
        return Finding(f"fixed-{mend.point}", Level.OK, f"mended, and read back: {mend.what}")
    why = refused or "Zoom took the change, but reads back as before (an administrator may have locked the setting)"
    return Finding(f"not-fixed-{mend.point}", Level.RISK, f"could not be mended: {mend.what}: {why}", "do it by hand")


async def _mended(rest: ZoomRest, number: str, wanted: Sequence[_Mend]) -> dict[str, str]:
    """Ask for everything at once; where Zoom refuses that, one by one. What was refused, by point."""
    together = [mend for mend in wanted if mend.settings]
    merged: dict[str, object] = {}
    for mend in together:
        merged |= mend.settings
    refused: dict[str, str] = {}
    one_by_one = [mend for mend in wanted if not mend.settings]
    if merged:
        try:
            await rest.patch(number, merged)
        except PlatformError:
            one_by_one = [*together, *one_by_one]
    for mend in one_by_one:
        try:
            await (rest.patch(number, mend.settings) if mend.settings else rest.rotate(number))
        except PlatformError as error:
            refused[mend.point] = str(error)
    return refused
