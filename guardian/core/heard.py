"""Names of a list by their sound, for those who write them in another script. Pure; built when first asked.

Which Latin spellings a word of another script has stands in ``sounds``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import product

from guardian.core import sounds
from guardian.core.forms import Listed
from guardian.core.names_read import Word

_TELLING = 6  # consonants that are no chance
_FEW = 4  # consonants that are none either, where most letters are the same
_ALIKE = 0.72  # share of letters
_MOST_SPELLINGS = 4
_MOST_KEYS = 64
_MOST_PIECES = 4  # words of a name in another script

Pattern = tuple[str, tuple[str, ...], bool]
"""The Latin spellings of a name as a regular expression, its skeletons, and whether the pattern is precise."""


class SoundIndex:
    """The names of a list by the consonants of their Latin spellings."""

    def __init__(self, names: Sequence[Listed]) -> None:
        self._names = names

    @cached_property
    def foreign(self) -> bool:
        """Whether anybody is listed in another script than Latin."""
        return any(not listed.words[0].bare.isascii() for listed in self._names)

    def whole(self, words: tuple[Word, ...]) -> tuple[set[int], set[int]]:
        """Whose full name this is in the letters of another script, surely and perhaps."""
        sure: set[int] = set()
        perhaps: set[int] = set()
        for who, key, fits, precise in self._same_consonants(words):
            if fits and precise:
                sure.add(who)
            elif len(key) >= (_FEW if fits else _TELLING):
                perhaps.add(who)
        return sure, perhaps

    def nearly(self, words: tuple[Word, ...]) -> set[int]:
        """Whose Latin name has the same consonants and nearly the same vowels."""
        return {
            who
            for joined, keys in _latin(words)
            for key in keys
            if len(key) >= _FEW
            for who, other in self._latin_names.get(key, ())
            if SequenceMatcher(None, joined, other).ratio() >= _ALIKE
        }

    def partly(self, words: tuple[Word, ...]) -> set[int]:
        """Whose words, two or more of them, are among these in the letters of another script."""
        shared: dict[int, set[str]] = defaultdict(set)
        for word in words:
            for part in word.parts:
                for who, own in self._same_word(part):
                    shared[who].add(own)
        return {who for who, own in shared.items() if len(own) > 1}

    def _same_consonants(self, words: tuple[Word, ...]) -> Iterator[tuple[int, str, bool, bool]]:
        spelled_so = _latin(words)
        if spelled_so and self.foreign:
            for joined, keys in spelled_so:
                for key in keys:
                    for who, pattern, precise in self._foreign_names.get(key, ()):
                        yield who, key, _pattern(pattern).fullmatch(joined) is not None, precise
        elif not spelled_so:
            for pattern, keys, precise in _patterns(words):
                for key in keys:
                    for who, joined in self._latin_names.get(key, ()):
                        yield who, key, _pattern(pattern).fullmatch(joined) is not None, precise

    def _same_word(self, part: str) -> Iterator[tuple[int, str]]:
        typed = sounds.latin(part)
        if typed:
            for key in sounds.skeletons_of_latin(typed) if self.foreign else ():
                for who, own, pattern in self._foreign_words.get(key, ()):
                    if _pattern(pattern).fullmatch(typed):
                        yield who, own
            return
        spellings = sounds.spellings(part)
        if spellings is not None:
            for key in spellings[1]:
                for who, own in self._latin_words.get(key, ()):
                    if _pattern(spellings[0]).fullmatch(own):
                        yield who, own

    @cached_property
    def _foreign_names(self) -> dict[str, list[tuple[int, str, bool]]]:
        index: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
        for listed in self._names:
            for words in _sounding(listed) if not listed.words[0].bare.isascii() else ():
                for pattern, keys, precise in _patterns(words):
                    for key in keys:
                        index[key].append((listed.who, pattern, precise))
        return dict(index)

    @cached_property
    def _latin_names(self) -> dict[str, list[tuple[int, str]]]:
        index: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for listed in self._names:
            for words in _sounding(listed):
                for order in {words, (*words[1:], words[0]), (words[-1], *words[:-1])}:
                    for joined, keys in _latin(order):
                        for key in keys:
                            if (listed.who, joined) not in index[key]:
                                index[key].append((listed.who, joined))
        return dict(index)

    @cached_property
    def _foreign_words(self) -> dict[str, list[tuple[int, str, str]]]:
        index: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
        for listed in self._names:
            for word in listed.words:
                spellings = None if word.bare.isascii() else sounds.spellings(word.text)
                if spellings is not None:
                    for key in spellings[1]:
                        index[key].append((listed.who, word.bare, spellings[0]))
        return dict(index)

    @cached_property
    def _latin_words(self) -> dict[str, list[tuple[int, str]]]:
        index: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for listed in self._names:
            for own in {sounds.latin(part) for word in listed.words for part in word.parts} - {""}:
                for key in sounds.skeletons_of_latin(own):
                    index[key].append((listed.who, own))
        return dict(index)


@lru_cache(maxsize=2048)
def _pattern(spellings: str) -> re.Pattern[str]:
    """Compiled when something has the same consonants, which is seldom."""
    return re.compile(spellings)


def _sounding(listed: Listed) -> Iterable[tuple[Word, ...]]:
    """The name, and the name without its middle names."""
    yield listed.words
    if listed.middle:
        yield (listed.words[0], listed.words[-1])


def _latin(words: tuple[Word, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The name written in one in Latin letters, with its skeletons; doubled letters once, and as typed."""
    pieces = [sounds.latin(part) for word in words for part in (word.parts if word.bare < "\u2e80" else (word.bare,))]
    if not pieces or not all(pieces):
        return []
    ways = product(*(sounds.skeletons_of_latin(piece) for piece in pieces))
    keys = dict.fromkeys(sounds.settled(parts) for parts, _ in zip(ways, range(_MOST_SPELLINGS), strict=False))
    joined = "".join(pieces)
    found = [(joined, tuple(keys))]
    doubled = sounds.uncollapsed("".join(word.bare for word in words))
    if doubled and doubled != joined:
        found.append((doubled, tuple(sounds.settled((key,)) for key in sounds.skeletons_of_latin(doubled))))
    return found


def _patterns(words: tuple[Word, ...]) -> list[Pattern]:
    """The Latin spellings of a name in another script, surname first and last."""
    if not words or len(words) > _MOST_PIECES:
        return []
    asian = words[0].bare >= "\u2e80"
    pieces = [(word.text, asian and place == 0) for place, word in enumerate(words)]
    if asian and len(words) == 1 and len(words[0].parts) == 2:
        pieces = [(words[0].parts[0], True), (words[0].parts[1], False)]
    known = [sounds.spellings(text, surname=surname) for text, surname in pieces]
    ways = [known, [*known[1:], known[0]], [known[-1], *known[:-1]]]
    made: list[Pattern] = []
    for way in ways[: len(known)]:
        found = [one for one in way if one is not None]
        if len(found) < len(way):
            return []
        keys = (sounds.settled(parts) for parts in product(*(one[1] for one in found)))
        some = dict.fromkeys(key for key, _ in zip(keys, range(_MOST_KEYS), strict=False))
        pattern = "".join(one[0] for one in found)
        made.append((pattern, tuple(some), all(one[2] for one in found)))
    return made
