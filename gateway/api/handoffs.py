"""Hand-offs of a schedule (confirmation, Slack user group), and what people are told of their shifts."""

from __future__ import annotations

from fastapi import APIRouter

from domain.errors import Invalid
from domain.notices import HandoffConfirmed
from domain.rota import HandoffRules, concerns
from domain.rota import ShiftNotices as Wishes
from gateway.api.parameters import PathId
from gateway.api.swaps import acting_for
from gateway.auth.principal import Configurer, Gateway, Reader, Responder
from gateway.schedule_news import announce, look_again
from gateway.schemas.base import problems
from gateway.schemas.rota import ActInput, Handoff, HandoffSettings, ShiftNotices
from gateway.then import AsOf, Then
from runtime.ids import EntityId, new_id
from storage.changes import act, change, fetch
from storage.errors import NotFound
from storage.handoffs import unconfirmed
from storage.mail import tell
from storage.tables import HandoffRow, ScheduleRow, ShiftNoticesRow, UserRow

router = APIRouter(tags=["hand-offs"])


async def _shown(then: Then, schedule_id: str) -> Handoff:
    rules = (await then.configuration()).rota.handoffs.get(schedule_id, HandoffRules())
    return Handoff(
        confirm_within_s=rules.confirm_within_s,
        slack_group=rules.slack_group,
        has_slack_token=bool(rules.slack_token),
        unconfirmed=None if then.past else await unconfirmed(then.services.sessions, schedule_id),
    )


@router.get("/schedules/{schedule_id}/hand-off", operation_id="getHandoff", responses=problems(404))
async def get_handoff(schedule_id: PathId, _: Reader, then: AsOf) -> Handoff:
    """What happens at hand-offs, and who has not confirmed the running shift."""
    async with then.session() as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
    return await _shown(then, row.id)


@router.put("/schedules/{schedule_id}/hand-off", operation_id="replaceHandoff", responses=problems(404))
async def replace_handoff(schedule_id: PathId, body: HandoffSettings, caller: Configurer, gateway: Gateway) -> Handoff:
    """Confirmation and Slack group. The token is sealed and never shown again; an empty one removes it."""
    detail = {"confirm_within_s": body.confirm_within_s, "slack_group": body.slack_group}
    async with change(gateway.sessions, caller.name, "update", f"hand-off/{schedule_id}", detail) as session:
        await fetch(session, ScheduleRow, schedule_id, "schedule")
        row = await session.get(HandoffRow, schedule_id)
        if row is None:
            row = HandoffRow(schedule_id=schedule_id)
            session.add(row)
        row.confirm_within_s, row.slack_group = body.confirm_within_s, body.slack_group
        if body.slack_token is not None:
            token = body.slack_token.get_secret_value().strip()
            row.sealed = gateway.sealer.again(row.sealed, {"token": token}) if token else None
        if row.slack_group and row.sealed is None:
            raise Invalid("slack_token", "The Slack group needs a bot token with the scope usergroups:write.")
        shards = await look_again(session, schedule_id)
    await announce(gateway.poker, gateway.config, shards)
    return await _shown(Then(gateway, None), schedule_id)


@router.post(
    "/schedules/{schedule_id}/hand-off/confirm", operation_id="confirmHandoff", status_code=202, responses=problems(404)
)
async def confirm_handoff(
    schedule_id: PathId, caller: Responder, gateway: Gateway, body: ActInput | None = None
) -> Handoff:
    """Say that you have taken over. Who is on call does not depend on it: paging follows the schedule."""
    user = acting_for(caller, body.user_id if body is not None else None, gateway)
    if schedule_id not in gateway.config.current.schedules:
        raise NotFound("schedule", schedule_id)
    async with act(gateway.sessions, caller.name, "confirm", f"hand-off/{schedule_id}", {"user_id": user}) as session:
        shard = await tell(session, EntityId("schedule", schedule_id), HandoffConfirmed(user, caller.name), new_id())
    gateway.poker.poke([shard])
    return await _shown(Then(gateway, None), schedule_id)


# -- what people wish to hear --------------------------------------------------------------------------


def _wishes(wishes: Wishes) -> ShiftNotices:
    return ShiftNotices(
        at_start=wishes.at_start,
        at_end=wishes.at_end,
        remind_before_s=wishes.remind_before_s,
        slack_user=wishes.slack_user,
    )


@router.get("/users/{user_id}/shift-notices", operation_id="getShiftNotices", responses=problems(404))
async def get_shift_notices(user_id: PathId, _: Reader, then: AsOf) -> ShiftNotices:
    """What a person is told of their shifts; nothing, unless they said so."""
    config = await then.configuration()
    if user_id not in config.users:
        raise NotFound("user", user_id)
    return _wishes(config.rota.notices.get(user_id, Wishes()))


@router.put("/users/{user_id}/shift-notices", operation_id="replaceShiftNotices", responses=problems(404))
async def replace_shift_notices(user_id: PathId, body: ShiftNotices, caller: Reader, gateway: Gateway) -> ShiftNotices:
    """Start, end, and a reminder some time before; by the first contact method for normal urgency."""
    if user_id not in gateway.config.current.users:
        raise NotFound("user", user_id)
    acting_for(caller, user_id, gateway)
    async with change(
        gateway.sessions, caller.name, "update", f"shift_notices/{user_id}", body.model_dump()
    ) as session:
        await fetch(session, UserRow, user_id, "user")
        row = ShiftNoticesRow(user_id=user_id, **body.model_dump())
        await session.merge(row)
        theirs = [s.id for s in gateway.config.current.schedules.values() if concerns(s, user_id)]
        shards = await look_again(session, *theirs)
    await announce(gateway.poker, gateway.config, shards)
    return body
