"""Verified contact methods: a code goes to the address by its own channel, and whoever reads it there sends it back.

Guessing is slow: five answers to a code, which counts for ten minutes; a minute between two codes, five after one that
was used up. Counted in the database, so that it holds over all gateways.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from sqlalchemy import func, update

from domain.errors import Invalid
from gateway.api.contacts import shown, theirs
from gateway.api.parameters import PathId
from gateway.auth.attempts import MAX_FAILURES, PAUSE_S
from gateway.auth.principal import Gateway, Reader, look_after
from gateway.problems import ProblemError
from gateway.schemas.base import problems
from gateway.schemas.people import CodeSent, Contact, ContactCode
from gateway.services import Services
from gateway.single_page import pause, reachable, since, single_page
from runtime.effects import Rejected
from storage.changes import act, change
from storage.contacts import opened
from storage.tables import ContactMethodRow, UserRow

router = APIRouter(prefix="/users", tags=["users"])
CODE_LASTS_S = 600.0
NEXT_CODE_S = 60.0
SEND_S = 5.0


@dataclass(frozen=True, slots=True)
class _Code:
    """To be sent, by whatever channel and to whatever address the contact method has at that moment."""

    code: str
    until: datetime
    channel: str
    address: str
    settings: Mapping[str, str]
    user_name: str


@router.post(
    "/{user_id}/contact-methods/{contact_id}/verification",
    operation_id="sendVerificationCode",
    status_code=202,
    responses=problems(404, 409, 429),
)
async def send_code(user_id: PathId, contact_id: PathId, caller: Reader, gateway: Gateway) -> CodeSent:
    """Send a new code to the address; the one before does not count any more."""
    look_after(caller, user_id)
    made = await _made(user_id, contact_id, caller.name, gateway)
    text = (
        f"The code {made.code} shows that this address is yours. Enter it in Fangorn Sentinel within ten minutes.\n"
        "If you did not ask for it, somebody has entered your address by mistake; without the code nothing comes of it."
    )
    subject = f"{made.code} is your Sentinel code"
    page = single_page(gateway, made.user_name, made.address, made.settings, subject, text)
    outcome = await gateway.channels[made.channel].send(page, SEND_S)
    if isinstance(outcome, Rejected):
        raise ProblemError(409, f"The code could not be sent: {outcome.reason}")
    return CodeSent(expires_at=made.until)


async def _made(user_id: str, contact_id: str, actor: str, gateway: Services) -> _Code:
    async with act(gateway.sessions, actor, "send_code", f"contact_method/{contact_id}") as session:
        row, now = await reachable(session, user_id, contact_id, gateway, "there is nothing to verify")
        pause("code", since(row.code_sent_at, now), PAUSE_S if row.code_tries >= MAX_FAILURES else NEXT_CODE_S)
        code, (address, settings) = f"{secrets.randbelow(10**6):06}", opened(row, gateway.sealer)
        row.code, row.code_sent_at, row.code_tries = gateway.sealer.seal({"code": code}), now, 0
        user = await session.get_one(UserRow, user_id)
        until = now + timedelta(seconds=CODE_LASTS_S)
        return _Code(code, until, row.channel, address, settings, user.name)


@router.post(
    "/{user_id}/contact-methods/{contact_id}/verification/confirm",
    operation_id="confirmVerificationCode",
    responses=problems(404, 409, 429),
)
async def confirm_code(
    user_id: PathId, contact_id: PathId, body: ContactCode, caller: Reader, gateway: Gateway
) -> Contact:
    """The address is verified if this is the code that was sent to it."""
    look_after(caller, user_id)
    sent = await _tried(user_id, contact_id, gateway)
    if not hmac.compare_digest(str(gateway.sealer.open(sent)["code"]), body.code):
        raise Invalid("code", "This is not the code that was sent. After five answers a new one must be sent.")
    async with change(gateway.sessions, caller.name, "verify", f"contact_method/{contact_id}") as session:
        row = await theirs(session, user_id, contact_id)
        if row.code != sent:
            raise ProblemError(409, "The address was changed meanwhile: have a code sent to the new one.")
        row.verified_at, row.code = func.now(), None
        await session.flush()
        await session.refresh(row)
    await gateway.config.refresh()
    return shown(row, gateway.sealer)


async def _tried(user_id: str, contact_id: str, gateway: Services) -> bytes:
    """The sealed code, the answer counted before it is looked at."""
    async with gateway.sessions() as session:
        row = await theirs(session, user_id, contact_id)
        counted = (
            update(ContactMethodRow)
            .where(ContactMethodRow.id == row.id, ContactMethodRow.code.is_not(None))
            .values(code_tries=ContactMethodRow.code_tries + 1)
            .returning(ContactMethodRow.code, ContactMethodRow.code_sent_at, ContactMethodRow.code_tries, func.now())
            .execution_options(synchronize_session=False)
        )
        found = (await session.execute(counted)).one_or_none()
        await session.commit()
    if found is None:
        raise ProblemError(409, "No code was sent, or it was used already: have one sent first.")
    code, sent_at, tries, now = found
    if code is None or sent_at is None:
        raise AssertionError("a code is stored with the time at which it was sent")
    if tries > MAX_FAILURES:
        wait = max(1.0, PAUSE_S - (now - sent_at).total_seconds())
        detail = f"Five wrong answers were given to this code. Have a new one sent in {wait:.0f} s."
        raise ProblemError(429, detail, {"Retry-After": f"{wait:.0f}"})
    if (now - sent_at).total_seconds() > CODE_LASTS_S:
        raise ProblemError(409, "The code has expired after ten minutes: have a new one sent.")
    return bytes(code)
