"""From a TOML file to a Config: reads it, finds every fault at once, and says of each what to do. No section
lives here.

An error never shows a value that was read: it might be a secret in the wrong place.
"""

from __future__ import annotations

import difflib
import time
import tomllib
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from guardian.adapters.calendars.weekly import overlap
from guardian.config.model import PLATFORMS, Config, Meeting
from guardian.config.policy import PolicySection
from guardian.core.policy import Policy
from guardian.errors import ConfigError

_LARGEST = 4 * 1024 * 1024  # bytes; room for thousands of meetings
_WORDS: Mapping[str, str] = {
    "missing": "is missing; config.example.toml shows it",
    "path_type": "write a path as text",
}


class _Deployment(BaseSettings):
    """What a container may set without touching the file: ``GUARDIAN_DATA_DIR``, ``GUARDIAN_API_HOST`` and so
    on.
    """

    model_config = SettingsConfigDict(env_prefix="GUARDIAN_", env_ignore_empty=True, extra="ignore")

    data_dir: str | None = None
    api_host: str | None = None
    api_port: str | None = None
    api_public_url: str | None = None
    log_level: str | None = None
    log_format: str | None = None


def load(path: Path, *, clock: Callable[[], float] = time.time) -> Config:
    """Read and check a configuration file. ``clock`` dates the search for overlapping slots.

    Raises ConfigError naming every fault by its dotted path.
    """
    data = _deployed(_read(path))
    sections = {kind: data.get(kind, {}) for kind in PLATFORMS}
    names = {kind: frozenset(found if isinstance(found, dict) else ()) for kind, found in sections.items()}
    context = {"folder": path.resolve().parent, **names}
    faults: list[str] = []
    config: Config | None = None
    try:
        config = Config.model_validate(data, context=context)
    except ValidationError as error:
        faults += [_say(fault, Config, data) for fault in error.errors(include_url=False, include_input=False)]
    faults += _across(data, context, clock())
    if faults or config is None:
        raise _refusal(path, faults)
    return config


def load_policy(path: Path) -> Policy:
    """Read a file that holds nothing but the keys of ``[meetings.policy]``. Raises ConfigError."""
    data = _read(path)
    try:
        return PolicySection.model_validate(data).to_core()
    except ValidationError as error:
        raise _refusal(
            path, [_say(fault, PolicySection, data) for fault in error.errors(include_url=False, include_input=False)]
        ) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise ConfigError(f"{path}: larger than {_LARGEST} bytes; this is no configuration file")
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; name the file with --config") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None


def _deployed(data: dict[str, Any]) -> dict[str, Any]:
    """The file's data with the environment's few settings laid over it."""
    env = _Deployment()
    section = data.get("guardian", {})
    if not isinstance(section, dict):
        return data
    merged = dict(section)
    if env.data_dir is not None:
        merged["data_dir"] = str(Path(env.data_dir).absolute())
    for part, values in (
        ("api", {"host": env.api_host, "port": env.api_port, "public_url": env.api_public_url}),
        ("log", {"level": env.log_level, "format": env.log_format}),
    ):
        given = {key: value for key, value in values.items() if value is not None}
        if given and isinstance(section.get(part, {}), dict):
            merged[part] = {**section.get(part, {}), **given}
    # Always there, so that the default data directory is beside the file as well.
    return {**data, "guardian": merged}


def _refusal(path: Path, faults: Sequence[str]) -> ConfigError:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return ConfigError("\n  ".join([f"{path}: {count}; nothing was started", *faults]))


def _say(fault: ErrorDetails, root: type[BaseModel], data: Mapping[str, Any]) -> str:
    place = [part for part in fault["loc"] if part != "[key]"]  # a faulty name of a server
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _keys_at(root, place[:-1]), n=1, cutoff=0.6)
        words = f"no such key; did you mean {near[0]}?" if near else "no such key; remove it"
    else:
        words = _WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return f"{_dotted(place, data)}: {words[:1].lower()}{words[1:]}"


