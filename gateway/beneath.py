"""Being served beneath a path of another host, as in https://ops.example/sentinel/ (SENTINEL_PUBLIC_URL).

Everything behind this sees the paths it knows. The path counts with and without the base: a reverse proxy may pass on
what it got or take the base off, and on this machine (console, watchdog, probes) nobody needs it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from gateway.bare import Receive, Scope, Send

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


def beneath(base: str, app: Asgi) -> Asgi:
    """`app` beneath `base` ("/sentinel"; "" for the root). Its redirects lead there, too."""
    if not base:
        return app

    async def placed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        path = scope["path"]
        if path == base or path.startswith(base + "/"):
            scope = {**scope, "path": path.removeprefix(base) or "/"}
        host = next((value.decode("latin1") for name, value in scope["headers"] if name == b"host"), "")

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [(k, _within(base, host, v) if k == b"location" else v) for k, v in message["headers"]]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, sending)

    return placed


def _within(base: str, host: str, location: bytes) -> bytes:
    """A Location of ours, beneath the base; without scheme and host, which a proxy knows better (RFC 9110, 10.2.2)."""
    parts = urlsplit(location.decode("latin1"))
    if parts.netloc not in ("", host):
        return location
    return (base + parts._replace(scheme="", netloc="").geturl()).encode("latin1")
