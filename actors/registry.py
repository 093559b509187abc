"""Composition root of a host: kinds, effect handlers, environment. No logic."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from actors import bundling
from actors.breakers import BreakerNotes
from actors.device import Device
from actors.heartbeat import HeartbeatActor
from actors.incident import Incident
from actors.notices import NoticeHandler, SlackGroupHandler
from actors.outage import labelled, telling
from actors.paging import PageHandler, QuarantineHandler
from actors.round_robin import RoundRobin
from actors.schedule import ScheduleActor
from channels.guard import Guard
from channels.http import HttpClient
from channels.outside import Outside, networks
from channels.registry import SLOTS, ChannelConfig
from channels.registry import build as build_channels
from channels.slack_groups import SlackGroups
from domain import noise
from domain.configuration import Configuration
from domain.escalation import UNHEARD
from runtime.clock import SystemClock, wall_now
from runtime.entity import Effect
from runtime.ids import derived_id
from runtime.registry import Registry, Unattended
from storage import configuration
from storage.db import make_engine
from storage.sealed import Sealer
from storage.settings import Settings

ENTITIES = (Incident(), ScheduleActor(), HeartbeatActor(), Device(), RoundRobin())
QUARANTINE_EVERY_S = 600


class StoredConfiguration:
    """The environment of decisions, from the database."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    async def version(self) -> int:
        return await configuration.version(self._engine)

    async def load(self) -> Configuration:
        """With its silences ready: of thousands that takes longer than a turn may."""
        loaded = await configuration.load(self._engine, self._sealer)
        await asyncio.to_thread(noise.ready, loaded.silences)
        return loaded


def quarantined(entity: str, reason: str, now: float) -> Effect:
    """Tell a human that an entity is out of service; again every ten minutes while mail for it keeps waiting."""
    text = (
        f"Sentinel cannot process {entity}: {reason}.\n"
        "Alerts for it are kept but nobody is called by its policy. Look at the alert's source now; "
        "`sentinel doctor` lists what waits."
    )
    return Effect(
        id=derived_id("quarantine", entity, int(now // QUARANTINE_EVERY_S)),
        kind="quarantined",
        channel="fallback",
        body={
            "incident_id": entity,
            "subject": "[CRITICAL] Sentinel cannot process an incident",
            "text": text,
            "severity": "critical",
            "user_name": "last resort",
        },
    )


def build(settings: Settings) -> Registry:
    """Everything a host needs besides its store."""
    engine, http = (
        make_engine(settings.database_url),
        HttpClient(Outside(networks(settings.allow_addresses.split(",")))),
    )
    slack = HttpClient(Outside(all_private=True))  # where its API is, the operator's settings say
    channels = build_channels(ChannelConfig(settings.smtp_url, settings.smtp_from, settings.url), http)
    breakers = BreakerNotes(engine)
    guard = Guard(SystemClock().monotonic, breakers.changed)

    pages = PageHandler(channels, settings.url, guard)
    together = bundling.rules(settings.bundle_after, settings.last_resort_after_s)

    async def close() -> None:
        await breakers.close()
        await http.close()
        await slack.close()
        await engine.dispose()

    return Registry(
        entities=ENTITIES,
        handlers={
            "page": pages,
            "notice": NoticeHandler(channels, settings.url, guard),
            "slack_group": SlackGroupHandler(SlackGroups(slack, settings.slack_api), wall_now),
            "quarantined": QuarantineHandler(channels, settings.url),
        },
        env=StoredConfiguration(engine, Sealer.of(settings)),
        quarantined=quarantined,
        close=close,
        slots=SLOTS,
        bundling=bundling.bundling(pages.together, together),
        unattended=Unattended(
            grace_s=settings.outage_grace_s,
            kinds=frozenset({"page"}),
            telling=telling,
            labelled=labelled,
            directory=settings.home / "outage",
            asleep=frozenset({UNHEARD}),
        ),
    )


def from_environment() -> Registry:
    """The import string of runtime.hosts names this."""
    return build(Settings.from_env())
