"""Whom a display name fits, of a list of people. Pure; the indexes are built once for a list.

Knows nothing of accounts, addresses or who is inside (``roster``), nor of policy. Every refusal has its reason in words
that a teacher understands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from guardian.core import names_words as tables
from guardian.core import nicknames
from guardian.core.forms import (
    MOST_WORDS,
    Form,
    Listed,
    as_typed,
    core_middle,
    fitting,
    in_order,
    listed_name,
    middles_fit,
    put,
    spelled_out,
    surname_at,
    turned,
    without_marks,
)
from guardian.core.heard import SoundIndex
from guardian.core.names import LONGEST_NAME
from guardian.core.names_read import Reading, Word, nameless, of_device, only_a_role, owners, without_tags, words_of
from guardian.core.scripts import (
    LOOK_ALIKES,
    attack,
    dressed,
    family,
    joined,
    looks_of,
    mixed,
    normalise,
    repaired,
    trimmed,
)

_SHORTEST_SLIP = 6  # letters of a name in which one slip of the key still leaves it recognised


class Fit(IntEnum):
    """How well a name fits. EXACT: all of it, but for case, marks, order and tags. CLOSE: so near that it can be nobody
    else on the list. DOUBT: somebody may be meant. ATTACK: made to look like a name.
    """

    NONE = 0
    ATTACK = 1
    DOUBT = 2
    CLOSE = 3
    EXACT = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What a name fits: places in the list (one for EXACT and CLOSE), and why. ``part``: it is part of their names;
    ``whole``: it is the full name of each of them.
    """

    fit: Fit
    reason: str
    who: tuple[int, ...] = ()
    part: bool = False
    whole: bool = False


