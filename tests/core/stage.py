"""The stage of the scenario scripts: the core in virtual time, and a platform that takes its acts in some manner.

``step`` is the only way into the core. No test lives here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import Enum
from typing import Any

from guardian.core.actions import Act, ActKind, Again, Ask, Capabilities, WakeAt
from guardian.core.decide import step
from guardian.core.events import Accepted, Event, Failed, Gone, LobbyChanged, MeetingEnded, Seen, Simulated
from guardian.core.identity import Facts, Place, PlatformRole
from guardian.core.meeting import Occurrence, blank
from guardian.core.memory import Slot, SlotMemory
from guardian.core.policy import Policy
from guardian.core.roster import Roster
from tests.core.vocabulary import START, Wanted


class Manner(Enum):
    """How the platform of a script behaves."""

    OBEYS = "takes every act and shows its effect"
    DEAF = "takes every act and does nothing"
    SILENT = "answers nothing"
    FAILS = "gives every act up"
    SIMULATES = "dry run"


@dataclass
class Stage:
    """What is being played: the core's state, the world as it truly is, and all that was decided."""

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

    def stamp(self) -> float:
        self.now += 0.001
        return self.now

    def play(self, event: Event) -> None:
        queue = [event]
        for _ in range(500):
            if not queue:
                return
            event = queue.pop(0)
            self.lines.append(f"{self.now - START:+10.3f}  >> {terse(event)}")
            self.state, decisions = step(self.state, event, self.policy, self.now)
            for decision in decisions:
                queue += self._take(decision)
        raise AssertionError(self.story("platform and core never come to rest"))

    def _take(self, decision: Any) -> list[Event]:
        self.lines.append(f"{self.now - START:+10.3f}     << {terse(decision)}")
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
            yield Failed(self.stamp(), ask.ask, ask.act.kind, "the platform says no")
        elif self.manner is Manner.SIMULATES:
            yield Simulated(self.stamp(), ask.ask)
        elif self.manner is not Manner.SILENT:
            yield Accepted(self.stamp(), ask.ask)
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
                    yield Seen(self.stamp(), after)
            case ActKind.REFUSE | ActKind.REMOVE | ActKind.EXPEL if facts:
                del self.world[facts.handle]
                yield Gone(self.stamp(), facts.handle, facts.place)
            case ActKind.LOBBY_ON:
                self.lobby_on = True
                yield LobbyChanged(self.stamp(), self.lobby_on)
            case ActKind.END:
                self.world.clear()
                yield MeetingEnded(self.stamp())
            case _:
                return

    def story(self, what: str) -> str:
        return "\n".join([what, f"the platform {self.manner.value}", *self.lines[-60:], f"!! {what}"])


def terse(record: Any) -> str:
    """A record in a line: only what differs from the defaults, times left to the margin."""
    if isinstance(record, (list, tuple, frozenset)):
        return "[" + ", ".join(terse(item) for item in record) + "]"
    if isinstance(record, Roster):
        return f"Roster({record.version}, {len(record.people)} people)"
    if isinstance(record, Enum):
        return str(record.value)
    if not is_dataclass(record):
        return repr(record)
    shown = [
        f"{f.name}={terse(getattr(record, f.name))}"
        for f in fields(record)
        if f.name not in {"at", "opened_at", "changed_at", "capabilities"}
        and (f.default is MISSING or getattr(record, f.name) != f.default)
    ]
    return f"{type(record).__name__}({', '.join(shown)})"
