"""Frames that must not be read, and what is still known of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.jitsi.wire_frame import FRAME_LIMIT, FrameRefusedError, Head, head, parse
from tests.adapters.jitsi.stanzas import ROOM

BOMB = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n + 1} "{f"&lol{n or str()};" * 10}">' for n in range(9))
    + "]><presence>&lol9;</presence>"
)
START = f"<presence xmlns='jabber:client' from='{ROOM}/eve' to='guardian@auth.meet.example.test/x'>"


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (BOMB, "DTD"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DTD"),
        ("<a>&nothing;</a>", "no XML"),
        ("<a><b></a>", "no XML"),
        ("<a/><b/>", "no XML"),
        ("<a x='1' x='2'/>", "no XML"),
        ("", "no XML"),
        ("hello", "no XML"),
        ("<a>\x00</a>", "no XML"),
        (b"<a/>", "binary"),
    ],
)
def test_what_is_no_proper_frame_is_refused(frame: str | bytes, why: str) -> None:
    with pytest.raises(FrameRefusedError, match=why):
        parse(frame)


def test_a_frame_of_two_megabytes_is_refused_unread() -> None:
    with pytest.raises(FrameRefusedError, match=f"over {FRAME_LIMIT} bytes"):
        parse(f"{START}<nick>{'x' * 2_000_000}</nick></presence>")


def test_the_limit_counts_bytes_and_lets_the_last_one_through() -> None:
    fits = "<a>ΩΩ</a>"
    assert parse(fits, limit=len(fits.encode())).text == "ΩΩ"
    with pytest.raises(FrameRefusedError):
        parse(fits, limit=len(fits.encode()) - 1)


def test_a_deep_tree_is_read_without_a_crash() -> None:
    assert parse("<a>" * 20_000 + "</a>" * 20_000).tag == "a"


def test_the_sender_of_a_refused_frame_is_known_from_its_start_tag() -> None:
    assert head(f"{START}<nick>{'x' * 2_000_000}") == Head("presence", f"{ROOM}/eve", "")
    assert head(f"{START}</nonsense>") == Head("presence", f"{ROOM}/eve", "")
    assert head("<presence from='a@b/c' type='unavailable'/>") == Head("presence", "a@b/c", "unavailable")


@pytest.mark.parametrize("frame", ["", "hello", b"<a/>", BOMB, "<" + "a" * 10_000 + "/>", "&lol;"])
def test_of_some_frames_nothing_is_known(frame: str | bytes) -> None:
    assert head(frame) is None


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_frame_at_all_breaks_us(frame: str | bytes) -> None:
    try:
        found = parse(frame)
    except FrameRefusedError:
        assert head(frame) is None or isinstance(head(frame), Head)
    else:
        assert found.tag
