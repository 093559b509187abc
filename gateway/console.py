"""The console's pages through the gateway's address: one origin, one certificate, one sign-in (ADR 20).

The console is a process of its own on this machine, so that a slow page slows no alert. Who is not signed in is sent
to the sign-in page before the console hears of them; what the console then asks for it asks the API with the session
of the person, who may there what they may anywhere. Without the console everything but its pages works.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote

import aiohttp
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.auth.lasting import SIGNED_OUT, until_ended
from gateway.auth.principal import Unsure, holder_of, same_origin
from gateway.bare import Receive, Scope, Send
from gateway.pages import unavailable, unsure
from gateway.problems import problem
from gateway.services import Services
from gateway.upstream import BASE

log = structlog.get_logger("sentinel.gateway")
NOT_PASSED_ON = {
    b"connection",
    b"keep-alive",
    b"transfer-encoding",
    b"te",
    b"trailer",
    b"upgrade",
    b"content-length",
    b"date",
}
"""RFC 9110, section 7.6.1, and what each server says itself."""
MAX_MESSAGE = 4 * 1024 * 1024


class Console:
    """An ASGI application for every path that is not the gateway's own."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._page(Request(scope, receive), scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))

    async def _page(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        if request.method not in ("GET", "HEAD"):
            await problem(405, "The console's pages are only read.", headers={"Allow": "GET, HEAD"})(
                scope, receive, send
            )
            return
        path = quote(request.url.path)
        try:
            stranger = "." not in path.rpartition("/")[2] and await holder_of(request, self._services) is None
        except Unsure:
            await unsure(self._services)(scope, receive, send)
            return
        if stranger:
            next_ = quote(self._services.settings.base + path, safe="")
            await RedirectResponse(f"/sign-in?next={next_}", 303)(scope, receive, send)
            return
        headers = [(k, v) for k, v in request.headers.raw if k not in NOT_PASSED_ON]
        url = f"{BASE}{path}" + (f"?{request.url.query}" if request.url.query else "")
        try:
            answer = await self._services.upstream.session.request(
                request.method,
                url,
                headers=[(k.decode("latin1"), v.decode("latin1")) for k, v in headers],
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("console_away", why=repr(error), meaning="its pages do not show; alerts and pages go on")
            text = "The console starts or was started anew. Alerts are taken and people are paged meanwhile."
            response = unavailable(self._services, "The console is not there", text, outbox=True)
            await response(scope, receive, send)
            return
        response_ = StreamingResponse(_body(answer), answer.status)
        response_.raw_headers = [(k.lower(), v) for k, v in answer.raw_headers if k.lower() not in NOT_PASSED_ON]
        await response_(scope, receive, send)

    async def _socket(self, browser: WebSocket) -> None:
        try:
            admitted = same_origin(browser) and await holder_of(browser, self._services) is not None
        except Unsure:
            await browser.close(1013)
            return
        if not admitted:
            await browser.close(4401)
            return
        url = f"{BASE}{browser.url.path}?{browser.url.query}"
        headers = {"cookie": browser.headers.get("cookie", ""), "user-agent": browser.headers.get("user-agent", "")}
        protocols = browser.scope.get("subprotocols", [])
        try:
            upstream = await self._services.upstream.session.ws_connect(
                url, headers=headers, protocols=protocols, max_msg_size=MAX_MESSAGE, compress=0, autoping=True
            )
        except (aiohttp.ClientError, OSError, TimeoutError):
            await browser.close(1013)
            return
        await browser.accept(subprotocol=upstream.protocol)
        ended = asyncio.create_task(until_ended(browser, self._services))
        ways = [asyncio.create_task(_up(browser, upstream)), asyncio.create_task(_down(upstream, browser)), ended]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            signed_out = ended.done()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await upstream.close()
            if browser.application_state is not WebSocketState.DISCONNECTED:
                with suppress(RuntimeError, WebSocketDisconnect):
                    await browser.close(SIGNED_OUT if signed_out else 1012)


async def _body(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with answer:
        async for chunk in answer.content.iter_chunked(65_536):
            yield chunk


async def _up(browser: WebSocket, upstream: aiohttp.ClientWebSocketResponse) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, ConnectionError):
        while True:
            message = await browser.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is not None:
                await upstream.send_str(message["text"])
            elif message.get("bytes") is not None:
                await upstream.send_bytes(message["bytes"])


async def _down(upstream: aiohttp.ClientWebSocketResponse, browser: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        async for message in upstream:
            if message.type is aiohttp.WSMsgType.TEXT:
                await browser.send_text(message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                await browser.send_bytes(message.data)
