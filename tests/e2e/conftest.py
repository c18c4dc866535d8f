"""A class that runs, for the end-to-end tests: a server of its own each, so that they may break it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    """A server, a mailbox, a class list and a configuration. Nobody is there yet."""
    async with School(tmp_path) as made:
        yield made


@pytest.fixture
async def guardian(school: School) -> AsyncIterator[GuardianProcess]:
    """The ordinary service at work: in the room, the lobby on."""
    async with GuardianProcess(school.config) as running:
        await running.until_view(lambda view: view.link_up and view.lobby_on is True, "a shut door")
        yield running
