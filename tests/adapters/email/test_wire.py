"""The mails themselves, read back as a mail program reads them; hostile names stay text."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.email.wire import Letterhead, command, letter_mail, notice_mail
from guardian.core.incidents import SEVERITY, Incident, IncidentKind, Severity, Subject
from guardian.core.stories import SEVERITIES, STORIES, story
from guardian.ports import Letter, Notice

HEAD = Letterhead("fitness", "guardian@school.example", ("coach@school.example",), ZoneInfo("Europe/Berlin"))
AT = 1_795_970_000.0  # 2026-11-29

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)> Boo',
    "Ada\r\nBcc: all@evil.example\r\n\r\nbody",
    "\u202eadA",
    "</p></div><a href='https://evil.example'>click</a> me",
    "=?utf-8?q?=0ABcc:_x@evil.example?=",
    "https://evil.example/join now",
    "x" * 1000,
    "\x1b[31mred",
    "&lt;b&gt;",
    "\ud800",
)


def incident(kind: IncidentKind = IncidentKind.STRANGER_INSIDE, **changes: object) -> Incident:
    one = Incident(
        key=kind.value,
        kind=kind,
        severity=SEVERITY[kind],
        opened_at=AT,
        changed_at=AT,
        subjects=(Subject("h1", "Mallory Unknown", None, "inside", "nobody on the list has this name"),),
        verbs=("remove", "admit", "panic"),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def notice(one: Incident) -> Notice:
    return Notice("Fitness for all", "fitness-1", one)


def read_back(message: EmailMessage) -> EmailMessage:
    back = message_from_bytes(message.as_bytes(policy=SMTP), policy=default)
    assert isinstance(back, EmailMessage)
    return back


def parts(message: EmailMessage) -> tuple[str, str]:
    back = read_back(message)
    text, html = back.get_body(("plain",)), back.get_body(("html",))
    assert text is not None
    assert html is not None
    return str(text.get_content()).replace("\r\n", "\n"), str(html.get_content())


class Tags(HTMLParser):
    """Which tags and attributes there are, and the text outside them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


