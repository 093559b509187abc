"""Headers on every answer: what a page may load, who may frame it, how long it is kept.

Reflex writes a few scripts into its pages; each is allowed by its hash, so that no other inline script ever runs
(Content Security Policy Level 3, section 2.3.1).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from ui.settings import Settings
from ui.site import PAGES

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
FOR_EVER = b"public, max-age=31536000, immutable"


def policy(site: Path) -> str:
    """The Content-Security-Policy for the pages built into `site`."""
    hashes = set()
    for path in site.rglob("*.html"):
        for script in SCRIPT.findall(path.read_text()):
            hashes.add(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode())
    scripts = " ".join(["'self'", *(f"'sha256-{h}'" for h in sorted(hashes))])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def secured(app: Asgi) -> Asgi:
    """`app` with the headers, and beneath the path that the browser sees: here it is asked without."""
    settings = Settings.from_env()
    fixed = {
        b"content-security-policy": policy(settings.site / PAGES).encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"same-origin",
    }

    async def wrapped(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if not scope.get("client"):  # a socket file has no address, and Reflex wants one
            scope = {**scope, "client": ("127.0.0.1", 0)}
        path = scope.get("path", "")
        lasting = path.startswith("/assets/")
        if scope["type"] == "http" and "." not in path.rpartition("/")[2] and not path.endswith("/"):
            # Each page is a directory; else Starlette redirects to it by an absolute URL, which a proxy makes wrong.
            path += "/"
        if scope["type"] != "lifespan":
            scope = {**scope, "path": settings.base + path}
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                kept = FOR_EVER if lasting and message["status"] == 200 else b"no-cache"
                own = {**fixed, b"cache-control": kept}
                others = [(k, v) for k, v in message.get("headers", ()) if k.lower() not in own]
                message = {**message, "headers": [*others, *own.items()]}
            await send(message)

        await app(scope, receive, sending)

    return wrapped
