"""Plays the Zoom demo with faults over many seeds, one after another, and says which went wrong.

Run by hand on a quiet machine: ``.venv/bin/python scripts/seeds.py [--fast] [HOW_MANY]``. Exit code 1: one went wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys

_KEYS = (
    *("expected", "admitted", "held", "strangers_admitted", "strangers_inside_at_end", "children_removed"),
    *("asked", "confirmed", "superseded", "escalated"),
)


def one(seed: int, *more: str) -> bool:
    """One demo; whether its figures are as they must be."""
    command = [sys.executable, "-m", "guardian", "demo", "--faults", "--json", "--seed", str(seed), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if not done.stdout.strip():
        sys.stdout.write(f"seed {seed}: no figures\n{done.stderr[-2000:]}\n")
        return False
    got = json.loads(done.stdout.splitlines()[-1])
    ends = got["confirmed"] + got["superseded"] + got["escalated"]
    none = ("strangers_admitted", "strangers_inside_at_end", "children_removed")
    well = not any(got[key] for key in none) and got["admitted"] == got["expected"] and got["asked"] == ends
    well = well and got["ok"] and done.returncode == 0
    figures = " ".join(f"{key}={got[key]}" for key in _KEYS)
    sys.stdout.write(f"seed {seed}: {'fine' if well else 'WRONG'} {figures} ms={got['knock_to_inside_ms']}\n")
    if not well:
        sys.stdout.write("".join(line + "\n" for line in done.stderr.splitlines() if "✗" in line))
    sys.stdout.flush()
    return bool(well)


if __name__ == "__main__":
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    numbers = [int(word) for word in sys.argv[1:] if not word.startswith("--")]
    fine = [one(seed, *options) for seed in range(1, (numbers or [20])[0] + 1)]
    sys.stdout.write(f"{sum(fine)} of {len(fine)} seeds are fine\n")
    sys.exit(0 if all(fine) else 1)
