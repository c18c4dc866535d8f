"""One connection: what it survives, and what it says when it does not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from xml.etree.ElementTree import Element

import pytest

from guardian.adapters.jitsi import wire
from guardian.adapters.jitsi.server import AccountLogin, TokenLogin
from guardian.adapters.jitsi.stream import Stream
from guardian.adapters.jitsi.trouble import (
    AddressUnusableError,
    ConflictError,
    HostUnknownError,
    NoAnswerError,
    StanzaRefusedError,
)
from guardian.adapters.jitsi.wire_frame import Head
from guardian.errors import LoginRefusedError, PlatformError, TemporaryError
from tests.adapters.jitsi.scripted import OPEN, SUCCESS, Line, Script, features, scripted, settings, stream_error
from tests.adapters.jitsi.stanzas import BOT, ROOM

PRESENCE = f"<presence xmlns='jabber:client' from='{ROOM}/eve'/>"
HUGE = f"<presence xmlns='jabber:client' from='{ROOM}/eve'><nick>{'x' * 2_000_000}</nick></presence>"


async def _fail(script: Script, *, status: HTTPStatus | None = None, **changes: object) -> PlatformError:
    """Connect to a server that spoils it; the error that comes of it."""
    async with scripted(script, status=status) as url:
        with pytest.raises(PlatformError) as caught:
            await Stream.open(settings(url, **changes), "maths", lambda _: None)
        return caught.value


@asynccontextmanager
async def _talk(script: Script, **changes: object) -> AsyncIterator[tuple[Stream, asyncio.Queue[object]]]:
    """A connection after its login; stanzas and refused frames come out of the queue."""

    async def logged_in(line: Line) -> None:
        await line.log_in()
        await script(line)
        await line.until_gone()

    async with scripted(logged_in) as url:
        heard: asyncio.Queue[object] = asyncio.Queue()
        stream = await Stream.open(settings(url, **changes), "maths", heard.put_nowait, heard.put_nowait)
        try:
            yield stream, heard
        finally:
            await stream.close()


async def _closed(stream: Stream) -> BaseException:
    async with asyncio.timeout(10):
        await stream.closed.wait()
    return stream.end


# --- making one -------------------------------------------------------------------------------------------------------


def _saying(*frames: str) -> Script:
    """A server that answers each of the client's frames with the next of these; stream elements come by themselves."""

    async def script(line: Line) -> None:
        for frame in frames:
            if not frame.startswith("<stream:"):
                await line.hear()
            await line.send(frame)
        await line.until_gone()

    return script


def _failure(condition: str) -> str:
    return f"<failure xmlns='{wire.SASL}'><{condition}/><text>because</text></failure>"


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (_saying(stream_error("host-unknown")), HostUnknownError, "does not know our domain"),
        (_saying(OPEN, stream_error("host-unknown")), HostUnknownError, "does not know our domain"),
        (_saying("<nonsense/>"), TemporaryError, "opened no stream"),
        (_saying("<!DOCTYPE a><a/>"), TemporaryError, "cannot be read"),
        (_saying(OPEN, features()), LoginRefusedError, "none of SCRAM or PLAIN"),
        (_saying(OPEN, features("PLAIN"), _failure("not-authorized")), LoginRefusedError, "wrong account or password"),
        (_saying(OPEN, features("PLAIN"), _failure("temporary-auth-failure")), TemporaryError, "just now"),
        (_saying(OPEN, features("PLAIN"), stream_error("system-shutdown")), TemporaryError, "system-shutdown"),
        (
            _saying(OPEN, features("PLAIN"), f"<challenge xmlns='{wire.SASL}'>eA==</challenge>"),
            LoginRefusedError,
            "no answer",
        ),
        (
            _saying(OPEN, features("PLAIN"), SUCCESS, OPEN, features(), "<iq xmlns='jabber:client' id='bind'/>"),
            TemporaryError,
            "gave us no address: undefined-condition",
        ),
    ],
)
async def test_a_login_that_fails_says_why(script: Script, kind: type[PlatformError], words: str) -> None:
    error = await _fail(script)
    assert type(error) is kind
    assert words in str(error)


async def _nothing(_: Line) -> None:
    return


async def test_a_line_that_is_cut_during_the_login_is_worth_another_try() -> None:
    assert isinstance(await _fail(_nothing), TemporaryError)


async def test_a_server_that_answers_with_an_error_page_is_worth_another_try() -> None:
    error = await _fail(_nothing, status=HTTPStatus.SERVICE_UNAVAILABLE)
    assert isinstance(error, TemporaryError)
    assert "HTTP 503" in str(error)


