"""What a new installation still lacks, for the page that leads through it (docs/console.md)."""

from __future__ import annotations

from fastapi import APIRouter

from domain.first_steps import first_steps
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.accounts import ChannelState, Setup
from storage import incidents
from storage.bootstrap import is_placeholder
from storage.tables import UserRow

router = APIRouter(tags=["plan"])


@router.get("/setup", operation_id="getSetup")
async def get_setup(caller: Reader, gateway: Gateway) -> Setup:
    """How far the caller has come; read off the configuration, however it was made."""
    config = gateway.config.current
    steps = first_steps(config, caller.user_id or "")
    async with gateway.sessions() as session:
        user = await session.get(UserRow, caller.user_id) if caller.user_id is not None else None
        account = user is not None and user.password_hash is not None and not is_placeholder(user)
    newest, taken = await incidents.of_integration(gateway.sessions, steps.integration_id or "", caller.name)
    return Setup(
        fresh=not config.schedules,
        account=account,
        contact=steps.contact,
        team_id=steps.team_id,
        schedule_id=steps.schedule_id,
        policy_id=steps.policy_id,
        integration_id=steps.integration_id,
        incident_id=newest,
        acknowledged=taken,
        channels=[
            ChannelState(name=name, configured=channel.configured, problem=channel.problem)
            for name, channel in gateway.channels.items()
        ],
    )
