"""The process that is killed: ``python crash_child.py URL STEP NTH``. Not a test.

Three callers append numbered entries as fast as they can; each number is printed once its append has
returned. At the NTH passing of STEP the process kills itself with SIGKILL; STEP "-" leaves the killing to
somebody else.
"""

import asyncio
import os
import signal
import sys
from itertools import count

from guardian.adapters.journal import open_journal
from guardian.ports import Entry

_CALLERS = 3


async def main(url: str, step: str, nth: int) -> None:
    armed = False
    passed = count(1)

    def on_step(name: str) -> None:
        if armed and name == step and next(passed) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    journal = await open_journal(url, on_step=on_step)
    await journal.open_occurrence("o1", "m1", None, 1.0)
    armed = True

    async def caller(own: int) -> None:
        for number in count(own, _CALLERS):
            # Two rows a call: half a call must never be found.
            key = f"k{number}"
            entries = [Entry("o1", 1.0, "event", f"{number} {part}".encode(), f"{key} {part}") for part in "ab"]
            await journal.append(entries)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(caller(own) for own in range(_CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
