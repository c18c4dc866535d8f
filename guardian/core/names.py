"""A display name in brief: its normal form, its words, whether it is an attack, a device or too long. Pure, no roster.

Whom a name fits is asked of ``match.NameIndex``; how characters are read stands in ``scripts``.
"""

from __future__ import annotations

from dataclasses import dataclass

from guardian.core.names_read import nameless, words_of
from guardian.core.scripts import attack, look_alike_form, mixed, normalise

LONGEST_NAME = 120  # characters; longer than any real name, and nothing longer is read

__all__ = ["LONGEST_NAME", "ReadName", "look_alike_form", "normalise", "read"]


@dataclass(frozen=True, slots=True)
class ReadName:
    """A display name as read: ``text`` is the normalised form (may be empty), ``words`` its parts.

    ``attack`` says in words why the text is an attack (hidden or look-alike characters), or is None.
    ``device`` is True when it only names a device or is blank.
    """

    text: str
    words: frozenset[str]
    attack: str | None = None
    device: bool = False
    overlong: bool = False


def read(name: str) -> ReadName:
    """Read a display name as typed. Never raises; looks at no more than ``LONGEST_NAME`` characters."""
    if len(name) > LONGEST_NAME:
        return ReadName("", frozenset(), overlong=True)
    text = normalise(name)
    found = words_of(text)
    parts = frozenset(p for w in found for p in (w.text, *w.parts) if len(p) > 1 or p > "\u2e7f")
    wrong = attack(name)
    if wrong is None and any(mixed(word.text) for word in found):
        wrong = "letters of two scripts in one word"
    return ReadName(text, parts, wrong, not found or nameless(found))
