"""Sets of the sample's kinds with other names: ``python -m benchmarks.names.remade SEED [ROSTERS] > set.jsonl``.

The kinds and their labels follow the sample's README; the people are faker's, so that no rule can be tuned to a row.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

from anyascii import anyascii

from benchmarks.names.people import LOCALES, Names, Someone, class_of, clear_of, flat, stripped
from guardian.core.nicknames import relation

KNOWN, UNSURE, UNKNOWN = "known", "unsure", "unknown"
ONLY_KNOWN, MAY_KNOW, HELD = (KNOWN,), (KNOWN, UNSURE), (UNSURE,)
NOT_IN, OUT = (UNSURE, UNKNOWN), (UNKNOWN,)
PLACES = (5, 8, 12, 20, 24, 30, 40)
NICKNAMES = (
    ("Robert", "Bob"), ("William", "Bill"), ("Elizabeth", "Liz"), ("Margaret", "Peggy"), ("Katherine", "Kate"),
    ("Edward", "Ned"), ("Theodore", "Ted"), ("Nicholas", "Nick"), ("Samuel", "Sam"), ("Patricia", "Patty"),
    ("Deborah", "Debbie"), ("Gregory", "Greg"), ("Benjamin", "Ben"), ("Susannah", "Sue"), ("Timothy", "Tim"),
)  # fmt: skip
LOOKS = {
    "a": "аɑα",
    "e": "еҽ",
    "o": "оοօ",
    "c": "сϲ",
    "p": "рρ",
    "x": "хⲭ",
    "i": "іɩ",
    "s": "ѕ",
    "n": "ո",
    "h": "һ",
    "L": "ᏞⳐ",
    "A": "АΑᎪ",
    "M": "МΜⲘ",
}
HIDDEN = "\u200b\u200c\u200d\u202e\u202d\u2066\u00ad\u2060\ufeff\u180e\u034f\u3164"


class Class:
    """A class, and what is asked of it."""

    def __init__(self, names: Names, roster: str, size: int, locales: list[str]) -> None:
        self.names, self.roster, self.chance = names, roster, names.chance
        self.locales = locales
        self.people = class_of(names, size, locales)

    def add(self, given: str, family: str, locale: str = "en_GB", middle: str = "") -> Someone | None:
        """Somebody more, who must not bear a name that is there."""
        if any(flat(p.family) == flat(family) or flat(p.given) == flat(given) for p in self.people):
            return None
        person = Someone(f"p{len(self.people) + 1:03d}", given, middle, family, locale)
        self.people.append(person)
        return person

    def one(
        self, *, latin: bool | None = None, email: bool = False, account: bool = False, marks: bool = False
    ) -> Someone | None:
        """A pupil of this sort who shares the full name with nobody."""
        fit = [
            p
            for p in self.people
            if (latin is None or p.latin == latin)
            and (not email or p.emails)
            and (not account or p.accounts)
            and (not marks or (p.latin and stripped(p.name) != p.name))
            and sum(flat(q.given + q.family) == flat(p.given + p.family) for q in self.people) == 1
        ]
        return self.chance.choice(fit) if fit else None

    def stranger(self, locales: list[str] | None = None) -> str:
        """A name that has nothing of anybody's here."""
        while True:
            locale = self.chance.choice(locales or LOCALES)
            given, family = self.names.of(locale)
            name = family + given if locale[:2] in {"zh", "ko", "ja"} else f"{given} {family}"
            if clear_of(self.people, name) and clear_of(self.people, f"{given} {family}"):
                return name

    def shares_first(self, person: Someone) -> bool:
        """Whether another pupil has the same first name, or one that is nearly it."""
        return any(p is not person and flat(p.given.split()[0]) == flat(person.given.split()[0]) for p in self.people)


Made = tuple[str, str | None, tuple[str, ...], dict[str, Any]]
"""The name shown, who it is, the right decisions, and other facts of the case."""
Kind = Callable[[Class], Made | None]


def _of(person: Someone | None, name: Callable[[Someone], str], accept: tuple[str, ...], **more: Any) -> Made | None:
    return None if person is None else (name(person), person.id, accept, more)


