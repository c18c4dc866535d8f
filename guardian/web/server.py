"""The HTTP server on loopback: its routes in one table, its limits, start and end. What they do is in ``routes``."""

from __future__ import annotations

import ipaddress
import time
from types import TracebackType
from typing import Self

from aiohttp import web

from guardian.app.links import LinkBook
from guardian.app.orders import Orders
from guardian.errors import ConfigError
from guardian.ports import Clock
from guardian.web import hooks, join, panel, panel_socket, routes
from guardian.web.access import bearers_only
from guardian.web.door import GUARDED, ORDERS, Guarded
from guardian.web.problems import as_problems

LARGEST_BODY = 16 * 1024  # bytes; the longest order is far below


def application(
    guarded: Guarded, key: bytes, clock: Clock = time.time, *, links: LinkBook | None = None
) -> web.Application:
    """The routes over one service. ``key`` signs operators' tokens; ``links``: the personal links, if there are any."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[as_problems, bearers_only(key, clock)])
    app[GUARDED] = guarded
    app[ORDERS] = Orders(guarded, clock)
    app[hooks.CROWD] = hooks.Crowd()
    app[join.JOINING] = join.Joining(links, clock)
    app[panel_socket.CLOCK] = clock
    app[panel_socket.SOCKETS] = opened = panel_socket.Open()
    app.on_shutdown.append(opened.close)
    app.add_routes(
        [
            web.get("/healthz", routes.healthz),
            web.get("/readyz", routes.readyz),
            web.get("/metrics", routes.metrics),
            web.get("/api/v1/meetings", routes.meetings),
            web.get("/api/v1/meetings/{meeting}", routes.meeting),
            web.post("/api/v1/meetings/{meeting}/orders", routes.order),
            web.post("/api/v1/meetings/{meeting}/incidents/{key}/ack", routes.acknowledge),
            web.post("/api/v1/meetings/{meeting}/links/{person}/second-device", routes.second_device),
            web.post("/hooks/{name}", hooks.deliver),
            web.get("/j/-/join.css", join.style),
            web.get("/j/{token}", join.show),
            web.post("/j/{token}", join.join),
            web.post("/j/{token}/code", join.code),
            web.get("/zoom/panel", panel.page),
            web.get("/zoom/panel/ws", panel_socket.panel_socket),
            web.get("/zoom/panel/{name}", panel.file),
            web.get("/zoom/oauth", panel.added),
        ]
    )
    return app


class Server:
    """Serves ``application`` on ``host`` and ``port`` (0: any free one) between ``start`` and ``close``."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        if not _is_loopback(host):
            raise ConfigError(
                f"guardian.api.host: {host} is not this machine; tokens travel unencrypted, so listen on 127.0.0.1"
                " and put a TLS proxy in front"
            )
        self._host = host
        self._asked_port = port
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises ConfigError when the address is taken."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._asked_port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(
                f"guardian.api: cannot listen on {self._host}:{self._asked_port}: {error.strerror or error}"
            ) from error
        self.port = int(self._runner.addresses[0][1])

    @property
    def address(self) -> str:
        """Host and port, once started."""
        return f"[{self._host}]:{self.port}" if ":" in self._host else f"{self._host}:{self.port}"

    async def close(self) -> None:
        """Let running requests end, then stop listening."""
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
