"""What the gateway's routes work with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.commands import Commands
from gateway.config_cache import ConfigCache
from gateway.figures import Figures
from gateway.live_feed import LiveFeed
from gateway.outage import Outage
from gateway.replay import Replay
from gateway.sealer import Sealer as LedgerSealer
from gateway.spool import Spool
from gateway.writer import InboxWriter
from runtime.clock import SystemClock, wall_now
from runtime.poke import Poker
from runtime.postgres import PostgresStore
from storage.changes import Sessions
from storage.db import make_engine, sessions
from storage.sealed import Sealer
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """One of each, made by `build` and started by `start`."""

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    sealer: Sealer
    store: PostgresStore
    config: ConfigCache
    outage: Outage
    spool: Spool
    replay: Replay
    inbox: InboxWriter
    commands: Commands
    poker: Poker
    feed: LiveFeed
    figures: Figures
    ledger: LedgerSealer

    @classmethod
    def build(cls, settings: Settings) -> Services:
        """Connects to nothing yet."""
        engine, sealer = make_engine(settings.database_url), Sealer.of(settings)
        store, poker = PostgresStore(settings.database_url, connections=6), Poker(settings.redis_url)
        factory = sessions(engine)
        outage = Outage(SystemClock().monotonic)
        spool = Spool(settings.spool_directory, settings.spool_bytes, wall_now)
        inbox = InboxWriter(store, poker.poke, spool, outage)
        return cls(
            settings=settings,
            engine=engine,
            sessions=factory,
            sealer=sealer,
            store=store,
            config=ConfigCache(engine, sealer, factory, outage),
            outage=outage,
            spool=spool,
            replay=Replay(store, spool, outage, poker.poke),
            inbox=inbox,
            commands=Commands(store, inbox),
            poker=poker,
            feed=LiveFeed(store, settings.redis_url),
            figures=Figures(store),
            ledger=LedgerSealer(store),
        )

    async def start(self) -> None:
        """Begin the background work; does not wait for the database."""
        self.spool.start()
        self.replay.start()
        self.inbox.start()
        self.poker.start()
        self.commands.start()
        self.config.start()
        self.feed.start()
        self.ledger.start()

    async def stop(self) -> None:
        """End it in the opposite order; what was accepted is committed, or in the spool for the next start."""
        await self.ledger.stop()
        await self.feed.stop()
        await self.config.stop()
        await self.commands.stop()
        await self.inbox.stop()
        await self.replay.stop()
        await self.spool.stop()
        await self.poker.close()
        await self.store.close()
        await self.engine.dispose()
