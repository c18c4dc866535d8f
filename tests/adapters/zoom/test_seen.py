"""Whose panel was open is known to another process, and a spoilt file costs nothing but that."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from guardian.adapters.zoom.seen import SeenPanels


def test_another_process_reads_what_was_noted(tmp_path: Path) -> None:
    path = tmp_path / "data" / "panels.json"
    SeenPanels(path).note("uid-1", ("the host is in a mobile client",))
    SeenPanels(path).note("uid-2", ())
    assert SeenPanels(path).clients == {"uid-1": ("the host is in a mobile client",), "uid-2": ()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_newest_word_counts(tmp_path: Path) -> None:
    seen = SeenPanels(tmp_path / "panels.json")
    seen.note("uid-1", ("too old",))
    seen.note("uid-1", ())
    assert SeenPanels(tmp_path / "panels.json").clients == {"uid-1": ()}


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[1, 2]", b'{"uid": 7}'])
def test_a_spoilt_file_is_as_none(tmp_path: Path, spoilt: bytes) -> None:
    path = tmp_path / "panels.json"
    path.write_bytes(spoilt)
    assert SeenPanels(path).clients == {}


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    seen = SeenPanels(tmp_path / "file" / "panels.json")
    seen.note("uid-1", ())
    assert seen.clients == {"uid-1": ()}


def test_without_a_file_it_is_known_in_this_process_only() -> None:
    seen = SeenPanels(None)
    seen.note("uid-1", ())
    assert seen.clients == {"uid-1": ()}


def test_more_hosts_than_an_account_has_are_not_kept() -> None:
    seen = SeenPanels(None)
    for number in range(700):
        seen.note(f"uid-{number}", ())
    assert len(seen.clients) == 500
