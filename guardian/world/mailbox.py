"""A mail server that takes every mail and shows it: just enough of SMTP (RFC 5321) for the demo on loopback.

No encryption, no login, no delivery. The e-mail adapter's own tests use a full server; this one only proves that
people were told.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

_LONGEST_LINE = 64 * 1024  # bytes
_ANSWERS = {
    "HELO": "250 here",
    "EHLO": "250-here\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "NOOP": "250 fine",
    "RSET": "250 ok",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived, by its envelope and its text."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class Mailbox:
    """`async with Mailbox() as mailbox:` listens on 127.0.0.1, port `mailbox.port`; `mails` holds what came."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LONGEST_LINE)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for talk in list(self._talks):
            talk.cancel()
            with suppress(asyncio.CancelledError):
                await talk

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            await self._talk(reader, writer)
        except (OSError, ValueError):
            pass  # the client went away in mid-sentence, or wrote a line of more than the limit
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        writer.write(b"220 mailbox\r\n")
        while line := await reader.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            match verb.upper():
                case "MAIL":
                    sender, recipients = _path(rest), []
                    answer = "250 ok"
                case "RCPT":
                    recipients.append(_path(rest))
                    answer = "250 ok"
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    self.mails.append(Mail(sender, tuple(recipients), await _text(reader)))
                    answer = "250 taken"
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case other:
                    answer = _ANSWERS.get(other, "502 not here")
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()


def _path(rest: str) -> str:
    """The address in `FROM:<a@b> …` or `TO:<a@b> …`."""
    return rest.partition("<")[2].partition(">")[0]


async def _text(reader: asyncio.StreamReader) -> EmailMessage:
    """Everything up to the line with a single dot, unstuffed (RFC 5321 section 4.5.2)."""
    lines: list[bytes] = []
    while (line := await reader.readline()) != b".\r\n":
        if not line:
            raise ConnectionResetError("cut in mid-mail: not taken")
        lines.append(line[1:] if line.startswith(b".") else line)
    message: EmailMessage = message_from_bytes(b"".join(lines), policy=policy.default)
    return message
