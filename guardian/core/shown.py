"""A display name as it may be shown to people in a message, pure. Display names are the attacker's text.

What a channel must escape besides (HTML, Slack's mrkdwn) is that channel's own.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_SHOWN = 40  # characters
LONGEST_LINE = 500
_NOTHING = "(nameless)"
_MOST_MARKS = 2  # combining marks on one letter; more is a text that climbs over its neighbours
# Mail programs make links of these by themselves.
_LINKS = re.compile(r"(?<=\w)\.(?=\w\w)|(?<=\w):(?=//)|@|(?<=\bmailto):", re.IGNORECASE)
_BROKEN_LINK = {".": "[.]", ":": "[:]", "@": "[at]"}


def inert(text: str, longest: int = LONGEST_LINE) -> str:
    """One line of visible characters, bounded. No control, bidi, zero-width or private character; no piled
    marks.
    """
    kept: list[str] = []
    marks = 0
    for c in unicodedata.normalize("NFC", text[: longest * 4]):
        category = unicodedata.category(c)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Zl", "Zp", "Zs"} or c in "\t\n\r\v\f\x85":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MOST_MARKS:
            kept.append(c)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def display_name(name: str, *, full: bool = False) -> str:
    """First name and initial of the last ("Ada L."), or the ``full`` name; made inert, no link, at most 40
    characters.

    "Lovelace, Ada" is read as "Ada Lovelace". Applying it again changes nothing.
    """
    line = inert(name, LONGEST_SHOWN * 4)
    last, comma, first = line.partition(", ")
    swapped = bool(comma) and any(c.isalnum() for c in first)
    words = (f"{first} {last}" if swapped else line).split()
    if not any(c.isalnum() for c in line):
        shown = " ".join(line.replace("@", "").split()) or _NOTHING  # an "[at]" would read as a name next time
    elif full or len(words) < 2:
        shown = line
    else:
        initial = _initial(words[-1])
        shown = f"{words[0]} {initial}" if initial else words[0]
    shown = _LINKS.sub(lambda found: _BROKEN_LINK[found.group()], shown)
    return shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1].rstrip() + "…"


def _initial(word: str) -> str:
    """The word's first letter with its marks and a full stop; empty if it has no letter."""
    found = re.search(r"\w", word)
    if found is None:
        return ""
    end = found.end()
    while end < len(word) and unicodedata.category(word[end])[0] == "M":
        end += 1
    return word[found.start() : end] + "."
