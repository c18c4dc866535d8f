"""What a display name says: its words, and readings of it without tags, brackets and devices. Pure text, no roster."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass, field
from functools import lru_cache

from guardian.core import names_words as words
from guardian.core.scripts import plain

_GLUE = "-‐־"
_DROPPED = "'’ʼʻ`´׳״"
_COMPOUND = frozenset(
    "남궁 황보 제갈 사공 선우 서문 독고 동방 欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 夏侯 皇甫 尉迟 尉遲"
    " 公孙 公孫 慕容 令狐 宇文 长孙 長孫 司徒 司空 端木 东方 東方".split()
)
"""Surnames of two characters."""
_OWNS = re.compile(r"(?<=\S)['’]s(?!\w)")
_ENDING = re.compile(r"(?<=\S)['’]\w{1,3}(?=\s)")  # "Ayşe'nin iPad'i": the owner's ending after an apostrophe
_OPENING = frozenset('([{<【「『〔"“')
_MOST_SEPARATORS = 4096


class _Separators(dict[int, int | str | None]):
    """For ``str.translate``: what is neither letter, mark nor digit is a space; apostrophes go; hyphens are one."""

    def __missing__(self, code: int) -> int | str | None:
        char = chr(code)
        found: int | str | None = code if unicodedata.category(char)[0] in "LMN" else " "
        if char in _DROPPED or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code == 0x20E3:
            found = None  # apostrophes, and what only chooses the look of an emoji
        elif char in _GLUE:
            found = "-"
        if len(self) >= _MOST_SEPARATORS:  # the attacker chooses what is remembered, not how much
            self.clear()
        self[code] = found
        return found


_SEPARATORS = _Separators()


@dataclass(frozen=True, slots=True)
class Word:
    """One word: ``text`` case-folded with its marks, ``bare`` without; ``parts`` those of a double name, bare."""

    text: str
    bare: str
    parts: tuple[str, ...]

    @property
    def initial(self) -> bool:
        """Whether it is one letter only."""
        return len(self.bare) == 1 and self.bare.isalpha() and self.bare < "\u2e80"


@lru_cache(maxsize=8192)
def word_of(raw: str) -> Word:
    """A word, hyphens and all."""
    pieces = [piece for piece in raw.split("-") if piece]
    text = "".join(pieces)
    bare = plain(text)
    if len(pieces) > 1:
        return Word(text, bare, tuple(plain(piece) for piece in pieces))
    split = _family_first(bare)
    letters = [c for c in bare if unicodedata.category(c)[0] != "M"] if len(bare) == 2 else ()
    return Word(text, letters[0] if len(letters) == 1 else bare, split)


def _family_first(bare: str) -> tuple[str, ...]:
    """Surname and given name of a Chinese or Korean name written in one."""
    if 2 <= len(bare) <= 5 and ("가" <= bare[0] <= "힣" or "\u4e00" <= bare[0] <= "\u9fff"):
        japanese = len(bare) > 3 and bare[0] >= "\u4e00" and bare[0] <= "\u9fff"
        cut = 2 if japanese or (len(bare) > 2 and bare[:2] in _COMPOUND) else 1
        return bare[:cut], bare[cut:]
    return (bare,)


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a normalised text."""
    if "s" in text and ("'" in text or "’" in text):
        text = _OWNS.sub(" ", text)
    if "&" in text or "+" in text:
        text = text.replace("&", " and ").replace("+", " and ")
    spaced = text.translate(_SEPARATORS)
    return tuple(word_of(raw) for raw in spaced.split() if raw.strip("-"))


@dataclass(slots=True)
class Reading:
    """One way to read a name: the ``words`` that may be a name, what was ``left`` out, and what that says.

    ``owner``: it is somebody's device.
    """

    words: tuple[Word, ...]
    left: list[Word] = field(default_factory=list)
    family: bool = False
    role: bool = False
    owner: bool = False

    def as_text(self) -> str:
        """All its words again, without what stood in brackets."""
        return " ".join(
            "-".join(w.parts) if len(w.parts) > 1 and w.bare < "\u2e80" else w.text for w in (*self.words, *self.left)
        )


