"""Views as tables for a terminal. Pure: values in, something for rich out. Every foreign text passes ``safe``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guardian.cli.terminal import safe
from guardian.core.incidents import Incident, Severity
from guardian.core.standing import SAFE, STRANGERS, Standing
from guardian.core.view import ConnectionView, MeetingView

if TYPE_CHECKING:
    from guardian.cli.client import MeetingLine
    from guardian.ports import Candidate

_MOST_ROWS = 200
_SEVERITY_STYLE = {
    Severity.INFO: "dim",
    Severity.NOTICE: "",
    Severity.WARNING: "yellow",
    Severity.CRITICAL: "bold red",
}


def meetings_table(lines: Iterable[MeetingLine]) -> Table:
    """All meetings in short."""
    table = Table("meeting", "phase", "inside", "waiting", box=None, pad_edge=False)
    for line in lines:
        if line.live:
            table.add_row(safe(line.meeting), line.phase or "", str(line.inside), str(line.waiting))
        else:
            table.add_row(safe(line.meeting), Text("nothing going on", "dim"), "", "")
    return table


def meeting_screen(view: MeetingView, now: float) -> RenderableType:
    """One meeting: a headline, who is there and why, and what is open."""
    parts: list[RenderableType] = [headline(view), people_table(view.connections, now)]
    unsettled = [incident for incident in view.incidents if not incident.settled]
    if unsettled:
        parts.append(incident_table(unsettled))
    return Group(*parts)


def headline(view: MeetingView) -> Text:
    """The meeting's state in one line; what hinders the guardian stands out."""
    inside = sum(c.place == "inside" and c.standing is not Standing.SELF for c in view.connections)
    waiting = sum(c.place == "waiting" for c in view.connections)
    line = Text.assemble(
        safe(view.meeting, "bold"),
        f"  {view.phase.value}, {view.mode.value}  inside {inside}, waiting {waiting}",
        f"  listed {view.roster_people}",
    )
    hindrances = {
        "not connected": not view.link_up,
        "no journal": not view.journal_up,
        "lobby off": view.lobby_on is False,
        "panic": view.panic,
        "paused": view.paused,
        "stood down": view.standing_down != "",
        "started blind": view.blind,
    }
    for words, true in hindrances.items():
        if true:
            line.append(f"  {words}", "bold red")
    return line


def people_table(connections: Sequence[ConnectionView], now: float) -> Table:
    """Who is there: those whom a human should look at first."""
    table = Table("where", "shows the name", "is", "standing", "why", "for", "id", box=None, pad_edge=False)
    shown = sorted(connections, key=lambda c: (_calm(c.standing), c.place, c.since))
    for c in shown[:_MOST_ROWS]:
        table.add_row(
            c.place,
            safe(c.name),
            safe(c.person_name or ""),
            Text(c.standing.value, _standing_style(c.standing)),
            safe(c.reason),
            age(now - c.since),
            safe(c.handle, "dim", longest=120),
        )
    if len(shown) > _MOST_ROWS:
        table.add_row("", Text(f"and {len(shown) - _MOST_ROWS} more", "dim"))
    return table


def incident_table(incidents: Iterable[Incident]) -> Table:
    """Open incidents, the gravest first."""
    table = Table("incident", "about", "detail", "read by", "orders", box=None, pad_edge=False)
    for incident in sorted(incidents, key=lambda i: (-i.severity, i.opened_at)):
        names = ", ".join(subject.name for subject in incident.subjects[:3])
        more = f" and {len(incident.subjects) - 3} more" if len(incident.subjects) > 3 else ""
        table.add_row(
            safe(incident.key, _SEVERITY_STYLE[incident.severity]),
            safe(names + more),
            safe(incident.detail, longest=200),
            safe(incident.acknowledged_by or ""),
            " ".join(incident.verbs),
        )
    return table


def candidate_table(candidates: Sequence[Candidate]) -> Table:
    """Whom a typed name may mean, numbered from 1."""
    table = Table("", "where", "shows the name", "is", "standing", "id", box=None, pad_edge=False)
    for number, c in enumerate(candidates, 1):
        who = f"--handle {c.handle}" if c.handle is not None else f"--person {c.person}"
        table.add_row(
            str(number),
            c.place or "not here",
            safe(c.name),
            safe(c.person_name or ""),
            c.standing or "on the list",
            safe(who, "dim", longest=160),
        )
    return table


def age(seconds: float) -> str:
    """How long, in the unit that people would use."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    return f"{whole // 60}m" if whole < 3600 else f"{whole // 3600}h{whole % 3600 // 60:02}m"


def _calm(standing: Standing) -> int:
    if standing in STRANGERS or standing is Standing.BARRED:
        return 0
    return 2 if standing in SAFE or standing is Standing.PROVEN else 1


def _standing_style(standing: Standing) -> str:
    return ("bold red", "yellow", "green")[_calm(standing)]
