"""Who is expected, and ``match``: who a connection's evidence fits. Knows nothing of policy, phase or who is inside."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from guardian.core.bots import note_taker
from guardian.core.identity import Evidence, Proof
from guardian.core.names import ReadName, look_alike_form, normalise, read


class Role(StrEnum):
    """What a rostered person is in the class."""

    HOST = "host"
    STAFF = "staff"
    PUPIL = "pupil"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is expected. ``accounts`` are platform account or token ids (also "registrant:ID", "link:ID").

    ``valid_from`` and ``valid_until`` in seconds UTC; None = open. ``since`` is when a guest was allowed.
    """

    id: str
    name: str
    role: Role = Role.PUPIL
    aliases: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    valid_from: float | None = None
    valid_until: float | None = None
    since: float | None = None

    def valid(self, now: float) -> bool:
        """Whether this person may enter at ``now``."""
        return (self.valid_from is None or self.valid_from <= now) and (
            self.valid_until is None or now < self.valid_until
        )


class MatchKind(StrEnum):
    """The outcome of a match. DOUBT: several candidates, part of a name, a device, or nothing to read. BOT: calls
    itself a recording or note-taking service.
    """

    PERSON = "person"
    DOUBT = "doubt"
    NOBODY = "nobody"
    BOT = "bot"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Match:
    """Who it is: one person with proofs, or candidates, or nobody; with a reason that a teacher understands.

    ``shows`` is the id of *another* person whose exact name a proven person displays.
    """

    kind: MatchKind
    reason: str
    person: Person | None = None
    proofs: frozenset[Proof] = frozenset()
    candidates: tuple[str, ...] = ()
    shows: str | None = None


