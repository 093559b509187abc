"""Is this process alive, can it do its work, how far behind are the hosts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import metrics
from gateway.services import Services
from runtime.errors import RuntimeFault
from runtime.postgres import Health
from storage.migrate import known, newest
from storage.watch import Watch

OLDER = known() - {newest()}
"""Revisions this program cannot work with. One it has never heard of is a newer version's, made to suit both."""

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="getHealth")
async def healthz() -> dict[str, str]:
    """The process runs."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="getReadiness", responses={503: {"description": "Not ready, and why"}})
async def readyz(request: Request) -> Response:
    """Alerts can be taken in: the configuration is loaded, and the database has our schema or the spool has room.

    `degraded` (200): the database does not answer; alerts are kept in the spool, and a gateway taken out of the load
    balancer for that would only lose them. Hosts and the watchdog's alarms are reported only.
    """
    services: Services = request.app.state.services
    reasons = [] if services.config.loaded else ["the configuration is not loaded yet"]
    hosts, degraded, watch = 0, [], None
    try:
        hosts = (await services.store.health()).hosts
        if await _revision(services.engine) in OLDER:
            reasons.append("the database has an older schema: run `sentinel migrate`")
        watch = await services.figures.watch()
    except (RuntimeFault, SQLAlchemyError, OSError):
        degraded.append("the database does not answer")
        if services.spool.problem:
            reasons += [*degraded, services.spool.problem]
    status = "not ready" if reasons else "degraded" if degraded else "ready"
    spool = {"bytes": services.spool.size, "oldest_s": round(services.spool.age_s, 1)}
    body: dict[str, Any] = {"status": status, "reasons": reasons or degraded, "hosts": hosts, "spool": spool}
    body["watchdog"] = "watching" if watch is not None and watch.watched else "silent"
    body["alarms"] = [f["check"] for f in watch.findings] if watch is not None and watch.watched else []
    return JSONResponse(body, 503 if reasons else 200, {"Retry-After": "2"} if reasons else {})


async def _revision(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        return str(await connection.scalar(text("select version_num from alembic_version")))


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
async def prometheus(request: Request) -> Response:
    """Prometheus text format."""
    services: Services = request.app.state.services
    metrics.WAITING.set(services.inbox.waiting)
    metrics.SPOOL_BYTES.set(services.spool.size)
    metrics.SPOOL_AGE.set(services.spool.age_s)
    metrics.SPOOL_USABLE.set(services.spool.usable)
    metrics.BLIND_LINES.set(services.pager.lines)
    metrics.AWAY.set(services.outage.away_s)
    health = await services.figures.read()
    metrics.DATABASE_UP.set(health is not None)
    if health is not None:
        _show(health)
        metrics.DRIFT.set(await services.drifting.read())
        watch = await services.figures.watch()
        if watch is not None:
            _show_watch(watch)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _show(health: Health) -> None:
    metrics.UNDONE.set(health.undone)
    metrics.UNDONE_AGE.set(health.oldest_s)
    metrics.OVERDUE.set(health.overdue_timers)
    metrics.HOSTS.set(health.hosts)
    metrics.QUARANTINED.set(health.quarantined)
    for state in ("pending", "sending", "unknown"):
        metrics.SENDS.labels(state).set(health.sends.get(state, 0))


def _show_watch(watch: Watch) -> None:
    metrics.WATCHDOG_AGE.set(float("inf") if watch.beat_age_s is None else watch.beat_age_s)
    metrics.ALARM.clear()
    for finding in watch.findings:
        metrics.ALARM.labels(finding["check"]).set(finding["count"])
    metrics.CANARY.watch = watch
    metrics.CANARY_SUCCESS.set(watch.last_success_at or 0.0)
    metrics.CANARY_THROUGH.set(watch.through / watch.flown if watch.flown else 0.0)
    metrics.BREAKER.clear()
    for breaker in watch.breakers:
        metrics.BREAKER.labels(breaker.channel, breaker.provider, breaker.state).inc()
