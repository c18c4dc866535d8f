"""Bots and AI note-takers, known by the name that they show. A table and one question; what is done is policy.

Only a name that a child could not bear stands in the table: "otter" alone is not a bot, nor is who comes from the
"Fireflies" class.
"""

from __future__ import annotations

import re

_SERVICES = (
    r"otter\.ai", r"otter\s?pilot", r"fireflies\.ai", r"read\.ai", r"fathom\.(?:video|ai)", r"tl;?dv", r"avoma",
    r"gong\.io", r"sembly", r"meetgeek", r"supernormal", r"tactiq", r"krisp\.ai", r"granola\.ai", r"notta\.ai",
    r"airgram", r"bluedot\.ai", r"jamie\.ai", r"circleback\.ai", r"recall\.ai", r"ai companion", r"rev\.com",
    r"chorus\.ai", r"grain\.(?:co|com)", r"spinach\.ai",
)  # fmt: skip
_TRADES = (
    r"note[\s-]?taker", r"notetaking", r"meeting (?:assistant|notes|recorder|bot)", r"ai (?:assistant|notes|bot)",
    r"transcription (?:bot|service)", r"recording bot",
)  # fmt: skip
_BOT = re.compile(rf"(?<![a-z0-9])(?:{'|'.join((*_SERVICES, *_TRADES))})(?![a-z0-9])")
_LONGEST = 200


def note_taker(name: str) -> bool:
    """Whether this display name is one that a recording or note-taking service gives itself."""
    return _BOT.search(name[:_LONGEST].casefold()) is not None
