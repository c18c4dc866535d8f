"""The demo on Jitsi as a stranger runs it: a class on a real server, and planted wrong guardians that must show."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guardian.cli import main
from guardian.cli.play import Outcome, play
from guardian.cli.process import Settings

pytestmark = [pytest.mark.prosody, pytest.mark.slow, pytest.mark.timeout(240)]

FIGURES = (
    "platform expected admitted late_admitted held strangers strangers_admitted strangers_inside_at_end"
    " stranger_seconds_inside children_removed removed locked incidents mails restarts asked confirmed superseded"
    " escalated knock_to_inside_ms journal_events verified ok"
).split()
PLUGINS = "GUARDIAN_JITSI_PLUGINS"


def _ends_well(figures: dict[str, Any], children: int, strangers: int = 10) -> None:
    assert list(figures) == FIGURES
    assert figures["ok"] is figures["locked"] is figures["verified"] is True
    assert figures["expected"] == figures["admitted"] == children
    assert figures["late_admitted"] >= 1
    assert (figures["strangers"], figures["strangers_admitted"], figures["strangers_inside_at_end"]) == (
        strangers,
        0,
        0,
    )
    assert (figures["children_removed"], figures["removed"], figures["restarts"]) == (0, 1, 1)
    assert figures["asked"] == figures["confirmed"] + figures["superseded"] + figures["escalated"]
    assert figures["mails"] > 0
    assert set(figures["knock_to_inside_ms"]) == {"p50", "p95", "max"}


async def test_a_class_of_sixty_is_guarded_and_the_observer_is_content(tmp_path: Path) -> None:
    scenes: list[str] = []
    outcome = await play(tmp_path, Settings("jitsi"), scenes.append)
    assert outcome.complaints == ()
    _ends_well(outcome.figures, 60)
    assert len(scenes) == len(set(scenes)) == 20
    assert "personal links are not played: plain Prosody believes no room tokens" in scenes


async def test_where_names_open_the_gate_a_child_with_nothing_else_comes_in_by_it(tmp_path: Path) -> None:
    scenes: list[str] = []
    settings = Settings("jitsi", children=12, patience=2.0, settle=0.5, lock_after=12.0, names=True)
    outcome = await play(tmp_path, settings, scenes.append)
    assert outcome.complaints == ()
    _ends_well(outcome.figures, 13)
    assert "a child with nothing but her name comes in by it" in scenes


@pytest.mark.plugins
async def test_with_jitsis_own_plugins_one_more_child_comes_by_her_personal_link(tmp_path: Path) -> None:
    outcome: Outcome = await play(tmp_path, Settings("jitsi", plugins=Path(os.environ[PLUGINS])), lambda _: None)
    assert outcome.complaints == ()
    _ends_well(outcome.figures, 61, strangers=12)


def _demo(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, dict[str, Any]]:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--platform", "jitsi", "--fast", "--json", *arguments])
    figures: dict[str, Any] = json.loads(capfd.readouterr().out.splitlines()[-1])
    return ended.value.code, figures


def test_a_guardian_that_lets_everybody_in_ends_with_one(capfd: pytest.CaptureFixture[str]) -> None:
    code, figures = _demo(capfd, "--sabotage", "admit-all")
    assert (code, figures["ok"]) == (1, False)
    assert figures["strangers_admitted"] >= 8
    assert figures["strangers_inside_at_end"] >= 1


def test_a_guardian_that_puts_a_child_out_ends_with_one(capfd: pytest.CaptureFixture[str]) -> None:
    code, figures = _demo(capfd, "--sabotage", "remove-child")
    assert (code, figures["ok"]) == (1, False)
    assert (figures["children_removed"], figures["strangers_admitted"]) == (1, 0)


def test_the_command_by_itself_ends_with_nought_and_prints_its_object_last() -> None:
    environment = {key: value for key, value in os.environ.items() if key != PLUGINS}
    done = subprocess.run(
        [sys.executable, "-m", "guardian", "demo", "--platform", "jitsi", "--fast", "--json"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    _ends_well(json.loads(done.stdout), 12)
    assert "the judge is content" in done.stderr
