"""``guardian run`` as a process: what it says, how it stops, and that there is only one on a data directory."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.support.command_line import guardian, write_config

_PATIENCE = 60.0


async def started(config: Path) -> asyncio.subprocess.Process:
    """A guardian in a process of its own: it needs signals, which a thread cannot have."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "guardian",
        "run",
        "--config",
        str(config),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("GUARDIAN_")},
    )


async def refused(config: Path) -> tuple[int | None, str]:
    """Exit code and errors of a guardian that should not start."""
    process = await started(config)
    async with asyncio.timeout(_PATIENCE):
        out, err = await process.communicate()
    assert out == b""
    return process.returncode, err.decode()


@asynccontextmanager
async def running(config: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A guardian that guards, and the line that it said."""
    process = await started(config)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(_PATIENCE):
            line = (await process.stdout.readline()).decode()
            if not line:
                raise AssertionError((await process.stderr.read()).decode())
        yield process, line
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> int:
    """Its exit code. Its output is read meanwhile, so that it never waits for us."""
    async with asyncio.timeout(_PATIENCE):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


def address_in(line: str) -> str:
    return line.partition("API on ")[2].partition(";")[0]


async def test_it_says_in_one_line_what_it_guards_and_answers_by_http(tmp_path: Path) -> None:
    config = write_config(tmp_path, meetings=("yoga", "judo"))
    minted = await guardian("token", "mint", "--name", "Tess", "-m", "*", "-c", str(config))
    async with running(config) as (_, line):
        assert line.startswith("guarding The yoga class (yoga)")
        assert "The judo class (judo)" in line
        assert line.count("\n") == 1
        env = {"GUARDIAN_API": address_in(line), "GUARDIAN_TOKEN": minted.out.strip()}
        listed = await guardian("status", "--json", env=env)
    assert [one["meeting"] for one in listed.json] == ["yoga", "judo"]


async def test_it_is_alive_but_not_ready_while_the_platform_is_away(tmp_path: Path) -> None:
    async with running(write_config(tmp_path)) as (_, line), aiohttp.ClientSession() as session:
        base = f"http://{address_in(line)}"
        async with session.get(f"{base}/healthz") as alive, session.get(f"{base}/readyz") as ready:
            assert (alive.status, ready.status) == (200, 503)
            problems = (await ready.json())["problems"]
    assert any("not connected" in problem for problem in problems)


async def test_ctrl_c_and_sigterm_drain_and_end_well(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    for number in (signal.SIGINT, signal.SIGTERM):
        async with running(config) as (process, _):
            process.send_signal(number)
            assert await ended(process) == 0


async def test_a_second_one_on_the_same_data_directory_is_refused_by_name(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    async with running(config) as (process, _):
        code, says = await refused(config)
        assert code == 1
        assert str(tmp_path / "data") in says
        assert f"process {process.pid}" in says
        assert "Traceback" not in says
        assert process.returncode is None


async def test_after_kill_9_the_data_directory_is_free_again(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    async with running(config) as (process, _):
        process.kill()
        await ended(process)
    async with running(config) as (_, line):
        assert line.startswith("guarding")


async def test_a_taken_port_is_wrong_configuration_and_lets_the_data_directory_go(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with running(write_config(tmp_path)) as (_, line):
        port = int(address_in(line).rpartition(":")[2])
        config = write_config(other, port=port)
        code, says = await refused(config)
    assert code == 2
    assert str(port) in says
    async with running(write_config(other)) as (_, line):
        assert line.startswith("guarding")


async def test_a_missing_secret_starts_nothing_and_is_named(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "password").unlink()
    done = await guardian("run", "--config", str(config))
    assert done.code == 2
    assert "jitsi.school.password" in done.err
    assert not (tmp_path / "data").exists()


async def test_an_unknown_key_starts_nothing_and_is_named(tmp_path: Path) -> None:
    config = write_config(tmp_path, more='colour = "blue"\n')
    done = await guardian("run", "--config", str(config))
    assert done.code == 2
    assert "colour" in done.err
    assert "Traceback" not in done.err
