"""A class that runs, for the end-to-end tests: a server of its own each, so that they may break it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import School
from tests.support.e2e_zoom import Begin, ZoomClass


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


@pytest.fixture
async def begin(tmp_path: Path) -> AsyncIterator[Begin]:
    """Makes a class on a loopback Zoom, guarded by the real service unless told otherwise."""
    async with AsyncExitStack() as exits:

        async def begun(*, guarded: bool = True, config: Mapping[str, Any] | None = None, **made: Any) -> ZoomClass:
            zoom = await exits.enter_async_context(ZoomClass(tmp_path, **made))
            zoom.write_config(**(config or {}))
            if guarded:
                await zoom.guard()
            return zoom

        yield begun


@pytest.fixture
async def zoom(begin: Begin) -> ZoomClass:
    """An ordinary class on Zoom, guarded; nobody is there yet."""
    return await begin()
