"""What the host's client demands of a panel's page before it shows it, and what the page's script finds in it.

May live here: reading an HTTP answer. May not: asking for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

# "OWASP Headers": without them the client refuses to render the page.
REQUIRED = (
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Content-Security-Policy",
)


def missing_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the headers that Zoom demands are not there."""
    present = {name.lower() for name in headers}
    return tuple(name for name in REQUIRED if name.lower() not in present)


def panel_token(page: str) -> str:
    """The content of `<meta name="guardian-token">`, "" if the page has none."""
    finder = _Finder()
    finder.feed(page)
    return finder.token


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta" and named.get("name") == "guardian-token":
            self.token = named.get("content") or ""
