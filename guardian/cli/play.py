"""One demo from an empty folder to its figures: the world is built, the play runs, the judge is asked.

What the player sees of it is in ``demo.py``, the guardian's own side in ``process.py``, the platforms in ``stage.py``
(Jitsi) and ``zoom_stage.py``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guardian.cli.process import GuardianProcess, Settings
from guardian.cli.stage import Judged, Show, jitsi_show
from guardian.cli.zoom_stage import zoom_show
from guardian.core.incidents import IncidentKind
from guardian.core.view import MeetingView
from guardian.world.mailbox import Mailbox

Stay = Callable[[GuardianProcess], Awaitable[None]]

_TOLD = (
    (IncidentKind.OPENED,),
    (IncidentKind.STRANGER_INSIDE,),
    (IncidentKind.STRANGER_WAITING,),
    (IncidentKind.NEEDS_DECISION,),
    (IncidentKind.NATIVE_ADMIT,),
    (IncidentKind.SHARING,),
    (IncidentKind.ROSTER_BROKEN, IncidentKind.ROSTER_DOUBTED),
    (IncidentKind.LOCKED,),
)
_TOLD_ON_ZOOM = (
    *_TOLD,
    (IncidentKind.NO_HANDS,),
    (IncidentKind.SECOND_CLAIM,),
    (IncidentKind.IMPERSONATION,),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo ends with: the object that ``--json`` prints, and why it is not ok."""

    figures: dict[str, Any]
    complaints: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the observer is content, and the guardian's own books balance."""
        return not self.complaints


async def _go_home(_: GuardianProcess) -> None:
    """Nobody stays when the play is over."""


async def play(folder: Path, settings: Settings, tell: Callable[[str], None], stay: Stay = _go_home) -> Outcome:
    """The whole demo in ``folder``; ``stay`` is awaited when the play is over. Raises WorldError."""
    async with AsyncExitStack() as stack:
        tell("a server, a mail server and an observer start")
        mailbox = await stack.enter_async_context(Mailbox())
        show = await stack.enter_async_context(_show(folder, settings, mailbox))
        judged = await show.play(tell)
        view = await show.guardian.view()
        await stay(show.guardian)

        tell("the observer leaves, the class ends, the guardian stops")
        await show.end_class()
        stopped = await show.guardian.stop_guardian()
        verified, rows = await show.guardian.verify()
        books = _books(view) | {
            "locked": show.guardian.locked_at(view) is not None,
            "mails": len(mailbox.mails),
            "restarts": show.guardian.restarts,
            "journal_events": rows,
            "verified": verified,
        }
        complaints = (*judged.complaints, *_unbalanced(books, stopped), *_untold(_to_be_told(settings), view))
        return Outcome(_figures(settings.platform, judged, books, ok=not complaints), complaints)


def _show(folder: Path, settings: Settings, mailbox: Mailbox) -> AbstractAsyncContextManager[Show]:
    shows = {"jitsi": jitsi_show, "zoom": zoom_show}
    return shows[settings.platform](folder, settings, mailbox)


def _books(view: MeetingView | None) -> dict[str, Any]:
    """The guardian's own account of itself."""
    if view is None:
        return {"incidents": 0, "asked": 0, "confirmed": 0, "superseded": 0, "escalated": 0}
    return {"incidents": len(view.incidents), **asdict(view.counts)}


def _unbalanced(books: dict[str, Any], stopped: int) -> list[str]:
    """What is wrong with the guardian's own account."""
    ends = books["confirmed"] + books["superseded"] + books["escalated"]
    faults = {
        f"asked {books['asked']}, but {ends} came to an end": books["asked"] != ends or not books["asked"],
        "the door was never locked": not books["locked"],
        "nobody was told by mail": not books["mails"],
        "the journal does not verify": not books["verified"],
        f"the guardian ended with status {stopped}": stopped != 0,
    }
    return [fault for fault, found in faults.items() if found]


def _to_be_told(settings: Settings) -> Iterable[tuple[IncidentKind, ...]]:
    """What happens in the play and must be told; one of each is enough.

    Where Zoom's uuids differ and its events are lost, the one inside whom nobody knows may not be known for a stranger.
    """
    kinds = _TOLD_ON_ZOOM if settings.platform == "zoom" else _TOLD
    if settings.platform == "zoom" or settings.plugins:
        kinds = (*kinds, (IncidentKind.FORWARDED_LINK,))
    for one in kinds:
        yield (*one, IncidentKind.UNPROVEN_INSIDE) if settings.faults and IncidentKind.STRANGER_INSIDE in one else one


def _untold(wanted: Iterable[tuple[IncidentKind, ...]], view: MeetingView | None) -> list[str]:
    """What happened in the play and was told to no human."""
    told = {incident.kind for incident in view.incidents} if view else set()
    return [f"nobody was told: {' or '.join(kinds)}" for kinds in wanted if not told & set(kinds)]


def _figures(platform: str, judged: Judged, books: dict[str, Any], *, ok: bool) -> dict[str, Any]:
    """The object that ``--json`` prints; the order is the reader's."""
    people = (
        *("expected", "admitted", "late_admitted", "held", "strangers", "strangers_admitted"),
        *("strangers_inside_at_end", "stranger_seconds_inside", "children_removed", "removed"),
    )
    told = ("locked", "incidents", "mails", "restarts", "asked", "confirmed", "superseded", "escalated")
    return {
        "platform": platform,
        **{key: judged.figures[key] for key in people},
        **{key: books[key] for key in told},
        "knock_to_inside_ms": judged.figures["knock_to_inside_ms"],
        "journal_events": books["journal_events"],
        "verified": books["verified"],
        "ok": ok,
    }
