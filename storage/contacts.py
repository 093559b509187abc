"""Contact methods as rows: address and settings sealed, and once more what of the address is shown.

The past of the first is never kept (storage/versioned.py); that of the second is, so that one knows where pages went.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.masking import IN_CLEAR, lost, readable
from storage.sealed import Sealer
from storage.tables import ContactMethodRow


def opened(row: ContactMethodRow, sealer: Sealer) -> tuple[str, dict[str, Any]]:
    """Address and settings.

    In the past, where the address is not known any more: all of an e-mail address, else words that say so.
    """
    found = sealer.open(row.sealed)
    address = str(found["address"])
    if not lost(address):
        return address, found.get("settings", {})
    if row.channel in IN_CLEAR and row.readable is not None:
        return str(sealer.open(row.readable)["address"]), {}
    return address, {}


def shown(row: ContactMethodRow, sealer: Sealer) -> str:
    """What of the address may be read, in the past too."""
    if row.readable is not None:
        return str(sealer.open(row.readable)["address"])
    address = opened(row, sealer)[0]
    return "" if lost(address) else readable(row.channel, address)


def seal(row: ContactMethodRow, sealer: Sealer, address: str, settings: Mapping[str, Any]) -> None:
    """Write both."""
    row.readable = sealer.again(row.readable, {"address": readable(row.channel, address)})
    row.sealed = sealer.again(row.sealed, {"address": address, "settings": dict(settings)})


async def make_readable(session: AsyncSession, sealer: Sealer) -> int:
    """For contact methods of before there was a history; answers how many."""
    rows = (await session.execute(select(ContactMethodRow).where(ContactMethodRow.readable.is_(None)))).scalars().all()
    for row in rows:
        row.readable = sealer.seal({"address": shown(row, sealer)})
    return len(rows)
