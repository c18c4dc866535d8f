"""The stage on which the app is tested."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.stage import Stage

SetStage = Callable[..., Stage]


@pytest.fixture
async def set_stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    """Makes stages, and clears them away at the end."""
    stages: list[Stage] = []

    def make(**settings: object) -> Stage:
        stages.append(Stage(tmp_path, **settings))  # type: ignore[arg-type]
        return stages[-1]

    yield make
    for stage in stages:
        await stage.kill()


@pytest.fixture
def stage(set_stage: SetStage) -> Stage:
    """The ordinary one: the slot has just begun, everybody on the list has an account."""
    return set_stage()
