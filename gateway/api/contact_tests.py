"""A real page to one address, to see that it arrives: by the channel itself, outside of any incident."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import func, select

from channels.base import Page
from domain.device import DeliveryReported
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, look_after
from gateway.schemas.accounts import ContactTested
from gateway.schemas.base import problems
from gateway.services import Services
from gateway.single_page import pause, reachable, single_page
from runtime.effects import Accepted, Rejected, Unknown
from runtime.ids import EntityId
from storage.changes import act
from storage.contacts import opened
from storage.mail import tell
from storage.tables import UserRow

router = APIRouter(prefix="/users", tags=["users"])
NEXT_TEST_S = 30.0
SEND_S = 8.0


@router.post(
    "/{user_id}/contact-methods/{contact_id}/test",
    operation_id="testContactMethod",
    responses=problems(404, 409, 429),
)
async def test_contact(user_id: PathId, contact_id: PathId, caller: Reader, gateway: Gateway) -> ContactTested:
    """Send a test page now, and say what the provider answered. Half a minute between two to one address."""
    look_after(caller, user_id)
    channel, page = await _made(user_id, contact_id, caller.name, gateway)
    outcome = await gateway.channels[channel].send(page, SEND_S)
    if not isinstance(outcome, Unknown):
        await _learned(contact_id, page.id, outcome, gateway)
    if isinstance(outcome, Accepted):
        return ContactTested(outcome="accepted", detail=outcome.detail or "The provider took it.")
    kind = "rejected" if isinstance(outcome, Rejected) else "unknown"
    return ContactTested.model_validate({"outcome": kind, "detail": outcome.reason})


async def _learned(contact_id: str, send: str, outcome: Accepted | Rejected, gateway: Services) -> None:
    """The device hears of it as of a page, so that a test which arrives ends what lint says of the address."""
    async with gateway.sessions() as session:
        at = (await session.execute(select(func.now()))).scalar_one().timestamp()
        match outcome:
            case Accepted():
                report = DeliveryReported(send, True, "", at)
            case Rejected(reason=reason, gone=gone):
                report = DeliveryReported(send, False, reason, at, gone)
        shard = await tell(session, EntityId("device", contact_id), report, send)
        await session.commit()
    gateway.poker.poke([shard])


async def _made(user_id: str, contact_id: str, actor: str, gateway: Services) -> tuple[str, Page]:
    async with act(gateway.sessions, actor, "test", f"contact_method/{contact_id}") as session:
        row, now = await reachable(session, user_id, contact_id, gateway, "a test would arrive nowhere")
        pause("test", row.tested_at, NEXT_TEST_S, now)
        row.tested_at = now
        user, (address, settings) = await session.get_one(UserRow, user_id), opened(row, gateway.sealer)
        text = f"This is a test that {actor} asked for. Nothing is broken. A real page comes the same way."
        page = single_page(gateway, user.name, address, settings, "Test page from Fangorn Sentinel", text)
        return row.channel, page
