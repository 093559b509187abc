"""A message to one address outside of any incident, a code or a test: by the channel itself, and nobody is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.base import Page
from gateway.api.contacts import theirs
from gateway.problems import ProblemError
from gateway.services import Services
from runtime.ids import new_id
from storage.tables import ContactMethodRow


def single_page(
    gateway: Services, name: str, address: str, settings: Mapping[str, str], subject: str, text: str
) -> Page:
    """`name`: of the person it goes to; `address` and `settings` as storage.contacts.opened answers them."""
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


def pause(what: str, last: datetime | None, pause_s: float, now: datetime) -> None:
    """Raise ProblemError 429 if the last one was sent less than `pause_s` seconds ago. `what`: "code"."""
    if last is not None and (wait := pause_s - (now - last).total_seconds()) > 0:
        detail = f"A {what} was sent a moment ago. The next one can be sent in {wait:.0f} s."
        raise ProblemError(429, detail, {"Retry-After": f"{wait:.0f}"})