def _short(p: Someone) -> str:
    return p.name if p.locale[:2] in {"zh", "ko", "ja"} else f"{p.given} {p.family}"


def _spaced(p: Someone, sep: str) -> str:
    return sep.join((p.family, p.given) if p.locale[:2] in {"zh", "ko", "ja"} else (p.given, p.family))


def _initial(c: Class) -> Made | None:
    p = c.one()
    if p is None or p.locale[:2] in {"zh", "ko", "ja"} or len(p.given.split()) > 1:
        return None
    name = f"{p.given} {p.family[0]}{c.chance.choice(['', '.'])}"
    rivals = [q for q in c.people if q is not p and flat(q.given) == flat(p.given)]
    if rivals and any(flat(part)[:1] == flat(p.family)[:1] for q in rivals for part in (q.family, q.middle) if part):
        return name, p.id, HELD, {}
    return name, p.id, ONLY_KNOWN, {}


def _first_only(c: Class) -> Made | None:
    p = c.one()
    return None if p is None else (p.given, p.id, HELD if c.shares_first(p) else MAY_KNOW, {})


def _nickname(c: Class) -> Made | None:
    formal, nick = c.chance.choice(NICKNAMES)
    family = c.names.of("en_GB")[1]
    p = c.add(formal, family)
    return (
        None
        if p is None or any(flat(q.given) == flat(nick) for q in c.people)
        else (f"{nick} {family}", p.id, ONLY_KNOWN, {})
    )


def _near_given(c: Class) -> Made | None:
    p = c.one(latin=True)
    if p is None or p.middle or len(p.given.split()) > 1:
        return None
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415

    for _ in range(200):
        given, _family = c.names.of(p.locale)
        if 0 < Levenshtein.distance(flat(given), flat(p.given)) <= 2 and flat(given)[0] == flat(p.given)[0]:
            if any(flat(q.given + q.family) == flat(given + p.family) for q in c.people) or relation(
                given.casefold(), p.given.casefold()
            ):
                return None  # a nickname is no other name
            return f"{given} {p.family}", None, NOT_IN, {}
    return None


def _near_family(c: Class) -> Made | None:
    p = c.one(latin=True)
    if p is None or p.middle:
        return None
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415

    for _ in range(200):
        _given, family = c.names.of(p.locale)
        if 0 < Levenshtein.distance(flat(family), flat(p.family)) <= 2:
            if any(flat(q.given + q.family) == flat(p.given + family) for q in c.people):
                return None
            return f"{p.given} {family}", None, NOT_IN, {}
    return None


def _crossed(c: Class) -> Made | None:
    p, q = c.chance.sample(c.people, 2)
    name = (
        (q.family + p.given) if p.locale[:2] in {"zh", "ko", "ja"} and p.locale == q.locale else f"{p.given} {q.family}"
    )
    if any(flat(name) in {flat(r.given + r.family), flat(r.family + r.given), flat(r.name)} for r in c.people):
        return None
    return (
        None if {p.locale[:2], q.locale[:2]} & {"zh", "ko", "ja"} and p.locale != q.locale else (name, None, NOT_IN, {})
    )


def _homoglyph(c: Class) -> Made | None:
    p = c.one(latin=True)
    places = [i for i, char in enumerate(p.name) if char in LOOKS] if p else []
    if p is None or not places:
        return None
    chosen = set(c.chance.sample(places, c.chance.randint(1, min(3, len(places)))))
    name = "".join(c.chance.choice(LOOKS[char]) if i in chosen else char for i, char in enumerate(p.name))
    return name, None, NOT_IN, {}


def _invisible(c: Class) -> Made | None:
    p = c.one(latin=True)
    if p is None:
        return None
    if c.chance.random() < 0.3:
        return (
            "".join(x + "".join(c.chance.choice("\u0300\u0316\u0337\u035c\u0323") for _ in range(3)) for x in p.name),
            None,
            NOT_IN,
            {},
        )
    at = c.chance.randrange(1, len(p.name))
    return p.name[:at] + c.chance.choice(HIDDEN) + p.name[at:], None, NOT_IN, {}


