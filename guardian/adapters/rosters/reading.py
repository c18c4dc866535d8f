"""All sources of one roster to one reading, pure but for unpacking: what kind each file is, its people, all of them
together. Opening files lives in ``files``.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from guardian.adapters.rosters import oneroster, wire, workbook
from guardian.adapters.rosters.bundle import FILES
from guardian.adapters.rosters.duplicates import contradictions
from guardian.adapters.rosters.entries import Fault, Origin, Reading, RosterEntry, SourceReading, place
from guardian.adapters.rosters.headings import plain
from guardian.adapters.rosters.merge import merge
from guardian.adapters.rosters.oneroster import EVERYBODY
from guardian.adapters.rosters.people import Raw, Setting, entry, header, keyed, raws
from guardian.adapters.rosters.spec import Source
from guardian.core.roster import Person
from guardian.errors import RosterError

_UNPACKED = 64 * 1024 * 1024  # bytes, of all files of a bundle that are read

Content = bytes | Mapping[str, bytes]
"""What stands at a source's path: a file's bytes, or a folder's files by name."""

_Part = tuple[SourceReading, list[RosterEntry], list[Fault]]


def read(contents: Sequence[tuple[Source, Content]], zone: ZoneInfo, salt: bytes = b"") -> Reading:
    """What the sources say together. ``zone`` is the meeting's: dates are whole days there. ``salt`` keys the ids that
    are made for people without one, and the version: without it an id in a log could be guessed by trying names.

    Faults are in the reading, by source and line. Never raises RosterError.
    """
    names = _names([source for source, _ in contents])
    several = len(contents) > 1
    parts: list[_Part] = []
    problems: list[str] = []
    for (source, content), name in zip(contents, names, strict=True):
        try:
            parts.append(_part(source, content, name, Setting(zone, salt, source.role)))
        except RosterError as error:
            parts.append((SourceReading(name, ""), [], []))
            problems += [
                f"{error.source}: {what}" if several or "/" in error.source else what for what in error.problems
            ]

    def where(origin: Origin) -> str:
        return place(origin, several=several or "/" in origin.source)

    merged = merge([people for _, people, _ in parts], where)
    faults = [fault for _, _, found in parts for fault in found] + merged.faults
    faults += contradictions(merged.entries, where)
    if not merged.entries and not faults and not problems:
        problems.append("there is a header, but nobody in it")
    return Reading(
        name=", ".join(names),
        sources=tuple(part for part, _, _ in parts),
        entries=tuple(merged.entries),
        faults=tuple(faults),
        problems=tuple(problems),
        notes=tuple(merged.notes),
        version=_version([found.person for found in merged.entries], salt),
    )


def _names(sources: Sequence[Source]) -> list[str]:
    """What each source is called in messages: its file's name; with the folder's where two have the same."""
    short = [source.path.name for source in sources]
    return [
        f"{source.path.parent.name}/{name}" if short.count(name) > 1 else name
        for source, name in zip(sources, short, strict=True)
    ]


def _part(source: Source, content: Content, name: str, setting: Setting) -> _Part:
    """What one source says. Raises RosterError if it is not what it should be."""
    if not isinstance(content, bytes):
        return _bundle(source, content, name, setting)
    if content.startswith(b"PK\x03\x04"):
        files = _unpacked(content, name)
        if files is not None:
            return _bundle(source, files, name, setting)
        return _table(workbook.table(content, name, source.sheet), source, name, setting)
    return _table(wire.table(content, name, source.encoding, source.delimiter), source, name, setting)


def _table(found: wire.Table, source: Source, name: str, setting: Setting) -> _Part:
    if not found.rows:
        raise RosterError(name, ("the file is empty",))
    at, columns, problems = header(found.rows, source.columns)
    if problems:
        raise RosterError(name, problems)
    rows, faults = raws(found.rows[at + 1 :], columns, len(found.rows[at].cells), name)
    rows, left_out = _of_group(rows, source.group, name)
    people, wrong = _people(rows, setting)
    part = SourceReading(name, found.kind, columns, len(people), left_out)
    return part, people, faults + wrong


def _of_group(rows: list[Raw], group: str, name: str) -> tuple[list[Raw], tuple[str, ...]]:
    """The rows of one class, if one is asked for."""
    if not group or group == EVERYBODY:
        return rows, ()
    if rows and not any("class" in row.fields for row in rows):
        raise RosterError(name, ("there is no column for the class; name it in columns",))
    kept = [row for row in rows if plain(row.fields.get("class", "")) == plain(group)]
    if rows and not kept:
        raise RosterError(name, ("nobody is in a class of this name",))
    other = len(rows) - len(kept)
    return kept, (f"{other} rows of other classes",) if other else ()


def _bundle(source: Source, files: Mapping[str, bytes], name: str, setting: Setting) -> _Part:
    bundle = oneroster.read(files, name, source.group, source.columns)
    people, wrong = _people(bundle.rows, setting)
    chosen = f", class {bundle.chosen}" if bundle.chosen else f", whole school, {len(bundle.classes)} classes"
    kind = f"OneRoster {bundle.version}{chosen}"
    part = SourceReading(name, kind, bundle.columns, len(people), tuple(bundle.left_out))
    return part, people, bundle.faults + wrong


def _people(rows: Sequence[Raw], setting: Setting) -> tuple[list[RosterEntry], list[Fault]]:
    people: list[RosterEntry] = []
    faults: list[Fault] = []
    for row in rows:
        one, wrong = entry(row, setting)
        faults += wrong
        if one is not None:
            people.append(one)
    return people, faults


def _unpacked(raw: bytes, name: str) -> Mapping[str, bytes] | None:
    """The files of a zipped bundle that are read, by their names; None: it is a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if "[Content_Types].xml" in packed.namelist():
                return None
            found = {
                PurePosixPath(part.filename).name.casefold(): part
                for part in packed.infolist()
                if not part.is_dir() and "__MACOSX" not in part.filename
            }
            wanted = {file: found[file] for file in FILES if file in found}
            if sum(part.file_size for part in wanted.values()) > _UNPACKED:
                raise RosterError(name, (f"larger than {_UNPACKED // 1024 // 1024} MiB when unpacked",))
            return {file: packed.read(part) for file, part in wanted.items()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise RosterError(name, ("the zip file is damaged, or locked by a password",)) from error


def _version(people: Sequence[Person], salt: bytes) -> str:
    ordered = sorted((asdict(person) for person in people), key=lambda person: str(person["id"]))
    return keyed(json.dumps(ordered, sort_keys=True).encode(), salt)
