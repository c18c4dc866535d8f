"""Characters of a display name: what is hidden, dressed up or looks like something else; folding of marks. Pure text.

What words mean, and who is on a list, is not known here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from guardian.core.names_tables import LOOKS

_FAMILIES = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
"""Scripts whose letters are taken for one another (Unicode Technical Standard 39)."""

# Lower-case letters that look alike in some hand or fonts, beside those of confusables.txt.
_MORE_LOOKS = "пnцuβbηnμuκkεeτtғfнhіiмmтtкkвbгrԁdпnѵvγyхxуyчyзzιi"

# Invisible though they count as letters, marks or symbols: fillers, the grapheme joiner, blank Braille, Khmer vowels.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u180b\u180c\u180d\u180f")
_JOINERS = "\u200c\u200d"
# Left over by copying, and harmless at the very ends: spaces of no width, byte order mark, soft hyphen, plain marks of
# direction and joiners. Overrides, embeddings and isolates are not among them.
_LEFTOVERS = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c"
_DIRECTIONS = "\u200e\u200f\u061c"
_SPACES = {ord(c): " " for c in "\t\n\r\x0b\x0c\x85\u2028\u2029"}
_MOST_MARKS = 2  # on one letter: Vietnamese, Yoruba and Lithuanian need two, and Greek, of old, one more

# Letters of real orthographies that do not decompose, and how they are typed without them.
_LETTERS = {
    "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "đ": "d", "ł": "l", "ħ": "h", "ŋ": "ng", "ı": "i",
    "ə": "e", "ɛ": "e", "ɔ": "o", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ŧ": "t", "ŀ": "l", "ĸ": "k",
    "ʻ": "", "ʼ": "", "ʿ": "", "ʾ": "", "ё": "е", "ґ": "г", "ς": "σ", "ў": "у",
    # Arabic as typed on keyboards of several languages; the stretching line is no letter.
    "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ھ": "ه", "ہ": "ه", "ـ": "", "ٱ": "ا", "ے": "ي",
}  # fmt: skip
_PLAIN = str.maketrans(_LETTERS)
# As people spell them out: ä ae, å aa, đ dj, č ch ...
_SPELLED = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "đ": "dj", "ə": "a", "ñ": "ny", "č": "ch", "ć": "ch",
        "š": "sh", "ž": "zh", "ş": "sh", "ç": "ch", "ð": "dh",
    }
)  # fmt: skip
_STRIPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u09bc\u0a3c\u0abc]"
)
_KEPT_WHOLE = "йї"  # letters of their own, though they decompose


def _looks() -> dict[str, str]:
    table = {"0": "o", "1": "l"}
    for group in LOOKS.split():
        letter, _, chars = group.partition(":")
        for char in chars:
            table.setdefault(char, letter)
            table.setdefault(char.casefold(), letter)
    for code in (*range(0x250, 0x2B0), *range(0x1D00, 0x1D80), *range(0x1F130, 0x1F18A), *range(0xA730, 0xA7FF)):
        words = unicodedata.name(
            chr(code), ""
        ).split()  # small capitals and letters in boxes, which are dressed as well
        if len(words) > 3 and len(words[-1]) == 1 and {"SMALL", "NEGATIVE"} & set(words) and "CAPITAL" in words:
            table.setdefault(chr(code), words[-1].casefold())
    table |= {_MORE_LOOKS[i]: _MORE_LOOKS[i + 1] for i in range(0, len(_MORE_LOOKS), 2)}
    return {char: letter for char, letter in table.items() if len(char) == 1}


_LOOK = _looks()
_LOOK_TABLE = str.maketrans(_LOOK)
LOOK_ALIKES = frozenset(char for char in _LOOK if not char.isascii())
"""Characters, not ASCII, that look like an ASCII letter."""


def normalise(name: str) -> str:
    """NFKC, case-folded, hidden characters and marks of presentation dropped, spaces collapsed."""
    if name.isascii() and name.isprintable():
        return " ".join(name.casefold().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.translate(_SPACES)).casefold())
    kept = "".join(c for c in folded if unicodedata.category(c) not in _UNSEEN and c not in _BLANKS)
    return " ".join(unicodedata.normalize("NFKC", kept).split())


_UNSEEN = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})


def look_alike_form(normalised: str) -> str:
    """The Latin text that a normalised name looks like (compare two names by their forms)."""
    return normalised.translate(_LOOK_TABLE)


_LEET = str.maketrans("013457 89", "oieast bg")


def looks_of(typed: str) -> tuple[str, ...]:
    """What a name as typed looks like: its capitals and its small letters, and figures among them as letters; without
    marks.
    """
    capitals = plain(unicodedata.normalize("NFKC", typed).translate(_LOOK_TABLE).casefold())
    small = plain(normalise(typed)).translate(_LOOK_TABLE)
    found = dict.fromkeys((capitals, small))
    if _FIGURES.search(typed):
        found[plain(normalise(typed)).translate(_LEET)] = None
    return tuple(found)


_FIGURES = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")


def plain(folded: str) -> str:
    """A case-folded text without marks: "hoàng" as "hoang", "nørgaard" as "norgaard"."""
    if folded.isascii():
        return folded
    return _plain(folded)


@lru_cache(maxsize=4096)
def _plain(folded: str) -> str:
    if "ε" in folded and any(c.isascii() and c.isalpha() for c in folded):
        folded = folded.replace("ε", "e")  # an open e in Akan, as often typed
    pieces = []
    for char in unicodedata.normalize("NFC", folded.translate(_PLAIN)):
        if char in _KEPT_WHOLE:
            pieces.append(char)
        else:
            pieces.append(_STRIPPED.sub("", unicodedata.normalize("NFKD", char)))
    return unicodedata.normalize("NFC", "".join(pieces)).translate(_PLAIN)


def spelled(folded: str) -> str:
    """As ``plain``, with marks spelled out: "müller" as "mueller", "håkon" as "haakon"."""
    return folded if folded.isascii() else plain(unicodedata.normalize("NFC", folded).translate(_SPELLED))


def trimmed(name: str) -> str:
    """The name without what copying leaves at its very ends."""
    return name.strip(_LEFTOVERS + " \t\r\n\u00a0") if name[:1] in _LEFTOVERS or name[-1:] in _LEFTOVERS else name


def attack(name: str) -> str | None:
    """Why this text is an attack, in words, or None. Leftovers at the ends are not looked at."""
    if name.isascii():
        return _HIDDEN if any((c < " " and c not in "\t\n\r\x0b\x0c") or c == "\x7f" for c in name) else None
    text = trimmed(name)
    return _hidden(text) or _piled(text) or _dressed(text)


_HIDDEN = "hidden characters in the name"


def _hidden(text: str) -> str | None:
    for place, char in enumerate(text):
        if char < "\x7f" and char >= " ":
            continue
        kind = unicodedata.category(char)
        if char in _BLANKS or (kind in {"Cc", "Cs"} and ord(char) not in _SPACES):
            return _HIDDEN
        if kind == "Cf" and not _joins(text, place):
            return _HIDDEN
        if (0xFE00 <= ord(char) <= 0xFE0E or 0xE0100 <= ord(char) <= 0xE01EF) and text[place - 1 : place].isalpha():
            return _HIDDEN
    return None


def _joins(text: str, place: int) -> bool:
    """Whether the format character here belongs to an emoji, or joins letters of a script that needs joiners."""
    char, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if 0xE0020 <= ord(char) <= 0xE007F:  # the flags of parts of a country
        return bool(before) and (unicodedata.category(before) == "So" or 0xE0020 <= ord(before) <= 0xE007F)
    if char in _DIRECTIONS:  # plain marks of direction, beside a letter that runs from right to left
        return any(unicodedata.bidirectional(c) in {"R", "AL"} for c in before + after if c)
    if char not in _JOINERS or not before or not after:
        return False
    if (
        char == "\u200d"
        and unicodedata.category(before) in {"So", "Sk", "Mn"}
        and unicodedata.category(after) in {"So", "Sm"}
    ):
        return True
    return all(_needs_joiners(c) for c in (before, after))


def joined(name: str) -> bool:
    """Whether unseen joiners or marks of direction stand among the letters, as some languages need them."""
    if name.isascii():
        return False
    text = trimmed(name)
    return any(
        char in _DIRECTIONS or (char in _JOINERS and unicodedata.category((text[place:] or " ")[0])[0] in "LM")
        for place, char in enumerate(text, 1)
    )


def _needs_joiners(char: str) -> bool:
    code = ord(char)
    return 0x600 <= code <= 0x7FF or 0x8A0 <= code <= 0x8FF or 0x900 <= code <= 0xDFF or 0x1780 <= code <= 0x18AF


def _piled(text: str) -> str | None:
    """Marks piled on letters until they cannot be read, or lines drawn through them."""
    run, most = 0, _MOST_MARKS
    for char in unicodedata.normalize("NFD", text):
        if "\u0300" <= char <= "\u036f" or "\u20d0" <= char <= "\u20df" or "\u1ab0" <= char <= "\u1aff":
            run += 1
            if run > most or "\u0334" <= char <= "\u0338":
                return "marks piled on the letters"
        else:
            run, most = 0, _MOST_MARKS + (family(char) == "GREEK" if char > "\u036f" else 0)
    return None


def _dressed(text: str) -> str | None:
    """Decorated letters among plain ones in one word (a whole word in them is only a style)."""
    if unicodedata.is_normalized("NFKC", text):
        return None
    for word in text.split():
        plain_one = any(c.isascii() and c.isalpha() for c in word)
        if plain_one and any(not c.isascii() and c not in "ªº" and _ascii_letter(c) for c in word):
            return "decorated letters among plain ones"
    return None


def _ascii_letter(char: str) -> bool:
    changed = unicodedata.normalize("NFKC", char)
    return len(changed) == 1 and changed.isascii() and changed.isalnum()


def dressed(name: str) -> bool:
    """Whether the name is written in decorated letters (mathematical, circled); wide ones are only another keyboard."""
    return not name.isascii() and any(
        not c.isascii() and not "\uff01" <= c <= "\uff5e" and _ascii_letter(c) for c in name
    )


@lru_cache(maxsize=2048)
def family(char: str) -> str | None:
    """The script of a letter, of those whose letters are taken for one another; else None."""
    name = unicodedata.name(char, "")
    return next((script for script in _FAMILIES if name.startswith(script)), None)


def mixed(word: str) -> bool:
    """Whether letters of two scripts that look alike stand in one word, or a look-alike among Latin letters."""
    if word.isascii():
        return False
    scripts = {script for char in word if char.isalpha() and (script := family(char))}
    if len(scripts) > 1:
        return True
    return "LATIN" in scripts and any(char in LOOK_ALIKES and family(char) is None for char in word)


_LEAD = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)


def repaired(name: str) -> str | None:
    """The name that was meant, where UTF-8 was read as Windows-1252 or Latin-1 on the way (twice at most); or None."""
    found = None
    for _ in range(2):
        if not _LEAD.search(name):
            break
        try:
            name = b"".join(_byte(char) for char in name).decode()
        except (UnicodeEncodeError, UnicodeDecodeError):
            break
        found = name
    return found


def _byte(char: str) -> bytes:
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return char.encode("latin-1")
