"""One demo from an empty folder to its figures: the world is built, the play runs, the judge is asked.

What the player sees of it is in ``demo.py``, the guardian's own side in ``stage.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guardian.cli.stage import ROOM, GuardianProcess, Settings, passwords
from guardian.core.incidents import IncidentKind
from guardian.core.view import MeetingView
from guardian.world.cast import Cast, Part, child_key, class_list
from guardian.world.jicofo import Jicofo
from guardian.world.mailbox import Mailbox
from guardian.world.prosody import Prosody
from guardian.world.sightings import ObserverProcess
from guardian.world.story import Keys, Stage, Story
from guardian.world.tokens import room_token
from guardian.world.verdict import Verdict, judge
from guardian.world.xmpp import Account, Token

_OWNERS = ("teacher", "observer")
GHOST_SECONDS = 4.0  # how long the server keeps a child whose line was cut


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo ends with: the object that ``--json`` prints, and why it is not ok."""

    figures: dict[str, Any]
    complaints: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the observer is content, and the guardian's own books balance."""
        return not self.complaints


async def play(folder: Path, settings: Settings, tell: Callable[[str], None]) -> Outcome:
    """The whole demo in ``folder``. Raises WorldError when the world itself fails."""
    children = [child_key(number) for number in range(1, settings.children + 1)]
    known = passwords([] if settings.plugins else children, "teacher", "assistant", "observer")
    async with AsyncExitStack() as stack:
        tell("a server, a mail server and an observer start")
        mailbox = await stack.enter_async_context(Mailbox())
        server = await stack.enter_async_context(
            Prosody(
                accounts=known,
                owners=_OWNERS,
                plugins=settings.plugins,
                hibernation_time=GHOST_SECONDS,
            )
        )
        if settings.plugins:
            await stack.enter_async_context(Jicofo(server.site, server.focus_password))
        guardian = GuardianProcess(folder, server, mailbox.port, settings)
        stack.push_async_callback(guardian.close)
        cast = _cast(server)
        observer = await stack.enter_async_context(ObserverProcess(server.site, ROOM, "observer", known["observer"]))
        keys = _keys(server, known, tokens=settings.plugins is not None)
        guardian.write_list(class_list(settings.children, keys.proof))
        stage = Stage(server.site, ROOM, keys, observer, guardian, settings.children)
        story = await stack.enter_async_context(Story(stage, cast, tell))
        await story.play()

        tell("the observer leaves, the class ends, the guardian stops")
        sightings = await observer.finish()
        view = await guardian.view()
        await story.end_class()
        stopped = await guardian.stop_guardian()
        verified, rows = await guardian.verify()
        locked_at = _locked_at(view)
        verdict = judge(sightings, cast, locked_at)
        books = _books(view) | {
            "locked": locked_at is not None,
            "mails": len(mailbox.mails),
            "restarts": guardian.restarts,
            "journal_events": rows,
            "verified": verified,
        }
        complaints = (*verdict.complaints, *story.troubles, *_unbalanced(books, stopped), *_untold(view))
        return Outcome(_figures(verdict, books, ok=not complaints), complaints)


def _cast(server: Prosody) -> Cast:
    """Those who are not in the play."""
    cast = Cast()
    cast.add("guardian", Part.GUARDIAN, "", server.bot_jid)
    cast.add("observer", Part.BYSTANDER, "", server.site.account_jid("observer"), server.site.account_jid("focus"))
    return cast


def _keys(server: Prosody, known: dict[str, str], *, tokens: bool) -> Keys:
    """Accounts on plain Prosody. Where Jitsi's own plugins check tokens, whoever owns no room has one.

    Such a token names nobody: its id is opaque, since Jitsi's lobby shows identities to those who wait.
    """

    def account(name: str) -> bool:
        return not tokens or name in _OWNERS

    def login(name: str) -> Account | Token:
        if account(name):
            return Account(name, known[name])
        return Token(
            room_token(name, app_id=server.app_id, app_secret=server.app_secret, domain=server.domain, room=ROOM)
        )

    return Keys(login, lambda name: server.site.account_jid(name) if account(name) else name)


def _locked_at(view: MeetingView | None) -> float | None:
    """When the guardian says that it locked the door; None when it is not locked."""
    if view is None or view.phase != "locked":
        return None
    return next((i.opened_at for i in view.incidents if i.kind == IncidentKind.LOCKED), None)


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


def _untold(view: MeetingView | None) -> list[str]:
    """What happened in the play and was told to no human."""
    told = {incident.kind for incident in view.incidents} if view else set()
    return [f"nobody was told: {' or '.join(kinds)}" for kinds in _TOLD if not told & set(kinds)]


def _figures(verdict: Verdict, books: dict[str, Any], *, ok: bool) -> dict[str, Any]:
    """The object that ``--json`` prints; the order is the reader's."""
    seen = asdict(verdict)
    people = (
        *("expected", "admitted", "late_admitted", "held", "strangers", "strangers_admitted"),
        *("strangers_inside_at_end", "stranger_seconds_inside", "children_removed", "removed"),
    )
    told = ("locked", "incidents", "mails", "restarts", "asked", "confirmed", "superseded", "escalated")
    return {
        "platform": "jitsi",
        **{key: seen[key] for key in people},
        **{key: books[key] for key in told},
        "knock_to_inside_ms": seen["knock_to_inside_ms"],
        "journal_events": books["journal_events"],
        "verified": books["verified"],
        "ok": ok,
    }
