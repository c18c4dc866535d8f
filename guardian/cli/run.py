"""``run``: the service in the foreground, with its HTTP side, until it is told to stop. Nothing is decided here."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from guardian.cli import BEGAN
from guardian.cli.options import DEFAULT_CONFIG, ConfigOption

if TYPE_CHECKING:
    from guardian.app.service import Service
    from guardian.config import Config

DRAIN_WITHIN = 10.0  # seconds


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("run")(run)


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Guard what the configuration names, until Ctrl-C or SIGTERM."""
    # Collecting garbage while everything is loaded costs a tenth of the start, and finds none.
    gc.disable()
    from guardian.bootstrap import build

    serve(config, build)


def serve(path: Path, build: Callable[[Config], Service]) -> None:
    """Run the service that ``build`` makes of the configuration at ``path`` until a signal comes."""
    from guardian.config import load
    from guardian.log import configure

    loaded = load(path)
    configure(loaded.guardian.log.level, loaded.guardian.log.format)
    asyncio.run(_serve(loaded, build(loaded)))


async def _serve(config: Config, service: Service) -> None:
    from guardian.config import operator_key
    from guardian.web.server import Server, application

    stop = asyncio.Event()
    _stop_on_signals(stop)
    # First the service: a second one on this data directory must hear that, and not of a port that is taken.
    await service.start()
    try:
        app = application(service, operator_key(config), links=service.links)
        async with Server(app, config.guardian.api.host, config.guardian.api.port) as server:
            gc.freeze()
            gc.enable()
            _say(f"{_guards(config)}; API on {server.address}; started in {time.monotonic() - BEGAN:.2f} s")
            await stop.wait()
            _say("stopping: finishing what was accepted (again to stop at once)")
    finally:
        await service.drain(DRAIN_WITHIN)


def _guards(config: Config) -> str:
    """What is guarded, in one line."""
    named = [f"{one.title} ({one.id}) on {config.platform_of(one)} {one.server}" for one in config.meetings]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f"guarding {', '.join(named[:3])}{more}"


def _stop_on_signals(stop: asyncio.Event) -> None:
    """The first signal drains; the handlers then go, so that the second has its usual effect."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def heard() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, heard)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
