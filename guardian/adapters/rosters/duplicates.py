"""Which rows of a roster contradict each other, pure: the same person twice, one account for two people.

Siblings who share an address are fine: each has a name of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from guardian.adapters.rosters.entries import Fault, Origin, RosterEntry
from guardian.core.names import normalise
from guardian.core.roster import Person

Place = Callable[[Origin], str]
"""How a place is told: with the file's name if there are several."""


def contradictions(entries: Sequence[RosterEntry], place: Place) -> list[Fault]:
    """The fault of each row that contradicts another; of several faults the one that says most."""
    first: dict[Origin, Fault] = {}
    for fault in (*_same_account(entries, place), *_same_name(entries, place), *_same_id(entries, place)):
        first.setdefault(fault.origin, fault)
    return list(first.values())


def keys(person: Person) -> frozenset[str]:
    """What tells a person from a namesake."""
    return frozenset(
        [f"account:{account.casefold()}" for account in person.accounts]
        + [f"email:{email.casefold()}" for email in person.emails]
    )


def _same_name(entries: Sequence[RosterEntry], place: Place) -> list[Fault]:
    faults = []
    named: dict[str, list[RosterEntry]] = defaultdict(list)
    for entry in entries:
        named[normalise(entry.person.name)].append(entry)
    for group in named.values():
        if len(group) == 1:
            continue
        theirs = [keys(entry.person) for entry in group]
        owners: dict[str, int] = defaultdict(int)
        for key in (key for mine in theirs for key in mine):
            owners[key] += 1
        for entry, mine in zip(group, theirs, strict=True):
            if all(owners[key] > 1 for key in mine):
                other = place(next(found.origins[0] for found in group if found is not entry))
                what = f"the same name as {other}; give each an e-mail or account of their own"
                faults.append(Fault(entry.origins[0], what))
    return faults


def _same_account(entries: Sequence[RosterEntry], place: Place) -> list[Fault]:
    faults = []
    owner: dict[str, Origin] = {}
    for entry in entries:
        for account in dict.fromkeys(account.casefold() for account in entry.person.accounts):
            first = owner.setdefault(account, entry.origins[0])
            if first != entry.origins[0]:
                faults.append(Fault(entry.origins[0], f"an account that {place(first)} has already"))
    return faults


def _same_id(entries: Sequence[RosterEntry], place: Place) -> list[Fault]:
    faults = []
    owner: dict[str, Origin] = {}
    for entry in entries:
        first = owner.setdefault(entry.person.id, entry.origins[0])
        if first != entry.origins[0]:
            faults.append(Fault(entry.origins[0], f"the same person or id as {place(first)}"))
    return faults
