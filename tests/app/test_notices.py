"""Incidents reach people: at once, without floods, again until they arrive, and known when they do not."""

import asyncio
from dataclasses import replace

import pytest

from guardian.app.notices import Notices
from guardian.core.events import Event, NoticeSent
from guardian.core.incidents import Incident, IncidentKind, Severity, Subject
from guardian.ports import Letter
from tests.support.fake_people import Mailbox
from tests.support.virtual import clock, later

pytestmark = pytest.mark.looptime


class Bench:
    """The channels of one meeting at work."""

    def __init__(self, *boxes: Mailbox) -> None:
        self.told: list[Event] = []
        self.notices = Notices("Yoga", boxes, clock)
        self.tasks = [asyncio.create_task(lane.run()) for lane in self.notices.lanes]

    def tell(self, incident: Incident) -> None:
        self.notices.tell("occ", incident, self.told.append)


def _incident(key: str = "stranger_waiting", severity: Severity = Severity.NOTICE, revision: int = 1) -> Incident:
    subject = Subject("h1", "Ann Bell", None, "waiting", "nobody on the list has this name")
    kind = IncidentKind.STRANGER_WAITING
    return Incident(key, kind, severity, clock(), clock(), revision, (subject,))


async def test_the_first_version_is_sent_at_once_on_every_channel() -> None:
    mail, chat = Mailbox(), Mailbox("chat")
    bench = Bench(mail, chat)
    bench.tell(_incident())
    await later(0.01)
    assert [len(box.notices) for box in (mail, chat)] == [1, 1]
    assert mail.notices[0].meeting == "Yoga"
    assert [(e.channel, e.delivered) for e in bench.told if isinstance(e, NoticeSent)] == [
        ("mail", True),
        ("chat", True),
    ]


async def test_a_flood_of_updates_is_a_few_messages_and_the_newest_wins() -> None:
    mail = Mailbox()
    bench = Bench(mail)
    for revision in range(1, 61):
        bench.tell(_incident(revision=revision))
        await later(0.5)
    await later(30)
    revisions = [notice.incident.revision for notice in mail.notices]
    assert revisions[0] == 1
    assert revisions[-1] == 60
    assert len(revisions) == 3


async def test_the_end_of_an_incident_is_its_last_message() -> None:
    mail = Mailbox()
    bench = Bench(mail)
    bench.tell(_incident())
    await later(1)
    bench.tell(replace(_incident(), settled=True))
    await later(20)
    assert [notice.incident.settled for notice in mail.notices] == [False, True]


async def test_an_update_that_is_graver_does_not_wait() -> None:
    mail = Mailbox()
    bench = Bench(mail)
    bench.tell(_incident())
    await later(1)
    bench.tell(_incident(revision=2))
    bench.tell(_incident(severity=Severity.CRITICAL, revision=3))
    await later(0.1)
    assert [notice.incident.revision for notice in mail.notices] == [1, 3]


async def test_the_gravest_goes_first() -> None:
    mail = Mailbox()
    bench = Bench(mail)
    mail.gate.clear()
    bench.tell(_incident("a"))
    await later(0.1)
    bench.tell(_incident("b"))
    bench.tell(_incident("c", Severity.CRITICAL))
    mail.gate.set()
    await later(1)
    assert [notice.incident.key for notice in mail.notices] == ["a", "c", "b"]


async def test_a_message_that_fails_is_tried_again_and_arrives_once() -> None:
    mail = Mailbox()
    mail.refuses = 3
    bench = Bench(mail)
    bench.tell(_incident())
    await later(60)
    assert mail.tries == 4
    assert [notice.incident.revision for notice in mail.notices] == [1]
    assert bench.notices.undelivered() == ()


async def test_a_dead_channel_does_not_hold_up_the_other() -> None:
    mail, chat = Mailbox(), Mailbox("chat")
    mail.gate.clear()
    bench = Bench(mail, chat)
    bench.tell(_incident("a"))
    bench.tell(_incident("b"))
    await later(1)
    assert len(chat.notices) == 2
    assert mail.notices == []


