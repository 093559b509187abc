"""A real page to one address, to see that it arrives: by the channel itself, outside of any incident."""

from __future__ import annotations

from fastapi import APIRouter

from channels.base import Page
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, look_after
from gateway.schemas.accounts import ContactTested
from gateway.schemas.base import problems
from gateway.services import Services
from gateway.single_page import NEXT_TEST_S, pause, reachable, since, test_page, tried
from storage.changes import act
from storage.contacts import opened
from storage.tables import UserRow

router = APIRouter(prefix="/users", tags=["users"])


@router.post(
    "/{user_id}/contact-methods/{contact_id}/test",
    operation_id="testContactMethod",
    responses=problems(404, 409, 429),
)
async def test_contact(user_id: PathId, contact_id: PathId, caller: Reader, gateway: Gateway) -> ContactTested:
    """Send a test page now, and say what the provider answered. Half a minute between two to one address."""
    look_after(caller, user_id)
    channel, page = await _made(user_id, contact_id, caller.name, gateway)
    return await tried(gateway, channel, page, contact_id)


async def _made(user_id: str, contact_id: str, actor: str, gateway: Services) -> tuple[str, Page]:
    async with act(gateway.sessions, actor, "test", f"contact_method/{contact_id}") as session:
        row, now = await reachable(session, user_id, contact_id, gateway, "a test would arrive nowhere")
        pause("test", since(row.tested_at, now), NEXT_TEST_S)
        row.tested_at = now
        user, (address, settings) = await session.get_one(UserRow, user_id), opened(row, gateway.sealer)
        return row.channel, test_page(gateway, actor, user.name, address, settings)
