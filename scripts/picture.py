"""Makes docs/demo.svg, the picture in the README: what `guardian demo` really printed, kept as text in a drawing.

Run by hand (`.venv/bin/python scripts/picture.py`) after a change to what the demo prints.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 76
SPINNER = re.compile("[\u2800-\u28ff]|$")


def run() -> str:
    """What the demo prints on a terminal, colours included. Raises CalledProcessError when it is not content."""
    command = [str(Path(sys.executable).with_name("guardian")), "demo"]
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return done.stdout


def draw(printed: str) -> str:
    """The SVG. The fonts that rich would fetch from elsewhere are taken out: the reader's own will do."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print("$ make demo", style="bold")
    lines = [Text.from_ansi(line) for line in re.split(r"[\r\n]+", printed.rstrip())]
    for line in lines:
        if not SPINNER.match(line.plain.strip()):  # the frames that a terminal shows one over the other
            console.print(line)
    svg = console.export_svg(title="make demo")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    (ROOT / "docs" / "demo.svg").write_text(draw(run()), encoding="utf-8")
