"""``python -m guardian``: the command line, and nothing else."""

from guardian.cli import main

main()
