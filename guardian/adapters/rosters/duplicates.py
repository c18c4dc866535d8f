"""Which rows of a roster contradict each other, pure: the same person twice, one account for two people.

Siblings who share an address are fine: each has a name of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from guardian.core.names import normalise
from guardian.core.roster import Person


@dataclass(frozen=True, slots=True)
class Listed:
    """A person and the line that they stand on."""

    line: int
    person: Person


def contradictions(listed: Sequence[Listed]) -> list[tuple[int, str]]:
    """Line and fault of each row that contradicts another; of several faults the one that says most."""
    first: dict[int, str] = {}
    for line, what in (*_same_account(listed), *_same_name(listed), *_same_id(listed)):
        first.setdefault(line, what)
    return list(first.items())


def _same_name(listed: Sequence[Listed]) -> list[tuple[int, str]]:
    faults = []
    named: dict[str, list[Listed]] = defaultdict(list)
    for entry in listed:
        named[normalise(entry.person.name)].append(entry)
    for group in named.values():
        if len(group) == 1:
            continue
        keys = [_keys(entry.person) for entry in group]
        owners: dict[str, int] = defaultdict(int)
        for key in (key for mine in keys for key in mine):
            owners[key] += 1
        for entry, mine in zip(group, keys, strict=True):
            if all(owners[key] > 1 for key in mine):
                other = next(found.line for found in group if found is not entry)
                faults.append(
                    (entry.line, f"the same name as line {other}; give each an e-mail or account of their own")
                )
    return faults


def _keys(person: Person) -> frozenset[str]:
    return frozenset(
        [f"account:{account.casefold()}" for account in person.accounts]
        + [f"email:{email.casefold()}" for email in person.emails]
    )


def _same_account(listed: Sequence[Listed]) -> list[tuple[int, str]]:
    faults = []
    owner: dict[str, int] = {}
    for entry in listed:
        for account in dict.fromkeys(account.casefold() for account in entry.person.accounts):
            first = owner.setdefault(account, entry.line)
            if first != entry.line:
                faults.append((entry.line, f"an account that line {first} has already"))
    return faults


def _same_id(listed: Sequence[Listed]) -> list[tuple[int, str]]:
    faults = []
    owner: dict[str, int] = {}
    for entry in listed:
        first = owner.setdefault(entry.person.id, entry.line)
        if first != entry.line:
            faults.append((entry.line, f"the same person or id as line {first}"))
    return faults
