"""`python -m ui`: serve the built pages on a socket file, for the gateway of this machine."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

from ui.placed import place
from ui.settings import Settings
from ui.site import ANYWHERE, PAGES, SITE, for_serving


def build() -> Any:
    """The ASGI application, for uvicorn."""
    from ui.app import app

    return app()


def main() -> int:
    """Until SIGTERM. 1 if the pages were never built."""
    settings = Settings.from_env()
    if not (SITE / PAGES / ANYWHERE.strip("/")).exists():
        what = "The console's pages are not built, or by an older version"
        sys.stderr.write(f"{what}; `make up` does it, or run `python -m ui.build`.\n")
        return 1
    place(SITE, settings.site, settings.base)
    for_serving(settings.site, settings.base)
    settings.socket.unlink(missing_ok=True)
    uvicorn.run(
        "ui.__main__:build",
        factory=True,
        uds=str(settings.socket),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