def without_tags(text: str, known: Container[str]) -> tuple[Reading, list[str]]:
    """The name without brackets, pronouns, classes, seats and states; and what stood in brackets.

    A word in ``known`` (of the people on the list) is a name first.
    """
    rest, inside = _unbracketed(text)
    if "/" in rest:
        rest = words.SLASHED.sub(lambda m: " " if _pronouns(m[0]) else m[0].replace("/", " "), rest)
    if any(c.isdigit() for c in rest):
        rest = words.SCHOOL.sub(" ", rest)
    if "pronouns" in rest:
        rest = rest.replace("any pronouns", " ").replace("all pronouns", " ")
    reading = Reading(())
    kept = [word for word in words_of(rest) if word.bare in known or not _told(word, reading)]
    reading.words = tuple(_without_strays(kept, reading))
    for content in inside:
        if not _pronouns(content):
            for word in words_of(content):
                _told(word, reading, bracketed=True)
    return reading, inside


def _unbracketed(text: str) -> tuple[str, list[str]]:
    if not any(c in text for c in _OPENING):
        return text, []
    inside = [next((group for group in found.groups() if group), "") for found in words.BRACKETS.finditer(text)]
    return words.BRACKETS.sub(" ", text), inside


def _told(word: Word, reading: Reading, *, bracketed: bool = False) -> bool:
    """Whether the word is a tag; notes what it says."""
    bare = word.bare
    known_tag = True
    if bare in words.FAMILY:
        reading.family = True
    elif bare in words.ROLES and bare != "zoom":
        reading.role = True
    elif not (words.CODE.search(bare) or bare in words.CLASSES or bare in words.STATES or bare in words.TITLES):
        known_tag = bracketed
    if known_tag:
        reading.left.append(word)
    return known_tag


def _without_strays(kept: list[Word], reading: Reading) -> list[Word]:
    """Single letters that belong to a dropped tag ("Year 7 B", "7. A Ann") are none of the name's initials."""
    if reading.left and any(words.CODE.search(w.bare) or w.bare in words.CLASSES for w in reading.left):
        while len(kept) > 1 and kept[0].initial:
            reading.left.append(kept.pop(0))
        if len(kept) > 2 and kept[-1].initial:
            reading.left.append(kept.pop())
    if reading.family or reading.role:
        while kept and kept[0].bare in words.LINKS:
            reading.left.append(kept.pop(0))
    return kept


def _pronouns(text: str) -> bool:
    found = words_of(text.replace("/", " "))
    return bool(found) and all(word.bare in words.PRONOUNS for word in found)


def of_device(text: str, known: Container[str]) -> Reading | None:
    """Whose device it is, where the name has a word for one; None where it has none."""
    kept: list[Word] = []
    left: list[Word] = []
    for word in words_of(_ENDING.sub(" ", text)):
        hyphened = len(word.parts) > 1 and any(_device(part) for part in word.parts)
        for one in map(word_of, word.parts) if hyphened else (word,):
            if one.bare not in known and (_device(one.bare) or words.CODE.search(one.bare)):
                left.append(one)
            else:
                kept.append(one)
    if not any(_device(word.bare) for word in left):
        return None
    while kept and kept[0].bare in words.LINKS and kept[0].bare not in known:
        left.append(kept.pop(0))
    while kept and kept[-1].bare in words.LINKS and kept[-1].bare not in known:
        left.append(kept.pop())
    if kept and kept[-1].bare.endswith(words.OWNER_ENDS) and len(kept[-1].bare) > 2:
        kept[-1] = word_of(kept[-1].text[:-1])
    return Reading(tuple(kept), left, owner=True)


def owners(found: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """Whose a thing is: the words as typed, and without the ending of a genitive."""
    last = found[-1]
    cut = [last.text[:-1]] if last.bare.endswith(("s", "n")) and len(last.bare) > 3 else []
    return [found, *((*found[:-1], word_of(text)) for text in cut)]


def _device(bare: str) -> bool:
    return bare in words.DEVICES or bare in words.GENERIC


def _device_part(part: str) -> bool:
    return _device(part) or words.CODE.search(part) is not None


def nameless(found: tuple[Word, ...]) -> bool:
    """Whether the words only name a device, or anybody."""
    kinds = [_device(word.bare) or (len(word.parts) > 1 and all(map(_device_part, word.parts))) for word in found]
    return any(kinds) and all(
        kind or words.CODE.search(word.bare) or word.bare in words.LINKS or word.initial or word.bare == "in"
        for kind, word in zip(kinds, found, strict=True)
    )


def only_a_role(found: tuple[Word, ...]) -> bool:
    """Whether the words claim a role and nothing else."""
    return any(word.bare in words.ROLES for word in found) and all(
        word.bare in words.ROLES
        or word.bare in words.FILLERS
        or word.bare in words.GENERIC
        or words.CODE.search(word.bare)
        for word in found
    )
