"""A guarded class as a Hypothesis state machine: a true world, a guardian that hears of it more or less, and a book.

Rules only say what happens; what must hold is in the tests, one watch to a line of the design. A watch
reads the commands that went out and the book of what was said; none asks the core why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from guardian.codec import Record, decode, encode
from guardian.core.actions import Ask, Capabilities, Decision, Reread, WakeAt
from guardian.core.decide import step
from guardian.core.events import (
    Acknowledged,
    Began,
    CameInAs,
    Event,
    ForeignSelf,
    JournalChanged,
    LinkChanged,
    LobbyChanged,
    MeetingEnded,
    NativeAct,
    NativeKind,
    Opened,
    Ordered,
    Restarted,
    RosterFailed,
    RosterLoaded,
    Simulated,
    TaskCrashed,
    Verb,
    Warned,
    Woke,
)
from guardian.core.identity import Evidence, Facts, Place, PlatformRole
from guardian.core.incidents import IncidentKind
from guardian.core.meeting import Occurrence, blank, evolve
from guardian.core.memory import Slot, SlotMemory
from guardian.core.policy import Policy
from guardian.core.roster import Roster
from tests.core.stage import terse
from tests.properties.cast import (
    BY_SERVER,
    CHILDREN,
    EVERYBODY,
    GUESTS,
    LISTS,
    NAMES,
    PLATFORMS,
    SLOT,
    START,
    SUBSTITUTES,
    TEACHER,
    WARNINGS,
    Guise,
    anybody,
    policies,
)
from tests.properties.conftest import PROFILE
from tests.properties.ledger import Ledger, Step, commands
from tests.properties.platform_model import Manner, World

DELIVERY = st.sampled_from(("now",) * 6 + ("twice", "late", "lost"))
PAUSES = st.sampled_from((0.5, 1.5, 2.5, 4.0, 11.0, 31.0, 61.0, 130.0, 700.0))
MOST_PEOPLE = 12
STORY = 80  # lines of the play that a failure shows
MOST_IN_ONE_GO = 300  # deliveries that one happening may lead to; more is a hot loop


def played(machine: type[Play]) -> None:
    """Play a property's machine as often as the profile says."""
    run_state_machine_as_test(machine, settings=settings.get_profile(PROFILE))


