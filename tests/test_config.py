"""The configuration: every fault at once and in words, secrets never in the file, the example complete."""

import dataclasses
import os
import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from guardian.config import Config, PolicySection, load, load_policy, operator_key
from guardian.core.identity import Proof
from guardian.core.policy import Mode, Policy
from guardian.errors import ConfigError

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
NOW = 1_795_970_000.0  # 2026-11-29

MEETING = """
[[meetings]]
id = "{id}"
title = "Fitness"
server = "school"
room = "{room}"
roster = "roster.csv"
owners = ["coach@school.example"]
schedule = {{ timezone = "{zone}", weekdays = ["mon"], start = "{start}", minutes = 60 }}
"""
SERVER = """
[jitsi.school]
websocket = "wss://meet.school.example/xmpp-websocket"
domain = "meet.school.example"
account = "guardian"
password = { env = "TEST_JITSI_PASSWORD" }
"""


def meeting(id: str = "fitness", room: str = "fit", start: str = "16:00", zone: str = "Europe/Berlin") -> str:  # noqa: A002
    return MEETING.format(id=id, room=room, start=start, zone=zone)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GUARDIAN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TEST_JITSI_PASSWORD", "jitsi-secret")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(path: Path, text: str) -> Config:
    path.write_text(text, encoding="utf-8")
    return load(path, clock=lambda: NOW)


