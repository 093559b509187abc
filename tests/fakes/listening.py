"""A web server in threads of this process, for a `with` block. What it answers is said by who inherits it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Quiet(BaseHTTPRequestHandler):
    """A request that is not written to stderr."""

    def log_message(self, format: str, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # the other side was killed, or had enough, and has hung up


@dataclass
class Listening(ABC):
    """`address`: where it listens, on any free port."""

    address: str = field(default="127.0.0.1", kw_only=True)

    @abstractmethod
    def handler(self) -> type[Quiet]:
        """Who answers."""

    def __enter__(self) -> Self:
        self._server = _Server((self.address, 0), self.handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://{self.address}:{self._server.server_address[1]}"