async def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    with pytest.raises(TemporaryError, match="connection refused"):
        await Stream.open(settings("ws://127.0.0.1:1/xmpp-websocket"), "maths", lambda _: None)


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async def silent(line: Line) -> None:
        await line.until_gone()

    async with scripted(silent) as url:
        with pytest.raises(TemporaryError, match="TimeoutError"):
            await Stream.open(settings(url), "maths", lambda _: None, timeout=0.05)


async def test_a_token_shows_neither_in_errors_nor_in_settings() -> None:
    token = TokenLogin("app", "a-secret-of-at-least-thirty-two-bytes")
    for address in ("http://127.0.0.1/x", "ws://127.0.0.1:1/x", "ws://"):
        with pytest.raises(PlatformError) as caught:
            await Stream.open(settings(address, login=token), "maths", lambda _: None)
        shown: BaseException | None = caught.value
        while shown is not None:
            assert "token" not in str(shown)
            assert "eyJ" not in str(shown)
            shown = shown.__cause__
    assert "a-secret" not in repr(token)
    assert "pw" not in repr(AccountLogin("guardian", "pw"))


async def test_an_address_that_is_none_can_never_be_connected_to() -> None:
    with pytest.raises(AddressUnusableError):
        await Stream.open(settings("http://127.0.0.1/x"), "maths", lambda _: None)


async def test_a_token_and_the_room_go_into_the_address_and_no_password_anywhere() -> None:
    paths: list[str] = []

    async def script(line: Line) -> None:
        paths.append(line.path)
        await line.log_in("ANONYMOUS")
        await line.until_gone()

    async with scripted(script) as url:
        login = TokenLogin("app", "a-secret-of-at-least-thirty-two-bytes")
        stream = await Stream.open(settings(url, login=login), "maths", lambda _: None)
        await stream.close()
        guest = await Stream.open(settings(url, login=login), "maths", lambda _: None, guest_of="guest.m")
        await guest.close()
    assert paths[0].startswith("/xmpp-websocket?room=maths&token=eyJ")
    assert paths[1] == "/xmpp-websocket?room=maths"


# --- asking -----------------------------------------------------------------------------------------------------------


async def test_an_answer_counts_only_with_the_right_id_from_the_right_sender() -> None:
    async def script(line: Line) -> None:
        asked = await line.hear_iq()
        await line.answer(asked, sender=f"{ROOM}/eve", inner="<forged/>")
        await line.send(f"<iq xmlns='jabber:client' type='result' id='other' from='{ROOM}'/>")
        await line.answer(asked, inner="<real/>")
        await line.answer(asked, inner="<again/>")

    async with _talk(script) as (stream, _):
        reply = await stream.iq("get", ROOM, wire.ping())
        assert [child.tag for child in reply] == ["{jabber:client}real"]


async def test_an_answer_of_our_own_server_may_lack_its_address() -> None:
    async def script(line: Line) -> None:
        asked = await line.hear_iq()
        await line.send(f"<iq xmlns='jabber:client' type='result' id='{asked.get('id')}'/>")

    async with _talk(script) as (stream, _):
        assert (await stream.iq("get", None, wire.ping())).get("type") == "result"


@pytest.mark.parametrize(
    ("kind", "condition", "error"),
    [
        ("cancel", "item-not-found", StanzaRefusedError),
        ("auth", "forbidden", StanzaRefusedError),
        ("wait", "policy-violation", TemporaryError),
        ("cancel", "service-unavailable", TemporaryError),
    ],
)
async def test_a_refusal_is_split_by_whether_another_try_may_help(
    kind: str, condition: str, error: type[PlatformError]
) -> None:
    async def script(line: Line) -> None:
        inner = f"<error type='{kind}'><{condition} xmlns='{wire.STANZAS}'/></error>"
        await line.answer(await line.hear_iq(), kind="error", inner=inner)

    async with _talk(script) as (stream, _):
        with pytest.raises(error, match=condition) as caught:
            await stream.iq("set", ROOM, wire.ping())
        assert isinstance(caught.value, StanzaRefusedError) is (error is StanzaRefusedError)


async def test_without_an_answer_we_do_not_wait_for_ever() -> None:
    async with _talk(_nothing) as (stream, _):
        with pytest.raises(NoAnswerError, match=r"within 0\.02 s"):
            await stream.iq("get", ROOM, wire.ping(), timeout=0.02)


async def test_a_cut_line_fails_what_is_asked_and_what_will_be() -> None:
    async def script(line: Line) -> None:
        await line.hear_iq()
        line.socket.transport.abort()

    called = asyncio.Event()
    async with _talk(script) as (stream, _):
        stream.on_closed = called.set
        with pytest.raises(TemporaryError, match="closed"):
            await stream.iq("get", ROOM, wire.ping())
        with pytest.raises(TemporaryError):
            await stream.iq("get", ROOM, wire.ping())
        with pytest.raises(TemporaryError):
            await stream.send(wire.ping())
        assert called.is_set()


