"""Where alerts go: services, integrations with their rules and templates, and the organisation's rules."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from domain.route_checks import check_integration, check_routes, check_service
from gateway.references import check_unused
from gateway.schemas.routing import IntegrationInput, RoutingRules, ServiceInput
from gateway.tree.faults import Faults, Path
from gateway.tree.plans import settings
from gateway.tree.section import Desk, Section, Stored, columns
from storage.canary import CANARY
from storage.changes import fetch
from storage.sealed import Sealer
from storage.tables import IntegrationRow, ServiceRow


class ServicesOwned(Section[ServiceInput]):
    """By name."""

    name = "services"
    kind = "service"
    model = ServiceInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[ServiceInput]]:
        rows = (await session.execute(select(ServiceRow).order_by(ServiceRow.name))).scalars()
        return {r.name: Stored(r.id, ServiceInput.model_validate(columns(r, ServiceInput.model_fields))) for r in rows}

    def settle(
        self, name: str, body: ServiceInput, stored: Stored[ServiceInput] | None, path: Path, faults: Faults
    ) -> ServiceInput:
        return body.model_copy(update={"depends_on": list(dict.fromkeys(body.depends_on))})

    def check(self, ident: str, body: ServiceInput, config: Configuration) -> None:
        check_service(config.services[ident], config)

    async def save(
        self, desk: Desk, ident: str, name: str, body: ServiceInput, stored: Stored[ServiceInput] | None
    ) -> None:
        await desk.put(ServiceRow, ident, body.model_dump())

    async def delete(self, desk: Desk, ident: str) -> None:
        row = await fetch(desk.session, ServiceRow, ident, "service")
        await check_unused(desk.session, "service", ident)
        await desk.session.delete(row)


class Integrations(Section[IntegrationInput]):
    """By name. Their keys are no part of a tree: they are made by the API, and stay."""

    name = "integrations"
    kind = "integration"
    model = IntegrationInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[IntegrationInput]]:
        query = select(IntegrationRow).where(IntegrationRow.id != CANARY).order_by(IntegrationRow.name)
        rows = (await session.execute(query)).scalars()
        fields = IntegrationInput.model_fields
        return {r.name: Stored(r.id, IntegrationInput.model_validate(columns(r, fields))) for r in rows}

    def settle(
        self, name: str, body: IntegrationInput, stored: Stored[IntegrationInput] | None, path: Path, faults: Faults
    ) -> IntegrationInput:
        if stored is not None and stored.body.type != body.type:
            text = f"The type is {stored.body.type} and stays so; give the integration another name instead."
            faults.add((*path, "type"), text)
        return super().settle(name, body, stored, path, faults)

    def check(self, ident: str, body: IntegrationInput, config: Configuration) -> None:
        check_integration(config.integrations[ident], config)

    async def save(
        self, desk: Desk, ident: str, name: str, body: IntegrationInput, stored: Stored[IntegrationInput] | None
    ) -> None:
        await desk.put(IntegrationRow, ident, body.model_dump())

    async def delete(self, desk: Desk, ident: str) -> None:
        await desk.session.delete(await fetch(desk.session, IntegrationRow, ident, "integration"))


class Rules(Section[RoutingRules]):
    """The organisation's, before those of each integration."""

    name = "routing_rules"
    model = RoutingRules
    single = True

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[RoutingRules]]:
        return {"": Stored("", RoutingRules.model_validate({"routes": (await settings(session)).routes}))}

    def check(self, ident: str, body: RoutingRules, config: Configuration) -> None:
        check_routes(config.routes, config)

    async def save(
        self, desk: Desk, ident: str, name: str, body: RoutingRules, stored: Stored[RoutingRules] | None
    ) -> None:
        (await settings(desk.session)).routes = [route.model_dump() for route in body.routes]
        await desk.session.flush()
