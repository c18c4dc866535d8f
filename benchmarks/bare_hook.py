"""The floor under the intake of webhooks: a bare aiohttp handler that checks the signature, and stores nothing.

As a program of its own: prints its port, serves until its standard input ends. The secret is its first line.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys

from aiohttp import web

from benchmarks.webhooks import PATH


async def _serve(secret: bytes) -> None:
    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers["x-zm-request-timestamp"].encode()
        made = "v0=" + hmac.new(secret, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, request.headers["x-zm-signature"]):
            return web.Response(status=401)
        json.loads(body)
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post(PATH, take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(sys.stdin.readline().strip().encode()))