class Play(RuleBasedStateMachine):
    """The rules. Each property's own machine narrows what is drawn by the class variables."""

    POLICIES: ClassVar[st.SearchStrategy[Policy]] = policies()
    PEOPLE: ClassVar[st.SearchStrategy[Guise]] = anybody
    MANNERS: ClassVar[st.SearchStrategy[Manner]] = st.sampled_from(Manner)
    VERBS: ClassVar[st.SearchStrategy[Verb]] = st.sampled_from(Verb)
    LISTS: ClassVar[st.SearchStrategy[Roster]] = st.sampled_from(LISTS)
    SLOTS: ClassVar[st.SearchStrategy[Slot | None]] = st.sampled_from((SLOT,) * 9 + (None,))

    def __init__(self) -> None:
        super().__init__()
        self.now = START - 100.0
        self.world = World(self.stamp)
        self.state: Occurrence = blank()
        self.records: list[Record] = []
        self.late: list[Event] = []
        self.wake: float | None = None
        self.lines: list[str] = []
        self.number = 0
        self.orders = 0
        self.occurrences = 0
        self.link = True
        self.reconciles = True
        self.dry = False

    # --- the scene ------------------------------------------------------------------------------------------------

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.policy = data.draw(self.POLICIES, label="policy")
        self.capabilities: Capabilities = data.draw(st.sampled_from(PLATFORMS), label="platform")
        self.slot = data.draw(self.SLOTS, label="slot")
        self.book = Ledger(self.policy)
        self.world.lobby_on = data.draw(st.booleans(), label="lobby on") or self.policy.lobby_from_start
        self.ready()
        self.world.manner = data.draw(st.one_of(st.just(Manner.OBEYS), self.MANNERS), label="manner")
        early = data.draw(st.lists(self.PEOPLE, max_size=3), label="inside before us")
        for guise in early:
            self.appear(guise, Place.INSIDE)
        self.world.people["me"] = Facts("me", Place.INSIDE, Evidence("guardian"), is_self=True)
        self.open(SlotMemory(), data.draw(st.sampled_from((LISTS[0], LISTS[0], LISTS[0], None)), label="list"))
        if data.draw(st.sampled_from((True, True, True, False)), label="the teacher comes"):
            self.pass_time(START - self.now)
            self.feed(self.appear(TEACHER, Place.WAITING))
            teacher = self.world.people.get(f"h{self.number}")
            if teacher and teacher.place is Place.WAITING:
                self.feed(self.world.change(replace(teacher, place=Place.INSIDE)))
            for guise in data.draw(st.lists(st.sampled_from(CHILDREN), max_size=5, unique=True), label="children"):
                self.feed(self.appear(guise, Place.WAITING))

    def ready(self) -> None:
        """What a property's own machine sets up before anything happens."""

    def open(self, memory: SlotMemory, roster: Roster | None) -> None:
        self.occurrences += 1
        self.records.clear()
        self.late.clear()
        self.state, self.wake, self.link = blank(), None, True
        occurrence = f"occ-{self.occurrences}"
        self.feed(Opened(self.stamp(), occurrence, "class", self.slot, self.capabilities, memory))
        if roster is not None:
            self.feed(RosterLoaded(self.stamp(), roster))
        self.feed(self.world.listed(identity=self.capabilities.snapshot_carries_identity))

    # --- the machinery --------------------------------------------------------------------------------------------

    def stamp(self) -> float:
        self.now += 0.001
        return self.now

    def appear(self, guise: Guise, place: Place) -> Event:
        self.number += 1
        facts = Facts(f"h{self.number}", place, guise.evidence)
        self.world.owners[facts.handle] = guise.owner
        return self.world.change(facts)

    def feed(self, event: Event) -> None:
        """One event reaches the guardian; the platform takes what is asked, and so on until all rests."""
        queue = [event]
        for _ in range(MOST_IN_ONE_GO):
            if not queue:
                return
            queue += self.one(queue.pop(0))
        raise AssertionError("\n".join(["platform and guardian never come to rest: a hot loop", *self.lines[-40:]]))

    def one(self, event: Event) -> list[Event]:
        self.lines.append(f"{self.now - START:+10.3f}  >> {terse(event)}")
        try:
            return self.played(event)
        except AssertionError as error:
            error.add_note("\n".join(["", terse(self.policy), *self.lines[-STORY:]]))
            raise

    def played(self, event: Event) -> list[Event]:
        before = self.state
        self.book.hear(event, before, self.now)
        self.state, decisions = step(before, event, self.policy, self.now)
        self.lines += [f"{self.now - START:+10.3f}     << {terse(d)}" for d in decisions]
        durable: list[Decision] = [d for d in decisions if not isinstance(d, WakeAt)]
        self.records += [event, *durable]
        self.wake = next((d.when for d in decisions if isinstance(d, WakeAt)), self.wake)
        done = Step(self.now, event, before, self.state, decisions, commands(decisions, self.book.asks))
        self.book.note(done)
        self.watch(done)
        self.book.remember(done)
        heard: list[Event] = []
        for command in done.commands:
            heard += self.taken(command.ask)
        if self.link and self.reconciles and any(isinstance(d, Reread) for d in decisions):
            heard.append(self.world.listed(identity=self.capabilities.snapshot_carries_identity))
        return heard

    def taken(self, ask: Ask) -> list[Event]:
        if self.dry:
            return [Simulated(self.stamp(), ask.ask)]
        events = list(self.world.perform(ask))
        return events if self.link else []

    def watch(self, done: Step) -> None:
        """What the property's own machine checks at each step."""

    def tell(self, event: Event, delivery: str) -> None:
        """A platform's delivery arrives, arrives twice, arrives late or not at all."""
        if not self.link or delivery == "lost":
            return
        if delivery == "late":
            self.late.append(event)
            return
        self.feed(event)
        if delivery == "twice":
            self.feed(event)

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        for _ in range(MOST_IN_ONE_GO):
            if self.wake is None or self.wake > end:
                break
            self.now, self.wake = max(self.now, self.wake), None
            self.feed(Woke(self.now))
        else:
            raise AssertionError("\n".join(["one timer after another: a hot loop", *self.lines[-40:]]))
        self.now = max(end, self.now)

    def pick(self, data: st.DataObject, *places: Place) -> Facts | None:
        people = [f for f in self.world.people.values() if not f.is_self and f.place in places]
        return data.draw(st.sampled_from(people), label="who") if people else None

    # --- people ---------------------------------------------------------------------------------------------------

    def crowded(self) -> bool:
        return len(self.world.people) >= MOST_PEOPLE

    @precondition(lambda self: not self.crowded())
    @rule(data=st.data(), delivery=DELIVERY)
    def somebody_knocks(self, data: st.DataObject, delivery: str) -> None:
        self.tell(self.appear(data.draw(self.PEOPLE, label="guise"), Place.WAITING), delivery)

    @precondition(lambda self: not self.crowded())
    @rule(data=st.data(), delivery=DELIVERY)
    def somebody_joins_past_the_lobby(self, data: st.DataObject, delivery: str) -> None:
        self.tell(self.appear(data.draw(self.PEOPLE, label="guise"), Place.INSIDE), delivery)

    @precondition(lambda self: self.link and not self.crowded())
    @rule(data=st.data(), twice=st.booleans())
    def somebody_comes_in_on_anothers_admission(self, data: st.DataObject, twice: bool) -> None:
        meant = self.pick(data, Place.WAITING)
        seen = self.appear(data.draw(self.PEOPLE, label="guise"), Place.INSIDE)
        came = CameInAs(self.stamp(), f"h{self.number}", meant.handle if meant else "who has left")
        for event in (seen, came, came)[: 3 if twice else 2]:
            self.feed(event)

    @rule(data=st.data(), delivery=DELIVERY)
    def somebody_leaves(self, data: st.DataObject, delivery: str) -> None:
        who = self.pick(data, *Place)
        if who:
            self.tell(self.world.leave(who.handle), delivery)

    @precondition(lambda self: not self.crowded())
    @rule(data=st.data(), delivery=DELIVERY)
    def a_dropped_one_comes_back_past_her_ghost(self, data: st.DataObject, delivery: str) -> None:
        who = self.pick(data, Place.INSIDE)
        if who:
            guise = Guise(who.evidence, self.world.owners.get(who.handle))
            self.tell(self.appear(guise, Place.WAITING), delivery)

    @rule(data=st.data(), delivery=DELIVERY)
    def the_platform_lets_somebody_in(self, data: st.DataObject, delivery: str) -> None:
        who = self.pick(data, Place.WAITING)
        if who:
            self.tell(self.world.change(replace(who, place=Place.INSIDE)), delivery)

    @rule(data=st.data(), name=st.sampled_from(NAMES), delivery=DELIVERY)
    def somebody_renames(self, data: st.DataObject, name: str, delivery: str) -> None:
        who = self.pick(data, *Place)
        if who:
            self.tell(self.world.change(replace(who, evidence=replace(who.evidence, name=name))), delivery)

    @rule(data=st.data(), sharing=st.booleans(), delivery=DELIVERY)
    def somebody_shares_or_stops(self, data: st.DataObject, sharing: bool, delivery: str) -> None:
        who = self.pick(data, Place.INSIDE)
        if who:
            self.tell(self.world.change(replace(who, sharing=sharing)), delivery)

    @rule(data=st.data(), role=st.sampled_from(PlatformRole), delivery=DELIVERY)
    def somebody_is_made_moderator_or_not(self, data: st.DataObject, role: PlatformRole, delivery: str) -> None:
        who = self.pick(data, Place.INSIDE)
        if who:
            self.tell(self.world.change(replace(who, role=role)), delivery)

    # --- what the guardian hears ----------------------------------------------------------------------------------

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def something_late_arrives(self, data: st.DataObject) -> None:
        event = self.late.pop(data.draw(st.integers(0, len(self.late) - 1), label="which"))
        self.tell(event, "now")

    @precondition(lambda self: self.link)
    @rule(identity=st.booleans(), covers=st.sampled_from((frozenset(Place), frozenset({Place.INSIDE}))))
    def a_complete_list_arrives(self, identity: bool, covers: frozenset[Place]) -> None:
        self.feed(self.world.listed(identity=identity, covers=covers))

    @precondition(lambda self: self.link)
    @rule(index=st.integers(0, 50), late=st.booleans())
    def a_partial_or_stale_list_arrives(self, index: int, late: bool) -> None:
        self.feed(self.world.listed_late(index) if late else self.world.listed_in_part(index))

    @rule(seconds=PAUSES)
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(data=st.data())
    def the_list_is_edited(self, data: st.DataObject) -> None:
        self.feed(RosterLoaded(self.stamp(), data.draw(self.LISTS, label="list")))

    @rule()
    def the_list_cannot_be_read(self) -> None:
        self.feed(RosterFailed(self.stamp(), "line 3"))

    # --- humans ---------------------------------------------------------------------------------------------------

    @rule(data=st.data(), by_handle=st.booleans(), lasts=st.sampled_from((None, None, 30.0)), twice=st.booleans())
    def a_human_orders(self, data: st.DataObject, by_handle: bool, lasts: float | None, twice: bool) -> None:
        verb = data.draw(self.VERBS, label="verb")
        self.orders += 1
        order = Ordered(self.stamp(), f"o{self.orders}", verb, "olga", until=self.now + lasts if lasts else None)
        if verb is Verb.COVER:
            name, account = data.draw(st.sampled_from(SUBSTITUTES), label="substitute")
            order = replace(order, name=name, account=account)
        elif verb is Verb.ALLOW:
            name, email = data.draw(st.sampled_from(GUESTS), label="guest")
            order = replace(order, name=name, email=email)
        elif verb in {Verb.ADMIT, Verb.HOLD, Verb.REMOVE}:
            who = self.pick(data, *Place)
            if not by_handle and verb is not Verb.REMOVE:
                order = replace(order, person=data.draw(st.sampled_from(EVERYBODY), label="whom").id)
            else:
                order = replace(order, handle=who.handle if who else "nobody")
        self.feed(order)
        if twice:
            self.feed(order)

    @precondition(lambda self: self.link)
    @rule(data=st.data(), kind=st.sampled_from(NativeKind), effect_first=st.booleans())
    def a_moderator_acts_on_the_platform(self, data: st.DataObject, kind: NativeKind, effect_first: bool) -> None:
        places = (Place.INSIDE,) if kind is NativeKind.PUT_OUT else (Place.WAITING,)
        who = None if kind in {NativeKind.LOBBY_ON, NativeKind.LOBBY_OFF} else self.pick(data, *places)
        inside = [f for f in self.world.people.values() if f.place is Place.INSIDE]
        hosts = [f.handle for f in inside if f.evidence == TEACHER.evidence]
        hands = [*hosts, *hosts, None, *(f.handle for f in inside)]
        by = data.draw(st.sampled_from(hands), label="by")
        everybody = kind is NativeKind.ADMITTED_ALL
        targets = [f for f in self.world.people.values() if f.place is Place.WAITING] if everybody else [who]
        effects: list[Event] = []
        at = self.stamp()
        for facts in targets:
            if facts is None:
                continue
            if kind in {NativeKind.ADMITTED, NativeKind.ADMITTED_ALL}:
                effects.append(self.world.change(replace(facts, place=Place.INSIDE)))
            else:
                effects.append(self.world.leave(facts.handle))
        if kind in {NativeKind.LOBBY_ON, NativeKind.LOBBY_OFF}:
            self.world.lobby_on = kind is NativeKind.LOBBY_ON
            effects.append(LobbyChanged(self.stamp(), on=self.world.lobby_on))
        elif not effects:
            return
        handle = who.handle if who and not everybody else None
        said = NativeAct(at if not effect_first else self.stamp(), kind, handle, by)
        for event in [*effects, said] if effect_first else [said, *effects]:
            self.feed(event)

    @precondition(lambda self: self.state.incidents)
    @rule(data=st.data())
    def a_human_acknowledges(self, data: st.DataObject) -> None:
        incident = data.draw(st.sampled_from(sorted(self.state.incidents)), label="incident")
        self.feed(Acknowledged(self.stamp(), incident, "olga"))

    # --- what fails -----------------------------------------------------------------------------------------------

    @rule(data=st.data(), reconciles=st.booleans())
    def the_platform_changes_its_manner(self, data: st.DataObject, reconciles: bool) -> None:
        self.world.manner = data.draw(self.MANNERS, label="manner")
        self.reconciles = reconciles

    @rule()
    def the_link_is_lost_or_back(self) -> None:
        self.link = not self.link
        self.feed(LinkChanged(self.stamp(), self.link))
        if self.link and self.reconciles:
            self.feed(self.world.listed())

    @precondition(lambda self: self.link and self.capabilities.bans_by_address)
    @rule()
    def our_hands_go_or_are_back(self) -> None:
        usual = next(p for p in PLATFORMS if p.platform == self.capabilities.platform)
        away = replace(usual, can=BY_SERVER, no_hands="no panel is open")
        self.capabilities = usual if self.capabilities.no_hands else away
        self.feed(LinkChanged(self.stamp(), up=True, capabilities=self.capabilities))

    @rule(kind=st.sampled_from(WARNINGS), detail=st.sampled_from(("one", "another")))
    def the_platform_warns(self, kind: IncidentKind, detail: str) -> None:
        self.feed(Warned(self.stamp(), kind, detail))

    @rule(instance=st.sampled_from(("run-1", "run-2")))
    def the_platform_names_the_run(self, instance: str) -> None:
        self.feed(Began(self.stamp(), instance))

    @rule()
    def the_journal_is_lost_or_back(self) -> None:
        self.feed(JournalChanged(self.stamp(), not self.state.journal_up))

    @rule(which=st.sampled_from((ForeignSelf, TaskCrashed, Verb.RESUME)))
    def the_service_has_trouble(self, which: Any) -> None:
        if which is ForeignSelf:
            self.feed(ForeignSelf(self.stamp(), "another guardian"))
        elif which is TaskCrashed:
            self.feed(TaskCrashed(self.stamp(), "reader", "ValueError"))
        else:
            self.orders += 1
            self.feed(Ordered(self.stamp(), f"o{self.orders}", Verb.RESUME, "olga"))

    @rule(seconds=st.sampled_from((0.1, 5.0, 70.0)), listed=st.booleans())
    def the_guardian_is_killed_and_comes_back(self, seconds: float, listed: bool) -> None:
        self.now += seconds
        folded = self.folded()
        self.came_back(folded)
        self.state, self.late, self.link = folded, [], True
        self.feed(Restarted(self.stamp(), self.capabilities))
        if listed:
            self.feed(self.world.listed())

    def folded(self) -> Occurrence:
        """The state as a restart finds it: every journalled record, by way of the codec."""
        state = blank()
        for record in self.records:
            state = evolve(state, decode(encode(record)))
        return state

    def came_back(self, folded: Occurrence) -> None:
        """What the property's own machine checks of a folded state."""

    @rule(within=st.sampled_from((1.0, 40.0)))
    def the_meeting_ends_and_is_restarted_in_its_slot(self, within: float) -> None:
        self.feed(MeetingEnded(self.stamp()))
        memory = self.state.memory
        self.world.people = {h: f for h, f in self.world.people.items() if f.is_self}
        self.pass_time(within)
        self.open(memory, self.book.lists[-1] if self.book.lists else None)
