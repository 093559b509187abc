"""Teams."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from domain.errors import Invalid
from domain.roles import allows
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.problems import ProblemError
from gateway.references import check_unused
from gateway.schemas.base import problems
from gateway.schemas.people import Team, TeamInput, TeamList
from gateway.services import Services
from gateway.team_members import check_owners, members_of
from gateway.then import AsOf
from runtime.ids import new_id
from storage.access import Holder
from storage.changes import change, fetch
from storage.tables import TeamMemberRow, TeamRow

router = APIRouter(prefix="/teams", tags=["teams"])


def _shown(row: TeamRow) -> Team:
    return Team(
        id=row.id,
        name=row.name,
        member_ids=sorted(m.user_id for m in row.members),
        owner_ids=sorted(m.user_id for m in row.members if m.owner),
    )


def _checked(body: TeamInput, gateway: Services, ident: str) -> list[TeamMemberRow]:
    for n, user in enumerate(body.member_ids):
        if user not in gateway.config.current.users:
            raise Invalid(f"member_ids[{n}]", f"There is no user with id {user!r}.")
    check_owners(body)
    return members_of(body, ident)


def _may_change(caller: Holder, row: TeamRow) -> None:
    """Who may configure, and owners who may at least respond (so that a key that only reads changes nothing)."""
    owns = caller.user_id is not None and any(m.owner and m.user_id == caller.user_id for m in row.members)
    if not allows(caller.role, caller.scopes, "configure") and not (
        owns and (not caller.scopes or allows(caller.role, caller.scopes, "respond"))
    ):
        raise ProblemError(403, "Only an owner of the team, a manager or an administrator may change it.")


@router.get("", operation_id="listTeams")
async def list_teams(_: Reader, then: AsOf) -> TeamList:
    """All teams by name."""
    async with then.session() as session:
        rows = (await session.execute(select(TeamRow).order_by(TeamRow.name))).scalars()
        return TeamList(items=[_shown(r) for r in rows])


@router.post("", operation_id="createTeam", status_code=201, responses=problems(409))
async def create_team(body: TeamInput, caller: Configurer, gateway: Gateway) -> Team:
    """A new team."""
    ident = new_id()
    members = _checked(body, gateway, ident)
    async with change(gateway.sessions, caller.name, "create", f"team/{ident}", {"name": body.name}) as session:
        row = TeamRow(id=ident, name=body.name, members=members)
        session.add(row)
    await gateway.config.refresh()
    return _shown(row)


@router.get("/{team_id}", operation_id="getTeam", responses=problems(404))
async def get_team(team_id: PathId, _: Reader, then: AsOf) -> Team:
    """One team."""
    async with then.session() as session:
        return _shown(await fetch(session, TeamRow, team_id, "team"))


@router.put("/{team_id}", operation_id="replaceTeam", responses=problems(404, 409))
async def replace_team(team_id: PathId, body: TeamInput, caller: Reader, gateway: Gateway) -> Team:
    """Name, members and owners as a whole. An owner of the team may too."""
    members = _checked(body, gateway, team_id)
    async with change(gateway.sessions, caller.name, "update", f"team/{team_id}", {"name": body.name}) as session:
        row = await fetch(session, TeamRow, team_id, "team")
        _may_change(caller, row)
        row.name = body.name
        row.members.clear()
        await session.flush()
        row.members.extend(members)
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
