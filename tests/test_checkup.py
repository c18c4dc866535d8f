"""Go or no-go: what the check gathers, on small real stand-ins (the real server is in tests/e2e/test_check.py)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from guardian import checkup
from guardian.config import Config, Meeting, load
from guardian.core.actions import ActKind, Capabilities
from guardian.core.roster import Person, Role, Roster
from guardian.errors import LoginRefusedError, NotDeliveredError, RosterError
from guardian.ports import Finding, Letter, Level, Notice
from tests.support.fake_people import ListSource

MONDAY = 1_795_449_600.0  # 2026-11-23 16:00 UTC
CONFIG = """\
[jitsi.school]
websocket = "ws://127.0.0.1:9/xmpp-websocket"
domain = "meet.example.test"
account = "guardian"
password = { file = "password" }
[[meetings]]
id = "maths"
title = "Maths"
server = "school"
room = "maths-7f3a9c"
roster = "class.csv"
[meetings.schedule]
timezone = "Europe/Berlin"
%s
start = "17:00"
minutes = 60
"""
EVERYTHING = Capabilities("jitsi", frozenset(ActKind))
LIST = Roster("v1", (Person("t", "Tess Teacher", Role.HOST, accounts=("tess@school",)),))


class Post:
    """A channel that keeps what it is given, or refuses it."""

    channel = "mail"

    def __init__(self, refuses: str = "") -> None:
        self.letters: list[Letter | Notice] = []
        self.refuses = refuses

    async def send(self, notice: Notice | Letter) -> None:
        if self.refuses:
            raise NotDeliveredError(self.refuses)
        self.letters.append(notice)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return written(tmp_path, 'weekdays = ["mon"]')


def written(folder: Path, days: str) -> Config:
    (folder / "password").write_text("secret\n", encoding="utf-8")
    (folder / "guardian.toml").write_text(CONFIG % days, encoding="utf-8")
    return load(folder / "guardian.toml")


def instruments(now: float, source: ListSource | None = None, post: Post | None = None) -> checkup.Instruments:
    async def probe(_: Meeting) -> tuple[Capabilities, Sequence[Finding]]:
        return EVERYTHING, (Finding("login", Level.OK, "the login works"),)

    channels = (post,) if post else ()
    return checkup.Instruments(lambda _: source or ListSource(LIST), probe, lambda _: channels, lambda: now)


def by_id(found: list[Finding], name: str) -> list[str]:
    return [f"{finding.level.value}: {finding.what}" for finding in found if finding.id == name]


async def test_the_next_three_starts_are_named_in_local_time_and_utc(config: Config) -> None:
    found = await checkup.examine(config, instruments(MONDAY - 86400.0), tell=False)
    assert by_id(found, "starts") == [
        "ok: next start: Mon 2026-11-23 17:00 CET = 16:00 UTC",
        "ok: next start: Mon 2026-11-30 17:00 CET = 16:00 UTC",
        "ok: next start: Mon 2026-12-07 17:00 CET = 16:00 UTC",
    ]


async def test_a_class_that_is_running_counts_even_when_it_is_the_last(tmp_path: Path) -> None:
    config = written(tmp_path, 'dates = ["2026-11-23"]')
    found = await checkup.examine(config, instruments(MONDAY + 600.0), tell=False)
    assert by_id(found, "starts") == ["ok: running since: Mon 2026-11-23 17:00 CET = 16:00 UTC"]
    later = await checkup.examine(config, instruments(MONDAY + 86400.0), tell=False)
    assert by_id(later, "starts")[0].startswith("risk: no class is scheduled any more")


async def test_a_message_that_does_not_leave_is_a_no_go_and_one_that_leaves_says_the_worst_first(
    config: Config,
) -> None:
    post = Post()
    found = await checkup.examine(config, instruments(MONDAY, post=post))
    assert by_id(found, "mail") == ["ok: mail: the go / no-go message was taken by the server"]
    (letter,) = post.letters
    assert isinstance(letter, Letter)
    assert letter.subject == "Maths: go (check)"
    levels = [line.partition(":")[0] for line in letter.lines]
    assert levels == sorted(levels, key=["no-go", "risk", "ok"].index)
    found = await checkup.examine(config, instruments(MONDAY, post=Post("nobody answers")))
    assert by_id(found, "mail") == ["no-go: mail: not delivered: nobody answers"]
    found = await checkup.examine(config, instruments(MONDAY))
    assert by_id(found, "mail")[0].startswith("no-go: nobody would be told")


async def test_a_list_that_cannot_be_read_is_a_no_go_that_names_the_line(config: Config) -> None:
    source = ListSource(LIST)
    source.broken = RosterError("class.csv", ("line 3: no name",))
    found = await checkup.examine(config, instruments(MONDAY, source), tell=False)
    assert by_id(found, "roster") == ["no-go: the list cannot be read: class.csv: line 3: no name"]


async def test_a_platform_that_refuses_us_is_a_no_go_in_its_own_words(config: Config) -> None:
    async def refused(_: Meeting) -> tuple[Capabilities, Sequence[Finding]]:
        raise LoginRefusedError("the password is not accepted")

    seen = instruments(MONDAY)
    found = await checkup.examine(
        config, checkup.Instruments(seen.roster, refused, seen.notifiers, seen.clock), tell=False
    )
    assert by_id(found, "platform") == ["no-go: the password is not accepted"]


async def test_only_a_platform_whose_rooms_are_opened_by_name_is_asked_whether_the_name_can_be_guessed(
    config: Config,
) -> None:
    seen = instruments(MONDAY)
    assert by_id(await checkup.examine(config, seen, tell=False), "link")
    elsewhere = replace(seen, platform=lambda _: "zoom")
    assert by_id(await checkup.examine(config, elsewhere, tell=False), "link") == []


async def test_what_can_be_mended_is_mended_before_the_points_are_read(config: Config) -> None:
    asked: list[str] = []

    async def mend(meeting: Meeting) -> Sequence[Finding]:
        asked.append(f"mend {meeting.id}")
        return (Finding("fixed-door", Level.OK, "mended, and read back: the door"),)

    async def probe(meeting: Meeting) -> tuple[Capabilities, Sequence[Finding]]:
        asked.append(f"probe {meeting.id}")
        return EVERYTHING, ()

    seen = replace(instruments(MONDAY), probe=probe, fix=lambda _: mend)
    found = await checkup.examine(config, seen, tell=False, fix=True)
    assert asked == ["mend maths", "probe maths"]
    assert by_id(found, "fixed-door") == ["ok: mended, and read back: the door"]
    assert {finding.meeting for finding in found if finding.id == "fixed-door"} == {"maths"}
    assert by_id(await checkup.examine(config, seen, tell=False), "fixed-door") == [], "only when asked to"


async def test_a_platform_without_settings_of_its_own_says_that_nothing_can_be_mended(config: Config) -> None:
    found = await checkup.examine(config, instruments(MONDAY), tell=False, fix=True)
    assert by_id(found, "fixed") == ["ok: this platform has no settings that could be mended from here"]


async def test_a_mending_that_fails_is_a_risk_and_the_points_are_read_all_the_same(config: Config) -> None:
    async def fails(_: Meeting) -> Sequence[Finding]:
        raise LoginRefusedError("the app is not activated")

    seen = replace(instruments(MONDAY), fix=lambda _: fails)
    found = await checkup.examine(config, seen, tell=False, fix=True)
    assert by_id(found, "not-fixed") == ["risk: nothing could be mended: the app is not activated"]
    assert by_id(found, "login") == ["ok: the login works"]
