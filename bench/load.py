"""A load generator in a process of its own: keep-alive connections that post one body as fast as they are answered."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit


async def connection(host: str, port: int, path: str, bodies: list[bytes], stop_at: float, taken: list[float]) -> int:
    """Post until the time is over; answers the number of errors."""
    reader, writer = await asyncio.open_connection(host, port)
    errors, n = 0, 0
    while time.perf_counter() < stop_at:
        body = bodies[n % len(bodies)]
        n += 1
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        status = await reader.readline()
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        taken.append(time.perf_counter() - began)
        errors += b" 20" not in status
    writer.close()
    return errors


async def main(url: str, connections: int, seconds: float, bodies: list[bytes]) -> None:
    """Run and print one JSON line."""
    parts = urlsplit(url)
    taken: list[float] = []
    began = time.perf_counter()
    jobs = [
        connection(str(parts.hostname), int(parts.port or 80), parts.path, bodies, began + seconds, taken)
        for _ in range(connections)
    ]
    errors = sum(await asyncio.gather(*jobs))
    elapsed = time.perf_counter() - began
    taken.sort()
    print(
        json.dumps(
            {
                "per_s": len(taken) / elapsed,
                "p50_ms": taken[len(taken) // 2] * 1000,
                "p99_ms": taken[int(len(taken) * 0.99)] * 1000,
                "errors": errors,
            }
        )
    )


if __name__ == "__main__":
    request = json.loads(sys.stdin.read())
    asyncio.run(
        main(request["url"], request["connections"], request["seconds"], [b.encode() for b in request["bodies"]])
    )
