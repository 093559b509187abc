"""One host in this process: its event loop in a thread of its own, its connections, its watchdog.

The thread is independent of whatever started the process (a Ray actor, a test): a call into the process
never delays the loop, and the loop starts by itself whenever the process does, restarts by Ray included.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvloop

from runtime.clock import SystemClock
from runtime.errors import RuntimeFault
from runtime.feed import FeedPublisher
from runtime.host import Host
from runtime.ids import SHARDS, new_id
from runtime.logs import log_to
from runtime.poke import Poker, listen
from runtime.postgres import PostgresStore
from runtime.registry import Registry
from runtime.sendlog import FileSendLog
from runtime.told import Told
from runtime.valkey import connect
from runtime.watchdog import watch
from runtime.witness import Witness

log = structlog.get_logger("sentinel.host")


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What a host process needs to know. `registry`: import string "package.module:function" of a function
    without arguments that reads the environment and answers the Registry."""

    slot: str
    node: str
    database_url: str
    redis_url: str
    registry: str
    environ: Mapping[str, str]
    log_dir: str
    shard: int | None = None
    """A private shard (isolation="process"), or None for a host that shares the common ones."""


class HostProcess:
    """Starts the loop at construction. `on_end` is called in the loop's thread when the host has ended by itself."""

    def __init__(self, settings: HostSettings, on_end: Callable[[], None]) -> None:
        os.environ.update(settings.environ)
        self._settings = settings
        self._on_end = on_end
        self._host: Host | None = None
        self._drained = threading.Event()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._main, name="host-loop", daemon=True)
        self._thread.start()

    def _main(self) -> None:
        path = Path(self._settings.log_dir) / f"{self._settings.slot}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        log_to(path.open("a", encoding="utf-8"))
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._run())
        except Exception as error:
            log.exception("host_died", slot=self._settings.slot, why=str(error))
        finally:
            self._drained.set()
            self._on_end()

    async def _run(self) -> None:
        s = self._settings
        module, _, function = s.registry.partition(":")
        build: Callable[[], Registry] = getattr(importlib.import_module(module), function)
        registry, clock = build(), SystemClock()
        store, valkey = PostgresStore(s.database_url), connect(s.redis_url)
        feed, poker = FeedPublisher(valkey), Poker(valkey)
        feed.start()
        poker.start()
        host_id = f"{s.slot}/{os.getpid()}/{new_id()[:8]}"
        witness, told, rules = Witness(valkey, host_id), Told(valkey, host_id), registry.unattended
        started_at, waited = await _first_answer(store, s.slot)
        host = self._host = Host(
            store,
            registry,
            clock,
            slot=s.slot,
            node=s.node,
            host_id=host_id,
            started_at=started_at,
            publish=feed.publish,
            poke=poker.poke,
            say_well=witness.say_well,
            say_told=told.say,
            sends=FileSendLog(rules.directory, host_id) if rules is not None else None,
            scope=range(SHARDS) if s.shard is None else (s.shard,),
        )
        if waited:
            host.outage.failed()
        traces = Path(s.log_dir) / f"{s.slot}-{os.getpid()}.stuck"
        helpers = [
            asyncio.create_task(watch(clock, traces)),
            asyncio.create_task(listen(s.redis_url, host.poke)),
            asyncio.create_task(witness.speak()),
            asyncio.create_task(witness.listen(s.redis_url, host.heard_well, host.heard_mail)),
            asyncio.create_task(told.speak()),
            asyncio.create_task(told.listen(s.redis_url, host.outbox.heard_told)),
        ]
        try:
            await host.run()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await registry.close()
            await feed.stop()
            await poker.stop()
            await valkey.aclose()
            await store.close()

    def poke(self, shards: Collection[int]) -> None:
        """Look into the inboxes of these shards now."""
        host = self._host
        if host is not None:
            self._loop.call_soon_threadsafe(host.poke, shards)

    def drain(self, timeout_s: float) -> bool:
        """Hand over everything and end; True when done in time."""
        host = self._host
        if host is not None:
            asyncio.run_coroutine_threadsafe(host.drain(), self._loop)
        return self._drained.wait(timeout_s)

    def stats(self) -> dict[str, Any]:
        """Figures of the host; only its process while it starts, or waits for its first answer of the database."""
        host = self._host
        return {**host.stats(), "pid": os.getpid()} if host is not None else {"pid": os.getpid()}


async def _first_answer(store: PostgresStore, slot: str) -> tuple[float, bool]:
    """The database's time as soon as it answers, and whether it had to be waited for.

    What the database holds cannot be known before.
    """
    said = False
    while True:
        try:
            return await store.now(), said
        except RuntimeFault as fault:
            if not said:
                meaning = "started without the database: live incidents are unknown here; gateways page new alerts"
                log.error("host_waits_for_database", slot=slot, why=str(fault), meaning=meaning)
            said = True
            await asyncio.sleep(0.5)
