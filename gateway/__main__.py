"""`python -m gateway`: one gateway process, settings from the environment."""

from __future__ import annotations

import sys

import uvicorn

from gateway.app import build_app
from gateway.services import Services
from runtime.logs import log_to
from storage.settings import Settings, SettingsInvalid


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    log_to(sys.stderr)
    try:
        settings = Settings.from_env()
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 1
    uvicorn.run(
        build_app(Services.build(settings)),
        host=settings.bind,
        port=settings.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=5,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        backlog=4096,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
