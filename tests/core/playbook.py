"""Scripts for the core in virtual time: ``given(...).at(OPEN).when(waiting("Ann Adams")).then(Admit("Ann Adams"))``.

The script plays the platform too: by default it takes every act and shows its effect; ``.deaf()`` takes acts and does
nothing, ``.silent()`` says nothing at all, ``.failing()`` gives every act up. ``step`` is the only way into the core.
A mismatch prints the whole script, so that a failure reads as a story. No test lives here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

from guardian.core.actions import Act, ActKind, Again, Answer, Ask, AskEnd, Capabilities, Close, Raise, Reread, WakeAt
from guardian.core.decide import step
from guardian.core.events import (
    Accepted,
    Event,
    Failed,
    Gone,
    LobbyChanged,
    MeetingEnded,
    NativeAct,
    NativeKind,
    Opened,
    Ordered,
    RosterLoaded,
    Seen,
    Simulated,
    Snapshot,
    Verb,
    Woke,
)
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from guardian.core.incidents import IncidentKind, Severity
from guardian.core.meeting import Occurrence, blank
from guardian.core.memory import Phase, Slot, SlotMemory
from guardian.core.policy import Mode, Policy
from guardian.core.roster import Person, Role, Roster

BEFORE, OPEN, LOCKED = Phase.BEFORE, Phase.OPEN, Phase.LOCKED
START = 1_700_000_000.0
SLOT = Slot(START, START + 3600.0)
EVERYTHING = Capabilities("world", frozenset(ActKind), confirm_within=1.0, can_inform=True)
TESS = Person("tess", "Tess Teacher", Role.HOST, accounts=("tess@school",))
SAM = Person("sam", "Sam Staff", Role.STAFF, accounts=("sam@school",))
ANN = Person("ann", "Ann Adams", accounts=("ann@school",), emails=("adams@home",))
BEN = Person("ben", "Ben Brown", accounts=("ben@school",), aliases=("Benny Brown",))
CYD = Person("cyd", "Cyd Clark", accounts=("registrant:cyd-1", "cyd@school"))
DOT = Person("dot", "Dot Clark", accounts=("dot@school",))
EVE = Person("eve", "Eve Evans", accounts=("eve@school",))
CLASS = Roster("v1", (TESS, SAM, ANN, BEN, CYD, DOT, EVE))
ENFORCE = Policy(mode=Mode.ENFORCE)

Happening = Callable[["Script"], Event]


@dataclass(frozen=True, order=True)
class Wanted:
    """One act that the script expects: what and at whom; ``again`` when it is the same ask sent once more."""

    kind: ActKind
    who: str | None = None
    again: bool = False

    def __str__(self) -> str:
        return f"{'again ' if self.again else ''}{self.kind.value}({self.who or ''})"


Admit = partial(Wanted, ActKind.ADMIT)
Refuse = partial(Wanted, ActKind.REFUSE)
PutBack = partial(Wanted, ActKind.PUT_BACK)
Remove = partial(Wanted, ActKind.REMOVE)
Quiet = partial(Wanted, ActKind.QUIET)
StopShare = partial(Wanted, ActKind.STOP_SHARE)
Demote = partial(Wanted, ActKind.DEMOTE)
LobbyOn = partial(Wanted, ActKind.LOBBY_ON)
QuietAll = partial(Wanted, ActKind.QUIET_ALL)
UnquietAll = partial(Wanted, ActKind.UNQUIET_ALL)
End = partial(Wanted, ActKind.END)
Revoke = partial(Wanted, ActKind.REVOKE)


class Manner(Enum):
    """How the platform of a script behaves."""

    OBEYS = "takes every act and shows its effect"
    DEAF = "takes every act and does nothing"
    SILENT = "answers nothing"
    FAILS = "gives every act up"
    SIMULATES = "dry run"


def given(
    roster: Roster | None = CLASS,
    policy: Policy = ENFORCE,
    *,
    capabilities: Capabilities = EVERYTHING,
    slot: Slot | None = SLOT,
    memory: SlotMemory | None = None,
) -> Script:
    """A class about to be guarded; nothing has happened yet."""
    return Script(roster, policy, capabilities, slot, memory or SlotMemory())


@dataclass
class Script:
    """One scenario being played. Every method returns the script."""

    roster: Roster | None
    policy: Policy
    capabilities: Capabilities
    slot: Slot | None
    memory: SlotMemory
    now: float = START - 300.0
    state: Occurrence = field(default_factory=blank)
    world: dict[str, Facts] = field(default_factory=dict)
    lobby_on: bool = True
    manner: Manner = Manner.OBEYS
    wake: float | None = None
    fresh: list[Wanted] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    asks: dict[str, Ask] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    orders: int = 0

    # --- setting the scene ---------------------------------------------------------------------------------------

    def begun(self, *people: Facts, **snapshot: Any) -> Script:
        """The occurrence opens, the roster (if any) loads and the first snapshot arrives, listing ``people``."""
        self._step(Opened(self._stamp(), "occ-1", "class-1", self.slot, self.capabilities, self.memory))
        if self.roster is not None:
            self._step(RosterLoaded(self._stamp(), self.roster))
        self.world.update({facts.handle: facts for facts in people})
        return self.when(listed(**snapshot))

    def at(self, phase: Phase) -> Script:
        """Play until the meeting is in this phase, with the teacher inside unless BEFORE; forget what was decided."""
        self.begun()
        if phase is not BEFORE:
            self.now = (self.slot or SLOT).start
            self.when(waiting("Tess Teacher", account="tess@school"))
            assert self.world["Tess Teacher"].place is Place.INSIDE, self._story("the teacher was not let in")
        if phase is LOCKED:
            self.when(human.lock())
        return self.phase(phase).clean()

    def clean(self) -> Script:
        """Turn the page: what was decided until here is not looked at any more."""
        self.fresh.clear()
        self.decisions.clear()
        return self

    def deaf(self) -> Script:
        """From here the platform takes acts and does nothing."""
        self.manner = Manner.DEAF
        return self

    def silent(self) -> Script:
        """From here the platform answers nothing."""
        self.manner = Manner.SILENT
        return self

    def failing(self) -> Script:
        """From here every act is given up."""
        self.manner = Manner.FAILS
        return self

    def simulating(self) -> Script:
        """From here every act is a dry run."""
        self.manner = Manner.SIMULATES
        return self

    def obeying(self) -> Script:
        """From here the platform does as it is asked."""
        self.manner = Manner.OBEYS
        return self

    # --- what happens --------------------------------------------------------------------------------------------

    def when(self, *happenings: Happening) -> Script:
        """These things happen, one after the other, at (nearly) one moment."""
        for happening in happenings:
            self._step(happening(self))
        return self

    def after(self, seconds: float) -> Script:
        """Nothing but time passes: every timer that was asked for goes off on the way."""
        end = self.now + seconds
        for _ in range(10_000):
            if self.wake is None or self.wake > end:
                break
            self.now = max(self.now, self.wake)
            self.wake = None
            self._step(Woke(self.now))
        else:
            raise AssertionError(self._story("the core asks for one timer after another"))
        self.now = max(end, self.now)
        return self

    # --- what must be so -----------------------------------------------------------------------------------------

    def then(self, *wanted: Wanted) -> Script:
        """Exactly these acts were asked of the platform since the last look (in any order)."""
        if Counter(self.fresh) != Counter(wanted):
            raise AssertionError(self._story(f"expected {_words(wanted)}, got {_words(self.fresh)}"))
        self.fresh.clear()
        return self

    def then_nothing(self) -> Script:
        """No act was asked of the platform since the last look."""
        return self.then()

    def then_some(self, *wanted: Wanted) -> Script:
        """These acts are among those asked since the last look."""
        if missing := Counter(wanted) - Counter(self.fresh):
            raise AssertionError(self._story(f"missing {_words(missing)}, got {_words(self.fresh)}"))
        self.fresh.clear()
        return self

    def then_never(self, *kinds: ActKind, who: str | None = None) -> Script:
        """No act of these kinds (at ``who``) was asked since the last look; the look goes on."""
        found = [w for w in self.fresh if w.kind in kinds and (who is None or w.who == who)]
        if found:
            raise AssertionError(self._story(f"never expected {_words(found)}"))
        return self

    def then_nobody_out(self) -> Script:
        """Nobody inside was asked to be moved out since the last look."""
        return self.then_never(ActKind.PUT_BACK, ActKind.REMOVE, ActKind.END)

    def incident(
        self,
        kind: IncidentKind,
        *,
        about: str | None = None,
        severity: Severity | None = None,
        offers: str | None = None,
    ) -> Script:
        """An incident of this kind was told since the page was turned (and it names, weighs and offers that)."""
        told = [d.incident for d in self.decisions if isinstance(d, Raise) and d.incident.kind is kind]
        if about is not None:
            told = [i for i in told if about in {subject.handle for subject in i.subjects}]
        if severity is not None:
            told = [i for i in told if i.severity is severity]
        if offers is not None:
            told = [i for i in told if offers in i.verbs]
        if not told:
            raise AssertionError(self._story(f"no incident {kind.value} about {about}, {severity}, {offers}"))
        return self

    def no_incident(self, kind: IncidentKind) -> Script:
        """No incident of this kind was told since the page was turned."""
        if any(isinstance(d, Raise) and d.incident.kind is kind for d in self.decisions):
            raise AssertionError(self._story(f"an incident {kind.value} was told"))
        return self

    def told_times(self, kind: IncidentKind, times: int) -> Script:
        """The thread of this kind was opened so many times since the page was turned; updates do not count."""
        keys = {d.incident.key for d in self.decisions if isinstance(d, Raise) and d.incident.kind is kind}
        if len(keys) != times:
            raise AssertionError(self._story(f"{kind.value} was opened {len(keys)} times, not {times}"))
        return self

    def phase(self, phase: Phase) -> Script:
        """The meeting is in this phase."""
        if self.state.memory.phase is not phase:
            raise AssertionError(self._story(f"phase {self.state.memory.phase}, not {phase}"))
        return self

    def answered(self, *, done: bool = True) -> Script:
        """The last order was answered so."""
        order = f"order-{self.orders}"
        answers = [d for d in self.decisions if isinstance(d, Answer) and d.order == order]
        if not answers or answers[-1].done is not done or not answers[-1].text:
            raise AssertionError(self._story(f"{order} answered {answers}, not done={done}"))
        return self

    def reread(self) -> Script:
        """A fresh snapshot was asked for since the page was turned."""
        assert any(isinstance(d, Reread) for d in self.decisions), self._story("no fresh snapshot was asked for")
        return self

    def ended(self, end: AskEnd, times: int = 1) -> Script:
        """So many asks ended so since the page was turned."""
        found = sum(isinstance(d, Close) and d.end is end for d in self.decisions)
        if found != times:
            raise AssertionError(self._story(f"{found} asks {end.value}, not {times}"))
        return self

    def place(self, who: str, place: Place | None) -> Script:
        """In the world, this connection is there (None: nowhere)."""
        facts = self.world.get(who)
        found = facts.place if facts else None
        if found is not place:
            raise AssertionError(self._story(f"{who} is {found}, not {place}"))
        return self

    # --- the machinery -------------------------------------------------------------------------------------------

    def _stamp(self) -> float:
        self.now += 0.001
        return self.now

    def _step(self, event: Event) -> None:
        queue = [event]
        for _ in range(500):
            if not queue:
                return
            event = queue.pop(0)
            self.lines.append(f"{self.now - START:+10.3f}  >> {_terse(event)}")
            self.state, decisions = step(self.state, event, self.policy, self.now)
            for decision in decisions:
                queue += self._take(decision)
        raise AssertionError(self._story("platform and core never come to rest"))

    def _take(self, decision: Any) -> list[Event]:
        self.lines.append(f"{self.now - START:+10.3f}     << {_terse(decision)}")
        self.decisions.append(decision)
        if isinstance(decision, WakeAt):
            self.wake = decision.when
        elif isinstance(decision, Ask):
            self.asks[decision.ask] = decision
            self.fresh.append(Wanted(decision.act.kind, decision.act.handle))
            return list(self._answer(decision))
        elif isinstance(decision, Again):
            ask = self.asks[decision.ask]
            self.fresh.append(Wanted(ask.act.kind, ask.act.handle, again=True))
            return list(self._answer(ask))
        return []

    def _answer(self, ask: Ask) -> Iterator[Event]:
        if self.manner is Manner.FAILS:
            yield Failed(self._stamp(), ask.ask, ask.act.kind, "the platform says no")
        elif self.manner is Manner.SIMULATES:
            yield Simulated(self._stamp(), ask.ask)
        elif self.manner is not Manner.SILENT:
            yield Accepted(self._stamp(), ask.ask)
        if self.manner is Manner.OBEYS:
            yield from self._effect(ask.act)

    def _effect(self, act: Act) -> Iterator[Event]:
        facts = self.world.get(act.handle or "")
        match act.kind:
            case ActKind.ADMIT | ActKind.PUT_BACK | ActKind.DEMOTE | ActKind.STOP_SHARE | ActKind.QUIET if facts:
                place = {ActKind.ADMIT: Place.INSIDE, ActKind.PUT_BACK: Place.WAITING}.get(act.kind, facts.place)
                role = facts.role if act.kind is not ActKind.DEMOTE else PlatformRole.ATTENDEE
                shares = facts.sharing and act.kind in {ActKind.ADMIT, ActKind.DEMOTE}
                after = replace(facts, place=place, role=role, sharing=shares)
                self.world[after.handle] = after
                if after != facts:
                    yield Seen(self._stamp(), after)
            case ActKind.REFUSE | ActKind.REMOVE if facts:
                del self.world[facts.handle]
                yield Gone(self._stamp(), facts.handle, facts.place)
            case ActKind.LOBBY_ON:
                self.lobby_on = True
                yield LobbyChanged(self._stamp(), self.lobby_on)
            case ActKind.END:
                self.world.clear()
                yield MeetingEnded(self._stamp())
            case _:
                return

    def _story(self, what: str) -> str:
        return "\n".join([what, f"the platform {self.manner.value}", *self.lines[-60:], f"!! {what}"])


def _terse(record: Any) -> str:
    """A record in a line: only what differs from the defaults, times left to the margin."""
    if isinstance(record, (list, tuple, frozenset)):
        return "[" + ", ".join(_terse(item) for item in record) + "]"
    if isinstance(record, Roster):
        return f"Roster({record.version}, {len(record.people)} people)"
    if isinstance(record, Enum):
        return str(record.value)
    if not is_dataclass(record):
        return repr(record)
    shown = [
        f"{f.name}={_terse(getattr(record, f.name))}"
        for f in fields(record)
        if f.name not in {"at", "opened_at", "changed_at", "capabilities"}
        and (f.default is MISSING or getattr(record, f.name) != f.default)
    ]
    return f"{type(record).__name__}({', '.join(shown)})"


def _words(wanted: Any) -> str:
    return ", ".join(sorted(str(w) for w in wanted)) or "nothing"


# --- the vocabulary of happenings --------------------------------------------------------------------------------


def person(name: str, place: Place = Place.INSIDE, *, handle: str | None = None, **facts: Any) -> Facts:
    """One connection's facts; the handle is its name unless told otherwise. Unknown words are evidence."""
    of_facts = {k: facts.pop(k) for k in ("role", "sharing", "is_self", "room") if k in facts}
    return Facts(handle or name, place, Evidence(name=name, **facts), **of_facts)


