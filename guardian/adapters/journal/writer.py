"""The one task that writes. What waits when it is free goes into one transaction: a group commit.

No SQL dialect and no reading for others lives here. After any failure nothing is believed: the heads are read from the
database again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from guardian.adapters.journal.batch import Batch, Doubts, Heads
from guardian.adapters.journal.engines import Engines, reason
from guardian.errors import JournalError
from guardian.ports import Entry

JOURNAL_STEPS = (
    "received",  # a caller handed entries over
    "gathered",  # the writer took all that waited
    "begun",  # the transaction holds the write lock
    "heads_known",  # the heads of the chains concerned are known
    "sealed",  # the rows have their place in the chain and their digest
    "rows_written",  # the rows are in the transaction
    "heads_written",  # so are the heads; commit comes next
    "committed",  # durable, and nobody knows yet
    "acknowledged",  # the callers were told
)
"""The named steps of one ``append``, in order. A crash test stops the process at each."""

_MOST_ROWS = 4096


@dataclass(slots=True, eq=False)
class Appending:
    """One call of ``append`` on its way."""

    entries: tuple[Entry, ...]
    done: asyncio.Future[tuple[bool, ...]]


@dataclass(slots=True, eq=False)
class Changing:
    """Any other write. ``apply`` may refuse with JournalError, which spoils nothing for the others."""

    apply: Callable[[AsyncConnection], Awaitable[Any]]
    done: asyncio.Future[Any]


Work = Appending | Changing


def _no_step(_name: str) -> None:
    """Outside of crash tests nobody listens."""


@dataclass(slots=True)
class Writer:
    """Takes work from many callers and writes it in order.

    ``patience``: seconds after which a transaction is given up.
    """

    engines: Engines
    patience: float
    on_step: Callable[[str], None] = _no_step
    _queue: deque[Work] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _heads: Heads = field(default_factory=dict)
    _doubts: Doubts = field(default_factory=dict)
    _abandoned: set[asyncio.Task[Any]] = field(default_factory=set)
    _closed: bool = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="journal writer")

    async def append(self, entries: tuple[Entry, ...]) -> tuple[bool, ...]:
        """As the port's ``append``."""
        work = Appending(entries, asyncio.get_running_loop().create_future())
        self.on_step("received")
        await self._submit(work)
        return work.done.result()

    async def change(self, apply: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
        """Run ``apply`` in a transaction of the writer; what it returned, once that is durable."""
        work = Changing(apply, asyncio.get_running_loop().create_future())
        await self._submit(work)
        return work.done.result()

    async def close(self) -> None:
        """Write what was accepted, then end."""
        self._closed = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=self.patience)

    async def _submit(self, work: Work) -> None:
        if self._closed:
            raise JournalError("the journal is closed")
        self._queue.append(work)
        self._wake.set()
        await work.done

    async def _run(self) -> None:
        while not (self._closed and not self._queue):
            await self._wake.wait()
            self._wake.clear()
            while group := self._gather():
                await self._settle(group)

    def _gather(self) -> list[Work]:
        group: list[Work] = []
        size = 0
        while self._queue and size < _MOST_ROWS:
            work = self._queue.popleft()
            if not work.done.done():  # a caller that gave up while it waited wants nothing written
                group.append(work)
                size += len(work.entries) if isinstance(work, Appending) else 1
        return group

    async def _settle(self, group: list[Work]) -> None:
        """Write a group and tell its callers."""
        try:
            self.on_step("gathered")
            results = await self._write_or_retry(group)
        except (DataError, IntegrityError) as error:
            if len(group) > 1:  # one damaged occurrence must not stop the others
                for work in group:
                    await self._settle([work])
                return
            results = [_failure(error)]
        except Exception as error:  # noqa: BLE001 - whatever it was, the callers wait for an answer and the next for us
            results = [_failure(error) for _ in group]
        for work, result in zip(group, results, strict=True):
            if work.done.done():
                continue
            if isinstance(result, JournalError):
                work.done.set_exception(result)
            else:
                work.done.set_result(result)
        self.on_step("acknowledged")

    async def _write_or_retry(self, group: list[Work]) -> list[Any]:
        """A connection that died while idle, a known key, a row of another process: worth one more, careful try."""
        try:
            return await self._write(group, careful=False)
        except DBAPIError as error:
            if not (error.connection_invalidated or isinstance(error, IntegrityError)):
                raise
        return await self._write(group, careful=True)

    async def _write(self, group: list[Work], *, careful: bool) -> list[Any]:
        batch = Batch(self._heads, self._doubts, self.on_step, careful)
        task = asyncio.create_task(self._transact(group, batch), name="journal transaction")
        try:
            done, _ = await asyncio.wait({task}, timeout=self.patience)
            results = task.result() if done else self._abandon(task)
        except BaseException:
            # Whether it took place after all is known only to the database.
            self._heads.clear()
            batch.doubt()
            raise
        self.on_step("committed")
        batch.keep()
        return results

    async def _transact(self, group: list[Work], batch: Batch) -> list[Any]:
        async with self.engines.writer.connect() as connection:
            await connection.begin()
            self.engines.check_there()
            self.on_step("begun")
            results = await _apply(group, batch, connection)
            await connection.commit()
        return results

    def _abandon(self, task: asyncio.Task[Any]) -> NoReturn:
        """Drivers take their time to leave a server that is silent; those who wait for an answer need not."""

        def ended(_task: asyncio.Task[Any]) -> None:
            self._abandoned.discard(task)
            if not task.cancelled():
                task.exception()  # asked for, else asyncio reports it as never looked at

        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(ended)
        raise TimeoutError


async def _apply(group: list[Work], batch: Batch, connection: AsyncConnection) -> list[Any]:
    results: list[Any] = []
    for run in _runs(group):
        if isinstance(run, Changing):
            try:
                results.append(await run.apply(connection))
            except JournalError as refusal:
                results.append(refusal)
        else:
            results.extend(await batch.append(connection, [work.entries for work in run]))
    return results


def _runs(group: list[Work]) -> Iterator[list[Appending] | Changing]:
    """Neighbouring appends together, everything in order."""
    run: list[Appending] = []
    for work in group:
        if isinstance(work, Appending):
            run.append(work)
            continue
        if run:
            yield run
            run = []
        yield work
    if run:
        yield run


def _failure(error: Exception) -> JournalError:
    if isinstance(error, JournalError):
        return error
    told = "it did not answer in time" if isinstance(error, TimeoutError) else reason(error)
    failure = JournalError(f"the journal cannot be written: {told}")
    failure.__cause__ = error
    return failure
