"""Where the companion panels of one Zoom account come to: who is let in, and to which meeting. Fits ``ports.Desk``.

May live here: proofs (the app context, one-time tokens, the OAuth redirect). May not: what a seated panel says
(``seats``), which one acts (``table``). Trusted are only Zoom's uid, meeting, role and app; all else a page says is a
claim. An error's text is for the person before the page, and holds nothing that was sent.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from guardian.adapters.zoom import wire_context as context_wire
from guardian.adapters.zoom import wire_panel as wire
from guardian.adapters.zoom.hands import Hands
from guardian.adapters.zoom.seats import PanelSeat, moderates
from guardian.adapters.zoom.table import Room, Table, is_of
from guardian.adapters.zoom.wire_context import Context
from guardian.errors import DeniedError, PlatformError
from guardian.ports import Clock

__all__ = ["Hands", "PanelDesk", "PanelSeat", "Room"]

CONTEXT_HEADER = "x-zoom-app-context"
_AUTHORIZE = "https://zoom.us/oauth/authorize"
_FOREIGN = "this panel was not opened from the guardian's own app in a Zoom meeting: open it there anew"
_NOT_HOST = "this Zoom account is none of the hosts of a class just now"

Exchange = Callable[[str, str], Awaitable[None]]
"""(code, redirect address): trade an OAuth code and throw away what it brings. Raises PlatformError."""


class PanelDesk:
    """``client_id``, ``client_secret``: of the app that has the panel. ``public_url``: where browsers reach us.

    ``rooms``: the meetings on this account, as configured now. ``exchange`` None: a code from the redirect is thrown
    away unused. The panel itself needs no access token, so none is kept; whether Zoom counts an app as added without
    the exchange is not verified. ``on_client``: (uid, what that client cannot do), whenever a page says what it is.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        public_url: str,
        rooms: Callable[[], Sequence[Room]],
        clock: Clock,
        *,
        exchange: Exchange | None = None,
        on_client: Callable[[str, tuple[str, ...]], None] = lambda _uid, _notes: None,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._rooms = rooms
        self._clock = clock
        self._exchange = exchange
        self._on_client = on_client
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc.lower()}"
        for port in (":443", ":80"):
            if (parts.scheme, port) in {("https", ":443"), ("http", ":80")}:
                self._origin = self._origin.removesuffix(port)
        self._redirect = f"{public_url.rstrip('/')}/zoom/oauth"
        # Forgotten with the process: a token that was given out before a restart is worth nothing after it.
        self._session_key = secrets.token_bytes(32)
        # Not so the state: ``check`` and ``run`` are two processes.
        self._state_key = hashlib.sha256(b"guardian zoom oauth state\0" + client_secret.encode()).digest()
        self._used: dict[str, float] = {}
        self._tables: dict[str, Table] = {}

    @property
    def origin(self) -> str:
        """Scheme, host and port under which the page is served, as a browser names it in ``Origin``."""
        return self._origin

    def invitation(self) -> str:
        """The address at which a host adds the app to their own Zoom client; good for an hour."""
        state = context_wire.sign_state(self._state_key, secrets.token_urlsafe(12), self._clock())
        query = {"response_type": "code", "client_id": self._client_id, "redirect_uri": self._redirect, "state": state}
        return f"{_AUTHORIZE}?{urlencode(query)}"

    def page(self, headers: Mapping[str, str]) -> str:
        """The one-time token that the page gets, for a request that proves whose client sent it. Raises DeniedError."""
        sealed = [value for name, value in headers.items() if name.lower() == CONTEXT_HEADER]
        if len(sealed) != 1:
            raise DeniedError(_FOREIGN)
        context = self._prove(sealed[0])
        now = self._clock()
        self._used = {nonce: exp for nonce, exp in self._used.items() if exp >= now}
        return context_wire.sign_session(self._session_key, context, secrets.token_urlsafe(16), now)

    def seat(self, hello: Mapping[str, object]) -> PanelSeat:
        """Take a seat on the page's first message. Raises DeniedError."""
        try:
            said = wire.read_hello(hello)
        except ValueError as error:
            raise DeniedError(f"the panel's first message: {error}") from error
        uid, mid, role = self._redeem(said.token) if said.token else self._shown(said.context)
        room, who = self._place(uid, mid, said.number)
        meeting = room.meeting
        seat = PanelSeat(
            meeting=meeting,
            who=who,
            uid=uid,
            mid=mid,
            role=role,
            number=said.number,
            renew=lambda sealed: self._renew(sealed, uid, mid),
            on_client=lambda notes: self._on_client(uid, notes),
        )
        table = self._tables.get(meeting)
        if table is None:
            table = self._tables[meeting] = Table(meeting, lambda: self._room(meeting))
        seat.say(wire.welcome(meeting, room.title, who))
        table.join(seat)
        return seat

    async def added(self, query: Mapping[str, str]) -> None:
        """A host has added our page to their client (OAuth redirect). Raises DeniedError.

        ``state`` is there when they came by our ``invitation``, and then must be ours; from Zoom's own button there is
        none. Nothing follows from this request: it gives nobody a right here.
        """
        code = query.get("code", "")
        if "error" in query or not 0 < len(code) <= 2048:
            raise DeniedError("Zoom did not add the panel: open the link again and press Allow")
        if "state" in query:
            try:
                context_wire.check_state(self._state_key, query["state"], self._clock())
            except ValueError as error:
                raise DeniedError("this answer of Zoom's is to none of our links, or too old: open it anew") from error
        if self._exchange is not None:
            try:
                await self._exchange(code, self._redirect)
            except PlatformError as error:
                raise DeniedError("Zoom did not confirm that the panel was added: open the link again") from error

    def close(self) -> None:
        """We go away: every page is told to come back later."""
        for table in self._tables.values():
            table.close()

    # Proofs.

    def _prove(self, sealed: str) -> Context:
        """What a context says, if it is from our app, in a meeting, of a configured host who hosts now."""
        try:
            context = context_wire.decode(sealed.strip(), self._client_secret, self._clock())
        except ValueError as error:
            raise DeniedError(_FOREIGN) from error
        if context.aud != self._client_id or context.iss != context_wire.ISSUER:
            raise DeniedError(_FOREIGN)
        if context.typ != "meeting" or not context.mid:
            raise DeniedError("the panel works only inside the meeting: open it there, under Apps")
        if not moderates(context.role):
            raise DeniedError("only the host or a co-host of the meeting can open the panel")
        if not self._hosted(context.uid):
            raise DeniedError(_NOT_HOST)
        return context

    def _shown(self, sealed: str) -> tuple[str, str, str]:
        # It has no nonce and a reload must show it again; a second window of the same host replaces the first.
        context = self._prove(sealed)
        return context.uid, context.mid, context.role

    def _redeem(self, token: str) -> tuple[str, str, str]:
        try:
            session = context_wire.read_session(self._session_key, token, self._clock())
        except ValueError as error:
            raise DeniedError("the page was opened too long ago: open it anew") from error
        if session.nonce in self._used:
            raise DeniedError("this page was opened before: open it anew")
        self._used[session.nonce] = session.exp
        return session.uid, session.mid, session.role

    def _renew(self, sealed: str, uid: str, mid: str) -> str:
        """The role that a fresh context of the same human in the same meeting proves, whatever it is."""
        try:
            context = context_wire.decode(sealed, self._client_secret, self._clock())
        except ValueError as error:
            raise DeniedError(_FOREIGN) from error
        shown = (context.aud, context.iss, context.typ, context.uid, context.mid)
        if shown != (self._client_id, context_wire.ISSUER, "meeting", uid, mid):
            raise DeniedError(_FOREIGN)
        return context.role

    # Meetings.

    def _room(self, meeting: str) -> Room | None:
        return next((room for room in self._rooms() if room.meeting == meeting), None)

    def _hosted(self, uid: str) -> list[tuple[Room, str]]:
        """The meetings that this account may host now, and the human's name. A guest has no uid."""
        if not uid:
            return []
        return [(room, who) for room in self._rooms() if (who := room.host(uid)) is not None]

    def _place(self, uid: str, mid: str, number: str) -> tuple[Room, str]:
        """The meeting that the panel is in. By its run, else by the number; by neither only if no doubt is possible."""
        hosted = self._hosted(uid)
        if not hosted:
            raise DeniedError(_NOT_HOST)
        running = [found for found in hosted if found[0].instance == mid]
        numbered = [found for found in hosted if is_of(found[0], "", number)]
        unknown = [] if number else [found for found in hosted if not found[0].instance]
        for found in (running, numbered):
            if found:
                return max(found, key=lambda pair: bool(pair[0].instance))
        if len(unknown) == 1:
            return unknown[0]
        raise DeniedError("this is not the meeting of a class that the guardian looks after")
