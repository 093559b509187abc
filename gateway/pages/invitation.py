"""Accepting an invitation: the one page besides sign-in for somebody who is not signed in."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from domain.errors import Invalid
from domain.validation import check_zone
from gateway.auth.devices import place_of
from gateway.pages import entered, page
from gateway.pages.choosing import OTHER_SITE, Choice
from gateway.services import Services
from storage import access, invitations
from storage.errors import Conflict, NotFound
from storage.tables import InvitationRow

router = APIRouter(include_in_schema=False)
GONE = "This invitation was used already, was taken back, or is older than seven days. Ask for a new one."
AFTER = "/profile"


def _gone(services: Services) -> Response:
    return page(services, "sign_in.html", 404, problem=GONE)


def _form(
    services: Services, invited: InvitationRow, token: str, problem: str = "", status: int = 200, **given: str
) -> Response:
    shown = {"person": given.get("name", invited.name), "zone": given.get("zone", "UTC")}
    zones = sorted(available_timezones()) if invited.user_id is None else []
    return page(
        services, "invitation.html", status, invited=invited, token=token, problem=problem, zones=zones, **shown
    )


@router.get("/invitation/{token}")
async def look(request: Request, token: str) -> Response:
    """A form; looking at it uses nothing up, because link previews follow links."""
    services: Services = request.app.state.services
    invited = await invitations.found(services.sessions, token)
    return _form(services, invited, token) if invited is not None else _gone(services)


@router.post("/invitation/{token}")
async def accept(
    request: Request,
    token: str,
    chosen: Choice,
    name: Annotated[str, Form(max_length=200)] = "",
    zone: Annotated[str, Form(max_length=64)] = "UTC",
) -> Response:
    """Use it up and sign in."""
    services: Services = request.app.state.services
    if not chosen.ours:
        return page(services, "sign_in.html", 403, problem=OTHER_SITE)
    invited = await invitations.found(services.sessions, token)
    if invited is None:
        return _gone(services)
    given = {"name": "".join(c for c in name if c.isprintable()).strip() or invited.name, "zone": zone}
    if problem := chosen.problem or _problem(given):
        return _form(services, invited, token, problem, 422, **given)
    try:
        hashed = await chosen.hashed()
        user = await invitations.accept(services.sessions, services.sealer, token, hashed=hashed, **given)
    except NotFound:
        return _gone(services)
    except Conflict as error:
        return _form(services, invited, token, str(error), 409, **given)
    await services.config.refresh()
    return entered(await access.create_session(services.sessions, user, *place_of(request)), services, AFTER)


def _problem(given: dict[str, str]) -> str:
    """What of the person keeps it from being accepted, in words; "" if nothing does."""
    if not given["name"]:
        return "Say what your name is: it is what others see when you are called."
    try:
        check_zone(given["zone"], "zone")
    except Invalid as error:
        return error.message
    return ""
