"""A crowd that comes at once: judged in one look, it is judged as if its events had been judged one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from guardian.core.actions import ActKind, Ask, Capabilities
from guardian.core.decide import step, steps
from guardian.core.events import Accepted, Event, Gone, Opened, RosterLoaded, Seen, Snapshot
from guardian.core.identity import Evidence, Facts, Place
from guardian.core.meeting import Occurrence, blank
from guardian.core.memory import Slot
from guardian.core.policy import Mode, Policy
from guardian.core.roster import Person, Role, Roster

NOW = 1_700_000_000.0
POLICY = Policy(mode=Mode.ENFORCE)
LIST = Roster(
    "v1",
    (
        Person("t", "Tess Teacher", Role.HOST, accounts=("tess@school",)),
        *(Person(f"p{n}", f"Pupil{n} Somebody", accounts=(f"p{n}@school",)) for n in range(4)),
    ),
)
PEOPLE = {
    **{f"p{n}": Evidence(f"Pupil{n} Somebody", account=f"p{n}@school") for n in range(4)},
    "name": Evidence("Pupil0 Somebody"),
    "zoe": Evidence("Zoltan Nobody"),
}


def class_that_is_open() -> Occurrence:
    state = blank()
    tess = Facts("tess", Place.INSIDE, Evidence("Tess Teacher", account="tess@school"))
    for event in (
        Opened(NOW, "o", "m", Slot(NOW, NOW + 3600.0), Capabilities("any", frozenset(ActKind))),
        RosterLoaded(NOW, LIST),
        Snapshot(NOW + 1.0, NOW + 1.0, (tess,), lobby_on=True),
    ):
        state, _ = step(state, event, POLICY, NOW + 1.0)
    return state


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(sorted(PEOPLE)), st.sampled_from(Place), st.booleans()), min_size=1, max_size=12
)


def events(happenings: list[tuple[str, Place, bool]]) -> list[Event]:
    return [
        Gone(NOW + 2.0 + i * 1e-6, who, place) if leaves else Seen(NOW + 2.0 + i * 1e-6, Facts(who, place, PEOPLE[who]))
        for i, (who, place, leaves) in enumerate(happenings)
    ]


def pending(state: Occurrence) -> set[tuple[ActKind, str | None]]:
    return {(p.ask.act.kind, p.ask.act.handle) for p in state.asks.values()}


def answered(state: Occurrence) -> Occurrence:
    """The platform took everything: what was asked on the way, and is wanted no more, ends by that."""
    for ask in state.asks:
        state, _ = step(state, Accepted(NOW + 3.0, ask), POLICY, NOW + 3.0)
    return state


@settings(max_examples=200, deadline=None)
@given(HAPPENINGS)
def test_one_look_over_a_crowd_comes_to_the_same_as_a_look_at_each(happenings: list[tuple[str, Place, bool]]) -> None:
    state = one_by_one = class_that_is_open()
    together, _ = steps(state, events(happenings), POLICY, NOW + 3.0)
    for event in events(happenings):
        one_by_one, _ = step(one_by_one, event, POLICY, NOW + 3.0)
    places = {h: c.facts.place for h, c in together.connections.items()}
    assert places == {h: c.facts.place for h, c in one_by_one.connections.items()}
    assert pending(answered(together)) == pending(answered(one_by_one))


def test_who_knocked_and_left_within_the_crowd_is_not_asked_for() -> None:
    knock_and_go = events([("p1", Place.WAITING, False), ("p2", Place.WAITING, False), ("p1", Place.WAITING, True)])
    _, decided = steps(class_that_is_open(), knock_and_go, POLICY, NOW + 3.0)
    assert [d.act.handle for d in decided if isinstance(d, Ask)] == ["p2"]
