"""Whom a human means by a name as typed. Pure: what is shown and who is listed go in, one target or a list comes out.

A typed name never picks one of several, and never picks by a part of a name. An id typed as a name has no precedence:
on some platforms a stranger chooses his own handle. Judging who somebody is happens elsewhere, in the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from guardian.core.names import look_alike_form, normalise, read
from guardian.core.roster import Person
from guardian.core.standing import Standing
from guardian.core.verbs import Aim
from guardian.core.view import ConnectionView
from guardian.ports import Candidate

MOST_CANDIDATES = 20  # a longer list helps nobody to pick


@dataclass(frozen=True, slots=True)
class Meant:
    """``one`` is who is meant beyond doubt; else ``candidates`` to pick from (empty: nobody is like that)."""

    one: Candidate | None
    candidates: tuple[Candidate, ...] = ()


def by_name(
    typed: str, connections: Sequence[ConnectionView], people: Sequence[Person], aim: Aim = Aim.SOMEBODY
) -> Meant:
    """Whom ``typed`` names: by the name shown, the roster's name or alias, or an id.

    One connection that fits stands for its roster person too. A connection that shows a listed person's name without
    being taken for that person makes the name ambiguous: it may be an impostor.
    """
    others = [c for c in connections if c.standing is not Standing.SELF]
    listed = {person.id: person for person in people}
    found = _gather(others, people, aim, partial(_exact, typed), listed)
    if len(found) == 1:
        return Meant(found[0])
    if not found:
        found = _gather(others, people, aim, partial(_near, typed), listed)
    return Meant(None, tuple(found[:MOST_CANDIDATES]))


def by_handle(handle: str, connections: Sequence[ConnectionView]) -> Meant:
    """The connection with exactly this handle, the guardian itself excepted."""
    for connection in connections:
        if connection.handle == handle and connection.standing is not Standing.SELF:
            return Meant(_connected(connection))
    return Meant(None)


def by_person(person: str, people: Sequence[Person]) -> Meant:
    """The roster person with exactly this id."""
    for listed in people:
        if listed.id == person:
            return Meant(_listed(listed))
    return Meant(None)


Fits = Callable[[Iterable[str], Iterable[str]], bool]


def _gather(
    connections: Sequence[ConnectionView],
    people: Sequence[Person],
    aim: Aim,
    fits: Fits,
    listed: Mapping[str, Person],
) -> list[Candidate]:
    here = [c for c in connections if fits(_names_of(c, listed), (c.handle,))]
    taken = {c.person for c in here}
    found = [_connected(c) for c in here]
    if aim is Aim.CONNECTION:
        return found
    absent = (p for p in people if p.id not in taken and fits((p.name, *p.aliases), (p.id,)))
    found += [_listed(person) for person in absent]
    # Whoever borrows a name a hundred times must not push its owner off the list.
    return sorted(found, key=lambda candidate: candidate.person is None)


def _names_of(connection: ConnectionView, listed: Mapping[str, Person]) -> tuple[str, ...]:
    person = listed.get(connection.person) if connection.person else None
    names = (connection.name, connection.person_name or "")
    return (*names, person.name, *person.aliases) if person else names


def _exact(typed: str, names: Iterable[str], ids: Iterable[str]) -> bool:
    wanted = normalise(typed)
    return typed in ids or (wanted != "" and any(normalise(name) == wanted for name in names))


def _near(typed: str, names: Iterable[str], _ids: Iterable[str]) -> bool:
    """A part of the name, or what looks like it: good enough to be offered, never to be taken."""
    wanted = normalise(typed)
    form, words = look_alike_form(wanted), read(typed).words
    return wanted != "" and any(
        look_alike_form(normalise(name)) == form or bool(words & read(name).words) for name in names
    )


def _connected(connection: ConnectionView) -> Candidate:
    return Candidate(
        handle=connection.handle,
        person=connection.person,
        name=connection.name,
        person_name=connection.person_name,
        place=connection.place,
        standing=connection.standing.value,
    )


def _listed(person: Person) -> Candidate:
    return Candidate(handle=None, person=person.id, name=person.name, person_name=person.name)
