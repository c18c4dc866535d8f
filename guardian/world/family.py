"""A family's browser, as far as personal links need one: it opens the link, keeps its cookies, presses the button.

May live here: what any browser does. May not: who plays with it, and whether it should have been let on.
"""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import aiohttp

from guardian.world.site import WorldError

_PATIENCE = aiohttp.ClientTimeout(total=30.0)  # seconds
_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Browser:
    """One browser on one device, with its cookies; those that want HTTPS it sends on loopback as well."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}

    async def presses(self, link: str) -> str:
        """Open the link and press its button: the address to which it is sent on; "" where the page has no way in.

        Raises WorldError.
        """
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=_PATIENCE) as session:
                _, page = await self._asks(session, "GET", link)
                way, _ = await self._asks(session, "POST", link, dict(_FIELD.findall(page)))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise WorldError(f"nobody answers behind a personal link: {type(error).__name__}") from error
        return way

    async def _asks(
        self, session: aiohttp.ClientSession, method: str, link: str, form: dict[str, str] | None = None
    ) -> tuple[str, str]:
        """Where the answer leads to, if it does, and its text."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        async with session.request(method, link, headers=headers, data=form, allow_redirects=False) as reply:
            for line in reply.headers.getall("Set-Cookie", []):
                self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return reply.headers.get("Location", "") if reply.status == 303 else "", await reply.text()
