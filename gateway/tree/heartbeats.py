"""Heartbeats. Their addresses are no part of a tree: a new one gets its by `POST /heartbeats/ID/address`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.expected import MAX_HEARTBEATS, check_heartbeat
from domain.heartbeat import HeartbeatChanged
from domain.route_checks import check_owner
from gateway.schemas.heartbeats import HeartbeatInput
from gateway.tree.faults import Faults, Path
from gateway.tree.section import Desk, Section, Stored, columns
from runtime.ids import EntityId, new_id
from storage.changes import fetch
from storage.keys import hash_key, hint, new_key
from storage.mail import tell
from storage.sealed import Sealer
from storage.tables import HeartbeatRow


class Heartbeats(Section[HeartbeatInput]):
    """By name."""

    name = "heartbeats"
    model = HeartbeatInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[HeartbeatInput]]:
        rows = (await session.execute(select(HeartbeatRow).order_by(HeartbeatRow.name))).scalars()
        fields = HeartbeatInput.model_fields
        return {r.name: Stored(r.id, HeartbeatInput.model_validate(columns(r, fields))) for r in rows}

    def settle(
        self, name: str, body: HeartbeatInput, stored: Stored[HeartbeatInput] | None, path: Path, faults: Faults
    ) -> HeartbeatInput:
        return body.model_copy(update={"cron": body.cron.strip()})

    def check(self, ident: str, body: HeartbeatInput, config: Configuration) -> None:
        check_heartbeat(config.heartbeats[ident])
        check_owner(config, "", policy_id=body.policy_id, team_id=body.team_id, service_id=body.service_id)
        if len(config.heartbeats) > MAX_HEARTBEATS:
            raise Invalid("", f"There can be at most {MAX_HEARTBEATS} heartbeats.")

    async def save(
        self, desk: Desk, ident: str, name: str, body: HeartbeatInput, stored: Stored[HeartbeatInput] | None
    ) -> None:
        row = await desk.session.get(HeartbeatRow, ident)
        if row is None:
            key = new_key("ping")
            row = HeartbeatRow(id=ident, hint=hint(key), hash=hash_key(key))
            desk.session.add(row)
        for column, value in body.model_dump().items():
            setattr(row, column, value)
        await desk.session.flush()
        if stored is not None:
            await self._tell(desk, ident)

    async def delete(self, desk: Desk, ident: str) -> None:
        await desk.session.delete(await fetch(desk.session, HeartbeatRow, ident, "heartbeat"))
        await self._tell(desk, ident)

    async def _tell(self, desk: Desk, ident: str) -> None:
        desk.shards.append(await tell(desk.session, EntityId("heartbeat", ident), HeartbeatChanged(), new_id()))
