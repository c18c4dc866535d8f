"""What the pages behind personal links say: every sentence for families stands here. Pure: values in, HTML out.

No name of a person stands on any page: whoever holds a forwarded link learns nothing but the class's title. Whatever
comes from outside is escaped, in one place.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from guardian.app.link_doors import LinkRefusedError, Why

FOLDER = files("guardian.web") / "static" / "join"
_CODE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Form:
    """What a form of ours goes to and carries. ``token`` is the link's own, ``proof`` ties it to the browser."""

    token: str
    proof: str


@dataclass(frozen=True, slots=True)
class _Words:
    """One refusal: status of HTTP, heading, sentences; ``{when}`` is the next class."""

    status: int
    heading: str
    lines: tuple[str, ...]


_ASK = "Ask for a new link; the person who sent you this one can make it."
_WORDS: Mapping[Why, _Words] = {
    Why.WRONG: _Words(
        404,
        "This link does not work",
        (
            "It is not complete, or it is not one of ours.",
            "Open it from the message that you got, or copy it from there as a whole.",
        ),
    ),
    Why.EARLY: _Words(
        200, "You are early", ("The class is not open yet. Open this link again shortly before it begins.",)
    ),
    Why.OVER: _Words(200, "The class is over", ("No further class is planned.",)),
    Why.EXPIRED: _Words(410, "This link is too old", ("It was for a term that is over.", _ASK)),
    Why.REVOKED: _Words(
        410, "This link is no longer valid", ("It was replaced or taken back. Look for a newer message from us.", _ASK)
    ),
    Why.OTHER_BROWSER: _Words(
        403,
        "This link is in use on another device",
        (
            "It belongs to the phone or computer on which it was used first, and to the browser there. There it works.",
            "If this is a second device of yours, have a code mailed, or tell the teacher the number below.",
            "If somebody passed the link on to you, please do not use it.",
        ),
    ),
    Why.TOO_MANY_BROWSERS: _Words(403, "This link is in use on many devices", ("It cannot be used on one more.", _ASK)),
    Why.NO_COOKIE: _Words(
        403,
        "Please try once more",
        (
            "Go back, load the page anew and press the button again.",
            "If you see this every time, your browser keeps no cookies: allow them for this page, or use another one.",
        ),
    ),
    Why.WRONG_CODE: _Words(
        403,
        "This code is not right",
        ("It may be mistyped, too old, or replaced by a newer one. After five wrong ones you need a new code.",),
    ),
    Why.CODE_TOO_SOON: _Words(
        429,
        "A code is on its way",
        ("We sent one a moment ago; it may take a minute. Look into the junk mail, too.",),
    ),
    Why.NO_ADDRESS: _Words(503, "No code could be sent", ("Give the teacher the number below instead, or call.",)),
    Why.NOT_READY: _Words(503, "This link is not ready yet", ("Try again in some minutes.",)),
    Why.TOO_OFTEN: _Words(429, "That was a bit often", ("Wait a minute, then try again.",)),
}
_SECOND_DEVICE = frozenset({Why.OTHER_BROWSER, Why.WRONG_CODE, Why.CODE_TOO_SOON, Why.NO_ADDRESS})


def ready(title: str, call: str, form: Form) -> str:
    """The page that a link opens in time: it asks for one press, and says what follows."""
    body = [
        _heading(title),
        _line("Press the button when you are ready. Use the phone or computer that you want to be in class with: the"
              " link then belongs to it."),
        _form(form, "", "Join class"),
        "<h2>Why you may have to wait</h2>",
        _line("The class has a waiting room, and only people on its list come in. Who comes by their own link is"
              " let in as soon as the class begins, usually within seconds. Join within two minutes of pressing the"
              " button; after that, press it again."),
        *_call(call),
        "<h2>What we keep</h2>",
        _line("That this link was used, and when. A cookie with a random number tells us that it is the same browser"
              " next time. No name and no picture, and nothing of what is said in class. All of it goes when the"
              " link does."),
    ]  # fmt: skip
    return _page(title, body)


def code_sent(refused: LinkRefusedError, form: Form) -> str:
    """After a code was mailed: where to type it."""
    body = [
        _heading("We have sent you a code"),
        _line(
            "It goes to the address that your link was sent to, and is good for"
            f" {_CODE_MINUTES} minutes. Nobody needs to know it but you: we never ask for it by phone."
        ),
        *_typing(form),
        *_number(refused.device),
        *_call(refused.call),
    ]
    return _page("Code", body)


def refusal(refused: LinkRefusedError, form: Form | None) -> tuple[int, str]:
    """Why the link does not open, and what to do; with its status of HTTP."""
    words = _WORDS[refused.why]
    body = [_heading(words.heading)]
    if refused.title:
        body.append(_line(refused.title))
    body += [_line(line) for line in words.lines]
    if refused.why is Why.EARLY and refused.when:
        body.append(_line(f"It begins: {refused.when}."))
    if form is not None and refused.why in _SECOND_DEVICE:
        if refused.why in {Why.WRONG_CODE, Why.CODE_TOO_SOON}:
            body += _typing(form)
        if refused.why is not Why.CODE_TOO_SOON:
            body.append(_form(form, "/code", "Send me a code", second=refused.why is not Why.OTHER_BROWSER))
        body += _number(refused.device)
        if refused.why is not Why.WRONG_CODE:
            body.append(_line("Once the teacher has let this device in:"))
            body.append(_form(form, "", "Join class", second=True))
    body += _call(refused.call)
    return words.status, _page(words.heading, body)


def broken(call: str = "") -> tuple[int, str]:
    """Something of ours does not work; the door is open to no one by that, and to nobody less by hand."""
    body = [
        _heading("Something does not work just now"),
        _line("It is our fault, not yours. Try again in a minute."),
        *_call(call),
    ]
    return 503, _page("Not just now", body)


def _page(title: str, body: list[str]) -> str:
    shell = (FOLDER / "page.html").read_text("utf-8")
    head, _, foot = shell.partition("{body}")  # what is filled in is not searched for places again
    return head.replace("{title}", html.escape(title)) + "\n".join(body) + foot


def _heading(text: str) -> str:
    return f'<h1 dir="auto">{html.escape(text)}</h1>'


def _line(text: str) -> str:
    return f'<p dir="auto">{html.escape(text)}</p>'


def _call(call: str) -> list[str]:
    if not call:
        return []
    return ["<h2>If it does not work</h2>", _line(f"Call {call}.")]


def _number(device: str) -> list[str]:
    if not device:
        return []
    return [_line("The number of this device, for the teacher:"), f'<p class="number">{html.escape(device)}</p>']


def _typing(form: Form) -> list[str]:
    field = (
        '<label for="code">The six digits of the code</label>'
        '<input id="code" name="code" inputmode="numeric" pattern="[0-9 ]*" autocomplete="one-time-code"'
        ' maxlength="12" required>'
    )
    return [_form(form, "/code", "Go on with this code", field)]


def _form(form: Form, to: str, button: str, fields: str = "", *, second: bool = False) -> str:
    action = f"/j/{html.escape(form.token)}{to}"
    look = ' class="second"' if second else ""
    return (
        f'<form method="post" action="{action}">'
        f'<input type="hidden" name="form" value="{html.escape(form.proof)}">{fields}'
        f"<button{look}>{html.escape(button)}</button></form>"
    )
