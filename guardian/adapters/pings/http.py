"""Pings a dead-man address by HTTP. The address is a secret: it stands in no message."""

from __future__ import annotations

import aiohttp

from guardian.errors import NotDeliveredError

_TIMEOUT = aiohttp.ClientTimeout(total=10.0)


class HttpPing:
    """GETs ``url``; any answer below 400 counts."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(self) -> None:
        """Raises NotDeliveredError when the address did not take it."""
        try:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.get(self._url) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotDeliveredError(f"the dead-man address cannot be reached ({type(error).__name__})") from None
        if status >= 400:
            raise NotDeliveredError(f"the dead-man address answered {status}")
