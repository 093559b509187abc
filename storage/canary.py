"""The canary's own user, policy and integration: what the watchdog's synthetic alerts run through, and their mark.

Everything of the canary carries the id CANARY: its incidents as `integration_id`, its pages as `user_id`. By that mark
lists of alerts and pages leave it out (asked for by id it is shown), and it never counts as somebody to fall back on.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from domain.alert import AlertEvent
from domain.configuration import Integration
from domain.grouping import line_key
from runtime.ids import derived_id
from storage.changes import Sessions, change
from storage.contacts import seal
from storage.keys import hash_key, hint
from storage.managed import BUILT_IN
from storage.sealed import Sealer
from storage.tables import (
    Base,
    ContactMethodRow,
    IntegrationKeyRow,
    IntegrationRow,
    PolicyRow,
    PolicyVersionRow,
    UserRow,
)

CANARY = BUILT_IN
KEY = "canary"
"""The dedup key of the watchdog's alerts (watchdog/canary.py)."""
NAME = "Sentinel canary"
ACTOR = "first start"
WAIT_S = 86_400.0
"""The canary resolves its incidents within a minute; until it does, nobody else is to be called by its policy."""

CANARY_ENTITY = "incident/" + line_key(
    Integration(CANARY, NAME, "generic", CANARY), AlertEvent(dedup_key=KEY, status="firing", title=NAME), CANARY
)
"""The one incident line of the canary; people's live feed leaves it out."""


class _Done(Exception):
    """All of it is there."""


async def make(sessions: Sessions, sealer: Sealer) -> None:
    """Have all of it, and the key that the watchdog computes for itself (watchdog/settings.py). Idempotent."""
    wanted = _rows(sealer)
    async with sessions() as session:
        if not await _missing(session, wanted):
            return
    with suppress(_Done):
        async with change(sessions, ACTOR, "create", "canary") as session:
            missing = await _missing(session, wanted)
            if not missing:  # another process was faster
                raise _Done
            for row in missing:
                session.add(row)
                await session.flush()


async def _missing(session: AsyncSession, wanted: list[Base]) -> list[Base]:
    return [r for r in wanted if await session.get(type(r), inspect(type(r)).primary_key_from_instance(r)) is None]


def _rows(sealer: Sealer) -> list[Base]:
    """In the order in which they refer to each other."""
    steps = [{"targets": [{"kind": "user", "id": CANARY}], "wait_s": WAIT_S, "important": True}]
    definition = {"name": NAME, "steps": steps, "repeat": 0}
    outbox = derived_id("bootstrap", "canary", "outbox")
    contact = ContactMethodRow(id=outbox, user_id=CANARY, channel="outbox", label="Outbox page")
    seal(contact, sealer, "", {})
    key = f"snt_int_{sealer.derived('canary')}"
    return [
        UserRow(id=CANARY, name=NAME, email="canary@localhost", role="viewer"),
        contact,
        PolicyRow(id=CANARY, name=NAME, team_id=None, steps=steps, repeat=0, version=1),
        PolicyVersionRow(policy_id=CANARY, version=1, definition=definition, saved_by=ACTOR),
        IntegrationRow(
            id=CANARY,
            name=NAME,
            type="generic",
            policy_id=CANARY,
            team_id=None,
            default_severity="info",
            routes=[],
            group_by=[],
            service_id=None,
            group_by_sender=True,
            group_window_s=None,
            templates={},
        ),
        IntegrationKeyRow(
            id=derived_id(CANARY, hash_key(key)), integration_id=CANARY, hint=hint(key), hash=hash_key(key)
        ),
    ]