def waiting(name: str, **facts: Any) -> Happening:
    """Somebody knocks."""
    return _seen(person(name, Place.WAITING, **facts))


def inside(name: str, **facts: Any) -> Happening:
    """Somebody is inside (however they came in)."""
    return _seen(person(name, Place.INSIDE, **facts))


def _seen(facts: Facts) -> Happening:
    def happen(script: Script) -> Event:
        script.world[facts.handle] = facts
        return Seen(script._stamp(), facts)

    return happen


def changed(who: str, **facts: Any) -> Happening:
    """A connection's facts change: ``place``, ``role``, ``sharing``, or a piece of evidence."""

    def happen(script: Script) -> Event:
        old = script.world[who]
        outer = {k: facts[k] for k in facts if k in {"place", "role", "sharing"}}
        inner = {k: facts[k] for k in facts if k not in outer}
        return _seen(replace(old, evidence=replace(old.evidence, **inner), **outer))(script)

    return happen


def gone(who: str) -> Happening:
    """A connection leaves."""

    def happen(script: Script) -> Event:
        old = script.world.pop(who)
        return Gone(script._stamp(), who, old.place)

    return happen


def lost(who: str) -> Happening:
    """A connection leaves, and nobody tells: only a timer goes off."""

    def happen(script: Script) -> Event:
        script.world.pop(who)
        return Woke(script._stamp())

    return happen


