"""``demo --keep``: the class goes on after the play, for whoever wants to look at it, until Ctrl-C.

Where it is and an operator's token stand in a file that only its owner may read. No printing here.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

from guardian.cli.process import MEETING, GuardianProcess

NAME = "live.json"


async def write_live(folder: Path, guardian: GuardianProcess) -> Path:
    """The file: JSON with ``address``, ``token`` and ``meeting``, mode 0600. Raises WorldError."""
    address, token = await guardian.live()
    path = folder / NAME
    told = {"address": address, "token": token, "meeting": MEETING}
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(told, file)
        file.write("\n")
    return path


async def until_interrupted() -> None:
    """Until Ctrl-C (or SIGTERM); a second one has its usual effect."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
