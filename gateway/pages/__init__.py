"""The few pages the gateway serves itself: sign-in and the outbox, which work without the console's process.

Server-rendered, no script from elsewhere. The console's pages: gateway/console.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader

from domain.incident import Acknowledge
from domain.roles import allows
from gateway.api.alerts import act, episode_of
from gateway.auth.attempts import MAX_FROM_ADDRESS, Attempts
from gateway.auth.devices import place_of
from gateway.auth.passwords import verify
from gateway.auth.principal import COOKIE, holder_of, same_origin
from gateway.services import Services
from storage import access, incidents, outbox
from storage.access import Holder
from storage.errors import NotFound

HERE = Path(__file__).parent
PAGES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send `Origin: null` with a form, even to us
    "Cache-Control": "no-store",
}
SESSION_S = 14 * 86_400
FRONT = "/incidents"
WELCOME = "/welcome"
SHOWN = 100

router = APIRouter(include_in_schema=False)
static = StaticFiles(directory=HERE / "static")
attempts = Attempts()


def page(services: Services, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template with the security headers."""
    return HTMLResponse(PAGES.get_template(name).render(base=services.settings.base, **values), status, HEADERS)


def unavailable(services: Services, title: str, text: str, outbox: bool) -> Response:
    """A page that looks again by itself. `outbox`: whether that can be used meanwhile."""
    response = page(services, "unavailable.html", 503, title=title, text=text, outbox=outbox)
    response.headers["Retry-After"] = "2"
    return response


def unsure(services: Services) -> Response:
    """For somebody whom only the database could tell from a stranger, now that it is away."""
    text = "Who you are cannot be looked up now. Alerts are taken and people are paged meanwhile."
    return unavailable(services, "The database does not answer", text, outbox=False)


async def signed_in(request: Request) -> Holder | None:
    """The holder of the session."""
    return await holder_of(request, request.app.state.services)


@router.get("/")
async def home() -> Response:
    """What is open is what one comes for."""
    return RedirectResponse(FRONT, 303)


def narrowed(incident_id: str) -> str:
    """The id as a query, cleaned of anything that is not part of one."""
    return "incident=" + "".join(c for c in incident_id if c.isalnum() or c == "-")


@router.get("/outbox")
async def outbox_page(request: Request, incident: str = "", state: str = "") -> Response:
    """Every page: to whom, by what, what became of it."""
    services: Services = request.app.state.services
    holder = await signed_in(request)
    if holder is None:
        return RedirectResponse("/sign-in", 303)
    return page(services, "outbox.html", holder=holder, **await _rows(request, incident, state, holder))


@router.get("/outbox/rows")
async def outbox_rows(request: Request, incident: str = "", state: str = "") -> Response:
    """The table alone, for the page's refresh."""
    services: Services = request.app.state.services
    holder = await signed_in(request)
    if holder is None:
        return page(services, "sign_in.html", 401, problem="You are signed out.")
    return page(services, "rows.html", holder=holder, **await _rows(request, incident, state, holder))


async def _rows(request: Request, incident: str, state: str, holder: Holder) -> Mapping[str, Any]:
    services: Services = request.app.state.services
    may_respond = allows(holder.role, holder.scopes, "respond")
    if services.outage.away:
        return {"away": True, "rows": [], "incident": incident, "state": state, "may_respond": may_respond}
    incident = await incidents.present(services.sessions, incident.replace("\x00", ""))
    wanted = outbox.Filter(state=state.replace("\x00", ""), incident=incident)
    rows, _ = await outbox.listed(services.sessions, wanted, SHOWN, None)
    viewer = services.config.current.users.get(holder.user_id or "")
    zone = ZoneInfo(viewer.zone if viewer is not None else "UTC")
    for row in rows:
        row["at"] = datetime.fromtimestamp(row["sent_at"] or row["created_at"], zone)
    return {
        "away": False,
        "rows": rows,
        "zone": zone.key,
        "incident": incident,
        "state": state,
        "watch": await services.figures.watch(),
        "may_respond": may_respond,
    }


