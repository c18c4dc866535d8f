"""What a human should know of a roster before it is used, pure: a reading in, a report in words out.

The report may name people (first name and initial): it is for whoever holds the list, never for a log.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from guardian.adapters.rosters.entries import Reading, RosterEntry, SourceReading
from guardian.core.names import normalise
from guardian.core.roster import Role
from guardian.errors import RosterError

_MOST = 20  # of one kind in words; the JSON has them all


@dataclass(frozen=True)
class RosterReport:
    """``problems`` make the list unusable; everything else is for a human to know. People are told by their places."""

    ok: bool
    people: int
    roles: Mapping[str, int]
    version: str
    sources: tuple[SourceReading, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shared_first_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared_addresses: tuple[tuple[str, ...], ...] = ()
    without_strong_proof: tuple[str, ...] = ()
    registrant_only: tuple[str, ...] = ()
    without_link_address: tuple[str, ...] = ()

    @property
    def read_as(self) -> tuple[str, ...]:
        """How each source was read, in lines."""
        return tuple(line for source in self.sources for line in _source(source))

    @property
    def summary(self) -> str:
        """How many people, by role."""
        return f"{self.people} people: " + ", ".join(f"{count} {role}" for role, count in self.roles.items())

    @property
    def advice(self) -> tuple[str, ...]:
        """What a human should know, in lines."""
        return (*self.notes, *_proofs(self), *_shared(self), *_links(self))

    def plain(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "ok": self.ok,
            "problems": self.problems,
            "people": self.people,
            "roles": dict(self.roles),
            "version": self.version,
            "sources": [
                {
                    "name": source.name,
                    "kind": source.kind,
                    "people": source.people,
                    "columns": [{"heading": c.heading, "field": c.field or None} for c in source.columns],
                    "left_out": source.left_out,
                }
                for source in self.sources
            ],
            "notes": self.notes,
            "shared_first_names": dict(self.shared_first_names),
            "shared_addresses": self.shared_addresses,
            "without_strong_proof": self.without_strong_proof,
            "registrant_only": self.registrant_only,
            "without_link_address": self.without_link_address,
        }


def report_on(reading: Reading) -> RosterReport:
    """Everything worth telling of a reading."""
    entries = reading.entries
    bare = [e for e in entries if not _strong(e) and not e.person.accounts]
    pinned = [e for e in entries if not _strong(e) and e.person.accounts]
    unreachable = [e for e in entries if not e.links_to and e.person.role in {Role.PUPIL, Role.GUEST}]
    notes = list(reading.notes)
    if entries and not any(e.person.role is Role.HOST for e in entries):
        notes.append("nobody is a host: the door opens when a host comes; give a teacher the role host")
    return RosterReport(
        ok=not reading.told,
        people=len(entries),
        roles=dict(sorted(Counter(e.person.role.value for e in entries).items())),
        version=reading.version,
        sources=reading.sources,
        problems=reading.told,
        notes=tuple(notes),
        shared_first_names=_first_names(reading),
        shared_addresses=_addresses(reading),
        without_strong_proof=_who(reading, bare),
        registrant_only=_who(reading, pinned),
        without_link_address=_who(reading, unreachable),
    )


def unreadable(error: RosterError) -> RosterReport:
    """The report on files that are not to be had."""
    return RosterReport(ok=False, people=0, roles={}, version="", sources=(), problems=error.problems)


def _strong(entry: RosterEntry) -> bool:
    """Whether the platform can vouch for this person: an account or an address of their own."""
    person = entry.person
    return bool(person.emails) or any(not account.startswith("registrant:") for account in person.accounts)


def _who(reading: Reading, entries: Iterable[RosterEntry]) -> tuple[str, ...]:
    return tuple(f"{reading.place(e.origins[0])} ({_short(e.person.name)})" for e in entries)


def _short(name: str) -> str:
    """First name and initial."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest.split()[-1][0]}." if rest.split() else first


def _first_names(reading: Reading) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[RosterEntry]] = defaultdict(list)
    for entry in reading.entries:
        if entry.person.role in {Role.PUPIL, Role.GUEST}:
            found[(normalise(entry.person.name).split() or [""])[0]].append(entry)
    return {
        group[0].person.name.split()[0]: tuple(reading.place(e.origins[0]) for e in group)
        for group in found.values()
        if len(group) > 1
    }


def _addresses(reading: Reading) -> tuple[tuple[str, ...], ...]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in reading.entries:
        for email in {email.casefold() for email in entry.person.emails}:
            found[email].append(reading.place(entry.origins[0]))
    return tuple(tuple(places) for places in found.values() if len(places) > 1)


# --- in words --------------------------------------------------------------------------------------------------------


def _source(source: SourceReading) -> list[str]:
    lines = [f"{source.name}: {source.kind}, {source.people} people" if source.kind else f"{source.name}: not read"]
    if any(words for _, words in source.read_as):
        lines += [f"  {heading or '(no heading)'}: {words}" for heading, words in source.read_as if words]
        unread = [heading or "(no heading)" for heading, words in source.read_as if not words]
        if unread:
            lines.append(f"  not read: {', '.join(unread)}")
    lines += _some(source.left_out, "  left out: ")
    return lines


def _some(lines: Sequence[str], before: str = "") -> list[str]:
    more = [f"{before}and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return [f"{before}{line}" for line in lines[:_MOST]] + more


def _proofs(report: RosterReport) -> list[str]:
    lines = []
    if report.without_strong_proof:
        count = len(report.without_strong_proof)
        lines.append(
            f"{count} of them have neither account nor e-mail: only a human can let them in by the default gate. Add"
            " the address or account by which they sign in to the platform, or send them a personal link:"
        )
        lines += _some(report.without_strong_proof, "  ")
    if report.registrant_only:
        lines.append(
            f"{len(report.registrant_only)} are known only by a pinned registrant, which can be forwarded: the gate"
            " lets them in only with registrant in it:"
        )
        lines += _some(report.registrant_only, "  ")
    return lines


def _shared(report: RosterReport) -> list[str]:
    lines = []
    if report.shared_first_names:
        lines.append("First names of several people; by the first name alone they are held:")
        lines += _some([f"{name}: {', '.join(places)}" for name, places in report.shared_first_names.items()], "  ")
    if report.shared_addresses:
        lines.append("Addresses of several people (siblings?); address and name together decide:")
        lines += _some([", ".join(places) for places in report.shared_addresses], "  ")
    return lines


def _links(report: RosterReport) -> list[str]:
    if not report.without_link_address:
        return []
    count = len(report.without_link_address)
    todo = "add an e-mail, or say which parent may receive it"
    lines = [f"{count} have no address to which a personal link may be sent: {todo}:"]
    return lines + _some(report.without_link_address, "  ")
