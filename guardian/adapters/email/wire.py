"""A notice or letter as a mail, pure: headers and threads, the plain text and the HTML. The words are in
``texts``.

Everything that comes from outside passes ``names`` first and is escaped in HTML; no header bears a person's
name.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from guardian.core.incidents import Incident, Severity, Subject
from guardian.core.shown import display_name, inert
from guardian.core.stories import SEVERITIES, Story, story
from guardian.ports import Letter, Notice

MOST_SUBJECTS = 25  # people told one by one in a mail; the rest is a number
_ON_CONNECTION = frozenset({"admit", "hold", "remove"})
_PLAIN_WORD = re.compile(r"[\x21-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is the same on each mail of a meeting: its id for commands, from and to whom, the local time of
    the class.
    """

    meeting: str
    sender: str
    to: tuple[str, ...]
    zone: tzinfo
    full_names: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """One paragraph: an optional heading, lines of text, and commands to type."""

    heading: str
    lines: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def notice_mail(notice: Notice, head: Letterhead) -> EmailMessage:
    """An incident's mail; each revision answers the one before in the mail program's thread."""
    incident = notice.incident
    words = story(incident)
    message = _envelope(head, notice.meeting, words.headline, incident.changed_at, again=incident.revision > 1)
    thread = f"{notice.occurrence}\n{incident.key}"
    first = _message_id(head, thread, 1)
    root = _message_id(head, notice.occurrence, 0)
    message["Message-ID"] = _message_id(head, thread, incident.revision)
    message["In-Reply-To"] = first if incident.revision > 1 else root
    message["References"] = f"{root} {first}" if incident.revision > 1 else root
    if incident.severity >= Severity.CRITICAL and not incident.settled:
        _urgent(message)
    _fill(message, words.headline, tuple(_told(notice, words, head)), calm=incident.settled)
    return message


def letter_mail(letter: Letter, head: Letterhead, now: float) -> EmailMessage:
    """A letter's mail (the go / no-go before class, the closing summary)."""
    subject = inert(letter.subject, 120)
    message = _envelope(head, letter.meeting, subject, now)
    root = _message_id(head, letter.occurrence, 0)
    content = "\n".join((letter.occurrence, letter.subject, *letter.lines))
    message["Message-ID"] = _message_id(head, content, 1)
    message["In-Reply-To"] = root
    message["References"] = root
    if letter.urgent:
        _urgent(message)
    _fill(message, subject, (_Part("", tuple(inert(line) for line in letter.lines)),), calm=not letter.urgent)
    return message


def command(verb: str, meeting: str, handle: str | None = None) -> str | None:
    """The line to type for an order; None when the connection's id cannot be typed safely."""
    if handle is None:
        return shlex.join(["guardian", verb, "--meeting", meeting])
    if not _PLAIN_WORD.fullmatch(handle):
        return None
    return shlex.join(["guardian", verb, "--meeting", meeting, f"--handle={handle}"])


def _told(notice: Notice, words: Story, head: Letterhead) -> Iterator[_Part]:
    incident = notice.incident
    if incident.settled:
        yield _Part("", ("This is over.",))
    yield _Part("What happened", tuple(line for line in (words.happened, inert(incident.detail)) if line))
    named = incident.subjects[:MOST_SUBJECTS]
    for subject in named:
        verbs = () if incident.settled else tuple(verb for verb in incident.verbs if verb in _ON_CONNECTION)
        lines = (f"{_who(subject, head)}, {inert(subject.place, 40)}: {inert(subject.reason, 200)}",)
        typed = tuple(line for verb in verbs if (line := command(verb, head.meeting, subject.handle)))
        yield _Part("", lines, typed)
    if len(incident.subjects) > len(named):
        yield _Part("", (f"… and {len(incident.subjects) - len(named)} more: guardian watch",))
    yield _Part("What the guardian did", (words.did,))
    if not incident.settled:
        yield _Part("What it asks of you", (words.asks,), tuple(_orders(incident, head)))
    yield _Part("", tuple(_footer(incident, head)))


