"""What the console's process is told by the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """`gateway`: base URL of the gateway on this machine; `socket`: the file to listen on."""

    gateway: str
    socket: Path

    @classmethod
    def from_env(cls) -> Settings:
        """SENTINEL_GATEWAY and SENTINEL_CONSOLE; `sentinel up` sets both."""
        home = Path(os.environ.get("SENTINEL_HOME", ".sentinel"))
        return cls(
            gateway=os.environ.get("SENTINEL_GATEWAY", f"http://127.0.0.1:{os.environ.get('PORT', '8080')}"),
            socket=Path(os.environ.get("SENTINEL_CONSOLE", home / "console.sock")).absolute(),
        )
