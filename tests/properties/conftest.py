"""How long and how deep the property tests play; and whose guardian they play with.

``GUARDIAN_PROPERTIES`` names a profile: ``ci`` (the default: bounded, the same plays each time), ``mutants`` (as
ci, but the first failure is enough), ``quick`` (a look), ``deep`` (``GUARDIAN_EXAMPLES`` random plays, for a night).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

import guardian

_EXAMPLES = int(os.environ.get("GUARDIAN_EXAMPLES", "5000"))
_COMMON = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    database=None,
    print_blob=False,
)
_SAME = settings(_COMMON, derandomize=True, stateful_step_count=35)
_FOUND_IS_ENOUGH = settings(_SAME, phases=(Phase.generate,))
settings.register_profile("ci", _SAME, max_examples=300, phases=(Phase.generate, Phase.shrink))
settings.register_profile("mutants", _FOUND_IS_ENOUGH, max_examples=300)
settings.register_profile("quick", _FOUND_IS_ENOUGH, max_examples=60)
settings.register_profile("deep", _COMMON, max_examples=_EXAMPLES, stateful_step_count=60)
PROFILE = os.environ.get("GUARDIAN_PROPERTIES", "ci")


def pytest_configure() -> None:
    """Load the profile here, where no other tests' settings are touched; refuse to judge the wrong guardian."""
    tree = os.environ.get("GUARDIAN_TREE")
    if tree and not Path(guardian.__file__).is_relative_to(tree):
        message = f"the guardian under test is {guardian.__file__}, not the one in {tree}"
        raise pytest.UsageError(message)
