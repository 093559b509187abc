"""What the gateway's routes work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from socket import gethostname
from typing import Protocol

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.paging import PageHandler
from channels.base import Channel
from channels.guard import Guard
from channels.http import HttpClient
from channels.outside import Outside, networks
from channels.registry import SLOTS, ChannelConfig
from channels.registry import build as build_channels
from gateway.background import Background
from gateway.breakglass import BreakGlass
from gateway.calendar_out import CalendarsOut
from gateway.calendars_in import CalendarsIn
from gateway.commands import Commands
from gateway.config_cache import ConfigCache
from gateway.config_file import ConfigFile
from gateway.figures import Figures
from gateway.forgetting import Forgetting
from gateway.hearing import Hearing
from gateway.in_flight import InFlight
from gateway.ingest import Ingest
from gateway.last_requests import LastRequests
from gateway.lint_watch import LintWatch
from gateway.listening import Listening
from gateway.live_documents import LiveDocuments
from gateway.live_feed import LiveFeed
from gateway.live_rota import LiveRota
from gateway.live_rows import LiveRows
from gateway.outage import Outage
from gateway.presence import Presence
from gateway.replay import Replay
from gateway.sealer import Sealer as LedgerSealer
from gateway.spool import Spool
from gateway.standings import Standings
from gateway.time import GatewayTime
from gateway.tree.drifting import Drifting
from gateway.upstream import Upstream
from gateway.writer import InboxWriter
from runtime.clock import SystemClock
from runtime.poke import Poker
from runtime.postgres import PostgresStore
from runtime.valkey import connect
from runtime.witness import Witness
from storage.changes import Sessions
from storage.db import make_engine, sessions
from storage.sealed import Sealer
from storage.settings import Settings


class _Part(Protocol):
    def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """One of each, made by `build` and started by `start`."""

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    sealer: Sealer
    store: PostgresStore
    config: ConfigCache
    time: GatewayTime
    outage: Outage
    spool: Spool
    pager: BreakGlass
    channels: Mapping[str, Channel]
    channels_http: HttpClient
    outside: Outside
    replay: Replay
    in_flight: InFlight
    inbox: InboxWriter
    commands: Commands
    valkey: Redis
    poker: Poker
    speaking: Background
    feed: LiveFeed
    rows: LiveRows
    rota: LiveRota
    documents: LiveDocuments
    upstream: Upstream
    figures: Figures
    ledger: LedgerSealer
    calendars_in: CalendarsIn
    calendars_out: CalendarsOut
    listening: Listening
    hearing: Hearing
    last_requests: LastRequests
    ingest: Ingest
    lint: LintWatch
    drifting: Drifting
    forgetting: Forgetting
    presence: Presence
    standings: Standings

    @classmethod
    def build(cls, settings: Settings) -> Services:
        """Connects to nothing yet."""
        engine, sealer = make_engine(settings.database_url), Sealer.of(settings)
        store, valkey = PostgresStore(settings.database_url, connections=6), connect(settings.redis_url)
        factory, poker = sessions(engine), Poker(valkey)
        outage = Outage(SystemClock().monotonic)
        time = GatewayTime()
        spool = Spool(settings.spool_directory, settings.spool_bytes, time.now)
        config = ConfigCache(engine, sealer, factory, outage, ConfigFile(settings.kept_configuration, sealer), time)
        outside = Outside(networks(settings.allow_addresses.split(",")))
        http = HttpClient(outside)
        channels = build_channels(ChannelConfig(settings.smtp_url, settings.smtp_from, settings.url), http)
        # Its breakers are shown by the log only: the table for them is what is away.
        pages = PageHandler(channels, settings.url, Guard(SystemClock().monotonic, lambda *_: None))
        pager = BreakGlass(spool, outage, lambda: config.current, pages, settings.outage_grace_s, time.now, SLOTS)
        witness = Witness(valkey, "gateway")
        in_flight = InFlight(spool, outage, SystemClock().monotonic)
        feed = LiveFeed(store, settings.redis_url, in_flight.processed)
        rows, standings = LiveRows(factory, feed, lambda: config.current), Standings()
        here = f"{gethostname()}:{settings.port}"
        hearing, last_requests = Hearing(factory), LastRequests(valkey)
        inbox = InboxWriter(store, poker.poke, spool, outage, in_flight, witness.say_spooled)
        return cls(
            settings=settings,
            engine=engine,
            sessions=factory,
            sealer=sealer,
            store=store,
            config=config,
            time=time,
            outage=outage,
            spool=spool,
            pager=pager,
            channels=channels,
            channels_http=http,
            outside=outside,
            replay=Replay(store, spool, outage, pager, in_flight, poker.poke, f"gateway {here}"),
            in_flight=in_flight,
            inbox=inbox,
            commands=Commands(store, inbox),
            valkey=valkey,
            poker=poker,
            speaking=Background(witness.speak, "witness"),
            feed=feed,
            upstream=Upstream(settings.console_socket),
            rows=rows,
            rota=LiveRota(factory, lambda: config.current, rows),
            documents=LiveDocuments(config, rows, standings, time, factory, sealer),
            figures=Figures(store, factory, valkey),
            ledger=LedgerSealer(store),
            calendars_in=CalendarsIn(factory, sealer, config, poker, settings.calendar_private),
            calendars_out=CalendarsOut(),
            listening=Listening(factory, poker.poke),
            hearing=hearing,
            last_requests=last_requests,
            ingest=Ingest(config, inbox, settings.max_body_bytes, time.now, hearing.note, last_requests.note),
            lint=LintWatch(factory, config, {name: channel.problem for name, channel in channels.items()}, time.now),
            drifting=Drifting(factory, sealer, config),
            forgetting=Forgetting(factory, settings.history_days),
            presence=Presence(factory, here, (spool, feed, rows), time.now),
            standings=standings,
        )

    async def start(self) -> None:
        """Begin the background work; does not wait for the database."""
        for part in self._parts():
            part.start()

    async def stop(self) -> None:
        """End it in the opposite order; what was accepted is committed, or in the spool for the next start."""
        for part in reversed(self._parts()):
            await part.stop()
        for open_one in (self.channels_http, self.upstream, self.store):
            await open_one.close()
        await self.valkey.aclose()
        await self.engine.dispose()

    def _parts(self) -> tuple[_Part, ...]:
        """What runs, each after what it needs."""
        keeping = (self.poker, self.speaking, self.spool, self.pager, self.replay, self.inbox, self.in_flight)
        knowing = (self.commands, self.config, self.feed, self.rows, self.rota, self.documents)
        looking = (self.ledger, self.calendars_in, self.listening, self.hearing, self.last_requests, self.lint)
        return (*keeping, *knowing, *looking, self.presence, self.forgetting)