@router.post("/outbox/acknowledge")
async def acknowledge(request: Request, incident: Annotated[str, Form(max_length=100)]) -> Response:
    """The button beside a page."""
    services: Services = request.app.state.services
    holder = await signed_in(request)
    if holder is None or not same_origin(request) or not allows(holder.role, holder.scopes, "respond"):
        return page(services, "sign_in.html", 403, problem="You may not acknowledge; sign in as a responder.")
    try:
        await act(services, incident, Acknowledge(episode_of(incident), holder.name, "", holder.user_id), None)
    except NotFound as error:
        return page(services, "sign_in.html", 404, problem=str(error))
    return RedirectResponse(f"/outbox?{narrowed(incident)}", 303)


def own(path: str, base: str) -> str:
    """Where to go after signing in: a path of ours, never another site. `path` is the browser's, beneath `base`."""
    path = path.removeprefix(base) if path.startswith(base + "/") else FRONT
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and path.isprintable()
    return path if ours else FRONT


@router.get("/sign-in")
async def sign_in_form(request: Request, next: str = FRONT) -> Response:
    """E-mail and password."""
    services: Services = request.app.state.services
    return page(services, "sign_in.html", next=own(next, services.settings.base))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    email: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form(max_length=2000)] = FRONT,
) -> Response:
    """The same answer for a wrong password and an unknown account, after the same time."""
    services: Services = request.app.state.services
    to = own(next, services.settings.base)
    device, address = place_of(request)
    who = f"{email.lower()}|{address}"
    if not same_origin(request):
        return page(services, "sign_in.html", 403, problem="This request came from another site.")
    if not attempts.allowed(who) or not attempts.allowed(address, MAX_FROM_ADDRESS):
        return page(
            services, "sign_in.html", 429, problem="Too many attempts. Wait five minutes and try again.", next=to
        )
    found = await access.password_of(services.sessions, email.replace("\x00", ""))
    if not await verify(password, found[1] if found else None) or found is None:
        attempts.failed(who)
        attempts.failed(address)
        return page(services, "sign_in.html", 401, problem="E-mail address or password is wrong.", next=to)
    session = await access.create_session(services.sessions, found[0], device, address)
    return entered(session, services, await _onwards(services, found[0], to))


async def _onwards(services: Services, user_id: str, to: str) -> str:
    """An administrator of an installation without any schedule is led through its setup first."""
    if to != FRONT or services.config.current.schedules:
        return to
    return WELCOME if await access.role_of(services.sessions, user_id) == "admin" else to


@router.get("/sign-in/{token}")
async def one_time(request: Request, token: str) -> Response:
    """A button, because link previews follow links: only pressing it uses the token up."""
    services: Services = request.app.state.services
    return page(services, "one_time.html", token=token)


@router.post("/sign-in/{token}")
async def redeem(request: Request, token: str) -> Response:
    """Use the token up and sign in."""
    services: Services = request.app.state.services
    session = (
        await access.redeem_sign_in(services.sessions, token, *place_of(request)) if same_origin(request) else None
    )
    if session is None:
        return page(
            services,
            "sign_in.html",
            401,
            problem="This link was used already or is too old. Start Sentinel again for a new one.",
        )
    holder = await access.session_holder(services.sessions, session)
    return entered(session, services, await _onwards(services, (holder and holder.user_id) or "", FRONT))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    services: Services = request.app.state.services
    if same_origin(request):
        await access.end_session(services.sessions, request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, services.settings.base or "/")
    return response


def entered(session: str, services: Services, to: str) -> Response:
    """On to a page, with the session's cookie."""
    response = RedirectResponse(to, 303)
    secure = services.settings.url.startswith("https://")
    path = services.settings.base or "/"
    response.set_cookie(COOKIE, session, max_age=SESSION_S, path=path, httponly=True, samesite="strict", secure=secure)
    return response
