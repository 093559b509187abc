"""The way to Valkey for short words. One client a process: it keeps as many connections as are used at once."""

from __future__ import annotations

from redis.asyncio import Redis

TIMEOUT_S = 1.0
"""Nothing that is said to Valkey is worth waiting longer for: what is not heard there is found in Postgres."""


def connect(url: str) -> Redis:
    """Connects at the first use. Close it with `aclose`."""
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
