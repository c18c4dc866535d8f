"""OAuth: tokens of the server-to-server app, and the one code that adding the panel's app gives.

May live here: giving, knowing and revoking tokens. May not: what a token may do where (gate.py).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from guardian.world.zoom.ledger import Ledger
from guardian.world.zoom.settings import Settings


@dataclass(slots=True)
class Token:
    """What was given, until when it holds, and for what."""

    text: str
    until: float
    scopes: frozenset[str]
    revoked: bool = False


class Tokens:
    """The account's authorisation server. `scopes` holds for tokens from now on."""

    def __init__(
        self, settings: Settings, ledger: Ledger, account_id: str, app: tuple[str, str], panel: tuple[str, str]
    ) -> None:
        self.scopes = set(settings.scopes)
        self.given: dict[str, Token] = {}
        self._settings = settings
        self._ledger = ledger
        self._account_id = account_id
        self._app = app
        self._panel = panel
        self._codes: dict[str, str] = {}

    def find(self, text: str) -> Token | None:
        """A token that was given, whether or not it still holds."""
        return self.given.get(text)

    def holds(self, text: str) -> bool:
        """Whether this token is valid now."""
        token = self.find(text)
        return token is not None and not token.revoked and token.until > self._settings.clock()

    def revoke(self) -> None:
        """No token given so far holds any longer."""
        for token in self.given.values():
            token.revoked = True
        self._ledger.add("token", detail="revoked")

    async def token(self, request: web.Request) -> web.Response:
        """`POST /oauth/token`: account credentials for the app, an authorisation code for the panel's app."""
        client, form = _basic(request.headers.get("Authorization", "")), await request.post()
        grant = form.get("grant_type", request.query.get("grant_type"))
        if client == self._panel and grant == "authorization_code":
            return self._exchange(str(form.get("code", "")), str(form.get("redirect_uri", "")))
        if client != self._app:
            return _refusal(400, "invalid_client", "Invalid client_id or client_secret")
        if grant != "account_credentials":
            return _refusal(400, "unsupported_grant_type", "unsupported grant type")
        if form.get("account_id", request.query.get("account_id")) != self._account_id:
            return _refusal(400, "invalid_request", "Bad Request")
        return self._give(frozenset(self.scopes))

    async def authorize(self, request: web.Request) -> web.Response:
        """`GET /oauth/authorize`: the host says yes at once, and is sent back with a code."""
        redirect = request.query.get("redirect_uri", "")
        if request.query.get("client_id") != self._panel[0] or not redirect:
            return _refusal(400, "invalid_client", "Invalid client_id")
        code = secrets.token_urlsafe(16)
        self._codes[code] = redirect
        back = {"code": code} | ({"state": request.query["state"]} if "state" in request.query else {})
        raise web.HTTPFound(f"{redirect}?{urlencode(back)}")

    def _exchange(self, code: str, redirect: str) -> web.Response:
        if self._codes.pop(code, None) != redirect:
            return _refusal(400, "invalid_grant", "Invalid authorization code")
        return self._give(frozenset({"zoomapp:inmeeting"}))

    def _give(self, scopes: frozenset[str]) -> web.Response:
        token = Token(secrets.token_urlsafe(32), self._settings.clock() + self._settings.token_life, scopes)
        self.given[token.text] = token
        self._ledger.add("token", detail="given")
        return web.json_response(
            {
                "access_token": token.text,
                "token_type": "bearer",
                "expires_in": int(self._settings.token_life),
                "scope": " ".join(sorted(scopes)),
                "api_url": "https://api.zoom.example",
            }
        )


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _refusal(status: int, error: str, reason: str) -> web.Response:
    return web.json_response({"reason": reason, "error": error}, status=status)
