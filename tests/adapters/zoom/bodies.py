"""Zoom's bodies from ``tests/payloads/zoom``, changed and signed as a test needs them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

PAYLOADS = Path(__file__).parents[2] / "payloads" / "zoom"
SECRET = "example-secret-token"
NOW = 1795251601.0


def load(name: str) -> dict[str, Any]:
    """One file's object, by its name without ``.json``."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    return found


def body(name: str) -> bytes:
    """One file's JSON as Zoom would send it."""
    return json.dumps(load(name), separators=(",", ":")).encode()


def changed(
    name: str,
    who: Mapping[str, object] = MappingProxyType({}),
    of: Mapping[str, object] = MappingProxyType({}),
    *,
    event_ts: object = ...,
    event: str = "",
) -> bytes:
    """One file's JSON with other values for keys of its participant (``who``) and of its object (``of``); an ellipsis
    takes the key away.
    """
    found = load(name)
    found["event"] = event or found["event"]
    if event_ts is not ...:
        found["event_ts"] = event_ts
    target = found["payload"]["object"]
    for place, changes in ((target.get("participant", {}), who), (target, of)):
        for key, value in changes.items():
            if value is ...:
                place.pop(key, None)
            else:
                place[key] = value
    return json.dumps(found).encode()


def signature(content: bytes, timestamp: str, secret: str = SECRET) -> str:
    """As "Using webhooks" describes it, written apart from the code under test."""
    return "v0=" + hmac.new(secret.encode(), b"v0:%s:%s" % (timestamp.encode(), content), hashlib.sha256).hexdigest()


def headers(
    content: bytes, others: Mapping[str, str] = MappingProxyType({}), *, at: float = NOW, secret: str = SECRET
) -> dict[str, str]:
    """The headers of a rightly signed request."""
    timestamp = str(int(at))
    return {
        "content-type": "application/json; charset=utf-8",
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": signature(content, timestamp, secret),
    } | dict(others)
