"""Mail by SMTP: one connection a message, encrypted and verified, in bounded time. The message is made in
``wire``.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import aiosmtplib
import structlog

from guardian.adapters.email.personal import personal_mail
from guardian.adapters.email.wire import Letterhead, letter_mail, notice_mail
from guardian.errors import NotDeliveredError
from guardian.ports import Clock, Letter, Notice, PersonalLetter

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mail. ``ca_file``: a private authority besides the system's; ``timeout`` in
    seconds.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 20.0


class EmailNotifier:
    """Mail to the people of one meeting."""

    channel = "email"

    def __init__(self, server: MailServer, head: Letterhead, clock: Clock = time.time) -> None:
        self._line = _Line(server)
        self._head = head
        self._clock = clock

    async def send(self, notice: Notice | Letter) -> None:
        """Hand the mail to the server. Raises NotDeliveredError; its text bears neither password nor
        recipients.
        """
        if not self._head.to:
            raise NotDeliveredError("no recipient is configured")
        if isinstance(notice, Notice):
            message = notice_mail(notice, self._head)
        else:
            message = letter_mail(notice, self._head, self._clock())
        await self._line.send(message, self._head.sender, self._head.to)


class EmailPost:
    """Mail to single people about their personal links. See ``guardian.ports.Postman``."""

    def __init__(self, server: MailServer, sender: str, zone: tzinfo, clock: Clock = time.time) -> None:
        self._line, self._sender, self._zone, self._clock = _Line(server), sender, zone, clock

    async def post(self, letter: PersonalLetter, to: str) -> None:
        """See the port."""
        now = datetime.fromtimestamp(self._clock(), tz=self._zone)
        await self._line.send(personal_mail(letter, self._sender, to, now), self._sender, (to,))


class _Line:
    """The way to one mail server."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._context: ssl.SSLContext | None = None

    async def send(self, message: EmailMessage, sender: str, to: Sequence[str]) -> None:
        connection = self._client()
        try:
            async with connection as client:
                refused, _ = await client.send_message(message, sender=sender, recipients=list(to))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotDeliveredError(self._why(error)) from error
        if refused:
            codes = sorted({response.code for response in refused.values()})
            log.warning("mail_partly_refused", channel=EmailNotifier.channel, refused=len(refused), codes=codes)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        if server.security != "none" and self._context is None:
            self._context = _trust(server.ca_file)
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            timeout=server.timeout,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._context,
        )

    def _why(self, error: Exception) -> str:
        """The failure in words. A server's own text is left out: it may quote addresses."""
        where = f"the mail server {self._server.host}:{self._server.port}"
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return f"{where} refused our user name or password ({error.code})"
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return f"{where} refused every recipient"
        if isinstance(error, aiosmtplib.SMTPResponseException):
            sort = "for now" if 400 <= error.code < 500 else "for good"
            return f"{where} refused the message {sort} ({error.code})"
        if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
            return f"{where} did not answer within {self._server.timeout:g} s"
        if _caused_by(error, ssl.SSLCertVerificationError):
            return f"{where} shows a certificate that we do not trust; see mail.ca_file"
        if type(error) in {aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported}:
            return f"{where} offers no encryption or no login of a kind that we know"
        return f"{where} cannot be reached or broke off ({type(error).__name__})"


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise NotDeliveredError(f"the certificates in {ca_file} (mail.ca_file) cannot be read") from error
    return context


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
