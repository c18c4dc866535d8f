"""Processes of the benchmarks' own that are told and tell one line at a time. What they do is theirs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
ANSWER_WITHIN = 120.0


class Child:
    """One of them. Made by ``child``."""

    def __init__(self, process: asyncio.subprocess.Process, module: str) -> None:
        self._process, self._module = process, module

    async def ask(self, line: str) -> str:
        """Tell it this line; the line that it answers. Raises RuntimeError when it has ended, TimeoutError."""
        self.tell(line)
        return await self.hear()

    def tell(self, line: str) -> None:
        """Tell it this line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())

    async def hear(self) -> str:
        """The next line that it says. Raises RuntimeError when it has ended, TimeoutError."""
        assert self._process.stdout is not None
        async with asyncio.timeout(ANSWER_WITHIN):
            said = await self._process.stdout.readline()
        if not said:
            message = f"{self._module} ended by itself"
            raise RuntimeError(message)
        return said.decode()


@asynccontextmanager
async def child(module: str) -> AsyncIterator[Child]:
    """Start ``python -m module``; it ends when its standard input does, or is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert process.stdin is not None
    try:
        yield Child(process, module)
        process.stdin.close()
        async with asyncio.timeout(ANSWER_WITHIN):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
