"""Invitations. Accepting one is a page of the gateway (gateway/pages/invitation.py): nobody is signed in then."""

from __future__ import annotations

from fastapi import APIRouter, Response

from channels.addresses import check_address
from channels.base import Page
from domain.errors import Invalid
from domain.roles import allows, outranks
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway
from gateway.problems import ProblemError
from gateway.schemas.accounts import Invitation, InvitationInput, InvitationList, NewInvitation
from gateway.schemas.base import problems
from gateway.services import Services
from runtime.effects import Accepted
from runtime.ids import new_id
from storage import invitations
from storage.access import Holder
from storage.invitations import Guest
from storage.tables import InvitationRow

router = APIRouter(prefix="/invitations", tags=["users"])
SEND_S = 5.0


def _shown(row: InvitationRow) -> Invitation:
    fields = {name: getattr(row, name) for name in Invitation.model_fields if name != "existing"}
    return Invitation(**fields, existing=row.user_id is not None)


@router.get("", operation_id="listInvitations")
async def list_invitations(_: Configurer, gateway: Gateway) -> InvitationList:
    """Those that can be accepted."""
    return InvitationList(items=[_shown(row) for row in await invitations.open_ones(gateway.sessions)])


@router.post("", operation_id="createInvitation", status_code=201, responses=problems(409))
async def create_invitation(body: InvitationInput, caller: Configurer, gateway: Gateway) -> NewInvitation:
    """A link that works once, for seven days, and sets the password. An earlier one to this address stops working."""
    guest = await _guest(body, caller, gateway)
    row, token = await invitations.create(gateway.sessions, caller.name, caller.user_id, guest)
    url = f"{gateway.settings.url}/invitation/{token}"
    problem = await _mailed(guest, caller, url, gateway) if body.send else "It was not asked for."
    return NewInvitation(**_shown(row).model_dump(), url=url, sent=not problem, problem=problem)


async def _guest(body: InvitationInput, caller: Holder, gateway: Services) -> Guest:
    email = check_address("email", body.email, "email")
    for n, team in enumerate(body.team_ids):
        if team not in gateway.config.current.teams:
            raise Invalid(f"team_ids[{n}]", f"There is no team with id {team!r}.")
    here = await invitations.by_email(gateway.sessions, email)
    if here is not None:
        if not here.active:
            raise ProblemError(409, f"{here.name} has this address and is deactivated. Activate them instead.")
        if not allows(caller.role, caller.scopes, "admin"):
            raise ProblemError(
                409, f"{here.name} has this address already. Only an administrator can send them a new link."
            )
        return Guest(here.email, here.name, here.role, user_id=here.id)
    if outranks(body.role, caller.role):
        raise ProblemError(403, f"Your role is {caller.role}: you cannot invite somebody as {body.role}.")
    return Guest(email, body.name.strip(), body.role, tuple(dict.fromkeys(body.team_ids)))


async def _mailed(guest: Guest, caller: Holder, url: str, gateway: Services) -> str:
    """Why the mail was not sent; "" if it was."""
    channel = gateway.channels["email"]
    if not channel.configured:
        return channel.problem
    text = (
        f"{caller.name} invites you to Fangorn Sentinel, which tells people when something they look after is broken.\n"
        "Open this address within seven days, choose a password, and say how you want to be reached. It works once."
    )
    if guest.user_id is not None:
        text = f"{caller.name} sends you a new way into Fangorn Sentinel. Open this address and choose a password."
    page = Page(
        id=new_id(),
        incident_id="",
        user_name=guest.name,
        address=guest.email,
        subject="Your invitation to Fangorn Sentinel",
        text=text,
        url=url,
        severity="info",
    )
    outcome = await channel.send(page, SEND_S)
    return "" if isinstance(outcome, Accepted) else f"The mail could not be sent: {outcome.reason}"


@router.delete("/{invitation_id}", operation_id="revokeInvitation", status_code=204, responses=problems(404))
async def revoke_invitation(invitation_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """The link stops working."""
    await invitations.revoke(gateway.sessions, caller.name, invitation_id)
    return Response(status_code=204)
