"""Destinations. Addresses are secrets of the tree, as those of people's webhooks are."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import check_address
from domain.configuration import Configuration
from domain.destination import check_destination
from domain.errors import Invalid
from gateway.references import check_unused
from gateway.schemas.destinations import DestinationInput
from gateway.tree.faults import Faults, Path
from gateway.tree.section import Desk, Section, Stored
from storage.changes import fetch
from storage.destinations import destination_of, sealed, settings_of
from storage.sealed import Sealer
from storage.tables import DestinationRow


class Destinations(Section[DestinationInput]):
    """By name."""

    name = "destinations"
    kind = "destination"
    model = DestinationInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[DestinationInput]]:
        rows = (await session.execute(select(DestinationRow).order_by(DestinationRow.name))).scalars()
        return {row.name: _stored(row, sealer) for row in rows}

    def urls(self, body: DestinationInput, stored: DestinationInput | None) -> Iterator[tuple[Path, str]]:
        if stored is None or stored.address != body.address:
            yield ("address",), body.address.get_secret_value()

    def settle(
        self, name: str, body: DestinationInput, stored: Stored[DestinationInput] | None, path: Path, faults: Faults
    ) -> DestinationInput:
        try:
            check_address(body.kind, body.address.get_secret_value())
        except Invalid as error:
            faults.add((*path, error.field), error.message)
        return body

    def check(self, ident: str, body: DestinationInput, config: Configuration) -> None:
        check_destination(body.kind, body.secret.get_secret_value(), body.mention)

    async def save(
        self, desk: Desk, ident: str, name: str, body: DestinationInput, stored: Stored[DestinationInput] | None
    ) -> None:
        row = await desk.row(DestinationRow, ident)
        settings = settings_of(body.secret.get_secret_value(), body.mention)
        row.name, row.kind, row.team_id = body.name, body.kind, body.team_id
        row.sealed = sealed(desk.sealer, body.address.get_secret_value(), settings)
        await desk.session.flush()

    async def delete(self, desk: Desk, ident: str) -> None:
        row = await fetch(desk.session, DestinationRow, ident, "destination")
        await check_unused(desk.session, "destination", ident)
        await desk.session.delete(row)


def _stored(row: DestinationRow, sealer: Sealer) -> Stored[DestinationInput]:
    contact = destination_of(row, sealer).contact
    body = DestinationInput(
        name=row.name,
        kind=contact.channel,
        address=SecretStr(contact.address),
        secret=SecretStr(contact.settings.get("secret", "")),
        mention=bool(contact.settings.get("mention")),
        team_id=row.team_id,
    )
    return Stored(row.id, body)