def listed(*, only: tuple[str, ...] | None = None, **snapshot: Any) -> Happening:
    """A snapshot of the script's world arrives (of ``only`` these); ``as_of`` may be given as seconds ago."""

    def happen(script: Script) -> Event:
        at = script._stamp()
        people = tuple(f for h, f in script.world.items() if only is None or h in only)
        if not snapshot.get("carries_identity", True):
            people = tuple(replace(f, evidence=Evidence(name=f.evidence.name)) for f in people)
        as_of = at - snapshot.pop("ago", 0.0)
        return Snapshot(at, as_of, people, **{"lobby_on": script.lobby_on, **snapshot})

    return happen


def roster(*people: Person, version: str = "v2") -> Happening:
    """A new version of the roster comes into force."""
    return lambda script: RosterLoaded(script._stamp(), Roster(version, people))


def event(make: Callable[[float], Event]) -> Happening:
    """Any other event, made from the time: ``event(lambda at: LinkChanged(at, up=False))``."""
    return lambda script: make(script._stamp())


class _Teacher:
    """What a human moderator does with the platform's own buttons; the effect shows with the act."""

    def admits(self, who: str) -> Happening:
        return self._does(NativeKind.ADMITTED, who)

    def puts_out(self, who: str) -> Happening:
        return self._does(NativeKind.PUT_OUT, who)

    def refuses(self, who: str) -> Happening:
        return self._does(NativeKind.REFUSED, who)

    def admits_all(self) -> Happening:
        return self._does(NativeKind.ADMITTED_ALL, None)

    def opens_the_lobby(self) -> Happening:
        return self._does(NativeKind.LOBBY_OFF, None)

    def _does(self, kind: NativeKind, who: str | None) -> Happening:
        def happen(script: Script) -> Event:
            if kind is NativeKind.LOBBY_OFF:
                script.lobby_on = False
            return NativeAct(script._stamp(), kind, who, by="Tess Teacher")

        return happen


class _Human:
    """Orders of a human, by any road. The first argument names a connection; ``person=`` a roster person."""

    def __getattr__(self, verb: str) -> Callable[..., Happening]:
        return partial(_ordered, Verb(verb))


def _ordered(verb: Verb, who: str | None = None, **more: Any) -> Happening:
    def happen(script: Script) -> Event:
        script.orders += 1
        if "lasts" in more:
            more["until"] = script.now + more.pop("lasts")
        return Ordered(script._stamp(), f"order-{script.orders}", verb, "olga", handle=who, **more)

    return happen


teacher = _Teacher()
human = _Human()
