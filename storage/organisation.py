"""What holds for all policies that say nothing else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import PolicyRow, PolicyVersionRow, SettingsRow


async def vigil_of_all(session: AsyncSession) -> dict[str, Any] | None:
    """As in domain.policy.Vigil; None: acknowledgements count until they are taken back."""
    return (await session.execute(select(SettingsRow))).scalar_one().vigil


async def replace_vigil(session: AsyncSession, vigil: dict[str, Any] | None, by: str) -> None:
    """Each policy that follows it is a new version: open incidents go on with the one they started with."""
    row = (await session.execute(select(SettingsRow))).scalar_one()
    if row.vigil == vigil:
        return
    row.vigil = vigil
    query = select(PolicyRow).where(PolicyRow.follows).order_by(PolicyRow.id)
    for policy in (await session.execute(query)).scalars():
        policy.vigil = vigil
        policy.version += 1
        session.add(policy_version(policy, by))
    await session.flush()


def policy_version(row: PolicyRow, saved_by: str) -> PolicyVersionRow:
    """What is kept of a policy at its present version."""
    definition = {
        "name": row.name,
        "steps": row.steps,
        "repeat": row.repeat,
        "vigil": row.vigil,
        "required_acknowledgements": row.required_acknowledgements,
    }
    return PolicyVersionRow(policy_id=row.id, version=row.version, definition=definition, saved_by=saved_by)
