"""A message to one address outside of any incident, a code or a test: by the channel itself, and nobody is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import Page
from domain.device import DeliveryReported
from gateway.api.contacts import theirs
from gateway.problems import ProblemError
from gateway.schemas.accounts import ContactTested
from gateway.services import Services
from runtime.effects import Accepted, Rejected, Unknown
from runtime.ids import EntityId, new_id
from storage.mail import tell
from storage.tables import ContactMethodRow

NEXT_TEST_S = 30.0
SEND_S = 8.0


def single_page(
    gateway: Services, name: str, address: str, settings: Mapping[str, str], subject: str, text: str
) -> Page:
    """`name`: of whom it goes to; `address` and `settings` as storage.contacts.opened answers them."""
    return Page(
        id=new_id(),
        incident_id="",
        user_name=name,
        address=address,
        subject=subject,
        text=text,
        url=gateway.settings.url,
        severity="info",
        settings=settings,
    )


def test_page(gateway: Services, actor: str, name: str, address: str, settings: Mapping[str, str]) -> Page:
    """To see that pages arrive there; a machine that gets it can tell (docs/channels.md)."""
    text = f"This is a test that {actor} asked for. Nothing is broken. A real page comes the same way."
    page = single_page(gateway, name, address, settings, "Test page from Fangorn Sentinel", text)
    return replace(page, data={"test": True})


async def tried(gateway: Services, channel: str, page: Page, device: str) -> ContactTested:
    """Send it now, and say what the provider answered. `device`: id of the contact method or destination.

    It hears of it as of a page, so that a test which arrives ends what lint says of the address.
    """
    outcome = await gateway.channels[channel].send(page, SEND_S)
    if not isinstance(outcome, Unknown):
        await _learned(device, page.id, outcome, gateway)
    if isinstance(outcome, Accepted):
        return ContactTested(outcome="accepted", detail=outcome.detail or "The provider took it.")
    return ContactTested(outcome="rejected" if isinstance(outcome, Rejected) else "unknown", detail=outcome.reason)


async def _learned(device: str, send: str, outcome: Accepted | Rejected, gateway: Services) -> None:
    async with gateway.sessions() as session:
        at = (await session.execute(select(func.now()))).scalar_one().timestamp()
        match outcome:
            case Accepted():
                report = DeliveryReported(send, True, "", at)
            case Rejected(reason=reason, gone=gone):
                report = DeliveryReported(send, False, reason, at, gone)
        shard = await tell(session, EntityId("device", device), report, send)
        await session.commit()
    gateway.poker.poke([shard])


async def reachable(
    session: AsyncSession, user_id: str, contact_id: str, gateway: Services, outbox: str
) -> tuple[ContactMethodRow, datetime]:
    """The contact method, locked, and the time by the database.

    `outbox`: what would be in vain for one that has no address. Raises NotFound; ProblemError if nothing can be sent.
    """
    row = await theirs(session, user_id, contact_id)
    await session.refresh(row, with_for_update=True)
    if row.channel == "outbox":
        raise ProblemError(409, f"The outbox page has no address: {outbox}.")
    channel = gateway.channels[row.channel]
    if not channel.configured:
        raise ProblemError(409, channel.problem)
    now: datetime = (await session.execute(select(func.now()))).scalar_one()
    return row, now


def since(last: datetime | None, now: datetime) -> float | None:
    """Seconds; None if it never was."""
    return (now - last).total_seconds() if last is not None else None


def pause(what: str, since_s: float | None, pause_s: float) -> None:
    """Raise ProblemError 429 if the last one was sent less than `pause_s` seconds ago. `what`: "code"; `since_s`: None

    if there was none.
    """
    if since_s is not None and (wait := pause_s - since_s) > 0:
        detail = f"A {what} was sent a moment ago. The next one can be sent in {wait:.0f} s."
        raise ProblemError(429, detail, {"Retry-After": f"{wait:.0f}"})
