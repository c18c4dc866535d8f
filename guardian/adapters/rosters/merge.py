"""Several lists to one, pure: who on one list is who on another, what each adds, and where they contradict each other.

The same id, the same account, or the same name and address: one person. An address alone is not enough (siblings), nor
is a name alone, unless one list knows nothing but the name (and a registrant that a human pinned to it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from guardian.adapters.rosters.duplicates import Place, keys
from guardian.adapters.rosters.entries import Fault, RosterEntry
from guardian.adapters.rosters.people import without
from guardian.core.names import normalise
from guardian.core.roster import Person


@dataclass
class Merged:
    """People so far, in order, with what was found to be wrong and what a human should know."""

    entries: list[RosterEntry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def merge(lists: Sequence[Sequence[RosterEntry]], place: Place) -> Merged:
    """One list of all. The first list that names a person is their place."""
    merged = Merged()
    for number, entries in enumerate(lists):
        if number == 0:
            merged.entries += entries
            continue
        known = _Index(merged.entries)
        new: list[RosterEntry] = []
        taken: dict[int, RosterEntry] = {}
        for entry in entries:
            at = _same(entry, known, merged, place)
            if at is None:
                new.append(entry)
            elif at in taken:
                words = f"is {place(merged.entries[at].origins[0])}, as {place(taken[at].origins[0])} is"
                merged.faults.append(Fault(entry.origins[0], words))
            elif at >= 0:
                taken[at] = entry
                merged.entries[at] = _together(merged.entries[at], entry, merged, place)
        merged.entries += new
    return merged


class _Index:
    """Where in the list so far somebody with this id, account, address or name stands."""

    def __init__(self, entries: Sequence[RosterEntry]) -> None:
        self.by_key: dict[str, list[int]] = defaultdict(list)
        self.by_name: dict[str, list[int]] = defaultdict(list)
        for at, entry in enumerate(entries):
            for key in _keys(entry):
                self.by_key[key].append(at)
            self.by_name[normalise(entry.person.name)].append(at)


def _keys(entry: RosterEntry) -> list[str]:
    person, name = entry.person, normalise(entry.person.name)
    found = [f"account:{account.casefold()}" for account in person.accounts]
    found += [f"email:{email.casefold()}\0{name}" for email in person.emails]
    return found + ([f"id:{person.id}"] if "id" in entry.stated else [])


def _same(entry: RosterEntry, known: _Index, merged: Merged, place: Place) -> int | None:
    """Where the same person stands in the list so far; None: they are new; -1: that cannot be told, and is a fault."""
    origin = entry.origins[0]
    hits = sorted({at for key in _keys(entry) for at in known.by_key.get(key, ())})
    if len(hits) > 1:
        first, second = (place(merged.entries[at].origins[0]) for at in hits[:2])
        merged.faults.append(Fault(origin, f"is at once {first} and {second}, by id, account or address"))
        return -1
    if hits:
        return hits[0]
    named = known.by_name.get(normalise(entry.person.name), [])
    bare = _bare(entry.person)
    if len(named) == 1 and (bare or _bare(merged.entries[named[0]].person)):
        return named[0]
    if named and bare:
        merged.faults.append(Fault(origin, "the name fits several people of the other lists; add their id or address"))
        return -1
    if named:
        other = place(merged.entries[named[0]].origins[0])
        merged.notes.append(
            f"{place(origin)} has the name of {other}, but nothing else in common: taken for two people; if they are"
            " one, give both the same id or address"
        )
    return None


def _bare(person: Person) -> bool:
    """Whether a list knows nothing but the name, and perhaps which registrant a human has pinned to it."""
    return not any(not key.startswith("account:registrant:") for key in keys(person))


def _together(first: RosterEntry, second: RosterEntry, merged: Merged, place: Place) -> RosterEntry:
    """One entry of two."""
    one, two = first.person, second.person
    there, here = place(first.origins[0]), second.origins[0]

    def conflict(what: str) -> None:
        merged.faults.append(Fault(here, f"{what} than {there}"))

    if normalise(one.name) != normalise(two.name):
        if not ("id" in first.stated & second.stated and one.id == two.id):
            conflict("the same account, but another name")
        merged.notes.append(f"{place(here)} is {there} under another name: both names are theirs now")
    both = first.stated & second.stated
    if "role" in both and one.role is not two.role:
        conflict(f"another role ({two.role.value} and not {one.role.value})")
    if "id" in both and one.id != two.id:
        merged.notes.append(f"{place(here)} has another id than {there}; the first one is kept")
    for what, a, b in (
        ("valid_from", one.valid_from, two.valid_from),
        ("valid_until", one.valid_until, two.valid_until),
    ):
        if a is not None and b is not None and a != b:
            conflict(f"another {what}")
    if first.decided and second.decided and set(first.links_to) != set(second.links_to):
        conflict("other addresses that may receive the link")
    barred = _each(first.barred, second.barred)
    emails = _each(one.emails, two.emails)
    if without(emails, barred) != emails:
        conflict("a barred address that is the person's own, or one's own that is barred, otherwise")
    return replace(
        first,
        person=_person(first, second, emails),
        origins=(*first.origins, *second.origins),
        links_to=without(_links(first, second), barred),
        barred=barred,
        contacts=(*first.contacts, *(c for c in second.contacts if c not in first.contacts)),
        stated=first.stated | second.stated,
        decided=first.decided or second.decided,
    )


def _person(first: RosterEntry, second: RosterEntry, emails: tuple[str, ...]) -> Person:
    one, two = first.person, second.person
    names = (*one.aliases, two.name, *two.aliases)
    return replace(
        one,
        id=two.id if "id" in second.stated and "id" not in first.stated else one.id,
        role=two.role if "role" in second.stated and "role" not in first.stated else one.role,
        aliases=tuple(dict.fromkeys(name for name in names if normalise(name) != normalise(one.name))),
        emails=emails,
        accounts=_each(one.accounts, two.accounts),
        phones=_each(one.phones, two.phones),
        valid_from=two.valid_from if one.valid_from is None else one.valid_from,
        valid_until=two.valid_until if one.valid_until is None else one.valid_until,
    )


def _links(first: RosterEntry, second: RosterEntry) -> tuple[str, ...]:
    if first.decided != second.decided:
        return first.links_to if first.decided else second.links_to
    return _each(first.links_to, second.links_to)


def _each(one: Sequence[str], two: Sequence[str]) -> tuple[str, ...]:
    """The values of both, each once, whatever their case."""
    found: dict[str, str] = {}
    for value in (*one, *two):
        found.setdefault(value.casefold(), value)
    return tuple(found.values())
