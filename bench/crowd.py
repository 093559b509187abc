"""Consoles without a browser: each has the two sockets of a real one and says what a real one said after its load.

Reads one JSON line: {url, cookie, count, reflex: {path, token, frames}}. Prints "ready" when all are connected, then reads
standard input; at its end prints {received, lost} and the first console's list of [incident, seconds] as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any
from uuid import uuid4

import aiohttp


class Crowd:
    """`seen`: incident -> UTC epoch seconds at which the first console was told of it."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request
        self._headers = {"Cookie": request["cookie"], "Origin": request["url"]}
        self._ready = 0
        self._more = asyncio.Event()
        self.received = 0
        self.lost = 0
        self.seen: dict[str, float] = {}

    async def run(self) -> None:
        """Until standard input ends."""
        count = int(self._request["count"])
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, headers=self._headers) as session:
            tasks = []
            for n in range(count):
                tasks.append(asyncio.create_task(self._live(session, first=n == 0)))
                if self._request["reflex"] is not None:
                    tasks.append(asyncio.create_task(self._reflex(session)))
                await asyncio.sleep(0.01)  # people do not open their consoles in the same millisecond
            await self._connected(len(tasks))
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.read)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, count: int) -> None:
        while self._ready < count:
            self._more.clear()
            await self._more.wait()

    def _one_more(self) -> None:
        self._ready += 1
        self._more.set()

    async def _live(self, session: aiohttp.ClientSession, first: bool) -> None:
        async with session.ws_connect(f"{self._request['url']}/api/v1/alerts/live") as socket:
            self._one_more()
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                self.received += 1
                if first:
                    at = time.time()
                    for row in json.loads(message.data).get("items", ()):
                        self.seen.setdefault(row["id"], at)
        self.lost += 1

    async def _reflex(self, session: aiohttp.ClientSession) -> None:
        """As the browser's socket: its frames, under a token of its own."""
        told = self._request["reflex"]
        token = str(uuid4())
        async with session.ws_connect(self._request["url"] + told["path"].replace(told["token"], token)) as socket:
            waiting = [frame.replace(told["token"], token) for frame in told["frames"]]
            answers = 0
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                if message.data == "2":
                    await socket.send_str("3")
                elif message.data.startswith("0"):
                    await socket.send_str(waiting.pop(0))
                elif message.data.startswith("40"):
                    for frame in waiting:
                        await socket.send_str(frame)
                else:
                    answers += 1
                    if answers == 1:
                        self._one_more()
        self.lost += 1


def main() -> None:
    """See the module's docstring."""
    crowd = Crowd(json.loads(sys.stdin.readline()))
    asyncio.run(crowd.run())
    print(json.dumps({"received": crowd.received, "lost": crowd.lost, "seen": crowd.seen}))


if __name__ == "__main__":
    main()
