"""How the points of a check are shown, and what counts as a go."""

import json
from pathlib import Path

import pytest

from guardian.cli.check import report
from guardian.core.points import Finding, Level
from tests.support.command_line import guardian, write_config

OK = Finding("clock", Level.OK, "the clock is right", meeting="yoga")
RISK = Finding("gate", Level.RISK, "an exact name opens the door", "give every child an account", "yoga")
NO_GO = Finding("mail", Level.NO_GO, "nobody hears \x1b[2J[bold]", "mend the mail", "yoga")


def test_a_risk_is_a_go_and_is_shown_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([OK, RISK], as_json=False) is True
    out = capsys.readouterr().out
    assert "give every child an account" in out
    assert "go: 1 ok, 1 risk, 0 no-go" in out


def test_one_no_go_is_a_no_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([OK, NO_GO], as_json=False) is False
    out = capsys.readouterr().out
    assert "NO-GO: 1 ok, 0 risk, 1 no-go" in out
    assert "\x1b" not in out
    assert "[bold]" in out


def test_nothing_looked_at_is_no_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([], as_json=True) is False
    assert json.loads(capsys.readouterr().out) == {"go": False, "findings": []}


def test_json_holds_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    report([OK, NO_GO], as_json=True)
    read = json.loads(capsys.readouterr().out)
    assert [finding["level"] for finding in read["findings"]] == ["ok", "no-go"]
    assert read["findings"][1]["todo"] == "mend the mail"


async def test_a_server_that_is_not_there_is_exit_1_with_what_to_do(tmp_path: Path) -> None:
    done = await guardian("check", "-c", str(write_config(tmp_path)))
    assert done.code == 1
    assert "NO-GO" in done.out
    assert "see that the server runs" in done.out
    assert "Traceback" not in done.out + done.err
    assert "left to do by hand" not in done.out


async def test_fix_ends_with_what_is_left_as_clicks_the_worst_first_and_each_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    again = Finding("host", Level.NO_GO, "as above", "mend the mail", "yoga")
    fixed = Finding("fixed-door", Level.OK, "mended, and read back: the door", meeting="yoga")
    assert report([fixed, RISK, NO_GO, again], as_json=False, by_hand=True) is False
    out = capsys.readouterr().out
    assert "mended, and read back: the door" in out
    left = out.partition("left to do by hand:")[2].strip().splitlines()
    assert [line.strip() for line in left] == [
        "1. no-go yoga: mend the mail",
        "2. risk yoga: give every child an account",
        "NO-GO: 1 ok, 1 risk, 2 no-go",
    ]


async def test_on_a_jitsi_server_fix_says_that_nothing_can_be_mended(tmp_path: Path) -> None:
    done = await guardian("check", "--fix", "--json", "-c", str(write_config(tmp_path)))
    assert done.code == 1, "the server is not there"
    fixed = [finding for finding in done.json["findings"] if finding["id"] == "fixed"]
    assert [finding["level"] for finding in fixed] == ["ok"]
    assert "no settings that could be mended" in fixed[0]["what"]
