"""One data directory, one guardian."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from guardian.app.datadir import LOCK_FILE, DataDirectory
from guardian.errors import DataDirectoryInUseError

_HOLD = """
import sys
from pathlib import Path
from guardian.app.datadir import DataDirectory
DataDirectory(Path(sys.argv[1])).lock()
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_second_guardian_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"locked\n"
        with pytest.raises(DataDirectoryInUseError) as refusal:
            DataDirectory(tmp_path).lock()
        assert f"process {child.pid} on {socket.gethostname()}" in str(refusal.value)
        assert str(tmp_path) in str(refusal.value)
        child.kill()
    ours = DataDirectory(tmp_path)
    ours.lock()
    assert f"process {os.getpid()}" in (tmp_path / LOCK_FILE).read_text()
    ours.unlock()


def test_the_directory_is_made_for_our_user_only(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "a" / "b")
    directory.lock()
    directory.lock()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / LOCK_FILE).stat().st_mode & 0o777 == 0o600
    directory.unlock()
    directory.unlock()
    DataDirectory(tmp_path / "a" / "b").lock()