# --- listening --------------------------------------------------------------------------------------------------------


async def test_pings_are_answered_and_other_questions_refused() -> None:
    answers: asyncio.Queue[Element] = asyncio.Queue()

    async def script(line: Line) -> None:
        await line.send(f"<iq xmlns='jabber:client' type='get' id='p' from='m'><ping xmlns='{wire.PING}'/></iq>")
        await line.send("<iq xmlns='jabber:client' type='get' id='v' from='m'><query xmlns='jabber:iq:version'/></iq>")
        await line.send("<iq xmlns='jabber:client' type='set' id='s' from='m'><ping xmlns='urn:xmpp:ping'/></iq>")
        for _ in range(3):
            answers.put_nowait(await line.hear_iq())

    async with _talk(script), asyncio.timeout(10):
        got = {answer.get("id"): answer for answer in [await answers.get() for _ in range(3)]}
    assert {key: answer.get("type") for key, answer in got.items()} == {"p": "result", "v": "error", "s": "error"}
    assert got["p"].get("to") == "m"


@pytest.mark.parametrize(
    ("frame", "head"),
    [
        (HUGE, Head("presence", f"{ROOM}/eve", "")),
        ('<!DOCTYPE a [<!ENTITY b "c">]><presence>&b;</presence>', None),
        ("<broken", None),
    ],
)
async def test_a_bad_frame_is_passed_over_and_the_line_lives_on(frame: str, head: Head | None) -> None:
    async def script(line: Line) -> None:
        await line.send(frame, PRESENCE)

    async with _talk(script) as (stream, heard), asyncio.timeout(10):
        assert await heard.get() == head
        stanza = await heard.get()
        assert isinstance(stanza, Element)
        assert stanza.get("from") == f"{ROOM}/eve"
        assert not stream.closed.is_set()


async def test_a_stanza_that_we_stumble_over_does_not_cut_the_line() -> None:
    refused: asyncio.Queue[Head | None] = asyncio.Queue()

    def stumble(_: Element) -> None:
        raise RuntimeError("a fault of ours")

    async def script(line: Line) -> None:
        await line.log_in()
        await line.send(PRESENCE)
        asked = await line.hear_iq()
        await line.answer(asked)
        await line.until_gone()

    async with scripted(script) as url, asyncio.timeout(10):
        stream = await Stream.open(settings(url), "maths", stumble, refused.put_nowait)
        assert await refused.get() == Head("presence", f"{ROOM}/eve", "")
        assert (await stream.iq("get", ROOM, wire.ping())).get("type") == "result"
        await stream.close()


@pytest.mark.parametrize(
    ("frame", "kind", "words"),
    [
        (stream_error("conflict"), ConflictError, "taken over"),
        (stream_error("system-shutdown"), TemporaryError, "system-shutdown"),
        (f"<close xmlns='{wire.FRAMING}'/>", TemporaryError, "goodbye"),
    ],
)
async def test_the_end_of_a_connection_says_why(frame: str, kind: type[PlatformError], words: str) -> None:
    async def script(line: Line) -> None:
        await line.send(frame)

    async with _talk(script) as (stream, _):
        error = await _closed(stream)
    assert type(error) is kind
    assert words in str(error)


def _pinged(answer: Callable[[Line, Element], Awaitable[None]], times: int) -> tuple[Script, asyncio.Event]:
    done = asyncio.Event()

    async def script(line: Line) -> None:
        for _ in range(times):
            await answer(line, await line.hear_iq())
        done.set()

    return script, done


@pytest.mark.parametrize("condition", ["", "feature-not-implemented", "service-unavailable"])
async def test_the_line_is_kept_alive_by_pings_whatever_the_answer(condition: str) -> None:
    inner = f"<error type='cancel'><{condition} xmlns='{wire.STANZAS}'/></error>" if condition else ""

    async def answer(line: Line, iq: Element) -> None:
        assert iq.find(f"{{{wire.PING}}}ping") is not None
        await line.answer(iq, kind="error" if condition else "result", inner=inner)

    script, done = _pinged(answer, 3)
    async with _talk(script, ping_every=0.01) as (stream, _), asyncio.timeout(10):
        await done.wait()
        assert not stream.closed.is_set()


async def test_a_line_that_answers_no_ping_is_cut() -> None:
    async with _talk(_nothing, ping_every=0.01, iq_timeout=0.05) as (stream, _):
        error = await _closed(stream)
    assert "does not answer any more" in str(error)


async def test_our_address_is_the_one_that_the_server_bound() -> None:
    async with _talk(_nothing) as (stream, _):
        assert stream.jid == BOT
