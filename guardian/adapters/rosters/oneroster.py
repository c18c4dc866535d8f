"""A OneRoster bundle (CSV, versions 1.1 and 1.2) to rows of people, pure. Every rule names its part of the standard.

Which files are read is in ``bundle``.
Source: 1EdTech OneRoster 1.1 "CSV Tables", chapter 4, and OneRoster 1.2 "CSV Binding", chapter 4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from guardian.adapters.rosters import headings
from guardian.adapters.rosters.bundle import Record, records, some, version
from guardian.adapters.rosters.entries import Fault, Origin
from guardian.adapters.rosters.people import Raw
from guardian.errors import RosterError

EVERYBODY = "*"
"""As the class: the whole school, though there are classes."""

_FAMILY = frozenset({"guardian", "parent", "relative"})  # RoleEnum; they are nobody's classmates
_ROLES: Mapping[str, str] = {
    "student": "pupil",
    "teacher": "host",
    "aide": "staff",
    "proctor": "staff",
    "administrator": "staff",
    "counselor": "staff",
    "principal": "staff",
    "siteadministrator": "staff",
    "districtadministrator": "staff",
    "systemadministrator": "staff",
}
_MOST_CLASSES = 30  # named in a message


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class of the bundle."""

    id: str
    title: str
    code: str
    school: str

    def __str__(self) -> str:
        return f"{self.title or self.code} ({self.id}{f', {self.school}' if self.school else ''})"


@dataclass
class Bundle:
    """What is in a bundle: its people as rows, with faults and what was left out."""

    version: str
    classes: tuple[SchoolClass, ...] = ()
    chosen: SchoolClass | None = None
    rows: list[Raw] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    columns: tuple[headings.Column, ...] = ()


def read(files: Mapping[str, bytes], source: str, group: str, said: Mapping[str, str]) -> Bundle:
    """The people of one class (``group``), or of the whole school. ``said``: further columns of users.csv to be read.

    Raises RosterError if the bundle is no bundle, holds only changes, or the class is not there.
    """
    if "users.csv" not in files:
        raise RosterError(source, ("no OneRoster bundle: there is no users.csv in it",))
    bundle = Bundle(version(files, source))
    users, bundle.columns = _users(files["users.csv"], source, said, bundle)
    bundle.classes = _classes(files, source)
    bundle.chosen = _choose(bundle.classes, group, source)
    everybody = {user["sourcedid"]: user for user in users}
    roles = _roles(files, source)
    family = _family(users, roles)
    if bundle.chosen is None:
        places = ((user, _school_role(user, roles), "", "") for user in users if user.active)
        members = [place for place in places if place[1] not in _FAMILY]
    else:
        members = _enrolled(files, source, bundle, everybody)
    for user, role, begin, end in members:
        origin = Origin(f"{source}/users.csv", user.line)
        word = _ROLES.get(role.casefold().replace(" ", ""))
        if word is None:
            bundle.left_out.append(f"users.csv line {user.line}: the role is none of a class")
            continue
        bundle.rows.append(
            Raw(origin, _fields(user, word, begin, end, bundle.columns), family.get(user["sourcedid"], {}))
        )
    return bundle


def _users(
    raw: bytes, source: str, said: Mapping[str, str], bundle: Bundle
) -> tuple[list[Record], tuple[headings.Column, ...]]:
    users, header = records(raw, f"{source}/users.csv")
    missing = {"sourcedid", "givenname", "familyname"} - {cell.strip().casefold() for cell in header.cells}
    if missing:
        raise RosterError(f"{source}/users.csv", (f"columns are missing: {', '.join(sorted(missing))}",))
    own = {heading.casefold(): name for heading, name in said.items()}
    columns = tuple(
        headings.Column(at, cell.strip(), own.get(cell.strip().casefold(), _READ.get(cell.strip().casefold(), "")))
        for at, cell in enumerate(header.cells)
    )
    unknown = set(own) - {column.heading.casefold() for column in columns}
    if unknown:
        raise RosterError(f"{source}/users.csv", tuple(f"there is no column {name!r}" for name in sorted(unknown)))
    off = sum(not user.active for user in users)
    if off:
        bundle.left_out.append(f"{off} users who are switched off or to be deleted")
    return users, columns


_READ: Mapping[str, str] = {
    "sourcedid": "id",
    "givenname": "given",
    "middlename": "middle",
    "familyname": "family",
    "preferredgivenname": "aliases",
    "preferredfamilyname": "aliases",
    "email": "emails",
    "phone": "phones",
    "sms": "phones",
    "role": "role",
}
_PHONE_MARKS = "+()/.- "


def _fields(user: Record, role: str, begin: str, end: str, columns: Iterable[headings.Column]) -> dict[str, str]:
    """A user as a row of a list. The end of an enrollment is the first day on which it no longer holds (exclusive)."""
    whole = " ".join(part for part in (user["givenname"], user["familyname"]) if part).replace(",", " ")
    full = " ".join(p for p in (user["givenname"], user["middlename"], user["familyname"]) if p).replace(",", " ")
    preferred = " ".join(
        (user["preferredgivenname"] or user["givenname"], user["preferredfamilyname"] or user["familyname"])
    ).strip()
    others = dict.fromkeys(name for name in (full, preferred.replace(",", " ")) if name and name != whole)
    found = {
        "id": user["sourcedid"] if _short(user["sourcedid"]) else "",
        "name": whole or user["username"],
        "aliases": ";".join(others),
        "emails": user["email"],
        "phones": ";".join(dict.fromkeys(filter(_dialled, (user["sms"], user["phone"])))),
        "role": role,
        "valid_from": begin,
        "valid_before": end,
    }
    for column in columns:
        value = user[column.heading.casefold()]
        if column.heading.casefold() not in _READ and column.field and column.field != headings.IGNORE and value:
            found[column.field] = ";".join(filter(None, (found.get(column.field, ""), value)))
    return found


