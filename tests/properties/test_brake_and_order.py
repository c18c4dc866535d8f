"""The brake, and deliveries in any order (design section 5, lines 3 and 4)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from guardian.core.actions import REMOVALS, ActKind
from guardian.core.decide import step
from guardian.core.events import (
    Event,
    Woke,
)
from guardian.core.identity import Facts, Place, PlatformRole
from guardian.core.meeting import Occurrence
from guardian.core.policy import BRAKE_WINDOW, Mode
from tests.properties.cast import SLOT, STRANGERS, Guise, anybody, policies
from tests.properties.ledger import Command, Step
from tests.properties.platform_model import Manner
from tests.properties.play import Play, played


class TheBrakeHolds(Play):
    """3. Removals stay under the brake in any 60 s, restarts included; SELF and PROTECTED are never touched."""

    POLICIES = policies((Mode.ENFORCE,))
    PEOPLE = st.one_of(st.sampled_from(STRANGERS), st.sampled_from(STRANGERS), anybody)
    SLOTS = st.just(SLOT)

    @precondition(lambda self: self.link and not self.crowded())
    @rule(who=st.lists(st.sampled_from(STRANGERS), min_size=2, max_size=3))
    def a_raid_goes_on_past_a_restart(self, who: list[Guise]) -> None:
        for guise in who:
            self.feed(self.appear(guise, Place.INSIDE))
        self.pass_time(3.0)
        self.the_guardian_is_killed_and_comes_back(seconds=0.1, listed=True)
        self.pass_time(3.0)

    def ready(self) -> None:
        self.removed: list[tuple[float, str]] = []

    def watch(self, done: Step) -> None:
        inside = sum(c.inside and not c.facts.is_self for c in done.after.connections.values())
        cap = min(self.policy.brake_per_minute, max(1, int(self.policy.brake_share * inside)))
        for command in done.commands:
            if not command.by_machine:
                continue
            self.untouchable(done, command)
            for handle in self.put_out(done, command):
                lately = {h for at, h in self.removed if at > done.now - BRAKE_WINDOW}
                fresh = handle not in lately
                self.removed.append((done.now, handle))
                assert not fresh or len(lately) < cap, f"{len(lately) + 1} removals in a minute, {cap} are allowed"

    def put_out(self, done: Step, command: Command) -> list[str]:
        if command.removes:
            return [self.name(command.handle)]
        if command.kind is ActKind.LOBBY_ON and not command.again:
            inside = [c for c in done.after.connections.values() if c.inside and not c.facts.is_self]
            return [self.name(c.handle) for c in inside if c.handle not in command.ask.act.keep]
        return []

    def name(self, handle: str) -> str:
        return handle

    def untouchable(self, done: Step, command: Command) -> None:
        touched = [command.handle]
        if command.kind is ActKind.LOBBY_ON:
            touched = [h for h, c in done.after.connections.items() if c.inside and h not in command.ask.act.keep]
        if command.kind in {ActKind.ADMIT, ActKind.UNQUIET}:
            return
        for connection in (done.after.connections.get(handle) for handle in touched):
            if connection is None or self.book.word(connection, done.now) is not None:
                continue
            assert not connection.facts.is_self, f"{command.kind} at the guardian itself"
            assert not self.book.protected(connection, done.now), f"{command.kind} at a host or staff member"


def test_3_the_brake_holds_and_the_protected_are_never_touched() -> None:
    played(TheBrakeHolds)


class DeliveriesConverge(Play):
    """4. Any order, doubling or loss, then one complete list at the same now: same members, same pending acts."""

    POLICIES = policies((Mode.ENFORCE,)).map(
        lambda p: replace(p, wave_knocks=1000, brake_per_minute=1000, brake_share=1000.0)
    )
    MANNERS = st.just(Manner.OBEYS)

    @precondition(lambda self: self.link)
    @rule(data=st.data())
    def many_things_happen_at_once(self, data: st.DataObject) -> None:
        self.reconciles = True
        self.feed(self.world.listed())
        burst = [event for _ in range(data.draw(st.integers(1, 6))) if (event := self.change(data))]
        shuffled = data.draw(st.permutations(burst), label="order")
        copies = data.draw(st.lists(st.integers(0, 2), min_size=len(burst), max_size=len(burst)), label="copies")
        worse = [event for event, times in zip(shuffled, copies, strict=True) for _ in range(times)]
        listed = self.world.listed()
        echoes = [event for event, times in zip(shuffled, copies, strict=True) if times]
        assert self.members(self.after(burst)) == self.members(self.after([*burst, *echoes])), "an echo is believed"
        told, untold = (self.settled([*events, listed]) for events in (burst, worse))
        assert self.members(told) == self.members(untold), "other members"
        assert self.pending(told) == self.pending(untold), "other pending acts"
        self.feed(listed)

    def change(self, data: st.DataObject) -> Event | None:
        """One true change; what somebody shows stays the same, since an act on what was shown is not taken back."""
        kind = data.draw(st.sampled_from(("knock", "knock", "enter", "leave", "share", "role")), label="change")
        if kind == "knock":
            guise = data.draw(self.PEOPLE, label="guise")
            return None if self.crowded() or self.contested(guise) else self.appear(guise, Place.WAITING)
        who = self.pick(data, *((Place.WAITING,) if kind == "enter" else Place))
        if who is None:
            return None
        if kind == "leave":
            return self.world.leave(who.handle)
        if kind == "enter":
            return self.world.change(replace(who, place=Place.INSIDE))
        if kind == "share":
            return self.world.change(replace(who, sharing=not who.sharing))
        other = PlatformRole.ATTENDEE if who.role is PlatformRole.MODERATOR else PlatformRole.MODERATOR
        return self.world.change(replace(who, role=other))

    def contested(self, guise: Guise) -> bool:
        """Whether two would claim one person: who of them is first is a matter of what was heard first."""
        owners = {self.world.owners.get(handle) for handle in self.world.people} - {None}
        names = {facts.evidence.name for facts in self.world.people.values()}
        return guise.owner in owners or guise.evidence.name in names

    def after(self, events: list[Event]) -> Occurrence:
        state = self.state
        for event in events:
            state, _ = step(state, event, self.policy, self.now)
        return state

    def settled(self, events: list[Event]) -> Occurrence:
        """As ``after``, and ``settle`` has passed: until then it matters how somebody was seen to come in."""
        state, _ = step(self.after(events), Woke(self.now + 3.0), self.policy, self.now + 3.0)
        return state

    def members(self, state: Occurrence) -> dict[str, Facts]:
        return {handle: connection.facts for handle, connection in state.connections.items()}

    def pending(self, state: Occurrence) -> list[str]:
        """What is asked. Of several acts on somebody's media one goes first, and so of two ways to put them out:
        which, depends on what was heard when the first was sent. What a human ordered may overtake the machine's own.
        """
        media = {ActKind.QUIET, ActKind.UNQUIET, ActKind.STOP_SHARE, ActKind.DEMOTE}
        sorts = dict.fromkeys(media, "media") | dict.fromkeys({*REMOVALS, ActKind.REFUSE}, "out")
        acts = [(p.ask.act.kind, p.ask.act.handle, p.ask.order) for p in state.asks.values()]
        known = {(sorts.get(kind, kind), handle, order) for kind, handle, order in acts}
        ordered = {(sort, handle) for sort, handle, order in known if order is not None}
        return sorted(f"{s} {handle} {order}" for s, handle, order in known if order or (s, handle) not in ordered)


def test_4_any_order_doubling_or_loss_ends_in_the_same_state() -> None:
    played(DeliveriesConverge)
