"""The way from the gateway to the console's process: HTTP and websocket over a socket file."""

from __future__ import annotations

from pathlib import Path

import aiohttp

CONNECT_S = 2.0
BASE = "http://console"
"""The name says nothing: the way there is the file."""


class Upstream:
    """Connects to nothing before it is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Bodies come as they are, compressed ones too."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(self._path), limit=0),  # each open console holds one
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                auto_decompress=False,
            )
        return self._session

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
