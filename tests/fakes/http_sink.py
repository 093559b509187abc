"""A web server that remembers what it was sent, and can misbehave on request. Runs in a thread of its own."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.listening import Listening, Quiet


@dataclass(frozen=True, slots=True)
class Received:
    """`at`: monotonic seconds. `status`: what it was to be answered; 0: nothing."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    status: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpSink(Listening):
    """`status`: what it answers; `drop_after_reading`: closes without an answer; `hold_s`: answers late."""

    status: int = 200
    drop_after_reading: bool = False
    hold_s: float = 0.0
    received: list[Received] = field(default_factory=list)

    def handler(self) -> type[Quiet]:
        sink = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                wanted = int(self.headers.get("content-length", 0))
                body = self.rfile.read(wanted)
                if len(body) < wanted:
                    return  # the sender hung up in the middle
                headers = {k.lower(): v for k, v in self.headers.items()}
                drop, status = sink.drop_after_reading, sink.status
                sink.received.append(Received(self.path, headers, body, time.monotonic(), 0 if drop else status))
                if sink.hold_s:
                    time.sleep(sink.hold_s)
                if drop:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_GET = do_POST

        return Handler
