"""Who may turn up in the model world and what they show: people of the class, impostors, strangers; lists and policies.

Values and strategies only. Every name here is read by the same ``names`` and ``roster`` as in a real class.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from hypothesis import strategies as st

from guardian.core.actions import ActKind, Capabilities
from guardian.core.identity import STRONG_PROOFS, Evidence, Proof
from guardian.core.incidents import IncidentKind
from guardian.core.memory import Slot
from guardian.core.policy import Bots, Mode, Policy, Unknown
from guardian.core.roster import Person, Role, Roster

START = 1_700_000_000.0
SLOT = Slot(START, START + 3600.0)
CAN = frozenset(ActKind)
BY_HAND = frozenset({ActKind.ADMIT, ActKind.PUT_BACK, ActKind.REMOVE, ActKind.LOBBY_ON})
BY_SERVER = frozenset({ActKind.EXPEL, ActKind.END, ActKind.ROTATE})
PLATFORMS = (
    Capabilities("world", CAN, confirm_within=1.0, can_inform=True),
    Capabilities("no lobby inside", CAN - {ActKind.PUT_BACK, ActKind.DEMOTE}, confirm_within=3.0),
    Capabilities(
        "hands",
        BY_HAND | BY_SERVER,
        confirm_within=3.0,
        confirm_kind=((ActKind.EXPEL, 10.0),),
        bans_by_address=True,
        undo_note="a ban stays",
    ),
    Capabilities("bare", frozenset({ActKind.ADMIT, ActKind.REFUSE, ActKind.REMOVE, ActKind.LOBBY_ON, ActKind.END})),
)

TESS = Person("tess", "Tess Teacher", Role.HOST, accounts=("tess@school",))
SAM = Person("sam", "Sam Staff", Role.STAFF, accounts=("sam@school",))
ANN = Person("ann", "Ann Adams", accounts=("ann@school",), emails=("adams@home",))
BEN = Person("ben", "Ben Brown", accounts=("ben@school",), emails=("adams@home",))
CYD = Person("cyd", "Cyd Clark", accounts=("registrant:cyd-1", "cyd@school"))
DOT = Person("dot", "Dot Clark", accounts=("dot@school",))
FAY = Person("fay", "Fay Frost", accounts=("fay@school",), valid_until=START + 400.0)
GUS = Person("gus", "Gus Green", accounts=("gus@school",), valid_from=START + 200.0)
EVERYBODY = (TESS, SAM, ANN, BEN, CYD, DOT, FAY, GUS)

LISTS = (
    Roster("whole", EVERYBODY),
    Roster("without ann", tuple(p for p in EVERYBODY if p is not ANN)),
    Roster("ann without account", (TESS, SAM, Person("ann", "Ann Adams"), BEN, CYD, DOT, FAY, GUS)),
    Roster("shrunk", (TESS, SAM, ANN)),
    Roster("empty", ()),
)


@dataclass(frozen=True)
class Guise:
    """What somebody shows. ``owner`` is the rostered person they truly are, or None."""

    evidence: Evidence
    owner: str | None = None

    def __repr__(self) -> str:
        """Short, since a failing play prints many."""
        shown = [f"{f.name}={v!r}" for f in fields(Evidence) if (v := getattr(self.evidence, f.name)) != f.default]
        return f"Guise({', '.join(shown)}; {self.owner})"


def _own(person: Person) -> Guise:
    account = next(a for a in person.accounts if ":" not in a)
    return Guise(Evidence(person.name, account=account), person.id)


TEACHER = _own(TESS)
CHILDREN = tuple(_own(p) for p in (ANN, BEN, CYD, DOT, FAY, GUS))
UNSURE = (
    Guise(Evidence("Ann Adams"), "ann"),
    Guise(Evidence("Ben Brown"), "ben"),
    Guise(Evidence("Ann"), "ann"),
    Guise(Evidence("Clark"), "dot"),
    Guise(Evidence("iPad"), "ben"),
    Guise(Evidence("", seen=False), "dot"),
    Guise(Evidence("Ann Adams", claimed_email="adams@home"), "ann"),
    Guise(Evidence("kid", email="adams@home"), "ann"),
    Guise(Evidence("Cyd Clark", registrant="cyd-1"), "cyd"),
    Guise(Evidence("Dot Clark", token="dot@school"), "dot"),
    Guise(Evidence("Sue Sub", account="sue@agency")),
    Guise(Evidence("Sue Sub")),
)
BY_NAME = tuple(guise for guise in UNSURE if guise.evidence.name in {p.name for p in EVERYBODY})
IMPOSTORS = (
    Guise(Evidence("Ann Adams")),
    Guise(Evidence("Tess Teacher")),
    Guise(Evidence("Cyd Clark", registrant="cyd-1")),
    Guise(Evidence("Ben Brown", account="evil@elsewhere")),
    Guise(Evidence("Аnn Adams")),
    Guise(Evidence("Ann\u202e Adams")),
)
STRANGERS = (
    *(Guise(Evidence(f"{first} Nemo")) for first in ("Zoltan", "Xaver", "Quirin", "Wolf")),
    Guise(Evidence("Yorick Umbra", account="umbra@elsewhere")),
    Guise(Evidence("Vlad Tarq", email="vlad@elsewhere")),
    Guise(Evidence("z" * 1000)),
)
BOTS = (
    Guise(Evidence("Otter.ai Notetaker")),
    Guise(Evidence("Ann's Notetaker", claimed_email="adams@home")),
)
NAMES = (
    "Ann Adams",
    "Ben Brown",
    "Tess Teacher",
    "Zoltan Nemo",
    "Ann",
    "iPad",
    "Gil Guest",
    "Dot\u200bClark",
    "Otter.ai Notetaker",
)
GUESTS = (
    ("Zoltan Nemo", None),
    ("Gil Guest", None),
    ("Vlad Tarq", "vlad@elsewhere"),
    ("Yorick Umbra", None),
    ("Otter.ai Notetaker", None),
)
SUBSTITUTES = (
    ("Sue Sub", "sue@agency"),
    ("Dot Clark", "dot@school"),
    ("Samuel", "Sam@School"),
    ("Vlad", "umbra@elsewhere"),
)
WARNINGS = (IncidentKind.PUBLIC_LINK, IncidentKind.BEFORE_HOST, IncidentKind.STALE_DELIVERIES)

anybody = st.one_of(
    st.sampled_from(CHILDREN),
    st.sampled_from(UNSURE),
    st.sampled_from(IMPOSTORS),
    st.sampled_from(STRANGERS + BOTS),
)

_GATES = (
    STRONG_PROOFS,
    STRONG_PROOFS | {Proof.REGISTRANT},
    STRONG_PROOFS | {Proof.REGISTRANT, Proof.NAME_EXACT},
    frozenset({Proof.NAME_EXACT, Proof.NAME_CLOSE, Proof.CLAIMED}),
)


@st.composite
def policies(draw: st.DrawFn, modes: tuple[Mode, ...] = (Mode.ENFORCE, Mode.ENFORCE, Mode.ASSIST)) -> Policy:
    """A class's settings; times are short, so that everything falls due in a short play."""
    return Policy(
        gate=frozenset(draw(st.sampled_from(_GATES))),
        mode=draw(st.sampled_from(modes)),
        unknown=draw(st.sampled_from(Unknown)),
        bots=draw(st.sampled_from(Bots)),
        patience=60.0,
        lock_after=draw(st.sampled_from((None, 120.0, 600.0))),
        lock_when_all_in=draw(st.booleans()),
        lobby_from_start=draw(st.booleans()),
        brake_per_minute=draw(st.sampled_from((1, 2, 5))),
        brake_share=draw(st.sampled_from((0.1, 0.4, 1.0))),
        wave_knocks=draw(st.sampled_from((4, 20))),
        wave_calm=120.0,
    )
