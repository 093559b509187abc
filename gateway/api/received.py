"""What came in at an integration of late and what became of it, a test alert, and what to configure in a sender."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter

from domain.configuration import Configuration
from domain.decided import decided, most
from domain.incident import incident_id
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, Responder
from gateway.bare import Refused
from gateway.ingest import PREFIX
from gateway.last_requests import Arrival, Shown
from gateway.problems import ProblemError
from gateway.schemas.alerts import Accepted, Alert
from gateway.schemas.base import moment, problems
from gateway.schemas.received import ReceivedRequest, ReceivedRequests, RequestOutcome, SnippetList, TestAlert
from gateway.services import Services
from gateway.snippets import KEY, snippets
from integrations.registry import TYPES
from runtime.ids import new_id
from storage import decided as storage
from storage import incidents
from storage.errors import NotFound

router = APIRouter(prefix="/integrations", tags=["integrations"])
TEST_LABEL = "sentinel_test"
Events = dict[str, list[storage.Caused]]


@router.get("/{integration_id}/requests", operation_id="listReceivedRequests", responses=problems(404))
async def list_requests(integration_id: PathId, _: Reader, gateway: Gateway) -> ReceivedRequests:
    """What senders sent of late, refused or not, how it was answered and what was decided."""
    config = _known(gateway, integration_id)
    last = await gateway.last_requests.of(integration_id)
    entities = {f"incident/{line}" for shown in last.requests for line, _, _ in shown.lines}
    ids = [ident for shown in last.requests for ident in shown.inbox_ids]
    # What is undone first: what is processed in between has its events, and does not look as if it had none.
    undone = await storage.undone(gateway.sessions, ids) if ids else frozenset()
    found = await storage.caused(gateway.sessions, entities, ids) if ids else []
    items = [_item(shown, found, undone, config) for shown in last.requests]
    return ReceivedRequests(items=items, complete=last.complete, unattributed_today=last.strangers)


def _known(gateway: Services, integration_id: str) -> Configuration:
    config = gateway.config.current
    if integration_id not in config.integrations:
        raise NotFound("integration", integration_id)
    return config


def _item(shown: Shown, found: list[storage.Caused], undone: frozenset[int], config: Configuration) -> ReceivedRequest:
    outcomes = [_outcome(shown, line, found, undone, config) for line in shown.lines]
    decision = most([o.decision for o in outcomes])
    text = outcomes[0].text if outcomes else "It was understood and held no alerts."
    if shown.refused or shown.status >= 400:
        decision, text = "refused", shown.refused or "It was not taken."
    same = {name: getattr(shown, name) for name in ("source", "method", "status", "alerts", "headers", "payload")}
    return ReceivedRequest(
        at=moment(shown.at), decision=decision, text=text, outcomes=outcomes, size=shown.size, by=shown.by, **same
    )


def _outcome(
    shown: Shown,
    line: tuple[str, str, str],
    found: list[storage.Caused],
    undone: frozenset[int],
    config: Configuration,
) -> RequestOutcome:
    key, policy_id, rule = line
    own = [e for e in found if e.entity == f"incident/{key}" and e.inbox_id in shown.inbox_ids]
    decision, text = decided(own, processed=not undone.intersection(shown.inbox_ids), spooled=shown.spooled)
    episode = next((e.episode for e in own if e.episode), 0)
    policy = config.policies.get(policy_id)
    return RequestOutcome(
        decision=decision,
        text=text,
        incident_id=incident_id(key, episode) if episode else None,
        rule=rule or "default route",
        policy_id=policy_id,
        policy=policy.name if policy is not None else "",
    )


@router.post("/{integration_id}/test", operation_id="testIntegration", status_code=202, responses=problems(404))
async def test_integration(integration_id: PathId, body: TestAlert, caller: Responder, gateway: Gateway) -> Accepted:
    """A real alert, as a sender of this kind sends it, by the way that senders' alerts take. It pages people."""
    integration = _known(gateway, integration_id).integrations[integration_id]
    fresh = new_id()
    arrival = Arrival(
        gateway.time.now(), "this console or API", "POST", {"content-type": "application/json"}, integration_id
    )
    arrival.by = caller.name
    raw = msgspec.json.encode(_as_sent(integration.type, body, fresh))
    try:
        taken = await gateway.ingest.accept(arrival, TYPES[integration.type], integration, raw, fresh)
    except Refused as refused:
        raise ProblemError(refused.status, refused.detail) from refused
    gateway.last_requests.note(arrival, taken)
    reply = await gateway.commands.answer(arrival.inbox_ids[:1])
    alert_id = incident_id(arrival.lines[0][0], reply["episode"]) if reply and reply.get("episode") else None
    alert = Alert.of(await incidents.one(gateway.sessions, alert_id), gateway.config.current) if alert_id else None
    return Accepted(receipt=fresh, alert_id=alert_id, alert=alert)


def _as_sent(kind: str, body: TestAlert, unique: str) -> object:
    """A body of this kind of sender, of an alert that no other one is."""
    labels = {**body.labels, TEST_LABEL: "true"}
    if kind == "generic":
        return {"title": body.title, "severity": body.severity, "dedup_key": f"test {unique}", "labels": labels}
    labels = {"alertname": "SentinelTest", "severity": body.severity, **labels}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": body.title},
        "fingerprint": f"test {unique}",
    }
    return {"version": "4", "groupKey": f"test {unique}", "status": "firing", "alerts": [alert]}


@router.get("/{integration_id}/snippets", operation_id="listSnippets", responses=problems(404))
async def list_snippets(integration_id: PathId, _: Reader, gateway: Gateway) -> SnippetList:
    """What to configure in a sender. Making a key answers the same with the key in it, once."""
    kind = _known(gateway, integration_id).integrations[integration_id].type
    return SnippetList(items=snippets(kind, f"{gateway.settings.url}{PREFIX}{kind}", KEY), key=KEY)
