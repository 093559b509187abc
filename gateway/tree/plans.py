"""Holiday calendars, policies and the last resort."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from domain.policy_checks import check_last_resort, check_policy, check_vigil
from domain.schedule import calendars_of
from gateway.references import check_unused
from gateway.schemas.holidays import HolidayCalendarInput
from gateway.schemas.policies import ORGANISATION, LastResort, Organisation, PolicyInput, Vigil
from gateway.tree.faults import Faults, Path
from gateway.tree.section import Desk, Section, Stored, columns
from storage.canary import CANARY
from storage.changes import fetch
from storage.configuration import schedule_of
from storage.holidays import check_country
from storage.organisation import policy_version, replace_vigil, vigil_of_all
from storage.sealed import Sealer
from storage.tables import HolidayCalendarRow, PolicyRow, PolicyVersionRow, ScheduleRow, SettingsRow

DAYS = ("country", "subdivision", "dates", "except_dates")


class HolidayCalendars(Section[HolidayCalendarInput]):
    """By name; without the days that come from the country."""

    name = "holiday_calendars"
    kind = "holiday calendar"
    model = HolidayCalendarInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[HolidayCalendarInput]]:
        query = select(HolidayCalendarRow).order_by(HolidayCalendarRow.name)
        rows = (await session.execute(query)).scalars()
        return {r.name: Stored(r.id, HolidayCalendarInput.model_validate(columns(r, ("name", *DAYS)))) for r in rows}

    def settle(
        self,
        name: str,
        body: HolidayCalendarInput,
        stored: Stored[HolidayCalendarInput] | None,
        path: Path,
        faults: Faults,
    ) -> HolidayCalendarInput:
        days = {n: sorted(set(getattr(body, n))) for n in ("dates", "except_dates")}
        return body.model_copy(update=days)

    def check(self, ident: str, body: HolidayCalendarInput, config: Configuration) -> None:
        check_country(body.country, body.subdivision)

    async def save(
        self,
        desk: Desk,
        ident: str,
        name: str,
        body: HolidayCalendarInput,
        stored: Stored[HolidayCalendarInput] | None,
    ) -> None:
        await desk.put(HolidayCalendarRow, ident, body.model_dump(mode="json"))
        desk.changed |= set(await naming(desk.session, ident))

    async def delete(self, desk: Desk, ident: str) -> None:
        row = await fetch(desk.session, HolidayCalendarRow, ident, "holiday calendar")
        await check_unused(desk.session, "holiday calendar", ident)
        await desk.session.delete(row)


async def naming(session: AsyncSession, ident: str) -> list[str]:
    """Schedules whose windows name the holiday calendar."""
    rows = (await session.execute(select(ScheduleRow))).scalars()
    return [row.id for row in rows if ident in calendars_of(schedule_of(row, {}))]


class OrganisationWide(Section[Organisation]):
    """There is one, before the policies that follow it."""

    name = "organisation"
    model = Organisation
    single = True

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[Organisation]]:
        return {"": Stored("", Organisation.model_validate({"vigil": await vigil_of_all(session)}))}

    def check(self, ident: str, body: Organisation, config: Configuration) -> None:
        if config.vigil is not None:
            check_vigil(config.vigil)

    async def save(
        self, desk: Desk, ident: str, name: str, body: Organisation, stored: Stored[Organisation] | None
    ) -> None:
        await replace_vigil(desk.session, body.vigil.model_dump() if body.vigil is not None else None, desk.actor)


class Policies(Section[PolicyInput]):
    """By name. A change is a new version, as by the API."""

    name = "policies"
    kind = "policy"
    model = PolicyInput

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[PolicyInput]]:
        query = select(PolicyRow).where(PolicyRow.id != CANARY).order_by(PolicyRow.name)
        rows = (await session.execute(query)).scalars()
        return {r.name: Stored(r.id, PolicyInput.model_validate(_said(r))) for r in rows}

    def check(self, ident: str, body: PolicyInput, config: Configuration) -> None:
        check_policy(config.policies[ident], config)

    async def save(
        self, desk: Desk, ident: str, name: str, body: PolicyInput, stored: Stored[PolicyInput] | None
    ) -> None:
        row = await desk.row(PolicyRow, ident, version=await _last_version(desk.session, ident))
        row.name, row.team_id, row.repeat = body.name, body.team_id, body.repeat
        row.steps = [step.model_dump(mode="json") for step in body.steps]
        row.follows, row.vigil = await vigil_columns(desk.session, body)
        row.required_acknowledgements = body.required_acknowledgements
        row.version += 1
        desk.session.add(policy_version(row, desk.actor))
        await desk.session.flush()

    async def delete(self, desk: Desk, ident: str) -> None:
        row = await fetch(desk.session, PolicyRow, ident, "policy")
        await check_unused(desk.session, "policy", ident)
        await desk.session.delete(row)


def _said(row: PolicyRow) -> dict[str, Any]:
    return {**columns(row, PolicyInput.model_fields), "vigil": ORGANISATION if row.follows else row.vigil}


async def vigil_columns(session: AsyncSession, body: PolicyInput) -> tuple[bool, dict[str, Any] | None]:
    """(follows, vigil) of a policy's row."""
    if isinstance(body.vigil, Vigil):
        return False, body.vigil.model_dump()
    follows = body.vigil == ORGANISATION
    return follows, await vigil_of_all(session) if follows else None


async def _last_version(session: AsyncSession, ident: str) -> int:
    """0 for a policy that never was; one that comes back goes on counting."""
    query = select(func.coalesce(func.max(PolicyVersionRow.version), 0)).where(PolicyVersionRow.policy_id == ident)
    return int((await session.execute(query)).scalar_one())


async def settings(session: AsyncSession) -> Any:
    """The one row of settings."""
    return (await session.execute(select(SettingsRow))).scalar_one()


class LastResorts(Section[LastResort]):
    """There is one."""

    name = "last_resort"
    model = LastResort
    single = True

    async def load(self, session: AsyncSession, sealer: Sealer) -> dict[str, Stored[LastResort]]:
        row = await settings(session)
        targets = {"targets": row.last_resort}
        return {"": Stored("", LastResort.model_validate(targets))} if row.last_resort else {}

    def check(self, ident: str, body: LastResort, config: Configuration) -> None:
        check_last_resort(config.last_resort, config)

    async def save(
        self, desk: Desk, ident: str, name: str, body: LastResort, stored: Stored[LastResort] | None
    ) -> None:
        (await settings(desk.session)).last_resort = [target.model_dump() for target in body.targets]
        await desk.session.flush()
