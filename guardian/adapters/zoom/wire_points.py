"""Zoom's police points: a meeting's settings, its host's, the app's scopes and the panels, as ok, risk or no-go. Pure.

Each point that is not ok says what to click. Places of clicks are those of the web portal and may be called otherwise
in an account; nothing here was tried on a live one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guardian.adapters.zoom.wire_calls import Needs
from guardian.adapters.zoom.wire_rest import EVERYONE, HostSettings, MeetingSettings
from guardian.core.points import Finding, Level
from guardian.core.roster import Role, Roster

_OPEN, _BY_HAND, _NONE = 0, 1, 2  # approval_type
_EDIT = "zoom.us > Meetings > this meeting > Edit"
_HOST = "zoom.us, as the host > Settings > Meeting"
_SCOPES = "marketplace.zoom.us > Manage > the Server-to-Server app > Scopes > Add Scopes"


@dataclass(frozen=True, slots=True)
class Staff:
    """Who may hold power in the meeting, by the list. ``hosts``: Zoom user ids of those who open a panel; ``known``:
    accounts and addresses of all hosts and staff, in small letters.
    """

    hosts: tuple[str, ...] = ()
    known: frozenset[str] = field(default=frozenset(), repr=False)


def staff_of(roster: Roster, now: float) -> Staff:
    """The hosts and staff of the list who are valid now. Where no host has an account, the staff open the panels."""
    people = [p for p in roster.people if p.role in {Role.HOST, Role.STAFF} and p.valid(now)]

    def accounts(role: Role) -> tuple[str, ...]:
        # "registrant:ID" and the like are registrations and links, not accounts.
        return tuple(dict.fromkeys(a for p in people if p.role is role for a in p.accounts if ":" not in a))

    known = frozenset(each.casefold() for p in people for each in (*p.accounts, *p.emails))
    return Staff(accounts(Role.HOST) or accounts(Role.STAFF), known)


def of_door(meeting: MeetingSettings) -> list[Finding]:
    """The points that the meeting's own settings decide: all of them can be patched but registration by nobody."""
    return [
        _waiting_room(meeting),
        _before_host(meeting),
        _registration(meeting),
        _passcode(meeting),
        _join_link(meeting),
        _devices(meeting),
    ]


def of_host(host: HostSettings | None) -> list[Finding]:
    """The points that the host's own account decides. None: its settings could not be read."""
    found = host or HostSettings()
    return [_share(found), _rename(found), _rejoin(found)]


def of_hosts(meeting: MeetingSettings, staff: Staff) -> Finding:
    """Whether everybody whom Zoom makes a host by itself is host or staff on the list."""
    strangers = [host for host in meeting.alternative_hosts if host not in staff.known]
    if not meeting.alternative_hosts:
        return Finding("alternative-hosts", Level.OK, "nobody but the owner can start the meeting")
    if strangers:
        words = (
            f"{len(strangers)} of {len(meeting.alternative_hosts)} alternative hosts are not host or staff on the list"
        )
        todo = f"{_EDIT} > Options > Alternative Hosts > take them out; or add them, with this address, to the list"
        return Finding("alternative-hosts", Level.NO_GO, words, todo)
    return Finding("alternative-hosts", Level.OK, "every alternative host is host or staff on the list")


def of_scopes(scopes: frozenset[str], meeting: MeetingSettings | None, plan: str) -> list[Finding]:
    """Each scope that the app needs, one by one. ``meeting`` None: it could not be read."""
    if not scopes:
        words = "Zoom does not say which scopes the app has: compare them by hand"
        return [Finding("scopes", Level.RISK, words, f"{_SCOPES}: {', '.join(Needs)}")]
    found = [_scope(scope, words, level, scopes) for scope, words, level in _NEEDED]
    # Whether anybody registers is not known where the meeting could not be read.
    used = meeting is None or meeting.approval != _NONE
    found += [_scope(scope, words, Level.NO_GO if used else Level.RISK, scopes) for scope, words in _FOR_REGISTRANTS]
    if plan == "business":
        found.append(_scope(Needs.LIVE, "list who is inside while no panel is open", Level.RISK, scopes))
    return found


