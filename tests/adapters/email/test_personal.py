"""Mails to the owner of a personal link: safe, short, each to one address, with what they need and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from guardian.adapters.email.notifier import EmailPost, MailServer
from guardian.adapters.email.personal import personal_mail
from guardian.errors import NotDeliveredError
from guardian.ports import PersonalKind, PersonalLetter
from tests.adapters.email.mail_server import PASSWORD, USER, mail_server

NOW = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)
ADDRESS = "https://guardian.example/j/" + "a" * 250
HOSTILE = "<img src=x>\r\nBcc: all@school.example =?utf-8?q?=0d=0aX?= \u202eevil"


def letter(kind: PersonalKind, **more: str) -> PersonalLetter:
    given = {"meeting": "Yoga", "mark": "m1", "name": "Ann Adams", "call": "the office", "times": "Friday, 09:00"}
    own = (
        {"address": ADDRESS}
        if kind is PersonalKind.INVITATION
        else {"code": "012345"}
        if kind is PersonalKind.CODE
        else {}
    )
    return PersonalLetter(kind, **{**given, **own, **more})


def parts(made: PersonalLetter) -> tuple[str, str]:
    message = personal_mail(made, USER, "mum@home.example", NOW)
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()


def test_an_invitation_bears_the_link_whole_in_text_and_page() -> None:
    text, page = parts(letter(PersonalKind.INVITATION))
    assert ADDRESS in text
    assert f'href="{ADDRESS}"' in page
    assert "Ann A." in text
    assert "Adams" not in text + page


def test_a_code_bears_the_code_and_no_link() -> None:
    text, page = parts(letter(PersonalKind.CODE))
    assert "012345" in text
    assert "012345" in page
    assert "/j/" not in text + page


def test_the_word_of_a_forwarded_link_bears_neither() -> None:
    text, page = parts(letter(PersonalKind.FORWARDED))
    assert "/j/" not in text + page
    assert "the office" in text


@pytest.mark.parametrize("kind", list(PersonalKind))
def test_hostile_text_stays_text(kind: PersonalKind) -> None:
    made = letter(kind, meeting=HOSTILE, name=HOSTILE, call=HOSTILE)
    message = personal_mail(made, USER, "mum@home.example", NOW)
    raw = message.as_bytes()
    assert b"\nBcc" not in raw
    assert message["To"].addresses[0].addr_spec == "mum@home.example"
    text, page = parts(made)
    assert "<img" not in page
    assert "\u202e" not in text + page + message["Subject"]


def test_no_link_of_another_kind_becomes_a_button() -> None:
    _, page = parts(letter(PersonalKind.INVITATION, address="javascript:alert(1)"))
    assert "href" not in page


def test_one_happening_has_one_message_id_for_each_address() -> None:
    made = letter(PersonalKind.INVITATION)
    ids = [personal_mail(made, USER, to, NOW)["Message-ID"] for to in ("a@x.example", "A@x.example", "b@x.example")]
    assert ids[0] == ids[1] != ids[2]


async def test_it_goes_to_one_address_and_a_failure_names_none(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as running:
        server = MailServer("localhost", running.port, "starttls", USER, PASSWORD, running.ca_file)
        post = EmailPost(server, USER, UTC)
        await post.post(letter(PersonalKind.INVITATION), "mum@home.example")
        assert running.taken.recipients == [["mum@home.example"]]
        running.taken.refuse_recipients = frozenset({"dad@home.example"})
        with pytest.raises(NotDeliveredError) as caught:
            await post.post(letter(PersonalKind.INVITATION), "dad@home.example")
        assert "dad" not in str(caught.value)
