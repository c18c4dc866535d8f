"""The event WebSocket: what it brings, how it notices its own death, and how it comes back."""

import asyncio
import json
import logging
from http import HTTPStatus

import pytest
import structlog
from websockets.exceptions import ConnectionClosed

from guardian.adapters.zoom.wire_events import decode
from guardian.errors import LoginRefusedError, TemporaryError
from tests.adapters.zoom.bodies import body
from tests.adapters.zoom.socket_server import BEAT, BUILT, PATIENCE, TOKEN, Story, message, running

KNOCK = body("meeting.participant_joined_waiting_room.registrant")
JOIN = body("meeting.participant_joined.registrant")
TICK = 5.0


async def test_events_are_taken_in_order_once_the_connection_is_built() -> None:
    story = Story()
    async with running(story):
        line = await story.line()
        await line.send(message(KNOCK))
        await line.send(message(JOIN))
        await story.until(lambda: len(story.taken) == 2)
    assert story.taken == [decode(KNOCK), decode(JOIN)]
    assert story.told == ["up"]


async def test_each_connection_has_a_new_token_of_its_own() -> None:
    story = Story()
    async with running(story):
        await (await story.line()).close()
        await story.time.let(1.0)
        await story.line()
    assert [query["access_token"] for query in story.queries] == [[f"{TOKEN}1"], [f"{TOKEN}2"]]
    assert {query["subscriptionId"][0] for query in story.queries} == {"ExSubscription"}


async def test_after_a_gap_the_stream_says_so_again() -> None:
    story = Story()
    async with running(story):
        await (await story.line()).close()
        await story.time.let(1.0)
        await story.line()
    assert story.told == ["up", "down", "up"]
    assert story.reasons == ["Zoom closed it"]


async def test_a_heartbeat_is_sent_every_thirty_seconds() -> None:
    story = Story()
    async with running(story):
        line = await story.line()
        for _ in range(3):
            await story.time.let(TICK, 6)
            assert json.loads(await asyncio.wait_for(line.recv(), PATIENCE)) == {"module": "heartbeat"}
            await line.send(BEAT)
            await line.send(message(KNOCK))
            before = len(story.taken)
            await story.until(lambda n=before: len(story.taken) > n)  # type: ignore[misc]
    assert story.told == ["up"]


async def test_silence_of_more_than_45_seconds_is_death() -> None:
    story = Story()
    async with running(story):
        await story.line()
        await story.time.let(TICK, 10)
        await story.time.let(1.0)
        await story.line()
    assert story.reasons == ["nothing came for 45 seconds"]
    assert story.told == ["up", "down", "up"]


async def test_a_server_that_never_says_a_word_is_dead_too() -> None:
    story = Story()
    async with running(story):
        await story.line(built=False)
        await story.time.let(TICK, 10)
        await story.time.let(1.0)
        await story.line()
    assert story.told == ["down", "up"]


async def test_pauses_between_tries_grow_up_to_a_minute() -> None:
    story = Story()
    story.refuse = HTTPStatus.SERVICE_UNAVAILABLE
    async with running(story):
        for pause in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0):
            await story.time.let(pause)
        await story.time.asked(60.0)
        story.refuse = None
        await story.time.let(60.0)
        await story.line()
    assert story.told == ["down", "up"], "the same reason is told once"
    assert story.reasons == ["Zoom refused the connection (status 503)"]


async def test_a_connection_that_lasted_makes_the_next_pause_short_again() -> None:
    story = Story()
    story.refuse = HTTPStatus.BAD_GATEWAY
    async with running(story):
        await story.time.let(1.0)
        await story.time.let(2.0)
        await story.time.asked(4.0)
        story.refuse = None
        await story.time.let(4.0)
        line = await story.line()
        story.time.now += 60.0
        await line.close()
        await story.time.let(1.0)
        await story.line()
    assert story.told == ["down", "up", "down", "up"]


