"""Zoom's app context opens only whole, unchanged and in time; our own tokens as well."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.zoom import wire_context as wire
from tests.adapters.zoom.panel_page import SECRET, context, seal

VECTOR = (
    "DAABAgMEBQYHCAkKCwMAY3R4qgAAAIH9yGAtMJ97S8U/HwdAYw/MrL5/CNkVEJ2PZm3UldL+gkEyhNyWvJZqrliYm0kTxDT+oyt2+ds6LNZ+f7E0"
    "EJD6cRI2lri6/AeTFKYoFR99/Bh8FiPkD4BM/gAktvUkorZIfqcmyhFcz+KOSDSJtMdBxe3c+luYVJz5nK9gXqitjGEgf1xyZpDQWWBRXLiKLR5b"
    "rwfaF/ayOt7rnxq1n/cv8a4rApE2mE3H3g+2nKPi21tmBV4Y4JGAEw=="
)
"""Published with the layout: iv 00..0b, additional data "ctx"."""

PLAIN = {
    "typ": "meeting",
    "uid": "exUser1",
    "mid": "AAAAAAAAAAAAAAAAAAAAAA==",
    "aud": "exClient",
    "iss": "marketplace.zoom.us",
    "ts": 1900000000000,
    "exp": 1900000120000,
    "attendrole": "host",
}
NOW = 1_900_000_060.0
SAID = wire.Context(
    "exUser1",
    "AAAAAAAAAAAAAAAAAAAAAA==",
    "meeting",
    "host",
    "exClient",
    "marketplace.zoom.us",
    1_900_000_000.0,
    1_900_000_120.0,
)
KEY = b"k" * 32


def _refused(token: str, now: float = NOW) -> bool:
    try:
        wire.decode(token, SECRET, now)
    except ValueError:
        return True
    return False


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def test_the_vector_opens() -> None:
    assert wire.decode(VECTOR, SECRET, NOW) == SAID


def test_our_encoder_in_the_tests_writes_the_vector() -> None:
    assert seal(PLAIN) == VECTOR


@pytest.mark.parametrize("iv", [bytes(12), bytes(range(16))])
@pytest.mark.parametrize("urlsafe", [True, False])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("extra", [b"", b"c" * 300])
def test_both_alphabets_with_and_without_padding_and_longer_ivs_open(
    iv: bytes, urlsafe: bool, padded: bool, extra: bytes
) -> None:
    token = seal(PLAIN, iv=iv, extra=extra, urlsafe=urlsafe)
    assert wire.decode(token if padded else token.rstrip("="), SECRET, NOW) == SAID


def test_every_change_of_one_bit_is_refused() -> None:
    raw = base64.b64decode(VECTOR)
    changed = [
        raw[:index] + bytes([raw[index] ^ 1 << bit]) + raw[index + 1 :] for index in range(len(raw)) for bit in range(8)
    ]
    assert [one for one in changed if not _refused(_text(one))] == []


def test_every_change_of_one_bit_in_the_text_is_refused() -> None:
    codes = VECTOR.encode()
    changed = [
        codes[:index] + bytes([codes[index] ^ 1 << bit]) + codes[index + 1 :]
        for index in range(len(codes))
        for bit in range(8)
    ]
    assert [one for one in changed if not _refused(one.decode("latin-1"))] == []


def test_every_cut_is_refused() -> None:
    raw = base64.b64decode(VECTOR)
    assert [end for end in range(len(raw)) if not _refused(_text(raw[:end]))] == []
    assert [start for start in range(1, len(raw)) if not _refused(_text(raw[start:]))] == []
    # Of the text, only the cut that leaves the whole padding away means the same.
    texts = [VECTOR[:end] for end in range(len(VECTOR))]
    assert [text for text in texts if not _refused(text)] == [VECTOR.rstrip("=")]


def test_every_extension_is_refused() -> None:
    raw = base64.b64decode(VECTOR)
    assert [more for more in range(256) if not _refused(_text(raw + bytes([more])))] == []
    assert [count for count in range(1, 40) if not _refused(_text(raw + bytes(count)))] == []
    assert [more for more in map(chr, range(256)) if not _refused(VECTOR + more)] == []
    assert [more for more in map(chr, range(256)) if not _refused(more + VECTOR)] == []


@pytest.mark.parametrize("length", range(16))
def test_a_tag_shorter_than_sixteen_bytes_is_refused(length: int) -> None:
    assert _refused(seal(PLAIN, tag=length))


def test_another_secret_and_none_are_refused() -> None:
    assert _refused(seal(PLAIN, secret=SECRET + "x"))
    with pytest.raises(ValueError, match="no secret"):
        wire.decode(seal(PLAIN, secret=""), "", NOW)


def test_five_seconds_of_skew_are_forgiven_and_no_more() -> None:
    assert wire.decode(VECTOR, SECRET, 1_900_000_125.0) == SAID
    with pytest.raises(ValueError, match="expired"):
        wire.decode(VECTOR, SECRET, 1_900_000_125.1)


@pytest.mark.parametrize(
    "claims",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 5000,
        {name: value for name, value in PLAIN.items() if name != "exp"},
        PLAIN | {"exp": "1900000120000"},
        PLAIN | {"exp": None},
        PLAIN | {"uid": 7},
        PLAIN | {"attendrole": ["host"]},
    ],
)
def test_a_well_sealed_text_of_another_shape_is_refused(claims: object) -> None:
    assert _refused(seal(claims))


def test_fields_that_nobody_knows_are_ignored_and_those_of_a_guest_may_lack() -> None:
    few = {"typ": "panel", "aud": "a", "iss": "b", "exp": 1900000120000, "theme": "dark", "entitlements": [1]}
    assert wire.decode(seal(few), SECRET, NOW) == wire.Context("", "", "panel", "", "a", "b", 0.0, 1_900_000_120.0)


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_and_nothing_else_happens(raw: bytes) -> None:
    assert _refused(_text(raw))


@given(st.text(max_size=400))
def test_random_text_is_refused_and_nothing_else_happens(text: str) -> None:
    assert _refused(text)


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 2**16 - 1), st.integers(-(2**31), 2**31 - 1))
def test_lengths_that_lie_are_refused_and_nothing_else_happens(body: bytes, iv: int, extra: int, text: int) -> None:
    head = bytes([iv]) + bytes(iv) + extra.to_bytes(2, "little") + text.to_bytes(4, "little", signed=True)
    assert _refused(_text(head + body))


def test_what_is_refused_stays_out_of_the_words() -> None:
    for token in (VECTOR[:-8], seal(b'{"typ":"Ada Lovelace"}'), "Ada Lovelace", "\ud800"):
        with pytest.raises(ValueError) as caught:
            wire.decode(token, SECRET, NOW)
        assert "Ada" not in str(caught.value)
        assert caught.value.__cause__ is None
    assert _refused("A" * 100_000)


@pytest.mark.parametrize("spelling", ["co-host", "coHost", "cohost", "COHOST", "co_host"])
def test_the_spellings_of_a_co_host_are_one(spelling: str) -> None:
    assert wire.same_role(spelling) == "co-host"


# Our own tokens.


def _context() -> wire.Context:
    return wire.decode(context(NOW), SECRET, NOW)


def test_a_session_token_says_who_it_was_made_for_and_lasts_a_minute() -> None:
    token = wire.sign_session(KEY, _context(), "n1", NOW)
    session = wire.Session("uid-grace", "AAAAAAAAAAAAAAAAAAAAAA==", "host", "n1", NOW + 60)
    assert wire.read_session(KEY, token, NOW + 60) == session
    with pytest.raises(ValueError, match="expired"):
        wire.read_session(KEY, token, NOW + 60.1)


def test_a_session_token_that_was_touched_or_is_of_another_key_or_purpose_is_refused() -> None:
    token = wire.sign_session(KEY, _context(), "n1", NOW)
    codes = token.encode()
    flipped = [
        (codes[:index] + bytes([codes[index] ^ 1 << bit]) + codes[index + 1 :]).decode("latin-1")
        for index in range(len(codes))
        for bit in range(8)
    ]
    others = [
        *flipped,
        *(token[:end] for end in range(len(token))),
        token + "0",
        wire.sign_session(b"x" * 32, _context(), "n1", NOW),
        wire.sign_state(KEY, "n1", NOW),
        "." + json.dumps(["a", "b", "host", "n", NOW + 60]),
        "A" * 100_000,
    ]
    for other in others:
        with pytest.raises(ValueError):
            wire.read_session(KEY, other, NOW)


def test_the_state_of_our_own_link_lasts_an_hour_and_another_is_refused() -> None:
    state = wire.sign_state(KEY, "n1", NOW)
    wire.check_state(KEY, state, NOW + 3600)
    for other, now in ((state, NOW + 3601), (state[:-1], NOW), ("", NOW), ("ä.b", NOW)):
        with pytest.raises(ValueError):
            wire.check_state(KEY, other, now)
    assert len(state) < 200
