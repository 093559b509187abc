"""One incident line: alerts, people's commands, timers and failed pages in; pages, timers and the view out.

All rules are in domain/: alerts.py, commands.py, due.py. This file only translates their drafts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, get_args

from domain import events
from domain.commands import Command, on_command
from domain.configuration import Configuration
from domain.device import DeliveryReported
from domain.draft import Draft, PageOrder
from domain.due import on_due
from domain.escalation import on_page_failed, on_turn
from domain.hold import on_look_again
from domain.incident import AlertsReceived, Line, LookAgain, incident_id, parse_incident_id
from domain.line import apply
from domain.masking import hint
from domain.merge import on_arrival
from domain.notices import NoticesWanted
from domain.outage import OutagePage, PagesSentInOutage
from domain.replacing import replace
from domain.resume import on_outage_pages
from domain.round_robin import AskTurn, TurnGiven
from domain.templates import Words, page, text_sha256
from domain.tie_messages import (
    MESSAGES,
    Attach,
    AttachHere,
    Forwarded,
    Merge,
    Returned,
    Split,
    TakeIn,
    TakeInAnswer,
)
from domain.tying import on_tie
from domain.view import body, facets, small
from runtime.entity import Cancel, Ctx, Decision, Effect, EffectFailed, Isolation, Record, Set, Tell, TimerFired, View
from runtime.ids import EntityId


class Incident:
    """One incident line from its first alert on. Promise: every due step is taken exactly once."""

    kind: ClassVar[str] = "incident"
    state_type: ClassVar[type] = Line
    messages: ClassVar[tuple[type, ...]] = (
        AlertsReceived,
        PagesSentInOutage,
        LookAgain,
        TurnGiven,
        *get_args(Command),
        *MESSAGES,
    )
    events: ClassVar[tuple[type, ...]] = events.ALL
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 600.0
    max_pending: ClassVar[int] = 10_000
    isolation: ClassVar[Isolation] = "shared"

    def new(self, key: str) -> Line:
        return Line()

    def apply(self, state: Line, event: Any) -> Line:
        return apply(state, event)

    def closed(self, state: Line) -> bool:
        return not state.open

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def decide(self, state: Line, message: Any, ctx: Ctx) -> Decision:
        config: Configuration = ctx.env
        key = ctx.entity.key
        tell: list[Tell] = []
        match message:
            case AlertsReceived():
                draft = on_arrival(state, message, key, ctx.now, config, ctx.id)
            case TimerFired(name, due_at):
                draft = on_due(state, name, due_at, ctx.now, config, ctx.id)
            case PagesSentInOutage():
                draft = on_outage_pages(state, message, ctx.now, config, ctx.id)
            case LookAgain():
                draft = on_look_again(state, ctx.now, config, ctx.id)
            case Merge() | Split() | Attach() | TakeIn() | TakeInAnswer() | Forwarded() | Returned() | AttachHere():
                draft = on_tie(state, message, key, ctx.now, config, ctx.id)
            case TurnGiven():
                draft = on_turn(state, message, ctx.now, config, ctx.id)
            case EffectFailed():
                draft = Draft(state, ctx.now, config, ctx.id)
                tell = _failed(draft, message)
            case _:
                draft = on_command(state, message, ctx.now, config, ctx.id)
        return _decision(state, draft, ctx, [*tell, *_told(draft, ctx)])


def _told(draft: Draft, ctx: Ctx) -> list[Tell]:
    """Notices go out by an entity that looks after them; one by the name of the person is no schedule and only that."""
    if not draft.notices:
        return []
    ident = f"Incident {incident_id(ctx.entity.key, draft.line.episode)}"
    notices = [replace(n, text=f"{n.text}\n{ident}") for n in draft.notices]
    return [Tell(EntityId("schedule", n.user_id), NoticesWanted((n,))) for n in notices]


def _failed(draft: Draft, message: EffectFailed) -> list[Tell]:
    """A page could not be delivered: the person's next method follows, and the device learns of it."""
    ident = parse_incident_id(str(message.body.get("incident_id", "")))
    user, contact = str(message.body.get("user_id", "")), str(message.body.get("contact_method_id", ""))
    episode = ident[1] if ident is not None else 0
    on_page_failed(draft.line, episode, message.effect_id, user, message.channel, message.reason, draft)
    report = DeliveryReported(message.effect_id, False, message.reason, draft.now, message.gone)
    return [Tell(EntityId("device", contact), report)]


