"""What answers without an operator's token, each with its reason: the one table of all that is open.

Everything else answers 401. A key that ends with ``/`` stands for all below it, any other for itself alone. Whoever adds
a public route adds its line here, and ``docs/api.md`` lists it (a test compares both). Values only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PUBLIC: Final[Mapping[str, str]] = {
    "/healthz": "a process supervisor asks whether we answer; it tells nothing else",
    "/readyz": "a monitor asks whether all works; its sentences name no person",
    "/hooks/": "platforms' deliveries prove themselves by their signature over the raw body",
    "/zoom/": "a companion panel proves itself by its Zoom client's encrypted context; the rest are static files",
    "/j/": "families open their personal link, which is the proof: signed, for one person, revocable",
    "/api/v1/openapi.json": "the description of this API; the same in every installation, no data of ours",
}


def is_public(path: str) -> bool:
    """Whether this path asks for no operator's token."""
    return path in PUBLIC or any(path.startswith(prefix) for prefix in PUBLIC if prefix.endswith("/") and prefix != "/")
