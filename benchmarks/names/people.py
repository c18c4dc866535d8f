"""Classes of invented people for the regenerated sets: names by faker, in the languages that a school may have.

Nothing of the sample is read here. ``anyascii`` and faker romanise; the guardian's own tables do not.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from anyascii import anyascii
from faker import Faker

LOCALES = (
    "en_GB en_IE en_KE en_NG en_IN es_ES es_MX pt_BR pt_PT fr_FR it_IT de_DE de_AT nl_NL da_DK no_NO sv_SE fi_FI et_EE"
    " lv_LV lt_LT pl_PL cs_CZ sk_SK sl_SI hr_HR hu_HU ro_RO tr_TR az_AZ vi_VN zu_ZA yo_NG tw_GH ga_IE ru_RU uk_UA bg_BG"
    " mk_MK el_GR hy_AM ka_GE he_IL fa_IR ar_AA hi_IN bn_BD gu_IN ta_IN or_IN th_TH zh_CN zh_TW ko_KR ja_JP"
).split()
SPACELESS = frozenset("zh_CN zh_TW ko_KR ja_JP".split())
DOMAINS = ("hillside.example", "st-annes.example", "gym-nord.example", "escola-azul.example")
PLATFORMS = ("zoom", "webex", "jitsi")
ALIASES = "Dragon Rainbow Pixel Tiger Ninja Cookie Falcon Mango".split()


@dataclass
class Someone:
    """A person of a class. ``middle`` may be empty; Chinese and Korean names are written in one, family first."""

    id: str
    given: str
    middle: str
    family: str
    locale: str
    aliases: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    accounts: list[dict[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name as on the list."""
        if self.locale in SPACELESS:
            return self.family + self.given
        return " ".join(part for part in (self.given, self.middle, self.family) if part)

    @property
    def latin(self) -> bool:
        """Whether it is written in Latin letters."""
        return all(unicodedata.name(c, "").startswith("LATIN") for c in self.name if c.isalpha())

    def row(self) -> dict[str, Any]:
        """The person on a roster line."""
        return {
            "id": self.id, "name": self.name, "aliases": self.aliases, "emails": self.emails,
            "accounts": self.accounts, "role": "teacher" if self.id == "p001" else "pupil",
        }  # fmt: skip


class Names:
    """Names by locale, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._seed = seed
        self._fakers: dict[str, Faker] = {}

    def of(self, locale: str) -> tuple[str, str]:
        """A given name and a family name."""
        faker = self._fakers.get(locale)
        if faker is None:
            faker = self._fakers[locale] = Faker(locale)
            faker.seed_instance(self._seed)
        return faker.first_name().strip(), faker.last_name().strip()

    def secret(self, length: int = 22) -> str:
        """An account id."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_"
        return "".join(self.chance.choice(letters) for _ in range(length))


def class_of(names: Names, size: int, locales: list[str]) -> list[Someone]:
    """A class; a few pupils share first names, surnames or an address, as pupils do."""
    chance = names.chance
    people: list[Someone] = []
    taken: set[str] = set()
    while len(people) < size:
        locale = chance.choice(locales)
        given, family = names.of(locale)
        if people and chance.random() < 0.2:
            other = chance.choice(people)
            if other.locale == locale:
                given, family = (other.given, family) if chance.random() < 0.6 else (given, other.family)
        middle = names.of(locale)[0] if chance.random() < 0.2 and locale not in SPACELESS else ""
        person = Someone(f"p{len(people) + 1:03d}", given, middle if middle != given else "", family, locale)
        key = flat(person.name)
        if key in taken or flat(given) == flat(family):
            continue
        taken.add(key)
        _reachable(names, person)
        people.append(person)
    return people


def _reachable(names: Names, person: Someone) -> None:
    chance = names.chance
    local = ".".join(flat(part) for part in (person.given, person.family)) or "pupil"
    if chance.random() < 0.6:
        person.emails.append(
            f"{local}.{chance.randrange(10, 999)}@gmail.com"
            if chance.random() < 0.5
            else f"{local}@{chance.choice(DOMAINS)}"
        )
    if chance.random() < 0.45:
        person.accounts.append({"platform": chance.choice(("zoom", "webex")), "id": names.secret()})
    if chance.random() < 0.2:
        person.aliases.append(f"{chance.choice(ALIASES)}{chance.randrange(10, 99)}{person.id[-2:]}")


@cache
def flat(name: str) -> str:
    """Letters only, romanised: what two names are compared by when they must be different."""
    return "".join(c for c in anyascii(name).casefold() if c.isalnum())


def stripped(name: str) -> str:
    """Latin letters without marks, as somebody types who has no such keys."""
    bare = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("ø", "o").replace("đ", "d").replace("ı", "i"))
    return unicodedata.normalize("NFC", "".join(c for c in bare if not unicodedata.combining(c)))


def clear_of(people: list[Someone], name: str) -> bool:
    """Whether a stranger's name shares no word, and nearly none, with anybody's."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415

    own = {flat(word) for word in name.split()}
    theirs = {flat(w) for p in people for w in [*p.name.split(), p.given, p.family, p.middle, *p.aliases] if w}
    return not own & theirs and all(Levenshtein.distance(flat(name), flat(p.name)) > 3 for p in people)
