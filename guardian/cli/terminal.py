"""What every command does with the terminal: hostile text made visible, consoles, exit codes. No command lives here."""

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from guardian.errors import ConfigError, GuardianError

FINE, REFUSED, WRONG_USE = 0, 1, 2
"""Exit codes: fine; refused, no-go, or not known to be done; wrong use or configuration."""

LONGEST_SHOWN = 60  # characters of a name
_MOST_MARKS = 3  # combining marks in a row; a pile of them covers the lines around
_PIPE_WIDTH = 200


def terminal_safe(text: str, longest: int = LONGEST_SHOWN) -> str:
    r"""Somebody else's text as it may be shown on a terminal: one line, no escape, nothing hidden or reversed.

    What is invisible or commands the terminal is written out as ``\u{202e}``, so that a human sees the attack.
    """
    shown: list[str] = []
    marks = 0
    for char in text[: longest + 1]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or marks > _MOST_MARKS:
            shown.append(f"\\u{{{ord(char):x}}}")
        else:
            shown.append(" " if category == "Zs" else char)
    if len(text) > longest:
        shown[-1] = "…"
    return "".join(shown)


def safe(text: str, style: str = "", longest: int = LONGEST_SHOWN) -> Text:
    """``terminal_safe`` as a rich text: square brackets stay square brackets."""
    return Text(terminal_safe(text, longest), style=style)


def console() -> Console:
    """Standard output for people; a pipe gets long lines and no colour."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def say(text: str, style: str = "") -> None:
    """One line for people on standard output; may hold somebody else's text."""
    console().print(safe(text, style, longest=2000), soft_wrap=True)


def complain(text: str) -> None:
    """One message on standard error; its own line breaks stay."""
    to = Console(stderr=True, highlight=False)
    for number, line in enumerate(text.split("\n")):
        to.print(safe(line if number else f"guardian: {line}", longest=2000), soft_wrap=True)


def write_json(value: Any) -> None:
    """One line of JSON on standard output; everything beyond ASCII is escaped, so no terminal obeys it."""
    import json

    sys.stdout.write(json.dumps(msgspec.to_builtins(value), ensure_ascii=True) + "\n")


def exit_code(error: GuardianError) -> int:
    """What an error of ours means to the caller of a command."""
    return WRONG_USE if isinstance(error, ConfigError) else REFUSED
