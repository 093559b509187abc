"""A TCP port that leads to another address, so that what listens on this machine only can be reached from its nodes."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

Target = Path | tuple[str, int]


class Relay:
    """Relays in a thread of its own; `routes`: port here -> unix socket or (host, port)."""

    def __init__(self, host: str, routes: dict[int, Target]) -> None:
        self._host = host
        self._routes = routes
        self._loop = asyncio.new_event_loop()
        self._open = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        if not self._open.wait(10):
            raise AssertionError(f"the relay cannot listen on {self._host} {sorted(self._routes)}")

    def stop(self) -> None:
        """Cut every connection."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        for port, target in self._routes.items():
            self._loop.run_until_complete(self._listen(port, target))
        self._open.set()
        self._loop.run_forever()

    async def _listen(self, port: int, target: Target) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                if isinstance(target, Path):
                    there = await asyncio.open_unix_connection(str(target))
                else:
                    there = await asyncio.open_connection(*target)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))

        await asyncio.start_server(serve, self._host, port, backlog=512)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
