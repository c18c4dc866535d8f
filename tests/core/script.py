"""Scripts for the core in virtual time: ``given(...).at(OPEN).when(waiting("Ann Adams")).then(Admit("Ann Adams"))``.

The stage plays the platform too: by default it takes every act and shows its effect; ``.deaf()`` takes acts and does
nothing, ``.silent()`` says nothing at all, ``.failing()`` gives every act up.
A mismatch prints the whole script, so that a failure reads as a story. No test lives here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from guardian.core.actions import ActKind, Answer, AskEnd, Capabilities, Close, Raise, Reread, Settle
from guardian.core.events import Opened, RosterLoaded, Woke
from guardian.core.identity import Facts, Place
from guardian.core.incidents import IncidentKind, Severity
from guardian.core.memory import Phase, Slot, SlotMemory
from guardian.core.policy import Policy
from guardian.core.roster import Roster
from tests.core.stage import Manner, Stage
from tests.core.vocabulary import (
    BEFORE,
    CLASS,
    ENFORCE,
    EVERYTHING,
    LOCKED,
    SLOT,
    Happening,
    Wanted,
    human,
    listed,
    waiting,
)


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


class Script(Stage):
    """One scenario being played. Every method returns the script."""

    # --- setting the scene ---------------------------------------------------------------------------------------

    def begun(self, *people: Facts, **snapshot: Any) -> Script:
        """The occurrence opens, the roster (if any) loads and the first snapshot arrives, listing ``people``."""
        self.play(Opened(self.stamp(), "occ-1", "class-1", self.slot, self.capabilities, self.memory))
        if self.roster is not None:
            self.play(RosterLoaded(self.stamp(), self.roster))
        self.world.update({facts.handle: facts for facts in people})
        return self.when(listed(**snapshot))

    def at(self, phase: Phase) -> Script:
        """Play until the meeting is in this phase, with the teacher inside unless BEFORE; forget what was decided."""
        self.begun()
        if phase is not BEFORE:
            self.now = (self.slot or SLOT).start
            self.when(waiting("Tess Teacher", account="tess@school"))
            assert self.world["Tess Teacher"].place is Place.INSIDE, self.story("the teacher was not let in")
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
            self.play(happening(self))
        return self

    def after(self, seconds: float) -> Script:
        """Nothing but time passes: every timer that was asked for goes off on the way."""
        end = self.now + seconds
        for _ in range(10_000):
            if self.wake is None or self.wake > end:
                break
            self.now = max(self.now, self.wake)
            self.wake = None
            self.play(Woke(self.now))
        else:
            raise AssertionError(self.story("the core asks for one timer after another"))
        self.now = max(end, self.now)
        return self

    # --- what must be so -----------------------------------------------------------------------------------------

    def then(self, *wanted: Wanted) -> Script:
        """Exactly these acts were asked of the platform since the last look (in any order)."""
        if Counter(self.fresh) != Counter(wanted):
            raise AssertionError(self.story(f"expected {_words(wanted)}, got {_words(self.fresh)}"))
        self.fresh.clear()
        return self

    def then_nothing(self) -> Script:
        """No act was asked of the platform since the last look."""
        return self.then()

    def then_some(self, *wanted: Wanted) -> Script:
        """These acts are among those asked since the last look."""
        if missing := Counter(wanted) - Counter(self.fresh):
            raise AssertionError(self.story(f"missing {_words(missing)}, got {_words(self.fresh)}"))
        self.fresh.clear()
        return self

    def then_never(self, *kinds: ActKind, who: str | None = None) -> Script:
        """No act of these kinds (at ``who``) was asked since the last look; the look goes on."""
        found = [w for w in self.fresh if w.kind in kinds and (who is None or w.who == who)]
        if found:
            raise AssertionError(self.story(f"never expected {_words(found)}"))
        return self

    def then_nobody_out(self) -> Script:
        """Nobody inside was asked to be moved out since the last look."""
        return self.then_never(ActKind.PUT_BACK, ActKind.REMOVE, ActKind.EXPEL, ActKind.END)

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
            raise AssertionError(self.story(f"no incident {kind.value} about {about}, {severity}, {offers}"))
        return self

    def no_incident(self, kind: IncidentKind) -> Script:
        """No incident of this kind was told since the page was turned."""
        if any(isinstance(d, Raise) and d.incident.kind is kind for d in self.decisions):
            raise AssertionError(self.story(f"an incident {kind.value} was told"))
        return self

    def told_times(self, kind: IncidentKind, times: int) -> Script:
        """The thread of this kind was opened so many times since the page was turned; updates do not count."""
        keys = {d.incident.key for d in self.decisions if isinstance(d, Raise) and d.incident.kind is kind}
        if len(keys) != times:
            raise AssertionError(self.story(f"{kind.value} was opened {len(keys)} times, not {times}"))
        return self

    def phase(self, phase: Phase) -> Script:
        """The meeting is in this phase."""
        if self.state.memory.phase is not phase:
            raise AssertionError(self.story(f"phase {self.state.memory.phase}, not {phase}"))
        return self

    def told_again(self, kind: IncidentKind, times: int) -> Script:
        """So many messages of this kind went out since the page was turned, updates included."""
        found = sum(isinstance(d, Raise) and d.incident.kind is kind for d in self.decisions)
        if found != times:
            raise AssertionError(self.story(f"{kind.value} was told {found} times, not {times}"))
        return self

    def settled(self, kind: IncidentKind) -> Script:
        """The thread of this kind was closed since the page was turned, and is closed now."""
        closed = any(isinstance(d, Settle) and d.incident == kind for d in self.decisions)
        if not closed or not self.state.incidents[kind].settled:
            raise AssertionError(self.story(f"{kind.value} was not settled"))
        return self

    def answered(self, *, done: bool = True, saying: str = "") -> Script:
        """The last order was answered so (and with these words among others)."""
        order = f"order-{self.orders}"
        answers = [d for d in self.decisions if isinstance(d, Answer) and d.order == order]
        if not answers or answers[-1].done is not done or not answers[-1].text or saying not in answers[-1].text:
            raise AssertionError(self.story(f"{order} answered {answers}, not done={done} saying {saying!r}"))
        return self

    def not_reread(self) -> Script:
        """No fresh snapshot was asked for since the page was turned."""
        assert not any(isinstance(d, Reread) for d in self.decisions), self.story("a fresh snapshot was asked for")
        return self

    def reread(self) -> Script:
        """A fresh snapshot was asked for since the page was turned."""
        assert any(isinstance(d, Reread) for d in self.decisions), self.story("no fresh snapshot was asked for")
        return self

    def ended(self, end: AskEnd, times: int = 1) -> Script:
        """So many asks ended so since the page was turned."""
        found = sum(isinstance(d, Close) and d.end is end for d in self.decisions)
        if found != times:
            raise AssertionError(self.story(f"{found} asks {end.value}, not {times}"))
        return self

    def place(self, who: str, place: Place | None) -> Script:
        """In the world, this connection is there (None: nowhere)."""
        facts = self.world.get(who)
        found = facts.place if facts else None
        if found is not place:
            raise AssertionError(self.story(f"{who} is {found}, not {place}"))
        return self


def _words(wanted: Any) -> str:
    return ", ".join(sorted(str(w) for w in wanted)) or "nothing"
