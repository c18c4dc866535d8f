"""Operator tokens: what is minted is what is verified, and nothing else passes."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.core.operators import Operator, Scope
from guardian.errors import ConfigError, DeniedError
from guardian.web.tokens import AUDIENCE, ISSUER, LONGEST_LIFE, mint, verify

KEY = b"0123456789abcdef" * 4  # long enough for HS512 too
NOW = 1_700_000_000.0


def minted(**changes: Any) -> str:
    wanted: dict[str, Any] = {
        "name": "Tess Teacher",
        "scopes": [Scope.VIEW, Scope.DOOR],
        "meetings": ["yoga"],
        "lifetime": 3600.0,
        "now": NOW,
    }
    return mint(KEY, **(wanted | changes))


def signed(algorithm: str = "HS256", key: bytes = KEY, without: str = "", **changes: Any) -> str:
    """A token as somebody else might sign it."""
    payload: dict[str, Any] = {
        "aud": AUDIENCE,
        "iss": ISSUER,
        "sub": "Tess Teacher",
        "jti": "1",
        "iat": int(NOW),
        "exp": int(NOW) + 3600,
        "scopes": ["view"],
        "meetings": "*",
    }
    payload |= changes
    payload.pop(without, None)
    return jwt.encode(payload, key, algorithm=algorithm)


def test_a_minted_token_names_its_human_scopes_and_meetings() -> None:
    operator = verify(minted(), KEY, NOW + 1)
    assert operator.name == "Tess Teacher"
    assert operator.scopes == {Scope.VIEW, Scope.DOOR}
    assert operator.meetings == frozenset({"yoga"})
    assert operator.expires == NOW + 3600


def test_a_token_for_every_meeting_enters_every_meeting() -> None:
    operator = verify(minted(meetings=None), KEY, NOW)
    operator.require_everywhere()
    operator.require_in("anything")
    assert operator.meetings is None


def test_two_tokens_never_bear_the_same_id() -> None:
    assert verify(minted(), KEY, NOW).token_id != verify(minted(), KEY, NOW).token_id


def test_the_stand_in_signer_of_these_tests_signs_valid_tokens() -> None:
    assert verify(signed(), KEY, NOW).scopes == {Scope.VIEW}


@pytest.mark.parametrize(
    ("what", "token"),
    [
        ("another key", signed(key=b"x" * 32)),
        ("another audience", signed(aud="zoom")),
        ("another issuer", signed(iss="somebody")),
        ("the same key by another algorithm", signed(algorithm="HS384")),
        ("the same key by a stronger algorithm", signed(algorithm="HS512")),
        ("expired", signed(exp=int(NOW) - 1)),
        ("expires this second", signed(exp=int(NOW))),
        ("lives too long", signed(exp=int(NOW + LONGEST_LIFE) + 2)),
        ("issued in the future", signed(iat=int(NOW) + 3600, exp=int(NOW) + 7200)),
        ("an unknown scope", signed(scopes=["view", "root"])),
        ("no scope", signed(scopes=[])),
        ("scopes as one text", signed(scopes="view door")),
        ("no meeting", signed(meetings=[])),
        ("meetings as one text", signed(meetings="yoga")),
        ("expiry as text", signed(exp="never")),
        ("expiry without end", signed(exp=float("inf"))),
        ("blank name", signed(sub="")),
        ("name as number", signed(sub=7)),
        ("not a token", "hello"),
        ("nothing", ""),
        ("dots", ".."),
        ("overlong", "a" * 5000),
        *((f"without {claim}", signed(without=claim)) for claim in ("aud", "iss", "sub", "jti", "iat", "exp")),
        *((f"without {claim}", signed(without=claim)) for claim in ("scopes", "meetings")),
    ],
)
def test_a_token_that_we_did_not_mint_is_denied(what: str, token: str) -> None:
    with pytest.raises(DeniedError):
        verify(token, KEY, NOW)


def test_an_unsigned_token_is_denied() -> None:
    claims = signed().split(".")[1]
    for algorithm in ("none", "None", "NONE", ""):
        header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).decode().rstrip("=")
        for token in (f"{header}.{claims}.", f"{header}.{claims}.{signed().split('.')[2]}"):
            with pytest.raises(DeniedError):
                verify(token, KEY, NOW)


def test_a_changed_payload_is_denied() -> None:
    head, body, signature = signed().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["scopes"] = ["admin"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    with pytest.raises(DeniedError):
        verify(f"{head}.{forged}.{signature}", KEY, NOW)


@given(st.text(max_size=300))
def test_whatever_is_not_a_token_is_denied_and_never_crashes(text: str) -> None:
    with pytest.raises(DeniedError):
        verify(text, KEY, NOW)


def test_a_refusal_never_repeats_what_the_token_said() -> None:
    with pytest.raises(DeniedError) as refused:
        verify(signed(sub="Ann Adams", scopes=["root"]), KEY, NOW)
    assert "Ann" not in str(refused.value)
    assert "root" not in str(refused.value)


def operator(*scopes: Scope) -> Operator:
    return Operator("Tess", frozenset(scopes), frozenset({"yoga"}), "1", NOW + 1)


def test_a_missing_scope_is_denied() -> None:
    operator(Scope.VIEW).require(Scope.VIEW)
    for scope in (Scope.DOOR, Scope.PANIC, Scope.ADMIN):
        with pytest.raises(DeniedError, match=scope.value):
            operator(Scope.VIEW).require(scope)


def test_admin_does_not_contain_the_other_scopes() -> None:
    with pytest.raises(DeniedError):
        operator(Scope.ADMIN).require(Scope.VIEW)


def test_another_meeting_is_denied() -> None:
    operator(Scope.VIEW).require_in("yoga")
    for wrong in ("judo", "", "*", "yog", "yoga "):
        with pytest.raises(DeniedError):
            operator(Scope.VIEW).require_in(wrong)


def test_a_token_for_one_meeting_is_not_for_every_meeting() -> None:
    with pytest.raises(DeniedError):
        operator(Scope.VIEW).require_everywhere()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "a" * 81},
        {"name": "Tess\x1b[2J"},
        {"name": "Tess\u202e"},
        {"name": "\u200b"},
        {"scopes": []},
        {"meetings": []},
        {"meetings": ["yoga", "*"]},
        {"lifetime": 0.0},
        {"lifetime": -1.0},
        {"lifetime": LONGEST_LIFE + 1},
        {"lifetime": float("nan")},
    ],
)
def test_a_token_that_makes_no_sense_is_not_minted(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        minted(**changes)


def test_a_short_key_neither_mints_nor_verifies() -> None:
    with pytest.raises(ConfigError):
        mint(b"short", name="Tess", scopes=[Scope.VIEW], meetings=None, lifetime=60.0, now=NOW)
    with pytest.raises(ConfigError):
        verify(minted(), b"", NOW)
