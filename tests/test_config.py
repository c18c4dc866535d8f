"""The configuration: every fault at once and in words, secrets never in the file, the example complete."""

import dataclasses
import os
import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from guardian.config import Config, PolicySection, Schedule, load, load_policy, operator_key
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
ZOOM = """
[guardian.api]
public_url = "https://guardian.school.example"
[zoom.academy]
account_id = "ExAcctAAAAAAAAAAAAAAAA"
client_id = "ExClientAAAA"
client_secret = { env = "TEST_ZOOM_SECRET" }
webhook_secrets = [{ env = "TEST_ZOOM_HOOK" }]
panel_client_id = "ExPanelAAAA"
panel_client_secret = { env = "TEST_ZOOM_PANEL" }
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


def on_zoom(id: str = "robotics", room: str = "812 3456 7890", start: str = "16:00", server: str = "academy") -> str:  # noqa: A002
    return meeting(id, room, start).replace('"school"', f'"{server}"')


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GUARDIAN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TEST_JITSI_PASSWORD", "jitsi-secret")
    monkeypatch.setenv("TEST_ZOOM_SECRET", "zoom-client-secret")
    monkeypatch.setenv("TEST_ZOOM_HOOK", "zoom-webhook-secret")
    monkeypatch.setenv("TEST_ZOOM_HOOK_2", "zoom-webhook-secret-two")
    monkeypatch.setenv("TEST_ZOOM_PANEL", "zoom-panel-secret")


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
    assert config.meetings[0].roster[0].path.is_file()
    assert config.meetings[0].policy == Policy()
    weekly = config.meetings[0].schedule.slots
    assert weekly is not None
    assert len(weekly.next_starts(NOW, 3)) == 3
    assert "secret" not in repr(config)


def test_the_example_names_every_key_and_no_other() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    named |= {
        part for found in re.findall(r"^(?:# )?\[+([A-Za-z_.]+)\]+", text, re.MULTILINE) for part in found.split(".")
    }
    keys = {f.alias or name for model in sections(Config) for name, f in model.model_fields.items()}
    assert keys - named == set()
    assert named - keys == {"school", "academy"}


def test_the_examples_zoom_part_works_once_it_is_uncommented(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAIL_PASSWORD", "JITSI_PASSWORD", "ZOOM_SECRET", "ZOOM_WEBHOOK_SECRET", "ZOOM_PANEL_SECRET"):
        monkeypatch.setenv(f"GUARDIAN_{name}", "a-secret-of-some-length")
    text = EXAMPLE.read_text(encoding="utf-8")
    before, rest = text.split("# [zoom.academy]\n")
    section, rest = rest.split("\n\n", 1)
    meetings, last = rest.split("# [[meetings]]\n")
    bare = re.compile(r"^# (?=[a-z_]+ = )", re.MULTILINE)
    text = (
        before.replace("# public_url", "public_url")
        + f"[zoom.academy]\n{bare.sub('', section)}\n{meetings}[[meetings]]\n{bare.sub('', last)}"
    )
    config = read(path, text)
    assert config.zoom["academy"].plan == "pro"
    assert [(m.room, config.platform_of(m)) for m in config.meetings] == [
        ("fitness-7f3a", "jitsi"),
        ("81234567890", "zoom"),
    ]


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
        ('server = "school"', 'server = "university"', "add [jitsi.university] or [zoom.university]"),
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
        "zoom = 3",
        "[zoom]\nx = 3",
        "meetings = 3",
        "meetings = [3]",
        "mail = 3",
        "[guardian]\napi = 3",
        "[jitsi]\nx = 3",
    ],
)
def test_sections_of_the_wrong_shape_are_faults_and_no_crash(path: Path, text: str) -> None:
    assert faults(path, text)


# --- Zoom
# -----------------------------------------------------------------------------------------------------


def test_a_zoom_account_is_read_with_zooms_own_addresses(path: Path) -> None:
    config = read(path, ZOOM + on_zoom())
    account = config.zoom["academy"]
    assert config.platform_of(config.meetings[0]) == "zoom"
    assert config.guardian.api.public_url == "https://guardian.school.example"
    assert (account.plan, account.calls_per_second, account.subscription) == ("pro", 20.0, None)
    assert account.api == "https://api.zoom.us/v2"
    assert account.oauth == "https://zoom.us/oauth"
    assert account.events == "wss://ws.zoom.us/ws"
    assert account.client_secret.get_secret_value() == "zoom-client-secret"
    assert [secret.get_secret_value() for secret in account.webhook_secrets] == ["zoom-webhook-secret"]
    assert "zoom-" not in repr(config)


@pytest.mark.parametrize("room", ["81234567890", "812 3456 7890", "812-3456-7890", "812\u20133456\u20137890"])
def test_a_meetings_number_may_be_written_as_people_write_it(path: Path, room: str) -> None:
    assert read(path, ZOOM + on_zoom(room=room)).meetings[0].room == "81234567890"


def test_a_meetings_number_may_be_a_number(path: Path) -> None:
    text = (ZOOM + on_zoom()).replace('"812 3456 7890"', "81234567890")
    assert read(path, text).meetings[0].room == "81234567890"


@pytest.mark.parametrize(
    "room", ["fit", "12345678", "1234567890123", "https://zoom.us/j/81234567890", "٨١٢٣٤٥٦٧٨٩٠", "812.345.678"]
)
def test_what_is_no_meetings_number_is_told(path: Path, room: str) -> None:
    (fault,) = faults(path, ZOOM + on_zoom(room=room))
    assert fault.startswith("meetings.0.room (robotics): write the Zoom meeting's number, 9 to 12 digits")


def test_a_room_of_digits_on_jitsi_stays_as_it_is(path: Path) -> None:
    config = read(path, SERVER + ZOOM + meeting(room="812-3456-7890") + on_zoom(room="812-3456-7890"))
    assert [found.room for found in config.meetings] == ["812-3456-7890", "81234567890"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('webhook_secrets = [{ env = "TEST_ZOOM_HOOK" }]', "", "no events would reach us"),
        (
            '{ env = "TEST_ZOOM_HOOK" }',
            '"hunter2-hunter2-hunter2"',
            "zoom.academy.webhook_secrets.0: a secret is never",
        ),
        (
            '{ env = "TEST_ZOOM_HOOK" }',
            '{ env = "TEST_NONE" }',
            "webhook_secrets.0: the environment variable TEST_NONE",
        ),
        (
            '[{ env = "TEST_ZOOM_HOOK" }]',
            '[{ env = "TEST_ZOOM_HOOK" }, { env = "TEST_ZOOM_HOOK" }]',
            "both are the same secret",
        ),
        (
            '[{ env = "TEST_ZOOM_HOOK" }]',
            '[{ env = "TEST_ZOOM_HOOK" }, { env = "TEST_ZOOM_HOOK_2" }, { env = "TEST_ZOOM_PANEL" }]',
            "name one secret, or two while it is being rotated",
        ),
        ('"TEST_ZOOM_HOOK"', '"TEST_JITSI_PASSWORD"', "shorter than 16 characters"),
        ('client_secret = { env = "TEST_ZOOM_SECRET" }', "", "zoom.academy.client_secret: is missing"),
        ('panel_client_id = "ExPanelAAAA"', "", "zoom.academy.panel_client_id: is missing"),
        ('panel_client_secret = { env = "TEST_ZOOM_PANEL" }', "", "zoom.academy.panel_client_secret: is missing"),
        ("panel_client_secret", "panel_secret", "did you mean panel_client_secret?"),
        ("[zoom.academy]", '[zoom.academy]\nplan = "basic"', "zoom.academy.plan: input should be 'free', 'pro'"),
        ("[zoom.academy]", '[zoom.academy]\napi = "http://api.zoom.us/v2"', "http:// is only for a server on this"),
        ("[zoom.academy]", '[zoom.academy]\noauth = "ftp://zoom.us"', "zoom.academy.oauth: write an https:// address"),
        (
            "[zoom.academy]",
            '[zoom.academy]\noauth = "https://a:b@zoom.us"',
            "without user, password, ?query or #fragment",
        ),
        (
            "[zoom.academy]",
            '[zoom.academy]\nevents = "ws://ws.zoom.us/ws"',
            "ws:// is only for a server on this machine",
        ),
        (
            "[zoom.academy]",
            '[zoom.academy]\nevents = "https://ws.zoom.us"',
            "zoom.academy.events: write a wss:// address",
        ),
        ("[zoom.academy]", '[zoom.academy]\napi = "https://x:y/"', "zoom.academy.api: not an address"),
        ("[zoom.academy]", '[zoom.academy]\napi = "https:///v2"', "zoom.academy.api: not an address"),
        ("https://guardian.school.example", "https://guardian.school.example/zoom", "without a path: https://HOST"),
        ("https://guardian.school.example", "http://guardian.school.example", "http:// is only for a server on this"),
        (
            'public_url = "https://guardian.school.example"',
            "",
            "guardian.api.public_url: is missing; Zoom and the panels",
        ),
        ('server = "academy"', 'server = "acadmy"', "did you mean academy?"),
    ],
)
def test_each_fault_of_a_zoom_account_says_what_to_do(path: Path, old: str, new: str, says: str) -> None:
    assert old in ZOOM + on_zoom()
    told = faults(path, (ZOOM + on_zoom()).replace(old, new))
    assert any(says in fault for fault in told), told
    assert not any("hunter2" in fault or "zoom-" in fault for fault in told)


def test_events_may_come_by_websocket_alone_and_by_both_ways(path: Path) -> None:
    both = (ZOOM + on_zoom()).replace("[zoom.academy]", '[zoom.academy]\nsubscription = "ExSubscription"')
    assert read(path, both).zoom["academy"].subscription == "ExSubscription"
    alone = both.replace('webhook_secrets = [{ env = "TEST_ZOOM_HOOK" }]', "")
    assert read(path, alone).zoom["academy"].webhook_secrets == ()


def test_two_webhook_secrets_are_valid_while_one_is_rotated(path: Path) -> None:
    text = (ZOOM + on_zoom()).replace('"TEST_ZOOM_HOOK" }', '"TEST_ZOOM_HOOK" }, { env = "TEST_ZOOM_HOOK_2" }')
    assert len(read(path, text).zoom["academy"].webhook_secrets) == 2


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://Guardian.School.Example:443/", "https://guardian.school.example"),
        ("https://guardian.school.example:8443", "https://guardian.school.example:8443"),
        ("http://127.0.0.1:8460", "http://127.0.0.1:8460"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_the_public_address_is_kept_as_a_browser_names_an_origin(path: Path, given: str, found: str) -> None:
    config = read(path, (ZOOM + on_zoom()).replace("https://guardian.school.example", given))
    assert config.guardian.api.public_url == found


def test_the_public_address_may_come_from_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDIAN_API_PUBLIC_URL", "https://other.school.example")
    text = (ZOOM + on_zoom()).replace('public_url = "https://guardian.school.example"', "")
    assert read(path, text).guardian.api.public_url == "https://other.school.example"


def test_loopback_addresses_may_go_without_tls(path: Path) -> None:
    text = ZOOM + 'api = "http://127.0.0.1:9/v2/"\noauth = "http://localhost:9/oauth"\nevents = "ws://[::1]:9/ws"\n'
    account = read(path, text + on_zoom()).zoom["academy"]
    assert (account.api, account.oauth, account.events) == (
        "http://127.0.0.1:9/v2",
        "http://localhost:9/oauth",
        "ws://[::1]:9/ws",
    )


def test_one_name_for_servers_of_two_platforms_is_refused(path: Path) -> None:
    text = (SERVER + ZOOM + meeting()).replace("[zoom.academy]", "[zoom.school]")
    told = faults(path, text)
    assert "zoom.school: is the name of [jitsi.school] too; give each server a name of its own" in told


def test_one_zoom_number_is_one_room_whatever_its_spelling(path: Path) -> None:
    (fault,) = faults(path, ZOOM + on_zoom("one") + on_zoom("two", "812-3456-7890", "16:30"))
    assert fault.startswith("meetings.1.schedule (two): on 2026-11-30 15:30 UTC it meets one in the same room")


def test_a_second_zoom_account_needs_a_guardian_of_its_own(path: Path) -> None:
    other = ZOOM[ZOOM.index("[zoom.academy]") :].replace("[zoom.academy]", "[zoom.branch]")
    (fault,) = faults(path, ZOOM + other + on_zoom() + on_zoom("two", "82345678901", "16:00", "branch"))
    assert fault.startswith("zoom: more than one account")
    assert fault.endswith("run a guardian for each")


# --- what comes out
# -------------------------------------------------------------------------------------------


def test_defaults_are_safe(path: Path) -> None:
    config = read(path, SERVER + meeting())
    assert config.guardian.data_dir == path.parent / "data"
    assert config.guardian.database_url == f"sqlite+aiosqlite:///{path.parent / 'data' / 'journal.sqlite3'}"
    assert (config.guardian.api.host, config.guardian.api.port) == ("127.0.0.1", 8460)
    assert config.meetings[0].policy == Policy()
    assert config.meetings[0].roster[0].path == path.parent / "roster.csv"
    assert config.meetings[0].show_full_names is False
    assert config.meetings[0].retention_days == 30
    assert config.platform_of(config.meetings[0]) == "jitsi"
    assert config.guardian.api.public_url is None
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


# --- lists and calendars
# ----------------------------------------------------------------------------------------


def test_a_roster_may_be_a_path_a_table_or_several(path: Path) -> None:
    def roster(written: str) -> list[tuple[str, str, str]]:
        text = (SERVER + meeting()).replace('roster = "roster.csv"', f"roster = {written}")
        sources = [part.source for part in read(path, text).meetings[0].roster]
        return [(source.path.name, source.group, source.sheet) for source in sources]

    assert roster('"a.csv"') == [("a.csv", "", "")]
    assert roster('{ path = "a.zip", class = "4b" }') == [("a.zip", "4b", "")]
    assert roster('["a.csv", { path = "b.xlsx", sheet = "4b" }]') == [("a.csv", "", ""), ("b.xlsx", "", "4b")]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[]", "meetings.0.roster (fitness): name at least one file"),
        ('{ class = "4b" }', "meetings.0.roster.0.path (fitness): is missing"),
        ('{ path = "a.csv", columns = { Wer = "nam" } }', "no such field; did you mean name?"),
        ('{ path = "a.csv", encoding = "rot13" }', "no such encoding of text"),
        ('{ path = "a.csv", rolle = "staff" }', "no such key; did you mean role?"),
        ('{ path = "a.csv", delimiter = "" }', "meetings.0.roster.0.delimiter (fitness): "),
    ],
)
def test_faults_of_a_roster_are_told_by_their_place(path: Path, written: str, says: str) -> None:
    (fault,) = faults(path, (SERVER + meeting()).replace('roster = "roster.csv"', f"roster = {written}"))
    assert says in fault


WEEKLY = 'weekdays = ["mon"], start = "16:00", minutes = 60'


def calendar(path: Path, written: str) -> Schedule:
    return read(path, (SERVER + meeting()).replace(WEEKLY, written)).meetings[0].schedule


def test_a_calendar_is_a_file_or_an_address_and_the_address_is_a_secret(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_CALENDAR", "webcal://calendar.example/ical?token=abc")
    assert calendar(path, 'calendar = "school.ics"').calendar == path.parent / "school.ics"
    public = calendar(path, 'calendar = "webcal://calendar.example/school.ics", title = "Fitness"')
    secret = calendar(path, 'calendar = { env = "TEST_CALENDAR" }, arm_before = 45')
    assert isinstance(public.calendar, SecretStr)
    assert public.calendar.get_secret_value() == "https://calendar.example/school.ics"
    assert isinstance(secret.calendar, SecretStr)
    assert secret.calendar.get_secret_value() == "https://calendar.example/ical?token=abc"
    assert "abc" not in repr(secret)
    assert (secret.slots, secret.arm_before, secret.reread_minutes) == (None, 45, 15)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('calendar = "http://calendar.example/a.ics"', "http:// is only for a server on this machine"),
        ('calendar = "https://calendar.example/a.ics?token=x"', "without user, password, ?query"),
        ("calendar = 3", "write a file"),
        ('calendar = { env = "TEST_JITSI_PASSWORD" }', "this secret is no https:// address"),
        ('calendar = "a.ics", weekdays = ["mon"]', "the calendar says when: remove weekdays"),
        ('weekdays = ["mon"], minutes = 60', "start missing"),
        ('weekdays = ["mon"], start = "16:00", minutes = 60, title = "x"', "are of a calendar: name it"),
        ("minutes = 60", "name the weekdays, or the dates"),
        ('calendar = "a.ics", reread_minutes = 0', "schedule.reread_minutes"),
    ],
)
def test_faults_of_a_calendar_are_told(path: Path, written: str, says: str) -> None:
    (fault,) = faults(path, (SERVER + meeting()).replace(WEEKLY, written))
    assert says in fault


def test_two_classes_by_calendar_in_one_room_are_refused(path: Path) -> None:
    text = SERVER + meeting().replace(WEEKLY, 'calendar = "a.ics"') + meeting(id="two")
    (fault,) = faults(path, text)
    assert fault == "meetings.1.room (two): is the room of fitness too; give each class a room of its own"
