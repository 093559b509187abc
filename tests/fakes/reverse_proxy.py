"""A reverse proxy as people put one in front: one location beneath a path of a host, websockets too."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.fakes.ports import free_port

OWN = {"connection", "host", "keep-alive", "transfer-encoding", "upgrade", "content-length", "sec-websocket-key"}
HANDSHAKE = {"sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol"}


@dataclass
class ReverseProxy:
    """Passes what is beneath `base` on to `upstream`, unchanged, and answers everything else 404: see `strays`."""

    upstream: str
    base: str
    port: int = field(default_factory=free_port)
    strays: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def __enter__(self) -> ReverseProxy:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(ready),), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self, ready: threading.Event) -> None:
        self._end = asyncio.Event()
        self._http = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        ready.set()
        await self._end.wait()
        await self._http.close()
        await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        if request.path != self.base and not request.path.startswith(self.base + "/"):
            self.strays.append(request.path)
            return web.Response(status=404, text="Another application answers here.")
        url = self.upstream + request.path_qs
        headers = {k: v for k, v in request.headers.items() if k.lower() not in OWN}
        headers |= {"Host": request.host, "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"}
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, url, {k: v for k, v in headers.items() if k.lower() not in HANDSHAKE})
        async with self._http.request(
            request.method, url, headers=headers, data=await request.read(), allow_redirects=False
        ) as answer:
            kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in OWN]
            response = web.Response(status=answer.status, body=await answer.read())
            response.headers.clear()
            for name, value in kept:
                response.headers.add(name, value)
            return response

    async def _socket(self, request: web.Request, url: str, headers: dict[str, str]) -> web.StreamResponse:
        asked = [p.strip() for p in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if p.strip()]
        async with self._http.ws_connect(url, headers=headers, protocols=asked) as behind:
            before = web.WebSocketResponse(protocols=[behind.protocol] if behind.protocol else [])
            await before.prepare(request)
            ways = [asyncio.create_task(_copy(before, behind)), asyncio.create_task(_copy(behind, before))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await before.close()
        return before


Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _copy(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
