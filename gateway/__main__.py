"""`python -m gateway`: one gateway process, settings from the environment."""

from __future__ import annotations

import logging
import sys

import structlog
import uvicorn

from gateway.app import build_app
from gateway.services import Services
from storage.settings import Settings, SettingsInvalid


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        settings = Settings.from_env()
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 1
    uvicorn.run(
        build_app(Services.build(settings)),
        host=settings.bind,
        port=settings.port,
        log_level="warning",
        access_log=False,
        lifespan="on",
        loop="uvloop",
        http="httptools",
        timeout_graceful_shutdown=5,
        proxy_headers=True,
        server_header=False,
        backlog=4096,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
