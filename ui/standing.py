"""Who is on call now, as pages ask for it that were told of a change."""

from __future__ import annotations

import asyncio
from typing import Any

from ui.session import Session

BEHIND_S = 1.1
"""By then every gateway knows what one of them was told; the console may ask another than the browser does."""


async def standing(page: Session, told: int) -> Any:
    """`told`: the version of the configuration that the page was told of; 0: none. Raises Refused."""
    found = await page.ask("GET", "/on-call")
    if found["version"] < told and not page.as_of:
        await asyncio.sleep(BEHIND_S)
        found = await page.ask("GET", "/on-call")
    return found