def _mojibake(c: Class) -> Made | None:
    p = c.one(marks=True)
    return (
        None
        if p is None
        else (
            p.name.encode().decode("cp1252" if c.chance.random() < 0.3 and _codable(p.name) else "latin-1"),
            p.id,
            MAY_KNOW,
            {},
        )
    )


def _codable(name: str) -> bool:
    try:
        name.encode().decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _translit(c: Class) -> Made | None:
    p = c.one(latin=False)
    if p is None or p.locale in {"ja_JP", "th_TH"}:
        return None
    given, family = (" ".join(anyascii(part).split()) for part in (p.given, p.family))
    if not (given + family).replace(" ", "").replace("'", "").isalpha():
        return None
    given, family = given.capitalize(), family.capitalize()
    if any(q is not p and (flat(q.given), flat(q.family)) == (flat(p.given), flat(p.family)) for q in c.people):
        return None
    return (f"{given} {family}" if c.chance.random() < 0.7 else f"{family} {given}"), p.id, ONLY_KNOWN, {}


def _translit_stranger(c: Class) -> Made | None:
    p = c.one(latin=False)
    if p is None:
        return None
    given, _ = c.names.of(p.locale)
    if any(flat(q.given) == flat(given) for q in c.people):
        return None
    return f"{anyascii(given).capitalize()} {anyascii(p.family).capitalize()}", None, NOT_IN, {}


def _typo(c: Class) -> Made | None:
    p = c.one(latin=True)
    if p is None or len(p.family) < 5:
        return None
    at = c.chance.randrange(1, len(p.family) - 1)
    slip = c.chance.choice(
        (
            p.family[:at] + p.family[at + 1 :],
            p.family[:at] + "q" + p.family[at:],
            p.family[:at] + p.family[at + 1] + p.family[at] + p.family[at + 2 :],
        )
    )
    return f"{p.given} {slip}", p.id, MAY_KNOW, {}


def _stylised(c: Class) -> Made | None:
    p = c.one(latin=True)
    if p is None or not p.name.isascii():
        return None
    base = c.chance.choice((0x1D400, 0x1D4D0, 0x1D670))
    return (
        "".join(
            chr(base + ord(x) - 65) if x.isupper() else chr(base + 26 + ord(x) - 97) if x.islower() else x
            for x in p.name
        ),
        p.id,
        MAY_KNOW,
        {},
    )


def _middle_conflict(c: Class) -> Made | None:
    p = next((q for q in c.people if q.middle and len(q.middle.split()) == 1), None)
    other = c.names.of(p.locale)[0] if p else ""
    if (
        p is None
        or flat(other)[:1] == flat(p.middle)[:1]
        or any(q is not p and flat(q.given + q.family) == flat(p.given + p.family) for q in c.people)
    ):
        return None
    return f"{p.given} {other} {p.family}", None, NOT_IN, {}


def _with_middle(c: Class) -> Made | None:
    p = c.one()
    if p is None or p.locale[:2] in {"zh", "ko", "ja"}:
        return None
    if p.middle:
        return c.chance.choice((f"{p.given} {p.family}", f"{p.given} {p.middle[0]}. {p.family}")), p.id, ONLY_KNOWN, {}
    middle = c.names.of(p.locale)[0]
    return f"{p.given} {c.chance.choice((middle, middle[0] + '.'))} {p.family}", p.id, ONLY_KNOWN, {}


def _stuffing(c: Class) -> Made:
    some = c.chance.sample(c.people, min(len(c.people), c.chance.randint(3, 5)))
    return c.chance.choice((", ", " | ", " ", "/")).join(p.name for p in some), None, NOT_IN, {}


def _two(c: Class) -> Made:
    p, q = c.chance.sample(c.people, 2)
    return f"{_short(p)}{c.chance.choice((' and ', ' & ', ', ', ' + '))}{_short(q)}", p.id, HELD, {}


def _impostor(c: Class, fact: str) -> Made | None:
    p = c.one(email=fact == "email", account=fact == "account")
    if p is None:
        return None
    if fact == "email":
        return _short(p), None, NOT_IN, {"email": f"u{c.chance.randrange(10**5)}@mail.example", "email_verified": True}
    return _short(p), None, NOT_IN, {"account_id": c.names.secret(), "platform": p.accounts[0]["platform"]}


