"""Servers and people for the tests of the loopback world itself."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from guardian.world.jicofo import Jicofo
from guardian.world.prosody import Prosody

PASSWORDS = {"teacher": "chalk", "ann": "a-secret", "bob": "b-secret"}


@pytest.fixture
async def server() -> AsyncIterator[Prosody]:
    """A plain Prosody; dropped clients stay as ghosts for one second."""
    async with Prosody(accounts=PASSWORDS, hibernation_time=1) as running:
        yield running


@pytest.fixture
async def jitsi() -> AsyncIterator[Prosody]:
    """A Prosody with Jitsi's own plugins and the stand-in for jicofo."""
    folder = Path(os.environ["GUARDIAN_JITSI_PLUGINS"])
    async with (
        Prosody(accounts=PASSWORDS, hibernation_time=1, plugins=folder) as running,
        Jicofo(running.site, running.focus_password),
    ):
        yield running