@pytest.mark.parametrize(
    ("error", "pause", "reason"),
    [
        (TemporaryError("busy", 7.0), 7.0, "Zoom gives us no token now"),
        (TemporaryError("busy"), 1.0, "Zoom gives us no token now"),
        (TemporaryError("busy", 86_400.0), 600.0, "Zoom gives us no token now"),
        (LoginRefusedError("no"), 60.0, "Zoom gives us no token: our account is refused"),
    ],
)
async def test_without_a_token_it_is_tried_again_later(error: Exception, pause: float, reason: str) -> None:
    story = Story()
    good = story.next_token

    async def none() -> str:
        story.next_token = good
        raise error

    story.next_token = none
    async with running(story):
        await story.time.let(pause)
        await story.line()
    assert story.reasons == [reason]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (body("websocket.invalid-token").decode(), "Zoom does not take our token"),
        (json.dumps({"module": "build_connection", "success": False, "content": TOKEN}), "Zoom refused the connection"),
    ],
)
async def test_a_refused_connection_is_tried_again_with_a_new_token(frame: str, reason: str) -> None:
    story = Story()
    async with running(story):
        line = await story.line(built=False)
        await line.send(frame)
        await story.time.let(1.0)
        await story.line()
    assert (story.reasons, story.tokens) == ([reason], 2)


async def test_closed_three_times_soon_after_being_built_somebody_else_has_it_and_we_stand_down() -> None:
    story = Story()
    async with running(story):
        for pause in (1.0, 2.0, 600.0):
            await (await story.line()).close(4000)
            await story.time.let(pause)
        await story.line()
    assert story.told == ["up", "down", "up", "down", "up", "down", "taken over", "up"]


async def test_closed_after_a_full_minute_is_nobody_elses_doing() -> None:
    story = Story()
    async with running(story):
        for _ in range(4):
            line = await story.line()
            story.time.now += 61.0
            await line.close()
            await story.time.let(1.0)
    assert "taken over" not in story.told


async def test_closed_before_it_was_built_is_nobody_elses_doing() -> None:
    story = Story()
    async with running(story):
        for pause in (1.0, 2.0, 4.0, 8.0):
            await (await story.line(built=False)).close()
            await story.time.let(pause)
    assert story.told == ["down"]


async def test_while_the_journal_is_away_the_event_is_kept_and_no_silence_counted() -> None:
    story = Story()
    story.journal = False
    async with running(story):
        line = await story.line()
        await line.send(message(KNOCK))
        for _ in range(12):
            await story.time.let(1.0)
            await story.time.let(TICK)
        await story.time.asked(1.0)
        story.journal = True
        await story.time.let(1.0)
        await story.until(lambda: bool(story.taken))
    assert story.taken == [decode(KNOCK)]
    assert story.told == ["up"]


async def test_what_cannot_be_read_is_passed_over() -> None:
    story = Story()
    async with running(story):
        line = await story.line()
        for rubbish in ("no json", "[]", message(b"no json"), message(b'{"event":"meeting.started"}')):
            await line.send(rubbish)
        await line.send(b"\xff")
        await line.send(message(body("meeting.chat_message_sent")))
        await line.send(message(KNOCK))
        await story.until(lambda: bool(story.taken))
    assert story.ignored == ["meeting.chat_message_sent"]
    assert story.told == ["up"]


async def test_a_frame_beyond_all_measure_ends_the_connection() -> None:
    story = Story()
    async with running(story):
        line = await story.line()
        await line.send("x" * 2_000_000)
        await story.time.let(1.0)
        await story.line()
    assert story.reasons == ["we closed it (code 1009)"]


async def test_an_event_before_the_connection_says_that_it_is_built_counts_as_built() -> None:
    story = Story()
    async with running(story):
        line = await story.line(built=False)
        await line.send(message(KNOCK))
        await line.send(BUILT)
        await story.until(lambda: bool(story.taken))
    assert story.told == ["up"]


async def test_when_the_guardian_stops_the_connection_is_closed() -> None:
    story = Story()
    async with running(story):
        line = await story.line()
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(line.recv(), PATIENCE)
    assert story.told == ["up"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/ws", "ws://127.0.0.1:1/ws", "ws://[", "nonsense"])
async def test_an_address_that_leads_nowhere_is_told_without_the_token(url: str) -> None:
    story = Story()
    with structlog.testing.capture_logs() as logs:
        async with running(story, url):
            await story.time.asked()
    assert story.told == ["down"]
    assert TOKEN not in f"{story.reasons}{logs}"


async def test_the_token_is_in_no_log_even_when_everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    story = Story()
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logs:
        async with running(story):
            line = await story.line()
            await line.send(message(KNOCK))
            await story.until(lambda: bool(story.taken))
            await line.close()
            await story.time.let(1.0)
            await story.line()
        stream = story.stream("ws://127.0.0.1:1/ws")
    assert {entry["event"] for entry in logs} == {"zoom event socket up", "zoom event socket down"}
    # "websockets.server" is the other end, which is Zoom's.
    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert TOKEN not in f"{logs}{ours}{stream!r}"