OUR_TAGS = {"html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "bdi", "pre"}
OUR_ATTRIBUTES = {"lang", "charset", "name", "content", "style"}


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_of_incident_has_words_of_its_own(kind: IncidentKind) -> None:
    words = story(incident(kind))
    assert all((words.headline, words.happened, words.did, words.asks))
    assert len({story(incident(other)).headline for other in IncidentKind}) == len(IncidentKind)
    text, html = parts(notice_mail(notice(incident(kind)), HEAD))
    assert words.headline in text
    assert words.happened in text
    assert words.did in Tags(html).text
    assert words.asks in Tags(html).text


def test_there_are_no_words_for_what_does_not_exist() -> None:
    assert set(STORIES) == set(IncidentKind)
    assert set(SEVERITIES) == set(Severity)


def test_one_and_many_people_are_told_in_grammar() -> None:
    one = incident()
    many = replace(one, subjects=one.subjects * 3)
    assert story(one).happened.startswith("1 person is inside")
    assert story(many).happened.startswith("3 people are inside")
    assert story(replace(one, subjects=())).happened.startswith("Somebody is inside")


def test_a_mail_says_who_why_and_what_to_type() -> None:
    text, html = parts(notice_mail(notice(incident(detail="seen twice")), HEAD))
    for body in (text, Tags(html).text):
        assert "“Mallory U.” (as typed), inside: nobody on the list has this name" in body
        assert "seen twice" in body
        assert "guardian remove --meeting fitness --handle=h1" in body
        assert "guardian admit --meeting fitness --handle=h1" in body
        assert "guardian panic --meeting fitness" in body
        assert "guardian ack stranger_inside --meeting fitness" in body
        assert "Look now" in body
        assert "Unknown" not in body


def test_somebody_on_the_list_is_shown_without_quotation_marks_by_the_name_that_was_given() -> None:
    one = incident(subjects=(Subject("h1", "ada tablet", "p1", "inside", "the exact name only", "Ada Lovelace"),))
    text, _ = parts(notice_mail(notice(one), HEAD))
    assert "\nAda L., inside: the exact name only" in text
    text, _ = parts(notice_mail(notice(one), replace(HEAD, full_names=True)))
    assert "\nAda Lovelace, inside" in text


def test_a_raid_is_one_mail_with_a_number() -> None:
    crowd = tuple(Subject(f"h{n}", f"Name{n}", None, "waiting", "nobody") for n in range(60))
    text, _ = parts(notice_mail(notice(incident(subjects=crowd)), HEAD))
    assert "60 people are inside" in text
    assert "“Name24”" in text
    assert "“Name25”" not in text
    assert "… and 35 more" in text


def test_when_it_is_over_nothing_is_asked_any_more() -> None:
    mail = notice_mail(notice(incident(settled=True, revision=3, acknowledged_by="Grace")), HEAD)
    text, _ = parts(mail)
    assert "This is over." in text
    assert "Read by Grace." in text
    assert "guardian " not in text.split("This is over.")[1].replace("guardian did", "")
    assert mail["Importance"] is None


def test_the_messages_of_one_incident_are_one_thread_and_of_one_occurrence_one_family() -> None:
    first = notice_mail(notice(incident()), HEAD)
    second = notice_mail(notice(incident(revision=2)), HEAD)
    third = notice_mail(notice(incident(revision=3)), HEAD)
    other = notice_mail(notice(incident(IncidentKind.WAVE)), HEAD)
    letter = letter_mail(Letter("Fitness for all", "fitness-1", "Go", ("All is ready.",)), HEAD, AT)
    root = first["References"]
    assert first["In-Reply-To"] == root == other["References"] == letter["References"]
    assert second["In-Reply-To"] == third["In-Reply-To"] == first["Message-ID"]
    assert third["References"] == f"{root} {first['Message-ID']}"
    assert len({mail["Message-ID"] for mail in (first, second, third, other, letter)}) == 5
    assert second["Subject"] == "Re: " + first["Subject"]
    assert notice_mail(notice(incident()), HEAD)["Message-ID"] == first["Message-ID"]
    elsewhere = replace(notice(incident()), occurrence="fitness-2")
    assert notice_mail(elsewhere, HEAD)["Message-ID"] != first["Message-ID"]


def test_headers_say_what_mail_programs_need() -> None:
    mail = read_back(notice_mail(notice(incident()), HEAD))
    assert mail["From"] == "Meeting guardian <guardian@school.example>"
    assert mail["To"] == "coach@school.example"
    assert mail["Subject"] == "[Fitness for all] A stranger is in the meeting"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    assert mail["Date"].datetime.timestamp() == AT
    assert notice_mail(notice(incident(IncidentKind.OPENED)), HEAD)["Importance"] is None


def test_a_letter_bears_its_lines_and_its_urgency() -> None:
    letter = Letter("Fitness", "fitness-1", "No-go: the lobby is off", ("Switch it on.", "Head: 4f3a…"), urgent=True)
    mail = letter_mail(letter, HEAD, AT)
    text, html = parts(mail)
    assert mail["Subject"] == "[Fitness] No-go: the lobby is off"
    assert mail["Importance"] == "high"
    for body in (text, Tags(html).text):
        assert "Switch it on." in body
        assert "Head: 4f3a…" in body


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("full", [False, True])
def test_a_hostile_name_stays_text(name: str, full: bool) -> None:
    one = incident(
        subjects=(Subject(name, name, None, name, name), Subject("h2", name, "p1", "inside", "reason")),
        detail=name,
        acknowledged_by=name,
    )
    mail = notice_mail(Notice(name, name, one), replace(HEAD, full_names=full))
    text, html = parts(mail)
    seen = Tags(html)
    assert seen.tags == OUR_TAGS
    assert seen.attributes == OUR_ATTRIBUTES
    assert not any((ord(c) < 32 and c != "\n") or c in "\u202e\u200b" for c in text)
    back = read_back(mail)
    assert back["Bcc"] is None
    assert set(back.keys()) == set(mail.keys())
    assert all(len(line) <= 998 for line in mail.as_bytes(policy=SMTP).split(b"\r\n"))


@given(st.text(max_size=60))
def test_no_text_adds_a_header_or_a_tag(text: str) -> None:
    one = incident(subjects=(Subject(text, text, None, "inside", text),), detail=text)
    for mail in (
        notice_mail(Notice(text, text, one), HEAD),
        letter_mail(Letter(text, text, text, (text, text)), HEAD, AT),
    ):
        _, html = parts(mail)
        assert Tags(html).tags <= OUR_TAGS
        assert set(read_back(mail).keys()) <= {
            *("From", "To", "Subject", "Date", "Auto-Submitted", "Message-ID", "In-Reply-To", "References"),
            *("Importance", "X-Priority", "MIME-Version", "Content-Type"),
        }


@pytest.mark.parametrize(
    ("handle", "line"),
    [
        ("ab12", "guardian admit --meeting fitness --handle=ab12"),
        ("-rf", "guardian admit --meeting fitness --handle=-rf"),
        ("x;rm", "guardian admit --meeting fitness '--handle=x;rm'"),
        ("$(id)", "guardian admit --meeting fitness '--handle=$(id)'"),
        ("a'b", "guardian admit --meeting fitness '--handle=a'\"'\"'b'"),
        ("a b", None),
        ("a\nb", None),
        ("\u202eab", None),
        ("", None),
    ],
)
def test_a_command_can_be_pasted_safely_or_is_not_offered(handle: str, line: str | None) -> None:
    assert command("admit", "fitness", handle) == line
