"""Why was who paged, and why was I not? From the page ledger."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from domain.explain import explain
from domain.explain_person import ABOUT_S, found
from domain.explain_person import explain_person as person_explained
from domain.validation import check_zone
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.base import Moment, problems
from gateway.schemas.explain import Explanation, PersonExplanation
from storage import explain as stored
from storage.errors import NotFound

router = APIRouter(tags=["explain"])
Zone = Annotated[str, Query(max_length=100, description="IANA zone of the times in sentences; default UTC")]


@router.get("/incidents/{incident_id}/explain", operation_id="explainIncident", responses=problems(404))
async def explain_incident(incident_id: PathId, _: Reader, gateway: Gateway, zone: Zone = "UTC") -> Explanation:
    """Every page of an incident with its cause and fate, and why others were not paged."""
    check_zone(zone, "zone")
    facts = await stored.incident_facts(gateway.sessions, incident_id)
    return Explanation.of(explain(facts, stored.names(gateway.config.current), ZoneInfo(zone)), zone)


@router.get("/explain", operation_id="explainPerson", responses=problems(404))
async def explain_person(
    _: Reader,
    gateway: Gateway,
    person: Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$", description="Id, e-mail or name of a user")],
    at: Annotated[Moment, Query(description="The instant in question")],
    zone: Annotated[str | None, Query(max_length=100, description="Default: the person's own")] = None,
) -> PersonExplanation:
    """What a person was on call for at an instant, which incidents were open, and what each did about them."""
    config = gateway.config.current
    user = found(config.users, person)
    if user is None:
        raise NotFound("user", person)
    zone, instant = user.zone if zone is None else zone, at.timestamp()
    check_zone(zone, "zone")
    facts = await stored.person_facts(gateway.sessions, user.id, instant, ABOUT_S)
    return PersonExplanation.of(person_explained(facts, stored.names(config), ZoneInfo(zone)), zone)
