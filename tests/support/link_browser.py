"""A family's browser, as far as personal links need one: it keeps its cookie and sends the forms that it was shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

import aiohttp

from guardian.web.join import COOKIE


@dataclass
class Page:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]
    cookie: str

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text)
        return found[1] if found else ""

    @property
    def proof(self) -> str:
        found = re.search(r'name="form" value="([0-9a-f]+)"', self.text)
        return found[1] if found else ""

    @property
    def number(self) -> str:
        found = re.search(r'class="number">(\d{4})<', self.text)
        return found[1] if found else ""


class Browser:
    """A browser of one family: it keeps its cookie and sends the forms that it was shown."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.address, self.session = address, session
        self.cookie = ""
        self.proof = ""

    async def asks(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Page:
        own = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        async with self.session.request(
            method, f"{self.address}{path}", headers={**own, **(headers or {})}, allow_redirects=False, **more
        ) as reply:
            text = (await reply.read()).decode()
            found: SimpleCookie = SimpleCookie(reply.headers.get("Set-Cookie", ""))
            cookie = found[COOKIE].value if COOKIE in found else ""
            self.cookie = cookie or self.cookie
            page = Page(reply.status, text, dict(reply.headers), cookie)
        self.proof = page.proof or self.proof
        return page

    async def opens(self, token: str) -> Page:
        return await self.asks("GET", f"/j/{token}")

    async def presses(self, token: str, to: str = "", **fields: str) -> Page:
        return await self.asks("POST", f"/j/{token}{to}", data={"form": self.proof, **fields})
