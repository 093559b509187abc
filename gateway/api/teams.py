"""Teams."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from domain.errors import Invalid
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schemas.base import problems
from gateway.schemas.people import Team, TeamInput, TeamList
from gateway.services import Services
from gateway.then import AsOf
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.tables import TeamMemberRow, TeamRow

router = APIRouter(prefix="/teams", tags=["teams"])


def _shown(row: TeamRow) -> Team:
    return Team(id=row.id, name=row.name, member_ids=sorted(m.user_id for m in row.members))


def _check(body: TeamInput, gateway: Services) -> list[str]:
    for n, user in enumerate(body.member_ids):
        if user not in gateway.config.current.users:
            raise Invalid(f"member_ids[{n}]", f"There is no user with id {user!r}.")
    return list(dict.fromkeys(body.member_ids))


@router.get("", operation_id="listTeams")
async def list_teams(_: Reader, then: AsOf) -> TeamList:
    """All teams by name."""
    async with then.session() as session:
        rows = (await session.execute(select(TeamRow).order_by(TeamRow.name))).scalars()
        return TeamList(items=[_shown(r) for r in rows])


@router.post("", operation_id="createTeam", status_code=201, responses=problems(409))
async def create_team(body: TeamInput, caller: Configurer, gateway: Gateway) -> Team:
    """A new team."""
    members, ident = _check(body, gateway), new_id()
    async with change(gateway.sessions, caller.name, "create", f"team/{ident}", {"name": body.name}) as session:
        row = TeamRow(id=ident, name=body.name, members=[TeamMemberRow(team_id=ident, user_id=u) for u in members])
        session.add(row)
    await gateway.config.refresh()
    return _shown(row)


@router.get("/{team_id}", operation_id="getTeam", responses=problems(404))
async def get_team(team_id: PathId, _: Reader, then: AsOf) -> Team:
    """One team."""
    async with then.session() as session:
        return _shown(await fetch(session, TeamRow, team_id, "team"))


@router.put("/{team_id}", operation_id="replaceTeam", responses=problems(404, 409))
async def replace_team(team_id: PathId, body: TeamInput, caller: Configurer, gateway: Gateway) -> Team:
    """Name and members as a whole."""
    members = _check(body, gateway)
    async with change(gateway.sessions, caller.name, "update", f"team/{team_id}", {"name": body.name}) as session:
        row = await fetch(session, TeamRow, team_id, "team")
        row.name = body.name
        row.members.clear()
        await session.flush()
        row.members.extend(TeamMemberRow(team_id=team_id, user_id=u) for u in members)
    await gateway.config.refresh()
    return _shown(row)


@router.delete("/{team_id}", operation_id="deleteTeam", status_code=204, responses=problems(404, 409))
async def delete_team(team_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """What belonged to it belongs to no team then. Refused while a policy calls it."""
    async with change(gateway.sessions, caller.name, "delete", f"team/{team_id}") as session:
        row = await fetch(session, TeamRow, team_id, "team")
        await check_unused(session, "team", team_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)
