"""In what order people are reached, and when they are left in peace."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter

from domain.errors import Invalid
from domain.quiet import check_quiet_hours
from domain.window import Window
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, look_after
from gateway.schemas.base import problems
from gateway.schemas.people import QuietHours, Rules
from gateway.then import AsOf
from storage.changes import change, fetch
from storage.tables import NotificationRuleRow, UserRow

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/{user_id}/notification-rules", operation_id="getNotificationRules", responses=problems(404))
async def get_rules(user_id: PathId, _: Reader, then: AsOf) -> Rules:
    """In what order a person is reached."""
    async with then.session() as session:
        user = await fetch(session, UserRow, user_id, "user")
        return _rules(user)


def _rules(user: UserRow) -> Rules:
    by_urgency: dict[str, list[dict[str, object]]] = {"urgent": [], "normal": []}
    for rule in user.rules:
        by_urgency[rule.urgency].append({"contact_method_id": rule.contact_method_id, "delay_s": rule.delay_s})
    return Rules.model_validate(by_urgency)


@router.put("/{user_id}/notification-rules", operation_id="replaceNotificationRules", responses=problems(404, 409))
async def replace_rules(user_id: PathId, body: Rules, caller: Reader, gateway: Gateway) -> Rules:
    """Both lists as a whole."""
    look_after(caller, user_id)
    async with change(gateway.sessions, caller.name, "update", f"notification_rules/{user_id}") as session:
        user = await fetch(session, UserRow, user_id, "user")
        known = {c.id for c in user.contacts}
        user.rules.clear()
        await session.flush()
        for urgency, rules in (("urgent", body.urgent), ("normal", body.normal)):
            for n, rule in enumerate(rules):
                if rule.contact_method_id not in known:
                    field = f"{urgency}[{n}].contact_method_id"
                    raise Invalid(field, f"The person has no contact method with id {rule.contact_method_id!r}.")
                session.add(
                    NotificationRuleRow(
                        user_id=user.id,
                        urgency=urgency,
                        position=n,
                        contact_method_id=rule.contact_method_id,
                        delay_s=rule.delay_s,
                    )
                )
    await gateway.config.refresh()
    return body


@router.get("/{user_id}/quiet-hours", operation_id="getQuietHours", responses=problems(404))
async def get_quiet_hours(user_id: PathId, _: Reader, then: AsOf) -> QuietHours:
    """When pages that are not urgent wait."""
    async with then.session() as session:
        user = await fetch(session, UserRow, user_id, "user")
        return QuietHours.model_validate({"windows": user.quiet_hours})


@router.put("/{user_id}/quiet-hours", operation_id="replaceQuietHours", responses=problems(404, 409))
async def replace_quiet_hours(user_id: PathId, body: QuietHours, caller: Reader, gateway: Gateway) -> QuietHours:
    """Pages of normal urgency wait for their end, three days at most; urgent ones never do."""
    look_after(caller, user_id)
    plain = body.model_dump()["windows"]
    check_quiet_hours(msgspec.convert(plain, tuple[Window, ...]), gateway.config.current.holidays)
    async with change(gateway.sessions, caller.name, "update", f"quiet_hours/{user_id}") as session:
        user = await fetch(session, UserRow, user_id, "user")
        user.quiet_hours = plain
    await gateway.config.refresh()
    return body
