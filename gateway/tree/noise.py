"""What pages nobody: silences and maintenance. What is over says nothing: it is not made, missed or deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.noise_checks import MAX_MAINTENANCE, Room, check_maintenance, check_silence, room_of
from gateway.schemas.tree import MaintenanceBody, SilenceBody
from gateway.tree.faults import Faults, Path
from gateway.tree.section import Desk, Section, Stored, columns, numbered
from storage import noise
from storage.changes import fetch
from storage.sealed import Sealer
from storage.tables import MaintenanceRow, SilenceRow

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _over(raw: Any, now: float) -> bool:
    """True if a part of a tree says an end that is over; what is no time is found faulty later."""
    end = raw.get("ends_at") if isinstance(raw, Mapping) else None
    try:
        return datetime.fromisoformat(str(end)).timestamp() <= now
    except (ValueError, OverflowError):
        return False


class Silences(Section[SilenceBody]):
    """By id: what a tree calls one is its id. They are no configuration of the long run, so no tree can lock them."""

    name = "silences"
    model = SilenceBody
    lockable = False

    def __init__(self) -> None:
        self._room: tuple[Configuration, Room] | None = None

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[SilenceBody]]:
        query = select(SilenceRow).where(SilenceRow.ends_at > func.now()).order_by(SilenceRow.id)
        rows = (await session.execute(query)).scalars()
        return {r.id: Stored(r.id, SilenceBody.model_validate(columns(r, SilenceBody.model_fields))) for r in rows}

    def fresh_id(self, name: str) -> str:
        return name

    def over(self, raw: Any, now: float) -> bool:
        return _over(raw, now)

    def settle(
        self, name: str, body: SilenceBody, stored: Stored[SilenceBody] | None, path: Path, faults: Faults
    ) -> SilenceBody:
        if not KEY.fullmatch(name):
            faults.add(path, "Call it by up to 100 letters, digits, dots, hyphens and underscores: this is its id.")
        return body

    def check(self, ident: str, body: SilenceBody, config: Configuration) -> None:
        silence = body.to_domain(ident)
        check_silence(silence, config, silence.starts_at)
        if self._room is None or self._room[0] is not config:  # once an apply, not once a silence
            self._room = config, room_of(config.silences)
        self._room[1].check(silence)

    async def save(
        self, desk: Desk, ident: str, name: str, body: SilenceBody, stored: Stored[SilenceBody] | None
    ) -> None:
        row = await desk.row(SilenceRow, ident, created_by=desk.actor)
        for column, value in body.model_dump().items():
            setattr(row, column, value)
        await desk.session.flush()
        desk.shards += await noise.look_again(desk.session, ident)

    async def delete(self, desk: Desk, ident: str) -> None:
        await desk.session.delete(await fetch(desk.session, SilenceRow, ident, "silence"))
        desk.shards += await noise.look_again(desk.session, ident)


class MaintenanceWork(Section[MaintenanceBody]):
    """By name; the second of the same name is "NAME 2"."""

    name = "maintenance"
    model = MaintenanceBody

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[MaintenanceBody]]:
        later = MaintenanceRow.ends_at.is_(None) | (MaintenanceRow.ends_at > func.now())
        query = select(MaintenanceRow).where(later).order_by(MaintenanceRow.created_at, MaintenanceRow.id)
        rows = list((await session.execute(query)).scalars())
        names = numbered(r.name for r in rows)
        fields = [name for name in MaintenanceBody.model_fields if name != "name"]
        return {
            name: Stored(row.id, MaintenanceBody.model_validate({"name": name, **columns(row, fields)}))
            for name, row in zip(names, rows, strict=True)
        }

    def over(self, raw: Any, now: float) -> bool:
        return _over(raw, now)

    def settle(
        self, name: str, body: MaintenanceBody, stored: Stored[MaintenanceBody] | None, path: Path, faults: Faults
    ) -> MaintenanceBody:
        ids = {n: list(dict.fromkeys(getattr(body, n))) for n in ("integration_ids", "service_ids")}
        return body.model_copy(update=ids)

    def check(self, ident: str, body: MaintenanceBody, config: Configuration) -> None:
        check_maintenance(body.to_domain(ident, "", 0.0), config, body.starts_at.timestamp())
        if len(config.maintenance) > MAX_MAINTENANCE:
            raise Invalid("", f"There can be at most {MAX_MAINTENANCE} that are not over.")

    async def save(
        self, desk: Desk, ident: str, name: str, body: MaintenanceBody, stored: Stored[MaintenanceBody] | None
    ) -> None:
        row = await desk.row(MaintenanceRow, ident, created_by=desk.actor)
        noise.write_maintenance(row, body.to_domain(ident, row.created_by, 0.0))
        await desk.session.flush()
        desk.shards += await noise.look_again(desk.session, ident)

    async def delete(self, desk: Desk, ident: str) -> None:
        await desk.session.delete(await fetch(desk.session, MaintenanceRow, ident, "maintenance"))
        desk.shards += await noise.look_again(desk.session, ident)
