"""The command line: one short file a group of commands. Commands import what they need when they run.

Orders go to the running service by its HTTP API; nothing here decides, and nothing here knows an adapter.
"""

import sys
import time
from collections.abc import Sequence

BEGAN = time.monotonic()
"""When this process began, as near as we can tell without asking the system. Seconds."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name (default: the process's own), and exit.

    An error of ours becomes one message on standard error, without a traceback.
    """
    from guardian.cli.program import program
    from guardian.cli.terminal import FINE, complain, exit_code
    from guardian.errors import GuardianError

    try:
        program(None if arguments is None else list(arguments))
    except GuardianError as error:
        complain(str(error))
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # The reader of our pipe has seen enough (head, less).
        sys.stderr.close()
        sys.exit(FINE)
