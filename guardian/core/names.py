"""Reading a display name: Unicode forms, spacing, hidden characters, look-alike letters. Pure text, no roster.

Careful and simple on purpose: an exact full name is a match, a shared part is a doubt, the rest is nobody.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

LONGEST_NAME = 120  # characters; no real name in the sample comes near, and nothing longer is read
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")

# Letters of other scripts that look like Latin ones (Unicode Technical Standard 39, confusables.txt, the subset for
# Cyrillic, Greek and Armenian after case folding).
_LOOK_ALIKES = str.maketrans(
    {
        "а": "a",
        "в": "b",
        "с": "c",
        "ԁ": "d",
        "е": "e",
        "ғ": "f",
        "һ": "h",
        "н": "h",
        "і": "i",
        "ј": "j",
        "к": "k",
        "ӏ": "l",
        "м": "m",
        "п": "n",
        "о": "o",
        "р": "p",
        "ԛ": "q",
        "г": "r",
        "ѕ": "s",
        "т": "t",
        "ц": "u",
        "ѵ": "v",
        "ԝ": "w",
        "х": "x",
        "у": "y",
        "α": "a",
        "β": "b",
        "ε": "e",
        "η": "n",
        "ι": "i",
        "κ": "k",
        "μ": "u",
        "ν": "v",
        "ο": "o",
        "ρ": "p",
        "τ": "t",
        "υ": "u",
        "χ": "x",
        "γ": "y",
        "օ": "o",
        "ո": "n",
        "ս": "u",
        "հ": "h",
        "ց": "g",
        "0": "o",
        "1": "l",
        "ı": "i",
    }
)

DEVICE_WORDS = frozenset(
    "android chromebook computer desktop device galaxy huawei ipad iphone ipod kindle laptop lenovo mac macbook mobile"
    " moto nokia pc phone pixel redmi samsung surface tablet telefon user xiaomi zoom handy".split()
)


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


def normalise(name: str) -> str:
    """NFKC, case-folded, hidden characters and marks of presentation dropped, spaces collapsed."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(c for c in folded if unicodedata.category(c) not in {"Cf", "Cc", "Co", "Cn", "Cs"})
    return " ".join(kept.split())


def look_alike_form(normalised: str) -> str:
    """The Latin text that a normalised name looks like (compare two names by their forms)."""
    return normalised.translate(_LOOK_ALIKES)


def read(name: str) -> ReadName:
    """Read a display name as typed. Never raises; looks at no more than ``LONGEST_NAME`` characters."""
    if len(name) > LONGEST_NAME:
        return ReadName("", frozenset(), overlong=True)
    text = normalise(name)
    words = frozenset(_words(text))
    device = not text or (bool(words) and words <= DEVICE_WORDS)
    return ReadName(text, words, _attack(name, text), device)


def _words(text: str) -> list[str]:
    """The parts of a name that can be compared: runs of letters and marks, two or more long."""
    spaced = "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in text)
    return [word for word in spaced.split() if len(word) > 1 or ord(word[0]) > 0x2E7F]


def _attack(name: str, text: str) -> str | None:
    if any(unicodedata.category(c) in {"Cf", "Cc", "Cs"} and c not in "\u200c\u200d\ufe0f" for c in name):
        return "hidden characters in the name"
    for word in _words(text):
        scripts = {script for c in word for script in _SCRIPTS if unicodedata.name(c, "").startswith(script)}
        if len(scripts) > 1:
            return "letters of two scripts in one word"
    return None
