"""What every test may ask for: which servers this machine has, and a throw-away PostgreSQL.

Only the presence of outside programs is judged here. Builders, fakes and stand-in servers live elsewhere.
"""

import asyncio
import logging
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

PLUGINS_VARIABLE = "GUARDIAN_JITSI_PLUGINS"
_PLUGINS_ABSENT = f"{PLUGINS_VARIABLE} is not set (docs/platforms.md)"


def _postgres_bin() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest first; None when there is no server."""
    found = shutil.which("postgres")
    if found and (Path(found).parent / "initdb").exists():
        return Path(found).parent
    versions = sorted(
        (path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()),
        key=lambda path: float(path.parent.name),
    )
    return versions[-1] if versions else None


def _absent() -> dict[str, str]:
    """Marker → why a test that bears it cannot run on this machine."""
    reasons: dict[str, str] = {}
    if shutil.which("prosody") is None:
        reasons["prosody"] = "prosody is not installed: apt-get install prosody"
    if _postgres_bin() is None:
        reasons["postgres"] = "PostgreSQL is not installed: apt-get install postgresql"
    if shutil.which("chromium") is None:
        reasons["chromium"] = "chromium is not installed: apt-get install chromium"
    return reasons


_ABSENT = _absent()


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Whoever configures the log does so for one test: what is written, and which libraries are heard, is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def pytest_configure() -> None:
    """Refuse a mistyped plugin folder at once, before it looks like a fault of the guardian."""
    # Else Python 3.11 makes a loop for pytest-asyncio's question which is current, and nobody closes it.
    asyncio.set_event_loop(None)
    folder = os.environ.get(PLUGINS_VARIABLE)
    if folder and not Path(folder).is_dir():
        message = f"{PLUGINS_VARIABLE}={folder} is not a folder"
        raise pytest.UsageError(message)


def pytest_report_header() -> list[str]:
    """Say up front which tests this machine cannot run, and why."""
    lines = [f"{marker} tests: {reason}" for marker, reason in _ABSENT.items()]
    if not os.environ.get(PLUGINS_VARIABLE):
        lines.append(f"plugins tests: not selected, {_PLUGINS_ABSENT}")
    return lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured (``record_property``): no test judges a time, but people read it."""
    measured = [
        f"{name}: {value}"
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        for name, value in report.user_properties
    ]
    if measured:
        terminalreporter.section("measured")
        for line in measured:
            terminalreporter.write_line(line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests on Jitsi's own plugins (never part of this repository) unless asked for."""
    if os.environ.get(PLUGINS_VARIABLE):
        return
    left_out = [item for item in items if item.get_closest_marker("plugins")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("plugins")]
        config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip by name what lacks its server; under CI=true a missing server is a failure, never a skip."""
    for marker, reason in _ABSENT.items():
        if item.get_closest_marker(marker) is None:
            continue
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true and {reason}", pytrace=False)
        pytest.skip(reason)


class _Cluster:
    """One PostgreSQL server in a folder of its own, on a Unix socket in that folder; no port is taken."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        # The server refuses to run as root: then it belongs to Debian's user, or to nobody.
        self._owner: pwd.struct_passwd | None = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self._owner = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)

    @property
    def url(self) -> str:
        """Where SQLAlchemy finds it, by psycopg."""
        return f"postgresql+psycopg://guardian@/postgres?host={self._folder}"

    def _call(self, program: str, *arguments: str) -> None:
        owner = self._owner
        # A file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                check=False,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                timeout=60,
            )
            output.seek(0)
            if done.returncode != 0:
                message = f"{program} failed: {output.read().decode(errors='replace')}"
                raise RuntimeError(message)

    def start(self) -> None:
        data = str(self._folder / "data")
        self._call("initdb", "-D", data, "-U", "guardian", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c fsync=off"
        self._call("pg_ctl", "-D", data, "-w", "-t", "50", "-l", f"{data}/log", "-o", settings, "start")

    def stop(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self._call("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as this session (one a worker under xdist)."""
    programs = _postgres_bin()
    if programs is None:
        pytest.skip(_ABSENT["postgres"])
    # Not pytest's own folder: root's is closed to the server's user, and a socket path must be short.
    with tempfile.TemporaryDirectory(prefix="guardian-pg-", dir="/tmp") as folder:
        cluster = _Cluster(programs, Path(folder))
        try:
            cluster.start()
            yield cluster.url
        finally:
            cluster.stop()