def _dotted(place: Sequence[int | str], data: Mapping[str, Any]) -> str:
    """``meetings.0.room``, with the meeting's id where it can be told."""
    text = ".".join(str(part) for part in place) or "the file"
    if len(place) > 1 and place[0] == "meetings" and isinstance(place[1], int):
        meetings = data.get("meetings")
        entry = meetings[place[1]] if isinstance(meetings, list) else None
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str) and name.isprintable() and place[2:] != ["id"]:
            text += f" ({name[:64]})"
    return text


def _keys_at(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys that a section knows, found by walking the models along an error's place."""
    for part in place:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in fields:
            inner = next(_models_in(fields[str(part)].annotation), None)
            model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _across(data: Mapping[str, Any], context: Mapping[str, Any], now: float) -> list[str]:
    """Faults that show only between sections, looked for even where other sections are faulty."""
    meetings = _sound_meetings(data, context)
    return [
        *_servers(data, meetings),
        *_hearers(data, meetings),
        *_public(data),
        *_pairs(meetings, now),
    ]


def _servers(data: Mapping[str, Any], meetings: Mapping[int, Meeting]) -> Iterator[str]:
    """Each meeting's server is one section of one platform."""
    kinds = {kind: data.get(kind, {}) for kind in PLATFORMS}
    if not all(isinstance(names, dict) for names in kinds.values()):
        return  # told already
    for name in kinds["zoom"]:
        if name in kinds["jitsi"]:
            yield f"zoom.{name}: is the name of [jitsi.{name}] too; give each server a name of its own"
    if len(kinds["zoom"]) > 1:
        yield "zoom: more than one account: events and panels could not tell whose they are; run a guardian for each"
    names = [name for found in kinds.values() for name in found]
    for index, meeting in meetings.items():
        if meeting.server not in names:
            near = difflib.get_close_matches(meeting.server, names, n=1, cutoff=0.6)
            sections = " or ".join(f"[{kind}.{meeting.server}]" for kind in PLATFORMS)
            hint = f"; did you mean {near[0]}?" if near else f"; add {sections}"
            yield f"meetings.{index}.server ({meeting.id}): no such server{hint}"


def _hearers(data: Mapping[str, Any], meetings: Mapping[int, Meeting]) -> Iterator[str]:
    mail = data.get("mail")
    for index, meeting in meetings.items():
        if isinstance(mail, dict) and not mail.get("to") and not meeting.owners:
            yield f"meetings.{index}.owners ({meeting.id}): nobody is told; name owners here or mail.to"


def _public(data: Mapping[str, Any]) -> Iterator[str]:
    guardian = data.get("guardian")
    api = guardian.get("api", {}) if isinstance(guardian, dict) else None
    if data.get("zoom") and isinstance(api, dict) and "public_url" not in api:
        yield "guardian.api.public_url: is missing; Zoom and the panels reach us there: write the https:// address"


def _pairs(meetings: Mapping[int, Meeting], now: float) -> Iterator[str]:
    """No two meetings have one id or one room."""
    for (first, one), (second, other) in combinations(meetings.items(), 2):
        if one.id == other.id:
            yield f"meetings.{second}.id ({other.id}): taken by meetings.{first}; give each its own"
        if (one.server, one.room.casefold()) != (other.server, other.room.casefold()):
            continue
        ours, theirs = other.schedule.slots, one.schedule.slots
        met = overlap(ours, theirs, now) if ours is not None and theirs is not None else None
        if met is None:
            yield f"meetings.{second}.room ({other.id}): is the room of {one.id} too; give each class a room of its own"
        else:
            day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(met.start))
            yield (
                f"meetings.{second}.schedule ({other.id}): on {day} UTC it meets {one.id} in the same room,"
                " margins included; use another room, other times or a smaller margin_minutes"
            )


def _sound_meetings(data: Mapping[str, Any], context: Mapping[str, Any]) -> dict[int, Meeting]:
    entries = data.get("meetings")
    found = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        try:
            found[index] = Meeting.model_validate(entry, context=dict(context))
        except ValidationError:
            continue
    return found
