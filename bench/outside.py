"""What is outside the product, in one cheap process: senders of alerts at a steady rate, and the people's telephones.

On the same processors as the product, so it must cost little: bare protocols, nothing parsed that is not asked for.
Driven by lines of JSON on its standard input, each answered by one line (see `Outside`, the other end).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

IDLE_S = 2.0
"""A connection idle for longer is not used again: the gateway closes them after five."""
CONNECTIONS = 200
"""Requests at once; when all of them wait for an answer the next alert is late, and says so by its time."""


class Telephone(asyncio.Protocol):
    """Takes pages, answers each after `hold_s`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end]
            size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._data) < end + 4 + size:
                return
            body, self._data = self._data[end + 4 : end + 4 + size], self._data[end + 4 + size :]
            self._world.pages.append((head.split(b" ", 2)[1].decode(), body, time.monotonic()))
            if self._world.hold_s:
                asyncio.get_running_loop().call_later(self._world.hold_s, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


class World:
    """The senders and the telephones."""

    def __init__(self) -> None:
        self.pages: list[tuple[str, bytes, float]] = []
        self._different: set[tuple[str, str]] = set()
        self._counted = 0
        self.hold_s = 0.0
        self._posted: dict[str, float] = {}
        self._answers = Counter[str]()
        self._free: deque[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._over = False
        self._sending: asyncio.Task[None] | None = None

    async def telephones(self, hold_s: float) -> int:
        """Begin to take pages; answers the port."""
        self.hold_s = hold_s
        server = await asyncio.get_running_loop().create_server(lambda: Telephone(self), "127.0.0.1", 0, backlog=1024)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def send(self, url: str, rate: float) -> None:
        """Begin to send `rate` alerts a second, each of an incident of its own, at their times whatever is answered."""
        self._sending = asyncio.create_task(self._send(url, rate))

    async def _send(self, url: str, rate: float) -> None:
        room, began, n, posts = asyncio.Semaphore(CONNECTIONS), time.monotonic(), 0, set[asyncio.Task[None]]()

        def done(post: asyncio.Task[None]) -> None:
            posts.discard(post)
            room.release()

        while not self._over:
            await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
            await room.acquire()
            post = asyncio.create_task(self._post(url, f"outage {n}"))
            posts.add(post)
            post.add_done_callback(done)
            n += 1
        await asyncio.gather(*posts)

    async def _post(self, url: str, title: str) -> None:
        parts, body = urlsplit(url), json.dumps({"title": title, "dedup_key": title}).encode()
        head = f"POST {parts.path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        at, status = time.monotonic(), "no answer"
        try:
            while self._free and at - self._free[0][0] > IDLE_S:
                self._free.popleft()[2].close()
            if self._free:
                _, reader, writer = self._free.pop()
            else:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            status = answer.split(b" ", 2)[1].decode()
            await reader.readexactly(int(answer.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
            self._free.append((time.monotonic(), reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        self._answers[status] += 1
        if status.startswith("2"):
            self._posted[title] = at

    async def stop(self) -> dict[str, Any]:
        """End the sending. Answers title -> when it was sent, for each alert accepted; and what was answered."""
        self._over = True
        if self._sending is not None:
            await self._sending
        return {"posted": self._posted, "answers": self._answers}

    def count(self) -> int:
        """Different pages so far."""
        new, self._counted = self.pages[self._counted :], len(self.pages)
        self._different.update((path, _title(body)) for path, body, _ in new)
        return len(self._different)

    def report(self) -> list[tuple[str, str, float]]:
        """(path, title of the incident, when it came) of every page."""
        return [(path, _title(body), at) for path, body, at in self.pages]


def _title(page: bytes) -> str:
    return str(json.loads(page)["incident"]["title"])


async def main() -> None:
    """Carry out commands `[name, argument …]` until the input ends."""
    world, loop = World(), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, *arguments = json.loads(line)
        answer = getattr(world, name)(*arguments)
        if asyncio.iscoroutine(answer):
            answer = await answer
        print(json.dumps(answer), flush=True)


class Outside:
    """The other end: the process, and its commands."""

    def __init__(self, hold_s: float = 0.0) -> None:
        """`hold_s`: how long a provider takes to answer."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.outside"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[1],
        )
        self.url = f"http://127.0.0.1:{self._ask('telephones', hold_s)}"

    def _ask(self, *command: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def send(self, url: str, rate: float) -> None:
        """Alerts from now on, `rate` a second."""
        self._ask("send", url, rate)

    def stop(self) -> tuple[dict[str, float], dict[str, int]]:
        """No more alerts. Title -> monotonic time, of the accepted; HTTP status -> how many."""
        answer = self._ask("stop")
        return answer["posted"], answer["answers"]

    def count(self) -> int:
        """Different pages (person and incident) so far."""
        return int(self._ask("count"))

    def report(self) -> list[tuple[str, str, float]]:
        """(path, incident's title, monotonic time) of each page."""
        return [(path, title, at) for path, title, at in self._ask("report")]

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


if __name__ == "__main__":
    asyncio.run(main())