def _lookalike_address(c: Class) -> Made | None:
    p = c.one(email=True)
    if p is None:
        return None
    local, _, domain = p.emails[0].partition("@")
    made = c.chance.choice(
        (f"{local}@{domain.replace('i', '1', 1).replace('e', '3', 1)}", f"{local}1@{domain}", f"{local}@mail.{domain}",
         f'"{local}"@{domain}', f"{local}@{domain}.example", f"{local.replace('a', 'а', 1)}x@{domain}", f"{local}@{domain.replace('s', 'ſ', 1)}x")
    )  # fmt: skip
    return _short(p), None, NOT_IN, {"email": made, "email_verified": True}


def _gmail(c: Class) -> Made | None:
    p = next((q for q in c.people if q.emails and q.emails[0].endswith("@gmail.com")), None)
    if p is None:
        return None
    local = p.emails[0].partition("@")[0]
    made = c.chance.choice(
        (local.replace(".", "") + "@gmail.com", local + "@googlemail.com", local.replace(".", "", 1) + "@Gmail.com")
    )
    return c.chance.choice((p.given, _short(p), "zzz")), p.id, ONLY_KNOWN, {"email": made, "email_verified": True}


def _inside(c: Class) -> Made | None:
    p = c.one()
    return None if p is None else (_short(p), None, NOT_IN, {"present": [p.id]})


def _same_part(c: Class, part: str) -> Made | None:
    p = c.one()
    if p is None or p.locale[:2] in {"zh", "ko", "ja"}:
        return None
    given, family = c.names.of(p.locale)
    name = f"{p.given} {family}" if part == "given" else f"{given} {p.family}"
    mine = [flat(q.given + q.family) for q in c.people] + [flat(q.given + q.middle + q.family) for q in c.people]
    return None if flat(name) in mine or flat(given) == flat(p.given) else (name, None, NOT_IN, {})


def _device_full(c: Class) -> Made | None:
    p = c.one()
    return _of(
        p,
        lambda p: c.chance.choice(
            (
                "{}'s iPad",
                "{}’s Galaxy A7",
                "iPhone de {}",
                "{}-PC",
                "{} - celular",
                "{}'s MacBook Air",
                "{} (iPhone)",
                "iPad von {}",
            )
        ).format(_short(p)),
        ONLY_KNOWN,
    )


def _tagged(c: Class) -> Made | None:
    tag = c.chance.choice(
        (
            "{} (7B)",
            "5-C {}",
            "12. {}",
            "{} - Year 7",
            "{} | Class 4A",
            "[3a] {}",
            "{} (late, sorry)",
            "{} (camera broken)",
            "Seat 9 {}",
            "{} #14",
            "{} - brb",
            "{}_6B",
            "Grade 5 - {}",
        )
    )
    return _of(c.one(), lambda p: tag.format(_short(p)), ONLY_KNOWN)


def _pronouns(c: Class) -> Made | None:
    tag = c.chance.choice(
        (
            "{} (she/her)",
            "{} he/him",
            "{} [they/them]",
            "{} (ella)",
            "{} (any pronouns)",
            "{} - she/they",
            "{} (er/ihm)",
            "{} (iel)",
        )
    )
    return _of(c.one(), lambda p: tag.format(_short(p)), ONLY_KNOWN)


def _emoji(c: Class) -> Made | None:
    tag = c.chance.choice(("{} 🎈", "🐼{}🐼", "{} ❤️", "👩‍🎓 {}", "{} 👍🏽", "⭐️ {} ⭐️", "{} 🏴󠁧󠁢󠁥󠁮󠁧󠁿"))
    return _of(c.one(), lambda p: tag.format(_short(p)), ONLY_KNOWN)


def _family(c: Class) -> Made | None:
    tag = c.chance.choice(
        ("{f} family", "Family {f}", "{n} (parent)", "Mother of {n}", "{n}'s mum", "{n} (dad)", "Familia {f}")
    )
    return _of(c.one(), lambda p: tag.format(f=p.family, n=_short(p)), HELD)


