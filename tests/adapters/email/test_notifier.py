"""Mail against a real SMTP server: encrypted, verified, and every failure told without a secret in it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from guardian.adapters.email.notifier import EmailNotifier, MailServer
from guardian.adapters.email.wire import Letterhead
from guardian.core.incidents import Incident, IncidentKind, Severity
from guardian.errors import NotDeliveredError
from guardian.ports import Letter, Notice
from tests.adapters.email.mail_server import PASSWORD, USER, Running, mail_server

TO = ("coach@school.example", "office@school.example")
LETTER = Letter("Fitness", "fitness-1", "Go: all is ready", ("Starts at 16:00.", "Mail works."), urgent=True)
NOTICE = Notice("Fitness", "fitness-1", Incident("wave", IncidentKind.WAVE, Severity.WARNING, 1000.0, 1000.0))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with mail_server(tmp_path) as running:
        yield running


def notifier(
    running: Running,
    *,
    password: str = PASSWORD,
    security: str = "starttls",
    ca_file: Path | None = None,
    username: str | None = USER,
    to: tuple[str, ...] = TO,
    timeout: float = 20.0,
) -> EmailNotifier:
    head = Letterhead("fitness", USER, to, ZoneInfo("Europe/Berlin"))
    mail = MailServer(
        host="localhost",
        port=running.port,
        security=security,  # type: ignore[arg-type]
        username=username,
        password=password if username else None,
        ca_file=ca_file or running.ca_file,
        timeout=timeout,
    )
    return EmailNotifier(mail, head, clock=lambda: 1_764_500_000.0)


async def refusal(sender: EmailNotifier) -> str:
    with pytest.raises(NotDeliveredError) as caught:
        await sender.send(LETTER)
    assert PASSWORD not in str(caught.value)
    assert "coach" not in str(caught.value)
    return str(caught.value)


async def test_a_letter_and_a_notice_arrive_encrypted_at_every_recipient(server: Running) -> None:
    sender = notifier(server)
    await sender.send(LETTER)
    await sender.send(NOTICE)
    assert [mail["Subject"] for mail in server.taken.mails] == [
        "[Fitness] Go: all is ready",
        "[Fitness] Many strangers are at the door",
    ]
    assert server.taken.recipients == [list(TO)] * 2
    assert server.taken.encrypted == [True, True]
    assert sender.channel == "email"


async def test_encryption_from_the_first_byte_works_too(tmp_path: Path) -> None:
    async with mail_server(tmp_path, tls="tls", login=False) as running:
        await notifier(running, security="tls", username=None).send(LETTER)
        assert len(running.taken.mails) == 1


async def test_a_server_on_this_machine_may_be_used_without_encryption(tmp_path: Path) -> None:
    async with mail_server(tmp_path, tls="none", login=False) as running:
        await notifier(running, security="none", username=None).send(LETTER)
        assert running.taken.encrypted == [False]


async def test_a_wrong_password_is_told_as_one(server: Running) -> None:
    said = await refusal(notifier(server, password="wrong"))
    assert said == f"the mail server localhost:{server.port} refused our user name or password (535)"
    assert server.taken.mails == []
    await notifier(server).send(LETTER)
    assert len(server.taken.mails) == 1


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(server: Running, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with mail_server(other) as stranger:
        assert "a certificate that we do not trust" in await refusal(notifier(server, ca_file=stranger.ca_file))
    assert server.taken.mails == []


async def test_a_certificate_for_another_host_is_not_trusted(tmp_path: Path) -> None:
    async with mail_server(tmp_path, host="mail.elsewhere.example") as running:
        assert "a certificate that we do not trust" in await refusal(notifier(running))


async def test_a_server_that_offers_no_encryption_is_told_and_gets_no_password(tmp_path: Path) -> None:
    async with mail_server(tmp_path, tls="none", login=False) as running:
        assert "offers no encryption" in await refusal(notifier(running))
        assert running.taken.mails == []


async def test_a_missing_certificate_file_is_told(server: Running, tmp_path: Path) -> None:
    assert "(mail.ca_file) cannot be read" in await refusal(notifier(server, ca_file=tmp_path / "none.pem"))


async def test_a_server_that_is_down_is_told(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as running:
        sender = notifier(running)
    assert "cannot be reached" in await refusal(sender)


@pytest.mark.parametrize(
    ("answer", "says"),
    [("451 try later", "refused the message for now (451)"), ("554 no", "refused the message for good (554)")],
)
async def test_a_refused_message_is_told_as_lasting_or_not(server: Running, answer: str, says: str) -> None:
    server.taken.answer = answer + ", says coach@school.example"
    assert says in await refusal(notifier(server))


async def test_a_mail_that_one_of_two_recipients_gets_counts_as_delivered(server: Running) -> None:
    server.taken.refuse_recipients = frozenset({TO[0]})
    await notifier(server).send(LETTER)
    assert server.taken.recipients == [[TO[1]]]


async def test_a_mail_that_no_recipient_gets_is_not_delivered(server: Running) -> None:
    server.taken.refuse_recipients = frozenset(TO)
    assert "refused every recipient" in await refusal(notifier(server))


async def test_a_server_that_falls_silent_is_given_up_in_time(server: Running) -> None:
    server.taken.silent = asyncio.Event()
    async with asyncio.timeout(30):
        assert "did not answer within" in await refusal(notifier(server, timeout=0.2))
    server.taken.silent.set()


async def test_without_a_recipient_nothing_is_delivered(server: Running) -> None:
    with pytest.raises(NotDeliveredError, match="no recipient"):
        await notifier(server, to=()).send(LETTER)
    assert server.taken.mails == []


def test_the_password_is_not_shown_with_the_server() -> None:
    assert PASSWORD not in repr(MailServer("localhost", 25, username=USER, password=PASSWORD))