def _short(identifier: str) -> bool:
    return len(identifier) <= 64 and all(c.isascii() and (c.isalnum() or c in "._-") for c in identifier)


def _dialled(number: str) -> bool:
    """Whether this is a telephone number: schools write "n/a" here, which is no reason to refuse the list."""
    return sum(c.isdigit() for c in number) >= 3 and all(c.isdigit() or c in _PHONE_MARKS for c in number)


def _classes(files: Mapping[str, bytes], source: str) -> tuple[SchoolClass, ...]:
    schools = {org["sourcedid"]: org["name"] for org in some(files, "orgs.csv", source)}
    return tuple(
        SchoolClass(row["sourcedid"], row["title"], row["classcode"], schools.get(row["schoolsourcedid"], ""))
        for row in some(files, "classes.csv", source)
        if row.active
    )


def _choose(classes: Sequence[SchoolClass], group: str, source: str) -> SchoolClass | None:
    """The class that is meant; None: the whole school."""
    if group == EVERYBODY or (not group and not classes):
        return None
    if not group:
        if len(classes) == 1:
            return classes[0]
        raise RosterError(source, (f"which class? name it by its id or title: {_list(classes)}",))
    for kind in ("id", "title", "code"):
        found = [one for one in classes if getattr(one, kind).casefold() == group.casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            raise RosterError(source, (f"several classes are called that; name one by its id: {_list(found)}",))
    raise RosterError(source, (f"there is no such class; there are: {_list(classes)}",))


def _list(classes: Sequence[SchoolClass]) -> str:
    shown = ", ".join(str(one) for one in classes[:_MOST_CLASSES])
    return shown + (f" and {len(classes) - _MOST_CLASSES} more" if len(classes) > _MOST_CLASSES else "")


def _roles(files: Mapping[str, bytes], source: str) -> Mapping[str, str]:
    """1.2 keeps a user's roles in a file of their own; the primary one counts."""
    found: dict[str, str] = {}
    for row in some(files, "roles.csv", source):
        if row.active and (row["roletype"].casefold() == "primary" or row["usersourcedid"] not in found):
            found[row["usersourcedid"]] = row["role"]
    return found


def _school_role(user: Record, roles: Mapping[str, str]) -> str:
    return (roles.get(user["sourcedid"]) or user["role"]).casefold()


def _enrolled(
    files: Mapping[str, bytes], source: str, bundle: Bundle, users: Mapping[str, Record]
) -> list[tuple[Record, str, str, str]]:
    """Who is enrolled in the chosen class, with role and days. Somebody enrolled twice counts once, with the days of
    both.
    """
    if "enrollments.csv" not in files:
        raise RosterError(source, ("there is no enrollments.csv: nobody knows who is in the class",))
    found: dict[str, tuple[Record, str, str, str]] = {}
    over = 0
    for row in some(files, "enrollments.csv", source):
        if bundle.chosen is None or row["classsourcedid"] != bundle.chosen.id:
            continue
        user = users.get(row["usersourcedid"])
        origin = Origin(f"{source}/enrollments.csv", row.line)
        if not row.active or (user is not None and not user.active):
            over += 1
        elif user is None:
            bundle.faults.append(Fault(origin, "an enrollment of a user who is not in users.csv"))
        elif row["role"].casefold() not in _FAMILY:
            found[user["sourcedid"]] = _longer(
                found.get(user["sourcedid"]), (user, row["role"], row["begindate"], row["enddate"])
            )
    if over:
        bundle.left_out.append(f"{over} enrollments that are over, or of users who are")
    return list(found.values())


def _longer(
    one: tuple[Record, str, str, str] | None, two: tuple[Record, str, str, str]
) -> tuple[Record, str, str, str]:
    """Two enrollments of one person as one. An open end wins; of two roles the one that teaches."""
    if one is None:
        return two
    role = one[1] if _ROLES.get(one[1].casefold()) == "host" else two[1]
    begin = min(one[2], two[2]) if one[2] and two[2] else ""
    end = max(one[3], two[3]) if one[3] and two[3] else ""
    return one[0], role, begin, end


def _family(users: Sequence[Record], roles: Mapping[str, str]) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The parents of each pupil, by agentSourcedIds (of the pupil, or of the parent). The standard does not say which
    of them may be told anything: none may, until another list says so.
    """
    everybody = {user["sourcedid"]: user for user in users}
    pairs: dict[str, dict[str, Record]] = defaultdict(dict)
    for user in users:
        kin = _school_role(user, roles) in _FAMILY
        for other in user.refs("agentsourcedids"):
            child, parent = (everybody.get(other), user) if kin else (user, everybody.get(other))
            if child is not None and parent is not None and parent.active:
                pairs[child["sourcedid"]][parent["sourcedid"]] = parent
    return {
        child: {
            f"agent{number}": {
                "contact_name": f"{parent['givenname']} {parent['familyname']}".strip(),
                "contact_email": parent["email"],
            }
            for number, parent in enumerate(parents.values(), start=1)
        }
        for child, parents in pairs.items()
    }
