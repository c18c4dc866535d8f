"""The demo's own mail server: it takes what a real client sends, and counts nothing that was not sent whole."""

import asyncio
from email.message import EmailMessage

import aiosmtplib

from guardian.world.mailbox import Mailbox


async def test_a_mail_arrives_with_its_envelope_and_its_dots() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "g@school.example", "t@school.example", "Ärger"
    message.set_content("one\n.\n..two\n")
    async with Mailbox() as mailbox:
        await aiosmtplib.send(message, hostname="127.0.0.1", port=mailbox.port, start_tls=False)
        (mail,) = mailbox.mails
    assert (mail.sender, mail.recipients) == ("g@school.example", ("t@school.example",))
    assert mail.message["Subject"] == "Ärger"
    assert mail.message.get_content().splitlines() == ["one", ".", "..two"]


async def test_a_mail_that_is_cut_in_the_middle_does_not_count() -> None:
    async with Mailbox() as mailbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", mailbox.port)
        writer.write(b"HELO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: half\r\n")
        writer.write_eof()
        answers = await reader.read()
        writer.close()
    assert answers.splitlines()[-1] == b"354 go on"
    assert mailbox.mails == []


async def test_a_word_that_it_does_not_know_is_refused_and_the_talk_goes_on() -> None:
    async with Mailbox() as mailbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", mailbox.port)
        writer.write(b"VRFY x\r\nNOOP\r\nQUIT\r\n")
        assert [line[:3] for line in (await reader.read()).splitlines()] == [b"220", b"502", b"250", b"221"]
        writer.close()
