"""A table's rows to entries, pure: which column is what, one person a row. Every fault is found, none names a person.

What one cell may hold is in ``cells``, what a heading means in ``headings``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from guardian.adapters.rosters import cells, headings
from guardian.adapters.rosters.entries import Contact, Fault, Origin, RosterEntry
from guardian.adapters.rosters.headings import Column
from guardian.adapters.rosters.wire import Row
from guardian.core.names import normalise
from guardian.core.roster import Person, Role

_HEADER_WITHIN = 10  # rows; above the header a spreadsheet may have a title
_NOTHING = frozenset({"-", "–", "—", "n/a", "n.a.", "k.a.", "none", "null"})  # what people write into an empty cell
_NAMES = frozenset({"name", "given", "middle", "family", "aliases"})
_FAMILY_FIRST = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")


@dataclass(frozen=True, slots=True)
class Raw:
    """One row's cells by field; those of parents by the parent's key and the kind of cell."""

    origin: Origin
    fields: Mapping[str, str]
    contacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """What every row of a source needs: ``zone`` for its dates, ``salt`` for ids that are made, ``role`` where a row
    names none (None: a pupil, but the list does not say so).
    """

    zone: ZoneInfo
    salt: bytes = b""
    role: Role | None = None


def header(rows: Sequence[Row], said: Mapping[str, str]) -> tuple[int, tuple[Column, ...], tuple[str, ...]]:
    """Which row is the header, what its columns are read as, and what is wrong with it."""
    first: tuple[int, tuple[Column, ...], tuple[str, ...]] | None = None
    for number, row in enumerate(rows[:_HEADER_WITHIN]):
        columns, problems = headings.columns(row.cells, said)
        named = {column.field for column in columns} & {"name", "given", "family"}
        if named:
            return number, columns, tuple(f"line {row.line}: {what}" for what in problems)
        if first is None:
            told = tuple(f"line {row.line}: {what}" for what in (*problems, "there is no column called name"))
            first = number, columns, told
    return first or (0, (), ("the file is empty",))


def raws(rows: Sequence[Row], columns: Sequence[Column], width: int, source: str) -> tuple[list[Raw], list[Fault]]:
    """The rows under the header, by field."""
    found: list[Raw] = []
    faults: list[Fault] = []
    read = [column for column in columns if column.field and column.field != headings.IGNORE]
    for row in rows:
        origin = Origin(source, row.line)
        if not row.cells:
            faults.append(Fault(origin, "a quotation mark is left open or stands in a wrong place"))
        elif any(cell.strip() for cell in row.cells[width:]):
            faults.append(Fault(origin, "more cells than the header; put a value with a delimiter in quotation marks"))
        else:
            found.append(_raw(row, read, origin))
    return _whole_names(found, {column.field for column in read}), faults


def _raw(row: Row, columns: Sequence[Column], origin: Origin) -> Raw:
    fields: dict[str, str] = {}
    contacts: dict[str, dict[str, str]] = {}
    for column in columns:
        cell = row.cells[column.position] if column.position < len(row.cells) else ""
        if column.field not in _NAMES and cell.strip().casefold() in _NOTHING:
            cell = ""
        if column.field.startswith("contact_"):
            contacts.setdefault(column.key, {})[column.field] = cell
        elif column.field in headings.SEVERAL and column.field in fields:
            fields[column.field] += f";{cell}"
        else:
            fields[column.field] = cell
    return Raw(origin, fields, contacts)


def _whole_names(found: list[Raw], fields: set[str]) -> list[Raw]:
    """Rows with a whole name each. A column "Name" beside "Vorname" is the family name, unless it holds the other."""
    if not fields & {"given", "family"}:
        return found
    part = "family" if "family" not in fields else "given" if "given" not in fields else ""
    other = "given" if part == "family" else "family"
    if "name" in fields and part:
        holds = sum(
            bool(raw.fields[other].strip())
            and normalise(raw.fields[other]) in normalise(raw.fields["name"])
            and normalise(raw.fields[other]) != normalise(raw.fields["name"])
            for raw in found
        )
        if holds * 2 > len(found):
            return found
        return [_named(raw, {**raw.fields, part: raw.fields["name"], "name": ""}) for raw in found]
    return [_named(raw, raw.fields) for raw in found]


def _named(raw: Raw, fields: Mapping[str, str]) -> Raw:
    if fields.get("name", "").strip():
        return raw
    parts = [fields.get(part, "").strip() for part in ("given", "middle", "family")]
    given, middle, family = parts
    if given and family and not any(c.isascii() for c in given + family) and _family_first(family):
        whole = family + middle + given
    else:
        whole = " ".join(part for part in parts if part)
    return Raw(raw.origin, {**raw.fields, "name": whole.replace(",", " ")}, raw.contacts)


def _family_first(family: str) -> bool:
    return cells.script_of(family[0]) in _FAMILY_FIRST


def entry(raw: Raw, setting: Setting) -> tuple[RosterEntry | None, list[Fault]]:
    """One row's person, or what is wrong with it (all of it)."""
    wrong: list[str] = []
    row, zone = raw.fields, setting.zone
    name = cells.name(row.get("name", ""), wrong)
    role = cells.role(row.get("role", ""), wrong, setting.role or Role.PUPIL)
    aliases = tuple(cells.name(part, wrong, "an alias") for part in cells.several(row.get("aliases", "")))
    emails = tuple(cells.email(part, wrong) for part in cells.several(row.get("emails", "")))
    accounts = tuple(cells.account(part, wrong) for part in cells.several(row.get("accounts", "")))
    accounts += tuple(cells.registrant(part, wrong) for part in cells.several(row.get("registrants", "")))
    phones = tuple(cells.phone(part, wrong) for part in cells.several(row.get("phones", "")))
    begin = cells.moment(row.get("valid_from", ""), zone, wrong, "valid_from")
    end = cells.moment(row.get("valid_until", ""), zone, wrong, "valid_until", whole_day=True)
    if end is None:
        end = cells.moment(row.get("valid_before", ""), zone, wrong, "endDate")
    if begin is not None and end is not None and end <= begin:
        wrong.append("valid_until is before valid_from")
    given = cells.identifier(row.get("id", ""), wrong)
    contacts = _contacts(raw, wrong)
    barred = _addresses(row.get("barred", ""), contacts, wrong)
    links = _links(row, emails, contacts, barred, wrong)
    if wrong:
        return None, [Fault(raw.origin, what) for what in wrong]
    person = Person(
        id=given or _made_id(name, emails, accounts, setting.salt),
        name=name,
        role=role,
        aliases=tuple(dict.fromkeys(alias for alias in aliases if alias != name)),
        emails=emails,
        accounts=accounts,
        phones=phones,
        valid_from=begin,
        valid_until=end,
    )
    stated = frozenset({"id"} if given else ())
    if setting.role is not None or row.get("role", "").strip():
        stated |= {"role"}
    return RosterEntry(person, (raw.origin,), links, barred, contacts, stated, decided="links_to" in row), []


