"""What the console's process is told by the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Settings:
    """`gateway`: base URL of the gateway on this machine; `socket`: the file to listen on; `base`: the path that the
    browser sees before every page, "" at the root of a host.
    """

    gateway: str
    socket: Path
    base: str

    @property
    def site(self) -> Path:
        """Where the pages are put for serving: beside the socket, where one may write."""
        return self.socket.with_suffix(".pages")

    @classmethod
    def from_env(cls) -> Settings:
        """SENTINEL_GATEWAY and SENTINEL_CONSOLE, which `sentinel up` sets, and the path of SENTINEL_PUBLIC_URL."""
        home = Path(os.environ.get("SENTINEL_HOME", ".sentinel"))
        return cls(
            gateway=os.environ.get("SENTINEL_GATEWAY", f"http://127.0.0.1:{os.environ.get('PORT', '8080')}"),
            socket=Path(os.environ.get("SENTINEL_CONSOLE", home / "console.sock")).absolute(),
            base=urlsplit(os.environ.get("SENTINEL_PUBLIC_URL", "")).path.rstrip("/"),
        )
