"""Alerts: list, raise, and what people do with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.exc import SQLAlchemyError

from domain.alert import AlertEvent
from domain.alert import Severity as DomainSeverity
from domain.commands import Command
from domain.configuration import Integration
from domain.enrichment import taken_in
from domain.errors import Invalid
from domain.incident import (
    Acknowledge,
    AddNote,
    EscalateNow,
    Reassign,
    Resolve,
    Snooze,
    Unacknowledge,
    incident_id,
    parse_incident_id,
)
from domain.policy_checks import check_people
from domain.tie_messages import TieCommand
from gateway.auth.principal import Gateway, Reader, Responder
from gateway.ingest import inbound
from gateway.problems import is_outage
from gateway.related import related
from gateway.schemas.alerts import (
    Accepted,
    ActionResult,
    Alert,
    AlertCounts,
    AlertPage,
    NewAlert,
    NewNote,
    Note,
    ReassignRequest,
    SnoozeRequest,
)
from gateway.schemas.base import Severity, Status, problems
from gateway.services import Services
from runtime.errors import RuntimeFault
from runtime.ids import derived_id, new_id
from storage import incidents
from storage.access import Holder
from storage.bootstrap import POLICY
from storage.errors import NotFound

router = APIRouter(prefix="/alerts", tags=["alerts"])
MANUAL = "manual"
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", description="Words in the title, or an id")]
Idents = Annotated[
    list[Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]] | None, Query(description="Repeat for several")
]


@router.get("", operation_id="listAlerts")
async def list_alerts(
    _: Reader,
    gateway: Gateway,
    status: Annotated[list[Status] | None, Query(description="Repeat for several")] = None,
    severity: Annotated[list[Severity] | None, Query(description="Repeat for several")] = None,
    major: Annotated[bool | None, Query(description="Only major incidents, or only others")] = None,
    team: Idents = None,
    service: Idents = None,
    person: Annotated[Idents, Query(description="Ids of users who were called; repeat for several")] = None,
    label: Annotated[
        list[Annotated[str, Query(max_length=450, pattern=r"^[^\x00=]+=[^\x00]*$")]] | None,
        Query(max_length=16, description="name=value; repeat for an alert that has all of them"),
    ] = None,
    q: Words = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> AlertPage:
    """Alerts, newest first."""
    wanted = incidents.Filter(
        status=status or (),
        severity=severity or (),
        team=team or (),
        service=service or (),
        person=person or (),
        labels=dict(text.split("=", 1) for text in label or ()),
        words=q,
        major=major,
    )
    rows, following = await incidents.listed(gateway.sessions, wanted, limit, cursor)
    return AlertPage(items=[Alert.of(r, gateway.config.current) for r in rows], next_cursor=following)


@router.post("", operation_id="createAlert", status_code=202, responses=problems(404))
async def create_alert(body: NewAlert, caller: Responder, gateway: Gateway) -> Accepted:
    """Raise an alert by hand, or resolve one by its dedup_key. Stored when this is answered."""
    integration = _integration(gateway, body, caller)
    unique = new_id()
    event = AlertEvent(
        dedup_key=body.dedup_key or unique,
        status=body.status,
        title=body.title,
        severity=DomainSeverity(body.severity),
        description=body.description,
        labels=body.labels,
    )
    config, now = gateway.config.current, gateway.time.now()
    groups = taken_in(config, integration, [event], now)
    rows = [row for found in groups for row in inbound(integration.id, found, "", now, unique, config.version)]
    reply = await gateway.commands.answer((await gateway.inbox.put(rows))[:1])
    alert_id = incident_id(groups[0].line_key, reply["episode"]) if reply and reply.get("episode") else None
    alert = Alert.of(await incidents.one(gateway.sessions, alert_id), gateway.config.current) if alert_id else None
    return Accepted(receipt=unique, alert_id=alert_id, alert=alert)


def _integration(gateway: Services, body: NewAlert, caller: Holder) -> Integration:
    """The named integration; or a place of its own for alerts raised by hand."""
    config = gateway.config.current
    if body.integration_id is not None:
        found = config.integrations.get(body.integration_id)
        if found is None:
            raise NotFound("integration", body.integration_id)
        return found
    policy_id = body.policy_id or (POLICY if POLICY in config.policies else next(iter(config.policies), ""))
    if policy_id not in config.policies:
        raise NotFound("policy", policy_id)
    if body.team_id is not None and body.team_id not in config.teams:
        raise NotFound("team", body.team_id)
    ident = derived_id(MANUAL, policy_id, body.team_id)
    return Integration(ident, f"raised by {caller.name}", "generic", policy_id, body.team_id)


@router.get("/counts", operation_id="countAlerts")
async def count_alerts(_: Reader, gateway: Gateway) -> AlertCounts:
    """Open alerts by status."""
    return AlertCounts.model_validate({"open": await incidents.open_counts(gateway.sessions)})


@router.get("/{alert_id}", operation_id="getAlert", responses=problems(404))
async def get_alert(alert_id: str, _: Reader, gateway: Gateway) -> Alert:
    """One alert with its members, and what else is open around its service."""
    body = await incidents.one(gateway.sessions, await incidents.present(gateway.sessions, known(alert_id)))
    return Alert.of(body, gateway.config.current, await related(gateway, body))


def known(alert_id: str) -> str:
    """The id, if an alert may have it. Raises NotFound."""
    parsed = parse_incident_id(alert_id)
    if parsed is None or "\x00" in alert_id or len(alert_id) > 100:
        raise NotFound("alert", alert_id.replace("\x00", ""))
    return alert_id


async def act(
    gateway: Services, alert_id: str, command: Command | TieCommand, response: Response | None
) -> ActionResult:
    """Send a command and show what became of it; 202 if it is recorded and not processed yet.

    With the database away nothing can be looked up: the command is kept in the spool, unseen.
    """
    alert_id, shown = await _shown(gateway, known(alert_id))
    if shown is not None:
        command = replace(command, episode=episode_of(alert_id))
    result = await gateway.commands.send(alert_id, command, gateway.config.current.version)
    _, shown = await _shown(gateway, alert_id)
    if result.reply is None:
        if response is not None:
            response.status_code = 202
            if result.spooled:
                response.headers["Sentinel-Durability"] = "spool"
        return ActionResult(state="recorded", why="", alert=shown)
    done = bool(result.reply.get("done", True))
    return ActionResult(state="done" if done else "ignored", why=str(result.reply.get("why", "")), alert=shown)


async def _shown(gateway: Services, alert_id: str) -> tuple[str, Alert | None]:
    """The alert and its id, the episode filled in; None while the database is away. Raises NotFound."""
    if gateway.outage.away:
        return alert_id, None
    try:
        alert_id = await incidents.present(gateway.sessions, alert_id)
        return alert_id, Alert.of(await incidents.one(gateway.sessions, alert_id), gateway.config.current)
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        return alert_id, None


def episode_of(alert_id: str) -> int:
    """Episode number of an alert id. Raises NotFound."""
    parsed = parse_incident_id(known(alert_id))
    return parsed[1] if parsed is not None else 0


def by(caller: Holder) -> str:
    """Who did it, as shown on the timeline."""
    return caller.name


ACTION = problems(404)


@router.post("/{alert_id}/acknowledge", operation_id="acknowledgeAlert", responses=ACTION)
async def acknowledge(
    alert_id: str, caller: Responder, gateway: Gateway, response: Response, body: Note | None = None
) -> ActionResult:
    """I have it. From the moment this is stored no further page goes out, to me where its policy asks for several."""
    command = Acknowledge(episode_of(alert_id), by(caller), body.note if body else "", caller.user_id)
    return await act(gateway, alert_id, command, response)


@router.post("/{alert_id}/unacknowledge", operation_id="unacknowledgeAlert", responses=ACTION)
async def unacknowledge(
    alert_id: str, caller: Responder, gateway: Gateway, response: Response, body: Note | None = None
) -> ActionResult:
    """I do not have it after all: escalation starts from the first step. What others acknowledged goes on counting."""
    command = Unacknowledge(episode_of(alert_id), by(caller), body.note if body else "", caller.user_id)
    return await act(gateway, alert_id, command, response)


@router.post("/{alert_id}/resolve", operation_id="resolveAlert", responses=ACTION)
async def resolve(
    alert_id: str, caller: Responder, gateway: Gateway, response: Response, body: Note | None = None
) -> ActionResult:
    """It is over."""
    command = Resolve(episode_of(alert_id), by(caller), body.note if body else "")
    return await act(gateway, alert_id, command, response)


@router.post("/{alert_id}/snooze", operation_id="snoozeAlert", responses=ACTION)
async def snooze(
    alert_id: str, body: SnoozeRequest, caller: Responder, gateway: Gateway, response: Response
) -> ActionResult:
    """Quiet until a time; then it escalates from the first step, unless it is resolved."""
    if (body.minutes is None) == (body.until is None):
        raise Invalid("minutes", "Send either minutes or until.")
    try:
        now = await gateway.store.now()
    except RuntimeFault:
        now = gateway.time.now()
    until = body.until.timestamp() if body.until is not None else now + 60.0 * (body.minutes or 0)
    if not now < until <= now + 31 * 86_400:
        raise Invalid("until", "The time must be in the future and at most 31 days away.")
    return await act(gateway, alert_id, Snooze(episode_of(alert_id), by(caller), until, body.note), response)


@router.post("/{alert_id}/notes", operation_id="addAlertNote", responses=ACTION)
async def add_note(
    alert_id: str, body: NewNote, caller: Responder, gateway: Gateway, response: Response
) -> ActionResult:
    """Write something on the timeline."""
    return await act(gateway, alert_id, AddNote(episode_of(alert_id), by(caller), body.note), response)


@router.post("/{alert_id}/reassign", operation_id="reassignAlert", responses=ACTION)
async def reassign(
    alert_id: str, body: ReassignRequest, caller: Responder, gateway: Gateway, response: Response
) -> ActionResult:
    """Call these people now instead of the next step."""
    targets = tuple(t.to_domain() for t in body.targets)
    config = gateway.config.current
    check_people(targets, "targets", config)
    return await act(gateway, alert_id, Reassign(episode_of(alert_id), by(caller), targets, body.note), response)


@router.post("/{alert_id}/escalate", operation_id="escalateAlert", responses=ACTION)
async def escalate(
    alert_id: str, caller: Responder, gateway: Gateway, response: Response, body: Note | None = None
) -> ActionResult:
    """Do not wait: take the next step now."""
    command = EscalateNow(episode_of(alert_id), by(caller), body.note if body else "")
    return await act(gateway, alert_id, command, response)
