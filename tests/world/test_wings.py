"""The pipe between a play and the other side: questions find their own answers, and nobody waits for ever."""

import asyncio
import json
from typing import Any

import pytest

from guardian.world.site import WorldError
from guardian.world.wings import Wings


class OtherSide:
    """Reads what the play writes, and feeds its reader."""

    def __init__(self) -> None:
        self.lines = asyncio.StreamReader()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.wings = Wings(self.lines, lambda line: self.said.put_nowait(json.loads(line)))

    def answers(self, **fields: Any) -> None:
        self.lines.feed_data(json.dumps(fields).encode() + b"\n")


async def test_each_question_gets_its_own_answer_whatever_their_order() -> None:
    other = OtherSide()
    listening = asyncio.create_task(other.wings.run())
    first = asyncio.create_task(other.wings.handle_of("Ada"))
    second = asyncio.create_task(other.wings.locked_at())
    asked = [await asyncio.wait_for(other.said.get(), 5) for _ in range(2)]
    assert [(one["what"], one["arguments"]) for one in asked] == [
        ("handle_of", ["Ada", "waiting"]),
        ("when_locked", []),
    ]
    other.answers(answer=asked[1]["ask"], ok=True, value=7.5)
    other.answers(answer=asked[0]["ask"], ok=True, value="h1")
    assert (await asyncio.wait_for(first, 5), await asyncio.wait_for(second, 5)) == ("h1", 7.5)
    other.lines.feed_eof()
    await asyncio.wait_for(listening, 5)


async def test_a_refusal_is_the_worlds_error() -> None:
    other = OtherSide()
    listening = asyncio.create_task(other.wings.run())
    order = asyncio.create_task(other.wings.order("admit", "Ada"))
    asked = await asyncio.wait_for(other.said.get(), 5)
    other.answers(answer=asked["ask"], ok=False, why="nobody here has this name")
    with pytest.raises(WorldError, match="nobody here has this name"):
        await asyncio.wait_for(order, 5)
    other.lines.feed_eof()
    await asyncio.wait_for(listening, 5)


async def test_when_the_other_side_is_gone_every_question_fails() -> None:
    other = OtherSide()
    listening = asyncio.create_task(other.wings.run())
    waiting = asyncio.create_task(other.wings.until_quiet())
    await asyncio.wait_for(other.said.get(), 5)
    other.lines.feed_eof()
    await asyncio.wait_for(listening, 5)
    for question in (waiting, other.wings.until_locked()):
        with pytest.raises(WorldError, match="nobody is behind the stage"):
            await asyncio.wait_for(question, 5)


async def test_a_word_is_no_answer() -> None:
    other = OtherSide()
    listening = asyncio.create_task(other.wings.run())
    other.answers(answer=99, ok=True, value=None)
    other.answers(word="end")
    assert await asyncio.wait_for(other.wings.word(), 5) == "end"
    other.lines.feed_eof()
    await asyncio.wait_for(listening, 5)