@dataclass(frozen=True)
class Roster:
    """One version of the list of expected people. ``version`` identifies its content."""

    version: str
    people: tuple[Person, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Person]:
        """People by their id."""
        return {person.id: person for person in self.people}

    @cached_property
    def _by_key(self) -> dict[str, list[Person]]:
        index: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            for account in dict.fromkeys(a.casefold() for a in person.accounts):
                index[account if ":" in account else f"account:{account}"].append(person)
            for email in dict.fromkeys(e.casefold() for e in person.emails):
                index[f"email:{email}"].append(person)
            for phone in dict.fromkeys(_digits(p) for p in person.phones):
                index[f"phone:{phone}"].append(person)
        return dict(index)

    @cached_property
    def _by_name(self) -> dict[str, list[Person]]:
        return self._names(exact=True)

    @cached_property
    def _by_look(self) -> dict[str, list[Person]]:
        return self._names(exact=False)

    def _names(self, *, exact: bool) -> dict[str, list[Person]]:
        index: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            forms = (normalise(name) for name in (person.name, *person.aliases))
            for form in dict.fromkeys(f if exact else look_alike_form(f) for f in forms if f):
                index[form].append(person)
        return dict(index)

    @cached_property
    def _by_word(self) -> dict[str, list[Person]]:
        index: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            for word in sorted({w for name in (person.name, *person.aliases) for w in read(name).words}):
                index[word].append(person)
        return dict(index)

    @cached_property
    def _matches(self) -> dict[Evidence, Match]:
        return {}

    def with_guests(self, guests: tuple[Person, ...]) -> Roster:
        """This roster and today's guests. Who is listed by what a substitute is known by is that substitute."""
        if not guests:
            return self
        people = tuple(_covering(person, guests) for person in self.people)
        new = tuple(g for g in guests if not any(_is(person, g) for person in self.people))
        return Roster(f"{self.version}+{len(guests)}", people + new)

    def match(self, evidence: Evidence) -> Match:
        """Who this evidence fits. Pure; remembered per evidence, since it is asked again at every look."""
        found = self._matches.get(evidence)
        if found is None:
            if len(self._matches) >= _REMEMBERED:
                self._matches.clear()
            found = self._matches[evidence] = self._match(evidence)
        return found

    def owners_of_address(self, evidence: Evidence) -> bool:
        """Whether a registration or an address that it shows (proven or typed) belongs to somebody listed."""
        shown = (
            ("email", evidence.email),
            ("email", evidence.claimed_email),
            ("registrant", evidence.registrant),
        )
        return any(f"{kind}:{value.casefold()}" in self._by_key for kind, value in shown if value)

    def _match(self, evidence: Evidence) -> Match:
        name = read(evidence.name)
        strong = self._by_strong(evidence)
        if strong is not None:
            owners, proof = strong
            if owners:
                return self._owned(owners, proof, name)
        return self._by_display_name(evidence, name, vouched=strong is not None)

    def _by_strong(self, evidence: Evidence) -> tuple[list[Person], Proof] | None:
        """Owners of what the platform vouches for; None when it vouches for nothing."""
        keys: list[tuple[str, Proof]] = []
        if evidence.token:
            keys.append((f"account:{evidence.token.casefold()}", Proof.TOKEN))
        if evidence.link:
            keys.append((f"link:{evidence.link.casefold()}", Proof.TOKEN))
        if evidence.account:
            keys.append((f"account:{evidence.account.casefold()}", Proof.VERIFIED))
        if evidence.email:
            keys.append((f"email:{evidence.email.casefold()}", Proof.VERIFIED))
        if evidence.registrant:
            keys.append((f"registrant:{evidence.registrant.casefold()}", Proof.REGISTRANT))
        found = [(self._by_key[key], proof) for key, proof in keys if key in self._by_key]
        if not found:
            return ([], Proof.VERIFIED) if keys else None
        owners, proof = found[0]
        for others, _ in found[1:]:
            common = [person for person in owners if person in others]
            owners = common or [*owners, *(p for p in others if p not in owners)]
        return owners, proof

    def _owned(self, owners: list[Person], proof: Proof, name: ReadName) -> Match:
        named = self._by_name.get(name.text, [])
        if len(owners) > 1:
            both = [person for person in owners if person in named]
            if len(both) != 1:
                ids = tuple(person.id for person in owners)
                return Match(MatchKind.DOUBT, "an address or account that several people share", candidates=ids)
            owners = both
        person = owners[0]
        if person in named:
            return Match(MatchKind.PERSON, _WORDS[proof], person, frozenset({proof, Proof.NAME_EXACT}))
        shows = named[0].id if len(named) == 1 else None
        return Match(MatchKind.PERSON, _WORDS[proof], person, frozenset({proof}), shows=shows)

    def _by_display_name(self, evidence: Evidence, name: ReadName, *, vouched: bool) -> Match:
        if name.overlong:
            return Match(MatchKind.NOBODY, "longer than any name")
        if name.attack:
            return Match(MatchKind.CONTRADICTED, name.attack)
        named = self._by_name.get(name.text, [])
        if note_taker(evidence.name) and not named:  # a human may list one by its very name
            return Match(MatchKind.BOT, "a bot or AI note-taker")
        claims = self._claims(evidence)
        if len(named) == 1:
            return self._named(named[0], evidence, claims, vouched=vouched)
        if len(named) > 1:
            return Match(MatchKind.DOUBT, "the name fits several people", candidates=_ids(named))
        if name.text and self._by_look.get(look_alike_form(name.text)):
            return Match(MatchKind.CONTRADICTED, "looks like a name on the list, but is written with other letters")
        if claims:
            return Match(MatchKind.DOUBT, "only a typed address or a caller's number", candidates=_ids(claims))
        parts = [p for word in sorted(name.words) for p in self._by_word.get(word, [])]
        if parts:
            return Match(MatchKind.DOUBT, "only part of a name on the list", candidates=_ids(parts))
        if name.device:
            return Match(MatchKind.DOUBT, "a device or no name")
        return Match(MatchKind.NOBODY, "nobody on the list has this name")

    def _named(self, person: Person, evidence: Evidence, claims: list[Person], *, vouched: bool) -> Match:
        lists_account = evidence.account or evidence.token
        if vouched and ((lists_account and person.accounts) or (evidence.email and person.emails)):
            return Match(MatchKind.CONTRADICTED, "signed in with another account or address")
        if claims and person not in claims:
            ids = (person.id, *_ids(claims))
            return Match(MatchKind.DOUBT, "the typed address belongs to somebody else", candidates=ids)
        proofs = frozenset({Proof.NAME_EXACT, Proof.CLAIMED} if claims else {Proof.NAME_EXACT})
        return Match(MatchKind.PERSON, "the exact name only", person, proofs)

    def _claims(self, evidence: Evidence) -> list[Person]:
        found: list[Person] = []
        if evidence.claimed_email:
            found += self._by_key.get(f"email:{evidence.claimed_email.casefold()}", [])
        if evidence.phone:
            found += self._by_key.get(f"phone:{_digits(evidence.phone)}", [])
        return found


def _is(person: Person, guest: Person) -> bool:
    """Whether this guest is a substitute who is that listed person. A pupil's address may be the whole family's."""
    if guest.role is not Role.HOST:
        return False
    shown = (*person.accounts, *(person.emails if person.role in {Role.HOST, Role.STAFF} else ()))
    known = {key.casefold() for key in (*guest.accounts, *guest.emails)}
    return any(key.casefold() in known for key in shown)


def _covering(person: Person, guests: tuple[Person, ...]) -> Person:
    """This person, or as a host where they are a substitute."""
    cover = next((guest for guest in guests if _is(person, guest)), None)
    if cover is None:
        return person
    trusted = person.role in {Role.HOST, Role.STAFF} and person.valid_until is None
    until = None if trusted else cover.valid_until  # who is trusted anyway is not locked out when the cover is over
    return replace(person, role=Role.HOST, valid_from=None, valid_until=until, since=cover.since)


_REMEMBERED = 4096
_WORDS = {
    Proof.TOKEN: "a signed personal token",
    Proof.VERIFIED: "a signed-in account or address on the list",
    Proof.REGISTRANT: "a registration made for this person",
}


def _ids(people: list[Person]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(person.id for person in people))


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())
