"""The papers say what the code does: links, names of events, scopes and functions, commands, configuration."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guardian.adapters.zoom.wire_calls import Needs
from guardian.adapters.zoom.wire_events import KINDS
from guardian.adapters.zoom.wire_points import Staff, of_door, of_host, of_hosts
from guardian.adapters.zoom.wire_rest import MeetingSettings
from guardian.cli.program import program
from guardian.config import load
from guardian.core.events import Verb

ROOT = Path(__file__).parents[1]
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ZOOM = (ROOT / "docs" / "zoom.md").read_text(encoding="utf-8")
MANIFEST = (ROOT / "docs" / "zoom-app-manifest.json").read_text(encoding="utf-8")
PAGE = ROOT / "guardian" / "web" / "static" / "zoom"


def anchor(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("https://", "http://")):
            continue
        file, _, part = link.partition("#")
        target = paper.parent / file if file else paper
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE) if part else []
        if not target.exists() or (part and part not in map(anchor, headings)):
            broken.append(link)
    assert broken == []


def test_the_set_up_names_exactly_the_event_types_that_we_read() -> None:
    assert set(re.findall(r"`(meeting\.[a-z_]+)`", ZOOM)) == set(KINDS)


def test_the_set_up_names_exactly_the_scopes_that_we_ask_for() -> None:
    assert set(re.findall(r"`((?:meeting|user|dashboard):[a-z_:]+)`", ZOOM)) == {need.value for need in Needs}


def test_the_set_up_names_exactly_the_points_of_a_meetings_settings() -> None:
    meeting = MeetingSettings("81234567890")
    points = [*of_door(meeting), *of_host(None), of_hosts(meeting, Staff())]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", ZOOM, re.MULTILINE)) == {point.id for point in points}


def test_the_manifest_asks_for_exactly_the_functions_that_the_page_uses() -> None:
    asked = json.loads(MANIFEST)["features"]["in_client_feature"]["zoom_app_api"]["zoom_app_apis"]
    used = re.findall(r"'((?:get|on|set|admit|put|remove)[A-Z]\w+)'", (PAGE / "client.js").read_text(encoding="utf-8"))
    assert sorted(asked) == sorted(set(used))
    assert len(asked) > 10


def test_the_manifest_names_no_host_but_the_placeholder() -> None:
    assert set(re.findall(r"https://([^/\"]+)", MANIFEST)) == {"PANEL_HOST"}


def test_the_least_configuration_of_the_set_up_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET", "WEBHOOK_SECRET", "PANEL_SECRET"):
        monkeypatch.setenv(f"GUARDIAN_ZOOM_{name}", "a-secret-of-some-length")
    shown = re.search(r"^```toml\n(.*?)^```", ZOOM, re.MULTILINE | re.DOTALL)
    assert shown is not None
    path = tmp_path / "guardian.toml"
    path.write_text(shown[1], encoding="utf-8")
    config = load(path)
    assert [(meeting.room, config.platform_of(meeting)) for meeting in config.meetings] == [("81234567890", "zoom")]


def test_every_verb_is_in_the_papers() -> None:
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [verb.value for verb in Verb if f"`{verb.value}`" not in told] == []


def test_every_command_that_the_papers_show_exists() -> None:
    shown = {
        command
        for paper in PAPERS
        for command in re.findall(
            r"\bguardian ([a-z][a-z-]+)(?= |`|$)", _code(paper.read_text(encoding="utf-8")), re.MULTILINE
        )
    }
    known = CliRunner().invoke(program, ["--help"]).output
    assert [command for command in sorted(shown) if not re.search(rf"\b{command}\b", known)] == []


def _code(text: str) -> str:
    """What stands in code, in a block or a line."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])
