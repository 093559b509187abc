"""First-run data, idempotent: somebody to page, somewhere to post, a way to sign in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from runtime.ids import derived_id
from storage import canary
from storage.access import create_api_key, create_integration_key
from storage.changes import Sessions, change
from storage.contacts import make_readable, seal
from storage.sealed import Sealer
from storage.tables import ContactMethodRow, IntegrationRow, PolicyRow, PolicyVersionRow, SettingsRow, UserRow

ADMIN = derived_id("bootstrap", "admin")
POLICY = derived_id("bootstrap", "policy")
PLACEHOLDER = "admin@localhost"
TYPES = ("generic", "grafana", "prometheus")
ACTOR = "first start"


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets in the clear, to be kept in a file of mode 0600 and shown to the operator."""

    admin_key: str
    integrations: dict[str, str]
    """Type -> integration key."""


def is_placeholder(user: UserRow) -> bool:
    """True for the first administrator until they say who they are."""
    return user.id == ADMIN and user.email == PLACEHOLDER


async def first_run(sessions: Sessions, sealer: Sealer) -> None:
    """Admin, default policy, three integrations, unless there is anybody already; the canary's own in any case, and

    what an upgrade cannot do without the key.
    """
    with suppress(_Done):
        await _make(sessions, sealer)
    await canary.make(sessions, sealer)
    async with sessions() as session:
        if await make_readable(session, sealer):
            await session.commit()


class _Done(Exception):
    """Somebody else's first start was first."""


async def _make(sessions: Sessions, sealer: Sealer) -> None:
    async with change(sessions, ACTOR, "create", "installation") as session:
        if (await session.execute(select(UserRow.id).limit(1))).first() is not None:
            raise _Done
        _admin(session, sealer)
        await session.flush()
        _policy(session)
        await session.flush()
        for kind in TYPES:
            session.add(
                IntegrationRow(
                    id=derived_id("bootstrap", kind),
                    name=kind.capitalize(),
                    type=kind,
                    policy_id=POLICY,
                    team_id=None,
                    default_severity="critical",
                    routes=[],
                    group_by=[],
                )
            )
        settings = (await session.execute(select(SettingsRow))).scalar_one()
        settings.last_resort = [{"kind": "user", "id": ADMIN}]


def _admin(session: AsyncSession, sealer: Sealer) -> None:
    session.add(UserRow(id=ADMIN, name="Administrator", email=PLACEHOLDER, role="admin"))
    ident = derived_id("bootstrap", "admin", "outbox")
    row = ContactMethodRow(id=ident, user_id=ADMIN, channel="outbox", label="Outbox page")
    seal(row, sealer, "", {})
    session.add(row)


def _policy(session: AsyncSession) -> None:
    steps = [{"targets": [{"kind": "user", "id": ADMIN}], "wait_s": 300.0, "important": True}]
    session.add(PolicyRow(id=POLICY, name="Default", team_id=None, steps=steps, repeat=2, version=1))
    definition = {"name": "Default", "steps": steps, "repeat": 2}
    session.add(PolicyVersionRow(policy_id=POLICY, version=1, definition=definition, saved_by=ACTOR))


async def make_keys(sessions: Sessions) -> Keys:
    """Fresh keys for the operator: an admin API key and one key per first integration."""
    _, admin = await create_api_key(sessions, ACTOR, "operator", ["admin"], ADMIN)
    integrations = {}
    for kind in TYPES:
        _, integrations[kind] = await create_integration_key(sessions, ACTOR, derived_id("bootstrap", kind))
    return Keys(admin, integrations)
