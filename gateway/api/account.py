"""One's own account: name, password, and the browsers that are signed in. Only for who is signed in, not for keys."""

from __future__ import annotations

from fastapi import APIRouter, Response

from channels.addresses import check_address
from domain.errors import Invalid
from domain.validation import check_zone
from gateway.api.parameters import PathId
from gateway.api.users import get_user
from gateway.auth.attempts import Attempts
from gateway.auth.passwords import hash_password, verify
from gateway.auth.principal import Gateway, Person
from gateway.problems import ProblemError
from gateway.schemas.accounts import Ended, PasswordChange, ProfileInput, Session, SessionList
from gateway.schemas.base import problems
from gateway.schemas.people import User
from gateway.then import Then
from storage import accounts
from storage.access import Holder
from storage.bootstrap import PLACEHOLDER
from storage.changes import act
from storage.tables import SessionRow

router = APIRouter(prefix="/me", tags=["access"])
attempts = Attempts()


def _own(caller: Holder) -> str:
    if caller.user_id is None:
        raise AssertionError("a session belongs to a person")
    return caller.user_id


@router.put("", operation_id="replaceMe", responses=problems(409))
async def replace_me(body: ProfileInput, caller: Person, gateway: Gateway) -> User:
    """Name, address to sign in with, and time zone."""
    check_zone(body.zone, "zone")
    if body.email == PLACEHOLDER:
        detail = f"{PLACEHOLDER} was made up at the first start. Write your own address: you sign in with it."
        raise Invalid("email", detail)
    email = check_address("email", body.email, "email")
    await accounts.rename(gateway.sessions, caller.name, _own(caller), body.name, email, body.zone)
    await gateway.config.refresh()
    return await get_user(_own(caller), caller, Then(gateway, None))


@router.put("/password", operation_id="changePassword", status_code=204, responses=problems(429))
async def change_password(body: PasswordChange, caller: Person, gateway: Gateway) -> Response:
    """Signs every other browser out. Five wrong answers, then five minutes' wait."""
    who = _own(caller)
    present = await accounts.password_hash(gateway.sessions, who)
    if present is not None:
        if not attempts.allowed(who):
            detail = "Too many wrong answers. Wait five minutes and try again."
            raise ProblemError(429, detail, {"Retry-After": "300"})
        if not await verify(body.current.get_secret_value(), present):
            attempts.failed(who)
            raise Invalid("current", "This is not the present password.")
    hashed = await hash_password(body.new.get_secret_value())
    await accounts.set_password(gateway.sessions, caller.name, who, hashed, caller.session)
    return Response(status_code=204)


@router.get("/sessions", operation_id="listSessions")
async def list_sessions(caller: Person, gateway: Gateway) -> SessionList:
    """Where one is signed in."""
    rows = await accounts.listed(gateway.sessions, _own(caller))
    return SessionList(items=[_shown(row, caller.session) for row in rows])


def _shown(row: SessionRow, current: str) -> Session:
    fields = {name: getattr(row, name) for name in Session.model_fields if name != "current"}
    return Session(**fields, current=row.id == current)


@router.delete("/sessions", operation_id="endOtherSessions")
async def end_other_sessions(caller: Person, gateway: Gateway) -> Ended:
    """Sign every browser out but this one."""
    async with act(gateway.sessions, caller.name, "end_others", f"session/{caller.session}") as session:
        return Ended(ended=await accounts.end_others(session, _own(caller), caller.session))


@router.delete("/sessions/{session_id}", operation_id="endSession", status_code=204, responses=problems(404))
async def end_session(session_id: PathId, caller: Person, gateway: Gateway) -> Response:
    """Sign that browser out; the one that asks, too."""
    await accounts.end(gateway.sessions, caller.name, _own(caller), session_id)
    return Response(status_code=204)
