"""The forms in which a listed name may be written: whole, turned, without middle names. Values and comparisons only.

``match`` keeps them in its indexes. Every form is one text without spaces, and knows where its words end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from guardian.core import names_words as tables
from guardian.core.names_read import Word, word_of, words_of
from guardian.core.scripts import normalise, spelled

MOST_WORDS = 12
_JOINING = frozenset("yei")  # small words of surnames that are more often an initial
_MOST_NEW = 1  # middle names that the list does not know
_MOST_LEFT_OUT = 2  # middle names that may go unsaid

Spelling = Callable[[Word], str]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a listed name in one: its owner, where its words end, and the words in the middle left out."""

    who: int
    cuts: frozenset[int]
    soft: frozenset[int]
    left_out: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """One name or alias of somebody on the list."""

    who: int
    words: tuple[Word, ...]
    surname: int  # the place where the surname's words begin

    def short_forms(self) -> Iterable[tuple[Word, ...]]:
        """The first name, or the first ones, with the surname, without the later middle names; both ways round."""
        surname = self.words[self.surname :]
        for kept in range(max(1, self.surname - _MOST_LEFT_OUT), self.surname):
            yield (*self.words[:kept], *surname)
            yield (*surname, *self.words[:kept])

    @property
    def middle(self) -> tuple[Word, ...]:
        """The words between the first name and the surname."""
        return self.words[1 : self.surname]


def listed_name(who: int, name: str) -> Listed:
    """A name on the list, read."""
    words = words_of(normalise(name))[:MOST_WORDS]
    return Listed(who, words, surname_at(words))


def surname_at(words: tuple[Word, ...]) -> int:
    """Where the surname begins, its small words with it."""
    place = max(len(words) - 1, 0)
    while place > 1 and words[place - 1].bare in tables.PARTICLES and words[place - 1].bare not in _JOINING:
        place -= 1
    return place


def turned(words: tuple[Word, ...]) -> set[tuple[Word, ...]]:
    """Every rotation: the surname, of one word or several, may come first."""
    if len(words) == 1 and len(words[0].parts) == 2 and words[0].bare >= "\u2e80":
        family, given = (word_of(part) for part in words[0].parts)
        return {words, (given, family)}
    return {words[cut:] + words[:cut] for cut in range(len(words))} or {words}


def as_typed(word: Word) -> str:
    """The word with its marks."""
    return word.text


def without_marks(word: Word) -> str:
    """The word without its marks."""
    return word.bare


def spelled_out(word: Word) -> str:
    """The word with its marks spelled out: ae for ä."""
    return word.bare if word.text.isascii() else spelled(word.text)


def put(
    index: dict[str, list[Form]],
    spelling: Spelling,
    order: tuple[Word, ...],
    who: int,
    left_out: tuple[str, ...] = (),
) -> None:
    """Add a form to an index."""
    key = "".join(spelling(word) for word in order)
    ends, soft = cuts(order, spelling)
    form = Form(who, ends, soft, left_out, not left_out)
    if form not in index[key]:
        index[key].append(form)


def cuts(words: tuple[Word, ...], spelling: Spelling) -> tuple[frozenset[int], frozenset[int]]:
    """Where words end, and where parts of double names do; in characters of the name written in one."""
    hard, soft, length = set(), set(), 0
    for word in words:
        inner = length
        for part in word.parts[:-1]:
            inner += len(part)
            soft.add(inner)
        length += len(spelling(word))
        hard.add(length)
    return frozenset(hard), frozenset(soft)


def fitting(forms: Sequence[Form], words: tuple[Word, ...], spelling: Spelling) -> tuple[int, ...]:
    """The owners of those forms whose words end where these do: "Anna Dams" is not "Ann Adams"."""
    if not forms:
        return ()
    hard, soft = cuts(words, spelling)
    return tuple(
        sorted(
            {
                form.who
                for form in forms
                if hard == form.cuts or hard <= form.cuts | form.soft or form.cuts <= hard | soft
            }
        )
    )


def core_middle(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """What stands between the first word and the last, but for the small words of surnames."""
    return tuple(word for word in words[1:-1] if word.bare not in tables.PARTICLES)


def middles_fit(typed: tuple[Word, ...], listed: tuple[str, ...], ends: tuple[Word, ...], *, new: bool) -> bool:
    """Whether the middle names agree: the same ones, initials of them, or new ones beside them (``new``: may be).

    A small word of a surname is no middle name: "da Rocha" is not "Rocha".
    """
    extra = [word for word in typed if not any(_same_middle(word, name) for name in listed)]
    if not extra:
        return True
    if not new or len(extra) > _MOST_NEW or any(not any(_same_middle(w, name) for w in typed) for name in listed):
        return False
    borrowed = {*(word.bare for word in ends), *listed}
    strange = (borrowed, tables.FAMILY, tables.ANDS, tables.ROLES, tables.PARTICLES)
    return not any(
        word.bare in words and not (word.initial and word.text.isascii()) for word in extra for words in strange
    )


def _same_middle(word: Word, name: str) -> bool:
    return word.bare == name or (word.initial and name.startswith(word.bare)) or name == word.bare[:1]


def in_order(letters: Sequence[str], initials: Iterable[str]) -> bool:
    """Whether the letters are among the initials, in their order."""
    rest = iter(initials)
    return all(any(letter == other for other in rest) for letter in letters)
