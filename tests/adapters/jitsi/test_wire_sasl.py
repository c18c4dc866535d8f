"""Logging in: the published examples, and servers that cheat."""

import base64

import pytest

from guardian.adapters.jitsi import wire_sasl
from guardian.errors import LoginRefusedError

# RFC 5802 section 5.
NONCE = "fyko+d2lbbFgONRv9qkxdawL"
FIRST = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"
CHALLENGE = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
FINAL = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
PROOF = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _scram() -> wire_sasl.Exchange:
    offered = {"SCRAM-SHA-1", "PLAIN", "EXTERNAL"}
    return wire_sasl.for_account(offered, "user", "pencil", confidential=False, nonce=NONCE)


def test_scram_follows_the_example_of_the_standard() -> None:
    exchange = _scram()
    assert exchange.mechanism == "SCRAM-SHA-1"
    assert exchange.first() == _b64(FIRST)
    assert exchange.answer(_b64(CHALLENGE)) == _b64(FINAL)
    exchange.finish(_b64(PROOF))


def test_a_server_that_does_not_know_our_account_is_not_believed() -> None:
    exchange = _scram()
    exchange.first()
    exchange.answer(_b64(CHALLENGE))
    with pytest.raises(LoginRefusedError, match="could not prove"):
        exchange.finish(_b64("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="))


@pytest.mark.parametrize(
    ("challenge", "words"),
    [
        (_b64("r=somebody-elses,s=QSXCR+Q6sek8bf92,i=4096"), "makes no sense"),
        (_b64("hello"), "makes no sense"),
        ("!!!", "not base64"),
        (base64.b64encode(b"\xff\xfe").decode(), "not base64"),
    ],
)
def test_a_challenge_that_makes_no_sense_ends_the_login(challenge: str, words: str) -> None:
    exchange = _scram()
    exchange.first()
    with pytest.raises(LoginRefusedError, match=words):
        exchange.answer(challenge)


def test_the_stronger_login_is_taken() -> None:
    exchange = wire_sasl.for_account({"SCRAM-SHA-1", "SCRAM-SHA-256"}, "u", "p", confidential=True)
    assert exchange.mechanism == "SCRAM-SHA-256"


def test_a_password_goes_in_clear_text_only_where_nobody_listens() -> None:
    plain = wire_sasl.for_account({"PLAIN"}, "guardian", "guardianpw", confidential=True)
    assert (plain.mechanism, plain.first()) == ("PLAIN", "AGd1YXJkaWFuAGd1YXJkaWFucHc=")
    plain.finish("")
    with pytest.raises(LoginRefusedError, match="no answer"):
        plain.answer("eA==")
    with pytest.raises(LoginRefusedError, match="clear text over an open line"):
        wire_sasl.for_account({"PLAIN"}, "guardian", "guardianpw", confidential=False)
    with pytest.raises(LoginRefusedError, match="none of SCRAM or PLAIN"):
        wire_sasl.for_account({"EXTERNAL"}, "guardian", "guardianpw", confidential=True)


def test_without_an_account_the_server_must_offer_it() -> None:
    exchange = wire_sasl.anonymous({"ANONYMOUS"})
    assert (exchange.mechanism, exchange.first()) == ("ANONYMOUS", "")
    with pytest.raises(LoginRefusedError, match="without an account"):
        wire_sasl.anonymous({"PLAIN"})


@pytest.mark.parametrize(
    ("condition", "text", "words"),
    [
        ("not-authorized", "", "wrong account or password"),
        ("not-allowed", "token required", "does not accept the token: token required"),
        ("account-disabled", "", "disabled"),
        ("weird\x00thing", "x" * 1_000, r"weirdthing\): x{200}$"),
    ],
)
def test_a_refusal_says_what_to_look_at(condition: str, text: str, words: str) -> None:
    with pytest.raises(LoginRefusedError, match=words):
        raise wire_sasl.refused(condition, text)