async def test_what_reached_nobody_by_its_deadline_is_known() -> None:
    mail = Mailbox()
    mail.refuses = 10_000
    bench = Bench(mail)
    bench.tell(_incident("grave", Severity.CRITICAL))
    bench.tell(_incident("mild", Severity.INFO))
    await later(55)
    assert bench.notices.undelivered() == ()
    await later(70)
    assert bench.notices.undelivered() == ("grave",)
    assert [(e.incident, e.delivered) for e in bench.told if isinstance(e, NoticeSent)] == [("grave", False)]
    mail.refuses = 0
    await later(70)
    assert bench.notices.undelivered() == ()


async def test_a_grave_incident_must_reach_every_channel_a_mild_one_any() -> None:
    mail, chat = Mailbox(), Mailbox("chat")
    mail.refuses = 10_000
    bench = Bench(mail, chat)
    bench.tell(_incident("grave", Severity.CRITICAL))
    bench.tell(_incident("mild", Severity.NOTICE))
    await later(1000)
    assert bench.notices.undelivered() == ("grave",)


async def test_without_any_channel_everything_shows_as_undelivered() -> None:
    bench = Bench()
    bench.tell(_incident("grave", Severity.CRITICAL))
    await later(70)
    assert bench.notices.undelivered() == ("grave",)


async def test_after_a_restart_only_what_did_not_arrive_is_told() -> None:
    mail, chat = Mailbox(), Mailbox("chat")
    bench = Bench(mail, chat)
    incidents = [_incident("a", revision=2), _incident("b")]
    delivered = {("a", "mail"): 1, ("a", "chat"): 2, ("b", "mail"): 1}
    bench.notices.resume("occ", incidents, delivered, bench.told.append)
    await later(1)
    assert [notice.incident.key for notice in mail.notices] == ["a"]
    assert [notice.incident.key for notice in chat.notices] == ["b"]


async def test_letters_are_sent_and_retried_like_incidents() -> None:
    mail = Mailbox()
    mail.refuses = 1
    bench = Bench(mail)
    bench.notices.write(Letter("Yoga", "occ", "go", ("all well",)))
    bench.notices.write(Letter("Yoga", "occ", "NO-GO", ("no list",), urgent=True))
    await later(10)
    assert sorted(letter.subject for letter in mail.letters) == ["NO-GO", "go"]
    assert bench.told == []


async def test_what_waits_for_its_turn_is_sent_at_once_when_there_is_no_later() -> None:
    mail = Mailbox()
    bench = Bench(mail)
    bench.tell(_incident())
    await later(1)
    bench.tell(_incident(revision=2))
    assert await bench.notices.flushed(1.0, "occ")
    assert [notice.incident.revision for notice in mail.notices] == [1, 2]


async def test_a_flush_that_cannot_succeed_ends_in_time() -> None:
    mail = Mailbox()
    mail.refuses = 10_000
    bench = Bench(mail)
    bench.tell(_incident())
    started = clock()
    assert not await bench.notices.flushed(3.0)
    assert clock() - started == pytest.approx(3.0)


async def test_the_threads_of_a_finished_occurrence_are_forgotten_but_not_what_is_still_owed() -> None:
    mail = Mailbox()
    bench = Bench(mail)
    bench.tell(_incident("told"))
    await later(1)
    mail.refuses = 1
    bench.tell(_incident("owed"))
    await later(1)
    bench.notices.forget("occ")
    await later(10)
    assert [notice.incident.key for notice in mail.notices] == ["told", "owed"]


async def test_an_update_during_a_slow_delivery_is_told_afterwards() -> None:
    mail = Mailbox()
    mail.gate.clear()
    bench = Bench(mail)
    bench.tell(_incident())
    await later(1)
    bench.tell(_incident(revision=2))
    mail.gate.set()
    await later(20)
    assert [notice.incident.revision for notice in mail.notices] == [1, 2]
