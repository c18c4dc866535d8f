"""Two humans who disagree: the later stands, both are told; and a thread keeps what was done about it."""

from guardian.core.actions import Answer, Capabilities, Decision, Raise
from guardian.core.decide import step
from guardian.core.events import Acknowledged, Event, Opened, Ordered, Verb, Woke
from guardian.core.incidents import Incident, IncidentKind
from guardian.core.memory import Slot
from guardian.core.policy import Policy
from guardian.core.state import Occurrence, blank

T = 1_700_000_000.0
SLOT = Slot(T, T + 3600.0)


class Meeting:
    """One occurrence with nobody in it."""

    def __init__(self) -> None:
        self.state: Occurrence = blank()
        self.now = T
        self.orders = 0
        self.hears(Opened(T, "occ", "class", SLOT, Capabilities("nowhere", frozenset())))

    def hears(self, event: Event) -> tuple[Decision, ...]:
        """What is decided because of it."""
        self.state, decided = step(self.state, event, Policy(), event.at)
        return decided

    def order(self, verb: Verb, by: str, person: str | None = None, incident: str = "") -> tuple[Decision, ...]:
        """A human's order, a second after what was before."""
        self.now += 1.0
        self.orders += 1
        return self.hears(Ordered(self.now, f"order-{self.orders}", verb, by, person=person, incident=incident))

    @property
    def overruled(self) -> Incident | None:
        """The thread about those who disagree."""
        return self.state.incidents.get(IncidentKind.OVERRULED)


def test_the_later_of_two_who_disagree_stands_and_both_are_told() -> None:
    meeting = Meeting()
    meeting.order(Verb.PAUSE, "Ms Lee")
    assert IncidentKind.OVERRULED not in meeting.state.incidents
    decided = meeting.order(Verb.RESUME, "Mr Ray")
    assert not meeting.state.memory.paused
    told = meeting.overruled
    assert told is not None
    assert told.detail == "resume by Mr Ray stands over: pause by Ms Lee"
    assert any(isinstance(d, Raise) and d.incident.kind is IncidentKind.OVERRULED for d in decided)
    answers = [d.text for d in decided if isinstance(d, Answer)]
    assert answers == ["the guardian acts again; stands over: pause by Ms Lee"]


def test_who_changes_their_own_mind_overrules_nobody() -> None:
    meeting = Meeting()
    meeting.order(Verb.PAUSE, "Ms Lee")
    meeting.order(Verb.RESUME, "Ms Lee")
    meeting.order(Verb.UNDO, "Ms Lee")
    assert meeting.overruled is None


def test_a_word_on_a_person_and_an_undo_are_overruled_as_well() -> None:
    meeting = Meeting()
    meeting.order(Verb.ADMIT, "Ms Lee", person="ann")
    meeting.order(Verb.HOLD, "Mr Ray", person="ann")
    meeting.order(Verb.UNDO, "Ms Lee")
    told = meeting.overruled
    assert told is not None
    assert [deed.text for deed in told.deeds] == ["stands over: admit by Ms Lee", "stands over: hold by Mr Ray"]
    assert told.revision == 2


def test_a_thread_keeps_who_saw_it_and_what_was_ordered_from_it() -> None:
    meeting = Meeting()
    meeting.order(Verb.PAUSE, "Ms Lee")
    meeting.order(Verb.RESUME, "Mr Ray")
    meeting.hears(Acknowledged(meeting.now + 0.5, "overruled", "Ms Lee"))
    meeting.order(Verb.LOCK, "Mr Ray", incident="overruled")
    told = meeting.overruled
    assert told is not None
    assert told.acknowledged_by == "Ms Lee"
    assert [(deed.verb, deed.by) for deed in told.deeds][1:] == [("acknowledge", "Ms Lee"), ("lock", "Mr Ray")]


def test_forty_quarrels_are_told_once_each() -> None:
    meeting = Meeting()
    for turn in range(40):
        meeting.order(Verb.PAUSE if turn % 2 == 0 else Verb.RESUME, "Ms Lee" if turn % 2 == 0 else "Mr Ray")
    told = meeting.overruled
    assert told is not None
    assert told.revision == 39
    assert not any(isinstance(d, Raise) for d in meeting.hears(Woke(meeting.now + 1.0)))


def test_a_meeting_that_begins_again_in_its_slot_does_not_tell_of_an_old_quarrel() -> None:
    meeting = Meeting()
    meeting.order(Verb.PAUSE, "Ms Lee")
    meeting.order(Verb.RESUME, "Mr Ray")
    again = Opened(
        meeting.now + 60.0, "occ-2", "class", SLOT, Capabilities("nowhere", frozenset()), meeting.state.memory
    )
    state, decided = step(blank(), again, Policy(), again.at)
    assert not any(isinstance(d, Raise) and d.incident.kind is IncidentKind.OVERRULED for d in decided)
    assert [order.by for order in state.memory.orders] == ["Ms Lee", "Mr Ray"]