def of_panels(staff: Staff, seen: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Whether each host has added and opened the panel. ``seen``: Zoom user id -> what that client could not do, as
    sentences (none: everything), of every panel that was open so far.
    """
    known = {uid.casefold(): tuple(cannot) for uid, cannot in seen.items()}
    if not staff.hosts:
        todo = "write each host's Zoom user id into the column account of the list"
        words = "no host or staff on the list has a Zoom account: no panel can be proven to be theirs"
        return [Finding("panel", Level.NO_GO, words, todo)]
    unknown = [uid for uid in staff.hosts if uid.casefold() not in known]
    unable = {uid: known[uid.casefold()] for uid in staff.hosts if known.get(uid.casefold())}
    found = [_added(staff, unknown)]
    found += [_unable(uid, cannot, alone=len(unable) == len(staff.hosts)) for uid, cannot in unable.items()]
    words = "the panel acts from Zoom's desktop client 6.4.5 or later only: not from the web client, not from a phone"
    return [*found, Finding("panel-runs-in", Level.OK, words)]


def of_zoom(plan: str) -> list[Finding]:
    """What Zoom itself cannot do, whatever it is set to."""
    found = [
        Finding(
            "soft-lock",
            Level.OK,
            "lock is a soft lock: the waiting room stays on and nobody new is let in; Zoom's own Lock is not used",
        )
    ]
    if plan != "business":
        words = "this plan has no Dashboard: while no panel is open, who is inside is known from events alone"
        found.append(Finding("who-is-inside", Level.RISK, words, "keep a panel open during class"))
    else:
        found.append(Finding("who-is-inside", Level.OK, "the Dashboard lists who is inside while no panel is open"))
    return found


# --- the meeting -----------------------------------------------------------------------------------------------------


def _waiting_room(meeting: MeetingSettings) -> Finding:
    todo = f"{_EDIT} > Security > tick Waiting Room > Everyone > Save"
    if meeting.waiting_room is None:
        return _unread("waiting-room", "whether there is a waiting room", todo)
    if not meeting.waiting_room:
        return Finding("waiting-room", Level.NO_GO, "the waiting room is off: everybody with the link is inside", todo)
    if meeting.waits == EVERYONE:
        return Finding("waiting-room", Level.OK, "everybody goes to the waiting room")
    if not meeting.waits:
        return _unread("waiting-room", "the waiting room is on; whether everybody goes there", todo)
    words = f"some pass by the waiting room: only {meeting.waits.replace('_', ' ')[:80]} go there"
    return Finding("waiting-room", Level.NO_GO, words, todo)


def _before_host(meeting: MeetingSettings) -> Finding:
    todo = f'{_EDIT} > Options > untick "Allow participants to join anytime" > Save'
    if meeting.join_before_host is None:
        return _unread("join-before-host", "whether people can be inside before the host", todo)
    if meeting.join_before_host:
        return Finding("join-before-host", Level.NO_GO, "people can be inside before the host", todo)
    return Finding("join-before-host", Level.OK, "nobody is inside before the host")


def _registration(meeting: MeetingSettings) -> Finding:
    todo = f"{_EDIT} > Registration > tick Required > Save; then Registration > Edit > Approval: Manually Approve"
    if meeting.approval == _OPEN:
        words = "registration is open: whoever fills in the form gets a personal link, under any name and address"
        return Finding("registration", Level.NO_GO, words, todo)
    if meeting.approval == _BY_HAND:
        return Finding("registration", Level.OK, "a human approves each registration")
    if meeting.approval == _NONE:
        words = "nobody registers: only signed-in Zoom accounts can be proven, everybody else waits for a human"
        return Finding("registration", Level.RISK, words, todo)
    return _unread("registration", "how people register", todo)


def _passcode(meeting: MeetingSettings) -> Finding:
    if meeting.passcode:
        return Finding("passcode", Level.OK, "the meeting has a passcode")
    return Finding("passcode", Level.RISK, "the meeting has no passcode", f"{_EDIT} > Security > tick Passcode > Save")


def _join_link(meeting: MeetingSettings) -> Finding:
    if meeting.link_has_passcode:
        words = "the invite link carries the passcode: whoever gets the link needs nothing else"
        todo = (
            f'{_HOST} > Security > switch off "Embed passcode in invite link for one-click join"; '
            "then give the meeting a new passcode, and never publish the link"
        )
        return Finding("join-link", Level.RISK, words, todo)
    return Finding("join-link", Level.OK, "the invite link does not carry the passcode; never publish it all the same")


def _devices(meeting: MeetingSettings) -> Finding:
    todo = f'{_EDIT} > Registration > Options > untick "Allow registrants to join from multiple devices" > Save'
    if meeting.multiple_devices is None:
        return _unread("devices", "whether one registration can be used twice at a time", todo)
    if meeting.multiple_devices:
        words = "one registration can be used on several devices at a time: a forwarded link works unnoticed"
        return Finding("devices", Level.RISK, words, todo)
    return Finding("devices", Level.OK, "one registration works on one device at a time")


# --- the host's account ----------------------------------------------------------------------------------------------


def _share(host: HostSettings) -> Finding:
    todo = f'{_HOST} > In Meeting (Basic) > Screen sharing > Who can share? "Host Only"'
    if host.pupils_share is None:
        return _unread("sharing", "who can share the screen", todo)
    if host.pupils_share:
        words = "everybody can share the screen, and nothing can stop another's share on Zoom"
        return Finding("sharing", Level.NO_GO, words, todo)
    return Finding("sharing", Level.OK, "only the host can share the screen")


def _rename(host: HostSettings) -> Finding:
    todo = f'{_HOST} > In Meeting (Basic) > switch off "Allow participants to rename themselves"'
    if host.rename is None:
        return _unread("rename", "whether people can rename themselves", todo)
    if host.rename:
        words = "people can rename themselves inside: a name seen there says nothing"
        return Finding("rename", Level.RISK, words, todo)
    return Finding("rename", Level.OK, "nobody can rename themselves inside")


def _rejoin(host: HostSettings) -> Finding:
    todo = f'{_HOST} > In Meeting (Basic) > switch off "Allow removed participants to rejoin"'
    bars = "who is removed is barred by address until the meeting ends, whoever uses it: undo cannot bring them back"
    if host.rejoin is None:
        return _unread("rejoin", f"whether who was removed can come back ({bars}, where it is off)", todo)
    if host.rejoin:
        return Finding("rejoin", Level.RISK, "who was removed can knock again at once", todo)
    return Finding("rejoin", Level.OK, bars)


def _unread(name: str, what: str, todo: str) -> Finding:
    return Finding(name, Level.RISK, f"{what}: cannot be read here", f"check by hand: {todo}")


# --- scopes and panels -----------------------------------------------------------------------------------------------

_NEEDED = (
    (Needs.READ, "read the meeting's settings", Level.NO_GO),
    (Needs.UPDATE, "change the passcode and mend settings", Level.NO_GO),
    (Needs.CONTROLS, "remove people while no panel is open", Level.NO_GO),
    (Needs.STATUS, "end the meeting", Level.NO_GO),
    (Needs.SETTINGS, "read who can share, rename and rejoin", Level.RISK),
)
_FOR_REGISTRANTS = (
    (Needs.LIST_REGISTRANTS, "list who is registered"),
    (Needs.ADD_REGISTRANT, "register a person"),
    (Needs.ADD_BATCH, "register a whole list"),
    (Needs.SET_REGISTRANTS, "approve and cancel registrations"),
)
# Older apps have the coarse scopes, each of which covers several of ours ("OAuth scopes: classic"; not verified).
_CLASSIC = {"meeting:read": "meeting:read", "meeting:update": "meeting:write", "meeting:write": "meeting:write"}
_CLASSIC_OF = {Needs.SETTINGS: "user:read", Needs.LIVE: "dashboard_meetings:read"}


def _scope(scope: Needs, words: str, level: Level, scopes: frozenset[str]) -> Finding:
    if has_scope(scope, scopes):
        return Finding(f"scope-{scope}", Level.OK, f"the app may {words}")
    todo = f"{_SCOPES} > {scope}; then Activation > Deactivate and Activate, so that new tokens have it"
    return Finding(f"scope-{scope}", level, f"the scope {scope} is missing: we cannot {words}", todo)


def has_scope(scope: Needs, scopes: frozenset[str]) -> bool:
    """Whether the app has this scope: itself, its form for one user or for sub-accounts, or the classic one."""
    bare = scope.removesuffix(":admin")
    classic = _CLASSIC_OF.get(scope) or _CLASSIC.get(":".join(bare.split(":")[:2]), bare)
    return not scopes.isdisjoint(f"{name}{form}" for name in (bare, classic) for form in ("", ":admin", ":master"))


def _added(staff: Staff, unknown: Sequence[str]) -> Finding:
    if not unknown:
        return Finding("panel", Level.OK, "every host has opened the panel before")
    words = f"{len(unknown)} of {len(staff.hosts)} hosts have not opened the panel yet: {', '.join(unknown)}"
    todo = "each of them, in Zoom's desktop client: Apps > the class panel > Add, then open it once in a meeting"
    return Finding("panel", Level.RISK, words[:500], todo)


def _unable(uid: str, cannot: Sequence[str], *, alone: bool) -> Finding:
    level = Level.NO_GO if alone else Level.RISK
    words = f"the panel of {uid} could not act when it was last open: {'; '.join(cannot)}"
    todo = "start the meeting in Zoom for Windows, macOS or Linux, up to date, and open the panel there"
    return Finding(f"panel-{uid}", level, words[:500], todo)