def _orders(incident: Incident, head: Letterhead) -> Iterator[str]:
    """The orders on the whole meeting, and the word that this was read."""
    for verb in incident.verbs:
        if verb not in _ON_CONNECTION:
            yield command(verb, head.meeting) or ""
    if incident.severity >= Severity.WARNING and incident.acknowledged_by is None:
        yield shlex.join(["guardian", "ack", incident.key, "--meeting", head.meeting])


def _footer(incident: Incident, head: Letterhead) -> Iterator[str]:
    when = datetime.fromtimestamp(incident.changed_at, tz=head.zone)
    yield f"{SEVERITIES[incident.severity]}. {when:%A %d %B %Y, %H:%M:%S %Z}; message {incident.revision} on this."
    if incident.acknowledged_by is not None:
        yield f"Read by {inert(incident.acknowledged_by, 80)}."


def _who(subject: Subject, head: Letterhead) -> str:
    shown = display_name(subject.person_name or subject.name, full=head.full_names)
    return shown if subject.person is not None else f"“{shown}” (as typed)"


def _envelope(head: Letterhead, title: str, subject: str, at: float, *, again: bool = False) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Meeting guardian", addr_spec=head.sender)
    message["To"] = [Address(addr_spec=address) for address in head.to]
    line = f"{'Re: ' if again else ''}[{inert(title, 80)}] {subject}"
    # The email library decodes RFC 2047's encoded words in what it is given, line ends in them included.
    message["Subject"] = line.replace("=?", "= ?")
    message["Date"] = format_datetime(datetime.fromtimestamp(at, tz=head.zone))
    # RFC 3834: no out-of-office answers, please.
    message["Auto-Submitted"] = "auto-generated"
    return message


def _urgent(message: EmailMessage) -> None:
    message["Importance"] = "high"
    message["X-Priority"] = "1"


def _message_id(head: Letterhead, thread: str, revision: int) -> str:
    """The same message has the same id whenever it is sent: a repeated delivery is recognised as one."""
    digest = hashlib.sha256(f"{head.meeting}\n{thread}".encode(errors="replace")).hexdigest()[:32]
    return f"<{digest}.{revision}@{head.sender.rpartition('@')[2]}>"


def _fill(message: EmailMessage, headline: str, parts: tuple[_Part, ...], *, calm: bool) -> None:
    message.set_content(_text(headline, parts), charset="utf-8", cte="quoted-printable")
    html = _html(headline, parts, calm=calm)
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")


def _text(headline: str, parts: tuple[_Part, ...]) -> str:
    blocks = [headline]
    for part in parts:
        lines = [f"{part.heading}:"] if part.heading else []
        blocks.append("\n".join([*lines, *part.lines, *(f"    {line}" for line in part.commands)]))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _html(headline: str, parts: tuple[_Part, ...], *, calm: bool) -> str:
    colour = "#2f6f44" if calm else "#a4262c"
    body = "".join(_block(part) for part in parts)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">'
        f"<title>{escape(headline)}</title></head>"
        '<body style="margin:0;padding:16px;background:#f4f4f2;color:#1d1d1b;'
        'font:16px/1.5 system-ui,Segoe UI,Helvetica,Arial,sans-serif">'
        f'<div style="max-width:640px;margin:0 auto;padding:20px 24px;background:#fff;border-top:6px solid {colour}">'
        f'<h1 style="font-size:22px;line-height:1.3;margin:0 0 12px">{escape(headline)}</h1>{body}</div></body></html>'
    )


def _block(part: _Part) -> str:
    heading = f'<h2 style="font-size:16px;margin:20px 0 4px">{escape(part.heading)}</h2>' if part.heading else ""
    # <bdi>: a name written from right to left must not turn its neighbours round.
    lines = "".join(f'<p style="margin:0 0 4px"><bdi>{escape(line)}</bdi></p>' for line in part.lines)
    commands = "".join(
        '<pre style="margin:4px 0;padding:8px 10px;background:#f0efe9;border-radius:4px;white-space:pre-wrap;'
        f'overflow-wrap:anywhere;font:14px/1.4 ui-monospace,Consolas,monospace">{escape(line)}</pre>'
        for line in part.commands
    )
    return f'<div style="margin:0 0 12px">{heading}{lines}{commands}</div>'