def faults(path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(path, text)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every model below it."""
    yield model
    for field in model.model_fields.values():
        yield from _below(field.annotation)


def _below(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from sections(annotation)
    for argument in typing.get_args(annotation):
        yield from _below(argument)


# --- the example
# ----------------------------------------------------------------------------------------------


def test_the_example_works_as_it_is_once_its_secrets_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDIAN_MAIL_PASSWORD", "mail-secret")
    monkeypatch.setenv("GUARDIAN_JITSI_PASSWORD", "jitsi-secret")
    config = load(EXAMPLE, clock=lambda: NOW)
    assert config.meetings[0].roster.is_file()
    assert config.meetings[0].policy == Policy()
    assert len(config.meetings[0].schedule.slots.next_starts(NOW, 3)) == 3
    assert "secret" not in repr(config)


def test_the_example_names_every_key_and_no_other() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    named |= {
        part for found in re.findall(r"^(?:# )?\[+([A-Za-z_.]+)\]+", text, re.MULTILINE) for part in found.split(".")
    }
    keys = {f.alias or name for model in sections(Config) for name, f in model.model_fields.items()}
    assert keys - named == set()
    assert named - keys == {"school"}


def test_what_the_example_calls_the_default_is_the_default() -> None:
    data = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    given = PolicySection.model_validate(data["meetings"][0]["policy"])
    assert given == PolicySection()


def test_the_policys_names_and_defaults_are_the_cores() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Policy)}
    assert {name: field.default for name, field in PolicySection.model_fields.items()} == fields


# --- secrets
# --------------------------------------------------------------------------------------------------


def test_a_missing_secret_is_told_by_its_variable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_JITSI_PASSWORD")
    (fault,) = faults(path, SERVER + meeting())
    assert fault.startswith("jitsi.school.password: the environment variable TEST_JITSI_PASSWORD is not set")


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(path: Path) -> None:
    text = (SERVER + meeting()).replace('{ env = "TEST_JITSI_PASSWORD" }', '"hunter2"')
    (fault,) = faults(path, text)
    assert fault.startswith("jitsi.school.password: a secret is never written in this file")
    assert "hunter2" not in fault


def test_a_secret_may_stand_in_a_file_beside_the_configuration(path: Path) -> None:
    (path.parent / "secret").write_text("from a file\n", encoding="utf-8")
    config = read(path, (SERVER + meeting()).replace('env = "TEST_JITSI_PASSWORD"', 'file = "secret"'))
    password = config.jitsi["school"].password
    assert password is not None
    assert password.get_secret_value() == "from a file"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"\n", "is empty or too long"),
        (b"\xff", "is not UTF-8 text"),
        (b"x" * 70_000, "is empty or too long"),
    ],
)
def test_a_secrets_file_that_will_not_do_is_told(path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (path.parent / "secret").write_bytes(content)
    (fault,) = faults(path, (SERVER + meeting()).replace('env = "TEST_JITSI_PASSWORD"', 'file = "secret"'))
    assert says in fault


@pytest.mark.parametrize("value", ["7", "{}", '{ env = "A", file = "B" }', '{ name = "A" }', '{ env = "" }'])
def test_a_secret_in_any_other_shape_is_refused(path: Path, value: str) -> None:
    (fault,) = faults(path, (SERVER + meeting()).replace('{ env = "TEST_JITSI_PASSWORD" }', value))
    assert "say where the secret is" in fault


def test_an_address_with_a_password_in_it_is_a_secret(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = '[guardian]\ndatabase = "postgresql+psycopg://guardian:pw@db/guardian"\n' + SERVER + meeting()
    (fault,) = faults(path, written)
    assert fault.startswith("guardian.database: an address with a password in it is a secret")
    monkeypatch.setenv("TEST_DB", "postgresql+psycopg://guardian:pw@db/guardian")
    config = read(path, '[guardian]\ndatabase = { env = "TEST_DB" }\n' + SERVER + meeting())
    assert config.guardian.database_url == "postgresql+psycopg://guardian:pw@db/guardian"
    assert "pw" not in repr(config)


def test_nothing_that_was_read_is_shown_in_an_error(path: Path) -> None:
    told = faults(path, SERVER.replace('account = "guardian"', 'account = "hunter2 hunter2"') + 'port = "hunter2"\n')
    assert told
    assert not any("hunter2" in fault for fault in told)


# --- faults
# ---------------------------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_by_their_dotted_paths(path: Path) -> None:
    text = """
        [guardian]
        data_dirr = "x"
        api = { port = 70000 }
        deadman = "ftp://x"
        [mail]
        host = "mail.school.example"
        sender = "nobody"
        username = "x"
        [jitsi.school]
        websocket = "http://meet"
        domain = "meet.school.example"
        [jitsi."bad name"]
        [[meetings]]
        id = "Fitness Class"
        title = "Fitness"
        server = "school"
        room = "a b"
        [meetings.schedule]
        timezone = "Europe/Berln"
        weekdays = ["someday"]
        start = "9:30"
        minutes = 0
        dates = [1]
        [meetings.policy]
        gate = ["claimed"]
        modee = "assist"
        lock_after = "nver"
    """
    told = {fault.split(": ")[0].split(" ")[0]: fault for fault in faults(path, text)}
    assert told.keys() == {
        "guardian.data_dirr",
        "guardian.api.port",
        "guardian.deadman",
        "mail.sender",
        "jitsi.school.websocket",
        "jitsi.bad",
        "meetings.0.id",
        "meetings.0.room",
        "meetings.0.roster",
        "meetings.0.schedule.timezone",
        "meetings.0.schedule.weekdays.0",
        "meetings.0.schedule.start",
        "meetings.0.schedule.minutes",
        "meetings.0.schedule.dates.0",
        "meetings.0.policy.gate",
        "meetings.0.policy.modee",
        "meetings.0.policy.lock_after",
    }
    assert told["guardian.data_dirr"].endswith("no such key; did you mean data_dir?")
    assert told["meetings.0.policy.modee"].endswith("no such key; did you mean mode?")
    assert told["meetings.0.schedule.timezone"].endswith("did you mean Europe/Berlin?")
    assert told["meetings.0.roster"].endswith("is missing; config.example.toml shows it")


def test_an_unknown_key_like_no_other_is_to_be_removed(path: Path) -> None:
    (fault,) = faults(path, "[zzz]\n" + SERVER + meeting())
    assert fault == "zzz: no such key; remove it"


def test_a_fault_of_a_meeting_names_the_meeting(path: Path) -> None:
    (fault,) = faults(path, SERVER + meeting().replace("minutes = 60", "minutes = 0"))
    assert fault.startswith("meetings.0.schedule.minutes (fitness): ")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('account = "guardian"', "", "log in either by account and password or by token"),
        ("password = {", "passwort = {", "did you mean password?"),
        ('domain = "meet.school.example"', 'domain = "https://meet"', "write a bare host name"),
        ("wss://meet.school.example", "ws://meet.school.example", "ws:// is only for a server on this machine"),
        ("/xmpp-websocket", "/xmpp-websocket?token=x", "without user, password or ?query"),
        ('start = "16:00"', 'start = "24:00"', "write a local time of day"),
        ('start = "16:00"', "start = 16:00:30", "write a local time of day"),
        ('["mon"]', '["t"]', "write a weekday as a word"),
        ('["mon"]', "[]", "name the weekdays, or the dates"),
        ('["coach@school.example"]', '["Coach <coach@school.example>"]', "write a bare mail address"),
        ('server = "school"', 'server = "scool"', "did you mean school?"),
        ('server = "school"', 'server = "university"', "add [jitsi.university]"),
    ],
)
def test_each_fault_says_what_to_do(path: Path, old: str, new: str, says: str) -> None:
    assert any(says in fault for fault in faults(path, (SERVER + meeting()).replace(old, new)))


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('security = "none"', "only for a mail server on this machine"),
        ('username = "x"', "username and password go together"),
        ("port = 0", "greater than or equal to 1"),
        ("ssl = true", "no such key"),
    ],
)
def test_each_fault_of_the_mail_section_says_what_to_do(path: Path, section: str, says: str) -> None:
    mail = f'[mail]\nhost = "mail.school.example"\nsender = "g@school.example"\n{section}\n'
    assert any(says in fault for fault in faults(path, mail + SERVER + meeting()))


def test_a_meeting_that_nobody_would_hear_of_is_a_fault(path: Path) -> None:
    mail = '[mail]\nhost = "mail.school.example"\nsender = "g@school.example"\n'
    text = mail + SERVER + meeting().replace('owners = ["coach@school.example"]', "")
    (fault,) = faults(path, text)
    assert fault.startswith("meetings.0.owners (fitness): nobody is told")
    config = read(path, text.replace("[mail]", '[mail]\nto = ["office@school.example"]'))
    assert config.recipients(config.meetings[0]) == ("office@school.example",)


def test_an_id_is_given_once(path: Path) -> None:
    (fault,) = faults(path, SERVER + meeting(room="one") + meeting(room="two"))
    assert fault.startswith("meetings.1.id (fitness): taken by meetings.0")


def test_overlapping_slots_in_one_room_are_refused_by_name_and_time(path: Path) -> None:
    text = SERVER + meeting("one", "Fit", "15:00") + meeting("two", "fit", "15:30")
    (fault,) = faults(path, text)
    assert fault.startswith("meetings.1.schedule (two): on 2026-11-30 14:30 UTC it meets one in the same room")
    assert len(read(path, text.replace('"fit"', '"other"')).meetings) == 2
    (fault,) = faults(path, text.replace("15:30", "16:15"))
    assert fault == "meetings.1.room (two): is the room of one too; give each class a room of its own"


def test_no_meetings_and_no_file_and_no_toml_are_each_told(path: Path) -> None:
    assert faults(path, SERVER) == ["meetings: is missing; config.example.toml shows it"]
    assert faults(path, "meetings = []\n" + SERVER) == [
        "meetings: name at least one meeting; config.example.toml shows how"
    ]
    with pytest.raises(ConfigError, match=r"is not TOML: Expected"):
        read(path, "[guardian")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(path)
    path.write_bytes(b"#" * (5 * 1024 * 1024))
    with pytest.raises(ConfigError, match="this is no configuration file"):
        load(path)
    with pytest.raises(ConfigError, match="No such file"):
        load(path.with_name("none.toml"))


@pytest.mark.parametrize(
    "text",
    [
        "guardian = 3",
        "jitsi = 3",
        "meetings = 3",
        "meetings = [3]",
        "mail = 3",
        "[guardian]\napi = 3",
        "[jitsi]\nx = 3",
    ],
)
def test_sections_of_the_wrong_shape_are_faults_and_no_crash(path: Path, text: str) -> None:
    assert faults(path, text)


# --- what comes out
# -------------------------------------------------------------------------------------------


def test_defaults_are_safe(path: Path) -> None:
    config = read(path, SERVER + meeting())
    assert config.guardian.data_dir == path.parent / "data"
    assert config.guardian.database_url == f"sqlite+aiosqlite:///{path.parent / 'data' / 'journal.sqlite3'}"
    assert (config.guardian.api.host, config.guardian.api.port) == ("127.0.0.1", 8460)
    assert config.meetings[0].policy == Policy()
    assert config.meetings[0].roster == path.parent / "roster.csv"
    assert config.meetings[0].show_full_names is False
    assert config.meetings[0].retention_days == 30
    assert config.meetings[0].platform == "jitsi"
    assert config.meeting("fitness") is config.meetings[0]
    assert config.meeting("none") is None
    server = config.jitsi["school"]
    assert server.login_domain == "auth.meet.school.example"
    assert server.trusted_account_hosts == ("auth.meet.school.example",)
    assert server.token_hosts == ()


def test_a_policy_reaches_the_core_as_written(path: Path) -> None:
    config = read(
        path,
        SERVER
        + meeting()
        + '[meetings.policy]\ngate = ["token", "name_exact"]\nmode = "enforce"\nlock_after = "never"\n',
    )
    policy = config.meetings[0].policy
    assert policy.gate == {Proof.TOKEN, Proof.NAME_EXACT}
    assert policy.mode is Mode.ENFORCE
    assert policy.lock_after is None


def test_a_token_login_goes_to_the_main_domain(path: Path) -> None:
    text = SERVER.replace('account = "guardian"\npassword =', '[jitsi.school.token]\napp_id = "school"\nsecret =')
    server = read(path, text + meeting()).jitsi["school"]
    assert server.login_domain == "meet.school.example"
    assert server.token is not None
    assert server.token.audience == "jitsi"


def test_a_container_may_set_a_few_things_by_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDIAN_DATA_DIR", "/var/lib/guardian")
    monkeypatch.setenv("GUARDIAN_API_HOST", "0.0.0.0")
    monkeypatch.setenv("GUARDIAN_API_PORT", "0")
    monkeypatch.setenv("GUARDIAN_LOG_LEVEL", "debug")
    monkeypatch.setenv("GUARDIAN_LOG_FORMAT", "")
    config = read(path, "[guardian.api]\nport = 9000\n" + SERVER + meeting())
    assert config.guardian.data_dir == Path("/var/lib/guardian")
    assert (config.guardian.api.host, config.guardian.api.port) == ("0.0.0.0", 0)
    assert (config.guardian.log.level, config.guardian.log.format) == ("debug", "auto")
    monkeypatch.setenv("GUARDIAN_LOG_LEVEL", "loud")
    assert faults(path, SERVER + meeting())[0].startswith("guardian.log.level: ")


def test_the_configuration_cannot_be_changed(path: Path) -> None:
    config = read(path, SERVER + meeting())
    with pytest.raises(ValueError, match="frozen"):
        config.meetings[0].title = "Other"  # type: ignore[misc]


def test_a_policy_of_its_own_can_be_read(path: Path) -> None:
    path.write_text('mode = "observe"\nbrake_per_minute = 2\n', encoding="utf-8")
    assert load_policy(path) == Policy(mode=Mode.OBSERVE, brake_per_minute=2)
    path.write_text('mod = "observe"\nsettle = -1\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"2 faults.*\n(.*\n)?.*mod: no such key; did you mean mode\?"):
        load_policy(path)


# --- the operators' key
# ---------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_only_we_can_read_it(path: Path) -> None:
    config = read(path, SERVER + meeting())
    key = operator_key(config)
    assert len(key) >= 32
    assert operator_key(config) == key
    file = config.guardian.data_dir / "operator.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in file.parent.iterdir()] == ["operator.key"]


def test_a_configured_key_is_used_and_must_be_long_enough(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[guardian]\noperator_key = { env = "TEST_KEY" }\n' + SERVER + meeting()
    monkeypatch.setenv("TEST_KEY", "k" * 32)
    assert operator_key(read(path, text)) == b"k" * 32
    monkeypatch.setenv("TEST_KEY", "k" * 31)
    (fault,) = faults(path, text)
    assert fault.startswith("guardian.operator_key: the key that signs operators' tokens needs 32 bytes")


def test_a_key_that_cannot_be_used_is_told(path: Path) -> None:
    config = read(path, SERVER + meeting())
    config.guardian.data_dir.mkdir()
    (config.guardian.data_dir / "operator.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match="shorter than 32 bytes"):
        operator_key(config)
    (path.parent / "file").write_bytes(b"")
    blocked = read(path, '[guardian]\ndata_dir = "file"\n' + SERVER + meeting())
    with pytest.raises(ConfigError, match="cannot be made or read"):
        operator_key(blocked)
