"""A plan as it is shown: the same answer for the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from domain.configuration import Configuration, Integration
from domain.enrichment import group_title, taken_in
from domain.masking import hint
from domain.notify import contact_of
from domain.plan import Called, PlannedPage, planned
from domain.plan import Moment as DomainMoment
from domain.plan import Plan as DomainPlan
from domain.plan_warnings import warnings
from domain.route_words import grouped_by, reasons
from domain.targets import Named
from gateway.api.timeline import sentence
from gateway.schemas import plan as wire
from gateway.schemas.base import moment
from integrations.base import Parsed

INCIDENTS_SHOWN = 20


def answer(
    config: Configuration, integration: Integration, parsed: Parsed, at: float, doubts: list[str] | None = None
) -> wire.Plan:
    """What would become of a request at `at` (UTC epoch seconds). `doubts`: warnings about the request itself."""
    title = group_title(integration, parsed.group_title)
    groups = taken_in(config, integration, parsed.events, at, parsed.payloads)
    shown = [planned(config, integration.id, found, at, title) for found in groups[:INCIDENTS_SHOWN]]
    return wire.Plan.model_validate(
        {
            "at": moment(at),
            "integration_id": integration.id,
            "integration": integration.name,
            "configuration_version": config.version,
            "incidents": [_incident(config, found) for found in shown],
            "omitted": len(groups) - len(shown),
            "problems": list(dict.fromkeys(p for found in groups for p in found.problems)),
            "warnings": doubts or [],
        }
    )


def with_open(plan: wire.Plan, open_: Mapping[str, str]) -> wire.Plan:
    """The same, told which incidents are open now (line key -> id)."""
    return plan.model_copy(
        update={"incidents": [i.model_copy(update={"open": open_.get(i.line)}) for i in plan.incidents]}
    )


def _incident(config: Configuration, plan: DomainPlan) -> wire.PlannedIncident:
    group, policy = plan.group, plan.line.policy
    service = config.services.get(group.service_id or "")
    team = config.teams.get(group.team_id or "")
    pages = plan.pages
    return wire.PlannedIncident.model_validate(
        {
            "line": group.line_key,
            "title": plan.line.title or group.events[0].title,
            "severity": plan.line.severity.value if plan.opens else None,
            "alerts": len(group.events),
            "rule": group.rule or "default route",
            "why": reasons(group),
            "grouped_by": grouped_by(group),
            "policy_id": group.policy_id,
            "policy": policy.name if policy is not None else None,
            "policy_version": policy.version if policy is not None else None,
            "service_id": group.service_id,
            "service": service.name if service is not None else None,
            "team_id": group.team_id,
            "team": team.name if team is not None else None,
            "opens": plan.opens,
            "first_page_at": moment(pages[0][1].at) if pages else None,
            "pages": len(pages),
            "complete": plan.complete,
            "moments": [_moment(config, plan.at, m) for m in plan.moments],
            "warnings": [asdict(w) for w in warnings(config, plan)],
        }
    )


def _moment(config: Configuration, start: float, found: DomainMoment) -> dict[str, Any]:
    kind, body = type(found.event).__name__, msgspec.to_builtins(found.event)
    named: dict[str, Named] = {n.user_id: n for n in getattr(found.event, "named", ())}
    return {
        "at": moment(found.at),
        "after_s": found.at - start,
        "kind": kind,
        "text": sentence(kind, body, config),
        "calls": [_call(config, start, call, named.get(call.user_id)) for call in found.called],
    }


def _call(config: Configuration, start: float, call: Called, by: Named | None) -> dict[str, Any]:
    user = config.called(call.user_id)
    from_schedule = by if by is not None and by.schedule_id is not None else None
    return {
        "user_id": call.user_id,
        "user": user.name if user is not None else call.user_id,
        "urgency": call.urgency,
        "schedule_id": from_schedule.schedule_id if from_schedule is not None else None,
        "schedule": from_schedule.schedule if from_schedule is not None else None,
        "source": from_schedule.source if from_schedule is not None else None,
        "shift_end": moment(from_schedule.end) if from_schedule is not None else None,
        "pages": [_page(config, start, call, page) for page in call.pages],
    }


def _page(config: Configuration, start: float, call: Called, page: PlannedPage) -> dict[str, Any]:
    user = config.called(call.user_id)
    contact = contact_of(user, page.contact_method_id) if user is not None else None
    return {
        "at": moment(page.at),
        "after_s": page.at - start,
        "contact_method_id": page.contact_method_id,
        "channel": page.channel,
        "contact": contact.label if contact is not None else "",
        "address_hint": hint(contact.channel, contact.address) if contact is not None else "",
        "rule": page.rule + 1,
        "fallback": call.rules[page.rule].fallback,
    }
