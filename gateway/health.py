"""Is this process alive, can it do its work, how far behind are the hosts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway import metrics
from gateway.services import Services
from runtime.errors import RuntimeFault
from runtime.postgres import Health

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="getHealth")
async def healthz() -> dict[str, str]:
    """The process runs."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="getReadiness", responses={503: {"description": "Not ready, and why"}})
async def readyz(request: Request) -> Response:
    """Alerts can be taken in: the database answers, the configuration is loaded. Hosts are reported only."""
    services: Services = request.app.state.services
    reasons: list[str] = []
    hosts = 0
    if not services.config.loaded:
        reasons.append("the configuration is not loaded yet")
    try:
        health = await services.store.health()
        hosts = health.hosts
    except RuntimeFault:
        reasons.append("the database does not answer")
    body = {"status": "ready" if not reasons else "not ready", "reasons": reasons, "hosts": hosts}
    return JSONResponse(body, 200 if not reasons else 503, {} if not reasons else {"Retry-After": "2"})


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
async def prometheus(request: Request) -> Response:
    """Prometheus text format."""
    services: Services = request.app.state.services
    metrics.WAITING.set(services.inbox.waiting)
    try:
        _show(await services.store.health())
    except RuntimeFault:
        metrics.HOSTS.set(0)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _show(health: Health) -> None:
    metrics.UNDONE.set(health.undone)
    metrics.UNDONE_AGE.set(health.oldest_s)
    metrics.OVERDUE.set(health.overdue_timers)
    metrics.HOSTS.set(health.hosts)
    metrics.QUARANTINED.set(health.quarantined)
    for state in ("pending", "sending", "unknown"):
        metrics.SENDS.labels(state).set(health.sends.get(state, 0))
