"""``python -m tests.properties.mutants``: plants mistakes in a copy of the guardian; each must be found.

A mutant is a small textual change to ``guardian/core``. The copy, never the tree, is changed; the property
that should notice is played against it in a process of its own, which refuses to run with any other guardian. The copy
without a mistake must pass first. Exit 1 if a mutant survives, or if a change no longer fits exactly once.
``--write`` writes ``MUTANTS.md`` anew; without it a stale one is an error.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.properties.mistakes import MISTAKES, Mistake

ROOT = Path(__file__).resolve().parents[2]
PAPER = Path(__file__).with_name("MUTANTS.md")
_LONGEST = 240.0  # seconds for one run of one property
_FOUND = 1  # pytest's exit code for failing tests; 2 and above mean that it could not run them


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant. ``found`` None: its change does not fit the code any more."""

    mistake: Mistake
    found: bool | None
    seconds: float
    said: str = ""


def copy_into(folder: Path, mistake: Mistake | None) -> str:
    """A copy of what the property tests need, with one mistake; says why if the change does not fit exactly once."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "guardian", folder / "guardian", ignore=ignored)
    for name in ("core", "properties"):
        shutil.copytree(ROOT / "tests" / name, folder / "tests" / name, ignore=ignored)
    shutil.copy(ROOT / "tests" / "__init__.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    if mistake is None:
        return ""
    texts = {path: path.read_text() for path in sorted((folder / "guardian" / "core").glob("*.py"))}
    fits = [path for path, text in texts.items() for _ in range(text.count(mistake.old))]
    if len(fits) != 1:
        return f"fits {len(fits)} times"
    fits[0].write_text(texts[fits[0]].replace(mistake.old, mistake.new))
    return ""


def play(folder: Path, properties: str, profile: str) -> subprocess.CompletedProcess[str]:
    """The property tests named, against the guardian in ``folder``."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "GUARDIAN_TREE": str(folder)}
    environment |= {"GUARDIAN_PROPERTIES": profile, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=line", "tests/properties"]
    return subprocess.run(
        [*command, "-k", properties],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )


def judge(mistake: Mistake) -> Verdict:
    """Plant one mistake and see whether its property notices."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="guardian-mutant-") as name:
        folder = Path(name)
        misfit = copy_into(folder, mistake)
        if misfit:
            return Verdict(mistake, None, 0.0, misfit)
        done = play(folder, f"test_{mistake.caught_by}_", "mutants")
    said = next((line for line in done.stdout.splitlines() if "Error: " in line), "").rpartition("Error: ")[2]
    if done.returncode not in {0, _FOUND} or (done.returncode == _FOUND and "AssertionError: " not in done.stdout):
        return Verdict(mistake, None, time.monotonic() - began, (done.stdout + done.stderr)[-300:])
    return Verdict(mistake, done.returncode == _FOUND, time.monotonic() - began, said)


def unharmed() -> bool:
    """Whether the copy without a mistake passes every property."""
    with tempfile.TemporaryDirectory(prefix="guardian-mutant-") as name:
        copy_into(Path(name), None)
        done = play(Path(name), "test_", "mutants")
    if done.returncode:
        sys.stdout.write(done.stdout[-3000:] + done.stderr[-1000:])
    return done.returncode == 0


def paper() -> str:
    """The list of mistakes for readers."""
    lines = [
        "# Planted mistakes",
        "",
        "`make mutants` plants each of these in a copy of the guardian; the property named (a line of section 5 of the",
        "design, a test `test_N_…`) must fail. Written by `python -m tests.properties.mutants --write`.",
        "",
        "| mistake | caught by property |",
        "|---|---|",
    ]
    lines += [f"| {m.name} | {m.caught_by} |" for m in MISTAKES]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run them all and print a table."""
    parser = argparse.ArgumentParser(description="plant mistakes; the property tests must find each")
    parser.add_argument("--write", action="store_true", help="write MUTANTS.md anew and stop")
    parser.add_argument("--only", default="", help="only mistakes whose name contains this")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    options = parser.parse_args()
    if options.write:
        PAPER.write_text(paper())
        return 0
    stale = not PAPER.exists() or PAPER.read_text() != paper()
    if stale:
        sys.stdout.write("MUTANTS.md is stale: run python -m tests.properties.mutants --write\n")
    chosen = [m for m in MISTAKES if options.only in m.name]
    if not options.only and not unharmed():
        sys.stdout.write("the guardian without a mistake fails: nothing can be said of mutants\n")
        return 1
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(judge, chosen))
    for verdict in verdicts:
        word = {True: "caught", False: "SURVIVED", None: "MISFIT"}[verdict.found]
        by = f"property {verdict.mistake.caught_by}"
        sys.stdout.write(f"{word:9}{verdict.mistake.name:44}{by:12}{verdict.seconds:6.1f} s  {verdict.said[:90]}\n")
    caught = sum(v.found is True for v in verdicts)
    sys.stdout.write(f"{caught} of {len(verdicts)} caught\n")
    return 0 if caught == len(verdicts) and not stale else 1


if __name__ == "__main__":
    raise SystemExit(main())
