"""Mails to the owner of a personal link: the invitation, the code for a second device, the word that it was opened
elsewhere. Pure: every sentence of them stands here.

Their reader is a parent or child, not the staff: no order to type, no word of ours that they need not know.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from guardian.core.shown import display_name, inert
from guardian.ports import PersonalKind, PersonalLetter


@dataclass(frozen=True, slots=True)
class _Words:
    """One mail: subject, first lines, what stands out (a link or a code), last lines."""

    subject: str
    lines: tuple[str, ...]
    more: tuple[str, ...]
    button: str = ""
    code: str = ""


def personal_mail(letter: PersonalLetter, sender: str, to: str, now: datetime) -> EmailMessage:
    """The message to one address. The same happening has the same Message-ID, whenever it is sent."""
    words = _WORDS[letter.kind](letter)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Class entrance", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = f"[{inert(letter.meeting, 80)}] {words.subject}".replace("=?", "= ?")
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    mark = hashlib.sha256(f"{letter.kind.value}\n{letter.mark}\n{to.casefold()}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{mark}@{sender.rpartition('@')[2]}>"
    message.set_content(_text(words, letter), charset="utf-8", cte="quoted-printable")
    message.add_alternative(_html(words, letter), subtype="html", charset="utf-8", cte="quoted-printable")
    return message


def _invitation(letter: PersonalLetter) -> _Words:
    next_time = (f"The next class: {letter.times}.",) if letter.times else ()
    return _Words(
        "Your personal link",
        (
            f"This link is for {display_name(letter.name)} alone, for all classes of {inert(letter.meeting, 80)}.",
            "Open it shortly before class, with the device that is used in class, and press Join class there.",
            *next_time,
        ),
        (
            "Please do not pass it on: it works on the first device only, and we are told when it is opened elsewhere.",
            "For a second device you get a code by mail.",
            *_call(letter),
        ),
        button="Open my link",
    )


def _code(letter: PersonalLetter) -> _Words:
    return _Words(
        "Code for a second device",
        ("Somebody wants to use your personal link on another device. If that is you, type this code there:",),
        (
            "It is good for ten minutes and for one device. Tell it to nobody; we never ask for it.",
            "If it was not you, do nothing: without the code the other device does not get in.",
            *_call(letter),
        ),
        code=letter.code,
    )


def _forwarded(letter: PersonalLetter) -> _Words:
    return _Words(
        "Your link was opened on another device",
        (
            "Your personal link was opened on a device that is not the one it belongs to. It was not let in.",
            "If that was you, press Send me a code there, or tell the teacher the number that it shows.",
            "If not, somebody else has your link. Tell us, and you get a new one; the old one then ends.",
        ),
        _call(letter),
    )


def _call(letter: PersonalLetter) -> tuple[str, ...]:
    return (f"If it does not work, call {inert(letter.call, 200)}.",) if letter.call else ()


_WORDS = {
    PersonalKind.INVITATION: _invitation,
    PersonalKind.CODE: _code,
    PersonalKind.FORWARDED: _forwarded,
}


def _text(words: _Words, letter: PersonalLetter) -> str:
    stands_out = letter.address if words.button else words.code
    blocks = ["\n".join(words.lines), *([f"    {stands_out}"] if stands_out else []), "\n".join(words.more)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _html(words: _Words, letter: PersonalLetter) -> str:
    body = [f'<p style="margin:0 0 8px">{escape(line)}</p>' for line in words.lines]
    if words.button and urlsplit(letter.address).scheme in {"https", "http"}:
        address = escape(letter.address, quote=True)
        body.append(
            f'<p style="margin:20px 0"><a href="{address}" rel="noreferrer" style="display:inline-block;'
            'padding:12px 20px;border-radius:6px;background:#14532d;color:#fff;font-weight:bold;text-decoration:none">'
            f"{escape(words.button)}</a></p>"
            f'<p style="margin:0 0 20px;font-size:13px;overflow-wrap:anywhere">{address}</p>'
        )
    if words.code:
        body.append(
            '<p style="margin:20px 0;font:bold 28px/1 ui-monospace,Consolas,monospace;letter-spacing:4px">'
            f"{escape(words.code)}</p>"
        )
    body += [f'<p style="margin:0 0 8px">{escape(line)}</p>' for line in words.more]
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">'
        f"<title>{escape(words.subject)}</title></head>"
        '<body style="margin:0;padding:16px;background:#f4f4f2;color:#1d1d1b;'
        'font:16px/1.5 system-ui,Segoe UI,Helvetica,Arial,sans-serif">'
        '<div style="max-width:600px;margin:0 auto;padding:20px 24px;background:#fff">'
        f'<h1 style="font-size:20px;line-height:1.3;margin:0 0 12px">{escape(words.subject)}</h1>'
        f"{''.join(body)}</div></body></html>"
    )
