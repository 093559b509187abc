"""What may not be changed by hand: what is managed by code, and what is Sentinel's own.

Managed by code is what the tree that was applied last says, and only a tree may change since.

Overrides, temporary schedules, swaps and time off are never locked: a night needs them now, not after a review.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from runtime.ids import derived_id
from storage.errors import Conflict
from storage.tables import AppliedRow

SECTIONS = {
    "user": "users",
    "invitation": "users",
    "contact_method": "users",
    "notification_rules": "users",
    "quiet_hours": "users",
    "shift_notices": "users",
    "team": "teams",
    "holiday-calendar": "holiday_calendars",
    "schedule": "schedules",
    "hand-off": "schedules",
    "calendar": "schedules",
    "destination": "destinations",
    "policy": "policies",
    "service": "services",
    "integration": "integrations",
    "heartbeat": "heartbeats",
    "routing_rules": "routing_rules",
    "last_resort": "last_resort",
    "organisation": "organisation",
    "maintenance": "maintenance",
}
"""Kind of the subject of a change -> the section of the tree that says it."""
BUILT_IN = derived_id("bootstrap", "canary")
"""Id of everything of the canary (storage/canary.py). Nobody changes it: an installation without it is not watched."""
WRITING = frozenset({"create", "update", "delete"})


async def applied(session: AsyncSession) -> AppliedRow | None:
    """The tree applied last; None if there never was one."""
    return await session.get(AppliedRow, 1, populate_existing=True)


def check_not_built_in(ident: str) -> None:
    """Raise Conflict if this is the canary's: person, policy or integration."""
    if ident == BUILT_IN:
        raise Conflict(
            "This is Sentinel's own: by it a test alert comes in and a page goes out every minute, and somebody is "
            "told if they do not. It is not changed or deleted. Nothing was changed."
        )


async def check_unlocked(session: AsyncSession, action: str, subject: str) -> None:
    """Raise Conflict, saying where the tree lives, if only a tree may change this; or if nobody may."""
    kind, _, ident = subject.partition("/")
    if action in WRITING:
        check_not_built_in(ident)
    section = SECTIONS.get(kind)
    if section is None or action not in WRITING:
        return
    row = await applied(session)
    if row is not None and section in row.locked:
        where = f" It lives in {row.lives_in}." if row.lives_in else ""
        words = section.replace("_", " ")
        text = f"This is managed by code: {words} are changed in their tree, with `sentinel apply`.{where}"
        raise Conflict(f"{text} Nothing was changed.")
