"""A gateway and a host in this process, on a real database and a real Valkey."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.registry import build as build_registry
from gateway.app import build_app
from gateway.services import Services
from runtime import connections
from runtime.clock import SystemClock
from runtime.feed import FeedPublisher
from runtime.host import Host
from runtime.ids import SHARDS
from runtime.memory import MemoryStore
from runtime.poke import listen
from runtime.postgres import PostgresStore
from runtime.store import Store
from runtime.told import Told
from runtime.valkey import connect
from storage import bootstrap
from storage.settings import Settings

LOCAL = "127.0.0.0/8"
"""Where the tests' own servers are: no installation sends there unless it is told to."""


@dataclass
class Site:
    """`http` speaks to the gateway as the administrator."""

    services: Services
    app: Any
    http: httpx.AsyncClient
    keys: bootstrap.Keys

    async def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = await self.http.request(method, f"/api/v1{path}", json=body)
        if status is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def webhook(self, kind: str) -> str:
        return f"/api/v1/webhooks/{kind}/{self.keys.integrations[kind]}"


@asynccontextmanager
async def opened(database: str, valkey_url: str, home: Path, **more: Any) -> AsyncIterator[Site]:
    settings = Settings(database_url=database, redis_url=valkey_url, home=home, **{"allow_addresses": LOCAL, **more})
    services = Services.build(settings)
    await bootstrap.first_run(services.sessions, services.sealer)
    keys = await bootstrap.make_keys(services.sessions)
    await services.start()
    await services.config.refresh()
    app = build_app(services)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {keys.admin_key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sentinel.test", headers=headers) as http:
        yield Site(services, app, http, keys)
    await services.stop()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a connection to a database that was just made takes longer than a host waits for one."""
    monkeypatch.setattr(connections, "CONNECT_S", 10.0)


@pytest.fixture
async def site(database: str, valkey_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A gateway alone: alerts are stored, nobody processes them."""
    async with opened(database, valkey_url, tmp_path) as running:
        yield running


@pytest.fixture
async def live_site(database: str, valkey_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A gateway and one host."""
    async with opened(database, valkey_url, tmp_path) as running, a_host(running.services.settings) as host:

        async def settled() -> bool:
            return len(host.core.ownership.epochs) == SHARDS

        await until("the host's shards", settled)
        yield running


@asynccontextmanager
async def a_host(settings: Settings, slot: str = "host-0") -> AsyncIterator[Host]:
    """One host in this event loop."""
    store, valkey, registry = (
        PostgresStore(settings.database_url),
        connect(settings.redis_url),
        build_registry(settings),
    )
    feed, told = FeedPublisher(valkey), Told(valkey, f"{slot}/1/test")
    feed.start()
    host = Host(
        store,
        registry,
        SystemClock(),
        slot=slot,
        node="test",
        host_id=f"{slot}/1/test",
        started_at=await store.now(),
        publish=feed.publish,
        say_told=told.say,
    )
    running = asyncio.create_task(host.run())
    helpers = [
        asyncio.create_task(listen(settings.redis_url, host.poke)),
        asyncio.create_task(told.speak()),
        asyncio.create_task(told.listen(settings.redis_url, host.outbox.heard_told)),
    ]
    try:
        yield host
    finally:
        await host.drain()
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(running, *helpers, return_exceptions=True)
        await registry.close()
        await feed.stop()
        await valkey.aclose()
        await store.close()


async def until(what: str, check: Any, timeout_s: float = 15.0) -> Any:
    """The first true answer of an async check; polls, and says what was seen last when it gives up."""
    seen = None
    for _ in range(int(timeout_s / 0.02)):
        seen = await check()
        if seen:
            return seen
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited {timeout_s:.0f} s for {what}; last seen: {seen!r}")


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """The store in memory, and the one on Postgres: each test that asks for it runs on both."""
    if request.param == "memory":
        yield MemoryStore(time.time)
        return
    opened = PostgresStore(request.getfixturevalue("database"))
    yield opened
    await opened.close()
