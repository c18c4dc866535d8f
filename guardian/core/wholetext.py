r"""JSON of strangers whose text is not whole: with halves of characters in it (``"\ud800"`` alone).

A name may hold them: JavaScript's strings can. No such text can be stored or sent on, and one must not cost a whole
message, with everybody else in it. Pure; here is only what makes it whole.
"""

from __future__ import annotations

import re
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

# In order: a pair, which is a character; a half; any other escape, so that "\\ud800" stays what it is.
_ESCAPES = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)


def whole_json(body: bytes) -> bytes:
    """The same JSON with U+FFFD in place of every half character.

    Only for what a strict reader refuses: the rest would be copied for nothing. Raises UnicodeDecodeError.
    """
    return _ESCAPES.sub(lambda found: r"\ufffd" if found[2] else found[0], body.decode()).encode()