def _contacts(raw: Raw, wrong: list[str]) -> tuple[Contact, ...]:
    """The parents of a row. Where a column says who may receive the link, silence means no."""
    found = []
    for key, row in raw.contacts.items():
        name, address = row.get("contact_name", "").strip(), row.get("contact_email", "").strip()
        if "@" in name and not address:
            name, address = "", name
        said = row.get("contact_may", "").strip()
        may = cells.yes(said)
        if said and may is None:
            wrong.append("whether a parent may receive the link is neither yes nor no")
        for one in cells.several(address) or (("",) if name else ()):
            told: list[str] = []
            if one:
                cells.email(one, told)
            wrong.extend("a parent's address is no mail address" for _ in told)
            found.append(Contact(key, name, one, may=bool(may)))
    return tuple(found)


def _links(
    row: Mapping[str, str],
    emails: Sequence[str],
    contacts: Sequence[Contact],
    barred: Sequence[str],
    wrong: list[str],
) -> tuple[str, ...]:
    """The addresses that may be sent this person's link.

    A column that names them decides alone; else it is the person's own addresses and those parents who may. Whoever is
    barred is never among them.
    """
    allowed = (*emails, *(contact.email for contact in contacts if contact.email and contact.may))
    said = row.get("links_to")
    answer = None if said is None else cells.yes(said)
    if answer:
        allowed = (*emails, *(contact.email for contact in contacts if contact.email))
    elif said is not None:
        allowed = () if answer is False else _addresses(said, contacts, wrong)
        if without(allowed, barred) != allowed:
            wrong.append("the same address may and must not receive the link")
    if without(emails, barred) != tuple(emails):
        wrong.append("a barred address is the person's own: it would prove who they are; take it from the e-mails")
    return without(allowed, barred)


def without(addresses: Sequence[str], barred: Sequence[str]) -> tuple[str, ...]:
    """These addresses, each once, but for those that are barred."""
    shut = {address.casefold() for address in barred}
    return tuple(dict.fromkeys(address for address in addresses if address.casefold() not in shut))


def _addresses(cell: str, contacts: Sequence[Contact], wrong: list[str]) -> tuple[str, ...]:
    """The addresses that a cell names, written out or by a parent's column or name ("mother")."""
    found: list[str] = []
    for part in cells.several(cell.replace(",", ";")):
        word = headings.plain(part)
        named = [c.email for c in contacts if word and word in {c.key, headings.plain(c.name)}]
        if named:
            found += [address for address in named if address]
        elif "@" in part:
            found.append(cells.email(part, wrong))
        else:
            wrong.append("who may receive the link, or must not, is named by an address")
    return tuple(found)


def _made_id(name: str, emails: Sequence[str], accounts: Sequence[str], salt: bytes) -> str:
    """An opaque id that stays the same while the name and the first account or address do."""
    mark = (*accounts, *emails, "")[0].casefold()
    return "p" + keyed(f"{normalise(name)}\0{mark}".encode(), salt)


def keyed(content: bytes, salt: bytes) -> str:
    """A short digest that nobody can guess who has not the salt."""
    return hashlib.sha256(hashlib.sha256(salt).digest() + content).hexdigest()[:12]