def _initials_only(c: Class) -> Made | None:
    p = c.one(latin=True)
    return (
        None
        if p is None
        else (
            c.chance.choice((p.given[0] + p.family[0], p.given[0], (p.given[0] + p.family[0]).lower())),
            p.id,
            HELD,
            {},
        )
    )


def _stranger(c: Class, *, verified: bool = False, local: bool = False) -> Made:
    name = c.chance.choice(("{}", "{}", "{} (he/him)")).format(c.stranger(c.locales if local else None))
    more = {"email": f"g{c.chance.randrange(10**6)}@mail.example", "email_verified": True} if verified else {}
    return (name.upper() if c.chance.random() < 0.2 else name), None, OUT, more


def _words(*names: str, accept: tuple[str, ...], truth: bool = False) -> Kind:
    return lambda c: (c.chance.choice(names), c.chance.choice(c.people).id if truth else None, accept, {})


def _account(c: Class) -> Made | None:
    p = c.one(account=True)
    return (
        None
        if p is None
        else (
            c.chance.choice((_short(p), "", "🦊", "iPad", p.given)),
            p.id,
            ONLY_KNOWN,
            {"account_id": p.accounts[0]["id"], "platform": p.accounts[0]["platform"]},
        )
    )


def _address(
    c: Class, name: str, accept: tuple[str, ...], *, verified: bool, change: Callable[[str], str] = str
) -> Made | None:
    p = c.one(email=True)
    if p is None:
        return None
    return (
        name.format(_short(p)),
        p.id if "{}" in name or verified else None,
        accept,
        {"email": change(p.emails[0]), "email_verified": verified},
    )


def _plus(email: str) -> str:
    return email.replace("@", "+class@")


def _prank(c: Class) -> Made | None:
    p, q = c.one(email=True), c.chance.choice(c.people)
    return None if p is None or p is q else (_short(q), p.id, MAY_KNOW, {"email": p.emails[0], "email_verified": True})


