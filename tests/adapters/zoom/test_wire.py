"""A webhook request as bytes: only what Zoom signed is believed."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.zoom import wire
from tests.adapters.zoom.bodies import NOW, SECRET, body, load, signature

VECTOR = load("signature-vector")
BODY = VECTOR["raw_body"].encode()
STAMP = VECTOR["x-zm-request-timestamp"]
SIGNATURE = VECTOR["x-zm-signature"]


def test_the_signature_of_the_vector_is_good() -> None:
    assert wire.verify([VECTOR["secret_token"]], STAMP, BODY, SIGNATURE)


@pytest.mark.parametrize("secrets", [("old", SECRET), (SECRET, "new")])
def test_while_the_secret_is_being_changed_either_of_two_is_good(secrets: tuple[str, str]) -> None:
    assert wire.signed_by(secrets, STAMP, BODY, SIGNATURE) == SECRET


@pytest.mark.parametrize(
    "given",
    [
        "",
        "v0=",
        SIGNATURE[3:],
        SIGNATURE.upper(),
        SIGNATURE + "0",
        SIGNATURE[:-1],
        "v1=" + SIGNATURE[3:],
        "v0=é\udcff\ud800",
    ],
)
def test_any_other_signature_is_refused(given: str) -> None:
    assert not wire.verify([SECRET], STAMP, BODY, given)


def test_a_signature_for_another_time_is_refused() -> None:
    assert not wire.verify([SECRET], str(int(STAMP) + 1), BODY, SIGNATURE)


def test_nothing_is_signed_by_no_secret_or_an_empty_one() -> None:
    assert not wire.verify([], STAMP, BODY, SIGNATURE)
    assert not wire.verify([""], STAMP, BODY, signature(BODY, STAMP, ""))


def test_the_same_json_in_other_bytes_is_not_what_was_signed() -> None:
    assert not wire.verify([SECRET], STAMP, json.dumps(json.loads(BODY), indent=1).encode(), SIGNATURE)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_no_byte_of_the_body_can_be_changed(where: int, flip: int) -> None:
    forged = bytearray(BODY)
    forged[where] ^= flip
    assert not wire.verify([SECRET], STAMP, bytes(forged), SIGNATURE)


@given(st.text(), st.binary(max_size=64), st.text())
def test_no_header_makes_it_raise(timestamp: str, content: bytes, given_signature: str) -> None:
    assert not wire.verify([SECRET], timestamp, content, given_signature)
    assert wire.fresh(timestamp, NOW, 300.0) in {True, False}


@pytest.mark.parametrize(
    ("age", "good"), [(0, True), (300, True), (301, False), (600, False), (-300, True), (-301, False), (5100, False)]
)
def test_a_request_is_fresh_for_five_minutes_around_now(age: int, good: bool) -> None:
    assert wire.fresh(str(int(NOW) - age), NOW, 300.0) is good


@pytest.mark.parametrize("timestamp", ["", "x", "-1", "1795251601.0", " 1795251601", "١٧٩٥٢٥١٦٠١", "9" * 5000])
def test_what_is_no_timestamp_is_not_fresh(timestamp: str) -> None:
    assert not wire.fresh(timestamp, NOW, 300.0)


def test_the_validation_answer_is_that_of_the_example() -> None:
    token = wire.plain_token(wire.parse(body("endpoint.url_validation.request")))
    assert json.loads(wire.validation_answer(SECRET, token)) == load("endpoint.url_validation.response")
    assert VECTOR["url_validation_encryptedToken"].encode() in wire.validation_answer(SECRET, token)


@pytest.mark.parametrize("payload", ["{}", '{"plainToken":1}', '{"plainToken":null}', "[]", "1"])
def test_a_validation_without_its_token_is_unreadable(payload: str) -> None:
    with pytest.raises(wire.WireError):
        wire.plain_token(wire.parse(b'{"event":"endpoint.url_validation","payload":%s}' % payload.encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_the_one_error(content: bytes) -> None:
    with suppress(wire.WireError):
        assert isinstance(wire.parse(content), wire.Envelope)


@pytest.mark.parametrize("content", [b"[" * 300_000, b'{"event":"x","y":' + b"[" * 300_000, b'{"event":"\xff"}'])
def test_hostile_json_is_the_one_error(content: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse(content)
