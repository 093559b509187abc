"""Calendars out: subscriptions (REST) and the calendars themselves (/calendar/TOKEN.ics, no session needed)."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from domain.errors import Invalid
from domain.roles import allows
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader
from gateway.calendar_out import Order, Saved, wanted
from gateway.problems import ProblemError
from gateway.schemas.base import problems
from gateway.schemas.rota import CalendarToken, CalendarTokenInput, CalendarTokenList, NewCalendarToken
from storage import calendar_tokens
from storage.access import Holder
from storage.errors import Conflict
from storage.tables import CalendarTokenRow

router = APIRouter(prefix="/calendar-tokens", tags=["calendars"])
public = APIRouter(tags=["calendars"])
CACHE = "private, max-age=300"


def _shown(row: CalendarTokenRow) -> CalendarToken:
    return CalendarToken.model_validate(
        {f: getattr(row, f) for f in ("id", "name", "kind", "subject_id", "user_id", "hint", "created_at", "used_at")}
    )


def _all_of(caller: Holder) -> str | None:
    """Whose subscriptions the caller may see: their own, or, for administrators, everybody's (None)."""
    return None if allows(caller.role, caller.scopes, "admin") else caller.user_id or ""


@router.get("", operation_id="listCalendarTokens")
async def list_tokens(caller: Reader, gateway: Gateway) -> CalendarTokenList:
    """Your subscriptions; an administrator sees everybody's."""
    rows = await calendar_tokens.listed(gateway.sessions, _all_of(caller))
    return CalendarTokenList(items=[_shown(r) for r in rows])


@router.post("", operation_id="createCalendarToken", status_code=201, responses=problems(409))
async def create_token(body: CalendarTokenInput, caller: Reader, gateway: Gateway) -> NewCalendarToken:
    """The address of a calendar for a person, schedule or team, for a calendar program to subscribe to."""
    if caller.user_id is None:
        raise ProblemError(403, "This key belongs to no person; make the subscription with a key of your own.")
    if wanted(gateway.config.current, body.kind, body.subject_id) is None:
        raise Invalid("subject_id", f"There is no {body.kind} with id {body.subject_id!r}.")
    made = await calendar_tokens.create(
        gateway.sessions, caller.name, caller.user_id, body.name, body.kind, body.subject_id
    )
    if made is None:
        raise Conflict(f"You have {calendar_tokens.MAX_TOKENS} subscriptions already; revoke some.")
    row, token = made
    url = f"{gateway.settings.url}/calendar/{token}.ics"
    webcal = f"webcal://{url.partition('://')[2]}"
    return NewCalendarToken(**_shown(row).model_dump(), url=url, webcal_url=webcal)


@router.delete("/{token_id}", operation_id="revokeCalendarToken", status_code=204, responses=problems(404))
async def revoke_token(token_id: PathId, caller: Reader, gateway: Gateway) -> Response:
    """The address stops working at once."""
    await calendar_tokens.revoke(gateway.sessions, caller.name, token_id, _all_of(caller))
    return Response(status_code=204)


@public.head("/calendar/{token}.ics", include_in_schema=False)
@public.get("/calendar/{token}.ics", operation_id="getCalendar", responses=problems(404))
async def get_calendar(
    token: Annotated[str, Path(max_length=100, pattern=r"^snt_cal_[A-Za-z0-9_-]+$")], request: Request, gateway: Gateway
) -> Response:
    """The calendar of a subscription, as text/calendar. Whoever knows the address may read it."""
    row = await calendar_tokens.holder(gateway.sessions, token)
    config = gateway.config.current
    asked = wanted(config, row.kind, row.subject_id) if row is not None else None
    if asked is None:
        raise ProblemError(404, "There is no such calendar: its address was revoked, or what it showed is gone.")
    saved = {k: Saved(*v) for k, v in (await calendar_tokens.last_saved(gateway.sessions, config.version)).items()}
    order = Order(config, asked, saved, gateway.settings.url, await gateway.store.now())
    # In a thread: a team's calendar takes a second, and alerts must not wait for it.
    body, tag = await asyncio.to_thread(gateway.calendars_out.get, order)
    headers = {"ETag": tag, "Cache-Control": CACHE, "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
    if tag in [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="on-call.ics"'
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)