def _decision(before: Line, draft: Draft, ctx: Ctx, tell: list[Tell]) -> Decision:
    timers: list[Set | Cancel] = []
    for name, at in draft.timers.items():
        timers.append(Cancel(name) if at is None else Set(name, at))
    moved = draft.line.updated_at != before.updated_at  # spares comparing forty fields
    same = draft.line is before or (not moved and draft.line == before)
    records = [] if same or draft.line.episode == 0 else [_view(draft.line, ctx.entity.key)]
    effects = _effects(draft, ctx.entity.key) if draft.pages else {}
    return Decision(
        events=[_with_hash(event, effects) for event in draft.events] if effects else draft.events,
        timers=timers if draft.events else (),
        effects=list(effects.values()),
        cancel=[*(f"page:{episode}" for episode in draft.cancelled), *draft.withdrawn],
        tell=[
            *tell,
            *_asking(draft, ctx.entity.key),
            *(Tell(EntityId("incident", line), message) for line, message in draft.tell),
        ],
        records=records,
        reply=draft.reply,
        after=draft.line,
    )


def _asking(draft: Draft, key: str) -> list[Tell]:
    """Round-robin steps ask the keeper of their turns (actors/round_robin.py)."""
    policy = draft.line.policy
    if policy is None:
        return []
    return [
        Tell(EntityId("round_robin", f"{policy.id}/{a.step + 1}"), AskTurn(key, a.episode, a.step, a.round, a.users))
        for a in draft.events
        if isinstance(a, events.TurnAsked)
    ]


def _with_hash(event: Any, effects: Mapping[str, Effect]) -> Any:
    """An order of a page with the hash of its words; one that was withdrawn in the same decision has none."""
    effect = effects.get(event.delivery) if isinstance(event, events.Paged) else None
    return event if effect is None else replace(event, text_sha256=text_sha256(effect.body))


def _view(line: Line, key: str) -> View:
    ident = incident_id(key, line.episode)
    return View(ident, lambda: Record(ident, facets(line), body(line, key)))


def _effects(draft: Draft, key: str) -> dict[str, Effect]:
    """The pages by delivery. Those for the same reason say the same, however many people and ways there are."""
    shown, said = small(draft.line, key), dict[tuple[int, str, OutagePage | None], Words]()
    effects = {}
    for order in draft.pages:
        why = _why(draft, order)
        about = (order.step, why["sentence"], order.repeats)
        words = said.get(about)
        if words is None:
            words = said[about] = page(draft.line, key, *about)
        effects[order.delivery] = _effect(draft, order, key, why, words, shown)
    return effects


def _effect(
    draft: Draft, order: PageOrder, key: str, why: dict[str, Any], words: Words, shown: dict[str, Any]
) -> Effect:
    line, contact = draft.line, order.contact
    user = draft.config.called(order.user_id)
    return Effect(
        id=order.delivery,
        kind="page",
        channel=contact.channel if contact is not None else "outbox",
        group=f"page:{order.episode}",
        body={
            "incident_id": incident_id(key, order.episode),
            "contact_method_id": order.contact_method_id,
            "user_id": order.user_id,
            "user_name": user.name if user is not None else order.user_id,
            "contact_label": contact.label if contact is not None else "",
            "address_hint": hint(contact.channel, contact.address) if contact is not None else "",
            "subject": words.subject,
            "short": words.short,
            "text": words.text,
            "severity": line.severity.value,
            "service": _service(draft),
            "why": why,
            "incident": shown,
        },
    )


def _service(draft: Draft) -> str:
    """Its name; where it has none, what the alerts themselves say."""
    service = draft.config.services.get(draft.line.service_id or "")
    if service is not None:
        return service.name
    return next((a.labels["service"] for a in draft.line.alerts.values() if a.labels.get("service")), "")


def _why(draft: Draft, order: PageOrder) -> dict[str, Any]:
    policy = draft.line.policy
    if policy is None or draft.line.exhausted:
        sentence = "you are the last resort, nobody else has answered"
    elif order.step < 0:
        sentence = f"it was reassigned to you before the first step of the policy {policy.name!r}"
    else:
        sentence = f"step {order.step + 1} of {len(policy.steps)} of the policy {policy.name!r}"
    return {
        "policy_id": policy.id if policy is not None else None,
        "policy_version": policy.version if policy is not None else None,
        "step": order.step,
        "round": order.round,
        "rule": order.rule,
        "last_resort": draft.line.exhausted,
        "lapsed": draft.line.watch.lapsed_at is not None,
        "sentence": sentence,
    }
