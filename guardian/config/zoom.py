"""``[zoom.NAME]``: a Zoom account as it may be written in TOML. Nothing else.

Two apps of the account stand behind it: a Server-to-Server OAuth app (REST and events) and a General app (the
companion panel); ``docs/zoom.md`` says how to set them up.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from guardian.config.secret import Secret
from guardian.config.values import Section, SocketAddress, WebAddress

_NUMBER = re.compile(r"[0-9]{9,12}")
_SHORTEST = 16  # characters; Zoom's own secret tokens are longer, and a guessable one forges every event

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.~-]{1,200}$")]


class Zoom(Section):
    """``[zoom.NAME]``: one Zoom account and our two apps there.

    ``webhook_secrets``: the event subscription's secret token; two while it is being rotated. ``subscription``: the
    id of a subscription that is delivered over WebSocket. One of the two ways of events is needed, both may be used.
    ``panel_client_*``: the General app's. ``plan`` sets Zoom's rate limits of REST calls; ``calls_per_second`` is the
    pace of our acts. ``api``, ``oauth`` (``/token`` is below it) and ``events`` are Zoom's own unless named.
    """

    account_id: Identifier
    client_id: Identifier
    client_secret: Secret
    webhook_secrets: tuple[Secret, ...] = ()
    subscription: Identifier | None = None
    panel_client_id: Identifier
    panel_client_secret: Secret
    plan: Literal["free", "pro", "business"] = "pro"
    calls_per_second: Annotated[float, Field(gt=0, le=1000)] = 20.0
    api: WebAddress = "https://api.zoom.us/v2"
    oauth: WebAddress = "https://zoom.us/oauth"
    events: SocketAddress = "wss://ws.zoom.us/ws"

    @field_validator("webhook_secrets")
    @classmethod
    def _few_and_long(cls, value: tuple[Secret, ...]) -> tuple[Secret, ...]:
        found = [secret.get_secret_value() for secret in value]
        if len(found) > 2:
            raise ValueError("name one secret, or two while it is being rotated")
        if len(set(found)) < len(found):
            raise ValueError("both are the same secret; name the old one and the new one, or one only")
        if any(len(secret) < _SHORTEST for secret in found):
            raise ValueError(f"shorter than {_SHORTEST} characters; copy the whole secret token from the app's page")
        return value

    @model_validator(mode="after")
    def _some_events(self) -> Self:
        if not self.webhook_secrets and self.subscription is None:
            raise ValueError(
                "no events would reach us: name webhook_secrets (by HTTP), subscription (WebSocket) or both"
            )
        return self


def meeting_number(value: object) -> str:
    """A meeting's number as Zoom's API writes it, from how people write it (``812 3456 7890``). Raises ValueError."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    digits = re.sub(r"[\s\u2010-\u2015-]", "", text) if isinstance(text, str) else ""
    if not _NUMBER.fullmatch(digits):
        raise ValueError('write the Zoom meeting\'s number, 9 to 12 digits, as in "812 3456 7890"; not its link')
    return digits
