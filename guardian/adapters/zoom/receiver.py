"""What becomes of one webhook request: verified, then read, then made durable, then answered.

May live here: that order and the statuses. May not: how a signature is made (``wire``), what an event means
(``wire_events``), HTTP itself. Zoom takes 200 and 204 for an answer; after anything else it tries again in 5, then 20,
then 60 minutes, and then no more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from guardian.adapters.zoom import wire, wire_events
from guardian.adapters.zoom.wire_events import Delivery, Kind
from guardian.errors import ConfigError, JournalError
from guardian.ports import Clock, HookReply

TAKEN = HookReply(204)
_UNSIGNED = HookReply(401)
_UNREADABLE = HookReply(400)
_NOT_NOW = HookReply(503)


class ZoomHook:
    """Takes Zoom's deliveries; a second one of the same happening is taken again and must change nothing.

    ``secrets``: one, or two while they are being changed. ``take`` returns when a delivery is durable.
    ``on_stale``: a request was rightly signed but is older than ``max_age`` seconds; it was not read.
    ``on_ignored``: an event of no use came, by its name (of Zoom's choosing, so unbounded in number).
    """

    def __init__(
        self,
        secrets: Sequence[str],
        take: Callable[[Delivery], Awaitable[None]],
        on_stale: Callable[[], None],
        clock: Clock,
        *,
        max_age: float = 300.0,
        on_ignored: Callable[[str], None] = lambda _: None,
    ) -> None:
        if not secrets or not all(secrets):
            raise ConfigError("Zoom's webhook secret is missing: without it nobody can tell who sends an event")
        self._secrets = tuple(secrets)
        self._take, self._on_stale, self._on_ignored = take, on_stale, on_ignored
        self._clock, self._max_age = clock, max_age

    async def receive(self, headers: Mapping[str, str], body: bytes) -> HookReply:
        """See the port. 204: taken, or of no use; 200: address proven; 400: unreadable; 401: refused; 503: later."""
        timestamp = headers.get("x-zm-request-timestamp", "")
        secret = wire.signed_by(self._secrets, timestamp, body, headers.get("x-zm-signature", ""))
        if secret is None:
            return _UNSIGNED
        if not wire.fresh(timestamp, self._clock(), self._max_age):
            self._on_stale()
            return _UNSIGNED
        if headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
            return _UNREADABLE
        try:
            envelope = wire.parse(body)
            if envelope.event == wire.VALIDATION:
                return HookReply(200, wire.validation_answer(secret, wire.plain_token(envelope)))
            delivery = wire_events.delivery(envelope)
        except wire.WireError:
            return _UNREADABLE
        return await self._hand_on(delivery)

    async def _hand_on(self, delivery: Delivery) -> HookReply:
        if delivery.kind is Kind.IGNORED:
            self._on_ignored(delivery.event)
            return TAKEN
        try:
            await self._take(delivery)
        except JournalError:
            return _NOT_NOW
        return TAKEN
