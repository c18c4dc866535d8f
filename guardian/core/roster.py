"""Who is expected, and ``match``: whom a connection's evidence fits, its name, addresses and accounts together.

Knows nothing of policy or phase. How a name is read stands in ``match``, ``names_read`` and ``scripts``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from guardian.core.addresses import same_address, same_id, without_plus
from guardian.core.bots import note_taker
from guardian.core.identity import STRONG_PROOFS, Evidence, Proof
from guardian.core.match import Fit, Found, NameIndex
from guardian.core.names import LONGEST_NAME, normalise


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
            keys = [_account_key(account) for account in person.accounts]
            keys += [f"email:{same_address(email)}" for email in person.emails]
            keys += [f"phone:{_digits(phone)}" for phone in person.phones]
            for key in dict.fromkeys(keys):
                index[key].append(person)
        return dict(index)

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex([(person.name, *person.aliases) for person in self.people])

    @cached_property
    def _among(self) -> dict[tuple[str, ...], NameIndex]:
        return {}

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

    def match(self, evidence: Evidence, inside: Collection[str] = ()) -> Match:
        """Whom this evidence fits; ``inside``: ids of people who are in the meeting already under their own identity.

        Somebody inside is not matched a second time without a strong proof: it is a doubt. Pure; remembered for each
        evidence, since it is asked again at every look.
        """
        found = self._matches.get(evidence)
        if found is None:
            if len(self._matches) >= _REMEMBERED:
                self._matches.clear()
            found = self._matches[evidence] = self._match(evidence)
        if found.person is None or found.person.id not in inside or found.proofs & STRONG_PROOFS:
            return found
        return Match(MatchKind.DOUBT, "this person is already inside", candidates=(found.person.id,))

    def owners_of_address(self, evidence: Evidence) -> bool:
        """Whether a registration or an address that it shows (proven or typed) belongs to somebody listed."""
        emails = (evidence.email, evidence.claimed_email)
        keys = [f"email:{same_address(email)}" for email in emails if email]
        if evidence.registrant:
            keys.append(f"registrant:{same_id(evidence.registrant)}")
        return any(key in self._by_key for key in keys)

    def _match(self, evidence: Evidence) -> Match:
        owners, proof = self._by_strong(evidence)
        if owners:
            return self._owned(owners, proof, evidence.name)
        return self._by_display_name(evidence)

    def _by_strong(self, evidence: Evidence) -> tuple[list[Person], Proof]:
        """The owners of what the platform vouches for. Where two facts have different owners, all of them."""
        keys: list[tuple[str, Proof]] = []
        if evidence.token:
            keys.append((f"account:{same_id(evidence.token)}", Proof.TOKEN))
        if evidence.link:
            keys.append((f"link:{same_id(evidence.link)}", Proof.TOKEN))
        if evidence.account:
            keys.append((f"account:{same_id(evidence.account)}", Proof.VERIFIED))
        if evidence.email:
            keys.append((f"email:{same_address(evidence.email)}", Proof.VERIFIED))
        if evidence.registrant:
            keys.append((f"registrant:{same_id(evidence.registrant)}", Proof.REGISTRANT))
        found = [(self._by_key[key], proof) for key, proof in keys if key in self._by_key]
        if not found:
            return [], Proof.VERIFIED
        owners, proof = found[0]
        for others, _ in found[1:]:
            common = [person for person in owners if person in others]
            owners = common or [*owners, *(p for p in others if p not in owners)]
        return owners, proof

    def _owned(self, owners: list[Person], proof: Proof, name: str) -> Match:
        if len(owners) > 1:
            told = self._told_apart(owners, name)
            if told is None:
                return Match(
                    MatchKind.DOUBT, "an address or account that several people share", candidates=_ids(owners)
                )
            owners = [told]
        person = owners[0]
        if name in {person.name, *person.aliases}:  # the usual case, for which no index of names need be made
            return Match(MatchKind.PERSON, _WORDS[proof], person, frozenset({proof, Proof.NAME_EXACT}))
        found = self._names.find(name)
        named = [self.people[place] for place in found.who] if found.whole else []
        if person in named:
            return Match(MatchKind.PERSON, _WORDS[proof], person, frozenset({proof, Proof.NAME_EXACT}))
        shows = named[0].id if len(named) == 1 else None
        return Match(MatchKind.PERSON, _WORDS[proof], person, frozenset({proof}), shows=shows)

    def _told_apart(self, owners: list[Person], name: str) -> Person | None:
        """Which of those who share an address the name means: the only one whom it, or a part of it, fits."""
        owners = sorted(owners, key=lambda person: person.id)
        ids = _ids(owners)
        index = self._among.get(ids)
        if index is None:
            index = self._among[ids] = NameIndex([(person.name, *person.aliases) for person in owners])
        found = index.find(name)
        sure = found.fit >= Fit.CLOSE or (found.fit is Fit.DOUBT and found.part)
        return owners[found.who[0]] if sure and len(found.who) == 1 else None

    def _by_display_name(self, evidence: Evidence) -> Match:
        found = self._names.find(evidence.name)
        people = [self.people[place] for place in found.who]
        if found.fit is Fit.ATTACK:
            return Match(MatchKind.CONTRADICTED, found.reason, candidates=_ids(people))
        if (
            len(evidence.name) <= LONGEST_NAME
            and note_taker(evidence.name)
            and not self._lists_this_bot(evidence.name, people)
        ):
            return Match(MatchKind.BOT, "a bot or AI note-taker")
        claims = self._claims(evidence)
        if found.fit >= Fit.CLOSE:
            return self._named(people[0], found, evidence, claims)
        if found.fit is Fit.DOUBT and people:
            return Match(MatchKind.DOUBT, found.reason, candidates=_ids([*people, *claims]))
        if claims:
            return Match(MatchKind.DOUBT, "only a typed address or a caller's number", candidates=_ids(claims))
        return Match(MatchKind.DOUBT if found.fit is Fit.DOUBT else MatchKind.NOBODY, found.reason)

    def _lists_this_bot(self, name: str, people: list[Person]) -> bool:
        """A human may list a bot by its very name."""
        return any(normalise(name) == normalise(own) for person in people for own in (person.name, *person.aliases))

    def _named(self, person: Person, found: Found, evidence: Evidence, claims: list[Person]) -> Match:
        against = _against(person, evidence)
        if against:
            return Match(MatchKind.CONTRADICTED, against, candidates=(person.id,))
        if claims and person not in claims:
            ids = _ids([person, *claims])
            return Match(MatchKind.DOUBT, "the typed address belongs to somebody else", candidates=ids)
        exact = found.fit is Fit.EXACT
        proofs = {Proof.NAME_EXACT if exact else Proof.NAME_CLOSE}
        if claims or (evidence.email and person.emails):  # what is not against is an address of hers with a plus
            proofs.add(Proof.CLAIMED)
        return Match(MatchKind.PERSON, "the exact name only" if exact else found.reason, person, frozenset(proofs))

    def _claims(self, evidence: Evidence) -> list[Person]:
        found: list[Person] = []
        if evidence.claimed_email:
            found += self._by_key.get(f"email:{same_address(evidence.claimed_email)}", [])
        if evidence.phone:
            found += self._by_key.get(f"phone:{_digits(evidence.phone)}", [])
        return found


def _against(person: Person, evidence: Evidence) -> str | None:
    """What the platform vouches for that is not this person's, where the list knows hers; in words."""
    accounts = [account for account in person.accounts if not account.startswith(_OTHER_KEYS)]
    if accounts and (evidence.account or evidence.token):
        return "signed in with another account"
    if person.emails and evidence.email:
        listed = {same_address(email) for email in person.emails}
        if without_plus(evidence.email) not in listed:
            return "signed in with another address"
    return None


def _account_key(account: str) -> str:
    """Where an account is found: registrations and links stand among the accounts with their kind before them."""
    return same_id(account) if account.startswith(_OTHER_KEYS) else f"account:{same_id(account)}"


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
_OTHER_KEYS = ("registrant:", "link:")
_WORDS = {
    Proof.TOKEN: "a signed personal token",
    Proof.VERIFIED: "a signed-in account or address on the list",
    Proof.REGISTRANT: "a registration made for this person",
}


def _ids(people: list[Person]) -> tuple[str, ...]:
    return tuple(sorted({person.id for person in people}))


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())