KINDS: dict[str, Kind] = {
    "account": _account,
    "alias": lambda c: _of(next((p for p in c.people if p.aliases), None), lambda p: p.aliases[0].lower(), ONLY_KNOWN),
    "blank": _words("", " ", "\u3000", "\r\n", ".", "--", accept=HELD, truth=True),
    "case": lambda c: _of(c.one(), lambda p: c.chance.choice((p.name.upper(), p.name.lower())), ONLY_KNOWN),
    "class_tag": _tagged,
    "classmate_prank": _prank,
    "crossed": _crossed,
    "device_full": _device_full,
    "device_stranger": lambda c: (c.chance.choice(("{}'s iPad", "iPad de {}", "{}-PC")).format(c.stranger()), None, NOT_IN, {}),
    "diacritics": lambda c: _of(c.one(marks=True), lambda p: stripped(_short(p)), ONLY_KNOWN),
    "edge_invisible": lambda c: _of(c.one(), lambda p: c.chance.choice(("\ufeff{}", "{}\u200b", "\u2060{}", "{}\u200e")).format(p.name), MAY_KNOW),
    "email_verified": lambda c: _address(c, c.chance.choice(("{}", "zzz", "")), ONLY_KNOWN, verified=True, change=str.upper),
    "emoji": _emoji,
    "exact": lambda c: _of(c.one(), lambda p: p.name, ONLY_KNOWN),
    "family": _family,
    "first_initial": _initial,
    "first_only": _first_only,
    "generic_device": _words("iPad", "User", "DESKTOP-8AB12CD", "Galaxy S9", "student", "iPhone (3)", "PC", accept=HELD, truth=True),
    "gmail_dots": _gmail,
    "homoglyph": _homoglyph,
    "host_tag": lambda c: _of(c.one(), lambda p: c.chance.choice(("{} (Host, me)", "{} (Co-host)", "{} (Host)")).format(_short(p)), MAY_KNOW),
    "impostor_account": lambda c: _impostor(c, "account"),
    "impostor_email": lambda c: _impostor(c, "email"),
    "impostor_present": _inside,
    "initials": _initials_only,
    "invisible": _invisible,
    "lookalike_email": _lookalike_address,
    "middle": _with_middle,
    "middle_conflict": _middle_conflict,
    "mojibake": _mojibake,
    "near_family": _near_family,
    "near_given": _near_given,
    "nickname": _nickname,
    "overlong": lambda c: (c.chance.choice((c.people[0].name * 60, c.people[0].name + "\x00admin", "'; DROP TABLE x;--")), None, NOT_IN, {}),
    "paren_original": lambda c: _of(c.one(), lambda p: f"{c.chance.choice(('pasta', 'xx2010', 'iPad', p.given))} ({_short(p)})", MAY_KNOW),
    "plus_address": lambda c: _address(c, "{}", MAY_KNOW, verified=True, change=_plus),
    "pronouns": _pronouns,
    "role_claim": _words("Host", "Teacher", "The Teacher", "Zoom Support", "IT Admin", "Moderator", "Otter.ai notetaker", accept=NOT_IN),
    "same_first": lambda c: _same_part(c, "given"),
    "same_surname": lambda c: _same_part(c, "family"),
    "spacing": lambda c: _of(c.one(), lambda p: _spaced(p, c.chance.choice(("", ".", "_", "  ", "-"))), ONLY_KNOWN),
    "stranger_any": _stranger,
    "stranger_local": lambda c: _stranger(c, local=True),
    "stranger_verified": lambda c: _stranger(c, verified=True),
    "stuffing": _stuffing,
    "stylised": _stylised,
    "surname_first": lambda c: _of(c.one(), lambda p: c.chance.choice((f"{p.family}, {p.given}", f"{p.family.upper()} {p.given}", f"{p.family},{p.given}")), ONLY_KNOWN),
    "translit": _translit,
    "translit_stranger": _translit_stranger,
    "troll": _words("joe mama", "mike hawk", "amogus", "Elon Musk", "hacked by anon", "zoom raider", "Donald Trump", accept=OUT),
    "two_on_one": _two,
    "typed_email_only": lambda c: _address(c, "iPad", NOT_IN, verified=False),
    "typed_same_email": lambda c: _address(c, "{}", ONLY_KNOWN, verified=False),
    "typo": _typo,
    "unicode_form": lambda c: _of(c.one(), lambda p: p.name.replace(" ", c.chance.choice(("\u00a0", "   ", "\t", "\u3000"))), ONLY_KNOWN),
    "verified_personal": lambda c: _address(c, "{}", HELD, verified=True, change=lambda e: "zz" + e.partition("@")[0] + "7@mail.example"),
}  # fmt: skip


def remade(seed: int, rosters: int = 60) -> Iterator[dict[str, Any]]:
    """The lines of a set: each roster, then one case of each kind that it allows."""
    names = Names(seed)
    number = 0
    for n in range(rosters):
        locales = names.chance.sample(LOCALES, names.chance.randint(3, 8))
        group = Class(names, f"r{n:03d}", names.chance.choice(PLACES), locales)
        made = [(kind, case) for kind, make in KINDS.items() if (case := make(group)) is not None]
        yield {
            "type": "roster",
            "roster": group.roster,
            "people": [p.row() for p in names.chance.sample(group.people, len(group.people))],
        }
        for kind, case in made:
            number += 1
            yield case_line(f"m{number:05d}", kind, group.roster, case)


def case_line(case: str, kind: str, roster: str, made: Made) -> dict[str, Any]:
    """A case as a line of a set."""
    name, truth, accept, more = made
    joiner = {"name": name, "email": None, "email_verified": False, "account_id": None, "platform": "jitsi"}
    joiner |= {key: value for key, value in more.items() if key != "present"}
    return {
        "type": "case", "case": case, "kind": kind, "roster": roster, "joiner": joiner,
        "present": more.get("present", []), "truth": truth, "accept": list(accept),
    }  # fmt: skip


def main() -> None:
    """Write a set to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.names.remade", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("rosters", type=int, nargs="?", default=60)
    asked = parser.parse_args()
    random.seed(asked.seed)
    for line in remade(asked.seed, asked.rosters):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
