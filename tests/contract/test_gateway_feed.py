"""The live feed is complete: nothing is lost to Valkey, to a late commit, or between a cursor and its replay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import uvicorn
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from gateway.live_feed import LiveFeed
from runtime.feed import STREAM
from tests.contract.conftest import Site, until
from tests.fakes.ports import free_port

INSERT = """
insert into rt.journal (entity, seq, shard, epoch, cause, kind, body, at)
select 'incident/a', g, 1, 1, 'test', 'Noted', '{}', now() from generate_series(%s::int, %s::int) g returning position
"""


@asynccontextmanager
async def journal(site: Site) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    dsn = site.services.settings.database_url
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        yield connection


async def seqs(feed: LiveFeed, cursor: int | None, wanted: set[int], ready: asyncio.Event | None = None) -> set[int]:
    """The sequence numbers that come, until all wanted ones did or ten seconds are over."""
    seen: set[int] = set()
    try:
        async with asyncio.timeout(10), feed.follow(cursor) as events:
            if ready is not None:
                ready.set()
            async for event in events:
                seen.add(event["seq"])
                if wanted <= seen:
                    break
    except TimeoutError:
        pass
    return seen


async def test_what_was_dropped_on_the_way_to_valkey_comes_from_the_journal(site: Site) -> None:
    """A newer event arrives by the stream first; the journal is still read from where it was read to."""
    feed = site.services.feed
    async with journal(site) as connection:
        ((first,),) = await (await connection.execute(INSERT, (0, 0))).fetchall()
    await until("the feed", lambda: _reached(feed, first))
    wanted, ready = set(range(1, 5001)), asyncio.Event()
    following = asyncio.create_task(seqs(feed, None, wanted, ready))
    await ready.wait()
    async with journal(site) as connection, Redis.from_url(site.services.settings.redis_url) as redis:
        rows = await (await connection.execute(INSERT, (1, 5000))).fetchall()
        event = {"position": rows[-1][0], "entity": "incident/a", "seq": 5000, "kind": "Noted", "body": {}, "at": 0.0}
        await redis.xadd(STREAM, {"e": msgspec.json.encode([event])})
    assert await following == wanted


async def test_a_position_that_became_visible_late_is_in_the_replay(site: Site) -> None:
    feed, ready = site.services.feed, asyncio.Event()
    async with journal(site) as slow, journal(site) as quick:
        ((first,),) = await (await quick.execute(INSERT, (0, 0))).fetchall()
        await until("the feed", lambda: _reached(feed, first))
        others = asyncio.create_task(seqs(feed, None, {1}, ready))
        await ready.wait()
        async with slow.transaction():
            await slow.execute(INSERT, (1, 1))
            rows = await (await quick.execute(INSERT, (2, 1001))).fetchall()
        assert 1 in await others, "it was live while this consumer was away"
    assert 1 in await seqs(feed, rows[-1][0], {1})


async def test_hello_gives_the_cursor_to_come_again_with(site: Site) -> None:
    """A consumer that is cut off before its first event must not skip the replay."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(site.app, port=port, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())
    await until("the server", lambda: _started(server))
    async with journal(site) as connection:
        await connection.execute(INSERT, (1, 10))
    await until("the feed", lambda: _reached(site.services.feed, 10))
    url = f"ws://127.0.0.1:{port}/api/v1/feed?token={site.keys.admin_key}"
    async with asyncio.timeout(10):
        async with connect(f"{url}&cursor=3") as socket:
            assert json.loads(await socket.recv()) == {"type": "hello", "cursor": 3}
        async with connect(url) as socket:
            assert json.loads(await socket.recv())["cursor"] >= 10
    server.should_exit = True
    await serving


async def _reached(feed: LiveFeed, position: int) -> bool:
    return feed.position >= position


async def _started(server: uvicorn.Server) -> bool:
    return server.started
