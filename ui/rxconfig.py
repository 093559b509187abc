"""Reflex's own settings; it finds this file by its name in the working directory (see ui/site.py)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import reflex as rx


class SameOrigin(rx.plugins.Plugin):
    """Reflex builds an address into the pages; they are to come back to wherever they came from."""

    def post_build(self, **context: Any) -> None:
        """Rewrite the one chunk that holds it, before it is compressed. Raises AssertionError if Reflex changed it."""
        (chunk,) = Path(context["static_dir"]).glob("assets/reflex-env-*.js")
        old = chunk.read_text()
        new = re.sub(r"`http://localhost:\d+", "`${location.protocol}//${location.host}", old)
        new = re.sub(r"`ws://localhost:\d+", "`${location.protocol===`https:`?`wss:`:`ws:`}//${location.host}", new)
        if new == old:
            raise AssertionError(f"{chunk.name} holds no address: Reflex has changed, and so must ui/rxconfig.py")
        chunk.write_text(new)


config = rx.Config(
    app_name="ui",
    app_module_import="ui.app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    cors_allowed_origins=["*"],  # the gateway lets only its own pages through to here
    frontend_compression_formats=["gzip"],
    disable_plugins=[rx.plugins.SitemapPlugin],
    plugins=[SameOrigin()],
)
