"""One schedule, live: wakes at every hand-off and tells people, groups and the journal (domain/handoff.py).

It decides nothing about paging, which asks the resolver at that moment. All it says goes out as notices: effects of a
kind and in lanes of their own (actors/notices.py), never in the way of a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from domain import handoff
from domain.configuration import Configuration
from domain.handoff import Confirmed, GroupNotUpdated, Look, OnCall, apply
from domain.masking import hint
from domain.notices import LANE, HandoffConfirmed, Notice, NoticesWanted, next_way
from domain.people import ContactMethod, User
from runtime.entity import Cancel, Ctx, Decision, Effect, EffectFailed, Isolation, Record, Set, TimerFired

HANDOFF, REMIND, CONFIRM = "handoff", "remind", "confirm"
GROUP = "slack-group"


@dataclass(frozen=True, slots=True)
class ScheduleChanged:
    """The schedule was saved or deleted: look again."""


@dataclass(frozen=True, slots=True)
class NoticesOrdered:
    """These people are told something; those without any contact method are missing in `deliveries`."""

    users: tuple[str, ...]
    deliveries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeFailed:
    """A notice could not be delivered; `next_delivery` tries the person's next way, None: there is none left."""

    delivery: str
    reason: str
    next_delivery: str | None


class ScheduleActor:
    """Hand-offs, notices and the Slack group of one schedule."""

    kind: ClassVar[str] = "schedule"
    state_type: ClassVar[type] = OnCall
    messages: ClassVar[tuple[type, ...]] = (ScheduleChanged, NoticesWanted, HandoffConfirmed)
    events: ClassVar[tuple[type, ...]] = (
        handoff.ShiftStarted,
        handoff.ShiftEnded,
        handoff.Looked,
        handoff.Reminded,
        handoff.ConfirmationAsked,
        handoff.ConfirmationMissing,
        handoff.Confirmed,
        handoff.Armed,
        handoff.GroupOrdered,
        handoff.GroupNotUpdated,
        NoticesOrdered,
        NoticeFailed,
    )
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 600.0
    max_pending: ClassVar[int] = 100
    isolation: ClassVar[Isolation] = "shared"

    def new(self, key: str) -> OnCall:
        return OnCall()

    def closed(self, state: OnCall) -> bool:
        return False

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def apply(self, state: OnCall, event: Any) -> OnCall:
        return state if isinstance(event, NoticesOrdered | NoticeFailed) else apply(state, event)

    def decide(self, state: OnCall, message: Any, ctx: Ctx) -> Decision:
        match message:
            case ScheduleChanged() | TimerFired():
                return _looked(state, ctx)
            case HandoffConfirmed(user, by):
                return _confirmed(state, user, by, ctx)
            case NoticesWanted(notices):
                ordered, effects = _notices(notices, ctx)
                return Decision(events=ordered, effects=effects)
            case EffectFailed(_, "notice"):
                return _other_way(message, ctx)
            case EffectFailed(_, "slack_group", _, reason):
                event = GroupNotUpdated(reason)
                return Decision(events=[event], records=[_record(apply(state, event), ctx)])
        return Decision()


def _looked(state: OnCall, ctx: Ctx) -> Decision:
    config: Configuration = ctx.env
    look = Look(state, config.schedules.get(ctx.entity.key), config, ctx.now)
    look.all()
    after = look.state
    timers = [_timer(HANDOFF, after.next_at)]
    if after.remind_at is not None or state.remind_at is not None:
        timers.append(_timer(REMIND, after.remind_at))
    if after.confirm_at is not None or state.confirm_at is not None:
        timers.append(_timer(CONFIRM, after.confirm_at))
    ordered, effects = _notices(look.notices, ctx)
    if look.sync_group:
        effects = [*effects, _group(after, ctx)]
    return Decision(
        events=[*look.events, *ordered],
        timers=timers,
        effects=effects,
        cancel=[GROUP] if look.sync_group else (),
        records=[_record(after, ctx)],
    )


def _timer(name: str, at: float | None) -> Set | Cancel:
    return Cancel(name) if at is None else Set(name, at)


def _record(state: OnCall, ctx: Ctx) -> Record:
    shown = {
        "users": list(state.users),
        "next_at": state.next_at,
        "unconfirmed": [u.user for u in state.unconfirmed],
        "slack_problem": state.group_problem,
    }
    return Record(str(ctx.entity), {"users": list(state.users)}, shown)


def _confirmed(state: OnCall, user: str, by: str, ctx: Ctx) -> Decision:
    if not any(u.user == user for u in state.unconfirmed):
        return Decision(reply={"state": "ignored", "why": "nothing is to be confirmed by this person now"})
    event = Confirmed(user, by, ctx.now)
    after = apply(state, event)
    timer = _timer(CONFIRM, handoff.deadline(after))
    return Decision(events=[event], timers=[timer], records=[_record(after, ctx)], reply={"state": "done", "why": ""})


# -- effects -------------------------------------------------------------------------------------------


def _notices(notices: Sequence[Notice], ctx: Ctx) -> tuple[list[Any], list[Effect]]:
    config: Configuration = ctx.env
    effects = []
    for n, notice in enumerate(notices):
        user = config.users.get(notice.user_id)
        way = next_way(user, ())
        if user is not None and way is not None:
            effects.append(_effect(ctx.id(f"notice:{n}"), user, way, notice, (), ctx))
    if not notices:
        return [], []
    return [NoticesOrdered(tuple(n.user_id for n in notices), tuple(e.id for e in effects))], effects


def _effect(ident: str, user: User, way: ContactMethod, notice: Notice, tried: Sequence[str], ctx: Ctx) -> Effect:
    return Effect(
        id=ident,
        kind="notice",
        channel=f"{LANE}{way.channel}",
        body={
            "incident_id": "",
            "schedule_id": ctx.entity.key,
            "contact_method_id": way.id,
            "user_id": user.id,
            "user_name": user.name,
            "contact_label": way.label,
            "address_hint": hint(way.channel, way.address),
            "subject": notice.subject,
            "text": notice.text,
            "severity": "info",
            "why": {"sentence": "a notice, not a page"},
            "tried": [*tried, way.id],
        },
    )


def _other_way(failed: EffectFailed, ctx: Ctx) -> Decision:
    """By the person's next contact method, if one is left."""
    config: Configuration = ctx.env
    body, tried = failed.body, [str(c) for c in failed.body.get("tried", ())]
    user = config.users.get(str(body.get("user_id", "")))
    way = next_way(user, tried)
    if user is None or way is None:
        return Decision(events=[NoticeFailed(failed.effect_id, failed.reason, None)])
    notice = Notice(user.id, str(body["subject"]), str(body["text"]))
    effect = _effect(ctx.id("notice:again"), user, way, notice, tried, ctx)
    return Decision(events=[NoticeFailed(failed.effect_id, failed.reason, effect.id)], effects=[effect])


def _group(state: OnCall, ctx: Ctx) -> Effect:
    """Who is in the group is looked up when it is sent; `users` only says what was known when it was ordered."""
    return Effect(
        id=ctx.id("group"),
        kind="slack_group",
        channel="slack-group",
        group=GROUP,
        body={
            "incident_id": "",
            "schedule_id": ctx.entity.key,
            "subject": f"Slack user group {state.group} follows the schedule",
            "text": "",
            "users": list(state.group_users),
            "severity": "info",
        },
    )
