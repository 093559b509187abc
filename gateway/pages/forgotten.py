"""A forgotten password: a mail to the account's own address with a link that sets a new one.

Nothing here tells whether an account exists: the answer is the same, and is given before anybody looks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from gateway.auth.attempts import MAX_FROM_ADDRESS, Attempts
from gateway.auth.devices import place_of
from gateway.auth.principal import same_origin
from gateway.pages import page
from gateway.pages.choosing import OTHER_SITE, Choice
from gateway.services import Services
from gateway.single_page import single_page
from runtime.effects import Accepted
from storage import resets
from storage.errors import NotFound

log = structlog.get_logger("sentinel.gateway")
SEND_S = 10.0
GONE = "This link was used already, or is older than 30 minutes. Ask for a new one."

router = APIRouter(prefix="/forgotten", include_in_schema=False)
asks = Attempts()


def _page(services: Services, problem: str = "", status: int = 200, asked: str = "") -> Response:
    mail = services.channels["email"].configured
    return page(services, "forgotten.html", status, problem=problem, asked=asked, mail=mail)


@router.get("")
async def form(request: Request) -> Response:
    """The address to send it to; without a mail server, who can help."""
    return _page(request.app.state.services)


@router.post("")
async def ask(request: Request, email: Annotated[str, Form(max_length=254)]) -> Response:
    """The same answer whoever is asked for, at once; the mail goes afterwards. Each asking counts as an attempt."""
    services: Services = request.app.state.services
    email, address = "".join(c for c in email if c.isprintable()).strip(), place_of(request)[1]
    who = f"{email.lower()}|{address}"
    if not same_origin(request):
        return _page(services, OTHER_SITE, 403)
    if not services.channels["email"].configured:
        return _page(services, status=409)
    if not asks.allowed(who) or not asks.allowed(address, MAX_FROM_ADDRESS):
        return _page(services, "Asked for too often. Wait five minutes and try again.", 429)
    if services.outage.away:
        return _page(services, "The database does not answer: no link can be made now. Try again in a moment.", 503)
    asks.failed(who)
    asks.failed(address)
    response = _page(services, asked=email)
    response.background = BackgroundTask(_mail, services, email, place_of(request))
    return response


async def _mail(services: Services, email: str, place: tuple[str, str]) -> None:
    """Send the link, if there is an account to send it for."""
    device, address = place
    try:
        asked = await resets.ask(services.sessions, email, address)
    except SQLAlchemyError as error:
        log.warning("reset_not_made", why=repr(error), meaning="somebody waits for a mail; they will ask again")
        return
    if asked is None:
        return
    text = (
        f"Somebody asked for a new password for {asked.email} at Fangorn Sentinel, with {device} from {address}.\n"
        "If it was you, open this address within 30 minutes and choose one. It works once.\n"
        "If it was not you, do nothing: your password stays as it is."
    )
    mail = single_page(services, asked.name, asked.email, {}, "A new password for Fangorn Sentinel", text)
    mail = replace(mail, url=f"{services.settings.url}/forgotten/{asked.token}")
    outcome = await services.channels["email"].send(mail, SEND_S)
    if not isinstance(outcome, Accepted):
        log.warning("reset_not_mailed", why=outcome.reason, meaning="somebody waits for a mail that does not come")


@router.get("/{token}")
async def look(request: Request, token: str) -> Response:
    """A form; looking at it uses nothing up, because link previews follow links."""
    services: Services = request.app.state.services
    email = await resets.found(services.sessions, token)
    if email is None:
        return _page(services, GONE, 404)
    return page(services, "new_password.html", token=token, email=email)


@router.post("/{token}")
async def choose(request: Request, token: str, chosen: Choice) -> Response:
    """Set it, and sign every browser out: whoever knew the old password may be in one. Then one signs in."""
    services: Services = request.app.state.services
    if not chosen.ours:
        return _page(services, OTHER_SITE, 403)
    email = await resets.found(services.sessions, token)
    if email is None:
        return _page(services, GONE, 404)
    if chosen.problem:
        return page(services, "new_password.html", 422, token=token, email=email, problem=chosen.problem)
    try:
        await resets.use(services.sessions, token, await chosen.hashed(), place_of(request)[1])
    except NotFound:
        return _page(services, GONE, 404)
    await services.config.refresh()
    return page(services, "sign_in.html", note="Your password is set. Sign in with it.")