class NameIndex:
    """The names of a list, ``names[i]`` those of the person at place i."""

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        self._joined = [any(map(joined, own)) for own in names]
        self._letters = [frozenset("".join(map(normalise, own))) for own in names]
        self._names = [listed_name(who, name) for who, own in enumerate(names) for name in own]
        self._names = [listed for listed in self._names if listed.words]
        self._sound = SoundIndex(self._names)
        self._exact: dict[str, list[Form]] = defaultdict(list)
        self._plain: dict[str, list[Form]] = defaultdict(list)
        self._first: dict[str, list[Listed]] = defaultdict(list)
        self._last: dict[str, list[Listed]] = defaultdict(list)
        self._words: dict[str, set[int]] = defaultdict(set)
        self._initials: dict[str, set[int]] = defaultdict(set)
        self._ends_of: dict[str, set[int]] = defaultdict(set)
        self._known: set[str] = set()
        for listed in self._names:
            self._add(listed)

    def _add(self, listed: Listed) -> None:
        for order in turned(listed.words):
            put(self._exact, as_typed, order, listed.who)
            for spelling in (without_marks, spelled_out):
                put(self._plain, spelling, order, listed.who)
        left_out = tuple(word.bare for word in listed.middle)
        for short in listed.short_forms():
            for spelling in (without_marks, spelled_out):
                put(self._plain, spelling, short, listed.who, left_out)
        self._first[listed.words[0].bare].append(listed)
        self._last[listed.words[-1].bare].append(listed)
        self._known.update(word.bare for word in listed.words)
        self._add_words(listed)
        full = [word.bare[0] for word in listed.words]
        letters = [word.bare[0] for word in listed.words if word.bare not in tables.PARTICLES] or full
        for some in (letters[:1], letters, full, *([full[0], later] for later in full[1:])):
            self._initials["".join(sorted(some))].add(listed.who)

    def _add_words(self, listed: Listed) -> None:
        for place, word in enumerate(listed.words):
            if 0 < place < len(listed.words) - 1 and word.bare in tables.PARTICLES:
                continue  # to share a "van" is to share nothing; to be called Ben is
            for part in {word.bare, *word.parts}:
                if len(part) > 1 or part >= "\u2e80":
                    self._words[part].add(listed.who)
            if word.bare >= "\u4e00":  # where the given name of a Japanese name begins, its letters do not say
                for cut in range(1, len(word.bare)):
                    self._ends_of[word.bare[cut:]].add(listed.who)

    # --- asking ---------------------------------------------------------------------------------------------------

    def find(self, typed: str) -> Found:
        """Whom a name as typed fits. Never raises; reads no more than ``LONGEST_NAME`` characters."""
        if len(typed) > LONGEST_NAME:
            return Found(Fit.NONE, "longer than any name")
        mended = repaired(typed)
        name = typed if mended is None else mended
        wrong = attack(name)
        text = normalise(name)
        found = self._read(text, name)
        if wrong is not None:
            return Found(Fit.ATTACK, wrong, found.who)
        if found.fit > Fit.DOUBT and joined(name) and not self._joined[found.who[0]]:
            return Found(
                Fit.DOUBT, "the name of somebody on the list, with unseen characters that it has not", found.who
            )
        if found.fit is Fit.EXACT:
            if mended is not None:
                return Found(Fit.CLOSE, "the exact name, once its garbled letters are mended", found.who)
            if trimmed(name) is not name:
                return Found(Fit.CLOSE, "the exact name, with an unseen character at its end", found.who)
            if dressed(name):
                return Found(Fit.CLOSE, "the exact name, in decorated letters", found.who)
        return found

    def _read(self, text: str, name: str) -> Found:
        words = words_of(text)
        if not words:
            return Found(Fit.DOUBT, "no name at all")
        if len(words) > MOST_WORDS:
            return Found(Fit.DOUBT if self._parts(words) else Fit.NONE, "more words than any name", self._parts(words))
        enumerated = any(sign in text for sign in ",/;|")
        if any(mixed(part) and part not in self._words for word in words for part in word.parts):
            meant = {who for look in looks_of(name) for who in self._parts(words_of(look))}
            return Found(Fit.ATTACK, "letters of two scripts in one word", tuple(sorted(meant)))
        best = self._fit(words, new=not enumerated)
        if best is not None and best.fit is not Fit.DOUBT:
            return best
        more: list[Word] = []
        for found, extra in self._readings(text, words):
            more += extra
            if found is not None and (best is None or found.fit >= best.fit):
                best = found
            if found is not None and found.fit is not Fit.DOUBT:
                return found
        return self._look_alike(name) or best or self._partly(words, more, text)

    def _readings(self, text: str, words: tuple[Word, ...]) -> Iterator[tuple[Found | None, list[Word]]]:
        """What the name fits without tags; without its device; by what stands in brackets."""
        before, comma, after = text.partition(",")
        if comma and before.strip() and after.strip() and "," not in after:
            yield self._fit((*words_of(after), *words_of(before))), []
        reading, inside = without_tags(text, self._known)
        if reading.family:
            yield None, [owner for word in reading.words for (owner,) in owners((word,))[1:]]
        if reading.words != words and reading.words:
            yield self._capped(self._fit(reading.words, new="," not in text), reading), []
        device = of_device(reading.as_text() if inside else text, self._known)
        if device is not None and device.words:
            device.family, device.role = reading.family, reading.role
            for own in owners(device.words):
                found = self._capped(self._fit(own), device)
                if found is not None and own != device.words:  # "Peters iPad" may be Peter's, or Peters'
                    found = Found(Fit.DOUBT, "perhaps the device of somebody on the list", found.who)
                yield found, list(own)
        for content in inside:
            meant = words_of(content)
            found = self._fit(meant) if meant else None
            if found is not None and found.who:
                yield Found(Fit.DOUBT, "a name on the list stands in brackets only", found.who), []

    def _capped(self, found: Found | None, reading: Reading) -> Found | None:
        """A fit that what was left out of the reading makes weaker."""
        if found is None or found.fit < Fit.CLOSE:
            return found
        if reading.family:
            return Found(Fit.DOUBT, "a relative of somebody on the list", found.who)
        if reading.role:
            return Found(Fit.DOUBT, "claims a role beside a name", found.who)
        others = {
            who for word in reading.left for part in (word.bare, *word.parts) for who in self._words.get(part, ())
        }
        if others - set(found.who):
            return Found(Fit.DOUBT, "names several people on the list", tuple(sorted(others | set(found.who))))
        if reading.owner:
            return Found(Fit.CLOSE, "a device that bears the full name", found.who)
        return found

    # --- one reading ----------------------------------------------------------------------------------------------

    def _fit(self, words: tuple[Word, ...], *, new: bool = True) -> Found | None:
        """What exactly these words fit; None for nobody. ``new``: a middle name that the list does not know may be one
        (where several names are enumerated, it may be a second person's).
        """
        if not words or len(words) > MOST_WORDS:
            return None
        return self._whole(words) or self._near(words, new=new) or self._sounds(words)

    def _whole(self, words: tuple[Word, ...]) -> Found | None:
        key = "".join(word.text for word in words)
        exact = fitting(self._exact.get(key, ()), words, as_typed)
        if len(exact) > 1:
            return Found(Fit.DOUBT, "the name fits several people", exact, whole=True)
        folded: set[int] = set()
        for spelling in (without_marks, spelled_out):
            bare = "".join(spelling(word) for word in words)
            folded.update(fitting([f for f in self._plain.get(bare, ()) if f.whole], words, spelling))
        if exact:
            if key.isascii() and len(folded) > 1:
                return Found(Fit.DOUBT, "without its marks the name fits several people", tuple(sorted(folded)))
            return Found(Fit.EXACT, "the full name", exact, whole=True)
        if len(folded) > 1:
            return Found(Fit.DOUBT, "without its marks the name fits several people", tuple(sorted(folded)))
        if not folded:
            return None
        return self._unless_look_alike(
            words, Found(Fit.EXACT, "the full name, but for its marks", tuple(folded), whole=True)
        )

    def _unless_look_alike(self, words: tuple[Word, ...], found: Found) -> Found:
        """Letters that look like others, where the list has the others, are no marks."""
        for word in words:
            if not word.text.isascii():
                odd = (set(word.text) & LOOK_ALIKES) - self._letters[found.who[0]]
                if odd and (mixed(word.text) or any(family(char) == "LATIN" for char in odd)):
                    return Found(Fit.ATTACK, _OTHER_LETTERS, found.who)
        return found

    def _near(self, words: tuple[Word, ...], *, new: bool) -> Found | None:
        """A name without or with middle names, a nickname, a first name with initials."""
        sure: dict[int, str] = {}
        unsure: dict[int, str] = {}
        self._short(words, sure, unsure, new=new)
        if len(words) > 1:
            self._initialled(words, sure, unsure)
            self._nicknamed(words, sure, unsure)
        for who in sure:
            unsure.pop(who, None)
        if len(sure) == 1 and not unsure:
            ((who, reason),) = sure.items()
            return self._unless_look_alike(words, Found(Fit.CLOSE, reason, (who,)))
        if len(sure) > 1:
            return Found(Fit.DOUBT, "fits several people on the list", tuple(sorted({*sure, *unsure})))
        if unsure:
            reason = min(unsure.values())
            return Found(Fit.DOUBT, reason, tuple(sorted({*sure, *unsure})))
        return None

    def _short(self, words: tuple[Word, ...], sure: dict[int, str], unsure: dict[int, str], *, new: bool) -> None:
        for spelling in (without_marks, spelled_out):
            key = "".join(spelling(word) for word in words)
            forms = [form for form in self._plain.get(key, ()) if not form.whole]
            for who in fitting(forms, words, spelling):
                sure[who] = "first name and surname, without the middle name"
        if len(words) < 3:
            return
        turned = (*words[1:], words[0])  # surname first, middle names last: only such as the list has
        for order, fresh in ((words, new), (turned, False)):
            self._with_middle(order, sure, unsure, new=fresh)

    def _with_middle(self, words: tuple[Word, ...], sure: dict[int, str], unsure: dict[int, str], *, new: bool) -> None:
        for surname in {surname_at(words), len(words) - 1}:
            if surname > 1:
                self._ends((words[0], *words[surname:]), words[1:surname], sure, unsure, new=new)

    def _ends(
        self,
        ends: tuple[Word, ...],
        middle: tuple[Word, ...],
        sure: dict[int, str],
        unsure: dict[int, str],
        *,
        new: bool,
    ) -> None:
        for order in (ends, (*ends[1:], ends[0])) if new else (ends,):
            for form in self._plain.get("".join(word.bare for word in order), ()):
                if not fitting((form,), order, without_marks):
                    continue
                if middles_fit(middle, form.left_out, order, new=new) and not self._stuffed(middle):
                    sure[form.who] = "first name and surname, with a middle name"
                else:
                    unsure.setdefault(form.who, "first name and surname, but another middle name")

    def _stuffed(self, middle: tuple[Word, ...]) -> bool:
        return len(middle) > 1 and all(word.bare in self._words for word in middle)

    def _initialled(self, words: tuple[Word, ...], sure: dict[int, str], unsure: dict[int, str]) -> None:
        if words[0].initial or not all(word.initial for word in words[1:]):
            return
        letters = [word.bare for word in words[1:]]
        for listed in self._first.get(words[0].bare, ()):
            rest = [word.bare[0] for word in listed.words[1:]]
            if in_order(letters, rest):
                sure[listed.who] = "first name and the initial of the surname"
        for first in nicknames.related(words[0].bare):
            for listed in self._first.get(first, ()):
                if in_order(letters, [word.bare[0] for word in listed.words[1:]]):
                    unsure.setdefault(listed.who, "a nickname and an initial")

    def _nicknamed(self, words: tuple[Word, ...], sure: dict[int, str], unsure: dict[int, str]) -> None:
        for given, surname in ((words[0], words[-1]), (words[-1], words[0])):
            for listed in self._last.get(surname.bare, ()):
                if len(listed.words) < 2 or listed.words[0].bare == given.bare:
                    continue
                relation = nicknames.relation(given.bare, listed.words[0].bare)
                if relation is nicknames.Relation.NICKNAME and core_middle(words) == ():
                    sure.setdefault(listed.who, "a nickname and the surname")
                elif relation is not None:
                    unsure.setdefault(listed.who, "perhaps a nickname, and the surname")

    # --- other scripts --------------------------------------------------------------------------------------------

    def _sounds(self, words: tuple[Word, ...]) -> Found | None:
        """The same name in the letters of another script."""
        sure, perhaps = self._sound.whole(words)
        if len(sure) == 1:
            return Found(Fit.CLOSE, "the full name, in letters of another script", tuple(sure))
        if sure or perhaps:
            return Found(Fit.DOUBT, "may be the name in letters of another script", tuple(sorted(sure | perhaps)))
        return None

    # --- doubts ---------------------------------------------------------------------------------------------------

    def _look_alike(self, name: str) -> Found | None:
        """A name that looks like one on the list and is none."""
        if name.isascii() and not any(c.isdigit() for c in name) and not self._sound.foreign:
            return None
        itself = "".join(word.bare for word in words_of(normalise(name)))
        for look in looks_of(name):
            key = "".join(word.bare for word in words_of(look))
            who = self._looks.get(key)
            if who and (key != itself or not itself.isascii()):
                return Found(Fit.ATTACK, _OTHER_LETTERS, tuple(sorted(who)))
        return None

    @cached_property
    def _looks(self) -> dict[str, set[int]]:
        index: dict[str, set[int]] = defaultdict(set)
        for listed in self._names:
            for order in turned(listed.words):
                for look in looks_of(" ".join(word.text for word in order)):
                    index["".join(look.split())].add(listed.who)
                # Capitals look otherwise than small letters do.
                for look in looks_of(" ".join(word.text for word in order).upper()):
                    index["".join(look.split())].add(listed.who)
        return dict(index)

    def _parts(self, words: Iterable[Word]) -> tuple[int, ...]:
        """Who has one of these words in a name."""
        parts = {part for word in words for part in (word.bare, *word.parts)}
        return tuple(sorted({who for part in parts for who in self._words.get(part, ())}))

    def _partly(self, words: tuple[Word, ...], more: list[Word], text: str) -> Found:
        """What is left to say of a name that is nobody's: part of one, a device, initials, a slip; or nobody."""
        parts = self._parts((*words, *more))
        if not parts and len(words) == 1:
            parts = tuple(sorted(self._ends_of.get(words[0].bare, ())))
        if parts:
            named = [word for word in (*words, *more) if any(p in self._words for p in (word.bare, *word.parts))]
            single = len({w.bare for w in named}) == 1
            reason = "only part of a name on the list"
            if len(parts) > 1:
                reason = "part of a name that fits several people" if single else "parts of several people's names"
            return Found(Fit.DOUBT, reason, parts, part=True)
        if nameless(words):
            return Found(Fit.DOUBT, "a device or no name")
        digits = sum(c.isdigit() for c in text)
        if digits >= 7 and digits * 2 >= len(text):
            return Found(Fit.DOUBT, "a telephone number and no name")
        letters = "".join(sorted(word.bare for word in words)) if all(w.initial for w in words) else ""
        if len(words) == 1 and len(words[0].bare) <= 3 and words[0].bare.isalpha():
            letters = "".join(sorted(words[0].bare))
        if letters and letters in self._initials:
            return Found(Fit.DOUBT, "initials of somebody on the list", tuple(sorted(self._initials[letters])))
        if only_a_role(words):
            return Found(Fit.NONE, "claims a role, and says no name")
        slips = tuple(sorted(self._slips(words) or self._sound.partly(words)))
        if slips:
            return Found(Fit.DOUBT, "nearly a name on the list", slips)
        return Found(Fit.NONE, "nobody on the list has this name")

    def _slips(self, words: tuple[Word, ...]) -> set[int]:
        """Who is one slip of the key away in the whole name, or has nearly the same sound."""
        key = "".join(word.bare for word in words)
        found = self._sound.nearly(words)
        if len(key) >= _SHORTEST_SLIP:
            found |= {who for near in (key, *_shorter(key)) for who in self._near_keys.get(near, ())}
        return found

    @cached_property
    def _near_keys(self) -> dict[str, set[int]]:
        index: dict[str, set[int]] = defaultdict(set)
        for key, forms in self._plain.items():
            if len(key) >= _SHORTEST_SLIP:
                for near in (key, *_shorter(key)):
                    index[near].update(form.who for form in forms)
        return dict(index)


_OTHER_LETTERS = "looks like a name on the list, but is written with other letters"


def _shorter(key: str) -> list[str]:
    return [key[:place] + key[place + 1 :] for place in range(len(key))]
