"""``guardian demo``: what it refuses before anything is started."""

import pytest

from guardian.cli import main


def test_only_zoom_misbehaves_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--platform", "jitsi", "--faults"])
    assert ended.value.code == 2
    assert "only the loopback Zoom misbehaves" in capsys.readouterr().err
