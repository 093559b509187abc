"""`sentinel plan-page`: who would be paged for an alert, and what is wrong with that. Reads the database only."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from cli.asking import asked, found
from cli.explain import instant
from cli.explain import moment as moment_of
from cli.progress import Failed, say
from domain.configuration import Configuration, Integration
from domain.errors import Invalid
from domain.explain_words import channel, duration
from domain.validation import check_zone
from domain.wall import reading
from gateway.api.planned import answer
from gateway.api.preview import lost_resolutions, parsed_as
from gateway.schemas.plan import Plan, PlannedCall, PlannedIncident, TriedAlert
from integrations.base import Parsed
from storage.settings import Settings

WIDTH = 10


@dataclass(frozen=True, slots=True)
class Alert:
    """As given on the command line; "" is not given."""

    title: str
    severity: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An alert or the file of a payload ("-": standard input) at an integration, at an instant."""

    integration: str
    payload: Path | None
    alert: Alert
    at: str
    zone: str
    as_json: bool
    as_of: str = ""


def run(settings: Settings, question: Question) -> None:
    """Raises Failed for a question that is none."""
    try:
        check_zone(question.zone, "--zone")
        config, now = asyncio.run(asked(settings, moment_of(question.as_of)))
        plan = planned(config, question, now)
    except Invalid as error:
        raise Failed(f"{error.field}: {error.message}") from error
    lines = [plan.model_dump_json(indent=1)] if question.as_json else told(plan, ZoneInfo(question.zone))
    for line in lines:
        say(line)


def planned(config: Configuration, question: Question, now: float) -> Plan:
    """The answer of the API. `now`: UTC epoch seconds. Raises Invalid or Failed."""
    integration = found("integration", config.integrations, question.integration)
    at = instant(question.at, ZoneInfo(question.zone)) if question.at else now
    parsed = _parsed(integration, question, at)
    return answer(config, integration, parsed, at, lost_resolutions(config, integration, parsed, at))


def _parsed(integration: Integration, question: Question, at: float) -> Parsed:
    given = question.alert
    if question.payload is None:
        return Parsed((_alert(given).to_domain(at),))
    if given != Alert("", "", ()):
        raise Failed("give either --payload, or --title, --label and --severity")
    try:
        text = sys.stdin.read() if str(question.payload) == "-" else question.payload.read_text(encoding="utf-8")
        body = json.loads(text)
    except (OSError, ValueError) as error:
        raise Failed(f"--payload: {question.payload} is no JSON that can be read: {error}") from error
    return parsed_as(integration, body, at)


def _alert(given: Alert) -> TriedAlert:
    labels: dict[str, str] = {}
    for text in given.labels:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Failed(f"--label: {text!r} is no label; write it like service=checkout")
        labels[name] = value
    fields = {"labels": labels} | {k: v for k, v in (("title", given.title), ("severity", given.severity)) if v}
    try:
        return TriedAlert.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Failed(f"--{first['loc'][0]}: {first['msg']}") from error


def told(plan: Plan, zone: ZoneInfo) -> list[str]:
    """The lines for a person."""
    lines = [f"An alert at {plan.integration}, {reading(plan.at.timestamp(), zone)} {zone.key}, if nobody answers:"]
    for incident in plan.incidents:
        lines += ["", *_incident(incident, zone)]
    if plan.omitted:
        lines += ["", f"and {plan.omitted} more incident(s)"]
    return [*lines, *(f"  ! {doubt}" for doubt in plan.warnings)]


def _incident(incident: PlannedIncident, zone: ZoneInfo) -> list[str]:
    of = f" of service {incident.service}" if incident.service else ""
    severity = f" ({incident.severity})" if incident.severity else ""
    policy = f"policy {incident.policy} v{incident.policy_version}" if incident.policy else "no policy"
    lines = [
        f"{incident.title}{severity}{of}",
        f"  goes to {policy} by {incident.rule}: {'; '.join(incident.why)}",
        f"  one incident: {incident.grouped_by}",
    ]
    for moment in incident.moments:
        after = f"+{duration(moment.after_s)}"
        lines.append(f"  {after:<{WIDTH}} {moment.text}")
        lines += [f"  {'':<{WIDTH}}   {_call(call, moment.after_s, zone)}" for call in moment.calls]
    lines += [f"  ! {warning.text}" for warning in incident.warnings]
    if not incident.opens:
        lines.append("  Nobody is paged: it opens no incident.")
    elif not incident.pages:
        lines.append("  ! NOBODY IS PAGED.")
    return lines


def _call(call: PlannedCall, after_s: float, zone: ZoneInfo) -> str:
    shift = ""
    if call.schedule is not None and call.shift_end is not None:
        shift = f" (shift in {call.schedule} until {reading(call.shift_end.timestamp(), zone)})"
    ways = []
    for page in call.pages:
        where = " ".join(part for part in (channel(page.channel or "a removed contact"), page.address_hint) if part)
        where = f"{where} (fallback)" if page.fallback else where
        later = page.after_s - after_s
        ways.append(f"{where} after {duration(later)}" if later else where)
    return f"{call.user}{shift}: {', '.join(ways) or 'no page'}"
