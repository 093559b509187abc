"""What is published on Valkey, heard and said while the process lives. Best effort: what is said meanwhile is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

RETRY_S = 1.0


async def subscribed(
    redis_url: str, channels: tuple[str, ...], hear: Callable[[bytes, bytes], None], lost: Callable[[str], None]
) -> None:
    """Call `hear` with channel and data of each message, for ever; reconnects by itself and tells `lost` why."""
    while True:
        redis: Redis = Redis.from_url(redis_url, socket_connect_timeout=1.0, health_check_interval=15)
        try:
            async with redis.pubsub() as subscription:
                await subscription.subscribe(*channels)
                async for message in subscription.listen():
                    if message["type"] == "message":
                        hear(message["channel"], message["data"])
        except (RedisError, OSError) as error:
            lost(str(error))
            await asyncio.sleep(RETRY_S)
        finally:
            await redis.aclose()


async def spoken(wanted: asyncio.Event, say: Callable[[], Awaitable[None]], forget: Callable[[], None]) -> None:
    """Each time something is `wanted`, `say` all there is; what Valkey does not take `forget`s, and is not said again.

    For ever; who listens logs that Valkey is away.
    """
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            await say()
        except (RedisError, OSError):
            forget()
            await asyncio.sleep(RETRY_S)
